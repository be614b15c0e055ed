"""Which lanes a labeler may be given work from, in which order, and for how long a task is hers. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from labeler.wellbeing.doses import Run, Seen, reserve
from labeler.wellbeing.limits import InForce
from labeler.wellbeing.rules import Choices, Person, Reason, Stop, bound, refuses
from tasks.content import Profile, highest

LEASE = timedelta(minutes=30)
"""How long a task is held after the last sign of its labeler; generous, and expiry is never penalised (BRK-11)."""
LATE = timedelta(hours=24)
"""How long after its lease has ended an answer is still taken."""


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
    estimate: int | None = None
    """Seconds that the project expects for one task."""

    @property
    def severity(self) -> int:
        """The highest severity in the lane."""
        return highest(self.profile)


@dataclass(frozen=True, slots=True)
class LaneRefused:
    """A lane that is shut for this labeler now, and why."""

    lane: LaneFacts
    stop: Stop

    @property
    def reason(self) -> Reason:
        """The reason alone."""
        return self.stop.reason


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
    person: Person,
    choices: Choices,
    lanes: Iterable[LaneFacts],
    now: datetime,
    restricted: frozenset[UUID | None] = frozenset(),
) -> tuple[list[LaneFacts], list[LaneRefused]]:
    """The lanes open to this person now, in the order in which they are to be tried, and the shut ones with reasons.

    Higher priority first; between projects of the same priority, the older project; within one, the lighter content.
    Her limits on hard content are asked after this (`within_limits`), because only few need them.
    """
    opened: list[LaneFacts] = []
    shut: list[LaneRefused] = []
    for lane in lanes:
        reason = refuses(lane.profile, lane.project_id, choices, now)
        if lane.project_id in restricted:
            reason = Reason.RESTRICTED
        elif reason is None and not reads(person, lane.language):
            reason = Reason.LANGUAGE
        if reason is None:
            opened.append(lane)
        else:
            shut.append(LaneRefused(lane, Stop(reason)))
    opened.sort(key=lambda lane: (-lane.priority, lane.project_id, lane.severity, lane.id))
    return opened, shut


def within_limits(
    person: Person, lanes: Iterable[LaneFacts], seen: Seen, run: Run, limits: InForce, now: datetime
) -> tuple[list[LaneFacts], list[LaneRefused]]:
    """Of lanes that are open by her choices, those within her limits on hard content, and the others with reasons."""
    opened: list[LaneFacts] = []
    shut: list[LaneRefused] = []
    for lane in lanes:
        own = limits.of(lane.project_id)
        stop = bound(lane.profile, reserve(lane.estimate), seen, run, now, person.time_zone, own)
        if stop is None:
            opened.append(lane)
        else:
            shut.append(LaneRefused(lane, stop))
    return opened, shut


_ORDER = (
    Reason.RESTRICTED,
    Reason.REST_WEEK,
    Reason.CAP_WEEK,
    Reason.REST_DAY,
    Reason.CAP_DAY,
    Reason.BREAK,
    Reason.CAP_SENSITIVE,
    Reason.CAP_RUN,
    Reason.CAP_SHARE,
    Reason.NIGHT,
    Reason.TRAINING,
)
_AFTER = (Reason.YOUR_CHOICES, Reason.LANGUAGE, Reason.IN_REVIEW)


def why_nothing(opened_have_work: bool, shut: Iterable[LaneRefused], paused: bool, elsewhere: bool) -> Stop:
    """The one reason to tell. `shut` are the shut lanes that have work; `paused` and `elsewhere` say whether there is
    work in a paused project or in one that is offered to other vendors only.

    What a limit keeps from her comes first: it is what she would be given next.
    """
    stops: dict[Reason, Stop] = {}
    for refused in shut:
        stops.setdefault(refused.reason, refused.stop)
    for reason in _ORDER:
        if reason in stops:
            return stops[reason]
    if opened_have_work:
        return Stop(Reason.ALREADY_ANSWERED)
    for reason in _AFTER:
        if reason in stops:
            return stops[reason]
    if paused:
        return Stop(Reason.PAUSED)
    return Stop(Reason.NOT_QUALIFIED if elsewhere else Reason.NONE_LEFT)
