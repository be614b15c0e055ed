"""What is to be mended: risks of an assessment-results file, and the same as a plan of action (`poam.json`). Pure.

A control that is not satisfied is a risk. What an assessor found in an audit of the quarter is one more, with its day,
what the vendor promised and where it stands at the checkpoint. Words of findings and replies are in no entry of the
record, and so not here: the audit's pack has them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from labeler.compliance.auditing.rules import ACTS, FindingState, Standing, Step, standing
from labeler.compliance.disclosing import Shown, ShownControl
from labeler.compliance.events import Event, Facts
from labeler.compliance.oscal.parts import NS, OSCAL
from labeler.compliance.outcome import Assessment, Result
from labeler.compliance.report.asked import Asked, in_utc
from labeler.compliance.report.props import props
from labeler.compliance.standards import Control

PLAN = "poam.json"
STEPS = {act: step for step, act in ACTS.items()}
STATUS = {
    FindingState.WAITS: "open",
    FindingState.OPEN: "open",
    FindingState.ANSWERED: "remediating",
    FindingState.CLOSED: "closed",
}
Risk = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Remedy:
    """A finding of an assessor: leaf `event.number` of the vendor's log; `remedy_on` is the day that the vendor named
    last, None before it did."""

    event: Event
    remedy_on: date | None
    standing: Standing

    @property
    def control(self) -> str:
        """The control that it is about."""
        return str(self.event.fields["control"])


def remedies(facts: Facts, asked: Asked) -> list[Remedy]:
    """The findings of all audits of this quarter, in the order in which they were written."""
    audits = {
        str(event.subject)
        for event in facts.of("audit.open")
        if event.log == facts.vendor and event.fields["period"] == facts.period.name
    }
    steps: defaultdict[UUID, list[tuple[Step, date | None]]] = defaultdict(list)
    for event in facts.of(*STEPS):
        day = event.fields.get("remedy_on")
        steps[event.subject].append((STEPS[event.act], date.fromisoformat(day) if day else None))
    found = []
    for event in facts.of("finding.write"):
        if event.log == facts.vendor and event.fields["audit"] in audits:
            after = steps[event.subject]
            promised = [day for _, day in after if day is not None]
            due = date.fromisoformat(event.fields["due_on"])
            found.append(Remedy(event, promised[-1] if promised else None, standing(due, after, asked.at)))
    return found


def risks(asked: Asked, assessment: Assessment, shown: Shown, found: Iterable[Remedy]) -> list[Risk]:
    """All risks of a report: deviations, controls that are not satisfied, and what assessors found."""
    broken = [_risk(asked, asked.standard.control(each.control), each) for each in shown.controls if is_open(each)]
    return [*_deviations(asked, assessment), *broken, *(_found(asked, each) for each in found)]


def related(asked: Asked, shown: ShownControl, found: Iterable[Remedy]) -> list[dict[str, str]]:
    """The risks of one control, as a finding of OSCAL's names them."""
    names = [asked.name(f"risk {shown.control}")] if is_open(shown) else []
    names += [_name(asked, each) for each in found if each.control == shown.control]
    return [{"risk-uuid": each} for each in names]


def is_open(shown: ShownControl) -> bool:
    """Whether a control is not satisfied."""
    return shown.result is Result.NOT_SATISFIED


def plan(asked: Asked, assessment: Assessment, shown: Shown, found: Sequence[Remedy]) -> bytes | None:
    """`poam.json`: an item for each control that is not satisfied, with the risks that `report.json` has of it. None
    when all are satisfied or not tested: OSCAL knows no plan without an item."""
    broken = [each for each in shown.controls if is_open(each)]
    if not broken:
        return None
    names = {each["risk-uuid"] for control in broken for each in related(asked, control, found)}
    told = {
        "plan-of-action-and-milestones": {
            "uuid": asked.name("plan of action"),
            "metadata": {
                "title": f"What is to be mended: {assessment.vendor_name or 'vendor'}, {asked.period.name}",
                "last-modified": in_utc(asked.at),
                "version": str(asked.number),
                "oscal-version": OSCAL,
                "links": [{"href": "report.json", "rel": "source"}],
            },
            "system-id": {"identifier-type": NS, "id": str(asked.vendor)},
            "risks": [each for each in risks(asked, assessment, shown, found) if each["uuid"] in names],
            "poam-items": [_item(asked, each, found) for each in broken],
        }
    }
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _item(asked: Asked, shown: ShownControl, found: Sequence[Remedy]) -> dict[str, Any]:
    control = asked.standard.control(shown.control)
    return {
        "uuid": asked.name(f"item {control.id}"),
        "title": f"{control.id} {control.title}",
        "description": shown.reason or f"{control.id} is not satisfied.",
        "props": props(control=control.id),
        "links": [{"href": f"report.json#{asked.name(f'finding {control.id}')}", "rel": "finding"}],
        "related-risks": related(asked, shown, found),
    }


def _risk(asked: Asked, control: Control, shown: ShownControl) -> Risk:
    return {
        "uuid": asked.name(f"risk {control.id}"),
        "title": f"{control.id} is not satisfied",
        "description": shown.reason,
        "statement": control.statement or control.title,
        "status": "open",
        "props": props(control=control.id),
    }


def _name(asked: Asked, found: Remedy) -> str:
    return asked.name(f"remedy {found.event.subject}")


def _found(asked: Asked, found: Remedy) -> Risk:
    event, stands = found.event, found.standing
    made: Risk = {
        "uuid": _name(asked, found),
        "title": f"{found.control}: an assessor found something",
        "description": "What was found is written in the audit; this is its seriousness, its days, and where it stood.",
        "statement": asked.standard.control(found.control).title,
        "status": STATUS[stands.state],
        "deadline": _end(stands.due_on),
        "props": props(
            control=found.control, finding=event.subject, severity=event.fields["severity"], due_on=stands.due_on,
            remedy_on=found.remedy_on, state=stands.state.value, overdue="yes" if stands.overdue else "no",
            log=event.log, leaf=event.number,
        ),
    }  # fmt: skip
    if found.remedy_on is not None:
        made["remediations"] = [
            {
                "uuid": asked.name(f"promise {event.subject}"),
                "lifecycle": "completed" if stands.state is FindingState.CLOSED else "planned",
                "title": "What the vendor promised",
                "description": "The vendor named a day by which it is mended.",
                "tasks": [
                    {
                        "uuid": asked.name(f"milestone {event.subject}"),
                        "type": "milestone",
                        "title": "Mended, as the vendor says",
                        "timing": {"on-date": {"date": _end(found.remedy_on)}},
                    }
                ],
            }
        ]
    return made


def _end(day: date) -> str:
    """The last second of a day, in UTC."""
    return f"{day}T23:59:59Z"


def _deviations(asked: Asked, assessment: Assessment) -> list[dict[str, Any]]:
    found = []
    for each in assessment.deviations:
        known = asked.standard.numbers[each.name]
        until = in_utc(each.until_at) if each.until_at else None
        control = next((one.id for one in asked.standard.controls if each.name in one.parameters), None)
        found.append(
            {
                "uuid": asked.name(f"deviation {each.log} {each.number}"),
                "title": f"Deviation: {known.words}",
                "description": f"{each.value} {known.unit.value} instead of {each.standard}, signed.",
                "statement": "A number of the standard was made looser for a time.",
                "status": "deviation-approved",
                "props": props(
                    deviation=each.name, value=each.value, standard=each.standard, unit=known.unit.value,
                    rule=known.rule or None, from_at=in_utc(each.from_at), until_at=until, project=each.project,
                    log=each.log, leaf=each.number, control=control, signer=each.signer, document=each.document,
                    reason=each.reason,
                ),
                **({"deadline": until} if until else {}),
            }
        )  # fmt: skip
    return found
