"""An audit as the auditor walks it, without scripts: from page 1 to an event, a sample, a finding, the signature."""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, text

from labeler.accounts.models import User
from labeler.audit.models import AuditEntry
from labeler.audit.receipts import wrong
from labeler.compliance.auditing.packing import envelope
from labeler.compliance.profiles import add_profile
from labeler.compliance.report import bundle
from labeler.compliance.report.again import recompute
from labeler.compliance.report.verify import Damaged, load, verify
from labeler.db import transaction
from labeler.signing.keys import Keys, Purpose
from labeler.signing.sealing import origin, record_keys
from tests.compliance.auditing.world import NOW, RULE, Audited, build, seal, work_off
from tests.support.database import Database
from tests.web.robot import Page, Robot, sign_in

PURPOSE = "To see whether breaks are taken as they are due."


@pytest.fixture
def world(app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Audited]:
    with time_machine.travel(NOW, tick=False):
        yield build(database, monkeypatch)


def opened(robot: Robot, world: Audited) -> Page:
    form = robot.open("/audits").form("/audits")
    return robot.press(form, vendor=str(world.vendor), period="2026-2", purpose=PURPOSE)


def address(page: Page) -> str:
    return re.findall(r'href="(/audits/[0-9a-f-]{36})/rules"', page.html)[0]


def looks(session_act: str = "audit.look") -> list[dict[str, object]]:
    with transaction() as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.act == session_act).order_by(AuditEntry.id))
        return [{"vendor": row.vendor_id, **orjson.loads(row.fields)} for row in rows]


def test_from_page_1_to_the_event_and_its_proof(app: Flask, database: Database, world: Audited) -> None:
    robot = sign_in(app, world.auditor)
    page = opened(robot, world)
    assert page.status == 200 and "Lakeside Work , 2026 Q2" in page.words and PURPOSE in page.words
    assert "does not meet it" in page.words
    first = re.findall(r"controls/(LWS-\d+)", page.html)[0]
    assert first == "LWS-11", "the control with the exception comes first"
    here = address(page)
    assert "gave a task back" not in robot.open(f"{here}/rules").words
    assert RULE in robot.open(f"{here}/controls/LWS-11").words
    figure = robot.open(f"{here}/figures/{RULE}")
    assert "18 rows, 6 people" in figure.words and "1, 1 people" in figure.words
    rows = robot.open(f"{here}/figures/{RULE}/rows?exceptions=1")
    (place,) = re.findall(rf"{RULE}/rows/(\d+)/day", rows.html)
    day = robot.open(f"{here}/figures/{RULE}/rows/{place}/day")
    assert "said no" in day.words and "a break began" in day.words and "<svg" in day.html
    assert day.words.count("a break began") == 1, "the one day, not the others"
    leaf = re.findall(r"/events/(\d+)", day.html)[0]
    for path in (f"{here}/figures/{RULE}/rows/{place}/event", f"{here}/figures/{RULE}/rows/{place}/events/{leaf}"):
        event = robot.open(path)
        assert "Checked just now" in event.words
        kept = robot.client.get(f"{path}/receipt").get_json()
        keys = Keys(database.settings.folder)
        assert wrong(kept, origin(keys), record_keys(keys)) is None
    everything = "".join(each.html for each in (page, figure, rows, day, event))
    assert "Lena" not in everything and "example.org" not in everything
    assert not [each for each in world.labelers if str(each) in everything]
    views = [each["view"] for each in looks()]
    assert views[0] == "report" and views.count("receipt") == 2 and {"day", "event", "exceptions"} <= set(views)
    assert {each["vendor"] for each in looks()} == {world.vendor}


def test_a_labeler_sees_how_often_and_the_others_see_nothing(app: Flask, world: Audited) -> None:
    robot = sign_in(app, world.auditor)
    here = address(opened(robot, world))
    robot.open(f"{here}/figures/{RULE}/rows/0/day")
    hers = sign_in(app, world.labelers[0]).open("/me/what-we-record")
    assert "2026-08 1 0 0" in hers.words
    assert "No auditor has looked" in sign_in(app, world.labelers[1]).open("/me/what-we-record").words
    assert "One of your days" not in Robot(app.test_client()).open("/me/what-we-record").words


def test_only_days_of_people_in_a_row_and_events_of_that_day_are_opened(app: Flask, world: Audited) -> None:
    robot = sign_in(app, world.auditor)
    here = address(opened(robot, world))
    base = f"{here}/figures/{RULE}/rows"
    day = robot.open(f"{base}/0/day")
    seen = {int(each) for each in re.findall(r"/events/(\d+)", day.html)}
    other = next(number for number in range(70) if number not in seen)
    assert robot.open(f"{base}/0/events/{other}").status == 404
    assert robot.open(f"{base}/18/day").status == 404
    assert robot.open(f"{here}/figures/PAY-99").status == 404
    assert sign_in(app, world.manager).open(here).status == 403


def test_what_was_typed_stays_when_it_cannot_be_kept_yet(app: Flask, world: Audited) -> None:
    robot = sign_in(app, world.auditor)
    here = address(opened(robot, world))
    form = robot.open(f"{here}/samples").form("/samples")
    refused = robot.press(form, rule=RULE, size="99", of="days", seed="a seed")
    assert refused.status == 422 and re.search(r'value="days"[^>]* checked', refused.html) and "a seed" in refused.html
    drawn = robot.press(form, rule=RULE, size="2", of="rows")
    unmarked = robot.press(drawn.form("/1"), note="Cut short, as the day shows.")
    assert unmarked.status == 422 and "Cut short, as the day shows.</textarea>" in unmarked.html
    too_long = robot.press(drawn.form("/1"), mark="differs", note="n" * 1001)
    assert too_long.status == 422 and re.search(r'value="differs" checked', too_long.html)


def test_no_id_of_a_person_is_told_in_lists_of_an_event(app: Flask, database: Database, world: Audited) -> None:
    lena = str(world.labelers[0])
    with database.in_hand() as session:
        if database.name == "postgresql":
            session.execute(text("SET session_replication_role = replica"))
        for entry in session.scalars(select(AuditEntry).where(AuditEntry.act == "break.start")):
            entry.fields = orjson.dumps({**orjson.loads(entry.fields), "paid_until": [lena, {"who": lena}]}).decode()
    robot = sign_in(app, world.auditor)
    event = robot.open(f"{address(opened(robot, world))}/figures/{RULE}/rows/0/event")
    assert event.status == 200 and "who" in event.words and lena not in event.html


def test_another_auditor_reads_and_is_counted_and_adds_nothing(app: Flask, world: Audited) -> None:
    robot = sign_in(app, world.auditor)
    here = address(opened(robot, world))
    drawn = robot.press(robot.open(f"{here}/samples").form("/samples"), rule=RULE, size="2", of="rows")
    written = robot.press(
        robot.open(f"{here}/findings").form("/findings"), control="LWS-11", severity="major",
        text="A break was not taken as it was due.", due_on="2026-09-01",
    )  # fmt: skip
    other = sign_in(app, world.other)
    assert "Audits of others" in other.open("/audits").words and here in other.open("/audits").links.values()
    sample, finding = (re.findall(r'action="(/audits/[^"]+)"', page.html)[0] for page in (drawn, written))
    for path in (here, f"{here}/samples", f"{here}/findings", f"{here}/sign", sample.rpartition("/")[0], finding):
        page = other.open(path)
        assert page.status == 200 and "/audits/" not in "".join(re.findall(r'action="([^"]*)"', page.html)), path
    other.open(f"{here}/figures/{RULE}/rows/0/day")
    with transaction() as session:
        last = session.scalars(
            select(AuditEntry).where(AuditEntry.act == "audit.look").order_by(AuditEntry.id.desc())
        ).first()
    assert last is not None and last.actor_id == world.other
    assert "2026-08 1 " in sign_in(app, world.labelers[0]).open("/me/what-we-record").words
    token = re.findall(r'name="csrf_token" value="([^"]+)"', other.open("/audits").html)[0]
    before = looks("audit.sample"), looks("audit.mark"), looks("finding.write"), looks("finding.close")
    for path in (f"{here}/samples", sample, f"{here}/findings", finding, f"{here}/sign", f"{here}/holder"):
        sent = {"csrf_token": token, "rule": RULE, "size": "1", "mark": "agrees", "step": "close", "to": world.other}
        reply = other.client.post(path, data=sent)
        assert reply.status_code == 403 and "holds this audit" in reply.text, path
    assert before == (looks("audit.sample"), looks("audit.mark"), looks("finding.write"), looks("finding.close"))


def test_an_audit_is_handed_on_and_taken_over_from_who_left(app: Flask, world: Audited) -> None:
    robot, other = sign_in(app, world.auditor), sign_in(app, world.other)
    here = address(opened(robot, world))
    assert robot.press(robot.open(here).form("/holder")).status == 422
    handed = robot.press(robot.open(here).form("/holder"), to=str(world.other))
    assert "Handed on" in handed.words and not handed.has("/holder")
    assert other.open(f"{here}/samples").has("/samples")
    with transaction() as session:
        session.get_one(User, world.other).disabled_at = NOW
    taken = robot.press(robot.open(here).form("/holder"))
    assert "You hold this audit now" in taken.words and robot.open(f"{here}/samples").has("/samples")


def test_an_audit_by_a_buyers_profile_says_so_everywhere(
    app: Flask, database: Database, world: Audited, tmp_path: Path
) -> None:
    with transaction() as session:
        made = add_profile(session, world.auditor, "Acme 2026", {"break_stop": 50}, NOW)
    robot = sign_in(app, world.auditor)
    form = robot.open("/audits").form("/audits")
    typed = {"vendor": str(world.vendor), "period": "2026-2", "purpose": PURPOSE}
    assert robot.press(form, **typed, profile="Nobody's").status == 422
    early = robot.press(form, **typed, profile="Acme 2026")
    assert early.status == 409 and "not sealed yet" in early.words and PURPOSE in early.html
    seal(database)
    page = robot.press(form, **typed, profile="Acme 2026")
    here = address(page)
    assert "measured by Acme 2026" in page.words and made.digest in page.html
    rules = robot.open(f"{here}/rules")
    assert "Acme 2026" in rules.words and "<strong>50 " in rules.html
    work_off()
    statement = "I looked at the breaks of the quarter."
    robot.press(robot.open(f"{here}/sign").form("/sign"), name="Odile", role="auditor", statement=statement,
                assurance="none")  # fmt: skip
    root, files = unpacked(robot, here, tmp_path)
    assert orjson.loads(files["audit.json"])["profile"] == {"name": "Acme 2026", "sha256": made.digest}
    hold(root, files)


def unpacked(robot: Robot, here: str, folder: Path) -> tuple[Path, dict[str, bytes]]:
    root = folder / "pack"
    work_off()
    with robot.client.get(f"{here}/pack.zip") as reply:
        zipfile.ZipFile(io.BytesIO(reply.data)).extractall(root)
    return root, load(root)


def checked_by_node(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["node", "verify.mjs"], cwd=root, capture_output=True, text=True, timeout=60, check=False)


def hold(root: Path, files: dict[str, bytes]) -> None:
    """Both programs, and every test run again over the pack's own leaves."""
    sound = verify(files)
    assert sound.audit is not None and sound.opened is not None
    recompute(files, sound)
    said = checked_by_node(root)
    assert said.returncode == 0 and "audit.json holds" in said.stdout, said.stderr


def test_an_audit_beside_another_report_is_refused_though_all_of_it_is_signed(
    app: Flask, database: Database, world: Audited, tmp_path: Path
) -> None:
    robot = sign_in(app, world.auditor)
    here = address(opened(robot, world))
    work_off()
    form = robot.open(f"{here}/sign").form("/sign")
    statement = "I looked at the breaks of the quarter."
    robot.press(form, name="Odile Auditor", role="auditor", statement=statement, assurance="none")
    _, files = unpacked(robot, here, tmp_path)
    keys = Keys(database.settings.folder)
    key = keys.current(Purpose.REPORT, NOW)
    about = orjson.loads(files["manifest.json"])
    told = orjson.loads(files["audit.json"])
    shifts: dict[str, dict[str, object]] = {
        "another report": {"report_sha256": "0" * 64},
        "another vendor": {"period": "2026 Q1"},
        "standard, profile": {"profile": {"name": "LWS 1.0", "sha256": "0" * 64}},
        "other results": {"controls": {**told["controls"], "LWS-11": "satisfied"}},
    }
    for n, (why, shift) in enumerate(shifts.items()):
        text = orjson.dumps({**told, **shift})
        forged = tmp_path / f"forged-{n}"
        forged.mkdir()
        kept = {path: files[path] for path in files.keys() - {"manifest.json", "manifest.sig", "SHA256SUMS"}}
        bundle.write(
            forged, {**kept, "audit.json": text, "audit.dsse.json": envelope(text, key)},
            {name: about[name] for name in ("report", "pack")}, key,
        )  # fmt: skip
        with pytest.raises(Damaged, match=why):
            verify(load(forged))
        said = checked_by_node(forged)
        assert said.returncode == 1 and why in said.stderr


def test_sample_finding_reply_and_signature(app: Flask, world: Audited, tmp_path: Path) -> None:
    robot = sign_in(app, world.auditor)
    here = address(opened(robot, world))
    form = robot.open(f"{here}/samples").form("/samples")
    assert "Write a number from 1 to 18" in robot.press(form, rule=RULE, size="19", of="rows").words
    drawn = robot.press(form, rule=RULE, size="3", of="rows")
    marked = robot.press(drawn.form("/0"), mark="differs", note="The break was cut short.")
    assert "1 differs" in marked.words and "2 not marked" in marked.words and "cut short" in marked.words
    wrong_one = robot.press(robot.open(f"{here}/findings").form("/findings"), control="LWS-11", text="Too short")
    assert wrong_one.status == 422 and "There are 3 problems" in wrong_one.words
    written = robot.press(
        wrong_one.form("/findings"), control="LWS-11", severity="major", text="A break was not taken as it was due.",
        due_on="2026-09-01",
    )  # fmt: skip
    assert "waits for a reply" in written.words
    manager = sign_in(app, world.manager)
    mine = manager.open("/state")
    path = re.findall(r'href="(/state/findings/[0-9a-f-]+)"', mine.html)[0]
    one = manager.open(path)
    replied = manager.press(one.form(path), text="We plan shifts with more room.", remedy_on="2026-08-20")
    assert "answered" in replied.words and "person-" not in replied.html
    signing = robot.open(f"{here}/sign")
    assert "2 rows are not marked" in signing.words
    statement = "I looked at three breaks of the quarter."
    typed = {"name": "Odile Auditor", "role": "auditor of the buyer", "statement": statement}
    assert robot.press(signing.form("/sign"), **typed).status == 422
    early = robot.press(signing.form("/sign"), **typed, assurance="limited")
    assert early.status == 409 and "still being made" in early.words
    work_off()
    signed = robot.press(signing.form("/sign"), **typed, assurance="limited")
    assert "This audit is signed off" in signed.words and not signed.has("/sign")
    assert robot.press(signing.form("/sign"), **typed, assurance="none").status == 409
    assert robot.press(drawn.form("/1"), mark="agrees").status == 409
    root, files = unpacked(robot, here, tmp_path)
    told = orjson.loads(files["audit.json"])
    assert told["report_sha256"] == hashlib.sha256(files["report.json"]).hexdigest()
    hold(root, files)
    for path in sorted(files):
        data = files[path]
        changed = {**files, path: data[:-1] + bytes([data[-1] ^ 1])}
        with pytest.raises(Damaged):
            verify(changed)
    assert told["signature"]["assurance"] == "limited" and told["samples"][0]["rows"][0]["mark"] == "differs"
    assert told["findings"][0]["steps"][0]["text"] == "We plan shifts with more room."
    assert looks("audit.sign")[0]["report"] == told["report_sha256"]
    closed = robot.press(written.forms[-1], step="close", text="It was mended in August.")
    assert "Closed by the auditor" in closed.words, "replies and their end go on beside a signed pack"
