"""Files that leave: whole or in part, so that a download which broke off goes on where it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import IO, Any, cast

from flask import Response, current_app, request, send_file
from werkzeug.wsgi import FileWrapper

from labeler.exports.archive import PIECE, Archive
from labeler.storage import Storage

_ONE_RANGE = re.compile(r"\s*bytes\s*=\s*(\d+\s*-\s*\d*|-\s*\d+)\s*", re.ASCII | re.IGNORECASE)


def storage() -> Storage:
    """The data folder of this installation."""
    return Storage(current_app.extensions["settings"].folder)


def takes_bytes(sent: Response) -> bool:
    """False when only size and tag are asked for, or she has the file already: then nothing goes on the record."""
    return request.method != "HEAD" and sent.status_code != HTTPStatus.NOT_MODIFIED


@contextmanager
def unless_refused(sent: Response) -> Iterator[None]:
    """Let go of the file of an answer that is not sent after all."""
    try:
        yield
    except BaseException:
        sent.close()
        raise


def span(sent: Response) -> tuple[int, int]:
    """Which bytes of the file an answer has: from, and until before."""
    part = sent.content_range
    if part and part.start is not None and part.stop is not None:
        return part.start, part.stop
    return 0, sent.content_length or 0


def send_path(path: Path, tag: str, name: str) -> Response:
    """A file whose SHA-256 is `tag`."""
    _plain_range()
    kind = "application/octet-stream"
    return send_file(path, mimetype=kind, as_attachment=True, download_name=name, conditional=True, etag=tag)


def send_document(data: bytes, tag: str, name: str) -> Response:
    """A small file whose SHA-256 is `tag`: downloaded, never shown, whatever it is."""
    _plain_range()
    kind = "application/octet-stream"
    sent = send_file(BytesIO(data), mimetype=kind, as_attachment=True, download_name=name, conditional=True, etag=tag)
    sent.headers["X-Content-Type-Options"] = "nosniff"
    return sent


def send_archive(made: Archive, name: str) -> Response:
    """A tar that is made while it is sent; a range of it begins without reading what lies before."""
    environ = _plain_range()
    # our own wrapper, never the server's: that one would look for a file of the system behind it
    body = FileWrapper(cast(IO[bytes], made), PIECE)
    sent = Response(body, mimetype="application/x-tar", direct_passthrough=True)
    sent.headers.set("Content-Disposition", "attachment", filename=name)
    sent.content_length = made.size
    sent.set_etag(made.tag)
    try:
        sent.make_conditional(environ, accept_ranges=True, complete_length=made.size)
    except Exception:
        made.close()
        raise
    return sent


def _plain_range() -> dict[str, Any]:
    """Let what RFC 9110 has a server leave alone go by: a range of a HEAD, of other units, or of several parts."""
    environ = request.environ
    if request.method == "HEAD" or not _ONE_RANGE.fullmatch(environ.get("HTTP_RANGE", "bytes=0-")):
        environ.pop("HTTP_RANGE", None)
    return environ
