"""What is signed off: samples with marks and notes, findings with what followed, and the scope, as JSON text.

No person is in it: rows are named by their place in the record, which leads to one only with the record itself.
"""

from __future__ import annotations

import base64
from typing import Any

import orjson
from sqlalchemy.orm import Session

from labeler.compliance.auditing.assessed import Quarter, digest_of
from labeler.compliance.auditing.findings import shown
from labeler.compliance.auditing.models import Audit, Finding
from labeler.compliance.auditing.queries import Drawn, samples
from labeler.compliance.events import Period
from labeler.compliance.report.audited import PACK_TYPE
from labeler.exports.standalone.verify_dataset import canonical, pae
from labeler.signing.keys import SigningKey


def pack(session: Session, audit: Audit, found: Quarter, report: str, number: int, signature: dict[str, Any]) -> str:
    """The text of an audit as it is signed: sorted JSON.

    `report_sha256` is that of `report.json` of report `number`, which is made of the same prefix by the same standard
    and profile, and tells it in k-cells. `assessment` is what the auditor's pages showed, with all rows: `controls` are
    its results, and those of the report too unless data of a person were erased meanwhile (then `erased` differs from
    the report's).
    """
    told = {
        "audit": audit.id,
        "vendor": {"id": audit.vendor_id, "name": found.assessment.vendor_name},
        "period": Period.quarter(audit.year, audit.quarter).name,
        "standard": {"id": found.standard.id, "version": found.standard.version, "sha256": found.standard.digest},
        "profile": {"name": found.facts.profile.name, "sha256": found.facts.profile.digest},
        "purpose": audit.purpose,
        "opened_at": audit.opened_at,
        "record": {
            "checkpoint": audit.checkpoint,
            "root": audit.root,
            "vendor_size": audit.vendor_size,
            "platform_size": audit.platform_size,
        },
        "report_sha256": report,
        "report_number": number,
        "assessment": {"sha256": digest_of(found), "erased": found.facts.erased},
        "controls": {each.control: each.result for each in found.assessment.controls},
        "samples": [_sample(each) for each in samples(session, audit.id)],
        "findings": [
            {
                "number": each.finding.number,
                "control": each.finding.control,
                "severity": each.finding.severity,
                "text": each.finding.text,
                "due_on": each.finding.due_on,
                "written_at": each.finding.written_at,
                "state": each.standing.state,
                "steps": [
                    {"step": step.step, "text": step.text, "at": step.at, "remedy_on": step.remedy_on}
                    for step in each.steps
                ],
            }
            for each in shown(session, Finding.audit_id == audit.id, signature["at"])
        ],
        "signature": signature,
    }
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z | orjson.OPT_INDENT_2).decode() + "\n"


def _sample(drawn: Drawn) -> dict[str, Any]:
    return {
        "number": drawn.sample.number,
        "rule": drawn.sample.rule,
        "of": "person-days" if drawn.sample.days else "rows",
        "seed": drawn.sample.seed,
        "seed_typed": drawn.sample.typed,
        "size": drawn.sample.size,
        "population": drawn.sample.population,
        "drawn_at": drawn.sample.drawn_at,
        "rows": [
            {
                "place": row.place,
                "row": row.row_place,
                "log": row.log_id,
                "leaf": row.leaf,
                "mark": said.mark if (said := drawn.marks.get(row.place)) else None,
                "note": said.note if said else "",
            }
            for row in drawn.rows
        ],
    }


def envelope(text: bytes, key: SigningKey) -> bytes:
    """The signature of a pack, in a DSSE envelope."""
    signed = base64.b64encode(key.sign(pae(PACK_TYPE, text))).decode()
    told = {
        "payload": base64.b64encode(text).decode(),
        "payloadType": PACK_TYPE,
        "signatures": [{"keyid": key.public.key_id, "sig": signed}],
    }
    return canonical(told) + b"\n"
