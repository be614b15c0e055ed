"""How long people worked, and whether they rested (BRK-1, 2, 5 to 10). Pure.

Work is what a person declared by her stretches and what her tasks show, the longer of the two, over all her accounts
and in UTC. Rules are asked where the gate is: when a task is handed out or taken up again, and when a text is shown.
The task that is open may be finished, so that what it lasts longer is no breach. Only work for this vendor is known.
A task shows work from when it is given until it ends, outside of breaks, but no longer than half an hour after it was
last given or shown. Of a span or a day the row is that of the moment with the longest time which was too much by the
numbers in force then; if none was, that with the longest time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import permutations
from uuid import UUID

from labeler.compliance.checks.breaks import required
from labeler.compliance.checks.day import SEVERE, Served, day
from labeler.compliance.checks.exposure import row_of, served
from labeler.compliance.checks.sums import A_DAY, A_WEEK, Work, people
from labeler.compliance.events import Event, Facts
from labeler.compliance.outcome import Checked, Figure, Row
from labeler.wellbeing.limits import Limits

NOTHING = "Nothing was handed out in this period."
Measured = tuple[object, float, bool]
"""Which span of time a moment belongs to, what was measured in seconds, and whether it is too much."""


def _worst(facts: Facts, rule: str, measure: Callable[[Work, Served, Limits], Measured], name: str) -> Checked:
    """One row for each person and span of time: the moment with most of what was too much, or else with most."""
    made, worst = day(facts), dict[tuple[UUID, object], tuple[bool, float, Served]]()
    sums, longest = people(facts, made), 0.0
    for each in served(facts, 0, shown=True):
        person = each.held.person
        span, seconds, wrong = measure(sums.work(person), each, facts.limits(each.event.at, each.held.project))
        longest = max(longest, seconds)
        known = worst.get((person, span))
        if known is None or (wrong, seconds) > known[:2]:
            worst[person, span] = (wrong, seconds, each)
    rows = [row_of(each, int(seconds), exception=wrong) for wrong, seconds, each in worst.values()]
    who = frozenset(row.person for row in rows if row.person is not None)
    return Checked(
        rule, rows, [Figure(name, int(longest), "s", who)] if rows else [], untested=None if rows else NOTHING
    )


def _since(rest: str, most: Callable[[Limits], float]) -> Callable[[Work, Served, Limits], Measured]:
    """Time since the last rest of a length, held against the most that it may be."""

    def measure(work: Work, each: Served, limits: Limits) -> Measured:
        began = work.began(each.at, getattr(limits, rest) * 60)
        return began, each.at - began, each.at - began >= most(limits)

    return measure


def _full(window: float, name: str) -> Callable[[Work, Served, Limits], Measured]:
    """Work in a rolling window, by days in which it was asked for."""

    def measure(work: Work, each: Served, limits: Limits) -> Measured:
        done = work.within(each.at - window, each.at)
        return each.at // A_DAY, done, done >= getattr(limits, name) * 60

    return measure


def breaks_after_work(facts: Facts) -> Checked:
    """BRK-1. Population: every span of work without a pause of `break_length`, every break that the rule asked for, and
    every act of work outside any declared stretch. Value: seconds from the span's beginning to the task given or the
    text shown where they were most, of those that came too late if any did; of a break, its seconds. Exception: a task
    or text after `break_stop` minutes; a break that was to be shorter than the rule has it, or was cut short; work that
    no stretch declares. Work is what stretches declare and what tasks show: from when one is given until it ends,
    outside of breaks, for half an hour at most after it was given or shown last. Cannot see: whether somebody who rests
    does other work. A stretch is written down when it has ended, so the last day of what is known is not looked at for
    work that nobody declared; and an act that ends no time at work and begins none, like a task that was given back at
    once, needs no stretch.
    """
    found = _worst(facts, "BRK-1", _since("break_length", lambda limits: limits.break_stop * 60), "longest work")
    rows = [*found.rows, *required(facts, "BRK-1", "break_length"), *_undeclared(facts)]
    return Checked("BRK-1", rows, found.figures, untested=found.untested)


def _undeclared(facts: Facts) -> Iterable[Row]:
    """Acts of work that lie in no stretch."""
    made = day(facts)
    sums = people(facts, made)
    for person, signs in made.signs.items():
        declared, evident = Work(list(made.stretches[person])), sums.evident(person)
        for at, event in signs:
            if event.at not in facts.period or at > made.newest - A_DAY:
                continue
            if evident.covers(at) and not declared.covers(at):
                yield Row(event.at, person, event.log, event.number, "outside any stretch", True)


def breaks_after_severe(facts: Facts) -> Checked:
    """BRK-2. Population: every span of work without a pause of `severe_break_length` in which something was given or
    shown after severe texts, and every break that the rule asked for. Value: severe seconds since that pause.
    Exception: a task given or a text shown after `severe_break_after` minutes of them; a break that was to be shorter
    than the rule has it, or was cut short. Rests are those that the tasks show, whatever was declared.
    """
    made, worst = day(facts), dict[tuple[UUID, float], tuple[bool, int, Served]]()
    sums = people(facts, made)
    for each in served(facts, 0, shown=True):
        person, limits = each.held.person, facts.limits(each.event.at, each.held.project)
        if person not in made.views:
            continue
        began = sums.evident(person).began(each.at, limits.severe_break_length * 60)
        seconds = sums.seen(person, SEVERE).seconds(began, each.at)
        wrong = seconds >= limits.severe_break_after * 60
        if seconds and ((person, began) not in worst or (wrong, seconds) > worst[person, began][:2]):
            worst[person, began] = (wrong, seconds, each)
    rows = [row_of(each, seconds, exception=wrong) for wrong, seconds, each in worst.values()]
    rows += required(facts, "BRK-2", "severe_break_length")
    why = None if rows else "No severe text was shown in this period."
    return Checked("BRK-2", rows, untested=why)


def rest_in_the_day(facts: Facts) -> Checked:
    """BRK-5. Population: every span of work without a rest of `day_rest_length`, and every rest that the rule asked
    for. Value: seconds worked since that rest, told as in BRK-1. Exception: a task or text after `day_rest_after`
    minutes of work; a rest that was to be shorter than the rule has it, or was cut short.
    """

    def measure(work: Work, each: Served, limits: Limits) -> Measured:
        began = work.began(each.at, limits.day_rest_length * 60)
        done = work.within(began, each.at)
        return began, done, done >= limits.day_rest_after * 60

    found = _worst(facts, "BRK-5", measure, "most work without the longer rest")
    rows = [*found.rows, *required(facts, "BRK-5", "day_rest_length")]
    return Checked("BRK-5", rows, found.figures, untested=found.untested)


def daily_rest(facts: Facts) -> Checked:
    """BRK-6. Population: every span between two rests of `daily_rest`. Value: seconds from its beginning to a task
    given or a text shown, told as in BRK-1. Exception: 24 hours less that rest, or more. Cannot see: work for others in
    that rest.
    """
    return _worst(facts, "BRK-6", _since("daily_rest", lambda limits: A_DAY - limits.daily_rest * 60), "longest day")


def weekly_rest(facts: Facts) -> Checked:
    """BRK-7. As BRK-6, for rests of `weekly_rest` and 168 hours. Of the time before the period 15 days are known."""
    return _worst(
        facts, "BRK-7", _since("weekly_rest", lambda limits: A_WEEK - limits.weekly_rest * 60), "longest week"
    )


def weekly_hours(facts: Facts) -> Checked:
    """BRK-8. Population: every person and UTC day with work. Value: the most seconds of work in 168 hours up to a task
    given or a text shown. Exception: `week_hours` or more.
    """
    return _worst(facts, "BRK-8", _full(A_WEEK, "week_hours"), "most work in 168 hours")


def daily_hours(facts: Facts) -> Checked:
    """BRK-9. As BRK-8, in 24 hours: `day_hours` or more."""
    return _worst(facts, "BRK-9", _full(A_DAY, "day_hours"), "most work in 24 hours")


def one_clock(facts: Facts) -> Checked:
    """BRK-10. Population: every account that worked in the period and whose person was told by its payroll id (the
    product gives two accounts with one id one person). Value: how many accounts that person has. Exception: the account
    was joined with another one of hers in the period, after both had worked in the week before: until then their hours
    were counted apart. An id that is said again joins nothing. Cannot see: two accounts under two payroll ids, or under
    none.
    """
    joined, worked = facts.of("labeler.payroll"), defaultdict[UUID, list[Served]](list)
    for each in day(facts).served:
        worked[each.held.account].append(each)
    accounts: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for event in joined:
        person = facts.person(event.subject)
        accounts[person] |= {person, event.subject}
    late = {
        account
        for moment, (before, after) in _persons(joined).items()
        if moment in facts.period
        for those in accounts.values()
        for account, other in permutations([each for each in sorted(those) if _lately(worked[each], moment)], 2)
        if before.get(account, account) != before.get(other, other)
        and after.get(account, account) == after.get(other, other)
    }
    rows = []
    for _, those in sorted(accounts.items()):
        for account in sorted(those):
            mine = [each for each in worked[account] if each.event.at in facts.period]
            if mine:
                rows.append(row_of(mine[0], len(those), exception=account in late))
    why = None if rows else "Nobody who worked has a payroll id, so accounts of one person are not told."
    return Checked("BRK-10", rows, untested=why)


def _persons(joined: list[Event]) -> dict[datetime, tuple[dict[UUID, UUID], dict[UUID, UUID]]]:
    """At each moment at which payroll ids were said: whose the accounts were before it, and after it."""
    known: dict[UUID, UUID] = {}
    found: dict[datetime, tuple[dict[UUID, UUID], dict[UUID, UUID]]] = {}
    for event in joined:
        before, _ = found.get(event.at, (dict(known), known))
        known[event.subject] = UUID(event.fields["person"])
        found[event.at] = (before, dict(known))
    return found


def _lately(those: list[Served], moment: datetime) -> bool:
    return any(timedelta(0) < moment - each.event.at <= timedelta(days=7) for each in those)
