"""Pay, counted a second time: the floor, all time, the day of payment, fees, bonuses, benchmarks, severe time.

Written from the words of the standard and of the checks. Each statement is looked at on its own, each time anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from tests.compliance.independent.base import DAY, WEEK, Entry, Found, Known, Rule, moment

STATED_AFTER = 2 * DAY


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
    found, ends = Found(), []
    for statement in ended_inside(known):
        fields = statement.fields
        floor, rate = benchmark(known, moment(fields["until_at"])), an_hour(fields)
        if floor is None:
            told = "no floor"
        elif floor["currency"] == fields["currency"] and (rate is None or rate >= floor["per_hour"]):
            told = "at the floor"
        else:
            told = "below the floor"
        ends.append(told)
        hour = "no time" if rate is None else rate
        found.add(who(known, statement), statement.at, f"{hour}, {told}", False)
    if all(told == "no floor" for told in ends):
        found.untested = True
        return found
    good = ends.count("at the floor")
    found.figures.append(("weeks at the floor", 1_000 * good // len(ends), 1_000))
    found.figures.append(("weeks not at the floor", len(ends) - good, len(ends)))
    found.failed = good * 1_000 < known.values["at_floor"] * len(ends)
    return found


@dataclass
class Week:
    """A person's week: her tasks that were answered, seconds from hand-out to answer, and what statements say."""

    given: list[Entry] = field(default_factory=list)
    spent: int = 0
    statements: list[Entry] = field(default_factory=list)

    @property
    def stated(self) -> int:
        """Seconds that the statements say."""
        return sum(each.fields["seconds"] for each in self.statements)


def weeks_of(known: Known) -> dict[tuple[UUID, datetime], Week]:
    """Every week of every person with a task that was answered later, or with a statement."""
    weeks: defaultdict[tuple[UUID, datetime], Week] = defaultdict(Week)
    breaks = own(known, "break.start")
    lapses = {each.subject for each in own(known, "assignment.expire", "assignment.resume")}
    first: dict[str, Entry] = {}
    for answer in own(known, "judgment.submit"):
        first.setdefault(answer.fields["assignment"], answer)
    for given in own(known, "assignment.hand_out"):
        answered = first.get(str(given.subject))
        if answered is None or given.actor is None:
            continue
        week = weeks[known.person(given.actor), week_of(given.at)]
        week.given.append(given)
        broken = any(each.actor == given.actor and given.at <= each.at < answered.at for each in breaks)
        if not broken and given.subject not in lapses and week_of(answered.at) == week_of(given.at):
            week.spent += int((answered.at - given.at).total_seconds())
    for statement in statements(known):
        weeks[who(known, statement), moment(statement.fields["week"])].statements.append(statement)
    return weeks


def pay_2(known: Known) -> Found:
    """Every week with work has a statement, of no less time than lay between hand-outs and answers."""
    found = by_runs(known, "PAY-2")
    weeks, none = weeks_of(known), True
    for (person, week), this in weeks.items():
        if not counts(known, week) or not this.given:
            continue
        later = sorted(at for whose, at in weeks if whose == person and at > week and counts(known, at))
        # Where later weeks are short too, what is left over after them makes up for their own time first.
        lack, none = this.spent - this.stated, False
        spare = 0
        for at in reversed(later):
            spare = max(0, spare + weeks[person, at].stated - weeks[person, at].spent)
        rests_on = max(this.statements or [min(this.given, key=first_answered(known))], key=lambda each: each.at)
        found.add(person, rests_on.at, f"{this.stated} s stated", not this.statements or lack > spare)
    found.untested = found.untested or none
    late = 0
    for entry in own(known, "pay.time"):
        by_hand = entry.actor is not None and known.inside(entry.at)
        if by_hand and week_of(moment(entry.fields["from_at"])) < week_of(entry.at):
            late += entry.fields["seconds"]
    if late:
        found.figures.append(("time written by hand for an earlier week", late, None))
    return found


def first_answered(known: Known) -> Callable[[Entry], datetime]:
    """When a task that was handed out was answered for the first time."""
    return lambda given: next(
        each.at for each in own(known, "judgment.submit") if each.fields["assignment"] == str(given.subject)
    )


def counts(known: Known, week: datetime) -> bool:
    """Whether a week's statement was due in the period: two days after its end, as far as is known."""
    due = week + WEEK + STATED_AFTER
    return known.inside(due) and due <= newest(known)


def pay_4(known: Known) -> Found:
    """A statement is marked as paid within the days of the standard after its week's end."""
    found, backdated = Found(), 0
    for statement in statements(known):
        until = moment(statement.fields["until_at"])
        due = until + known.values["pay_days"] * DAY
        if not known.inside(due) or due > newest(known) or not statement.fields["total"]:
            continue
        marks = [entry for entry in own(known, "pay.pay") if entry.subject == statement.subject]
        value = f"{(marks[0].at - until) // DAY} days" if marks else "not marked as paid"
        bad = not marks or marks[0].at > due
        backdated += bool(marks) and bad and moment(marks[0].fields["paid_at"]) <= due
        found.add(who(known, statement), marks[0].at if marks else statement.at, value, bad)
    found.figures.append(("said to be paid in time, but said after it", backdated, len(found.cells)))
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
        share = bonus * 1_000 // total if total else 1_000 if bonus else 0
        found.add(who(known, statement), statement.at, f"{share} ‰", bonus * 5 > total)
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
    found.untested = not any(has_place(known, moment(each.fields["until_at"])) for each in ended_inside(known))
    return found if not found.untested else Found(untested=True)


def severe(known: Known, person: UUID, week: datetime) -> int:
    """Seconds of severe texts that came up before a person in a week: as they were told, or to the task's end."""
    seconds = 0
    for shown in own(known, "assignment.reveal", "exposure.show"):
        if shown.fields["severity"] < 3 or not week <= shown.at < week + WEEK:
            continue
        if shown.actor is None or known.person(shown.actor) != person:
            continue
        seconds += shown.fields["seconds"] if shown.act == "exposure.show" else on_screen(known, shown)
    return seconds


def on_screen(known: Known, shown: Entry) -> int:
    """How long a task's text stood: what was told when it was hidden, else until the task ended otherwise."""
    about = [
        entry for entry in known.entries
        if (entry.subject == shown.subject and entry.act.startswith("assignment."))
        or (entry.act == "judgment.submit" and entry.fields["assignment"] == str(shown.subject)
            and entry.fields["version"] == 1)
    ]  # fmt: skip
    for entry in about[about.index(shown) + 1 :]:
        if entry.act == "assignment.hide":
            return int(entry.fields["seconds"])
        if entry.act in ("assignment.resume", "assignment.reveal"):
            return 0
        if entry.act != "assignment.expire":
            return round((entry.at - shown.at).total_seconds())
    return 0


def pay_8(known: Known) -> Found:
    """Who had a minute or more of severe texts in a week has an allowance in its statements."""
    found = Found()
    for statement in ended_inside(known):
        week, person = moment(statement.fields["until_at"]) - WEEK, who(known, statement)
        seconds = severe(known, person, week)
        if seconds < 60:
            continue
        same = [each for each in ended_inside(known) if each.fields["until_at"] == statement.fields["until_at"]]
        got = [each.fields["allowance"] for each in same if who(known, each) == person]
        asked = known.number("severe_allowance", week) > 100
        found.add(person, statement.at, seconds, asked and not any(got))
    found.untested = not found.cells
    return found


def newest(known: Known) -> datetime:
    """The newest moment that is known of."""
    return max((entry.at for entry in known.entries), default=known.start)


def by_runs(known: Known, rule: str) -> Found:
    """What the runs of a self-check in the period found, and whether each week with work had one.

    Those about this vendor and those about the whole product: no other vendor's are among what is known."""
    found, ran = Found(), []
    for entry in known.acts_inside("check.run"):
        if entry.fields["check"] == rule:
            told, of = entry.fields["exceptions"], entry.fields["population"]
            found.add(None, entry.at, f"{told} of {of}, {entry.fields['version']}", told > 0)
            ran.append(entry.at)
    found.untested = not ran
    work = known.acts_inside("assignment.hand_out")
    week = known.start
    while week < known.end:
        here = [at for at in ran if week <= at < week + WEEK]
        found.figures.append((f"runs in the week from {week.date()}", len(here), None))
        worked = any(week <= entry.at < week + WEEK for entry in work)
        if worked and not here and week + WEEK <= newest(known):
            found.untested = True
        week += WEEK
    return found


RULES: dict[str, Rule] = {
    "PAY-1": pay_1, "PAY-2": pay_2, "PAY-4": pay_4, "PAY-5": pay_5, "PAY-6": pay_6, "PAY-7": pay_7, "PAY-8": pay_8,
    "PAY-9": pay_9,
}  # fmt: skip
