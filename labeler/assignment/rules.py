"""Which lanes a labeler may be given work from, in which order, and for how long a task is hers. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from labeler.wellbeing.rules import Choices, Person, Reason, refuses
from tasks.content import Profile

LEASE = timedelta(minutes=30)
"""How long a task is held after the last sign of its labeler; generous, and expiry is never penalised (BRK-11)."""
LATE = timedelta(hours=24)
"""How long after the hand-out an answer is still taken."""


@dataclass(frozen=True, slots=True)
class LaneFacts:
    """A lane as the gate sees it, with this labeler's own cursor in it."""

    id: UUID
    project_id: UUID
    profile: Profile
    language: str
    priority: int
    guideline_version: int
    tail: int
    cursor: int


@dataclass(frozen=True, slots=True)
class LaneRefused:
    """A lane that is shut for this labeler now, and why."""

    lane: LaneFacts
    reason: Reason


def under_contract(person: Person, today: date) -> bool:
    """Whether the labeler's contract covers this day (her own calendar's)."""
    return person.contract_from <= today and (person.contract_until is None or today <= person.contract_until)


def reads(person: Person, language: str) -> bool:
    """Whether the labeler reads a language: `en` covers `en-GB` and the other way round, `zh-Hans` not `zh-Hant`."""
    return any(
        known == language or language.startswith(f"{known}-") or known.startswith(f"{language}-")
        for known in person.languages
    )


def sort_lanes(
    person: Person, choices: Choices, lanes: Iterable[LaneFacts], now: datetime
) -> tuple[list[LaneFacts], list[LaneRefused]]:
    """The lanes open to this person now, in the order in which they are to be tried, and the shut ones with reasons.

    Higher priority first; between projects of the same priority, the older project; within one, the lighter content.
    """
    opened: list[LaneFacts] = []
    shut: list[LaneRefused] = []
    for lane in lanes:
        reason = refuses(lane.profile, lane.project_id, choices, now)
        if reason is None and not reads(person, lane.language):
            reason = Reason.LANGUAGE
        if reason is None:
            opened.append(lane)
        else:
            shut.append(LaneRefused(lane, reason))
    opened.sort(key=lambda lane: (-lane.priority, lane.project_id, max(lane.profile.values(), default=0), lane.id))
    return opened, shut


_ORDER = (Reason.YOUR_CHOICES, Reason.LANGUAGE, Reason.IN_REVIEW)


def why_nothing(opened_have_work: bool, shut: Iterable[LaneRefused], paused: bool, elsewhere: bool) -> Reason:
    """The one reason to tell. `shut` are the shut lanes that have work; `paused` and `elsewhere` say whether there is
    work in a paused project or in one that is offered to other vendors only.
    """
    if opened_have_work:
        return Reason.ALREADY_ANSWERED
    reasons = {refused.reason for refused in shut}
    for reason in _ORDER:
        if reason in reasons:
            return reason
    if paused:
        return Reason.PAUSED
    return Reason.NOT_QUALIFIED if elsewhere else Reason.NONE_LEFT
