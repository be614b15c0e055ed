"""Prompts that are the same or nearly so are one cluster, and a cluster lies in one split. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from labeler.exports import prompts
from labeler.exports.keyed import Places
from labeler.exports.prompts import BANDS, Signatures, Signer, Turns

Split = Literal["train", "test"]
SPLITS: tuple[Split, ...] = ("train", "test")

NEIGHBOURS = 16
"""In each band a prompt is compared with so many of those that share it, the next in the order of their hashes: a band
of thousands of prompts from one template costs no more than that, and its members find each other step by step."""
MOST_LISTED = 256
"""A prompt is compared with at most so many of a list in each band."""
AT_ONCE = 8_192
"""Pairs of signatures that are compared together, 2 MB each side."""


@dataclass(frozen=True, slots=True)
class Prompts:
    """The prompts of a project's tasks: for each task which prompt, for each prompt its hash and its signature.

    Prompts are in the order of their hashes, so that nothing depends on the order in which tasks are read.
    """

    tasks: Places
    of_task: NDArray[np.int32]
    keys: Sequence[bytes]
    signatures: Signatures


class Gatherer:
    """Takes the prompts of tasks, one by one; `most` is how many tasks there are."""

    def __init__(self, most: int) -> None:
        self._signer = Signer(most)
        self._known: dict[bytes, int] = {}
        self._tasks = bytearray()
        self._of_task = np.empty(most, dtype=np.int32)
        self._number = 0

    def add(self, task: bytes, turns: Turns) -> None:
        """A task's id, 16 bytes, and its prompt."""
        told = prompts.normalised(turns)
        key = prompts.same_key(told)
        place = self._known.get(key)
        if place is None:
            place = self._known[key] = len(self._known)
            self._signer.add(prompts.compared(told))
        self._tasks += task
        self._of_task[self._number] = place
        self._number += 1

    def finish(self) -> Prompts:
        """All of them."""
        signatures, keys = self._signer.finish(), sorted(self._known)
        order = np.fromiter((self._known[key] for key in keys), dtype=np.int32, count=len(keys))
        self._known = {}
        places = np.empty(len(keys), dtype=np.int32)
        places[order] = np.arange(len(keys), dtype=np.int32)
        sort_rows(signatures, order)
        return Prompts(Places(bytes(self._tasks)), places[self._of_task[: self._number]], keys, signatures)


def sort_rows(rows: Signatures, order: NDArray[np.int32]) -> None:
    """Put rows into an order, in place: a copy of a large array would double the memory."""
    for column in range(rows.shape[1]):
        rows[:, column] = rows[order, column]


def clusters(signatures: Signatures) -> NDArray[np.int32]:
    """For each prompt the first prompt of its cluster: near ones are joined, and whoever is near to one of them."""
    number = len(signatures)
    first = np.arange(number, dtype=np.int32)
    for places in BANDS:
        band = prompts.band(signatures, places)
        order = np.argsort(band, kind="stable").astype(np.int32)
        band = band[order]
        for away in range(1, min(NEIGHBOURS, number - 1) + 1):
            met = np.flatnonzero(band[:-away] == band[away:])
            if not len(met):
                break  # who shares a band with nobody next to it shares it with nobody further on
            one, other = order[met], order[met + away]
            apart = first[one] != first[other]
            one, other = one[apart], other[apart]
            near = _alike(signatures, one, signatures, other)
            first = _joined(first, one[near], other[near])
    return first


def _alike(one: Signatures, of: NDArray[np.int32], other: Signatures, and_of: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which pairs of rows are nearly the same, some thousands at a time."""
    parts = [
        prompts.alike(one[of[start : start + AT_ONCE]], other[and_of[start : start + AT_ONCE]])
        for start in range(0, len(of), AT_ONCE)
    ]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=bool)


def _joined(first: NDArray[np.int32], one: NDArray[np.int32], other: NDArray[np.int32]) -> NDArray[np.int32]:
    """The clusters after these pairs were found to be near: the one that begins later becomes part of the other."""
    if not len(one):
        return first
    made = first.copy()

    def root(of: int) -> int:
        while made[of] != of:
            made[of] = made[made[of]]
            of = int(made[of])
        return of

    for a, b in zip(one.tolist(), other.tolist(), strict=True):
        begins, later = sorted((root(a), root(b)))
        made[later] = begins
    while not np.array_equal(made, made[made]):
        made = made[made]
    return made


def in_test(keys: Sequence[bytes], first: NDArray[np.int32], percent: int, seed: int) -> NDArray[np.bool_]:
    """Which prompts are in the test split: those of about so many percent of the clusters.

    A cluster's place is drawn from the seed and the hash of its first prompt alone, so that it stays where it is when
    others come and go. Only where two clusters or a few more would all be on one side, the one nearest to the other
    side is put there.
    """
    secret = seed.to_bytes(8, "little")
    dice = {
        place: int.from_bytes(hashlib.blake2b(keys[place], key=secret, digest_size=8).digest(), "little")
        for place in np.unique(first).tolist()
    }
    test = [place for place, fell in dice.items() if fell * 100 < percent << 64]
    if len(dice) > 1 and not test:
        test = [min(dice, key=dice.__getitem__)]
    elif len(dice) > 1 and len(test) == len(dice):
        test.remove(max(dice, key=dice.__getitem__))
    drawn = np.zeros(len(keys), dtype=bool)
    drawn[test] = True
    return np.asarray(drawn[first])


def near_any(of: Prompts, listed: Iterable[Turns]) -> NDArray[np.bool_]:
    """Which prompts are the same as one of a list, or nearly so."""
    told = [prompts.normalised(turns) for turns in listed]
    texts = sorted({prompts.compared(turns) for turns in told})
    signer = Signer(len(texts))
    for text in texts:
        signer.add(text)
    signed = signer.finish()
    found = np.zeros(len(of.keys), dtype=bool)
    for places in BANDS:
        theirs = prompts.band(signed, places)
        order = np.argsort(theirs, kind="stable").astype(np.int32)
        theirs, ours = theirs[order], prompts.band(of.signatures, places)
        start, end = np.searchsorted(theirs, ours, "left"), np.searchsorted(theirs, ours, "right")
        for away in range(min(MOST_LISTED, int((end - start).max(initial=0)))):
            mine = np.flatnonzero((start + away < end) & ~found).astype(np.int32)
            if not len(mine):
                break
            near = _alike(of.signatures, mine, signed, order[start[mine] + away])
            found[mine[near]] = True
    return found
