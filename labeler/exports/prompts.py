"""When two prompts are the same, and when nearly so: normalised texts, their hashes, and MinHash signatures. Pure.

Two prompts are the same when all their turns are, once letters have one form (NFKC), one case (casefold) and spaces are
folded. They are nearly the same when the sets of their runs of `SHINGLE` characters overlap by `NEAR` of their union
(Jaccard), as `HASHES` minimal hashes estimate it (Broder 1997): the estimate's standard error is 0.06 at most. Turns of
the system are left out of that, since one long instruction before every question would make all of them alike.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Signatures = NDArray[np.uint32]
"""Prompts × `HASHES`."""

METHOD = "prompt-cluster/1"
"""Raised when anything below changes, since clusters and splits would."""
SHINGLE = 5
HASHES = 64
NEAR = 0.55
BANDS = tuple((3 * band, 3 * band + 1, 3 * band + 2) for band in range(HASHES // 3))
"""Places of a signature that are looked up together. Of two prompts that overlap by 0.55, 98 in 100 meet in one of 21
bands of 3; by 0.7, all but 1 in 5,000."""
PIECE = 1 << 15
"""Characters that are hashed together: what the processor's own memory holds."""

_LARGE = np.uint32(0x01000193)


def _constants(name: str) -> NDArray[np.uint32]:
    """As many fixed numbers as there are hashes, the same on every machine and with every version of numpy."""
    made = hashlib.shake_256(f"{METHOD} {name}".encode()).digest(4 * HASHES)
    return np.frombuffer(made, dtype="<u4").astype(np.uint32)


_FLIPS = _constants("flip")
_FACTORS = _constants("factor") | np.uint32(1)


def normal(text: str) -> str:
    """A text in one form: NFKC, without case, each run of spaces and line ends one space."""
    # folding case may undo the form, so it is made again
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())


Turns = Sequence[tuple[str, str]]
"""Role and text of each turn."""


def turns_of(item: Mapping[str, Any]) -> Turns:
    """The prompt of an item, as plain JSON; where it has none, its first completion stands for it."""
    messages = item["prompt"] or item["completions"][0]["messages"]
    return [(message["role"], message["content"]) for message in messages]


def normalised(turns: Turns) -> Turns:
    """The turns with their texts in one form."""
    return [(role, normal(text)) for role, text in turns]


def same_key(turns: Turns) -> bytes:
    """16 bytes that normalised turns have in common exactly when they are the same."""
    digest = hashlib.blake2b(digest_size=16)
    for role, text in turns:
        for part in (role, text):
            told = part.encode("utf-8", "surrogatepass")
            digest.update(len(told).to_bytes(8, "little"))
            digest.update(told)
    return digest.digest()


def compared(turns: Turns) -> str:
    """The text by which normalised turns are compared for being nearly the same."""
    told = [text for role, text in turns if role != "system"] or [text for _, text in turns]
    return "\n".join(told)


class Signer:
    """Makes signatures of texts, many at a time, into an array for `most` of them."""

    def __init__(self, most: int) -> None:
        self._made = np.empty((most, HASHES), dtype=np.uint32)
        self._done = 0
        self._waiting: list[NDArray[np.uint32]] = []
        self._characters = 0

    def add(self, text: str) -> None:
        """One more text, the next row."""
        letters = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint32)
        if len(letters) < SHINGLE:  # a short text is one shingle
            letters = np.concatenate([letters, np.zeros(SHINGLE - len(letters), np.uint32)])
        self._waiting.append(letters)
        self._characters += len(letters)
        if self._characters >= PIECE:
            self._flush()

    def finish(self) -> Signatures:
        """The signatures of all texts, in the order in which they were added."""
        self._flush()
        return self._made[: self._done]

    def _flush(self) -> None:
        if not self._waiting:
            return
        letters = np.concatenate(self._waiting)
        lengths = np.array([len(each) for each in self._waiting])
        rolled = _runs(letters)
        # runs that begin in one text and end in the next are of neither
        inside = np.ones(len(letters), dtype=bool)
        for back in range(1, SHINGLE):
            inside[np.cumsum(lengths) - back] = False
        hashes = rolled[inside[: len(rolled)]]
        starts = np.concatenate([[0], np.cumsum(lengths - SHINGLE + 1)[:-1]])
        rows = self._made[self._done : self._done + len(lengths)]
        for place in range(HASHES):
            rows[:, place] = np.minimum.reduceat((hashes ^ _FLIPS[place]) * _FACTORS[place], starts)
        self._done += len(lengths)
        self._waiting, self._characters = [], 0


def _runs(letters: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """A well mixed hash of each run of `SHINGLE` letters."""
    number = len(letters) - SHINGLE + 1
    mixed = np.zeros(number, dtype=np.uint32)
    for step in range(SHINGLE):
        mixed = (mixed ^ letters[step : step + number]) * _LARGE
        mixed ^= mixed >> np.uint32(15)
    mixed *= np.uint32(0x85EBCA6B)
    mixed ^= mixed >> np.uint32(13)
    mixed *= np.uint32(0xC2B2AE35)
    mixed ^= mixed >> np.uint32(16)
    return mixed


def band(signatures: Signatures, places: tuple[int, ...]) -> NDArray[np.uint64]:
    """A number for each signature that those which agree in these places have in common."""
    mixed = np.zeros(len(signatures), dtype=np.uint64)
    for place in places:
        mixed = (mixed ^ signatures[:, place].astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return mixed


def alike(one: Signatures, other: Signatures) -> NDArray[np.bool_]:
    """Row by row, whether two signatures are those of nearly the same text."""
    return np.asarray((one == other).mean(axis=1) >= NEAR)
