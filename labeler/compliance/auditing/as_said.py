"""Whether words of an audit are still those that were said: the record has the SHA-256 of each, and what goes with it.

The database refuses to change them; who has it in hand can all the same. The record can't be changed unseen.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.audit.models import AuditEntry
from labeler.compliance.auditing.findings import Shown, digest_of
from labeler.compliance.auditing.models import AuditSignature
from labeler.compliance.auditing.queries import samples
from labeler.compliance.auditing.rules import ACTS
from labeler.errors import Conflict

OTHER = "This is not what was said: the record has another SHA-256, control, severity or day. It was changed by hand."
NO_ENTRY = "The record has no entry of this. It was added by hand."
GONE = "The record has an entry of something more that was said to this finding. It was taken away by hand."

WRITE = "finding.write"
_Place = tuple[str, datetime, UUID | None]


def changed(session: Session, findings: Sequence[Shown]) -> dict[UUID, str]:
    """What is wrong with findings and their steps, by the id of either; empty where all are as they were said. Entries
    of an older version have no SHA-256: of them the rest is compared."""
    entries = _entries(session, [each.finding.id for each in findings], (WRITE, *ACTS.values()))
    wrong: dict[UUID, str] = {}
    for each in findings:
        finding, said = each.finding, entries[each.finding.id]
        written = next((place for place in said if place[0] == WRITE), None)
        told = {
            "audit": str(finding.audit_id), "control": finding.control, "severity": finding.severity.value,
            "due_on": finding.due_on.isoformat(), "digest": digest_of(finding.text),
        }  # fmt: skip
        if problem := _problem(said.pop(written) if written else None, told):
            wrong[finding.id] = problem
        for step in each.steps:
            day = {"remedy_on": step.remedy_on.isoformat()} if step.remedy_on else {}
            given = said.pop((ACTS[step.step], step.at, step.by_id), None)
            if problem := _problem(given, {**day, "digest": digest_of(step.text)}):
                wrong[step.id] = problem
        if said:
            wrong.setdefault(finding.id, GONE)
    return wrong


def _problem(given: Mapping[str, Any] | None, told: Mapping[str, Any]) -> str | None:
    if given is None:
        return NO_ENTRY
    return OTHER if any(told.get(name) != value for name, value in given.items()) else None


def _entries(
    session: Session, subjects: Sequence[UUID], acts: Sequence[str]
) -> defaultdict[UUID, dict[_Place, Mapping[str, Any]]]:
    found: defaultdict[UUID, dict[_Place, Mapping[str, Any]]] = defaultdict(dict)
    wanted = select(AuditEntry).where(AuditEntry.subject_id.in_(subjects), AuditEntry.act.in_(acts))
    for entry in session.scalars(wanted.order_by(AuditEntry.id)):
        found[entry.subject_id][entry.act, entry.at, entry.actor_id] = orjson.loads(entry.fields)
    return found


def notes_changed(session: Session, audit_id: UUID) -> list[str]:
    """The places of an audit's samples whose last mark, or its note, the record has otherwise, such as `row 2 of sample
    1`."""
    wanted = select(AuditEntry.fields).where(AuditEntry.subject_id == audit_id, AuditEntry.act == "audit.mark")
    last: dict[tuple[int, int], Mapping[str, Any]] = {}
    for fields in session.scalars(wanted.order_by(AuditEntry.at, AuditEntry.id)):
        given = orjson.loads(fields)
        last[given["sample"], given["place"]] = given
    wrong = []
    for drawn in samples(session, audit_id):
        for place in range(drawn.sample.size):
            mark, given = drawn.marks.get(place), last.get((drawn.sample.number, place))
            same = mark is None and given is None
            if mark is not None and given is not None:
                told = {"mark": mark.mark.value, "note": digest_of(mark.note)}
                same = all(given.get(name, value) == value for name, value in told.items())
            if not same:
                wrong.append(f"row {place + 1} of sample {drawn.sample.number}")
    return wrong


def refuse_changed(session: Session, audit_id: UUID, findings: Sequence[Shown]) -> None:
    """Raise Conflict, naming each, where words of an audit are not those that were said: nobody signs them."""
    ids = changed(session, findings)
    wrong = [
        f"finding {each.finding.number}"
        for each in findings
        if each.finding.id in ids or any(step.id in ids for step in each.steps)
    ]
    if wrong := wrong + notes_changed(session, audit_id):
        raise Conflict(
            f"This is not as it was said: {', '.join(wrong)}. The record has it otherwise, so the database was changed "
            "by hand. Tell whoever runs this installation; nothing is signed meanwhile."
        )


def refuse_another_pack(session: Session, signature: AuditSignature) -> None:
    """Raise Conflict where a pack is not the text that was signed off, by its own SHA-256 and by the record's."""
    made = hashlib.sha256(signature.pack.encode()).hexdigest()
    wanted = select(AuditEntry.fields).where(
        AuditEntry.subject_id == signature.audit_id, AuditEntry.act == "audit.sign"
    )
    known = {orjson.loads(fields)["pack"] for fields in session.scalars(wanted)}
    if made != signature.pack_digest or known != {made}:
        raise Conflict(
            "What is kept of this audit is not what was signed off: the record has another SHA-256 of it, so the "
            "database was changed by hand. Tell whoever runs this installation."
        )
