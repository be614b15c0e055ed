"""Pay, counted a second time: the floor, all time, the day of payment, fees, bonuses, benchmarks, severe time.

Written from the words of the standard and of the checks. Each statement is looked at on its own, each time anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.compliance.independent.base import DAY, WEEK, Entry, Found, Known, Rule, moment

MADE_AFTER = DAY
A_LEASE = timedelta(minutes=30)


def own(known: Known, *acts: str) -> list[Entry]:
    """The entries of these acts in the vendor's own log."""
    return [entry for entry in known.acts(*acts) if entry.log == known.vendor]


def week_of(at: datetime) -> datetime:
    """The Monday, 0:00 UTC, of the week that a moment lies in."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    while midnight.weekday():
        midnight -= DAY
    return midnight


def statements(known: Known) -> list[Entry]:
    """The vendor's statements that say whose they are."""
    return [entry for entry in own(known, "pay.close") if entry.fields.get("labeler")]


def ended_inside(known: Known) -> list[Entry]:
    """Those of weeks that ended in the period."""
    return [entry for entry in statements(known) if known.inside(moment(entry.fields["until_at"]))]


def who(known: Known, statement: Entry) -> UUID:
    return known.person(UUID(statement.fields["labeler"]))


def benchmark(known: Known, at: datetime) -> Mapping[str, Any] | None:
    """The wage benchmark of the place that the vendor had at a moment; None where there is none."""
    place = None
    for entry in own(known, "place.set"):
        begins = moment(entry.fields["from_at"])
        if begins <= at and (place is None or moment(place["from_at"]) <= begins):
            place = entry.fields
    if place is None:
        return None
    best = None
    for entry in known.acts("benchmark.add"):
        same = all(entry.fields[name] == place[name] for name in ("place", "kind", "household", "measure"))
        day = date.fromisoformat(entry.fields["dated"])
        if same and day <= at.date() and (best is None or date.fromisoformat(best["dated"]) <= day):
            best = entry.fields
    return best


def has_place(known: Known, at: datetime) -> bool:
    """Whether the vendor had a place then."""
    return any(moment(entry.fields["from_at"]) <= at for entry in own(known, "place.set"))


def an_hour(fields: Mapping[str, Any]) -> int | None:
    """What an hour brought, in minor units, rounded down; None without time."""
    if not fields["seconds"]:
        return None
    got = fields["base"] + fields["bonus"] + fields["top_up"] + fields["correction"] - fields["fee"] - fields["cost"]
    return int(got * 3_600 // fields["seconds"])


def pay_1(known: Known) -> Found:
    """Of the weeks that ended in the period, enough reach the floor."""
    found, good = Found(), 0
    for statement in ended_inside(known):
        fields = statement.fields
        floor, rate = benchmark(known, moment(fields["until_at"])), an_hour(fields)
        if floor is None:
            told = "no floor"
        elif rate is None or (rate >= floor["per_hour"] and floor["currency"] == fields["currency"]):
            told = "at the floor"
        else:
            told = "below"
        good += told == "at the floor"
        found.add(who(known, statement), statement.at, f"{rate} {told}", False)
    found.figures["weeks at or over the floor"] = (good, len(found.cells))
    found.untested = not found.cells
    found.failed = good * 1_000 < known.values["at_floor"] * len(found.cells)
    return found


def worked(known: Known) -> dict[tuple[UUID, datetime], timedelta]:
    """By person and week: the time that lay between a hand-out and its answer in that week."""
    spent: defaultdict[tuple[UUID, datetime], timedelta] = defaultdict(timedelta)
    for given in own(known, "assignment.hand_out"):
        person = known.person(given.actor or given.subject)
        spent[person, week_of(given.at)] += timedelta()
        for answer in own(known, "judgment.submit"):
            if answer.fields["assignment"] == str(given.subject) and answer.fields["version"] == 1:
                at = given.at
                while at < answer.at:
                    until = min(answer.at, week_of(at) + WEEK)
                    spent[person, week_of(at)] += until - at
                    at = until
    return spent


def pay_2(known: Known) -> Found:
    """Every week with work has a statement, of no less time than lay between hand-outs and answers."""
    found = by_runs(known, "PAY-2", known.vendor)
    for (person, week), spent in worked(known).items():
        if not known.inside(week + WEEK + MADE_AFTER):
            continue
        hers = [
            each for each in statements(known) if who(known, each) == person and moment(each.fields["week"]) == week
        ]
        stated = sum(each.fields["seconds"] for each in hers)
        bad = not hers or timedelta(seconds=stated) < spent
        at = max((each.at for each in hers), default=week + WEEK)
        found.add(person, at, f"{stated} of {int(spent.total_seconds())}", bad)
    late = 0
    for entry in own(known, "pay.time"):
        by_hand = entry.actor is not None and known.inside(entry.at)
        if by_hand and week_of(moment(entry.fields["from_at"])) < week_of(entry.at):
            late += entry.fields["seconds"]
    found.figures["time written by hand for an earlier week"] = (late, None)
    return found


def pay_4(known: Known) -> Found:
    """A statement is marked as paid within the days of the standard after its week's end."""
    found = Found()
    for statement in statements(known):
        until = moment(statement.fields["until_at"])
        due = until + known.values["pay_days"] * DAY
        if not known.inside(due):
            continue
        marks = [entry.at for entry in own(known, "pay.pay") if entry.subject == statement.subject]
        value = f"{(min(marks) - until) // DAY}" if marks else "not paid"
        found.add(who(known, statement), statement.at, value, not marks or min(marks) > due)
    found.untested = not found.cells
    return found


def pay_5(known: Known) -> Found:
    """What the self-check of exports found."""
    return by_runs(known, "PAY-5")


def pay_6(known: Known) -> Found:
    """No fee, and the currency of the place."""
    found = Found()
    for statement in ended_inside(known):
        fields = statement.fields
        floor = benchmark(known, moment(fields["until_at"]))
        bad = fields["fee"] > 0 or (floor is not None and floor["currency"] != fields["currency"])
        found.add(who(known, statement), statement.at, f"{fields['fee']} {fields['currency']}", bad)
    found.untested = not found.cells
    return found


def pay_7(known: Known) -> Found:
    """At most a fifth of a week's pay is bonus."""
    found = Found()
    for statement in ended_inside(known):
        bonus, total = statement.fields["bonus"], statement.fields["total"]
        share = bonus * 1_000 // total if total else 0
        found.add(who(known, statement), statement.at, share, bonus * 5 > total)
    found.untested = not found.cells
    return found


def months_after(day: date, months: int) -> date:
    """The same day so many months later; the last of the month where there is no such day."""
    year, month = day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - DAY).day
    return date(year, month, min(day.day, last))


def pay_9(known: Known) -> Found:
    """The benchmark is not older than the months of the standard."""
    found = Found()
    for statement in ended_inside(known):
        until = moment(statement.fields["until_at"])
        held = benchmark(known, until)
        if held is None:
            found.add(who(known, statement), statement.at, "none", has_place(known, until))
            continue
        day = date.fromisoformat(held["dated"])
        old = until.date() > months_after(day, known.values["benchmark_months"])
        found.add(who(known, statement), statement.at, day, old)
    found.untested = not found.cells
    return found


def severe(known: Known, account: UUID, week: datetime) -> int:
    """Seconds with severe texts before an account in a week: from a reveal to what ended it, in whole seconds."""
    seconds = 0
    ends = ("assignment.hide", "assignment.skip", "assignment.revoke", "assignment.expire", "judgment.submit")
    for shown in own(known, "assignment.reveal"):
        if shown.actor != account or shown.fields["severity"] < 3 or not week <= shown.at < week + WEEK:
            continue
        after = [
            each for each in own(known, *ends)
            if each.at >= shown.at and str(shown.subject) in (str(each.subject), each.fields.get("assignment"))
        ]  # fmt: skip
        until = min((each.at for each in after), default=shown.at + A_LEASE)
        seconds += int(min(until - shown.at, A_LEASE).total_seconds())
    return seconds


def pay_8(known: Known) -> Found:
    """Who had a minute or more of severe texts in a week has an allowance in its statement."""
    found = Found()
    for statement in statements(known):
        fields, week = statement.fields, moment(statement.fields["week"])
        if not (known.start <= week and moment(fields["until_at"]) <= known.end):
            continue
        seconds = severe(known, UUID(fields["labeler"]), week)
        if seconds >= 60:
            asked = known.number("severe_allowance", week) > 100
            found.add(who(known, statement), statement.at, seconds, asked and not fields["allowance"])
    found.untested = not found.cells
    return found


def newest(known: Known) -> datetime:
    """The newest moment that is known of."""
    return max((entry.at for entry in known.entries), default=known.start)


def by_runs(known: Known, rule: str, log: UUID | None = None) -> Found:
    """What the runs of a self-check in the period found, and whether each week with work had one."""
    found, ran = Found(), []
    for entry in known.acts_inside("check.run"):
        if entry.fields["check"] == rule and (entry.log == log if log else entry.log != known.vendor):
            told, of = entry.fields["exceptions"], entry.fields["population"]
            found.add(None, entry.at, f"{told} of {of}, {entry.fields['version']}", told > 0)
            ran.append(entry.at)
    found.untested = not ran
    week = known.start
    while week < known.end:
        until = min(week + WEEK, known.end)
        worked = any(week <= entry.at < until for entry in own(known, "assignment.hand_out"))
        if worked and until <= newest(known) and not any(week <= at < until for at in ran):
            found.untested = True
        week += WEEK
    return found


RULES: dict[str, Rule] = {
    "PAY-1": pay_1, "PAY-2": pay_2, "PAY-4": pay_4, "PAY-5": pay_5, "PAY-6": pay_6, "PAY-7": pay_7, "PAY-8": pay_8,
    "PAY-9": pay_9,
}  # fmt: skip
