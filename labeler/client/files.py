"""Files of a version: whole or not at all, gone on with where a connection broke, checked against their SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from typing import Any

from labeler.client.wire import Away, Broken, Wire

PIECE = 1 << 20
BREAKS = (TimeoutError, ConnectionError, HTTPException)
"""What a connection that breaks off while it is read raises."""

File = Mapping[str, Any]
"""A file as the API lists it: `path`, `bytes`, `sha256` (None for the few that list the others), `url`."""


def take(wire: Wire, file: File, to: Path) -> Path:
    """Bring a file to `to`, unless it is there and whole. It has its name only when it is. Raises Broken and Away."""
    if to.exists() and _whole(to, file):
        return to
    to.parent.mkdir(parents=True, exist_ok=True)
    part = to.with_name(f"{to.name}.part")
    for _ in range(2):  # what lay there from an earlier try may be of another file: then once more, from nothing
        have = part.stat().st_size if part.exists() else 0
        with part.open("ab") as out:
            for piece in pieces(wire, file, have):
                out.write(piece)
        if _whole(part, file):
            part.replace(to)
            return to
        part.unlink()
    raise _broken(file)


def lines(wire: Wire, file: File) -> Iterator[bytes]:
    """The lines of a file as they come. Raises Broken after the last one when these were not all, or not as made."""
    digest, size, rest = hashlib.sha256(), 0, b""
    for piece in pieces(wire, file):
        digest.update(piece)
        size += len(piece)
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
    if rest:
        yield rest
    if size != file["bytes"] or file["sha256"] not in (None, digest.hexdigest()):
        raise _broken(file)


def pieces(wire: Wire, file: File, have: int = 0) -> Iterator[bytes]:
    """The bytes of a file from `have` on. A connection that breaks off is taken up again, `tries` times in vain."""
    left = wire.tries
    while have < file["bytes"] and left:
        left -= 1
        headers = {"Range": f"bytes={have}-"} if have else {}
        if have and file["sha256"]:
            headers["If-Range"] = f'"{file["sha256"]}"'
        with closing(wire.open(file["url"], headers)) as reply:
            if have and reply.status != HTTPStatus.PARTIAL_CONTENT:
                raise _broken(file)  # it is another file by now; no version ever changes
            try:
                while piece := reply.read(PIECE):
                    have, left = have + len(piece), wire.tries
                    yield piece
            except BREAKS:
                continue
    if have < file["bytes"]:
        raise Away(f"{file['path']} broke off {wire.tries} times. Ask again: it goes on where it was.")


def below(root: Path, path: str) -> Path:
    """Where a file of this path belongs. Raises Broken for one that would lie outside of the folder."""
    parts = path.split("/")
    if "\\" in path or ":" in path or any(part in ("", ".", "..") for part in parts):
        raise Broken(f"The server named a file that would lie outside of the folder: {path!r}")
    return root.joinpath(*parts)


def of_view(files: Mapping[str, File], view: str, split: str | None, ending: str) -> list[File]:
    """The files of a view in one form, of one split or of all; none when there is no such view or split."""
    root = "data" if ending == "parquet" else "jsonl/data"
    whole = f"{root}/{view}.{ending}"
    if whole in files:
        return [files[whole]] if split in (None, "train") else []  # not split: all of it is for training
    found = [path for path in sorted(files) if path.startswith(f"{root}/{view}/")]
    return [files[path] for path in found if split in (None, PurePosixPath(path).stem.split("-")[0])]


def _whole(path: Path, file: File) -> bool:
    return path.stat().st_size == file["bytes"] and file["sha256"] in (None, _sha256(path))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _broken(file: File) -> Broken:
    return Broken(f"{file['path']} did not arrive as it was made: its SHA-256 or its size differs.")
