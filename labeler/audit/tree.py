"""The hash tree of a log (RFC 9162, section 2.1): roots, and proofs that a leaf or an older tree is in it. Pure.

A tree is never held in memory. Whoever makes a proof passes `node(level, number)`: the hash over the leaves from
`number * 2**level`, `2**level` of them, all there. Whoever checks one needs neither tree nor database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

Hash = bytes
"""32 bytes of SHA-256."""
Node = Callable[[int, int], Hash]

EMPTY: Hash = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(data: bytes) -> Hash:
    """The hash of one leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def pair_hash(left: Hash, right: Hash) -> Hash:
    """The hash of two neighbours. The first byte keeps a pair from passing for a leaf."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(slots=True)
class Growing:
    """A tree that leaves are added to. `peaks`: its complete subtrees, the largest first, one for each bit of size."""

    size: int = 0
    peaks: list[Hash] = field(default_factory=list)

    def add(self, leaf: Hash) -> list[tuple[int, int, Hash]]:
        """Add the hash of a leaf. The subtrees that this completes, as (level, number, hash), the leaf itself first."""
        made = [(0, self.size, leaf)]
        level, number, above = 0, self.size, leaf
        while number & 1:
            above = pair_hash(self.peaks.pop(), above)
            level, number = level + 1, number >> 1
            made.append((level, number, above))
        self.peaks.append(above)
        self.size += 1
        return made

    def root(self) -> Hash:
        """The root as it is now."""
        if not self.peaks:
            return EMPTY
        above = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            above = pair_hash(peak, above)
        return above


def grown(size: int, node: Node) -> Growing:
    """The tree of the first `size` leaves, from its complete subtrees."""
    peaks, first = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            peaks.append(node(level, first >> level))
            first += 1 << level
    return Growing(size, peaks)


def root_of(leaves: Iterable[Hash]) -> Hash:
    """The root over the hashes of all leaves in their order."""
    tree = Growing()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()


def inclusion(index: int, size: int, node: Node) -> list[Hash]:
    """The proof that leaf `index` is in the tree of `size` leaves: at most one hash a level. Raises ValueError."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    path: list[Hash] = []
    first, end = 0, size
    while end - first > 1:
        middle = first + _left(end - first)
        if index < middle:
            path.append(_range(middle, end, node))
            end = middle
        else:
            path.append(_range(first, middle, node))
            first = middle
    return path[::-1]


def consistency(old: int, new: int, node: Node) -> list[Hash]:
    """The proof that the tree of `old` leaves is the beginning of the one of `new`. Raises ValueError."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {old} is no beginning of one of {new}")
    if old in (0, new):
        return []
    path: list[Hash] = []
    first, end = 0, new
    while old != end:
        middle = first + _left(end - first)
        if old <= middle:
            path.append(_range(middle, end, node))
            end = middle
        else:
            path.append(_range(first, middle, node))
            first = middle
    if first:
        path.append(_range(first, end, node))
    return path[::-1]


def includes(leaf: Hash, index: int, size: int, path: Sequence[Hash], root: Hash) -> bool:
    """Whether `path` proves that `leaf` is number `index` of the `size` leaves under `root` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, above = index, size - 1, leaf
    for each in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            above = pair_hash(each, above)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            above = pair_hash(above, each)
        place, last = place >> 1, last >> 1
    return last == 0 and above == root


def consistent(old: int, new: int, old_root: Hash, new_root: Hash, path: Sequence[Hash]) -> bool:
    """Whether `path` proves that the tree of `old` leaves is the beginning of the one of `new` (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old == new:
        return not path and old_root == new_root
    if old == 0:
        return not path and old_root == EMPTY
    hashes = list(path)
    if old & (old - 1) == 0:
        hashes.insert(0, old_root)
    if not hashes:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = hashes[0]
    for each in hashes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            before, after = pair_hash(each, before), pair_hash(each, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = pair_hash(after, each)
        place, last = place >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root


def _left(size: int) -> int:
    """How many leaves are on the left of a tree of `size` (two or more): the largest power of two below it."""
    return 1 << (size - 1).bit_length() - 1


def _range(first: int, end: int, node: Node) -> Hash:
    """The hash over the leaves from `first` up to `end`, which begin where a subtree of their size may begin."""
    size = end - first
    if size & (size - 1) == 0:
        return node(size.bit_length() - 1, first // size)
    middle = first + _left(size)
    return pair_hash(_range(first, middle, node), _range(middle, end, node))
