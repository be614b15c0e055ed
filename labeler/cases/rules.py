"""Fair decisions, as pure rules: who may decide, by when, what counts, and what needs a second look.

Nothing here is ever handed what somebody was paid: a decision can't touch it (REJ-1, `ux.md` R15).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from labeler.accounts.permissions import Permission, Role, may
from labeler.errors import FieldProblem
from labeler.workforce.rules import NOTICE

RETRY_LASTS = timedelta(days=7)
"""REJ-2: how long a labeler may answer once more before a decision counts."""
ASK_WITHIN = timedelta(days=90)
"""How long after a decision binds a review of it may be asked for."""
REPLY_WITHIN, REPLY_LIMIT = timedelta(days=7), timedelta(days=14)
"""REJ-3, DEC-3: when the reply to a review is due, and the last day for it."""
SAFETY_DAYS = 5
"""OPT-8: working days for the review of a danger, or of a restriction made for safety."""
A_DAY = 10
"""REJ-4: decisions about one labeler's answers that count in 24 hours."""
BRAKE_LEAST, BRAKE_PERCENT = 5, 5
"""REJ-4: at least so many decisions, and more than so many percent of a batch's answers, hold the rest."""
ACKNOWLEDGE, CONCLUDE = timedelta(days=7), timedelta(days=90)
"""GRV-2."""
NEW_AN_HOUR = 30
"""Grievances that are taken in one hour, from everybody together: who sends one is not known, on purpose."""
LOOK_BACK, COMPARED = timedelta(days=90), timedelta(days=28)
"""GRV-3: how long after an event the watch looks, and over which span it compares."""
DROP_PERCENT = 30
LEAST_BEFORE, LEAST_DAYS, LEAST_MARKS = 20, 7, 3
"""What the watch needs to compare: hand-outs before, days after; and decisions that make a spike."""

EVIDENCE = (20, 2_000)
REASONS = (20, 4_000)
WORDS = (1, 4_000)
GRIEVANCE = (1, 10_000)
"""Fewest and most characters of a text."""


class Code(StrEnum):
    """Why an answer is not used. There is no code for speed or for disagreeing with others."""

    INSTRUCTIONS = "instructions-not-kept"
    LANGUAGE = "wrong-language"
    EMPTY = "empty-or-copied"
    BROKEN = "task-was-broken"
    DUPLICATE = "duplicate"


class Ending(StrEnum):
    """How a "not used" came to its end: the new answer was taken, a review changed it, or its batch's hold did."""

    ACCEPTED = "accepted"
    CHANGED = "changed"
    CANCELLED = "cancelled"


class Cause(StrEnum):
    """Who asked for a second look: the labeler, or a rule."""

    LABELER = "labeler"
    SAFETY = "safety"
    DANGER = "danger"
    BRAKE = "brake"


class Outcome(StrEnum):
    """What the second look did to what it looked at."""

    CHANGED = "changed"
    STANDS = "stands"


@dataclass(frozen=True, slots=True)
class Decider:
    """A signed-in person who is about to decide; `vendor_id` is that of her employer or of those she speaks for."""

    id: UUID
    role: Role
    vendor_id: UUID | None = None


class Bar(StrEnum):
    """Why somebody may not decide a review."""

    ROLE = "role"
    DECIDED_FIRST = "decided-first"
    OWN_CASE = "own-case"
    VENDOR = "vendor"


def bar(decider: Decider, first: Iterable[UUID | None], labeler_id: UUID | None, vendors: Iterable[UUID | None]) -> (
    Bar | None
):  # fmt: skip
    """Why this person may not decide, or None. `first` are all who decided before, `vendors` those it concerns.

    REJ-3, DEC-3: somebody else than the first decider, not of the labeler's vendor, and never the labeler herself.
    """
    if not may(decider.role, Permission.CASES_DECIDE):
        return Bar.ROLE
    if decider.id in first:
        return Bar.DECIDED_FIRST
    if decider.id == labeler_id:
        return Bar.OWN_CASE
    if decider.vendor_id is not None and decider.vendor_id in vendors:
        return Bar.VENDOR
    return None


def may_decide(
    decider: Decider, first: Iterable[UUID | None], labeler_id: UUID | None, vendors: Iterable[UUID | None]
) -> bool:
    """Whether this person may decide the review."""
    return bar(decider, first, labeler_id, vendors) is None


def may_restrict(decider: Decider, vendor_id: UUID) -> bool:
    """DEC-1: an administrator, or a manager of the very vendor that employs the labeler."""
    if not may(decider.role, Permission.RESTRICT):
        return False
    return decider.role is not Role.VENDOR_MANAGER or decider.vendor_id == vendor_id


def working_days(start: datetime, days: int) -> datetime:
    """The same time of day after so many working days, Monday to Friday; a start on a weekend counts from Monday on."""
    moment = start
    while days:
        moment += timedelta(days=1)
        days -= moment.weekday() < 5
    return moment


def due(cause: Cause, asked_at: datetime) -> tuple[datetime, datetime]:
    """When the reply to a review is due, and the last moment for it."""
    if cause in (Cause.SAFETY, Cause.DANGER):
        moment = working_days(asked_at, SAFETY_DAYS)
        return moment, moment
    return asked_at + REPLY_WITHIN, asked_at + REPLY_LIMIT


def brakes(decisions: int, answers: int) -> bool:
    """Whether a batch's decisions are held (REJ-4): `decisions` not used since the last look, of `answers` given."""
    return decisions >= BRAKE_LEAST and 100 * decisions > BRAKE_PERCENT * answers


def binds(
    *, retry_until: datetime, left: bool, retried: bool, again: bool, held: bool, in_review: bool, now: datetime
) -> bool:
    """Whether a "not used" takes effect now (REJ-2).

    Never while its batch is held or a review is open. An answer that was given again needs a person's second word
    (`again`); one that was not takes effect when the labeler left it, or when her time to answer again is over.
    """
    if held or in_review:
        return False
    if retried:
        return again
    return left or now >= retry_until


def notice_problem(from_at: datetime, safety: bool, now: datetime) -> FieldProblem | None:
    """What is wrong with the beginning of a restriction (DEC-2)."""
    if safety or from_at >= now + NOTICE:
        return None
    return FieldProblem(
        "from_day", f"Give at least {NOTICE.days} days' notice, or say that it is for somebody's safety."
    )


def tidy(words: str) -> str:
    """What was typed, without what no database keeps, and with plain line ends."""
    return words.replace("\0", "").replace("\r\n", "\n").strip()


def text_problem(field: str, words: str, bounds: tuple[int, int]) -> list[FieldProblem]:
    """What is wrong with the length of a text that was tidied."""
    least, most = bounds
    if least <= len(words) <= most:
        return []
    return [FieldProblem(field, f"Write {least:,} to {most:,} characters." if least > 1 else _short(most, words))]


def _short(most: int, words: str) -> str:
    return f"Use at most {most:,} characters." if words else "Write some words."


def whole_hour(moment: datetime) -> datetime:
    """The hour a moment lies in: all that is kept of when a grievance came."""
    return moment.replace(minute=0, second=0, microsecond=0)


def pseudonym(secret: bytes, project_id: UUID, labeler_id: UUID) -> str:
    """What reviewers of one project call a labeler; it leads to no other project, and to no page of people (MON-6)."""
    named = hashlib.blake2b(f"review {project_id.hex} {labeler_id.hex}".encode(), key=secret[:64], digest_size=4)
    return f"labeler {named.hexdigest()}"


class EventKind(StrEnum):
    """The use of a right, after which the watch looks."""

    OPT_OUT = "opt-out"
    REVIEW = "review"
    DANGER = "danger"


class Sign(StrEnum):
    """What may have been done to somebody for it."""

    NOT_USED = "not-used-spike"
    HAND_OUTS = "hand-outs-drop"
    RESTRICTED = "restricted"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Found:
    """A sign after an event, with the numbers that show it: counts before and after, or 0 and 1."""

    sign: Sign
    before: int
    after: int


def signs(
    event_at: datetime,
    marks: Sequence[datetime],
    hand_outs: tuple[int, int],
    restricted: Sequence[datetime],
    closed_at: datetime | None,
    now: datetime,
) -> list[Found]:
    """GRV-3: what followed an event of the last 90 days. It proves nothing: it asks for an independent second look.

    `marks` are moments at which her answers were marked not used; `hand_outs` how many tasks she was given in the 28
    days before the event, and from it until 28 days after it or until now.
    """
    if not timedelta(0) <= now - event_at <= LOOK_BACK:
        return []
    found = [Found(Sign.RESTRICTED, 0, 1)] if any(event_at <= at <= now for at in restricted) else []
    if closed_at is not None and event_at <= closed_at <= now:
        found.append(Found(Sign.CLOSED, 0, 1))
    span = min(COMPARED, now - event_at)
    before = sum(event_at - COMPARED <= at < event_at for at in marks)
    after = sum(event_at <= at <= event_at + span for at in marks)
    if after >= LEAST_MARKS and after * COMPARED > 2 * before * span:
        found.append(Found(Sign.NOT_USED, before, after))
    given, later = hand_outs
    told = given >= LEAST_BEFORE and span >= timedelta(days=LEAST_DAYS)
    if told and 100 * later * COMPARED <= (100 - DROP_PERCENT) * given * span:
        found.append(Found(Sign.HAND_OUTS, given, later))
    return found
