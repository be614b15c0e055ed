"""A finished version without its making, and destinations to deliver it to."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest

from labeler.config import ROOT
from labeler.db import transaction
from labeler.exports.delivery.files import File
from labeler.exports.delivery.files import files as files_of
from labeler.exports.models import Export, ExportState
from labeler.storage import Storage
from tests.support.build import NOW, add_project, add_user
from tests.support.database import Database

SERVER = Path(os.environ.get("LABELER_S3_SERVER", ROOT / ".venv-s3-server")) / "bin" / "python"
CONTENT = {
    "README.md": b"# Bread\n",
    "data/judgments.parquet": b"PAR1" + bytes(3000) + b"PAR1",
    "jsonl/data/judgments.jsonl": b'{"id":"j0"}\n' * 400,
}
BESIDE = {"SHA256SUMS": b"sums\n", "attestation.dsse.json": b"{}", "signing-key.pub": b"key\n"}


class Quiet:
    """Who hears how far it is, and keeps it. `at` may raise."""

    def __init__(self, at: Callable[[File], None] | None = None) -> None:
        self.bytes = 0
        self.there: list[str] = []
        self._at = at

    def alive(self, more: int = 0) -> None:
        self.bytes += more

    def file_is_there(self, file: File) -> None:
        self.there.append(file.path)
        if self._at is not None:
            self._at(file)


def published() -> bool:
    return True


def write_version(folder: Path, content: dict[str, bytes] | None = None) -> str:
    """Write a version's files as an export leaves them; the SHA-256 of the manifest."""
    content = content or CONTENT
    listed = [
        {"path": path, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for path, data in content.items()
    ]
    manifest = orjson.dumps({"files": listed})
    for path, data in {**content, "manifest.json": manifest, **BESIDE}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return hashlib.sha256(manifest).hexdigest()


def bytes_in(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, hidden ones too."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def made(tmp_path: Path) -> Callable[[dict[str, bytes]], list[File]]:
    """Files of a version with this content, in order, without a database."""

    def written(content: dict[str, bytes]) -> list[File]:
        name = f"made-{len(list(tmp_path.glob('made-*')))}"
        hashed = write_version(tmp_path / name, content)
        return files_of(Storage(tmp_path), Export(**_export(name, hashed)), name)  # type: ignore[arg-type]

    return written


@pytest.fixture
def parcel(made: Callable[[dict[str, bytes]], list[File]]) -> list[File]:
    """The files of a small version."""
    return made(CONTENT)


def _export(folder: str, hashed: str) -> dict[str, object]:
    from uuid import uuid4

    return {
        "project_id": uuid4(), "number": 1, "views": ["judgments"], "options": {}, "snapshot_at": NOW,
        "created_by": uuid4(), "created_at": NOW, "state": ExportState.DONE, "folder": folder, "manifest_hash": hashed,
        "finished_at": NOW, "counts": {"in": {"judgments": 1, "tasks": 1, "late": 0}, "views": {}},
    }  # fmt: skip


@pytest.fixture
def version(database: Database, monkeypatch: pytest.MonkeyPatch) -> Export:
    """Version 1 of the project bread, finished; this process has the settings of the test's installation."""
    for name, value in database.environment.items():
        monkeypatch.setenv(name, value)
    return add_version(database.home)


def add_version(home: Path) -> Export:
    """A project bread with a finished version 1, in the data folder `home`."""
    hashed = write_version(home / "exports" / "one")
    with transaction() as session:
        project, user = add_project(session, slug="bread"), add_user(session)
        facts = _export("exports/one", hashed) | {"project_id": project.id, "created_by": user.id}
        export = Export(**facts)  # type: ignore[arg-type]
        session.add(export)
    return export


@pytest.fixture
def archive(database: Database, tmp_path: Path) -> Path:
    """A folder outside the data folder, set up as the destination `archive`."""
    folder = tmp_path / "archive"
    folder.mkdir()
    (database.home / "destinations.toml").write_text(f'[archive]\nkind = "folder"\nfolder = "{folder}"\n')
    return folder


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """A port of loopback that nobody listens at."""

    def found() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    return found


class S3Server:
    """A real S3 server in a process of its own."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        argv = [str(SERVER), "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        plain = {"PATH": os.environ["PATH"], "INITIAL_NO_AUTH_ACTION_COUNT": "1000000000"}
        self._process = subprocess.Popen(argv, env=plain, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while True:
            try:
                self.ask("GET", "/moto-api/data.json")
                return
            except (urllib.error.URLError, ConnectionError):
                assert time.monotonic() < until, "the S3 server does not start"
                time.sleep(0.05)

    def ask(self, method: str, path: str, data: bytes | None = None) -> bytes:
        wanted = urllib.request.Request(f"{self.url}{path}", data, {"Content-Type": "text/plain"}, method=method)
        with urllib.request.urlopen(wanted, timeout=10) as answer:
            content: bytes = answer.read()
            return content

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture(scope="session")
def s3_process(free_port: Callable[[], int]) -> Iterator[S3Server]:
    if not SERVER.is_file():
        pytest.skip("no S3 server is installed: make s3-server")
    server = S3Server(free_port())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def s3(s3_process: S3Server) -> Iterator[S3Server]:
    """An S3 server with the empty bucket `datasets`, which believes every key until it is told not to."""
    s3_process.ask("POST", "/moto-api/reset")
    s3_process.ask("POST", "/moto-api/reset-auth", b"1000000000")
    s3_process.ask("PUT", "/datasets")
    yield s3_process
    s3_process.ask("POST", "/moto-api/reset-auth", b"1000000000")
