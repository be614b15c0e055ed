"""What is said before work begins (WRN-1, 2, 4, 6, 7). Pure."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from uuid import UUID

from labeler.compliance.checks.day import SENSITIVE, SEVERE, Served, day, severity_of
from labeler.compliance.checks.exposure import RACE, lowered_between, lowered_of, none, row_of, served
from labeler.compliance.events import Event, Facts
from labeler.compliance.outcome import Checked, Row

NOTHING = "Nothing was handed out in this period."
DONE, PUBLISH = "published", "project.publish"
CHECKS = ("project.check", "project.change")
HELD_UP = ("project.pause", "project.stop", "project.lapse")
"""Acts after which a project hands out nothing until it goes live again."""


def _by_project(facts: Facts) -> dict[UUID, list[Served]]:
    found: defaultdict[UUID, list[Served]] = defaultdict(list)
    for each in served(facts, 0):
        found[each.held.project].append(each)
    return dict(sorted(found.items()))


def _said(facts: Facts, *acts: str) -> defaultdict[UUID, list[Event]]:
    found: defaultdict[UUID, list[Event]] = defaultdict(list)
    for event in facts.of(*acts):
        found[event.subject].append(event)
    return found


def told_before(facts: Facts) -> Checked:
    """WRN-1. Population: every project that work was handed out of or taken up again, once a day (UTC) on which it was.
    Value: `published`, or what lacks. Exception: a project that had never gone live, was paused, stopped or closed then
    (two seconds are allowed for what was under way), or had first gone live without having been checked. A project
    passes its check only when purpose, client, categories, highest severity, share, time and pay are all filled in, and
    any change before it goes live opens the check again. Cannot see: what the fields say.
    """
    life = _said(facts, *CHECKS, PUBLISH, *HELD_UP, "project.close")
    days: list[tuple[Served, str]] = []
    for project, those in _by_project(facts).items():
        told: dict[date, tuple[Served, str]] = {}
        for each in those:
            lacks = _lacks(life[project], each.event.at)
            if told.setdefault(each.event.at.date(), (each, lacks))[1] == DONE and lacks != DONE:
                told[each.event.at.date()] = (each, lacks)
        days += told.values()
    rows = [row_of(each, lacks, exception=lacks != DONE) for each, lacks in days]
    return Checked("WRN-1", rows, untested=None if rows else NOTHING)


def _lacks(life: list[Event], at: datetime) -> str:
    """What a project lacked when it was handed out of."""
    live = [event for event in life if event.act == PUBLISH and event.at <= at]
    if not live:
        return "not published"
    since = [event for event in life[life.index(live[-1]) :] if event.act not in (PUBLISH, *CHECKS)]
    if any(event.at < at - timedelta(seconds=RACE) for event in since):
        return "not live"
    return DONE if _passed([event for event in life if event.act in CHECKS], live[0]) else "not checked"


def _passed(events: list[Event], live: Event) -> bool:
    """Whether the last word before a project went live was that it had passed its check."""
    before = [event for event in events if event.at <= live.at]
    return bool(before) and before[-1].act == "project.check"


def shown_by_an_act(facts: Facts) -> Checked:
    """WRN-2. Population: every first answer to a task of severity 2 or more, and every such text shown. Value: the
    severity that was said before. Exception: an answer whose text was never asked for (its notice can't have been
    passed), and a text that was shown under a milder notice than its task was handed out with, without a reviewer
    having lowered it in between. Cannot see: the words of the notice; that it stands before the text is tested in the
    product.
    """
    made, lowered, rows = day(facts), lowered_of(facts), []
    for answer in made.answers:
        event, severity = answer.event, severity_of(answer.profile)
        if severity >= SENSITIVE and event.at in facts.period:
            rows.append(
                Row(event.at, answer.held.person, event.log, event.number, str(severity), not answer.held.shown)
            )
    for each in served(facts, 0, shown=True):
        if each.event.act != "assignment.reveal":
            continue
        given = severity_of(each.held.given.fields["profile"])
        if max(given, each.severity) >= SENSITIVE:
            said = min(each.severity, each.event.fields["severity"])
            since = each.held.given.at
            milder = said < given and not lowered_between(lowered, each.held.task, since, each.event.at)
            rows.append(row_of(each, said, exception=milder or said < each.severity))
    return Checked("WRN-2", rows, untested=None if rows else none(SENSITIVE))


def trained(facts: Facts) -> Checked:
    """WRN-4. Population: every severe task handed out or taken up again. Value: the day on which the labeler's training
    ran out or would run out. Exception: she had none that held. One holds to the end that it names, and no longer than
    the `training_days` in force when it was finished. Cannot see: what it covers, who gives it, and whether supervisors
    have had it.
    """
    until: defaultdict[UUID, list[tuple[datetime, datetime]]] = defaultdict(list)
    for event in facts.of("training.finish"):
        if event.actor is not None:
            longest = event.at + timedelta(days=facts.limits(event.at).training_days)
            until[event.actor].append((event.at, min(longest, datetime.fromisoformat(event.fields["expires_at"]))))
    rows = []
    for each in served(facts, SEVERE):
        ends = max((end for since, end in until[each.held.account] if since <= each.event.at), default=None)
        value = "" if ends is None else ends.date().isoformat()
        rows.append(row_of(each, value, exception=ends is None or ends <= each.event.at))
    return Checked("WRN-4", rows, untested=None if rows else none(SEVERE))


def instructed(facts: Facts) -> Checked:
    """WRN-6. Population: every project that work was handed out of or taken up again. Value: the version of its
    guideline that it had last gone live with by then, or the last one that was missing. Exception: it went live with a
    version that was never written, and work was handed out of it then; or it never went live. Cannot see: whether the
    text is good; the product asks for purpose, examples, edge cases and whom to ask before it lets a guideline pass.
    """
    known = {(event.subject, event.fields["version"]) for event in facts.of("guideline.add")}
    live, rows = _said(facts, PUBLISH), []
    for project, those in _by_project(facts).items():
        under = [_version(live[project], each.event.at) for each in those]
        missing = [version for version in under if (project, version) not in known]
        rows.append(row_of(those[0], (missing or under)[-1] or "", exception=bool(missing)))
    return Checked("WRN-6", rows, untested=None if rows else NOTHING)


def _version(live: list[Event], at: datetime) -> int | None:
    """The version that a project had last gone live with at a moment."""
    before = [event for event in live if event.at <= at]
    return before[-1].fields["guideline_version"] if before else None


def piloted(facts: Facts) -> Checked:
    """WRN-7. Population: every project that first went live in the period and that work was handed out of, or taken up
    again, after it was first paused. Value: how many people had answered by that pause. Exception: fewer than
    `pilot_people`. A pilot is the round from the day on which a project first goes live to its first pause, by whomever
    or by a rule; the record has no other mark of one, so where a project of the period was never paused, or went on no
    more, the rule is not tested. Of the people of other vendors nothing is known here, and old projects have had their
    pilot.
    """
    rows, open_yet = [], 0
    live, held = _said(facts, PUBLISH), _said(facts, *HELD_UP)
    people: defaultdict[UUID, list[tuple[datetime, UUID]]] = defaultdict(list)
    for answer in day(facts).answers:
        people[answer.held.project].append((answer.event.at, answer.held.person))
    for project, those in _by_project(facts).items():
        first = live[project][0] if live[project] else None
        if first is None or first.at not in facts.period:
            continue
        pauses = [event for event in held[project] if event.at > first.at]
        went_on = [each for each in those if pauses and each.event.at > pauses[0].at]
        if not went_on:
            open_yet += 1
            continue
        count = len({person for at, person in people[project] if at <= pauses[0].at})
        rows.append(row_of(went_on[0], count, exception=count < facts.parameter("pilot_people")))
    why = "No project went on after a first round in this period, so no pilot can be told."
    return Checked("WRN-7", rows, untested=None if rows and not open_yet else why)
