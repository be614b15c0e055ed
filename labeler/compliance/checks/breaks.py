"""Breaks are paid, and are hers (BRK-3, 4); waiting at a limit is paid (EXP-11). Pure.

Most of these are breaks that people take themselves: nobody is to read from a report who takes many, so that both rules
say nothing where fewer than k people stand behind them.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime, timedelta

from labeler.compliance.checks.day import Pause, day
from labeler.compliance.checks.exposure import RACE
from labeler.compliance.events import Facts
from labeler.compliance.outcome import Checked, Row

NO_BREAK = "Nobody was on a break in this period."


def moment(told: str | None) -> datetime | None:
    """A moment that a field holds."""
    return None if told is None else datetime.fromisoformat(told)


def planned(pause: Pause) -> timedelta:
    """How long a required break was to last; nothing for one of her own."""
    until = moment(pause.start.fields["until"])
    return timedelta(0) if until is None else until - pause.start.at


def required(facts: Facts, rule: str, length: str) -> list[Row]:
    """The breaks of the period that a rule asked for. Value: seconds that one lasted, or `not ended`. Exception: it was
    to last shorter than the number has it, or ended early. A project may have asked for it by a number of its own,
    never a shorter one than this unless one was signed: so the shortest is held against it of the numbers in force for
    everybody and for the projects that work was handed out of.
    """
    projects = {None, *(held.project for held in day(facts).held.values())}
    rows = []
    for pause in day(facts).pauses.values():
        start, end = pause.start, pause.end
        if start.fields["rule"] != rule or start.at not in facts.period:
            continue
        least = min(getattr(facts.limits(start.at, project), length) for project in projects)
        until = moment(start.fields["until"])
        early = end is not None and until is not None and end.at < until
        value = "not ended" if end is None else str(int((end.at - start.at).total_seconds()))
        short = until is None or planned(pause) < timedelta(minutes=least)
        rows.append(Row(start.at, pause.person, start.log, start.number, value, early or short))
    return rows


def paid(facts: Facts) -> Checked:
    """BRK-3. Population: every break that began in the period. Value: seconds of it that are paid. Exception: a
    required break that is not paid to its end, or one of her own that is paid less than `break_paid` minutes. Cannot
    see here: whether the pay was paid out (PAY-2, PAY-4).
    """
    rows = []
    for pause in day(facts).pauses.values():
        start = pause.start
        if start.at not in facts.period:
            continue
        until, paid_until = moment(start.fields["until"]), moment(start.fields["paid_until"])
        own = start.at + timedelta(minutes=facts.limits(start.at).break_paid)
        owed = own if until is None else until
        seconds = 0 if paid_until is None else int((paid_until - start.at).total_seconds())
        short = paid_until is None or paid_until < owed
        rows.append(Row(start.at, pause.person, start.log, start.number, str(seconds), short))
    return Checked("BRK-3", rows, untested=None if rows else NO_BREAK, private=True)


def hers(facts: Facts) -> Checked:
    """BRK-4. Population: every break that began in the period. Value: `own`, or the rule that asked for it. Exception:
    somebody else began it for her, or a task was handed out or a text shown to her while it lasted. Two seconds at its
    beginning are allowed for: a request that was under way may be answered. Cannot see: whether somebody spoke to her.
    """
    made, rows = day(facts), []
    labelers = {event.subject for event in facts.of("labeler.add")}
    for pause in made.pauses.values():
        start = pause.start
        if start.at not in facts.period:
            continue
        since = start.at.timestamp() + RACE
        until = made.newest if pause.end is None else pause.end.at.timestamp()
        asked = _any_between(made.given_at(pause.person), since, until)
        foreign = start.actor not in labelers
        rows.append(
            Row(start.at, pause.person, start.log, start.number, start.fields["rule"] or "own", asked or foreign)
        )
    return Checked("BRK-4", rows, untested=None if rows else NO_BREAK, private=True)


def waiting(facts: Facts) -> Checked:
    """EXP-11. Population: every paid waiting that began in the period because a limit on hard content bound. Value: its
    seconds. Exception: it was ended before its time though no other work came within two seconds, or it was to last no
    time at all.
    Cannot see: a limit that bound without any waiting being written down; what it was paid is looked at by PAY-2.
    """
    made, rows = day(facts), []
    ended = {event.subject: event for event in facts.of("stand_down.end")}
    for start in facts.within("stand_down.start"):
        person, end = facts.person(start.actor or start.subject), ended.get(start.subject)
        until = datetime.fromisoformat(start.fields["until"])
        last = until if end is None else min(until, end.at)
        at = last.timestamp()
        cut = last < until and not _any_between(made.given_at(person), at - RACE, at + RACE)
        seconds = int((last - start.at).total_seconds())
        rows.append(Row(start.at, person, start.log, start.number, str(seconds), cut or until <= start.at))
    return Checked("EXP-11", rows, untested=None if rows else "Nobody was at a limit without other work.")


def _any_between(moments: list[float], since: float, until: float) -> bool:
    place = bisect_right(moments, since)
    return place < len(moments) and moments[place] < until
