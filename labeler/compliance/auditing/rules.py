"""What holds for audits: who may open what, what a sample is, when a finding is late, what a signature says. Pure."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from labeler.compliance.events import Period
from labeler.compliance.outcome import Row
from labeler.errors import FieldProblem

PURPOSE = (20, 1_000)
"""Least and most letters of an audit's purpose; the same for the words of a finding, and of a statement below."""
WORDS = (20, 4_000)
REPLY = (10, 4_000)
NOTE = 1_000
SEED = 100
LARGEST_SAMPLE = 200
LONGEST_DUE = timedelta(days=366)


class Mark(StrEnum):
    """What an auditor says of a row that was drawn."""

    AGREES = "agrees"
    DIFFERS = "differs"
    CANNOT_TELL = "cannot-tell"


class Severity(StrEnum):
    """How serious a finding is."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class Step(StrEnum):
    """What may follow a finding: the vendor replies, the auditor closes it or keeps it open."""

    REPLY = "reply"
    CLOSE = "close"
    KEEP = "keep"


ACTS = {Step.REPLY: "finding.reply", Step.CLOSE: "finding.close", Step.KEEP: "finding.keep"}
"""The entry that each step is in the record."""


class Assurance(StrEnum):
    """What an auditor vouches for (ISAE 3000 names the two)."""

    NONE = "none"
    LIMITED = "limited"
    REASONABLE = "reasonable"


class LookKind(StrEnum):
    """A look that is counted for a labeler: a list in which a row is about her, one of her days, one of its events."""

    ROWS = "rows"
    DAY = "day"
    EVENT = "event"


class FindingState(StrEnum):
    """Where a finding stands."""

    WAITS = "waits for a reply"
    ANSWERED = "answered"
    OPEN = "kept open"
    CLOSED = "closed"


def quarter_of(moment: datetime) -> tuple[int, int]:
    """The year and the quarter, 1 to 4, of a moment in UTC."""
    moment = moment.astimezone(UTC)
    return moment.year, (moment.month + 2) // 3


def quarters(first: tuple[int, int], now: datetime) -> list[tuple[int, int]]:
    """Every quarter from `first` on that is over, the oldest first."""
    found, (year, number) = [], first
    while Period.quarter(year, number).end <= now:
        found.append((year, number))
        year, number = (year, number + 1) if number < 4 else (year + 1, 1)
    return found


def tidy(text: str) -> str:
    """Words as they are kept: no blanks around them, one sort of line end."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").strip()


def length_problem(field: str, text: str, bounds: tuple[int, int]) -> list[FieldProblem]:
    """What is wrong with how long a text is."""
    least, most = bounds
    if len(text) < least:
        return [FieldProblem(field, f"Write at least {least} letters here.")]
    return [FieldProblem(field, f"Write at most {most:,} letters here.")] if len(text) > most else []


def due_problem(field: str, due: date | None, now: datetime) -> list[FieldProblem]:
    """What is wrong with a day by which something is to be mended."""
    today = now.astimezone(UTC).date()
    if due is None:
        return [FieldProblem(field, "Write the day like 2026-03-01.")]
    if due <= today:
        return [FieldProblem(field, "Choose a day after today.")]
    return [FieldProblem(field, "Choose a day within a year.")] if due > today + LONGEST_DUE else []


def pseudonym(secret: bytes, audit: UUID, person: UUID) -> str:
    """What a person is called in one audit, such as `person-1f0c9a2b77d4`. In another one she has another name."""
    named = hashlib.blake2b(f"audit {audit.hex} {person.hex}".encode(), key=secret, digest_size=6)
    return f"person-{named.hexdigest()}"


def veiled(secret: bytes, audit: UUID, sort: str, key: UUID) -> str:
    """What any other id is called in one audit: ours hold the moment they were made, and lead to other pages."""
    named = hashlib.blake2b(f"audit {audit.hex} {sort} {key.hex}".encode(), key=secret, digest_size=6)
    return f"{sort}-{named.hexdigest()}"


# Samples


def own_seed(root: str, audit: UUID, number: int) -> str:
    """The seed of an audit's sample that nobody could choose: from the root that was signed (in hexadecimal)."""
    return hashlib.sha256(f"{root}\n{audit}\n{number}\n".encode()).hexdigest()


def draw(seed: str, population: int, size: int) -> list[int]:
    """`size` different numbers below `population`, in the order in which they are drawn; the same for the same seed.

    Block `n` is the SHA-256 of `seed`, a line end and `n` in digits; its first 16 digits are a number of 64 bits, which
    counts where it lies below the largest multiple of what is left to choose from; then it is divided by that, and what
    remains says which of those left is drawn (Fisher and Yates). Raises ValueError for a size that there is not.
    """
    if not 0 <= size <= population:
        raise ValueError(f"{size} can't be drawn from {population}")
    numbers, moved, found = _numbers(seed), dict[int, int](), []
    for place in range(size):
        left = population - place
        most = (1 << 64) // left * left
        chosen = place + next(number for number in numbers if number < most) % left
        found.append(moved.get(chosen, chosen))
        moved[chosen] = moved.get(place, place)
    return found


def _numbers(seed: str) -> Iterator[int]:
    block = 0
    while True:
        yield int(hashlib.sha256(f"{seed}\n{block}".encode()).hexdigest()[:16], 16)
        block += 1


def person_days(rows: Sequence[Row]) -> list[int]:
    """One row for each person and day (UTC) among the rows, the first of that day, by its place; in order of place."""
    first: dict[tuple[UUID, date], int] = {}
    for place, row in enumerate(rows):
        if row.person is not None:
            first.setdefault((row.person, row.at.astimezone(UTC).date()), place)
    return sorted(first.values())


# Findings


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a finding stands; `overdue`: not closed, and its day, or that of the promised remedy, has passed."""

    state: FindingState
    due_on: date
    overdue: bool


def standing(due_on: date, steps: Iterable[tuple[Step, date | None]], now: datetime) -> Standing:
    """Where a finding stands after these steps, each with the remedy's day where it is a reply. What is due is the
    auditor's day; a remedy that is promised for later doesn't move it."""
    state = FindingState.WAITS
    for step, _ in steps:
        state = {Step.REPLY: FindingState.ANSWERED, Step.CLOSE: FindingState.CLOSED, Step.KEEP: FindingState.OPEN}[step]
    late = state is not FindingState.CLOSED and now.astimezone(UTC).date() > due_on
    return Standing(state, due_on, late)


def counted(marks: Iterable[Mark]) -> Mapping[Mark, int]:
    """How often each was said."""
    found: defaultdict[Mark, int] = defaultdict(int)
    for mark in marks:
        found[mark] += 1
    return {mark: found[mark] for mark in Mark}
