"""Contracts, attestations, benchmarks and the labelers' word, as people meet them in a browser without scripts."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from labeler.accounts.permissions import Role
from labeler.assignment.service import hand_out
from labeler.audit.models import AuditEntry
from labeler.db import reading, transaction
from labeler.evidence.models import Attestation
from labeler.workforce.contract_models import ContractVersion
from tests.support.build import NOW, add_labeler, add_project, add_tasks, add_user, add_vendor
from tests.web.robot import Page, Robot, sign_in

LATER = datetime(2026, 4, 2, 9, tzinfo=UTC)
PDF = b"%PDF-1.7\nA counsellor's contract."
ANSWERS = {
    "control": "LWS-22", "signer": "Vera Lakeside", "position": "director", "dated": "2026-03-20", "expires": "",
}  # fmt: skip


@dataclass(frozen=True)
class World:
    app: Flask
    lake: UUID
    manager: UUID
    other: UUID
    admin: UUID
    auditor: UUID
    lena: UUID

    def at(self, who: UUID) -> Robot:
        return sign_in(self.app, who)


@pytest.fixture
def world(app: Flask) -> World:
    with time_machine.travel(LATER, tick=False), transaction() as session:
        lake = add_vendor(session, "Lakeside Work")
        add_tasks(session, add_project(session), 2)
        lena = add_labeler(session, lake).id
        hand_out(session, lena, NOW)
        return World(
            app=app, lake=lake.id, manager=add_user(session, Role.VENDOR_MANAGER, vendor=lake).id,
            other=add_user(session, Role.VENDOR_MANAGER).id, admin=add_user(session, Role.ADMIN).id,
            auditor=add_user(session, Role.AUDITOR).id, lena=lena,
        )  # fmt: skip


def send(robot: Robot, page: Page, ending: str, file: tuple[bytes, str] | None, **answers: str) -> Page:
    form = page.form(ending)
    data: dict[str, object] = {**form.hidden, **ANSWERS, **answers}
    if file is not None:
        data["file"] = (io.BytesIO(file[0]), file[1])
    reply = robot.client.post(form.action, data=data, content_type="multipart/form-data", follow_redirects=True)
    return Page(reply)


def acts(*names: str) -> list[tuple[str, UUID | None]]:
    with reading() as session:
        found = session.execute(select(AuditEntry.act, AuditEntry.actor_id).order_by(AuditEntry.id))
        return [(act, who) for act, who in found if act.startswith(names)]


def test_a_manager_attests_in_steps_and_an_auditor_takes_the_document(world: World) -> None:
    with time_machine.travel(LATER, tick=False):
        vera = world.at(world.manager)
        assert "nothing attested" in vera.open("/evidence").words
        page = send(vera, vera.open("/evidence/new"), "/evidence/new", (PDF, "../contract.pdf"), signer="", dated="x")
        assert page.status == 422 and "The document is kept: contract.pdf" in page.words
        assert acts("attestation.add") == []
        page = send(vera, page, "/change", None)  # the document came before; only the answers are mended
        digest = hashlib.sha256(PDF).hexdigest()
        assert "Is this the document?" in page.words and digest in page.words and "PDF" in page.words
        assert "20 Mar 2027 , that day included" in page.words, "twelve months by itself"
        draft = vera.client.get(page.links["Download it"])
        assert draft.data == PDF and "attachment" in draft.headers["Content-Disposition"]
        page = vera.open(page.links["It is: check the answers"])
        assert "Check your answers" in page.words and "Vera Lakeside , director" in page.words
        form = page.form("/sign")
        assert vera.press(form).status == 422 and acts("attestation.add") == [], "not ticked"
        page = vera.press(form, sure="yes")
        assert "It is signed and in the record." in page.words and "holds" in page.words
        assert vera.press(form, sure="yes").status == 200, "pressed once more it is signed once"
        assert acts("attestation") == [("attestation.add", world.manager)]
        with reading() as session:
            made = session.scalars(select(Attestation)).one()
        path = f"/evidence/attestations/{made.id}/document"
        assert world.at(world.other).client.get(path).status_code == 404
        assert world.at(world.lena).client.get(path).status_code == 403
        audra = world.at(world.auditor)
        assert "Vera Lakeside" in audra.open(f"/evidence/vendors/{world.lake}").words
        taken = audra.client.get(path)
        assert taken.data == PDF and taken.mimetype == "application/octet-stream"
        assert (
            "attachment" in taken.headers["Content-Disposition"]
            and taken.headers["X-Content-Type-Options"] == "nosniff"
        )
        assert acts("attestation.look") == [("attestation.look", world.auditor)] * 2
    with time_machine.travel(made.expires_at - timedelta(days=29), tick=False):
        assert "Runs out within 30 days" in world.at(world.manager).open("/evidence").words
        vera = world.at(world.manager)
        page = vera.press(vera.open(f"/evidence/attestations/{made.id}/withdraw").form("/withdraw"))
        assert "withdrawn" in page.words and acts("attestation.withdraw") == [("attestation.withdraw", world.manager)]


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"MZ\x90\x00", "none of the types"), (b"", "Choose the document"), (None, "Choose the document")],
)
def test_a_document_that_is_not_taken_keeps_the_answers(world: World, data: bytes | None, words: str) -> None:
    with time_machine.travel(LATER, tick=False):
        vera = world.at(world.manager)
        file = None if data is None else (data, "a.pdf")
        page = send(vera, vera.open("/evidence/new"), "/evidence/new", file, position="")
        assert page.status == 422 and words in page.words and 'value="Vera Lakeside"' in page.html
        assert "Write it in one line" in page.words, "all problems at once"


def test_too_large_a_document_is_refused_in_words(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labeler.web.attesting.LARGEST", 10)
    with time_machine.travel(LATER, tick=False):
        vera = world.at(world.manager)
        page = send(vera, vera.open("/evidence/new"), "/evidence/new", (PDF, "a.pdf"))
        assert page.status == 422 and "The document is larger" in page.words


TERMS = {
    "name": "Employment", "from_on": "2026-04-02", "tier": "1", "above": "", "countries": "ke", "notice_days": "30",
    "paid_leave_days": "20", "ill_leave_days": "10", "confidentiality": "no", "carve_out": "no",
    "other_work_barred": "no", "payroll": "vendor", "language_1": "en", "text_1": "All of it.",
}  # fmt: skip


def test_a_contract_is_added_after_a_look_and_its_labelers_say_they_have_seen_it(world: World) -> None:
    with time_machine.travel(LATER, tick=False):
        ada = world.at(world.admin)
        form = ada.open(f"/evidence/vendors/{world.lake}/contracts/new").form("/contracts")
        page = ada.press(form, **{**TERMS, "from_on": "2026-04-01", "payroll": "", "carve_out": ""})
        assert page.status == 422 and 'value="Employment"' in page.html
        assert "It can't begin in the past" in page.words and "Choose yes or no." in page.words
        page = ada.press(form, **TERMS)
        assert "Check your answers" in page.words and acts("contract") == [], "nothing is kept by looking"
        page = ada.press(page.form("/contracts"), do="add", text_1="All of it.")
        assert "The contract is added." in page.words and "in force" in page.words
        assert acts("contract") == [("contract.add", world.admin), ("contract.condition", world.admin)]
        assert "30 days" in world.at(world.manager).open(f"/evidence/vendors/{world.lake}/contracts").words
        assert world.at(world.manager).open(f"/evidence/vendors/{world.lake}/contracts/new").status == 403
        with reading() as session:
            version = session.scalars(select(ContractVersion)).one()
        form = ada.open(f"/evidence/contracts/{version.contract_id}/versions/new").form("/versions")
        page = ada.press(form, **{**TERMS, "from_on": "2026-04-16"})
        assert page.status == 422 and "announced 14 days before" in page.words
        page = ada.press(form, **{**TERMS, "from_on": "2026-04-17", "do": "add"})
        assert "The change is announced." in page.words
        lena = world.at(world.lena)
        page = lena.open("/me/contract")
        assert "All of it." in page.words and "begins 17 Apr 2026" in page.words and "holds now" in page.words
        page = lena.press(page.form(f"/{version.id}/seen"))
        assert "You said on" in page.words and not page.has(f"/{version.id}/seen")
        assert acts("contract.seen") == [("contract.seen", world.lena)]


def test_a_labeler_says_whether_the_report_is_so_and_no_vendor_can_see_it(world: World) -> None:
    with time_machine.travel(LATER, tick=False):
        lena = world.at(world.lena)
        page = lena.open("/me/report")
        assert "2026 Q1" in page.words and "I took the breaks I was owed" in page.words
        assert lena.press(page.form("/LWS-11")).status == 422, "nothing was chosen"
        page = lena.press(page.form("/LWS-11"), says="contest")
        assert "You said: it is not so" in page.words and "Say more in a grievance about LWS-11" in page.words
        assert acts("confirmation") == [("confirmation.say", world.lena)]
        for who in (world.manager, world.admin, world.auditor):
            assert world.at(who).open("/me/report").status == 403


LINE = "Nowhere,living,typical family,gross,45,12.50,XTS,2025-01-01,Made up,CC0"
HEAD = "place,kind,household,measure,hours_week,per_hour,currency,dated,source,licence"


def test_benchmarks_are_added_from_a_file_after_a_look_and_old_ones_are_marked(world: World) -> None:
    with time_machine.travel(LATER, tick=False):
        ada = world.at(world.admin)
        form = ada.open("/evidence/benchmarks").form("/import")
        page = ada.press(form, text=f"{HEAD}\n{LINE}\n{LINE.replace('living', 'life')}")
        assert page.status == 422 and "Line 3, kind: Write living or minimum." in page.words and LINE in page.html
        page = ada.press(form, text=f"{HEAD}\n{LINE}")
        assert "Add 1 benchmark?" in page.words and acts("benchmark") == []
        page = ada.press(page.form("/import"), do="add", text=f"{HEAD}\n{LINE}")
        assert "One benchmark is added." in page.words
        for who in (world.manager, world.auditor):
            page = world.at(who).open("/evidence/benchmarks")
            assert "15 months older than a year" in page.words and not page.has("/import")
        assert ada.press(form, text=f"{HEAD}\n{LINE}").status == 422, "it is there already"
