"""`report.json` read back as what a reader sees. Pages, PDF and checks know nothing of a report but this. Pure."""

from __future__ import annotations

from typing import Any

import orjson

from labeler.compliance.report.props import NOT_TOLD, of, one
from labeler.compliance.report.words import CANNOT_SEE, DEFINITIONS, IDLE, NONE_YET, RESULTS, SECTIONS, SOURCES, SYSTEM

FACTS = (
    "vendor", "vendor-name", "period", "standard", "standard-digest", "profile", "profile-digest", "profile-source",
    "parameters", "number", "k", "meets", "assurance", "headcount", "entries", "vendor-size", "platform-size",
    "checkpoint-digest", "erased",
)  # fmt: skip
"""What page 1 says, each a property of the result."""

ATTESTED = ("signer", "dated", "expires", "document-digest", "withdrawn")
"""What is told of an attestation."""
REMEDY = ("severity", "due-on", "remedy-on", "state", "overdue")
"""What is told of an assessor's finding; `remedy-on` once the vendor named a day."""

View = dict[str, Any]


class NoReport(ValueError):
    """This is no report of ours; the message says where it goes wrong."""


def view(report: bytes) -> View:
    """What a report says, plainly: facts, controls with their checks, deviations, gaps and texts. Raises NoReport."""
    try:
        return _view(orjson.loads(report)["assessment-results"])
    except NoReport:
        raise
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise NoReport(
            f"report.json is not a report as this version writes it ({type(error).__name__}: {error})"
        ) from None


def figures(seen: View) -> dict[str, str]:
    """Every figure and result of a report by its place: what HTML, PDF and tables must show alike."""
    found = {f"fact/{name}": str(seen["facts"][name]) for name in FACTS}
    found |= {f"system/{each['group']}/{each['name']}": each["value"] for each in seen["system"]}
    for each in seen["remedies"]:
        found |= {f"remedy/{each['finding']}/{name}": each[name] for name in REMEDY if each[name]}
    for control in seen["controls"]:
        found[f"{control['id']}/result"] = control["result"]
        if control["idle"]:
            found[f"{control['id']}/idle"] = "yes"
        found |= {f"{control['id']}/attestation/{name}": control["attestation"][name]
                  for name in ATTESTED if control["attestation"] and control["attestation"][name]}  # fmt: skip
        found |= {f"{control['id']}/said/{name}": number for name, number in (control["said"] or {}).items()}
        for check in control["checks"]:
            start = f"{control['id']}/{check['rule']}"
            for name in ("result", "population", "people", "exceptions", "affected", "digest"):
                found[f"{start}/{name}"] = check[name]
            for place, figure in enumerate(check["figures"], 1):
                found[f"{start}/{place}"] = figure["value"]
    return found | {f"count/{name}": str(number) for name, number in seen["counts"].items()}


def _view(told: Any) -> View:
    result = told["results"][0]
    facts = {name: one(result, name) for name in FACTS}
    if lacking := [name for name, value in facts.items() if not value]:
        raise NoReport(f"report.json does not say {', '.join(lacking)}")
    checks: dict[str, list[View]] = {}
    attested: dict[str, View] = {}
    said: dict[str, View] = {}
    each: Any
    for each in result.get("observations", ()):
        control = one(each, "control")
        if each["methods"] == ["TEST"]:
            checks.setdefault(control, []).append(_check(each))
        elif each["methods"] == ["EXAMINE"]:
            attested[control] = {
                **{name: one(each, name) for name in ("signer", "dated", "document-digest", "leaf")},
                "expires": each["expires"][:10],
                "withdrawn": one(each, "withdrawn")[:10],
            }
        else:
            said[control] = {name: one(each, name) for name in ("confirm", "contest")}
    tests = {each["title"]: each["description"] for each in told["local-definitions"]["activities"]}
    controls = [_control(each, checks, attested, said) for each in result["findings"]]
    for found in controls:
        for check in found["checks"]:
            check["test"] = tests.get(check["rule"], "")
    parts = [each for group in result["attestations"] for each in group["parts"]]
    return {
        "id": told["uuid"],
        "title": told["metadata"]["title"],
        "at": told["metadata"]["last-modified"],
        "start": result["start"],
        "end": result["end"],
        "facts": facts,
        "values": {each["class"]: int(each["value"]) for each in of(result) if each["name"] == "parameter"},
        "earlier": [orjson.loads(each["value"]) for each in of(result) if each["name"] == "earlier"],
        "gaps": [
            {"what": each["value"], "first": each.get("remarks", "")}
            for each in of(result) if each["name"] == "gap"
        ],
        "deviations": [_deviation(each) for each in result.get("risks", ()) if one(each, "deviation")],
        "controls": controls,
        "remedies": [
            {name: one(each, name) for name in ("control", "finding", "leaf", *REMEDY)}
            for each in result.get("risks", ()) if one(each, "finding")
        ],
        "plan": _plan(result),
        "system": [_line(each) for each in of(result) if each["name"] == "system"],
        "counts": {name: sum(each["result"] == name for each in controls) for name in RESULTS}
        | {"idle": sum(each["idle"] for each in controls)},
        "exceptions": _exceptions(controls),
        "texts": {each["name"]: _text(each) for each in parts if each["name"] in SECTIONS},
        "files": {
            each["rlinks"][0]["href"]: each["rlinks"][0]["hashes"][0]["value"]
            for each in told["back-matter"]["resources"] if "rlinks" in each
        },
        "cannot_see": [each["prose"] for each in parts if each["name"] == "cannot-see"] or list(CANNOT_SEE),
        "definitions": [list(each) for each in DEFINITIONS],
        "none_yet": NONE_YET,
        "words": RESULTS,
        "sources": SOURCES,
        "idle": IDLE,
    }  # fmt: skip


def _line(told: Any) -> View:
    """A line of section III, and how people read where it stands."""
    group, name, words = told["group"], told["class"], SYSTEM
    kind, _, number = group.partition("-") if group not in words else (group, "", "")
    return {
        "group": group,
        "name": name,
        "value": told["value"],
        "where": f"{words.get(kind, kind)} {number}".strip(),
        "words": words.get(name, name.replace("-", " ")),
    }


def _plan(result: Any) -> View | None:
    """The controls that are to be mended, and their risks: what `poam.json` has too. None where there are none."""
    broken = [one(each, "control") for each in result["findings"] if one(each, "result") == "not-satisfied"]
    risks = [each for each in result.get("risks", ()) if one(each, "control") in broken and not one(each, "deviation")]
    return {"controls": broken, "risks": risks} if broken else None


def _check(told: Any) -> View:
    groups: dict[str, dict[str, str]] = {}
    for each in of(told):
        if "group" in each:
            groups.setdefault(each["group"], {})[each["name"]] = each["value"]
    return {
        **{name: one(told, name) for name in ("rule", "result", "population", "people", "exceptions", "affected")},
        "digest": one(told, "evidence-digest"),
        "reason": told["description"],
        "figures": [
            {
                "name": each["figure"],
                "value": each["numerator"],
                "of": each.get("denominator", ""),
                "unit": each["unit"],
                "threshold": each.get("threshold", ""),
                "people": each["behind"],
            }
            for each in groups.values()
        ],
    }


def _control(told: Any, checks: dict[str, list[View]], attested: dict[str, View], said: dict[str, View]) -> View:
    name = one(told, "control")
    status = told["target"]["status"]
    return {
        "id": name,
        "title": told["title"],
        "statement": told["description"],
        "core": one(told, "core") == "yes",
        "result": one(told, "result"),
        "reason": status["remarks"],
        "idle": one(told, "idle") == "yes" and one(told, "result") == "not-tested",
        "measured": one(told, "measured"),
        "attested": one(told, "attested"),
        "asks": one(told, "asks"),
        "attestation": attested.get(name),
        "said": said.get(name),
        "checks": checks.get(name, []),
        "parameters": [[each["class"], each["value"]] for each in of(told) if each["name"] == "parameter"],
        "crosswalk": [each["value"] for each in of(told) if each["name"] == "crosswalk"],
    }


def _deviation(told: Any) -> View:
    names = (
        "deviation", "value", "standard", "unit", "rule", "from-at", "until-at", "project", "log", "leaf", "control",
        "signer", "document", "reason",
    )  # fmt: skip
    return {"words": told["title"].partition(": ")[2], **{name.replace("-", "_"): one(told, name) for name in names}}


def _text(told: Any) -> View:
    return {"prose": told["prose"], **{name: one(told, name) for name in ("signer", "at", "digest", "leaf")}}


def _exceptions(controls: list[View]) -> View:
    """How many exceptions are told, and in how many checks there are some whose number is not."""
    by_rule = {check["rule"]: check for control in controls for check in control["checks"]}.values()
    broken = [check for check in by_rule if check["result"] == "not-satisfied"]
    told = [int(each["exceptions"]) for each in by_rule if each["exceptions"] not in (NOT_TOLD, "")]
    return {"told": sum(told), "hidden": sum(each["exceptions"] == NOT_TOLD for each in broken), "checks": len(broken)}
