"""Compliance reports as people see them, without scripts: asked for, coming, read, taken; each their own vendor's."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import orjson
import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from labeler.accounts.permissions import Role
from labeler.assignment.models import Assignment, AssignmentState
from labeler.audit.models import AuditEntry
from labeler.compliance import asking, standards
from labeler.compliance.models import Report, ReportState
from labeler.compliance.report.plain_lines import PLAIN
from labeler.compliance.report.verify import load, verify
from labeler.db import transaction
from labeler.workforce.models import Vendor
from tests.compliance.auditing.world import NOW, Audited, build, work_off
from tests.support.build import add_labeler, add_project, add_tasks, add_user, add_vendor
from tests.support.database import Database
from tests.web.robot import Page, Robot, sign_in


@pytest.fixture
def world(app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Audited]:
    with time_machine.travel(NOW, tick=False):
        yield build(database, monkeypatch)


def asked(robot: Robot, world: Audited) -> tuple[Page, str]:
    form = robot.open("/reports").form("/reports")
    page = robot.press(form, vendor=str(world.vendor), period="2026 Q2", profile="LWS 1.0")
    return page, re.findall(r"/reports/[0-9a-f-]{36}", page.html)[0]


def taken() -> list[dict[str, object]]:
    with transaction() as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.act == "report.take").order_by(AuditEntry.id))
        return [{"vendor": row.vendor_id, **orjson.loads(row.fields)} for row in rows]


def stranger(role: Role) -> UUID:
    with transaction() as session:
        away = session.scalar(select(Vendor).where(Vendor.name == "Away")) or add_vendor(session, "Away")
        return add_user(session, role, vendor=away).id


def test_a_manager_asks_waits_reads_and_takes_and_each_file_is_on_the_record(
    app: Flask, world: Audited, tmp_path: Path
) -> None:
    robot = sign_in(app, world.manager)
    assert "No report has been asked for yet" in robot.open("/reports").words
    page, here = asked(robot, world)
    assert "Waiting for a worker" in page.words and "Look again" in page.words
    for name in ("bundle.zip", "report.pdf", "report.json"):
        assert robot.client.get(f"{here}/{name}").status_code == 409, "not finished yet"
    assert taken() == []
    work_off()
    done = robot.open(here)
    assert "Does not meet LWS 1.0" in done.words and "Assurance: none" in done.words
    first = re.findall(r'<tr id="(LWS-\d+)"', done.html)[0]
    assert first == "LWS-11", "the control with the exception comes first"
    listed = robot.open("/reports").words
    assert "Lakeside Work , 2026 Q2, number 1" in listed and "does not meet it" in listed and "by you" in listed
    with robot.client.get(f"{here}/bundle.zip") as sent:
        zipfile.ZipFile(io.BytesIO(sent.data)).extractall(tmp_path / "bundle")
    sound = verify(load(tmp_path / "bundle"))
    assert sound.digest in done.html
    with robot.client.get(f"{here}/report.json") as sent:
        assert hashlib.sha256(sent.data).hexdigest() == sound.digest
    for name in ("report.html", "report.pdf"):
        with robot.client.get(f"{here}/{name}") as sent:
            assert sent.status_code == 200 and "attachment" in sent.headers["Content-Disposition"]
    assert [each["what"] for each in taken()] == ["bundle", "report.json", "report.html", "report.pdf"]
    assert {(each["vendor"], each["way"]) for each in taken()} == {(world.vendor, "page")}
    assert robot.client.get(f"{here}/pack.zip").status_code == 403, "rows are for auditors"
    assert robot.client.get(f"{here}/report.exe").status_code == 404
    again, there = asked(robot, world)
    assert there == here and "asked for before" in again.words


def test_another_vendors_people_find_nothing_and_the_auditor_the_rows(
    app: Flask, world: Audited, tmp_path: Path
) -> None:
    auditor = sign_in(app, world.auditor)
    _, here = asked(auditor, world)
    work_off()
    for role in (Role.VENDOR_MANAGER, Role.WORKER_REPRESENTATIVE):
        robot = sign_in(app, stranger(role))
        assert "Lakeside" not in robot.open("/reports").words
        for path in (here, f"{here}/bundle.zip", f"{here}/report.json"):
            assert robot.open(path).status == 404
        form = robot.open("/reports").form("/reports")
        refused = robot.press(form, vendor=str(world.vendor), period="2026 Q3", profile="LWS 9")
        assert refused.status == 422 and "There are 3 problems" in refused.words
    manager = sign_in(app, world.manager)
    assert "by auditor" in manager.open("/reports").words, "who asked is told by her office, not by her name"
    with auditor.client.get(f"{here}/pack.zip") as sent:
        zipfile.ZipFile(io.BytesIO(sent.data)).extractall(tmp_path / "pack")
    assert verify(load(tmp_path / "pack")).opened is not None
    assert [each["what"] for each in taken()] == ["pack"]


def test_one_that_failed_says_why(app: Flask, world: Audited) -> None:
    robot = sign_in(app, world.auditor)
    _, here = asked(robot, world)
    with transaction() as session:
        failed = {"state": ReportState.FAILED, "problem": "The disk was full.", "finished_at": NOW}
        session.execute(update(Report).values(failed))
    page = robot.open(here)
    assert (
        "could not be made" in page.words and "The disk was full." in page.words and "Ask for a new one" in page.words
    )


def test_a_labeler_reads_the_copy_in_plain_words(app: Flask, world: Audited) -> None:
    labeler = sign_in(app, world.labelers[0])
    assert "No report on your vendor is finished yet" in labeler.open("/me/report").words
    _, here = asked(sign_in(app, world.auditor), world)
    work_off()
    page = labeler.open("/me/report")
    assert "What was not so" in page.words and "LWS-11" in page.words and "your employer Lakeside Work" in page.words
    with transaction() as session:  # a task of hers in the quarter: she may say whether it was so
        (task,) = add_tasks(session, add_project(session), 1)
        given = NOW - timedelta(days=60)
        session.add(
            Assignment(
                task_id=task.id, labeler_id=world.labelers[0], guideline_version=1, fence=1, order="ab",
                handed_at=given, lease_until=given, state=AssignmentState.SKIPPED, ended_at=given,
            )
        )  # fmt: skip
    page = labeler.open("/me/report")
    assert "What was not so" in page.words and "I took the breaks I was owed" in page.words
    with transaction() as session:
        away = add_vendor(session, "Elsewhere", now=NOW - timedelta(days=9))
        other = add_labeler(session, away, name="Someone", email="someone@example.org").id
    assert "No report on your vendor is finished yet" in sign_in(app, other).open("/me/report").words
    assert labeler.open(here).status == 403


def test_every_line_of_the_standard_has_plain_words() -> None:
    assert PLAIN.keys() == {control.id for control in standards.read().controls}


def test_who_has_asked_for_all_she_may_today_keeps_her_form_and_reads_when_again(
    app: Flask, world: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "A_DAY", 0)
    robot = sign_in(app, world.manager)
    page = robot.press(robot.open("/reports").form("/reports"), vendor=str(world.vendor), period="2026 Q2",
                       profile="LWS 1.0")  # fmt: skip
    assert page.status == 429 and "You may ask again from" in page.words and "00:00 UTC" in page.words
    assert 'value="2026 Q2" selected' in page.html


def test_a_report_whose_file_was_written_over_is_shown_to_nobody_and_the_others_still_are(
    app: Flask, world: Audited, database: Database
) -> None:
    auditor = sign_in(app, world.auditor)
    _, here = asked(auditor, world)
    work_off()
    with transaction() as session:
        file = database.home / str(session.scalars(select(Report.folder)).one()) / "report.json"
    file.write_bytes(file.read_bytes().replace(b"not-satisfied", b"satisfied"))
    assert "can't be shown" in auditor.open("/reports").words
    assert "not as they were made" in auditor.open(here).words
    assert "No report on your vendor is finished yet" in sign_in(app, world.labelers[0]).open("/me/report").words


def test_the_copy_in_plain_words_leaves_no_line_out_and_names_no_rule(app: Flask, world: Audited) -> None:
    asked(sign_in(app, world.auditor), world)
    work_off()
    page = sign_in(app, world.labelers[0]).open("/me/report")
    copy = page.html[page.html.index('id="plain"') : page.html.index("Was it so?")]
    assert set(re.findall(r"LWS-\d+", copy)) == PLAIN.keys()
    assert not re.findall(r"\b(?:BRK|EXP|OPT|PAY|GRV)-\d+", copy)
    assert "What did not happen" in copy
