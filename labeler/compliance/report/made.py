"""A report, made: from facts to `report.json` and what it names. Pure: the same input gives the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import orjson

from labeler.compliance.assessing import assess
from labeler.compliance.disclosing import disclose
from labeler.compliance.events import Facts, facts_of
from labeler.compliance.oscal.catalog import catalog
from labeler.compliance.oscal.mapping import mapping
from labeler.compliance.oscal.parts import file_name
from labeler.compliance.oscal.profile import profile
from labeler.compliance.outcome import Checked
from labeler.compliance.report import evidence, oscal
from labeler.compliance.report.asked import Asked, Earlier
from labeler.compliance.report.remedies import PLAN, plan, remedies
from labeler.compliance.report.source import source
from labeler.compliance.report.system import TABLE, system, table
from labeler.compliance.report.tables import tables
from labeler.compliance.report.texts import Said, newest

REPORT = "report.json"
CHECKPOINT = "checkpoint.txt"
PROFILE = "profile.json"


@dataclass(frozen=True, slots=True)
class Made:
    """`report` are the bytes of `report.json`, `files` what it names by its SHA-256 (tables, standard, profile,
    checkpoint), `rows` the rows of each rule as CSV, for auditors alone."""

    report: bytes
    files: dict[str, bytes]
    rows: dict[str, bytes]

    @property
    def digest(self) -> str:
        """The SHA-256 of `report.json`."""
        return hashlib.sha256(self.report).hexdigest()


def make(
    asked: Asked,
    facts: Facts,
    salts: Iterable[bytes],
    texts: Mapping[str, tuple[str, str]],
) -> Made:
    """Make a report. `facts` are those of its prefix, `salts` those of the vendor's leaves in it that are not erased,
    and `texts` has signer and text by digest.

    Raises KeyError for a text that the record names and `texts` has not, and ValueError for a profile that may not be
    (`source`).
    """
    whose = source(asked, facts)
    assessment = assess(facts, asked.standard)
    earlier = [assess(_as_of(facts, each), asked.standard) for each in asked.earlier]
    shown = disclose(assessment, asked.k, earlier)
    key = evidence.key_of(asked.parameters, salts)
    checked: dict[str, Checked] = {each.rule: each for control in assessment.controls for each in control.checks}
    rows = {rule: evidence.rows_csv(each, key) for rule, each in sorted(checked.items())}
    said = [Said(kind, *texts[event.fields["digest"]], event.at, event.number) for kind, event in newest(facts).items()]
    beside = oscal.Beside(whose, system(facts, shown), remedies(facts, asked))
    todo = plan(asked, assessment, shown, beside.remedies)
    files = {
        **tables(shown),
        TABLE: table(beside.system),
        **({PLAN: todo} if todo is not None else {}),
        **papers(asked),
        PROFILE: profile_bytes(asked),
        CHECKPOINT: asked.checkpoint.encode(),
    }
    report = oscal.report(
        asked,
        assessment,
        shown,
        sorted(said, key=lambda each: each.kind),
        beside,
        facts.erased,
        {rule: evidence.digest(key, rule, each) for rule, each in rows.items()},
        {path: hashlib.sha256(each).hexdigest() for path, each in files.items()},
    )
    return Made(report, files, rows)


def papers(asked: Asked) -> dict[str, bytes]:
    """The standard, the profile and the crosswalks in OSCAL."""
    standard = asked.standard
    return {
        file_name(standard, "catalog"): catalog(standard),
        file_name(standard, "mapping"): mapping(standard),
        "profile.oscal.json": profile(standard, asked.profile, asked.at),
    }


def profile_bytes(asked: Asked) -> bytes:
    """The profile's name and numbers, as its digest is made of them."""
    told = {"name": asked.profile.name, "values": dict(asked.profile.values)}
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS)


def _as_of(facts: Facts, earlier: Earlier) -> Facts:
    """The facts that an earlier report on the same quarter rested on."""
    sizes = {facts.vendor: earlier.vendor_size}
    events = [each for each in facts.events if each.number < sizes.get(each.log, earlier.platform_size)]
    return facts_of(facts.vendor, facts.period, earlier.profile, events, facts.erased, facts.k)
