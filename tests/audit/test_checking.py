"""Whoever changes the sealed record is found, and told where; whoever does not is left in peace."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from labeler.audit.checking import Fault, Leaf, Signed
from labeler.audit.logs import ROOTS, commitment
from tests.audit.sealed import LOGS, NEW, OLD, VENDORS, Record, erased, leaf, moment, record

CLEAN = record()
ROUNDS = [100, pytest.param(10_000, marks=pytest.mark.slow)]

Where = tuple[UUID, int | None] | None
"""The log, and the first place in it, where the fault must be found; None where any is right."""


def some(made: Record, dice: random.Random) -> tuple[UUID, int]:
    log_id = dice.choice(LOGS)
    return log_id, dice.randrange(len(made.leaves[log_id]))


def change(made: Record, dice: random.Random) -> Where:
    """An entry is edited in the database."""
    log_id, at = some(made, dice)
    row = made.leaves[log_id][at]
    assert row.entry is not None
    place = dice.randrange(len(row.entry))
    put = bytes([row.entry[place] ^ 1 << dice.randrange(7)])
    made.leaves[log_id][at] = replace(row, entry=row.entry[:place] + put + row.entry[place + 1 :])
    return log_id, at


def delete(made: Record, dice: random.Random) -> Where:
    """An entry is removed; those after it keep their places."""
    log_id, at = some(made, dice)
    del made.leaves[log_id][at]
    return log_id, at


def insert(made: Record, dice: random.Random) -> Where:
    """An entry that never was is put between two others, and all after it are numbered anew."""
    log_id, at = some(made, dice)
    rows = made.leaves[log_id]
    made.leaves[log_id] = [
        *rows[:at],
        leaf(log_id, at, dice),
        *(replace(row, number=row.number + 1) for row in rows[at:]),
    ]
    return log_id, None


def swap(made: Record, dice: random.Random) -> Where:
    """Two entries change places."""
    log_id, at = some(made, dice)
    rows = made.leaves[log_id]
    other = dice.choice([n for n in range(len(rows)) if n != at])
    rows[at], rows[other] = replace(rows[other], number=at), replace(rows[at], number=other)
    return log_id, None


def truncate(made: Record, dice: random.Random) -> Where:
    """The end of a log is cut off."""
    log_id, at = some(made, dice)
    del made.leaves[log_id][at:]
    return log_id, at


def fork(made: Record, dice: random.Random) -> Where:
    """Somebody with the database and every key makes the whole record anew, with one entry changed."""
    log_id, at = some(made, dice)
    made.leaves[log_id][at] = leaf(log_id, at, dice, '{"forked":true}')
    made.seal_anew()
    return ROOTS, None


def old_key(made: Record, dice: random.Random) -> Where:
    """The record is made anew by somebody who has only a key that was retired."""
    log_id, at = some(made, dice)
    made.leaves[log_id][at] = leaf(log_id, at, dice)
    made.seal_anew(OLD)
    made.held = []
    return ROOTS, None


def roll_back(made: Record, dice: random.Random) -> Where:
    """An older state of the whole database is put back."""
    last = dice.randrange(len(made.checkpoints) - 1)
    made.checkpoints = made.checkpoints[: last + 1]
    made.roots = made.roots[: made.checkpoints[-1].size]
    sizes = {root.log_id: root.size for root in made.roots}
    made.leaves = {log_id: rows[: sizes[log_id]] for log_id, rows in made.leaves.items() if log_id in sizes}
    return ROOTS, len(made.roots)


def drop_a_log(made: Record, dice: random.Random) -> Where:
    """Everything of one vendor is taken out, and the roots and checkpoints are made to fit."""
    del made.leaves[dice.choice(VENDORS)]
    made.seal_anew()
    return ROOTS, None


def replay(made: Record, dice: random.Random) -> Where:
    """An old checkpoint takes the place of a later one."""
    later = dice.randrange(1, len(made.checkpoints))
    old = made.checkpoints[dice.randrange(later)]
    made.checkpoints[later] = replace(old, number=later)
    return ROOTS, None


def alter_salt(made: Record, dice: random.Random) -> Where:
    """A salt is changed, or taken away, which would let an entry pass for an erased one."""
    log_id, at = some(made, dice)
    row = made.leaves[log_id][at]
    made.leaves[log_id][at] = replace(row, salt=dice.choice([dice.randbytes(16), None]))
    return log_id, at


def hash_along(made: Record, dice: random.Random) -> Where:
    """An entry is changed and its leaf, and the roots of its log, are made to fit; the checkpoints are as they were."""
    log_id, at = some(made, dice)
    row = made.leaves[log_id][at]
    assert row.entry is not None and row.salt is not None
    entry = row.entry.replace(b"break.end", b"break.day")
    made.leaves[log_id][at] = Leaf(at, commitment(row.salt, entry), row.salt, entry)
    kept = made.checkpoints
    made.seal_anew()
    made.checkpoints, made.held = kept, []
    return ROOTS, None


CLASSES = (
    change, delete, insert, swap, truncate, fork, old_key, roll_back, drop_a_log, replay, alter_salt, hash_along,
)  # fmt: skip


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.parametrize("tamper", CLASSES, ids=lambda tamper: tamper.__name__)
def test_whoever_changes_the_record_is_found(tamper: Callable[[Record, random.Random], Where], rounds: int) -> None:
    dice = random.Random(tamper.__name__)
    for each in range(rounds):
        made = CLEAN.copy() if each % 10 or rounds < 1_000 else record(each)
        where = tamper(made, dice)
        found = made.check()
        assert found.faults, f"{tamper.__name__}, round {each}"
        assert where is None or at(found.faults, where), (where, found.faults)


def at(faults: list[Fault], where: tuple[UUID, int | None]) -> bool:
    """Whether the first fault of that log is at that place."""
    log_id, place = where
    first = next((fault for fault in faults if fault.log_id == log_id), None)
    return first is not None and (place is None or first.place == place)


@pytest.mark.parametrize("rounds", [100, pytest.param(10_000, marks=pytest.mark.slow)])
def test_a_record_that_is_as_it_was_is_never_blamed(rounds: int) -> None:
    dice = random.Random(rounds)
    for seed in range(rounds):
        made = record(seed)
        for _ in range(dice.randrange(4)):
            log_id, place = some(made, dice)
            made.leaves[log_id][place] = erased(made.leaves[log_id][place])
        found = made.check()
        assert found.faults == [], seed
        assert (found.entries, found.roots, found.checkpoints) == (
            sum(map(len, made.leaves.values())), len(made.roots), 20,
        )  # fmt: skip
        assert found.erased == sum(row.entry is None for rows in made.leaves.values() for row in rows)


def test_what_was_erased_is_counted_and_tells_nothing() -> None:
    made = CLEAN.copy()
    made.leaves[VENDORS[0]][0] = erased(made.leaves[VENDORS[0]][0])
    found = made.check()
    assert (found.clean, found.erased) == (True, 1)


def test_an_entry_in_the_log_of_another_vendor_is_found() -> None:
    made = CLEAN.copy()
    mine, other = VENDORS[:2]
    row = made.leaves[other][3]
    made.leaves[mine][3] = row
    made.held = []
    made.seal_anew()
    assert made.check().faults == [Fault(mine, 3, "entry 3 belongs to another log")]


def test_a_checkpoint_that_somebody_made_up_accuses_nobody() -> None:
    made = CLEAN.copy()
    other = made.copy()
    other.leaves[VENDORS[0]][0] = leaf(VENDORS[0], 0, random.Random(1))
    other.seal_anew(NEW)
    stranger = other.checkpoints[3].note  # of before its key had begun: no key of ours signed it then
    made.held = [stranger, "nonsense"]
    assert made.check().clean


def test_a_checkpoint_before_its_key_or_without_its_time_is_not_believed() -> None:
    made = CLEAN.copy()
    made.checkpoints[2] = made.sign(2, moment(2), NEW)
    assert "did not sign at that time" in made.check().faults[0].what
    made = CLEAN.copy()
    made.checkpoints[2] = Signed(2, made.checkpoints[2].size, "no note")
    assert "is no checkpoint" in made.check().faults[0].what


def test_a_missing_checkpoint_and_a_root_beyond_the_last_are_found() -> None:
    made = CLEAN.copy()
    del made.checkpoints[7]
    assert made.check().faults == [Fault(ROOTS, None, "checkpoint 7 is missing")]
    made = CLEAN.copy()
    made.checkpoints.pop()
    assert {fault.log_id for fault in made.check().faults} == {ROOTS}
