"""Pay, as the sealed statements, payments, benchmarks and places say. Pure.

The unit of it all is a person's week: `pay.close` is its statement. What the checks can't see is money that moves
outside the platform: that payslips fit is attested (LWS-14).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from labeler.compliance.checks.runs import by_runs, row
from labeler.compliance.events import Event, Facts
from labeler.compliance.outcome import Checked, Figure, Row
from labeler.pay.rules import CLOSE_AFTER, WEEK, week_of
from labeler.pay.sums import PARTS

VARIABLE = 200
"""PAY-7: the most of a week's pay that may hang on a bonus, in per mille."""
NO_STATEMENT = "No week of this vendor has a statement in this period."
NO_WORK = "No week with work had its statement due in this period."


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def statements(facts: Facts) -> list[Event]:
    """The vendor's statements that say whose they are, in the order of time."""
    return [event for event in facts.of("pay.close") if event.log == facts.vendor and "labeler" in event.fields]


def _ended(facts: Facts) -> list[Event]:
    """The statements of weeks that ended in the period."""
    return [event for event in statements(facts) if _moment(event.fields["until_at"]) in facts.period]


def whose(facts: Facts, event: Event) -> UUID:
    """Whose statement it is: the first account of a person."""
    return facts.person(UUID(event.fields["labeler"]))


def effective(event: Event) -> int | None:
    """What an hour of a statement brought, in minor units, rounded down; None without time (`pay.sums`, PAY-1)."""
    told = event.fields
    earned = told["base"] + told["bonus"] + told["correction"] + told["top_up"] - told["fee"] - told["cost"]
    return earned * PARTS // told["seconds"] if told["seconds"] else None


def floor_at(facts: Facts, moment: datetime) -> tuple[int, str, date] | None:
    """What an hour had to bring at a moment by the record's own benchmarks and places: minor units, currency, and the
    day of the benchmark. None where nobody had said."""
    place = _place_at(facts, moment)
    if place is None:
        return None
    fitting = [
        each.fields for each in facts.of("benchmark.add")
        if _same_sort(each.fields, place) and date.fromisoformat(each.fields["dated"]) <= moment.date()
    ]  # fmt: skip
    if not fitting:
        return None
    newest = max(fitting, key=lambda each: date.fromisoformat(each["dated"]))
    return newest["per_hour"], newest["currency"], date.fromisoformat(newest["dated"])


def _place_at(facts: Facts, moment: datetime) -> Mapping[str, object] | None:
    begun = [each for each in facts.of("place.set")
             if each.log == facts.vendor and _moment(each.fields["from_at"]) <= moment]  # fmt: skip
    return max(begun, key=lambda each: _moment(each.fields["from_at"])).fields if begun else None


def _same_sort(benchmark: Mapping[str, object], place: Mapping[str, object]) -> bool:
    return all(benchmark.get(name) == place.get(name) for name in ("place", "kind", "household", "measure"))


def wage_floor(facts: Facts) -> Checked:
    """PAY-1: weeks at or over the wage floor. Population: the weeks that ended in the period, a row for each statement:
    a person with two accounts may have two of one week.

    The rate is reckoned anew from the parts of the statement, and the floor from the benchmarks and places of the
    record, whenever they were written, not from what the statement says it was. Values: minor units an hour, rounded
    down, "at the floor", "below the floor" or "no floor". The share of weeks at the floor is held against the
    standard's number. Pay in another currency than the benchmark's is below the floor, a week without time is at it,
    and one whose floor nobody had set does not count as reaching it; where no week had a floor, nothing is tested. It
    can't see whether what was stated was paid out.
    """
    rows, reached, floors = [], 0, 0
    at_floor, below = set[UUID](), set[UUID]()
    weeks = _ended(facts)
    for event in weeks:
        hour, floor = effective(event), floor_at(facts, _moment(event.fields["until_at"]))
        floors += floor is not None
        there = floor is not None and floor[1] == event.fields["currency"] and (hour is None or hour >= floor[0])
        reached += there
        (at_floor if there else below).add(whose(facts, event))
        words = "no floor" if floor is None else "at the floor" if there else "below the floor"
        rows.append(row(event, f"{'no time' if hour is None else hour}, {words}", whose(facts, event)))
    share = 1000 * reached // len(weeks) if weeks else 0
    least = facts.parameter("at_floor")
    at_it = frozenset(at_floor)
    figures = [
        Figure("weeks at the floor", share, "‰", at_it, 1000, least, frozenset(below)),
        Figure("weeks not at the floor", len(weeks) - reached, "weeks", frozenset(below), len(weeks), rest=at_it),
    ]
    if not weeks:
        return Checked("PAY-1", untested=NO_STATEMENT)
    if not floors:
        return Checked("PAY-1", rows, untested="Nobody has set what an hour must bring where these labelers live.")
    low = f"Fewer than {least} in 1,000 weeks reached the wage floor." if share < least else None
    return Checked("PAY-1", rows, figures, failed=low)


def all_time_paid(facts: Facts) -> Checked:
    """PAY-2: all time is paid. Population: each person's weeks in which she was handed what she answered, and the runs
    of the self-check that looks for ended work without lines. Values: seconds that her statements of the week say, over
    all her accounts. A week counts in the period in which its statement was due: two days after its end.

    An exception has no statement, or says less time than lay between hand-out and first answer in it, and what later
    such weeks' statements say beyond their own work does not make up for it: what is settled late is in a later one.
    Answers after a break, a lapse or the week's end are left out of that time, as are the parts of seconds. Not tested
    where no such week counts. Time that neither a hand-out nor an answer bounds is seen by the self-check alone.

    What somebody of the vendor or the platform wrote by hand for an earlier week than that in which it was written is
    told as a figure, where there is any: it makes a week's statement longer after the fact, and nothing but that
    person's word shows that it was worked.
    """
    looked = by_runs(facts, "PAY-2")
    stated: dict[tuple[UUID, datetime], Event] = {}
    said: Counter[tuple[UUID, datetime]] = Counter()
    for event in statements(facts):
        key = whose(facts, event), _moment(event.fields["week"])
        stated[key] = event
        said[key] += event.fields["seconds"]  # of all accounts of a person
    rows = []
    last = max((event.at for event in facts.events), default=facts.period.start)
    spent = _worked(facts)
    room: Counter[UUID] = Counter()
    # From the newest week back: what was settled after its statement is in a later one, which must have room for it.
    for person, week in sorted(said.keys() | spent.keys(), key=lambda each: (each[1], each[0]), reverse=True):
        due = week + WEEK + CLOSE_AFTER + timedelta(days=1)
        if due not in facts.period or due > last:
            continue
        given, worked = spent.get((person, week), (None, 0))
        made = stated.get((person, week))
        if given is not None:
            short = made is None or said[person, week] + room[person] < worked
            rows.append(row(made or given, f"{said[person, week]} s stated", person, exception=short))
        room[person] = max(0, room[person] + said[person, week] - worked)
    rows.reverse()
    figures = [*looked.figures, *_written_back(facts)]
    if not rows:
        return Checked("PAY-2", looked.rows, figures, looked.untested or NO_WORK)
    return Checked("PAY-2", [*rows, *looked.rows], figures, looked.untested)


def _written_back(facts: Facts) -> list[Figure]:
    """Time that others than labelers wrote in the period for an earlier week, where there is any. What the product adds
    by itself, because a page broke or somebody asked for a review, is left out: it may begin just before a Monday."""
    seconds = 0
    for event in facts.within("pay.time"):
        since = event.fields.get("from_at")
        if event.actor is not None and since is not None and week_of(_moment(since)) < week_of(event.at):
            seconds += event.fields["seconds"]
    return [Figure("time written by hand for an earlier week", seconds, "s")] if seconds else []


def _worked(facts: Facts) -> dict[tuple[UUID, datetime], tuple[Event, int]]:
    """By person and week: the first hand-out that an answer followed, and the seconds between the two in all."""
    handed = {event.subject: event for event in facts.of("assignment.hand_out")}
    again = {event.subject for event in facts.of("assignment.expire", "assignment.resume")}
    paused: dict[UUID | None, list[datetime]] = {}
    for event in facts.of("break.start"):
        paused.setdefault(event.actor, []).append(event.at)
    found: dict[tuple[UUID, datetime], tuple[Event, int]] = {}
    seen: set[UUID] = set()
    for event in facts.of("judgment.submit"):
        assignment = UUID(event.fields["assignment"])
        given = handed.get(assignment)
        if given is None or given.actor is None or assignment in seen:
            continue
        seen.add(assignment)
        key = facts.person(given.actor), week_of(given.at)
        pauses = paused.get(given.actor, [])
        whole = bisect_left(pauses, given.at) == bisect_left(pauses, event.at) and assignment not in again
        spent = int((event.at - given.at).total_seconds()) if whole and week_of(event.at) == key[1] else 0
        first, before = found.get(key, (given, 0))
        found[key] = first, before + spent
    return found


def paid_in_time(facts: Facts) -> Checked:
    """PAY-4: a week is paid within the days of the standard after its end. Population: the statements that fell due in
    the period and come to more than nothing. An exception was not marked as paid by then: what was said afterwards,
    with an earlier day, is one too, because nothing shows that day but the word of who gains by it; how many there were
    of these is a figure. Values: whole days from the week's end to the mark.
    """
    days = timedelta(days=facts.parameter("pay_days"))
    marked = {event.subject: event for event in facts.of("pay.pay") if event.log == facts.vendor}
    rows: list[Row] = []
    back, late, rest = 0, set[UUID](), set[UUID]()
    last = max((event.at for event in facts.events), default=facts.period.start)
    for event in statements(facts):
        end = _moment(event.fields["until_at"])
        due, paid = end + days, marked.get(event.subject)
        if due not in facts.period or due > last or not event.fields["total"]:
            continue
        bad = paid is None or paid.at > due
        value = "not marked as paid" if paid is None else f"{max(0, (paid.at - end).days)} days"
        rows.append(row(paid or event, value, whose(facts, event), exception=bad))
        after = bad and paid is not None and _moment(paid.fields["paid_at"]) <= due
        back += after
        (late if after else rest).add(whose(facts, event))
    name = "said to be paid in time, but said after it"
    told = [Figure(name, back, "statements", frozenset(late), len(rows), rest=frozenset(rest))]
    return Checked("PAY-4", rows, told, None if rows else "No statement of this vendor fell due in this period.")


def unpaid_not_exported(facts: Facts) -> Checked:
    """PAY-5: what is not paid is not exported. Population: the runs of the self-check that holds each finished version
    against the answers which were paid when it was asked for."""
    return by_runs(facts, "PAY-5")


def no_fees(facts: Facts) -> Checked:
    """PAY-6: no fees from labelers, and pay in the currency of the place. Population: the weeks that ended in the
    period. An exception took a fee, or was in another currency than the place's benchmark. Values: the fee, in minor
    units, and the currency. What a bank takes outside the platform is not seen."""
    rows = []
    for event in _ended(facts):
        floor, told = floor_at(facts, _moment(event.fields["until_at"])), event.fields
        foreign = floor is not None and floor[1] != told["currency"]
        bad = told["fee"] > 0 or foreign
        rows.append(row(event, f"{told['fee']} {told['currency']}", whose(facts, event), exception=bad))
    return Checked("PAY-6", rows, untested=None if rows else NO_STATEMENT)


def little_bonus(facts: Facts) -> Checked:
    """PAY-7: little of the pay hangs on a bonus. Population: the weeks that ended in the period. An exception has more
    than a fifth of its pay, which is what is paid out, from bonuses. Values: that share in per mille, rounded down. The
    product has no rate by the piece, no speed bonus and no quota; what a manager demands outside it is attested."""
    rows = []
    for event in _ended(facts):
        total, bonus = event.fields["total"], event.fields["bonus"]
        share = 1000 * bonus // total if total else 1000 * (bonus > 0)
        over = 1000 * bonus > VARIABLE * total
        rows.append(row(event, f"{share} ‰", whose(facts, event), exception=over))
    return Checked("PAY-7", rows, untested=None if rows else NO_STATEMENT)


def fresh_benchmark(facts: Facts) -> Checked:
    """PAY-9: the wage benchmark is not stale. Population: the weeks that ended in the period. An exception was measured
    by a benchmark older than the months of the standard, a begun month counted whole, or by none though the vendor had
    a place when the week ended. Values: its day, or "none". Not tested where the vendor had no place in any week."""
    months = facts.parameter("benchmark_months")
    rows, known = [], False
    for event in _ended(facts):
        end = _moment(event.fields["until_at"])
        floor = floor_at(facts, end)
        placed = floor is not None or _place_at(facts, end) is not None
        known |= placed
        old = placed if floor is None else _months(floor[2], end.date()) > months
        rows.append(row(event, "none" if floor is None else floor[2].isoformat(), whose(facts, event), exception=old))
    if not rows:
        return Checked("PAY-9", untested=NO_STATEMENT)
    if not known:
        return Checked("PAY-9", untested="Nobody has set by which benchmark these labelers' pay is measured.")
    return Checked("PAY-9", rows)


def _months(since: date, until: date) -> int:
    """Months from a day to another, a begun one counted whole."""
    whole = 12 * (until.year - since.year) + until.month - since.month
    return whole + (until.day > since.day)
