"""From a figure down: its rows, a person's day, one event with its proof. Persons have names of this audit alone.

A day is shown of persons alone whom a row is about, and an event alone that stands on such a day or behind a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from flask import Blueprint, Response, current_app, render_template, request
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Permission, Role
from labeler.audit.models import AuditEntry
from labeler.audit.proving import receipt
from labeler.audit.receipts import Receipt, wrong
from labeler.compliance.auditing.queries import entry_at
from labeler.compliance.auditing.rules import LookKind, pseudonym, veiled
from labeler.compliance.auditing.timeline import WORDS, Day, day_of
from labeler.compliance.outcome import Row
from labeler.config import Settings
from labeler.db import reading
from labeler.errors import Conflict, Missing
from labeler.gate import requires
from labeler.signing.keys import Keys
from labeler.signing.sealing import origin, record_keys
from labeler.web.audit_case import Case, case_of, looked, secret
from labeler.web.people_forms import uuid_of
from labeler.workforce.queries import called

bp = Blueprint("audit_rows", __name__)

PAGE = 50
"""Rows on a page."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A row as it is shown: its place among all rows, and the name of its person in this audit."""

    place: int
    row: Row
    person: str


@dataclass(frozen=True, slots=True)
class Event:
    """An entry of the record as an audit shows it, and its receipt: `proof` is why it doesn't hold, None if it does."""

    id: UUID
    at: datetime
    act: str
    by: str
    about: str
    fields: Mapping[str, Any]
    receipt: Receipt | None
    proof: str | None


@bp.get("/audits/<uuid:audit_id>/figures/<rule>/rows")
@requires(Permission.AUDITS)
def rows(audit_id: UUID, rule: str) -> str:
    """The rows behind a figure, by page; all of them, or the exceptions."""
    with reading() as session:
        case = case_of(session, audit_id)
    only, number = "exceptions" in request.args, max(1, request.args.get("page", 1, type=int))
    wanted = [(n, each) for n, each in enumerate(case.quarter.rows(rule)) if each.exception or not only]
    here = wanted[(number - 1) * PAGE : number * PAGE]
    about = {each.person for _, each in here if each.person is not None}
    looked(case, "exceptions" if only else "rows", rule=rule, people=about, kind=LookKind.ROWS)
    key = secret()
    return render_template(
        "oversight/audit_rows.html", case=case, rule=rule, only=only, page=number, total=len(wanted),
        more=len(wanted) > number * PAGE, from_sample=None,
        rows=[Shown(n, each, pseudonym(key, audit_id, each.person) if each.person else "") for n, each in here],
    )  # fmt: skip


def _row(case: Case, rule: str, place: int) -> Row:
    found = case.quarter.rows(rule)
    if not 0 <= place < len(found):
        raise Missing("There is no such row behind this figure.")
    return found[place]


def _day(case: Case, row: Row) -> Day:
    if row.person is None:
        raise Missing("This row is about nobody, so there is no day of anybody.")
    return day_of(case.quarter.facts, row.person, row.at)


@bp.get("/audits/<uuid:audit_id>/figures/<rule>/rows/<int:row>/day")
@requires(Permission.AUDITS)
def day(audit_id: UUID, rule: str, row: int) -> str:
    """The day of the person whom a row is about: drawn, and as a table. Conditions alone."""
    with reading() as session:
        case = case_of(session, audit_id)
    found = _row(case, rule, row)
    lived = _day(case, found)
    people = {found.person} if found.person else set()
    looked(case, "day", rule=rule, row=row, people=people, kind=LookKind.DAY)
    return render_template(
        "oversight/audit_day.html", case=case, rule=rule, row=row, found=found, day=lived, words=WORDS,
        name=pseudonym(secret(), audit_id, found.person) if found.person else "",
    )  # fmt: skip


@bp.get("/audits/<uuid:audit_id>/figures/<rule>/rows/<int:row>/event")
@requires(Permission.AUDITS)
def event(audit_id: UUID, rule: str, row: int) -> str:
    """The event that a row rests on, with its proof, which is checked on the spot."""
    return _event_page(audit_id, rule, row, None)


@bp.get("/audits/<uuid:audit_id>/figures/<rule>/rows/<int:row>/events/<int:leaf>")
@requires(Permission.AUDITS)
def day_event(audit_id: UUID, rule: str, row: int, leaf: int) -> str:
    """An event of the day of the person whom a row is about."""
    return _event_page(audit_id, rule, row, leaf)


@bp.get("/audits/<uuid:audit_id>/figures/<rule>/rows/<int:row>/event/receipt")
@requires(Permission.AUDITS)
def event_receipt(audit_id: UUID, rule: str, row: int) -> Response:
    """The receipt of the event that a row rests on."""
    return _receipt_file(audit_id, rule, row, None)


@bp.get("/audits/<uuid:audit_id>/figures/<rule>/rows/<int:row>/events/<int:leaf>/receipt")
@requires(Permission.AUDITS)
def day_event_receipt(audit_id: UUID, rule: str, row: int, leaf: int) -> Response:
    """The receipt of an event of a day."""
    return _receipt_file(audit_id, rule, row, leaf)


def _find(session: Session, audit_id: UUID, rule: str, row: int, leaf: int | None) -> tuple[Case, Row, Event]:
    case = case_of(session, audit_id)
    found = _row(case, rule, row)
    place = (found.log, found.number)
    if leaf is not None:
        place = next(((e.log, e.number) for e in _day(case, found).events if e.number == leaf), (found.log, -1))
    return case, found, _shown(session, case, entry_at(session, *place))


def _shown(session: Session, case: Case, entry_id: UUID) -> Event:
    entry = session.get(AuditEntry, entry_id)
    if entry is None:
        raise Missing("What this entry said was erased. Its place in the record is kept.")
    key, audit_id = secret(), case.audit.id
    known = called(session, [each for each in (entry.actor_id, entry.subject_id) if each is not None])

    def name(who: UUID) -> str:
        words, role = known.get(who, ("", Role.LABELER))
        return pseudonym(key, audit_id, case.quarter.facts.person(who)) if role is Role.LABELER else words

    about = veiled(key, audit_id, entry.act.partition(".")[0], entry.subject_id)

    def veil(field: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: veil(name, each) for name, each in value.items()}
        if isinstance(value, list):
            return [veil(field, each) for each in value]
        inside = uuid_of(value) if isinstance(value, str) else None
        return value if inside is None else veiled(key, audit_id, field, inside)

    fields = {field: veil(field, value) for field, value in orjson.loads(entry.fields).items()}
    given, proof = _proof(session, entry_id)
    return Event(
        entry.id, entry.at, entry.act, name(entry.actor_id) if entry.actor_id else "the system",
        name(entry.subject_id) if entry.subject_id in known else about, fields, given, proof,
    )  # fmt: skip


def _proof(session: Session, entry_id: UUID) -> tuple[Receipt | None, str | None]:
    """The receipt, and why it does not hold."""
    settings: Settings = current_app.extensions["settings"]
    keys = Keys(settings.folder)
    try:
        given = receipt(session, entry_id)
    except Conflict as none:
        return None, none.message
    return given, wrong(given.model_dump(mode="json"), origin(keys), record_keys(keys))


def _event_page(audit_id: UUID, rule: str, row: int, leaf: int | None) -> str:
    with reading() as session:
        case, found, seen = _find(session, audit_id, rule, row, leaf)
    people = {found.person} if found.person else set()
    looked(case, "event", rule=rule, row=row, people=people, kind=LookKind.EVENT)
    return render_template(
        "oversight/audit_event.html", case=case, rule=rule, row=row, leaf=leaf, found=found, event=seen
    )


def _receipt_file(audit_id: UUID, rule: str, row: int, leaf: int | None) -> Response:
    with reading() as session:
        case, found, seen = _find(session, audit_id, rule, row, leaf)
    if seen.receipt is None:
        raise Conflict(seen.proof or "There is no receipt of this entry.")
    people = {found.person} if found.person else set()
    looked(case, "receipt", rule=rule, row=row, people=people, kind=LookKind.EVENT)
    sent = Response(orjson.dumps(seen.receipt.model_dump(mode="json")), mimetype="application/json")
    sent.headers["Content-Disposition"] = f'attachment; filename="receipt-{seen.receipt.number}.json"'
    return sent
