"""A world in which everybody has something that is not the others' to see, and addresses made from the URL map.

Each variable of an address has a line in `VARIABLES`: what stands there in this world, to whom it is foreign, and which
words of it nobody else may read. A route with a new variable needs a new line; `test_access` says so.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import quote
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from labeler.accounts.models import User
from labeler.accounts.permissions import Permission, Role, may
from labeler.accounts.service import make_api_key, make_link
from labeler.anomalies.models import Anomaly
from labeler.anomalies.rules import About
from labeler.anomalies.rules import Sign as Anomalous
from labeler.assignment.service import Handed, opt_out
from labeler.audit.models import AuditEntry
from labeler.cases.grievance_models import Grievance, WatchFlag
from labeler.cases.grievances import open_grievance
from labeler.cases.marking import mark
from labeler.cases.rules import Decider, EventKind, Sign
from labeler.cases.service import ask_review
from labeler.clock import now
from labeler.compliance.auditing.models import Audit, Finding
from labeler.compliance.auditing.rules import Severity
from labeler.compliance.models import Report
from labeler.compliance.standards import read
from labeler.db import repeated, transaction
from labeler.evidence.service import Statement, attest
from labeler.gate import declared
from labeler.ids import new_id
from labeler.models import metadata
from labeler.pay.classes import TimeClass
from labeler.pay.closing import close
from labeler.pay.models import OwnTime, PayPeriod, TimeLine
from labeler.pay.rules import WEEK, week_of
from labeler.pay.service import add_time, contest
from labeler.storage import Storage
from labeler.web.handing import answer_and_next, next_task
from labeler.wellbeing.models import OptOutScope
from labeler.workforce.contract_models import ContractVersion
from labeler.workforce.contract_rules import Conditions, Payroll
from labeler.workforce.contracts import add_contract
from labeler.workforce.models import Vendor
from tasks.content import Completion, Item, Message
from tasks.content import Role as Speaker
from tests.support.build import add_labeler, add_project, add_tasks, add_user, add_vendor, sign_in

API = "/api/v1"
VARIABLE = r"<(?:([^:>]+):)?(\w+)>"
"""One variable in the text of a rule: its converter, and its name."""
SECRET = "words of a task that only its labeler reads"
NAME = "Hilda of another vendor"
EVIDENCE = "evidence that only its labeler and her deciders read"
KEY_NAME = "key of somebody else"
SIGNER = "Sigrun who signs for another vendor"
PROFILE = "a profile that only its vendor's reports name"
AUDITED = "words of an audit that its vendor alone and auditors read"


@dataclass
class World:
    """One person of each role, and beside them strangers with something of their own."""

    app: Flask
    people: dict[Role, UUID] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    browsers: dict[Role | None, tuple[FlaskClient, str]] = field(default_factory=dict)

    def browser(self, role: Role | None) -> tuple[FlaskClient, str]:
        """A browser with this role signed in (None: nobody), and the token of its forms."""
        if role not in self.browsers:
            client = self.app.test_client()
            if role is not None:
                sign_in(client, self.people[role])
            page = client.get("/account" if role else "/sign-in").text
            self.browsers[role] = client, re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]
        return self.browsers[role]

    def ask(self, role: Role | None, method: str, path: str, **fields: str) -> TestResponse:
        """One request of this role's browser; one that changes something carries the token and whatever a form may."""
        client, token = self.browser(role)
        if method == "GET":
            return client.get(path)
        return client.open(path, method=method, data={"csrf_token": token, **FORM, **fields})


FORM = {
    "idem_key": "0123456789abcdef", "choice": "a2", "scope": "task", "severity": "2", "last_day": "2026-12-31",
    "languages": "en", "time_zone": "UTC", "contract_from": "2026-01-01",
    "decision": "stays", "email": "made@example.org", "name": "Made",
    "words": "Words of a form that fits", "reasons": "Reasons that are long enough.", "outcome": "stands",
    "code": "duplicate", "evidence": "Evidence that is long enough.", "from_day": "2027-12-31", "state": "dismissed",
    "note": "Looked at.",
}  # fmt: skip
"""Fields that forms ask for, so that a request is refused for whose it is, not for what it lacks."""


@dataclass(frozen=True)
class Variable:
    """What stands in an address for one of its variables."""

    make: Callable[[World], str]
    foreign_to: frozenset[Role] = frozenset()
    telling: tuple[str, ...] = ()


def known(name: str, *foreign_to: Role, telling: tuple[str, ...] = ()) -> Variable:
    """Something of the world by its name there."""
    return Variable(lambda world: world.values[name], frozenset(foreign_to), telling)


VARIABLES: dict[str, Variable] = {
    # What belongs to one person or one vendor
    "assignment_id": known("assignment", Role.LABELER, telling=(SECRET,)),
    "judgment_id": known("judgment", Role.LABELER, telling=(SECRET,)),
    "opt_out_id": known("opt_out", Role.LABELER),
    "person_id": known("stranger", Role.VENDOR_MANAGER, telling=(NAME,)),
    "key_id": known("key", Role.RESEARCHER, telling=(KEY_NAME,)),
    "case_id": known("case", Role.LABELER, Role.VENDOR_MANAGER, telling=(EVIDENCE,)),
    "line_id": known("line", Role.LABELER),
    "statement_id": known("statement", Role.VENDOR_MANAGER, telling=(NAME,)),
    # Audits: every auditor reads them, and findings the vendor's managers too
    "audit_id": known("audit"),
    "finding_id": known("finding", Role.VENDOR_MANAGER, telling=(AUDITED,)),
    "sample_id": known("audit"),
    "report_id": known("report", Role.VENDOR_MANAGER, Role.WORKER_REPRESENTATIVE, telling=(PROFILE,)),
    "ending": Variable(lambda _: "json"),
    "rule": Variable(lambda _: "BRK-1"),
    "row": Variable(lambda _: "0"),
    "leaf": Variable(lambda _: "0"),
    "place": Variable(lambda _: "0"),
    # What everybody may see whose role opens the page
    "review_id": known("review"),
    "vendor_id": known("vendor", Role.VENDOR_MANAGER, telling=("Away",)),
    "attestation_id": known("attestation", Role.VENDOR_MANAGER, telling=(SIGNER,)),
    "draft_id": known("draft", Role.VENDOR_MANAGER),
    "own_entry_id": known("own_entry", Role.LABELER),
    "version_id": known("contract_version", Role.LABELER),
    "contract_id": known("contract"),
    "control": Variable(lambda _: "LWS-22"),
    "grievance_id": known("grievance"),
    "flag_id": known("flag"),
    "anomaly_id": known("anomaly"),
    "entry_id": known("entry"),
    "contest_id": known("contest"),
    "own_id": known("own"),
    "slug": known("slug"),
    "batch_id": known("batch"),
    "task_id": known("task"),
    "step": known("step"),
    "version": known("one"),
    "number": known("one"),
    "file": known("file"),
    "category": known("category"),
    "name": known("kind"),
    "limit": Variable(lambda _: "break_stop"),
    "digest": Variable(lambda _: "0" * 64),
    "request_id": Variable(lambda _: str(UUID(int=2))),
    "delivery_id": Variable(lambda _: str(UUID(int=1))),
    # Who has it has the right to it
    "token": known("token"),
}


def build(app: Flask) -> World:
    """The world, made the way its people would have made it."""
    world = World(app)
    with transaction() as session:
        home, away = add_vendor(session, "Home"), add_vendor(session, "Away")
        world.people = {role: add_user(session, role, vendor=home).id for role in Role if role is not Role.LABELER}
        world.people[Role.LABELER] = add_labeler(session, home).id
        stranger = add_labeler(session, away, name=NAME).id
        project = add_project(session, overlap=1, options={})
        items = [_item(n) for n in range(4)]
        made = add_tasks(session, project, 4, items=items)
        other = add_user(session, Role.RESEARCHER).id
        key, _ = make_api_key(session, other, Role.RESEARCHER, KEY_NAME, ["projects:read"], now())
        token = make_link(session, None, session.get_one(User, other), now(), invites=True)
        batch = made[0].batch_id
    first = next_task(stranger, now())
    assert isinstance(first, Handed)
    done = answer_and_next(stranger, first.assignment_id, {"choice": ["a2"]}, "0123456789abcdef", now())
    assert isinstance(done.next, Handed)
    said = repeated(lambda s: opt_out(s, stranger, OptOutScope.CATEGORY, now(), category="W03"))
    judgment = done.submitted.judgment.id
    with transaction() as session:
        reviewer = Decider(world.people[Role.RESEARCHER], Role.RESEARCHER)
        case = mark(session, reviewer, judgment, "duplicate", EVIDENCE, 1, "", now())
        review = ask_review(session, stranger, case, "I disagree because it is mine.", now())
        open_grievance(session, "Something that happened.", away.id, now())
        grievance = session.scalars(select(Grievance.id)).one()
        flag = WatchFlag(
            labeler_id=stranger, sign=Sign.CLOSED, event=EventKind.OPT_OUT, event_at=now(), found_at=now(), before=0,
            after=1,
        )  # fmt: skip
        anomaly = Anomaly(
            sign=Anomalous.PAID_LATE, about=About.VENDOR, subject_id=away.id, vendor_id=away.id, week=now().date(),
            found_at=now(), hits=1, made=2, people=1,
        )  # fmt: skip
        session.add_all([flag, anomaly])
        session.flush()
    with transaction() as session:
        entry = session.scalars(select(AuditEntry.id).where(AuditEntry.act == "judgment.submit")).one()
        no = session.scalars(select(AuditEntry.id).where(AuditEntry.act == "opt_out.say")).one()
        paid = _paid(session, stranger)
        stated = _evidence(session, app, session.get_one(Vendor, away.id), world.people[Role.ADMIN])
        audited = _audited(session, away)
    world.values = {
        "assignment": str(done.next.assignment_id),
        "judgment": str(judgment),
        "case": str(case),
        "review": str(review),
        "grievance": str(grievance),
        "flag": str(flag.id),
        "anomaly": str(anomaly.id),
        "opt_out": str(said),
        "stranger": str(stranger),
        "key": str(key.id),
        "entry": str(entry),
        "own_entry": str(no),
        "slug": project.slug,
        "batch": str(batch),
        "task": str(made[3].id),
        "step": "coping",
        "one": "1",
        "file": "README.md",
        "category": "W03",
        "kind": "comparison",
        "token": token,
        **paid,
        **stated,
        **audited,
    }
    return world


def _paid(session: Session, stranger: UUID) -> dict[str, str]:
    """What the stranger was paid last week: a line, an objection to it, her own count, the statement."""
    week = week_of(now()) - WEEK
    add_time(session, None, stranger, TimeClass.REWORK, week, week + timedelta(hours=1), now())
    reworked = select(TimeLine.id).where(TimeLine.labeler_id == stranger, TimeLine.kind == TimeClass.REWORK)
    line = session.scalars(reworked).one()  # her asking for a review was paid too
    raised = contest(session, stranger, line, "What she objects to", now())
    said = OwnTime(labeler_id=stranger, period_from=week, seconds=40_000, said_at=week)
    session.add(said)
    session.flush()
    close(session, stranger, week + 9 * (WEEK / 7))
    statement = session.scalars(select(PayPeriod.id).where(PayPeriod.labeler_id == stranger)).one()
    return {"line": str(line), "contest": str(raised.id), "own": str(said.id), "statement": str(statement)}


def _evidence(session: Session, app: Flask, vendor: Vendor, admin: UUID) -> dict[str, str]:
    """What another vendor has attested and what its labelers work under."""
    manager = add_user(session, Role.VENDOR_MANAGER, vendor=vendor).id
    document = app.extensions["settings"].folder / "document"
    document.write_text("What another vendor says.")
    digest = hashlib.sha256(document.read_bytes()).hexdigest()
    Storage(app.extensions["settings"].folder).add_document(digest, document)
    at = now()
    today = at.date()
    said = Statement("LWS-22", SIGNER, "director", today, today, digest, "a.txt", 25, "text/plain")
    made = attest(session, manager, new_id(), said, read(), at)
    conditions = Conditions(at, None, 1, None, ("KE",), 30, 20, 10, False, False, False, Payroll.PLATFORM)
    contract = add_contract(session, admin, vendor.id, "Employment", conditions, {"en": "All of it."}, at)
    version = session.scalars(select(ContractVersion.id).filter_by(contract_id=contract.id)).one()
    return {
        "vendor": str(vendor.id), "attestation": str(made.id), "draft": str(UUID(int=1)),
        "contract": str(contract.id), "contract_version": str(version),
    }  # fmt: skip


def _audited(session: Session, away: Vendor) -> dict[str, str]:
    """Another auditor's audit of the strangers' vendor, with a finding, and a report on that vendor."""
    audit = Audit(
        vendor_id=away.id, year=2026, quarter=1, standard="1.0", purpose=AUDITED, opened_at=now(), vendor_size=0,
        opened_by=add_user(session, Role.AUDITOR).id, platform_size=0, checkpoint=0, root="0" * 64,
    )  # fmt: skip
    session.add(audit)
    session.flush()
    finding = Finding(
        audit_id=audit.id, number=1, control="LWS-11", severity=Severity.MINOR, text=AUDITED,
        due_on=now().date() + timedelta(days=9), written_at=now(),
    )  # fmt: skip
    session.add(finding)
    session.flush()
    reported = Report(
        vendor_id=away.id, number=1, period="2026 Q1", profile=PROFILE, profile_values={}, profile_digest="0" * 64,
        standard_version="1.0", standard_digest="0" * 64, vendor_size=1, platform_size=1, checkpoint="", k=5,
        earlier=[], made_by=audit.opened_by, made_at=now(),
    )  # fmt: skip
    session.add(reported)
    session.flush()
    return {"audit": str(audit.id), "finding": str(finding.id), "report": str(reported.id)}


def _item(n: int) -> Item:
    answers = [(Message(role=Speaker.ASSISTANT, content=f"{SECRET} {n} {side}"),) for side in "ab"]
    return Item(
        prompt=(Message(role=Speaker.USER, content=f"{SECRET} {n}"),),
        completions=tuple(Completion(messages=each, model="made-up") for each in answers),
    )


@dataclass(frozen=True)
class Route:
    """One method of one rule of the URL map."""

    method: str
    rule: Rule
    mark: Permission | str | None

    @property
    def api(self) -> bool:
        return self.rule.rule.startswith(API)

    def opens_to(self, role: Role) -> bool:
        """Whether the role is granted what the view requires."""
        return isinstance(self.mark, Permission) and may(role, self.mark)

    def path(self, world: World, **instead: str) -> str:
        """The address with everything filled in: this world's values, or others."""

        def value(found: re.Match[str]) -> str:
            kind, name = found[1] or "", found[2]
            if name in instead:
                return quote(instead[name], safe="/%")
            if kind.startswith("any("):  # one of some words, which are nobody's
                return kind.removeprefix("any(").removesuffix(")").split(",")[0].strip()
            if name not in VARIABLES:  # said by one test; the others still ask for the address
                return {"uuid": str(UUID(int=1)), "int": "1"}.get(kind.partition("(")[0], "x")
            return quote(VARIABLES[name].make(world), safe="/%")

        return re.sub(VARIABLE, value, self.rule.rule)

    @property
    def variables(self) -> set[str]:
        """The variables that stand for a thing: not those that are one of some words."""
        return {name for kind, name in re.findall(VARIABLE, self.rule.rule) if not kind.startswith("any(")}

    def __str__(self) -> str:
        return f"{self.method} {self.rule.rule}"


def routes(app: Flask) -> Iterator[Route]:
    """Every method of every rule but that of static files."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield Route(method, rule, declared(app.view_functions[rule.endpoint]))


def everything() -> dict[str, list[str]]:
    """Every row of every table, as text."""
    with transaction() as session:
        return {
            table.name: sorted(repr(tuple(row)) for row in session.execute(select(table)))
            for table in metadata.sorted_tables
        }
