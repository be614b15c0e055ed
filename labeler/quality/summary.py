"""The statistics of a project, all of them from one pass over its answers and one look at a sample of its texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from labeler.cells import cell
from labeler.errors import Missing
from labeler.judgments.figures import Share, wilson
from labeler.projects.models import Project
from labeler.quality import queries
from labeler.quality.agreement import Agreement, Level, agreement
from labeler.quality.agreement import readings as read_patterns
from labeler.quality.groups import K_GROUP, merged, patterns, quantile, shown
from labeler.quality.tally import SECONDS, Disputed, Group, Key, Pattern, Preferred, Tally
from tasks import kind
from tasks.measures import Measure

GROUPS = 25
"""Groups of one sort that are listed, those with most answers first."""
BANDS = 10
"""Bands of disagreement between none at all and the most there can be."""
QUARTILES = (0.25, 0.5, 0.75, 0.9)
"""Which quantiles of time are told."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure with the agreement of all items in it."""

    measure: Measure
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class Times:
    """Answers by how long they took: from so many seconds, below so many (None: open), how many. So are quantiles."""

    buckets: tuple[tuple[int, int | None, int], ...]
    quantiles: tuple[tuple[float, int, int | None], ...]


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group's figures, all None where fewer than k people stand behind it or behind what would be left over."""

    name: str
    judgments: int | None
    agreement: Agreement | None
    first: Share | None
    times: Times | None


@dataclass(frozen=True, slots=True)
class Grouped:
    """Groups of one sort, e.g. "language"; `left_out` more have fewer answers than those listed."""

    sort: str
    rows: tuple[GroupRow, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class Band:
    """Items whose disagreement is above `above` and at most `until`; the first band has those without any (None, 0)."""

    above: float | None
    until: float
    items: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """A project's statistics at a moment. `judgments` are those that count, of `given` answers.

    `about` is the measure that disagreement and groups are told in; all is None or empty where nothing can be told.
    `longer` is of the tasks in a sample of `sampled`; `times` is None where fewer than k people stand behind it.
    """

    given: int
    judgments: int
    tasks: int
    measured: tuple[Measured, ...]
    about: Measured | None
    first: Share | None
    longer: Share | None
    sampled: int
    times: Times | None
    bands: tuple[Band, ...]
    disputed: tuple[Disputed, ...]
    groups: tuple[Grouped, ...]


@dataclass(frozen=True, slots=True)
class Gated:
    """What needs k people and is told anew only when k people stand between (`telling`): the times, and the groups in
    each measure by its name."""

    times: Times | None
    groups: dict[str, tuple[Grouped, ...]]

    @property
    def says_something(self) -> bool:
        """Whether there is a figure in it."""
        rows = (row for sorts in self.groups.values() for sort in sorts for row in sort.rows)
        return self.times is not None or any(row.judgments is not None for row in rows)


def gated(session: Session, project: Project, now: datetime) -> Gated:
    """The figures of groups and of time as of now, in every measure."""
    asks = kind(project.kind)
    measures = asks.measures(asks.Options.model_validate(project.options))
    tally = Tally(measures, 0).count(queries.readings(session, project.id, now))
    names = queries.batch_names(session, project.id)
    return Gated(
        times=_told_times(tally),
        groups={each.name: _groups(tally, n, lambda key: names[UUID(key)]) for n, each in enumerate(measures)},
    )


def statistics(
    session: Session, project: Project, now: datetime, about: str | None = None, *, groups: bool = True
) -> Statistics:
    """Count a project's answers as an export made now would hold them. Without `groups` what needs k people is left
    out. Raises Missing for an unknown measure."""
    asks = kind(project.kind)
    measures = asks.measures(asks.Options.model_validate(project.options))
    place = _place(measures, about)
    tally = Tally(measures, place).count(queries.readings(session, project.id, now))
    sizes = queries.lengths(session, [each.task for each in tally.sampled])
    names = queries.batch_names(session, project.id)
    return told(
        tally,
        place,
        given=queries.given(session, project.id),
        batch=lambda key: names[UUID(key)],
        longer=_longer(tally.sampled, sizes),
        sampled=len(tally.sampled),
        groups=groups,
    )


def told(
    tally: Tally,
    place: int,
    *,
    given: int,
    batch: Callable[[Any], str],
    longer: Share | None,
    sampled: int,
    groups: bool = True,
) -> Statistics:
    """What a finished tally says; `place` is the measure that groups are told in, `batch` gives a batch's name."""
    everybody = merged(tally, lambda _: None).get(None, Group())
    measured = tuple(
        Measured(each, _agreement(each, patterns(tally, n, None))) for n, each in enumerate(tally.measures)
    )
    return Statistics(
        given=given,
        judgments=tally.judgments,
        tasks=tally.tasks,
        measured=measured,
        about=measured[place] if measured else None,
        first=wilson(everybody.first, everybody.preferences),
        longer=longer,
        sampled=sampled,
        times=_told_times(tally) if groups else None,
        bands=_bands(tally, place) if measured else (),
        disputed=tuple(tally.disputed),
        groups=_groups(tally, place, batch) if measured and groups else (),
    )


def _told_times(tally: Tally) -> Times | None:
    everybody = merged(tally, lambda _: None).get(None, Group())
    return _times(everybody) if cell(everybody.people, K_GROUP) is not None else None


def _groups(tally: Tally, place: int, batch: Callable[[Any], str]) -> tuple[Grouped, ...]:
    sorts: tuple[tuple[str, int, Callable[[Any], str]], ...] = (
        ("language", 0, str),
        ("batch", 1, batch),
        ("guideline version", 2, str),
    )
    return tuple(_grouped(tally, place, *sort) for sort in sorts)


def levels(measure: Measure) -> tuple[Level, ...]:
    """The levels at which a measure's categories can be compared."""
    return (Level.NOMINAL,) if measure.values is None else tuple(Level)


def _place(measures: Sequence[Measure], about: str | None) -> int:
    names = [each.name for each in measures]
    if about is None:
        return 0
    if about not in names:
        raise Missing("This project has no such measure.")
    return names.index(about)


def _agreement(measure: Measure, of: Mapping[Pattern, int]) -> Agreement:
    return agreement(read_patterns(of, len(measure.labels)), levels(measure), measure.values)


def _longer(sample: Sequence[Preferred], sizes: Mapping[Key, tuple[int, ...]]) -> Share | None:
    """How often the longer of two completions was preferred; texts of the same length are left out."""
    hits = n = 0
    for each in sample:
        one, other = sizes[each.task]
        if one != other:
            n += sum(each.votes)
            hits += each.votes[0 if one > other else 1]
    return wilson(hits, n)


def _times(group: Group) -> Times:
    buckets = zip((0, *SECONDS), (*SECONDS, None), group.times, strict=True)
    return Times(tuple(buckets), tuple((share, *quantile(group.times, share)) for share in QUARTILES))


def _bands(tally: Tally, place: int) -> tuple[Band, ...]:
    """The items that were read at least twice, by how far their readings are apart."""
    counts: Counter[int] = Counter()
    for pattern, items in patterns(tally, place, None).items():
        if len(pattern) >= 2:
            apart = tally.apart(pattern)
            counts[0 if not apart else min(BANDS, 1 + int(apart * BANDS - 1e-9))] += items
    none = Band(None, 0.0, counts[0])
    return (none, *(Band((n - 1) / BANDS, n / BANDS, counts[n]) for n in range(1, BANDS + 1)))


def _grouped(tally: Tally, about: int, sort: str, place: int, name: Callable[[Any], str]) -> Grouped:
    groups = merged(tally, lambda key: key[place])
    if len(groups) < 2:
        return Grouped(sort, (), 0)
    open_ = shown({key: group.people for key, group in groups.items()})
    largest = sorted(groups, key=lambda key: (-groups[key].people.total(), name(key)))
    rows = []
    for key in largest[:GROUPS]:
        if key not in open_:
            rows.append(GroupRow(name(key), None, None, None, None))
            continue
        group = groups[key]
        found = _agreement(tally.measures[about], patterns(tally, about, place, key))
        first = wilson(group.first, group.preferences)
        rows.append(GroupRow(name(key), group.people.total(), found, first, _times(group)))
    return Grouped(sort, tuple(sorted(rows, key=lambda row: row.name)), len(groups) - len(rows))
