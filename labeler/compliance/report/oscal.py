"""The report as an OSCAL 1.2 assessment-results file. Pure.

Measured, attested and confirmed are observations of three methods (TEST, EXAMINE, INTERVIEW) that never mix. OSCAL
knows two states only: what was not tested is `not-satisfied` with the reason `not-tested`. Numbers are properties in a
space of names of ours. There is neither a plan nor a system of OSCAL's behind a report, so `import-ap` leads to a note
in the back matter.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from labeler.compliance.checks import CHECKS
from labeler.compliance.disclosing import Shown, ShownControl
from labeler.compliance.oscal.parts import OSCAL
from labeler.compliance.outcome import Assessment, Gap, Result
from labeler.compliance.report.asked import Asked, in_utc
from labeler.compliance.report.observing import Digests, measured, observations
from labeler.compliance.report.props import prop, props, resource
from labeler.compliance.report.remedies import Remedy, related, risks
from labeler.compliance.report.source import Source
from labeler.compliance.report.system import Line, as_props
from labeler.compliance.report.texts import Said, digest
from labeler.compliance.report.words import CANNOT_SEE, SECTIONS
from labeler.compliance.standards import Control


@dataclass(frozen=True, slots=True)
class Beside:
    """What a report says beside its results: whose numbers it measures by, section III, and what assessors found of
    the quarter."""

    source: Source
    system: Sequence[Line]
    remedies: Sequence[Remedy]


def report(
    asked: Asked,
    assessment: Assessment,
    shown: Shown,
    said: Sequence[Said],
    beside: Beside,
    erased: int,
    evidence: Digests,
    files: Digests,
) -> bytes:
    """The bytes of `report.json`. `beside` is what it says beside its results, `erased` leaves of the vendor's
    log are, `evidence` has the keyed digest of each rule's rows, `files` the SHA-256 of each file that is laid
    beside it, by path."""
    at = in_utc(asked.at)
    title = f"{asked.standard.title}: {assessment.vendor_name or 'vendor'}, {asked.period.name}"
    told = {
        "assessment-results": {
            "uuid": asked.name("report"),
            "metadata": {
                "title": title,
                "last-modified": at,
                "version": str(asked.number),
                "oscal-version": OSCAL,
                "props": props(format="labeler-report/1"),
            },
            "import-ap": {
                "href": f"#{asked.name('plan')}",
                "remarks": "No plan of OSCAL's stands behind it: what is tested is what the standard names.",
            },
            "local-definitions": {"activities": _activities(asked, shown)},
            "results": [_result(asked, assessment, shown, said, beside, erased, evidence)],
            "back-matter": {"resources": _resources(asked, files)},
        }
    }
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _result(
    asked: Asked,
    assessment: Assessment,
    shown: Shown,
    said: Sequence[Said],
    beside: Beside,
    erased: int,
    evidence: Digests,
) -> dict[str, Any]:
    controls = [(asked.standard.control(each.control), each) for each in shown.controls]
    tested = [each for control, one in controls for each in observations(asked, control, one, evidence)]
    signed = any(each.kind == "statement" for each in said)
    facts = props(
        vendor=assessment.vendor,
        vendor_name=assessment.vendor_name,
        period=asked.period.name,
        standard=f"{asked.standard.id} {asked.standard.version}",
        standard_digest=asked.standard.digest,
        profile=asked.profile.name,
        profile_digest=asked.profile.digest,
        profile_source=beside.source,
        parameters=asked.parameters,
        number=asked.number,
        k=asked.k,
        meets="yes" if assessment.meets else "no",
        assurance="assessor" if signed else "none",
        headcount=shown.headcount,
        entries=assessment.entries,
        vendor_size=asked.vendor_size,
        platform_size=asked.platform_size,
        checkpoint_digest=hashlib.sha256(asked.checkpoint.encode()).hexdigest(),
        erased=erased,
    )
    values = [prop("parameter", value, **{"class": name}) for name, value in sorted(asked.profile.values.items())]
    before = [
        prop("earlier", orjson.dumps(each.told(), option=orjson.OPT_SORT_KEYS).decode()) for each in asked.earlier
    ]
    gaps = [prop("gap", f"{each.what}: {each.number}", **_first(each)) for each in assessment.gaps]
    made: dict[str, Any] = {
        "uuid": asked.name("result"),
        "title": f"{asked.period.name} by {asked.profile.name}",
        "description": "Every control of the standard over all entries of the quarter; nothing is sampled.",
        "start": in_utc(asked.period.start),
        "end": in_utc(asked.period.end),
        "props": [*facts, *values, *before, *gaps, *as_props(beside.system)],
        "reviewed-controls": {
            "control-selections": [{"include-controls": [{"control-id": control.id} for control, _ in controls]}]
        },
        "attestations": [{"parts": [_part(asked, each) for each in said]}] if said else [],
        "observations": tested,
        "risks": risks(asked, assessment, shown, beside.remedies),
        "findings": [_finding(asked, control, one, beside.remedies) for control, one in controls],
    }
    made["attestations"].append({"parts": [{"name": "cannot-see", "prose": each} for each in CANNOT_SEE]})
    return {name: value for name, value in made.items() if value != []}


def _first(gap: Gap) -> dict[str, str]:
    """Where the first entry of a gap is."""
    if gap.at is None:
        return {}
    place = f", entry {gap.place} of log {gap.log}" if gap.place is not None else ""
    return {"remarks": f"First on {in_utc(gap.at)}{place}."}


def _finding(asked: Asked, control: Control, shown: ShownControl, found: Sequence[Remedy]) -> dict[str, Any]:
    passed = shown.result is Result.SATISFIED
    reason = {Result.SATISFIED: "pass", Result.NOT_SATISFIED: "fail", Result.NOT_TESTED: "not-tested"}[shown.result]
    told = props(
        control=control.id,
        core="yes" if control.core else "no",
        result=shown.result.value,
        idle="yes" if shown.idle else None,
        measured=shown.measured and shown.measured.value,
        attested=shown.attested and shown.attested.value,
        asks=control.asks or None,
    )
    for name in control.parameters:
        known = asked.standard.numbers[name]
        told.append(prop("parameter", f"{asked.profile.values[name]} {known.unit.value}", **{"class": name}))
    told += [prop("crosswalk", f"{to}: {', '.join(refs)}") for to, refs in sorted(control.crosswalk.items())]
    seen = [measured(asked, control, each) for each in shown.checks]
    seen += [asked.name(f"attested {control.id}")] if shown.attestation else []
    seen += [asked.name(f"confirmed {control.id}")] if (shown.confirm, shown.contest) != (None, None) else []
    made: dict[str, Any] = {
        "uuid": asked.name(f"finding {control.id}"),
        "title": control.title,
        "description": control.statement or control.title,
        "props": told,
        "target": {
            "type": "objective-id",
            "target-id": f"{control.id}_obj",
            "status": {
                "state": "satisfied" if passed else "not-satisfied",
                "reason": reason,
                "remarks": shown.reason or "What the control asks for was found.",
            },
        },
    }
    if seen:
        made["related-observations"] = [{"observation-uuid": each} for each in seen]
    if leads := related(asked, shown, found):
        made["related-risks"] = leads
    return made


def _part(asked: Asked, said: Said) -> dict[str, Any]:
    return {
        "uuid": asked.name(f"text {said.kind}"),
        "name": said.kind.value,
        "title": SECTIONS[said.kind.value],
        "prose": said.text,
        "props": props(
            signer=said.signer,
            at=in_utc(said.at),
            leaf=said.number,
            digest=digest(said.kind, asked.period.name, said.signer, said.text),
        ),
    }


def _activities(asked: Asked, shown: Shown) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for control in shown.controls:
        for each in control.checks:
            made = found.setdefault(
                each.rule,
                {
                    "uuid": asked.name(f"test {each.rule}"),
                    "title": each.rule,
                    "description": words_of(each.rule),
                    "related-controls": {"control-selections": [{"include-controls": []}]},
                },
            )
            made["related-controls"]["control-selections"][0]["include-controls"].append(
                {"control-id": control.control}
            )
    return list(found.values()) or [
        {"uuid": asked.name("no test"), "title": "None", "description": "The standard names no test."}
    ]


def words_of(rule: str) -> str:
    """What a check says of itself: its population, what is an exception, and what it cannot see."""
    check = CHECKS.get(rule)
    said = inspect.cleandoc(check.__doc__ or "") if check else ""
    return " ".join(said.split()) or "This version of the product has no test for it."


def _resources(asked: Asked, files: Digests) -> list[dict[str, Any]]:
    media = {"csv": "text/csv", "json": "application/json", "toml": "application/toml", "txt": "text/plain"}
    found = [
        {
            "uuid": asked.name("plan"),
            "title": "How the assessment is made",
            "description": "Each rule of the standard is tested over every entry of the quarter, by the tests above.",
        }
    ]
    for path, sha256 in sorted(files.items()):
        rule = path.removeprefix("evidence/").removesuffix(".csv")
        name = f"evidence {rule}" if path.startswith("evidence/") else f"file {path}"
        kind = media.get(path.rpartition(".")[2], "application/octet-stream")
        found.append(resource(asked.name(name), path, path, kind, sha256))
    return found
