"""What a look of the product at itself needs, and what it comes to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Found:
    """How many things were looked at, what is wrong, one sentence each, and the SHA-256 of what was looked at."""

    population: int
    exceptions: Sequence[str]
    looked_at: str

    @property
    def digest(self) -> str:
        """The SHA-256 of what is wrong: the record holds no sentences, and can still say whether these were they."""
        return digest_of(text.encode() for text in self.exceptions)


@dataclass(frozen=True, slots=True)
class Looking:
    """With what it is looked: the database, the moment, and the key that pseudonyms of exports hang on."""

    session: Session
    now: datetime
    secret: bytes


OfProduct = Callable[[Looking], Found]
OfVendor = Callable[[Looking, UUID], Found]


def digest_of(parts: Iterable[bytes]) -> str:
    """The SHA-256 over parts, each with its length before it."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big"))
        whole.update(part)
    return whole.hexdigest()


def digest_of_files(paths: Iterable[Path]) -> str:
    """The SHA-256 over files by name and content."""
    return digest_of(part for path in sorted(paths) for part in (path.name.encode(), path.read_bytes()))
