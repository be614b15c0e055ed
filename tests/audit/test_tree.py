"""The hash tree, held against the definitions of RFC 9162 written down a second time, word for word and slowly."""

from __future__ import annotations

import hashlib
import random
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.audit import tree
from labeler.audit.tree import (
    EMPTY,
    Growing,
    Hash,
    consistency,
    consistent,
    grown,
    includes,
    inclusion,
    leaf_hash,
    root_of,
)

MOST = 1_024
LEAVES = [leaf_hash(f"entry {n}".encode()) for n in range(MOST)]
"""The first leaves of one log."""


@cache
def node(level: int, number: int) -> Hash:
    return mth(number << level, number + 1 << level)


# The oracle: 2.1.1, 2.1.3.1 and 2.1.4.1 as they stand, on the leaves from `first` up to `end`.
@cache
def mth(first: int, end: int) -> Hash:
    n = end - first
    if n == 0:
        return hashlib.sha256().digest()
    if n == 1:
        return LEAVES[first]
    k = power_below(n)
    return hashlib.sha256(b"\x01" + mth(first, first + k) + mth(first + k, end)).digest()


def power_below(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def path(m: int, first: int, end: int) -> list[Hash]:
    n = end - first
    if n == 1:
        return []
    k = power_below(n)
    if m < k:
        return [*path(m, first, first + k), mth(first + k, end)]
    return [*path(m - k, first + k, end), mth(first, first + k)]


def subproof(m: int, first: int, end: int, whole: bool) -> list[Hash]:
    n = end - first
    if m == n:
        return [] if whole else [mth(first, end)]
    k = power_below(n)
    if m <= k:
        return [*subproof(m, first, first + k, whole), mth(first + k, end)]
    return [*subproof(m - k, first + k, end, False), mth(first, first + k)]


def some(size: int, seed: int) -> list[int]:
    """Both ends and a few between."""
    dice = random.Random(seed)
    return sorted({0, size - 1, *(dice.randrange(size) for _ in range(3))})


def test_every_size_has_the_root_that_the_definition_gives() -> None:
    growing = Growing()
    assert growing.root() == EMPTY == mth(0, 0)
    for size, leaf in enumerate(LEAVES, 1):
        growing.add(leaf)
        assert growing.root() == mth(0, size)
        assert grown(size, node) == growing
    assert root_of(LEAVES) == growing.root()


def test_what_is_complete_is_told_once() -> None:
    growing = Growing()
    told = [each for leaf in LEAVES[:100] for each in growing.add(leaf)]
    assert len({each[:2] for each in told}) == len(told)
    assert all(found == node(level, number) for level, number, found in told)
    assert {each[:2] for each in told} == {(level, n) for level in range(7) for n in range(100 >> level)}


@pytest.mark.parametrize("sizes", [range(1, 65), pytest.param(range(65, MOST + 1), marks=pytest.mark.slow)])
def test_every_leaf_of_every_size_is_proven(sizes: range) -> None:
    for size in sizes:
        for index in range(size):
            proof = inclusion(index, size, node)
            assert proof == path(index, 0, size)
            assert includes(LEAVES[index], index, size, proof, mth(0, size))


@pytest.mark.parametrize("sizes", [range(1, 65), pytest.param(range(65, MOST + 1), marks=pytest.mark.slow)])
def test_every_older_tree_of_every_size_is_proven(sizes: range) -> None:
    for size in sizes:
        for old in range(1, size + 1):
            proof = consistency(old, size, node)
            assert proof == subproof(old, 0, size, True)
            assert consistent(old, size, mth(0, old), mth(0, size), proof)


def test_some_leaves_and_older_trees_of_every_size_to_1024_are_proven() -> None:
    for size in range(1, MOST + 1):
        for index in some(size, size):
            assert inclusion(index, size, node) == path(index, 0, size)
            assert includes(LEAVES[index], index, size, path(index, 0, size), mth(0, size))
            old = index + 1
            assert consistency(old, size, node) == subproof(old, 0, size, True)
            assert consistent(old, size, mth(0, old), mth(0, size), subproof(old, 0, size, True))


def test_a_proof_of_a_million_leaves_is_short() -> None:
    size = 10**6
    asked: list[tuple[int, int]] = []

    def any_node(level: int, number: int) -> Hash:
        assert number + 1 << level <= size, "only complete subtrees may be asked for"
        asked.append((level, number))
        return leaf_hash(f"{level}/{number}".encode())

    for index in some(size, 6):
        assert sum(map(len, inclusion(index, size, any_node))) <= 1_024
        assert sum(map(len, consistency(index + 1, size, any_node))) <= 1_024
    assert len(asked) < 500


@given(st.data())
def test_no_proof_stands_for_anything_else(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 300))
    index = data.draw(st.integers(0, size - 1))
    proof, root = inclusion(index, size, node), mth(0, size)
    broken = list(proof)
    what = data.draw(st.sampled_from(["leaf", "index", "root", "hash", "less", "more", "swap"]))
    if what == "leaf":
        assert not includes(LEAVES[index - 1], index, size, proof, root)
    elif what == "index":
        other = data.draw(st.integers(0, size - 1).filter(lambda n: n != index))
        assert not includes(LEAVES[index], other, size, proof, root)
    elif what == "root":
        assert not includes(LEAVES[index], index, size, proof, mth(0, size - 1))
    else:
        at = data.draw(st.integers(0, len(proof) - 1))
        if what == "hash":
            broken[at] = bytes([broken[at][0] ^ 1]) + broken[at][1:]
        elif what == "less":
            del broken[at]
        elif what == "more":
            broken.insert(at, broken[at])
        else:
            broken[at], broken[at - 1] = broken[at - 1], broken[at]
        assert broken == proof or not includes(LEAVES[index], index, size, broken, root)


@given(st.data())
def test_no_other_tree_passes_for_an_older_one(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 300))
    old = data.draw(st.integers(1, size - 1))
    proof = consistency(old, size, node)
    what = data.draw(st.sampled_from(["fork", "size", "smaller", "hash", "less", "more"]))
    if what == "fork":
        changed = data.draw(st.integers(0, old - 1))
        other = root_of(leaf_hash(b"other") if n == changed else LEAVES[n] for n in range(old))
        assert not consistent(old, size, other, mth(0, size), proof)
    elif what == "size":
        other_size = data.draw(st.integers(1, size - 1).filter(lambda n: n != old))
        assert not consistent(other_size, size, mth(0, old), mth(0, size), proof)
    elif what == "smaller":
        assert not consistent(size, old, mth(0, size), mth(0, old), proof)
    elif proof:
        broken = list(proof)
        at = data.draw(st.integers(0, len(proof) - 1))
        if what == "hash":
            broken[at] = bytes([broken[at][0] ^ 1]) + broken[at][1:]
        elif what == "less":
            del broken[at]
        else:
            broken.insert(at, broken[at])
        assert not consistent(old, size, mth(0, old), mth(0, size), broken)


def test_the_ends() -> None:
    assert includes(LEAVES[0], 0, 1, [], LEAVES[0])
    assert not includes(LEAVES[0], 0, 0, [], EMPTY)
    assert not includes(LEAVES[0], -1, 1, [], LEAVES[0])
    assert consistent(0, 5, EMPTY, mth(0, 5), []) and not consistent(0, 5, LEAVES[0], mth(0, 5), [])
    assert consistent(5, 5, mth(0, 5), mth(0, 5), []) and not consistent(5, 5, mth(0, 5), mth(0, 5), [LEAVES[0]])
    assert not consistent(2, 5, mth(0, 2), mth(0, 5), [])
    assert (consistency(0, 5, node), consistency(5, 5, node)) == ([], [])
    for wrong in (lambda: inclusion(5, 5, node), lambda: inclusion(-1, 5, node), lambda: consistency(6, 5, node)):
        with pytest.raises(ValueError, match="tree"):
            wrong()


def test_a_pair_never_passes_for_a_leaf() -> None:
    assert leaf_hash(LEAVES[0] + LEAVES[1]) != tree.pair_hash(LEAVES[0], LEAVES[1])
