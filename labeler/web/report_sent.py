"""Archives of reports that are made when they are asked for: kept nowhere, and sent from an open file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Response, send_file

from labeler import clock
from labeler.compliance.auditing import packs
from labeler.compliance.report.bundle import archive
from labeler.downloads import storage


def send_made(write: Callable[[Path], object], name: str) -> Response:
    """What `write` puts into the empty folder it is given, as one zip.

    The folder is thrown away before the first byte is sent; the archive goes once its last byte is. Rows of people are
    in it, so it lies in the data folder, which only this product reads.
    """
    packs.tidy_up(storage().folder, clock.now())
    with TemporaryDirectory(dir=packs.room(storage().folder)) as aside:
        root, file = Path(aside, "pack"), Path(aside, "pack.zip")
        root.mkdir()
        write(root)
        archive(root, file)
        opened = file.open("rb")
        size = file.stat().st_size
    sent = send_file(opened, mimetype="application/zip", as_attachment=True, download_name=name)
    sent.content_length = size
    sent.headers["Cache-Control"] = "no-store"
    return sent
