"""What was found, as observations of an OSCAL file: measured (TEST), attested (EXAMINE), said by labelers (INTERVIEW).
Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labeler.compliance.disclosing import ShownCheck, ShownControl
from labeler.compliance.outcome import Result
from labeler.compliance.report.asked import Asked, in_utc
from labeler.compliance.report.props import number, prop, props
from labeler.compliance.standards import Control

Digests = Mapping[str, str]
_PLAIN = {
    Result.SATISFIED: "All of the population is as the rule wants it.",
    Result.NOT_SATISFIED: "There are exceptions.",
    Result.NOT_TESTED: "Nothing can be said.",
}


def measured(asked: Asked, control: Control, check: ShownCheck) -> str:
    """The id of what a check found for a control."""
    return asked.name(f"measured {control.id} {check.rule}")


def observations(asked: Asked, control: Control, shown: ShownControl, evidence: Digests) -> list[dict[str, Any]]:
    """All that was found of one control."""
    at, found = in_utc(asked.at), []
    for each in shown.checks:
        told = [
            prop("control", control.id),
            prop("rule", each.rule),
            prop("result", each.result.value),
            number("population", each.population),
            prop("people", each.people),
            number("exceptions", each.exceptions),
            prop("affected", each.affected),
            number("k", asked.k),
            prop("evidence-digest", evidence[each.rule]),
            *_figures(each),
        ]
        made = {
            "uuid": measured(asked, control, each),
            "title": f"{each.rule}, for {control.id}",
            "description": each.reason or _PLAIN[each.result],
            "methods": ["TEST"],
            "props": told,
            "collected": at,
            "relevant-evidence": [
                {"href": f"#{asked.name('evidence ' + each.rule)}", "description": "The numbers, as a table."}
            ],
        }
        found.append(made)
    if (made_by := shown.attestation) is not None:
        found.append(
            {
                "uuid": asked.name(f"attested {control.id}"),
                "title": f"Attested, for {control.id}",
                "description": control.asks,
                "methods": ["EXAMINE"],
                "props": props(
                    control=control.id, result=shown.attested and shown.attested.value, signer=made_by.signer,
                    dated=f"{made_by.dated:%Y-%m-%d}", document_digest=made_by.digest, leaf=made_by.number,
                    withdrawn=made_by.withdrawn_at and in_utc(made_by.withdrawn_at),
                ),
                "collected": in_utc(made_by.dated),
                "expires": in_utc(made_by.expires_at),
            }
        )  # fmt: skip
    if shown.confirm is not None or shown.contest is not None:
        found.append(
            {
                "uuid": asked.name(f"confirmed {control.id}"),
                "title": f"Said by labelers, for {control.id}",
                "description": "How many labelers confirm this line, and how many contest it, at least.",
                "methods": ["INTERVIEW"],
                "props": [
                    prop("control", control.id),
                    number("confirm", shown.confirm),
                    number("contest", shown.contest),
                ],
                "collected": at,
            }
        )  # fmt: skip
    return found


def _figures(check: ShownCheck) -> list[dict[str, str]]:
    found = []
    for place, each in enumerate(check.figures, 1):
        group = f"figure-{place}"
        found += [
            prop("figure", each.name, group=group),
            number("numerator", each.value, group=group),
            prop("unit", each.unit, group=group),
            prop("behind", each.people, group=group),
        ]
        if each.of is not None:
            found.append(number("denominator", each.of, group=group))
        if each.threshold is not None:
            found.append(number("threshold", each.threshold, group=group))
    return found
