"""Checks that rest on what the product found when it looked at itself: the `check.run` entries of a daily job.

The population is the runs in the period; an exception is a run that found something. A week in which there was work and
no run leaves the rule not tested: a job that was switched off proves nothing. What the job looks at is described where
it looks (`compliance.selfchecks`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from labeler.compliance.events import Event, Facts
from labeler.compliance.outcome import Checked, Figure, Row

WEEK = timedelta(days=7)


def row(event: Event, value: str, person: UUID | None = None, exception: bool = False) -> Row:
    """A row about an event that lies where the event does."""
    return Row(event.at, person, event.log, event.number, value, exception)


def runs(facts: Facts, name: str) -> list[Event]:
    """The runs of a self-check in the period: those about this vendor, and those about the whole product."""
    return [event for event in facts.within("check.run") if event.fields["check"] == name]


def by_runs(facts: Facts, rule: str, name: str = "") -> Checked:
    """What the runs of a self-check come to; its name is the rule's unless it has one of its own.

    Values: exceptions of population, as the run counted them, with the version that ran.
    """
    found = runs(facts, name or rule)
    rows = [
        row(
            event,
            f"{event.fields['exceptions']} of {event.fields['population']}, {event.fields['version']}",
            exception=event.fields["exceptions"] > 0,
        )
        for event in found
    ]
    without = weeks_without(facts, found)
    counted = [
        Figure(f"runs in the week from {monday:%Y-%m-%d}", number, "runs") for monday, number in by_week(facts, found)
    ]
    return Checked(rule, rows, counted, untested=_untested(found, without))


def _untested(found: list[Event], without: list[datetime]) -> str | None:
    if not found:
        return "The product did not check itself for it in this period."
    if without:
        return f"The product did not check itself for it in {len(without)} weeks in which there was work."
    return None


def weeks(facts: Facts) -> list[datetime]:
    """The beginnings of the period's weeks of seven days, the first on its first day."""
    found, at = [], facts.period.start
    while at < facts.period.end:
        found.append(at)
        at += WEEK
    return found


def by_week(facts: Facts, events: Iterable[Event]) -> list[tuple[datetime, int]]:
    """How many events each week had."""
    counted = dict.fromkeys(weeks(facts), 0)
    for event in events:
        counted[_week(facts, event.at)] += 1
    return list(counted.items())


def weeks_without(facts: Facts, found: Iterable[Event]) -> list[datetime]:
    """The weeks in which the vendor's labelers were handed work, and none of these events came. One that is not over by
    the newest event that is known is left out."""
    worked = {_week(facts, event.at) for event in facts.within("assignment.hand_out")}
    last = max((event.at for event in facts.events), default=facts.period.start)
    had = {_week(facts, event.at) for event in found}
    return sorted(week for week in worked - had if week + WEEK <= last)


def _week(facts: Facts, at: datetime) -> datetime:
    return facts.period.start + (at - facts.period.start) // WEEK * WEEK
