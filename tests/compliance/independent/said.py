"""Yes and no (OPT-1, 2, 4, 8, EXP-13), and what is told before work begins (WRN-1, 2, 4, 6, 7), by their words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from tests.compliance.independent.base import DAY, Entry, Found, Known, Rule, moment
from tests.compliance.independent.hard import HARD, SEVERE, lowered, served
from tests.compliance.independent.the_day import (
    ENDINGS,
    GIVEN,
    SECOND,
    SERVED,
    Days,
    Span,
    days_of,
    joined,
    levels,
    severity,
    total,
)

MAY_CARRY = {"opt_out.say": {"scope", "target"}, "opt_out.undo": set(), "assignment.skip": set()}


def undone(known: Known, no: Entry) -> datetime | None:
    """When the labeler herself took a no back."""
    back = [each.at for each in known.acts("opt_out.undo") if each.subject == no.subject and each.actor == no.actor]
    return min(back, default=None)


def stood(known: Known, no: Entry, at: datetime) -> bool:
    """Whether a no stood at a moment: it had been said before."""
    back = undone(known, no)
    return no.at < at and (back is None or at < back)


def forbids(days: Days, no: Entry, held: UUID, profile: Mapping[str, int]) -> bool:
    """Whether a no is about this task, with this profile."""
    scope, target = no.fields["scope"], no.fields["target"]
    if scope == "sensitive":
        return max(profile.values(), default=0) >= HARD
    if scope == "category":
        return profile.get(target, 0) > 0
    about = days.project(held) if scope == "project" else days.task(held)
    return bool(str(about) == target)


def opt_1(known: Known) -> Found:
    """Nobody is asked for a reason, and nobody says no for her."""
    days, found = days_of(known), Found(private=True)
    looks = [each for each in known.acts_inside("check.run") if each.fields["check"] == "OPT-1"]
    bad = [each for each in looks if each.fields["exceptions"]]
    if bad:
        found = Found(failed=True)
        for each in bad:
            told = each.fields
            found.add(None, each.at, f"{told['exceptions']} of {told['population']}, {told['version']}", True)
        return found
    nos = {each.subject: each.actor for each in known.acts("opt_out.say")}
    for each in days.acts(*MAY_CARRY):
        if known.inside(each.at):
            hers = days.holder(each.subject) if each.act == "assignment.skip" else nos.get(each.subject)
            other = each.actor is None or each.actor != hers or each.actor not in days.accounts
            more = set(each.fields) - MAY_CARRY[each.act]
            found.add(days.person(hers or each.actor or each.subject), each.at, each.act, other or bool(more))
    found.untested = not found.cells
    return found


def opt_2(known: Known) -> Found:
    """What a no forbids is taken back at once, and not given any more."""
    days, found = days_of(known), Found(private=True)
    allowed = known.values["opt_out_seconds"]
    nos = [each for each in known.acts("opt_out.say") if each.actor is not None]
    for no in nos:
        if known.inside(no.at):
            assert no.actor is not None
            lasted = [held_on(days, no, given.subject) for given in days.given if given.actor == no.actor]
            never = any(each is None for each in lasted)
            longest = max([each for each in lasted if each is not None], default=0.0)
            value = "never" if never else f"{longest:.0f}"
            found.add(days.person(no.actor), no.at, value, never or longest > allowed)
    for each in days.served():
        account = days.holder(each.subject)
        standing = [no for no in nos if no.actor == account and stood(known, no, each.at)]
        if standing:
            broken = any(
                forbids(days, no, each.subject, levels(each.fields["profile"])) and (each.at - no.at) / SECOND > allowed
                for no in standing
            )
            found.add(days.who(each), each.at, each.act, broken)
    found.untested = not found.cells
    return found


def held_on(days: Days, no: Entry, held: UUID) -> float | None:
    """Seconds for which something that a no forbids was still in her hands; None if that never ended."""
    past = [each for each in days.of_task(held) if before(each, no)]
    now = [each for each in past if each.act in (*SERVED, *ENDINGS)]
    task = days.task(held)
    if not now or now[-1].act in ENDINGS or task is None or not forbids(days, no, held, days.profile(task, no)):
        return 0.0
    ends = [each.at for each in days.of_task(held) if each.act in ENDINGS and not before(each, no)]
    back = undone(days.known, no)
    over = min([*ends[:1], *([back] if back else [])], default=None)
    return None if over is None else (over - no.at) / SECOND


def before(one: Entry, other: Entry) -> bool:
    """Whether an entry stands before another one."""
    return (one.at, one.log, one.number) < (other.at, other.log, other.number)


def exp_13(known: Known) -> Found:
    """Hard content comes only under her own yes."""
    days, found = days_of(known), Found()
    late = known.values["opt_out_seconds"] * SECOND
    for each in served(days, HARD):
        holder = days.holder(each.subject)
        wrong = any(
            level >= HARD
            and not any(
                yes.fields["severity"] >= level and yes.at <= each.at < ended(days, yes) + late
                for yes in known.acts("consent.give")
                if yes.actor == holder and yes.fields["category"] == category
            )
            for category, level in levels(each.fields["profile"]).items()
        )
        found.add(days.who(each), each.at, each.fields["profile"], wrong)
    found.untested = not found.cells
    found.private = bool(found.cells)
    return found


def ended(days: Days, yes: Entry) -> datetime:
    """When a yes no longer stood."""
    return min(
        moment(yes.fields["expires_at"]),
        yes.at + days.number("consent_days", yes.at) * DAY,
        *(each.at for each in days.acts("consent.end") if each.subject == yes.subject),
        *(
            each.at
            for each in days.acts("consent.give")
            if each.actor == yes.actor and each.fields["category"] == yes.fields["category"] and before(yes, each)
        ),
    )


def opt_4(known: Known) -> Found:
    """Whoever opts out is offered as much paid time."""
    days, found = days_of(known), Found(private=True)
    out: dict[UUID, Entry] = {}
    for no in known.acts("opt_out.say"):
        back = undone(known, no)
        if no.fields["scope"] != "task" and no.at < known.end and (back is None or back > known.start):
            out.setdefault(days.person(no.actor or no.subject), no)
    sums: dict[bool, list[float]] = {True: [0, 0], False: [0, 0]}
    sides: dict[bool, set[UUID]] = {True: set(), False: set()}
    for person in {days.person(each.actor) for each in days.entries if each.actor}:
        waiting = waits(days, person)
        offered = total(joined([*days.evident(person), *waiting]), known.start, known.end)
        at_desk = total(joined([*days.worked(person), *waiting]), known.start, known.end)
        if at_desk:
            side = person in out
            sides[side].add(person)
            sums[side] = [sums[side][0] + offered, sums[side][1] + at_desk]
            if side:
                found.add(person, out[person].at, round(1_000 * offered / at_desk), False)
    if min(len(sides[True]), len(sides[False])) < known.k:
        found.untested = True
        return found
    hers, others = (round(1_000 * sums[side][0] / sums[side][1]) for side in (True, False))
    share = 1_000 * hers // others if others else 0
    found.figures.append(("work offered to those who opted out, of the others'", share, None))
    found.failed = not known.values["parity_low"] <= share <= known.values["parity_high"]
    return found


def waits(days: Days, person: UUID) -> list[Span]:
    """A person's paid waiting."""
    found = []
    for begun in days.by(person):
        if begun.act == "stand_down.start":
            ends = [each.at for each in days.entries if each.act == "stand_down.end" and each.subject == begun.subject]
            until = moment(begun.fields["until"])
            found.append(Span(begun.at, min([until, *ends])))
    return found


def due(since: datetime, days: int) -> datetime:
    """The same time of day after so many working days, Monday to Friday."""
    later = since
    while days:
        later += DAY
        days -= later.weekday() < 5
    return later


def opt_8(known: Known) -> Found:
    """A danger is looked at in time."""
    days, found = days_of(known), Found(private=True)
    for told in known.acts_inside("danger.report"):
        assert told.actor is not None
        asked = [each.subject for each in known.acts("review.ask") if each.fields["case"] == str(told.subject)]
        decided = [each for each in known.acts("review.decide") if each.subject in asked]
        last = due(told.at, known.values["danger_days"])
        if decided:
            by = decided[0].actor
            wrong = decided[0].at > last or by is None or days.person(by) == days.person(told.actor)
            found.add(days.person(told.actor), told.at, decided[0].at.date().isoformat(), wrong)
        else:
            found.add(days.person(told.actor), told.at, "", last < days.newest)
    found.untested = not found.cells
    return found


HELD_UP = ("project.pause", "project.stop", "project.lapse")
NOT_LIVE = (*HELD_UP, "project.close")


def wrn_1(known: Known) -> Found:
    """A project says all that it owes before work comes of it."""
    days, found = days_of(known), Found()
    told: dict[tuple[object, UUID | None], list[tuple[Entry, str]]] = {}
    for each in served(days, 0, *GIVEN):
        project = days.project(each.subject)
        told.setdefault((each.at.date(), project), []).append((each, what_lacks(days, project, each.at)))
    for those in told.values():
        entry, value = next((each for each in those if each[1] != "published"), those[0])
        found.add(days.who(entry), entry.at, value, value != "published")
    found.untested = not found.cells
    return found


def what_lacks(days: Days, project: UUID | None, at: datetime) -> str:
    """Whether a project was live at a moment, and had been checked before it first was. Two seconds are allowed for
    a request that was under way when it was held up."""
    acts = ("project.check", "project.change", "project.publish", *NOT_LIVE)
    life = [each for each in days.acts(*acts) if each.subject == project]
    live = [each for each in life if each.act == "project.publish" and each.at <= at]
    if not live:
        return "not published"
    since = [each for each in life if each.act in NOT_LIVE and before(live[-1], each)]
    if any(each.at < at - 2 * SECOND for each in since):
        return "not live"
    checks = [
        each for each in life if each.act in ("project.check", "project.change") and each.at <= live[0].at
    ]  # fmt: skip
    return "published" if checks and checks[-1].act == "project.check" else "not checked"


def wrn_2(known: Known) -> Found:
    """A hard text is announced, and shown because she asked for it."""
    days, found = days_of(known), Found()
    for each in days.acts("judgment.submit", "assignment.reveal"):
        held = UUID(each.fields["assignment"]) if each.act == "judgment.submit" else each.subject
        task, holder, given = days.task(held), days.holder(held), days.hand_out(held)
        if task is None or holder is None or given is None or not known.inside(each.at):
            continue
        if each.act == "judgment.submit":
            level = max(days.profile(task, each).values(), default=0)
            if each.fields["version"] != 1 or level < HARD:
                continue
            shown = any(one.act == "assignment.reveal" and before(one, each) for one in days.of_task(held))
            found.add(days.person(holder), each.at, level, not shown)
            continue
        first, now = severity(given.fields["profile"]), severity(each.fields["profile"])
        if max(first, now) >= HARD:
            said = min(now, each.fields["severity"])
            milder = said < first and not lowered(days, task, given.at, each.at)
            found.add(days.person(holder), each.at, said, milder or said < now)
    found.untested = not found.cells
    return found


def wrn_4(known: Known) -> Found:
    """Severe work comes only after training."""
    days, found = days_of(known), Found()
    for each in served(days, SEVERE, *GIVEN):
        ends = [
            min(moment(done.fields["expires_at"]), done.at + days.number("training_days", done.at) * DAY)
            for done in known.acts("training.finish")
            if done.actor == days.holder(each.subject) and done.at <= each.at
        ]
        value = max(ends).date().isoformat() if ends else ""
        found.add(days.who(each), each.at, value, not ends or max(ends) <= each.at)
    found.untested = not found.cells
    return found


def at_work(days: Days) -> dict[UUID, list[Entry]]:
    """The projects that work was handed out of in the period, or taken up again, and when."""
    found: dict[UUID, list[Entry]] = {}
    for each in served(days, 0, *GIVEN):
        project = days.project(each.subject)
        assert project is not None
        found.setdefault(project, []).append(each)
    return found


def wrn_6(known: Known) -> Found:
    """Instructions are written before work comes of a project."""
    days, found = days_of(known), Found()
    written = {(one.subject, one.fields["version"]) for one in known.acts("guideline.add")}
    for project, given in at_work(days).items():
        live = [one for one in known.acts("project.publish") if one.subject == project]
        under = [[one for one in live if one.at <= each.at] for each in given]
        versions = [each[-1].fields["guideline_version"] if each else None for each in under]
        missing = [version for version in versions if (project, version) not in written]
        value = (missing or versions)[-1]
        found.add(days.who(given[0]), given[0].at, value or "", bool(missing))
    found.untested = not found.cells
    return found


def wrn_7(known: Known) -> Found:
    """A project is tried with enough people."""
    days, found = days_of(known), Found()
    for project, given in at_work(days).items():
        live = [one.at for one in known.acts("project.publish") if one.subject == project]
        if not live or not known.inside(live[0]):
            continue
        held_up = [one.at for one in known.acts(*HELD_UP) if one.subject == project and one.at > live[0]]
        went_on = [each for each in given if held_up and each.at > held_up[0]]
        if not went_on:
            found.untested = True
            continue
        people = {
            days.person(holder)
            for one in days.acts("judgment.submit")
            if one.fields["version"] == 1
            and one.at <= held_up[0]
            and days.project(UUID(one.fields["assignment"])) == project
            and (holder := days.holder(UUID(one.fields["assignment"]))) is not None
        }
        found.add(days.who(went_on[0]), went_on[0].at, len(people), len(people) < known.values["pilot_people"])
    found.untested = found.untested or not found.cells
    return found


RULES: dict[str, Rule] = {
    "OPT-1": opt_1,
    "OPT-2": opt_2,
    "OPT-4": opt_4,
    "OPT-8": opt_8,
    "EXP-13": exp_13,
    "WRN-1": wrn_1,
    "WRN-2": wrn_2,
    "WRN-4": wrn_4,
    "WRN-6": wrn_6,
    "WRN-7": wrn_7,
}
