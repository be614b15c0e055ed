"""Files that arrive: streamed into the data folder as they come, counted and hashed, never held in memory."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from flask import current_app, request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from labeler.errors import FieldProblem, Invalid
from labeler.projects.reading.limits import Limits

MOST_BYTES = Limits().file_bytes
FORM_BYTES = 512 * 1024
"""Of a form: more than all its fields but the file can need, and several times what the parser reads at once (64 KB):
its count takes the piece in hand in, so a tighter limit would refuse files."""
CHUNK = 256 * 1024


@dataclass(slots=True)
class Upload:
    """A file that has arrived. It is thrown away unless somebody sets `wanted`."""

    path: Path
    name: str
    size: int
    sha256: bytes
    fields: dict[str, list[str]] = field(default_factory=dict)
    wanted: bool = False


class _Sink:
    """A file that hashes what is written to it."""

    def __init__(self, path: Path, most: int) -> None:
        self.most = most
        self.hash = hashlib.sha256()
        self.bytes = 0
        self._file: IO[bytes] = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")

    def write(self, data: bytes) -> int:
        self.bytes += len(data)
        if self.bytes > self.most:
            raise RequestEntityTooLarge
        self.hash.update(data)
        return self._file.write(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def close(self) -> None:
        if not self._file.closed:
            self._file.flush()
            os.fsync(self._file.fileno())  # a reply that says "stored" is true after a power cut too
            self._file.close()


@contextmanager
def received(name: str | None, *, empty: bool = False, most: int | None = None) -> Iterator[Upload]:
    """The one file of this request: a raw body, or the part `file` of a form. Raises Invalid, and 413 past the limit.

    `name` is what a raw body is called; a form's part brings its own. With `empty` a form without a file, or with an
    empty one, is taken too: by whoever shows it again with its other fields. At most `most` bytes are taken,
    else `MOST_BYTES`.
    """
    most = MOST_BYTES if most is None else most
    request.max_content_length = most + FORM_BYTES
    folder = current_app.extensions["settings"].folder / "imports"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / secrets.token_hex(16)
    try:
        upload = _form(path, empty, most) if request.mimetype == "multipart/form-data" else _raw(path, name, most)
        if not upload.size and not empty:
            raise Invalid("No file came with this request.", [FieldProblem("file", "Send a file that is not empty.")])
        yield upload
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    if not upload.wanted:
        path.unlink(missing_ok=True)


def _raw(path: Path, name: str | None, most: int) -> Upload:
    sink = _Sink(path, most)
    try:
        while data := request.stream.read(CHUNK):
            sink.write(data)
    finally:
        sink.close()
    return Upload(path, _plain(name), sink.bytes, sink.hash.digest())


def _form(path: Path, empty: bool, most: int) -> Upload:
    sinks: list[_Sink] = []

    def open_part(*_args: Any, **_facts: Any) -> IO[bytes]:
        if sinks:
            raise Invalid("Only one file is taken at once.", [FieldProblem("file", "Send one file.")])
        sinks.append(_Sink(path, most))
        return sinks[0]  # type: ignore[return-value]  # the parser writes, seeks and closes; it asks for no more

    parser = FormDataParser(open_part, FORM_BYTES, silent=False, max_form_parts=40)
    try:
        _, form, files = parser.parse(request.stream, request.mimetype, request.content_length, request.mimetype_params)
    except (ValueError, UnicodeError) as error:
        raise Invalid("This form can't be read.", [FieldProblem("file", "Send multipart/form-data, whole.")]) from error
    finally:
        for sink in sinks:
            sink.close()
    part = files.get("file")
    if part is None or not sinks:
        if empty:
            return Upload(path, "", 0, b"", form.to_dict(flat=False))
        raise Invalid("No file came with this request.", [FieldProblem("file", "Put the file in a part named file.")])
    return Upload(path, _plain(part.filename), sinks[0].bytes, sinks[0].hash.digest(), form.to_dict(flat=False))


def _plain(name: str | None) -> str:
    """A file's name without its folders and without characters that do not show."""
    last = (name or "").replace("\\", "/").rpartition("/")[2]
    return "".join(char for char in last if char.isprintable()).strip()[:200] or "upload"
