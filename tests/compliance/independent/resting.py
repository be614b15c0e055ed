"""Hours, breaks and rests (BRK-1 to 10) and paid waiting (EXP-11), by their words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from tests.compliance.independent.base import DAY, WEEK, Entry, Found, Known, Rule, moment
from tests.compliance.independent.the_day import (
    MINUTE,
    SECOND,
    SERVED,
    Days,
    Span,
    days_of,
    since_rest,
    total,
)

Measure = Callable[[UUID, datetime, datetime], float]
MARKS = ("assignment.hand_out", "assignment.resume", "assignment.reveal", "assignment.skip", "judgment.submit")
"""What somebody does herself with a task in her hands."""


def asked(days: Days, person: UUID) -> list[Entry]:
    """What was given or shown to a person in the period: then the gate is asked."""
    return [each for each in days.served() if days.who(each) == person]


def people(days: Days) -> list[UUID]:
    """Everybody to whom something was given or shown in the period."""
    return sorted({days.who(each) for each in days.served()})


def worst(told: list[tuple[Entry, float, bool]]) -> tuple[Entry, float, bool]:
    """Of the moments of one span: those that were too much before the others, of these the first with the most."""
    wrong = [each for each in told if each[2]] or told
    return next(each for each in wrong if each[1] == max(value for _, value, _ in wrong))


def spans(days: Days, found: Found, name: str, length: str, measure: Measure, most: Callable[[Entry], float]) -> None:
    """One cell for each span of work without a rest of `length` in which something was given or shown."""
    longest: list[float] = []
    for person in people(days):
        known: dict[datetime, list[tuple[Entry, float, bool]]] = {}
        for each in asked(days, person):
            rest = days.number(length, each.at, days.project(each.subject)) * MINUTE
            began = since_rest(days.worked(person), each.at, rest)
            value = measure(person, began, each.at)
            known.setdefault(began, []).append((each, value, value >= most(each)))
        for told in known.values():
            entry, value, over = worst(told)
            longest += [each for _, each, _ in told]
            found.add(person, entry.at, int(value), over)
    if longest:
        found.figures.append((name, int(max(longest)), None))
    found.untested = not longest


def required(days: Days, found: Found, rule: str, length: str) -> None:
    """One cell for each break of the period that the rule asked for."""
    projects = {None, *(days.project(given.subject) for given in days.given)}
    for begun, over in every_break(days):
        if begun.fields["rule"] != rule:
            continue
        shortest = min(days.number(length, begun.at, project) for project in projects) * MINUTE
        wanted = moment(begun.fields["until"]) - begun.at
        assert begun.actor is not None
        value = "not ended" if over is None else int((over - begun.at) / SECOND)
        cut = over is not None and over - begun.at < wanted
        found.add(days.person(begun.actor), begun.at, value, wanted < shortest or cut)


def every_break(days: Days) -> list[tuple[Entry, datetime | None]]:
    """Breaks that began in the period, and when each was over."""
    who = {days.person(each.actor) for each in days.acts("break.start") if each.actor}
    return [each for person in sorted(who) for each in days.breaks(person) if days.known.inside(each[0].at)]


def brk_1(known: Known) -> Found:
    """Work without a break, breaks that were asked for, and work that nobody declared."""
    days, found = days_of(known), Found()

    def most(each: Entry) -> float:
        return days.number("break_stop", each.at, days.project(each.subject)) * 60

    spans(days, found, "longest work", "break_length", lambda _, began, now: (now - began) / SECOND, most)
    required(days, found, "BRK-1", "break_length")
    for entry in days.acts(*MARKS):
        held = UUID(entry.fields["assignment"]) if entry.act == "judgment.submit" else entry.subject
        holder = days.holder(held)
        if holder is None or not known.inside(entry.at) or entry not in days.of_task(held):
            continue
        person = days.person(holder)
        shown = covers(days.evident(person), entry.at)
        if shown and entry.at <= days.newest - DAY and not covers(days.declared(person), entry.at):
            found.add(person, entry.at, "outside any stretch", True)
    return found


def covers(spans: list[Span], at: datetime) -> bool:
    """Whether a moment lies in one of them, its ends included."""
    return any(span.since <= at <= span.until for span in spans)


def brk_2(known: Known) -> Found:
    """Severe texts since the last pause that tasks show."""
    days, found = days_of(known), Found()
    for person in people(days):
        told: dict[datetime, list[tuple[Entry, float, bool]]] = {}
        for each in asked(days, person):
            project = days.project(each.subject)
            rest = days.number("severe_break_length", each.at, project) * MINUTE
            began = since_rest(days.evident(person), each.at, rest)
            seconds = days.seconds_seen(person, 3, began, each.at)
            much = seconds >= days.number("severe_break_after", each.at, project) * 60
            if seconds:
                told.setdefault(began, []).append((each, seconds, much))
        for span in told.values():
            entry, value, over = worst(span)
            found.add(person, entry.at, int(value), over)
    required(days, found, "BRK-2", "severe_break_length")
    found.untested = not found.cells
    return found


def brk_3(known: Known) -> Found:
    """Every break is paid."""
    days, found = days_of(known), Found(private=True)
    for begun, _ in every_break(days):
        paid = moment(begun.fields["paid_until"]) - begun.at
        if begun.fields["rule"] is None:
            wanted = days.number("break_paid", begun.at) * MINUTE
        else:
            wanted = moment(begun.fields["until"]) - begun.at
        assert begun.actor is not None
        found.add(days.person(begun.actor), begun.at, int(paid / SECOND), paid < wanted)
    found.untested = not found.cells
    return found


def brk_4(known: Known) -> Found:
    """Nobody else begins a break of one's own, and nothing comes while it lasts."""
    days, found = days_of(known), Found(private=True)
    accounts = {each.subject for each in known.acts("labeler.add")}
    for begun, over in every_break(days):
        assert begun.actor is not None
        person = days.person(begun.actor)
        until = days.newest if over is None else over
        came = any(begun.at + 2 * SECOND < at < until for at in days.came(person))
        found.add(person, begun.at, begun.fields["rule"] or "own", came or begun.actor not in accounts)
    found.untested = not found.cells
    return found


def brk_5(known: Known) -> Found:
    """The longer rest of a long day."""
    days, found = days_of(known), Found()

    def most(each: Entry) -> float:
        return days.number("day_rest_after", each.at, days.project(each.subject)) * 60

    spans(days, found, "most work without the longer rest", "day_rest_length",
          lambda person, began, now: total(days.worked(person), began, now), most)  # fmt: skip
    required(days, found, "BRK-5", "day_rest_length")
    return found


def _rest(name: str, figure: str, window: timedelta) -> Rule:
    def rule(known: Known) -> Found:
        days, found = days_of(known), Found()

        def most(each: Entry) -> float:
            return (window - days.number(name, each.at, days.project(each.subject)) * MINUTE) / SECOND

        spans(days, found, figure, name, lambda _, began, now: (now - began) / SECOND, most)
        return found

    return rule


def _hours(name: str, figure: str, window: timedelta) -> Rule:
    def rule(known: Known) -> Found:
        days, found = days_of(known), Found()
        longest: list[float] = []
        for person in people(days):
            told: dict[object, list[tuple[Entry, float, bool]]] = {}
            for each in asked(days, person):
                value = total(days.worked(person), each.at - window, each.at)
                over = value >= days.number(name, each.at, days.project(each.subject)) * 60
                told.setdefault(each.at.date(), []).append((each, value, over))
            for each_day in told.values():
                entry, value, wrong = worst(each_day)
                longest += [each for _, each, _ in each_day]
                found.add(person, entry.at, int(value), wrong)
        if longest:
            found.figures.append((figure, int(max(longest)), None))
        found.untested = not longest
        return found

    return rule


def brk_10(known: Known) -> Found:
    """Accounts of one person are known as hers before they work."""
    days, found = days_of(known), Found()
    said = known.acts("labeler.payroll")

    def whose(account: UUID, at: datetime, *, after: bool) -> UUID:
        mine = [each for each in said if each.subject == account and (each.at <= at if after else each.at < at)]
        return UUID(mine[-1].fields["person"]) if mine else account

    def at_work(account: UUID, until: datetime) -> bool:
        return any(until - WEEK <= each.at < until and days.holder(each.subject) == account
                   for each in days.acts(*SERVED))  # fmt: skip

    def late(one: UUID, other: UUID) -> bool:
        return any(
            known.inside(each.at)
            and whose(one, each.at, after=False) != whose(other, each.at, after=False)
            and whose(one, each.at, after=True) == whose(other, each.at, after=True)
            and at_work(one, each.at)
            and at_work(other, each.at)
            for each in said
        )

    told = {each.subject for each in said} | {days.person(each.subject) for each in said}
    for account in sorted(told):
        mine = [each for each in days.served() if days.holder(each.subject) == account]
        if mine:
            hers = {each for each in told if days.person(each) == days.person(account)}
            wrong = any(late(account, other) for other in hers - {account})
            found.add(days.person(account), mine[0].at, len(hers), wrong)
    found.untested = not found.cells
    return found


def exp_11(known: Known) -> Found:
    """Waiting at a limit is not cut short."""
    days, found = days_of(known), Found()
    for begun in known.acts_inside("stand_down.start"):
        assert begun.actor is not None
        person, until = days.person(begun.actor), moment(begun.fields["until"])
        over = min([until, *(each.at for each in days.acts("stand_down.end") if each.subject == begun.subject)])
        work = any(over - 2 * SECOND < at < over + 2 * SECOND for at in days.came(person))
        found.add(person, begun.at, int((over - begun.at) / SECOND), (over < until and not work) or until <= begun.at)
    found.untested = not found.cells
    return found


RULES: dict[str, Rule] = {
    "BRK-1": brk_1,
    "BRK-2": brk_2,
    "BRK-3": brk_3,
    "BRK-4": brk_4,
    "BRK-5": brk_5,
    "BRK-6": _rest("daily_rest", "longest day", DAY),
    "BRK-7": _rest("weekly_rest", "longest week", WEEK),
    "BRK-8": _hours("week_hours", "most work in 168 hours", WEEK),
    "BRK-9": _hours("day_hours", "most work in 24 hours", DAY),
    "BRK-10": brk_10,
    "EXP-11": exp_11,
}
