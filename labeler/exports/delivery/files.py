"""The files of a version that is delivered, in the order in which they are sent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from labeler.errors import Conflict
from labeler.exports import listing
from labeler.exports.models import Export
from labeler.exports.standalone.verify_dataset import ATTESTATION, MANIFEST, PUBLIC_KEY, SUMS
from labeler.storage import Storage

PIECE = 1 << 20
"""Bytes that are in memory at once."""
LAST = (MANIFEST, SUMS, PUBLIC_KEY, ATTESTATION)
"""These come last, so that a version that is not whole does not look whole."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to send: `path` below the version, where it lies here, its size in bytes and its SHA-256."""

    path: str
    source: Path
    size: int
    sha256: str

    def pieces(self) -> Iterator[bytes]:
        """Its bytes. Raises Conflict after the last, when they are not those that the version was made with: whoever
        sends it then has not finished it yet."""
        digest, size = hashlib.sha256(), 0
        with self._open() as file:
            while piece := file.read(PIECE):
                digest.update(piece)
                size += len(piece)
                yield piece
        if size != self.size or digest.hexdigest() != self.sha256:
            raise Conflict(
                f"{self.path} is not as it was made: its file here is damaged. Nothing of it was delivered. Put it "
                "back from a backup, or make a new export."
            )

    def _open(self) -> BinaryIO:
        try:
            return self.source.open("rb")
        except OSError:
            raise Conflict(f"{self.path} of this export is not on this machine. Ask whoever runs it.") from None


def files(store: Storage, export: Export, folder: str) -> list[File]:
    """The files of a finished version in `folder`, data first and `LAST` at the end. Raises Conflict when they are not
    on this machine."""
    root = store.folder / folder
    if not (root / MANIFEST).is_file():
        raise Conflict("The files of this export are not on this machine. Ask whoever runs it.")
    sums = listing.sha256(store, export)
    found = []
    for source in sorted(each for each in root.rglob("*") if each.is_file()):
        path = source.relative_to(root).as_posix()
        sha256 = sums.get(path) or hashlib.sha256(source.read_bytes()).hexdigest()  # the few beside the manifest's
        found.append(File(path, source, source.stat().st_size, sha256))
    return sorted(found, key=lambda file: (LAST.index(file.path) if file.path in LAST else -1, file.path))
