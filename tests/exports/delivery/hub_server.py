"""A small server that speaks as much of the Hugging Face Hub as a delivery to a dataset repository needs."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

REPOSITORY = "lab/bread"
TOKEN = "hf_of_the_lab"
LARGE = (".parquet", ".bin")
"""What `.gitattributes` of a dataset repository sends by LFS."""


@dataclass
class Hub:
    """One repository: its files in the newest commit, and what was uploaded beside it."""

    private: bool = True
    files: dict[str, bytes] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    commits: int = 1
    uploads: list[str] = field(default_factory=list)
    ignored: str = "\0"
    """Paths that end like this are ignored by the repository."""
    before: Callable[[str, str], int | None] = lambda method, path: None
    """Hears of every request first; a number is the status it gets."""
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sha(self) -> str:
        return f"{self.commits:040x}"

    def entry(self, path: str) -> dict[str, Any]:
        data = self.files[path]
        told: dict[str, Any] = {"type": "file", "path": path, "size": len(data)}
        if path.endswith(LARGE):
            oid = hashlib.sha256(data).hexdigest()
            return told | {"oid": "0" * 40, "lfs": {"oid": oid, "size": len(data), "pointerSize": 130}}
        return told | {"oid": hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()}

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """The status and the content of an answer; a text is the code of an error."""
        api = f"/api/datasets/{REPOSITORY}"
        if path.startswith(f"{api}/tree/"):
            folder = unquote(path.removeprefix(f"{api}/tree/").partition("/")[2])
            found = [self.entry(each) for each in sorted(self.files) if each.startswith(f"{folder}/")]
            return (200, found) if found else (404, "EntryNotFound")
        if path.startswith("/lfs/") and method == "PUT":
            oid = path.removeprefix("/lfs/")
            assert hashlib.sha256(body).hexdigest() == oid
            self.blobs[oid] = body
            self.uploads.append(oid)
            return 200, {}
        match method, path.removeprefix(api):
            case "GET", "":
                return 200, {"id": REPOSITORY, "sha": self.sha, "private": self.private, "tags": []}
            case "GET", "/auth-check/write":
                return 200, {}
            case "POST", "/preupload/main":
                return 200, {"files": [self._mode(each) for each in json.loads(body)["files"]]}
            case "POST", "/commit/main":
                return self._commit([json.loads(line) for line in body.splitlines()])
        if path == f"/datasets/{REPOSITORY}.git/info/lfs/objects/batch":
            return 200, {"transfer": "basic", "objects": [self._upload(each) for each in json.loads(body)["objects"]]}
        return 404, "RepoNotFound"

    def _mode(self, file: dict[str, Any]) -> dict[str, Any]:
        mode = "lfs" if file["path"].endswith(LARGE) else "regular"
        return {"path": file["path"], "uploadMode": mode, "shouldIgnore": file["path"].endswith(self.ignored)}

    def _upload(self, wanted: dict[str, Any]) -> dict[str, Any]:
        if wanted["oid"] in self.blobs:
            return wanted
        return wanted | {"actions": {"upload": {"href": f"{self.url}/lfs/{wanted['oid']}"}}}

    def _commit(self, lines: list[dict[str, Any]]) -> tuple[int, Any]:
        if lines[0]["value"].get("parentCommit", self.sha) != self.sha:
            return 412, "Conflict"
        for line in lines[1:]:
            value = line["value"]
            if line["key"] == "file":
                self.files[value["path"]] = base64.b64decode(value["content"])
            else:
                self.files[value["path"]] = self.blobs[value["oid"]]
        self.commits += 1
        return 200, {"commitUrl": f"{self.url}/datasets/{REPOSITORY}/commit/{self.sha}", "commitOid": self.sha}


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """The server of this hub, on a port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self) -> None:
            path = urlsplit(self.path).path
            if self.headers.get("Transfer-Encoding") == "chunked":
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
            else:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status = hub.before(self.command, path)
            if status is not None:
                self._say(status, "Refused")
            elif not path.startswith("/lfs/") and self.headers.get("Authorization") != f"Bearer {TOKEN}":
                self._say(401, "Unauthorized")
            else:
                self._say(*hub.answer(self.command, path, body))

        do_GET = do_POST = do_PUT = do_HEAD = _do

        def _say(self, status: int, said: Any) -> None:
            text = json.dumps({"error": said} if isinstance(said, str) else said).encode()
            self.send_response(status)
            if isinstance(said, str) and re.fullmatch(r"\w+NotFound", said):
                self.send_header("X-Error-Code", said)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
