"""What of an assessment may be told to readers who must not learn of single people: k-cells. Pure.

A number stands only where at least k people are behind it, nobody has more than half of it, and those who are left over
are none or k at least (`labeler.cells`). Numbers of one report, or of several on the same quarter, could be taken from
each other; so one more is told only where no two or three of them, added and taken away, come to be about fewer than k
people (`compliance.told`). How many people there are is told in bands. That a rule was broken is always told: it is a
fact about the vendor, and how few it met is hidden, not that it did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from labeler.cells import cell
from labeler.compliance.outcome import Assessed, Assessment, Attestation, Checked, Figure, Result, Row
from labeler.compliance.told import Told


@dataclass(frozen=True, slots=True)
class ShownFigure:
    """A figure as it is told; `value` and `of` are None where too few people stand behind it."""

    name: str
    value: int | None
    of: int | None
    unit: str
    threshold: int | None
    people: str


@dataclass(frozen=True, slots=True)
class ShownCheck:
    """A check as it is told. `population` and `exceptions` are None where they can't be; `people` and `affected` are
    bands (`band`)."""

    rule: str
    result: Result
    reason: str
    population: int | None
    people: str
    exceptions: int | None
    affected: str
    figures: Sequence[ShownFigure]


@dataclass(frozen=True, slots=True)
class ShownControl:
    """A control as it is told; what was measured, attested and confirmed stay apart."""

    control: str
    result: Result
    reason: str
    checks: Sequence[ShownCheck]
    measured: Result | None
    attested: Result | None
    attestation: Attestation | None
    confirm: int | None
    contest: int | None
    idle: bool = False


@dataclass(frozen=True, slots=True)
class ShownShare:
    """What part of the hand-outs lay at the severities `first` to `last`, in per mille."""

    first: int
    last: int
    share: int


@dataclass(frozen=True, slots=True)
class Shown:
    """What is told of an assessment."""

    k: int
    headcount: str
    controls: Sequence[ShownControl]
    shares: Sequence[ShownShare] = ()
    """Empty where none may be told: the last of them could be taken from the others, so it is all or none."""


def band(number: int, k: int) -> str:
    """How many people, told so that one more or less seldom changes it: `none`, `fewer than 5`, `5 or more`, `10 or
    more` and so on in steps of k."""
    if number == 0:
        return "none"
    return f"fewer than {k}" if number < k else f"{number // k * k} or more"


def disclose(assessment: Assessment, k: int, earlier: Iterable[Assessment] = ()) -> Shown:
    """What may be told, after what was told of the same quarter in `earlier` assessments, in their order (by another
    profile, or by less of the record)."""
    told = Told(k)
    for other in earlier:
        _disclose(other, told)
    return _disclose(assessment, told)


def _disclose(assessment: Assessment, told: Told) -> Shown:
    everybody = assessment.people
    return Shown(
        told.k,
        band(len(everybody), told.k),
        [_control(each, everybody, told) for each in assessment.controls],
        _shares(assessment.served, everybody, told),
    )


def _shares(served: Sequence[Mapping[UUID, int]], everybody: frozenset[UUID], told: Told) -> list[ShownShare]:
    """The mix of severities: each for itself, or two by two, or not at all. It comes last, so that no control loses a
    number for it."""
    total = sum(sum(each.values()) for each in served)
    for width in (1, 2):
        trial = told.copy()
        groups = [sum(map(Counter, served[at : at + width]), Counter[UUID]()) for at in range(0, len(served), width)]
        if total and all(_tellable(each, everybody, trial) for each in groups):
            told.blocks, told.counts = trial.blocks, trial.counts
            return [
                ShownShare(at * width, at * width + width - 1, sum(each.values()) * 1000 // total)
                for at, each in enumerate(groups)
            ]
    return []


def _tellable(by: Mapping[UUID, int], everybody: frozenset[UUID], told: Told) -> bool:
    if not by:
        return True
    return cell(by, told.k, len(everybody | by.keys())) is not None and told.may_count(by, everybody)


def _control(assessed: Assessed, everybody: frozenset[UUID], told: Told) -> ShownControl:
    checks = [_check(each, everybody, told) for each in assessed.checks]
    said = assessed.confirmed
    confirm = _votes(said.confirm, everybody, told) if said else None
    contest = _votes(said.contest, everybody, told) if said else None
    return ShownControl(
        assessed.control, assessed.result, assessed.reason, checks, assessed.measured, assessed.attested,
        assessed.attestation, confirm, contest, assessed.idle,
    )  # fmt: skip


def _check(checked: Checked, everybody: frozenset[UUID], told: Told) -> ShownCheck:
    k = told.k
    result = checked.result(k)
    hidden = checked.private and len(checked.people) < k
    population = None if hidden else _count(checked.rows, everybody | checked.people, everybody, told)
    wrong = checked.exceptions
    exceptions = None
    if not hidden:
        exceptions = (
            (0 if population is not None else None) if not wrong else _count(wrong, checked.people, everybody, told)
        )
    return ShownCheck(
        rule=checked.rule,
        result=result,
        reason=checked.reason(k),
        population=population,
        people=band(1, k) if hidden else band(len(checked.people), k),  # that nobody used a right is not told either
        exceptions=exceptions,
        affected="not told" if hidden else band(len(checked.affected), k),
        figures=[] if hidden else [_figure(each, everybody, told) for each in checked.figures],
    )


def _count(rows: Sequence[Row], among: frozenset[UUID], everybody: frozenset[UUID], told: Told) -> int | None:
    """How many rows, or None. Rows about nobody are counted freely; beside rows about people they would give them away,
    so both are told or neither."""
    by = Counter(row.person for row in rows if row.person is not None)
    if not by:
        return len(rows)
    shown = cell(by, told.k, len(among | by.keys()))
    return len(rows) if shown is not None and told.may_count(by, everybody) else None


def _figure(figure: Figure, everybody: frozenset[UUID], told: Told) -> ShownFigure:
    """A figure, where neither those behind it nor those behind what it lacks of its whole are too few."""
    k, trial = told.k, told.copy()
    groups = [each for each in (figure.people, figure.rest) if each]
    shown = all(len(each) >= k and not 0 < len(everybody - each) < k and trial.may(each, everybody) for each in groups)
    if shown:
        told.blocks = trial.blocks
    return ShownFigure(
        figure.name, figure.value if shown else None, figure.of if shown else None, figure.unit, figure.threshold,
        band(len(figure.people), k),
    )  # fmt: skip


def _votes(people: frozenset[UUID], everybody: frozenset[UUID], told: Told) -> int | None:
    """How many labelers said so, in steps of k so that one voice more can't be seen; None below k."""
    if len(people) < told.k or 0 < len(everybody - people) < told.k:
        return None
    return len(people) // told.k * told.k
