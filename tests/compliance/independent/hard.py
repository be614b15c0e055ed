"""Hard content (EXP-1, 2, 3, 5, 6, 7, 8, 12, 14), by its words."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.compliance.independent.base import DAY, WEEK, Entry, Found, Known, Rule
from tests.compliance.independent.the_day import (
    GIVEN,
    LEAST,
    MINUTE,
    SECOND,
    SERVED,
    Days,
    Text,
    days_of,
    levels,
    severity,
)

SEVERE, HARD = 3, 2


def served(days: Days, least: int, *acts: str) -> list[Entry]:
    """What was served in the period at a severity or more, by some acts or by all."""
    return [
        each for each in days.served() if severity(each.fields["profile"]) >= least and (not acts or each.act in acts)
    ]


def _cap(name: str, least: int, window: timedelta) -> Rule:
    def rule(known: Known) -> Found:
        days, found = days_of(known), Found()
        used = []
        for each in served(days, least):
            seen = days.seconds_seen(days.who(each), least, each.at - window, each.at) + days.reserved(each, least)
            cap = days.number(name, each.at, days.project(each.subject)) * 60
            found.add(days.who(each), each.at, seen, seen + (60 if each.act in GIVEN else 0) > cap)
            used.append(seen)
        if used:
            found.figures.append(("most in one window", max(used), None))
        found.untested = not used
        return found

    return rule


def run(days: Days, person: UUID, now: datetime, quiet: timedelta) -> list[Text]:
    """The severe texts since the last quiet time, up to `now`: what reaches into the quiet time before one belongs to
    its run, and so does what lies before that."""
    seen = [text for text in days.seen(person, HARD) if text.since <= now]
    start = now
    while near := [text for text in seen if text.since < start and min(text.until, now) > start - quiet]:
        start = min(text.since for text in near)
    return [text for text in seen if text.since >= start and text.severity >= SEVERE]


def exp_5(known: Known) -> Found:
    """Runs of severe content."""
    days, found = days_of(known), Found()
    longest = []
    for each in served(days, SEVERE, *GIVEN):
        project = days.project(each.subject)
        texts = run(days, days.who(each), each.at, days.number("run_quiet", each.at, project) * MINUTE)
        lasted = [(text, round((min(text.until, each.at) - text.since) / SECOND)) for text in texts]
        seconds = sum(length for _, length in lasted)
        tasks = {text.source for text, length in lasted if length}
        full = seconds > 0 and seconds + LEAST > days.number("run_minutes", each.at, project) * 60
        found.add(days.who(each), each.at, seconds, full or len(tasks) >= days.number("run_tasks", each.at, project))
        longest.append(seconds)
    if longest:
        found.figures.append(("longest run before a task", max(longest), None))
    found.untested = not longest
    return found


def exp_6(known: Known) -> Found:
    """Nobody's share is far above the middle."""
    days, found = days_of(known), Found()
    for each in served(days, SEVERE, *GIVEN):
        project = days.project(each.subject)
        said = [entry for entry in known.acts("pool.measure") if entry.at <= each.at]
        median = said[-1].fields["median"] if said else 0
        least = days.number("share_least", each.at, project) * 60
        share = max(least, (median + 60) * days.number("share_percent", each.at, project) // 100)
        seen = days.seconds_seen(days.who(each), SEVERE, each.at - WEEK, each.at) + days.reserved(each, SEVERE)
        found.add(days.who(each), each.at, seen, seen + LEAST > share)
    found.untested = not found.cells
    return found


def exp_7(known: Known) -> Found:
    """No severe task comes to the same person again."""
    days, found = days_of(known), Found()
    for each in served(days, SEVERE, "assignment.hand_out"):
        hers = {
            other.subject
            for other in days.about(UUID(each.fields["task"]))
            if other.act in SERVED
            and days.who(other) == days.who(each)
            and severity(other.fields["profile"]) >= HARD
            and (other.at, other.number) <= (each.at, each.number)
        }
        found.add(days.who(each), each.at, len(hers), len(hers) > 1)
    found.untested = not found.cells
    return found


def exp_8(known: Known) -> Found:
    """No more people than needed judge a severe task."""
    days, found = days_of(known), Found()
    back = {each.subject for each in known.acts("withdrawal.make")}
    aside = {each.fields["assignment"] for each in days.acts("judgment.submit") if each.subject in back}
    counted = [
        each
        for each in days.acts("judgment.submit")
        if each.fields["version"] == 1
        and each.fields["standing"] == "counted"
        and each.fields["assignment"] not in aside
        and days.hand_out(UUID(each.fields["assignment"])) is not None
    ]
    for each in counted:
        held = UUID(each.fields["assignment"])
        task, holder = days.task(held), days.holder(held)
        assert task is not None and holder is not None
        if not known.inside(each.at) or max(days.profile(task, each).values(), default=0) < SEVERE:
            continue
        which = len([
            other for other in counted
            if days.task(UUID(other.fields["assignment"])) == task
            and (other.at, other.number) <= (each.at, each.number)
        ])  # fmt: skip
        most = days.number("severe_overlap", each.at, days.project(held))
        found.add(days.person(holder), each.at, which, which > most)
    found.untested = not found.cells
    return found


def lowered(days: Days, task: UUID | None, since: datetime, until: datetime | None = None) -> bool:
    """Whether a named reviewer lowered a task between two moments, or whoever decides about what is held back."""
    return any(
        each.subject == task
        and each.actor is not None
        and each.actor not in days.accounts
        and since <= each.at
        and (until is None or each.at <= until)
        and (each.act == "severity.lower" or each.fields["decision"] == "allowed")
        for each in days.acts("severity.lower", "escalation.decide")
    )


def exp_12(known: Known) -> Found:
    """Tasks are rarely worse than their warning, and only a reviewer makes one milder."""
    days, found = days_of(known), Found()
    reports = [each for each in known.acts("report.say") if each.fields["raised"]]
    first: dict[UUID, Entry] = {}
    for each in served(days, 0, *GIVEN):
        task = days.task(each.subject)
        assert task is not None
        first.setdefault(task, each)
    worse: dict[UUID, int] = {}
    for said in reports:
        task = UUID(said.fields["task"])
        if known.inside(said.at) and task in first and not lowered(days, task, said.at):
            worse[task] = max(worse.get(task, 0), said.fields["severity"])
    found.untested = True
    for project in sorted({days.project(each.subject) for each in first.values()}, key=str):
        mine = [task for task, each in first.items() if days.project(each.subject) == project]
        wrong = [task for task in mine if task in worse]
        enough = len(mine) >= days.number("surprise_least", known.end, project)
        often = len(wrong) * 1_000 > days.number("surprise_per_mille", known.end, project) * len(mine)
        for task in mine:
            found.add(days.who(first[task]), first[task].at, worse.get(task, ""), enough and often and task in worse)
        if enough:
            found.untested = False
            found.figures.append(("worse than their warning", len(wrong) * 1_000 // len(mine), len(mine)))
    for each in days.served():
        task, told = days.task(each.subject), levels(each.fields["profile"])
        if any(
            UUID(said.fields["task"]) == task
            and each.at > said.at + 2 * SECOND
            and told.get(said.fields["category"], 0) < said.fields["severity"]
            and not lowered(days, task, said.at, each.at)
            for said in reports
        ):
            found.add(days.who(each), each.at, "milder than it was found", True)
    return found


def exp_14(known: Known) -> Found:
    """No severe content at night."""
    days, found = days_of(known), Found()
    for each in served(days, SEVERE):
        zones = [
            said
            for said in known.acts("labeler.add", "labeler.change")
            if said.subject == days.holder(each.subject) and said.at <= each.at
        ]
        zone = ZoneInfo(zones[-1].fields["time_zone"] if zones else "UTC")
        hour = each.at.astimezone(zone).hour
        project = days.project(each.subject)
        night = hour >= days.number("night_from", each.at, project) or hour < days.number(
            "night_until", each.at, project
        )
        chosen = [
            said
            for said in known.acts("comfort.choose")
            if said.subject == each.actor and said.actor == each.actor and said.at <= each.at
        ]
        found.add(days.who(each), each.at, hour, night and not (chosen and chosen[-1].fields["night"]))
    found.untested = not found.cells
    return found


RULES: dict[str, Rule] = {
    "EXP-1": _cap("severe_day", SEVERE, DAY),
    "EXP-2": _cap("severe_week", SEVERE, WEEK),
    "EXP-3": _cap("disturbing_day", HARD, DAY),
    "EXP-5": exp_5,
    "EXP-6": exp_6,
    "EXP-7": exp_7,
    "EXP-8": exp_8,
    "EXP-12": exp_12,
    "EXP-14": exp_14,
}
