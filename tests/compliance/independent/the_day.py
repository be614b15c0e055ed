"""The working day, told anew from the entries: what somebody held, what stood on her screen, when she rested.

Every answer is found by going through the entries again; what was found once is kept only so that tests end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

from tests.compliance.independent.base import DAY, Entry, Known, moment

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
LEASE = 30 * MINUTE
"""How long a task stays somebody's after it was given or shown, where the record says no more."""
LEAST = 60
"""Seconds that a text counts at least on doubt, and that a hard task reserves."""
UNKNOWN_BEFORE, UNKNOWN_AFTER = 15 * DAY, 2 * DAY
"""Acts of the day are known from so long before a period until so long after it (`labeler.compliance.events`)."""
GIVEN = ("assignment.hand_out", "assignment.resume")
SERVED = (*GIVEN, "assignment.reveal")
ENDINGS = ("assignment.skip", "assignment.revoke", "assignment.expire", "judgment.submit")
OF_THE_DAY = (
    *SERVED, "assignment.hide", *ENDINGS, "break.start", "break.end", "stretch.close", "stand_down.start",
    "stand_down.end", "exposure.show",
)  # fmt: skip


@dataclass(frozen=True)
class Text:
    """A text on a person's screen, for so many whole seconds; `source` is the task in her hands, if it was one."""

    person: UUID
    severity: int
    since: datetime
    until: datetime
    source: UUID


@dataclass(frozen=True)
class Span:
    """From a moment to a moment."""

    since: datetime
    until: datetime


class Days:
    """The days of everybody in these entries."""

    def __init__(self, known: Known) -> None:
        self.known = known
        first, last = known.start - UNKNOWN_BEFORE, known.end + UNKNOWN_AFTER
        self.entries = [each for each in known.entries if each.act not in OF_THE_DAY or first <= each.at < last]
        self.given = [each for each in self.entries if each.act == "assignment.hand_out" and each.actor is not None]
        self.newest = max((each.at for each in known.entries if each.log == known.vendor), default=known.start)
        self._policies = replace(known, entries=known.acts("policy.set"))
        self.texts = [text for entry in self.entries for text in self._text(entry)]
        self.accounts = {each.subject for each in known.acts("labeler.add")} | {
            each.actor for each in self.given if each.actor
        }

    # ---- who and what

    @cache  # noqa: B019
    def person(self, account: UUID) -> UUID:
        """Who has an account."""
        return self.known.person(account)

    @cache  # noqa: B019
    def number(self, name: str, at: datetime, project: UUID | None = None) -> int:
        """A number of the standard that stood at a moment."""
        return self._policies.number(name, at, project)

    @cache  # noqa: B019
    def acts(self, *names: str) -> list[Entry]:
        """All entries of these acts that are known, in order."""
        return [each for each in self.entries if each.act in names]

    @cache  # noqa: B019
    def of_task(self, held: UUID) -> list[Entry]:
        """Everything that happened to one hand-out, in order; of its answers the first."""
        return [
            each
            for each in self.acts(*SERVED, *ENDINGS, "assignment.hide")
            if each.subject == held
            or (
                each.act == "judgment.submit"
                and UUID(each.fields["assignment"]) == held
                and each.fields["version"] == 1
            )
        ]

    @cache  # noqa: B019
    def hand_out(self, held: UUID) -> Entry | None:
        """The entry that gave it; None when that lies before everything that is known."""
        found = [each for each in self.given if each.subject == held]
        return found[0] if found else None

    @cache  # noqa: B019
    def task(self, held: UUID) -> UUID | None:
        """The task of a hand-out."""
        given = self.hand_out(held)
        return None if given is None else UUID(given.fields["task"])

    @cache  # noqa: B019
    def project(self, held: UUID) -> UUID | None:
        """The project of a hand-out."""
        given = self.hand_out(held)
        return None if given is None else UUID(given.fields["project"])

    @cache  # noqa: B019
    def holder(self, held: UUID) -> UUID | None:
        """The account that a hand-out went to."""
        given = self.hand_out(held)
        return None if given is None else given.actor

    @cache  # noqa: B019
    def by(self, person: UUID) -> list[Entry]:
        """What one person did, under whichever account."""
        return [each for each in self.entries if each.actor is not None and self.person(each.actor) == person]

    @cache  # noqa: B019
    def given_to(self, person: UUID) -> list[Entry]:
        """The hand-outs of one person, under whichever account."""
        return [each for each in self.given if self.who(each) == person]

    @cache  # noqa: B019
    def served(self) -> list[Entry]:
        """What was handed out, taken up again or shown in the period."""
        return [each for each in self.acts(*SERVED) if self.known.inside(each.at) and self.hand_out(each.subject)]

    def who(self, entry: Entry) -> UUID:
        """The person who has the task that something happened to."""
        holder = self.holder(entry.subject)
        assert holder is not None
        return self.person(holder)

    @cache  # noqa: B019
    def came(self, person: UUID) -> list[datetime]:
        """When a person was given or shown something, in the period or beside it."""
        return [
            each.at
            for each in self.acts(*SERVED)
            if self.hand_out(each.subject) is not None and self.who(each) == person
        ]

    def profile(self, task: UUID, entry: Entry) -> dict[str, int]:
        """What was known of a task when something happened: as it was served last, or raised or lowered since."""
        told: dict[str, int] = {}
        for each in self.about(task):
            if (each.at, each.log, each.number) > (entry.at, entry.log, entry.number):
                break
            if each.act in SERVED:
                told = levels(each.fields["profile"])
            elif each.act == "severity.lower":
                told = levels(each.fields["new"])
            elif each.fields["raised"]:
                told = {**told, each.fields["category"]: each.fields["severity"]}
        return told

    @cache  # noqa: B019
    def about(self, task: UUID) -> list[Entry]:
        """What says how hard a task is: what was served of it, reports of it, and what lowered it."""
        return [
            each
            for each in self.acts(*SERVED, "report.say", "severity.lower")
            if (each.act in SERVED and self.task(each.subject) == task)
            or (each.act == "severity.lower" and each.subject == task)
            or (each.act == "report.say" and each.fields["task"] == str(task))
        ]

    # ---- what stood on a screen

    def _text(self, entry: Entry) -> list[Text]:
        if entry.act == "exposure.show" and entry.actor is not None:
            until = entry.at + entry.fields["seconds"] * SECOND
            return [Text(self.person(entry.actor), entry.fields["severity"], entry.at, until, entry.subject)]
        if entry.act == "assignment.reveal" and self.hand_out(entry.subject):
            level = severity(entry.fields["profile"])
            return [Text(self.who(entry), level, entry.at, self._stood(entry), entry.subject)]
        return []

    def _stood(self, reveal: Entry) -> datetime:
        """When a text was off the screen, in whole seconds from its reveal.

        One whose task lapsed stood until the entry that says how long; where none does, nobody knows, and it counts
        until the newest entry.
        """
        mine = self.of_task(reveal.subject)
        for later in mine[mine.index(reveal) + 1 :]:
            if later.act == "assignment.hide":
                return reveal.at + timedelta(seconds=later.fields["seconds"])
            if later.act in SERVED:
                break
            if later.act != "assignment.expire":
                lasted = round((later.at - reveal.at) / SECOND)
                return reveal.at + (lasted if lasted >= 0 else LEAST) * SECOND
        return max(self.newest, reveal.at)

    @cache  # noqa: B019
    def seen(self, person: UUID, least: int) -> list[Text]:
        """Texts of a severity or more that a person had before her, in order."""
        mine = [each for each in self.texts if each.person == person and each.severity >= least]
        return sorted(mine, key=lambda text: text.since)

    def seconds_seen(self, person: UUID, least: int, since: datetime, until: datetime) -> int:
        """Whole seconds of such texts between two moments. Of one that was there before, only whole seconds inside; of
        one that stands on, what comes after is taken off, to the nearest second."""
        found = 0
        for each in self.seen(person, least):
            if each.since < since:
                found += int(common(each, since, until) / SECOND)
            elif each.since <= until:
                whole = round((each.until - each.since) / SECOND)
                found += whole - round(max(each.until - until, 0 * SECOND) / SECOND)
        return found

    def reserved(self, entry: Entry, least: int) -> int:
        """What tasks still in a person's hands have kept for themselves and not used: a minute each at the least."""
        more = 0
        for given in self.given_to(self.who(entry)):
            if given.subject == entry.subject:
                continue
            past = [
                each
                for each in self.of_task(given.subject)
                if each.act != "assignment.hide" and (each.at, each.number) < (entry.at, entry.number)
            ]
            told = [each for each in past if each.act in SERVED]
            if not past or past[-1].act in ENDINGS or severity(told[-1].fields["profile"]) < least:
                continue
            own = sum(
                (common(each, each.since, entry.at) for each in self.seen(self.who(entry), least)
                 if each.source == given.subject),
                0 * SECOND,
            )  # fmt: skip
            more += max(0, LEAST - round(own / SECOND))
        return more

    # ---- what somebody held

    @cache  # noqa: B019
    def held(self, held: UUID) -> list[Span]:
        """From when until when a task was in somebody's hands, each time until it was given or shown again or ended."""
        found: list[Span] = []
        mine = [each for each in self.of_task(held) if each.act != "assignment.hide"]
        for each, later in zip(mine, [*mine[1:], None], strict=True):
            if each.act in SERVED and not (each.act == "assignment.reveal" and self._over(mine, each)):
                found.append(Span(each.at, self.newest if later is None else later.at))
        return found

    def _over(self, mine: list[Entry], entry: Entry) -> bool:
        """Whether a task had ended, and was not taken up again, when its text was shown."""
        past = [each.act for each in mine[: mine.index(entry)] if each.act in (*GIVEN, *ENDINGS)]
        return bool(past) and past[-1] in ENDINGS

    @cache  # noqa: B019
    def breaks(self, person: UUID) -> list[tuple[Entry, datetime | None]]:
        """Her breaks, and when each was over: None where nothing says so."""
        return [
            (each, min((end.at for end in self.acts("break.end") if end.subject == each.subject), default=None))
            for each in self.by(person)
            if each.act == "break.start"
        ]

    @cache  # noqa: B019
    def rests(self, person: UUID) -> list[Span]:
        """When she was on a break. Nobody is on two: what ends the next one ends one that nothing else ended."""
        found = []
        for begun, over in self.breaks(person):
            ends = [over] if over else [end for later, end in self.breaks(person) if end and later.at >= begun.at]
            found.append(Span(begun.at, min(ends, default=self.known.end + 1_000 * DAY)))
        return found

    @cache  # noqa: B019
    def evident(self, person: UUID) -> list[Span]:
        """Work that her tasks show: while she held one, no longer than its lease from its last act, and on no break."""
        found = []
        for given in self.given_to(person):
            for span in self.held(given.subject):
                parts = [Span(span.since, min(span.until, span.since + LEASE))]
                for rest in self.rests(person):
                    parts = [piece for part in parts for piece in without(part, rest.since, rest.until)]
                found += parts
        return joined(found)

    @cache  # noqa: B019
    def declared(self, person: UUID) -> list[Span]:
        """Stretches of work as they were written down."""
        told = [each.fields for each in self.by(person) if each.act == "stretch.close"]
        return joined([Span(moment(each["from_at"]), moment(each["until_at"])) for each in told])

    @cache  # noqa: B019
    def worked(self, person: UUID) -> list[Span]:
        """All her work: what was declared, and what her tasks show beside it."""
        return joined([*self.declared(person), *self.evident(person)])


_LAST: list[Days] = []


def days_of(known: Known) -> Days:
    """The days of these entries; those asked for last are kept."""
    if not _LAST or _LAST[0].known is not known:
        _LAST[:] = [Days(known)]
    return _LAST[0]


def levels(profile: str) -> dict[str, int]:
    """A profile as a field has it, such as `W05:2,W06:3`: each category and its level."""
    return {part.split(":")[0]: int(part.split(":")[1]) for part in profile.split(",") if part}


def severity(profile: str) -> int:
    """The highest level in a profile."""
    return max(levels(profile).values(), default=0)


def common(span: Span | Text, since: datetime, until: datetime) -> timedelta:
    """How much of a span lies between two moments."""
    return max(min(span.until, until) - max(span.since, since), 0 * SECOND)


def without(span: Span, since: datetime, until: datetime) -> list[Span]:
    """A span with a time taken out of it."""
    parts = [Span(span.since, min(span.until, since)), Span(max(span.since, until), span.until)]
    return [part for part in parts if part.since < part.until]


def joined(spans: list[Span]) -> list[Span]:
    """The same time without overlaps, in order; spans that touch are one, and those without length are left out."""
    made: list[Span] = []
    for span in sorted((each for each in spans if each.since < each.until), key=lambda each: (each.since, each.until)):
        if made and span.since <= made[-1].until:
            made[-1] = Span(made[-1].since, max(made[-1].until, span.until))
        else:
            made.append(span)
    return made


def since_rest(spans: list[Span], now: datetime, rest: timedelta) -> datetime:
    """When work began after the last rest of at least this length; `now` itself when it follows one."""
    past = [Span(span.since, min(span.until, now)) for span in spans if span.since <= now]
    began = now
    for span in reversed(past):
        if began - span.until >= rest:
            break
        began = span.since
    return began


def total(spans: list[Span], since: datetime, until: datetime) -> float:
    """Seconds of them between two moments."""
    return sum((common(span, since, until) for span in spans), 0 * SECOND) / SECOND
