"""Sending to places that keep one file after the other: what is there is compared, the rest is sent, all is checked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from labeler.errors import Conflict
from labeler.exports.delivery.files import LAST, File

SHOWN = 3
"""How many names of files a sentence has."""


class Told(Protocol):
    """Who hears how far it is. What it raises ends the sending."""

    def alive(self, more: int = 0) -> None:
        """So many bytes more were sent. Called at least with every megabyte."""

    def file_is_there(self, file: File) -> None:
        """A file is whole at its place, sent now or before."""


Allowed = Callable[[], bool]
"""Asked before what makes a version look whole: whether it is published. Raises when it must not leave any more."""


class Store(Protocol):
    """One version's place at a destination."""

    @property
    def where(self) -> str:
        """What people are told."""

    def sizes(self) -> Mapping[str, int]:
        """What lies there: bytes by path."""

    def sha256(self, path: str, told: Told) -> str:
        """What a file there hashes to, as said by whoever laid it there, or counted."""

    def put(self, file: File, told: Told) -> None:
        """Lay a file there, whole or not at all, and never over another. Raises Conflict where one is."""

    def pieces(self, path: str) -> Iterator[bytes]:
        """The bytes of a file there."""


def send(store: Store, files: Sequence[File], told: Told, allowed: Allowed) -> None:
    """Send what is not there yet, then read back all of it. Raises Conflict for another file in its place, and when
    what is read back is not what was sent."""
    there = store.sizes()
    refuse_others(store.where, there, files)
    asked = False
    for file in files:
        if file.path in LAST and not asked:
            allowed()
            asked = True
        if file.path not in there:
            store.put(file, told)
        elif store.sha256(file.path, told) != file.sha256:
            raise another(store.where, [file.path])
        told.file_is_there(file)
    for file in files:
        if counted(store.pieces(file.path), told) != file.sha256:
            raise Conflict(
                f"{file.path} at {store.where} does not hold what was sent: its SHA-256 is not that of SHA256SUMS. "
                "Remove it there and deliver again, and look for what changed it."
            )


def refuse_others(where: str, there: Mapping[str, int], files: Sequence[File]) -> None:
    """Raise Conflict when files lie there that are not of this version, or have another size."""
    ours = {file.path: file.size for file in files}
    wrong = sorted(path for path, size in there.items() if ours.get(path) != size)
    if wrong:
        raise another(where, wrong)


def another(where: str, paths: Sequence[str]) -> Conflict:
    """What is said where another file lies."""
    more = f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
    return Conflict(
        f"At {where} lies something else already: {', '.join(paths[:SHOWN])}{more}. Nothing there was changed, and "
        "nothing is ever overwritten. Have it moved away, then deliver again."
    )


def counted(pieces: Iterator[bytes], told: Told) -> str:
    """The SHA-256 of what is read, in hex."""
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
        told.alive()
    return digest.hexdigest()
