"""The working day as the record tells it: what was held, shown and rested, person by person. Pure.

It is put together from entries alone and by nobody's rules but those written here, so that it can be held against the
gate. Seconds are floats since 1970; the seconds of a text on the screen are whole ones, as the product counts them.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from labeler.compliance.events import Event, Facts

LEASE = 1_800.0
"""Seconds that a task is held at least after its last act (30 minutes): so long it counts as work. An open page holds
it longer; the record has no entry for that, so no more than this is ever laid to somebody's charge."""
DOUBT = 60
"""Seconds that a text counts whose end lies before its beginning, because the server's clock was set back."""
SENSITIVE, SEVERE, FORBIDDEN = 2, 3, 4
Piece = tuple[float, float]
"""Work from a moment to a moment."""


@functools.lru_cache(maxsize=4_096)
def profile_of(text: str) -> Mapping[str, int]:
    """The level of each category that a profile names. A text that can't be read counts as forbidden."""
    try:
        return {code: int(level) for code, level in (part.split(":") for part in text.split(",") if part)}
    except ValueError:
        return {"": FORBIDDEN}


@functools.lru_cache(maxsize=4_096)
def severity_of(text: str) -> int:
    """The highest level in a profile."""
    return max(profile_of(text).values(), default=0)


@dataclass(slots=True)
class View:
    """A text on the screen: from a moment on, for whole seconds, at a severity. `seconds` is None while it is open."""

    held: UUID
    severity: int
    from_at: float
    seconds: int | None = None

    def until(self, now: float) -> float:
        """When it was taken off, or `now` if it still stands or was taken off later."""
        return now if self.seconds is None else min(now, self.from_at + self.seconds)


@dataclass(slots=True)
class Held:
    """A task in somebody's hands. `since` is from when it counts as work now, `sign` its last act."""

    id: UUID
    account: UUID
    person: UUID
    task: UUID
    project: UUID
    profile: str
    given: Event
    since: float
    sign: float
    ended: Event | None = None
    view: View | None = None
    shown: bool = False


@dataclass(frozen=True, slots=True)
class Served:
    """Content that was handed out, taken up again or shown, and its profile then. `others` she holds elsewhere."""

    event: Event
    held: Held
    profile: str
    at: float
    others: tuple[Held, ...] = ()

    @property
    def severity(self) -> int:
        """The highest level in it."""
        return severity_of(self.profile)


@dataclass(slots=True)
class Pause:
    """A break."""

    start: Event
    person: UUID
    end: Event | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A no, and what its account held then, with its profile."""

    event: Event
    held: tuple[tuple[Held, str], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A first answer, and the profile of its task then."""

    event: Event
    held: Held
    profile: str


@dataclass
class Day:
    """All of it. By person: `views`, `pieces` (evident work), `stretches` (declared), `signs` (moments of work, with
    the entry). `newest` is the time of the vendor's last entry."""

    held: dict[UUID, Held] = field(default_factory=dict)
    served: list[Served] = field(default_factory=list)
    views: defaultdict[UUID, list[View]] = field(default_factory=lambda: defaultdict(list))
    pieces: defaultdict[UUID, list[Piece]] = field(default_factory=lambda: defaultdict(list))
    stretches: defaultdict[UUID, list[Piece]] = field(default_factory=lambda: defaultdict(list))
    signs: defaultdict[UUID, list[tuple[float, Event]]] = field(default_factory=lambda: defaultdict(list))
    pauses: dict[UUID, Pause] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    newest: float = 0.0
    open: defaultdict[UUID, dict[UUID, Held]] = field(default_factory=lambda: defaultdict(dict))
    resting: dict[UUID, UUID] = field(default_factory=dict)
    now_is: dict[UUID, str] = field(default_factory=dict)
    """By task, its last profile."""

    @functools.cached_property
    def _given_at(self) -> dict[UUID, list[float]]:
        found: defaultdict[UUID, list[float]] = defaultdict(list)
        for each in self.served:
            found[each.held.person].append(each.at)
        return found

    def given_at(self, person: UUID) -> list[float]:
        """When a person was given or shown something."""
        return self._given_at.get(person, [])


ACTS = (
    "assignment.hand_out", "assignment.resume", "assignment.reveal", "assignment.hide", "assignment.skip",
    "assignment.revoke", "assignment.expire", "judgment.submit", "break.start", "break.end", "stretch.close",
    "exposure.show", "opt_out.say", "severity.lower", "report.say",
)  # fmt: skip


def day(facts: Facts) -> Day:
    """The days of these facts, worked out once."""
    if "day" not in facts.kept:
        facts.kept["day"] = _told(facts)
    made: Day = facts.kept["day"]
    return made


def _told(facts: Facts) -> Day:
    made, wanted = Day(), frozenset(ACTS)
    for event in facts.events:
        if event.log == facts.vendor:
            made.newest = event.at.timestamp()
        if event.act in wanted:
            _take(made, facts, event, event.at.timestamp())
    for helds in list(made.open.values()):
        for held in list(helds.values()):
            _work_until(made, held, made.newest)
    return made


def _take(made: Day, facts: Facts, event: Event, at: float) -> None:
    match event.act:
        case "assignment.hand_out" if event.actor is not None and event.subject not in made.held:
            person, told = facts.person(event.actor), event.fields
            held = Held(event.subject, event.actor, person, UUID(told["task"]), UUID(told["project"]), told["profile"],
                        event, at, at)  # fmt: skip
            made.held[event.subject] = held
            _serve(made, held, event, told["profile"], at)
        case "judgment.submit":
            if event.fields["version"] == 1:
                _end(made, made.held.get(UUID(event.fields["assignment"])), event, at)
        case "break.start":
            _rest(made, facts, event, at)
        case "break.end":
            _go_on(made, event, at)
        case "stretch.close":
            span = (_moment(event.fields["from_at"]), _moment(event.fields["until_at"]))
            made.stretches[facts.person(event.actor or event.subject)].append(span)
        case "exposure.show":
            if event.log == facts.vendor and event.actor is not None:
                seen = View(event.subject, event.fields["severity"], at, event.fields["seconds"])
                made.views[facts.person(event.actor)].append(seen)
        case "opt_out.say":
            account = event.actor or event.subject
            mine = [each for each in made.open[facts.person(account)].values() if each.account == account]
            told_now = tuple((held, made.now_is.get(held.task, held.profile)) for held in mine)
            made.refusals.append(Refusal(event, told_now))
        case "severity.lower":
            made.now_is[event.subject] = event.fields["new"]
        case "report.say":
            if event.fields["raised"]:
                task, told = UUID(event.fields["task"]), event.fields
                made.now_is[task] = _worse(made.now_is.get(task, ""), told["category"], told["severity"])
        case _:
            held_now = made.held.get(event.subject)
            if held_now is not None:
                _go(made, held_now, event, at)


def _worse(profile: str, category: str, level: int) -> str:
    levels = dict(profile_of(profile)) | {category: level}
    return ",".join(f"{code}:{known}" for code, known in sorted(levels.items()))


def _go(made: Day, held: Held, event: Event, at: float) -> None:
    """What becomes of one task in somebody's hands."""
    match event.act:
        case "assignment.resume":
            held.ended, held.view, held.since, held.sign = None, None, at, at
            _serve(made, held, event, event.fields["profile"], at)
        case "assignment.reveal":
            if at > held.sign + LEASE:  # it had lapsed meanwhile, and nobody had swept it
                _work_until(made, held, at)
                held.since = at
            held.sign, held.shown = at, True
            held.view = View(held.id, severity_of(event.fields["profile"]), at)
            made.views[held.person].append(held.view)
            _serve(made, held, event, event.fields["profile"], at)
        case "assignment.hide":
            if held.view is not None:
                held.view.seconds = event.fields["seconds"]
                held.view = None
        case _:
            _end(made, held, event, at)


def _serve(made: Day, held: Held, event: Event, profile: str, at: float) -> None:
    held.profile = profile
    made.now_is[held.task] = profile
    others = tuple(each for each in made.open[held.person].values() if each is not held)
    made.served.append(Served(event, held, profile, at, others))
    made.open[held.person][held.id] = held
    made.signs[held.person].append((at, event))


def _end(made: Day, held: Held | None, event: Event, at: float) -> None:
    """An answer ends what is held; so does a skip, a revoke, and the lapse of its lease."""
    if held is None:
        return
    if event.act == "judgment.submit":
        made.answers.append(Answer(event, held, made.now_is.get(held.task, held.profile)))
    if event.act != "assignment.expire":
        if event.act != "assignment.revoke":
            made.signs[held.person].append((at, event))
        if held.view is not None:
            seconds = round(at - held.view.from_at)
            held.view.seconds = seconds if seconds >= 0 else DOUBT
            held.view = None
    _work_until(made, held, at)
    made.open[held.person].pop(held.id, None)
    held.ended = event


def _work_until(made: Day, held: Held, at: float) -> None:
    until = min(at, held.sign + LEASE)
    if held.since < until and held.id in made.open[held.person] and held.person not in made.resting:
        made.pieces[held.person].append((held.since, until))


def _rest(made: Day, facts: Facts, event: Event, at: float) -> None:
    """From here on what the person holds, under whichever account, is no work."""
    person = facts.person(event.actor or event.subject)
    for held in made.open[person].values():
        _work_until(made, held, at)
    made.pauses[event.subject] = Pause(event, person)
    made.resting[person] = event.subject


def _go_on(made: Day, event: Event, at: float) -> None:
    pause = made.pauses.get(event.subject)
    if pause is None or pause.end is not None:
        return
    pause.end = event
    if made.resting.get(pause.person) == event.subject:
        del made.resting[pause.person]
    for held in made.open[pause.person].values():
        held.since = at


@functools.lru_cache(maxsize=65_536)
def _moment(told: str) -> float:
    return datetime.fromisoformat(told).timestamp()
