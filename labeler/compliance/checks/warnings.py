"""What is said before work begins (WRN-1, 2, 4, 6, 7). Pure."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from uuid import UUID

from labeler.compliance.checks.day import SENSITIVE, SEVERE, Served, day, severity_of
from labeler.compliance.checks.exposure import none, row_of, served
from labeler.compliance.events import Event, Facts
from labeler.compliance.outcome import Checked, Row

NOTHING = "Nothing was handed out in this period."


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
    """WRN-1. Population: every project that work was handed out of, once a day on which it was. Value: `published`, or
    what lacks. Exception: the project was not live then, or had gone live without having been checked. A project passes
    its check only when purpose, client, categories, highest severity, share, time and pay are all filled in, and any
    change of them opens the check again. Cannot see: what the fields say.
    """
    checked, live = _said(facts, "project.check", "project.change"), _said(facts, "project.publish")
    rows = []
    for project, those in _by_project(facts).items():
        first = {each.event.at.date(): each for each in reversed(those)}
        for each in first.values():
            up = [event for event in live[project] if event.at <= each.event.at]
            wrong = not up or not _passed(checked[project], up[0])
            rows.append(row_of(each, "not published" if not up else "not checked" if wrong else "published",
                               exception=wrong))  # fmt: skip
    return Checked("WRN-1", rows, untested=None if rows else NOTHING)


def _passed(events: list[Event], live: Event) -> bool:
    """Whether the last word before a project went live was that it had passed its check."""
    before = [event for event in events if event.at <= live.at]
    return bool(before) and before[-1].act == "project.check"


def shown_by_an_act(facts: Facts) -> Checked:
    """WRN-2. Population: every first answer to a task of severity 2 or more, and every such text shown. Value: the
    severity that was said before. Exception: an answer whose text was never asked for (its notice can't have been
    passed), and a text that was shown under a milder notice than its task was handed out with, without a reviewer
    having lowered it. Cannot see: the words of the notice; that it stands before the text is tested in the product.
    """
    made, rows = day(facts), []
    lowered = {event.subject for event in facts.of("severity.lower", "escalation.decide")}
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
            milder = said < given and each.held.task not in lowered
            rows.append(row_of(each, said, exception=milder or said < each.severity))
    return Checked("WRN-2", rows, untested=None if rows else none(SENSITIVE))


def trained(facts: Facts) -> Checked:
    """WRN-4. Population: every severe task handed out or taken up again. Value: the day on which the labeler's training
    ran out or would run out. Exception: she had none that held. One holds for `training_days`, whatever end it names.
    Cannot see: what it covers, who gives it, and whether supervisors have had it.
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
    """WRN-6. Population: every project that work was handed out of. Value: the version of its guideline. Exception: it
    went live with a version that was never written. Cannot see: whether the text is good; the product asks for purpose,
    examples, edge cases and whom to ask before it lets a guideline pass.
    """
    known = {(event.subject, event.fields["version"]) for event in facts.of("guideline.add")}
    live, rows = _said(facts, "project.publish"), []
    for project, those in _by_project(facts).items():
        up = [event for event in live[project] if event.at <= those[-1].event.at]
        version = up[-1].fields["guideline_version"] if up else None
        rows.append(row_of(those[0], version or "", exception=(project, version) not in known))
    return Checked("WRN-6", rows, untested=None if rows else NOTHING)


def piloted(facts: Facts) -> Checked:
    """WRN-7. Population: every project that work was handed out of for the first time. Value: how many people answered
    before it was held for the first time. Exception: fewer than `pilot_people`. A pilot is the round from the day on
    which a project first goes live to its first pause; the record has no other mark of one, so a project that was never
    paused is not tested. Of the people of other vendors nothing is known here, and old projects have had their pilot.
    """
    start, rows, open_yet = facts.period.start, [], 0
    live, held = _said(facts, "project.publish"), _said(facts, "project.pause", "project.stop")
    people: defaultdict[UUID, list[tuple[datetime, UUID]]] = defaultdict(list)
    for answer in day(facts).answers:
        people[answer.held.project].append((answer.event.at, answer.held.person))
    for project, those in _by_project(facts).items():
        first = live[project][0] if live[project] else None
        if first is None or first.at < start:
            continue
        pauses = [event for event in held[project] if event.at > first.at]
        if not pauses or pauses[0].at > those[-1].event.at:
            open_yet += 1
            continue
        went_on = [each for each in those if each.event.at > pauses[0].at]
        count = len({person for at, person in people[project] if at <= pauses[0].at})
        rows.append(row_of(went_on[0], count, exception=count < facts.parameter("pilot_people")))
    why = "No project went on after a first round in this period, so no pilot can be told."
    return Checked("WRN-7", rows, untested=None if rows and not open_yet else why)
