"""The product's looks at itself: as it is, they find nothing; what is planted they find. Services on both databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import orjson
import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from labeler.assignment.models import Assignment, Draft
from labeler.assignment.service import Handed, hand_out, skip
from labeler.audit.logs import PLATFORM
from labeler.audit.models import AuditEntry
from labeler.cases.grievance_models import WatchFlag
from labeler.cases.rules import EventKind, Sign
from labeler.compliance.looking_models import SelfCheckRun
from labeler.compliance.selfchecks import OF_PRODUCT, OF_VENDORS, controls, readers, register, rows, schema, watching
from labeler.compliance.selfchecks import service as running
from labeler.compliance.selfchecks.found import Found, Looking
from labeler.db import reading
from labeler.exports.models import Export, ExportState
from labeler.exports.rows import Pseudonyms
from labeler.jobs import looking_at_itself
from labeler.pay import own
from labeler.pay.settling import settle
from labeler.projects.models import Project
from labeler.workforce.models import Labeler
from tests.support.build import NOW, add_labeler, add_project, add_tasks
from tests.support.database import Database

DAY = timedelta(days=1)
LATER = NOW + 2 * DAY
OF_FILES = ("OPT-5", "OPT-6", "OPT-7", "EXP-10", "WRN-5", "BRK-11", "MON-2", "MON-4", "DEC-4", "DIV-2")
LONG = dict.fromkeys(("OPT-5", "DIV-2", "BRK-11"), pytest.mark.slow)
"""These read all code; `tests/house` asks the same of each file."""
OF_ROWS = sorted(OF_PRODUCT.keys() - set(OF_FILES))


def at(session: Session, now: datetime = LATER) -> Looking:
    return Looking(session, now, b"0" * 32)


# Files


@pytest.mark.parametrize("name", [pytest.param(each, marks=LONG.get(each, ())) for each in OF_FILES])
def test_the_product_as_it_is_keeps_what_it_promises(name: str) -> None:
    found = OF_PRODUCT[name](at(cast(Session, None)))
    assert found.population > 0 and not found.exceptions, "\n".join(found.exceptions)
    assert len(found.looked_at) == len(found.digest) == 64


@pytest.mark.parametrize(
    ("finds", "name", "planted"),
    [
        (watching.watches, "desk.js", 'navigator.sendBeacon("/seen")'),
        (watching.watches, "page.html", '<form data-on="visibilitychange">'),
        (watching.asks_by_itself, "page.html", '<div hx-get="/x" hx-trigger="every 2s">'),
        (watching.hurries, "page.html", "12 tasks left today"),
    ],
)  # fmt: skip
def test_a_page_or_script_that_watches_or_hurries_is_found(
    finds: Callable[[Path, str], list[str]], name: str, planted: str
) -> None:
    assert finds(Path(name), planted) and not finds(Path(name), "<p>Two answers</p>")


def test_a_page_without_stop_or_help_and_one_that_pushes_are_found() -> None:
    whole = controls.SENSITIVE[0].read_text()
    assert not controls.without_stop(whole) and not controls.without_help(whole)
    assert controls.without_stop(whole.replace('name="stop"', 'name="later"'))
    assert controls.without_stop('{# <button name="stop" value="yes" data-press="s"> #}'), "a comment is no button"
    assert controls.without_help(whole.replace("/me/help", "/elsewhere"))
    for pushing in ("<button autofocus>Go on</button>", '<button class="primary">Yes</button>'):
        assert controls.presses(pushing)


def test_a_module_that_reads_what_is_hers_is_found(tmp_path: Path) -> None:
    planted = tmp_path / "statistics.py"
    planted.write_text("from labeler.wellbeing.models import OptOut\nfrom labeler.demographics import service\n")
    assert readers.past_the_list(planted) == ["statistics.py:1 reads OptOut"]
    assert readers.reads_about_her(planted)
    whole = tmp_path / "whole.py"
    whole.write_text("from labeler.wellbeing import models\n")
    assert readers.past_the_list(whole) == ["whole.py reads all of them"]
    assert controls.knows_comfort(_written(tmp_path, "from labeler.wellbeing.comfort import ways\n"))


def _written(place: Path, said: str) -> Path:
    made = place / "rating.py"
    made.write_text(said)
    return made


def test_a_job_that_nobody_registered_and_a_change_that_nobody_announced_are_found() -> None:
    known = register.register()
    assert register.scheduled(register.SCHEDULE.read_text()) >= {"settle_cases", "expire_assignments"}
    assert register.unregistered(known, register.scheduled("EVERY: tuple = ((5, rank_people),)")) != []
    found = register.unregistered(known, register.scheduled(register.SCHEDULE.read_text()) | {"rank_people"})
    assert found == ["the job rank_people is not in the register"]
    soon = register.Change(NOW.date(), (NOW + 3 * DAY).date(), "Another order.")
    lost = replace(known.systems[0], modules=("labeler.nowhere.rules",))
    told = register.unregistered(replace(known, changes=[soon], systems=[lost, *known.systems[1:]]),
                                 register.scheduled(register.SCHEDULE.read_text()))  # fmt: skip
    assert len(told) == 2 and "labeler.nowhere.rules" in told[0] and "less than 14 days" in told[1]


# The database


@pytest.mark.parametrize("name", OF_ROWS)
def test_a_fresh_database_is_as_it_should_be(session: Session, name: str) -> None:
    add_project(session)
    found = OF_PRODUCT[name](at(session))
    assert not found.exceptions, "\n".join(found.exceptions)


@pytest.mark.parametrize(
    ("check", "table", "column", "target"),
    [
        (schema.mon_1, "labeler", "shoe_size", None),
        (schema.mon_3, "labeler", "mood", None),
        (schema.opt_1, "opt_out", "reason", None),
        (schema.div_1, "grievance", "said", "people_table"),
    ],
)
def test_a_column_that_somebody_adds_by_hand_is_found(
    session: Session, check: Callable[[Looking], Found], table: str, column: str, target: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    if session.get_bind().dialect.name == "sqlite":
        key = f"CHAR(32) REFERENCES {target} (id)" if target else "VARCHAR"
        session.execute(text(f"ALTER TABLE {table} ADD COLUMN {column} {key}"))
    else:  # who runs the product there may not: it is as if its owner had
        shape = {name: dict(columns) for name, columns in schema.live(session).items()}
        shape[table][column] = target
        monkeypatch.setattr(schema, "live", lambda session: shape)
    wrong = check(at(session)).exceptions
    assert len(wrong) == 1 and column in wrong[0]


@pytest.fixture
def labeler(session: Session) -> Labeler:
    add_tasks(session, add_project(session), 3)
    return add_labeler(session)


def skipped(session: Session, labeler: Labeler) -> UUID:
    held = hand_out(session, labeler.id, NOW)
    assert isinstance(held, Handed)
    skip(session, labeler.id, held.assignment_id, NOW + timedelta(minutes=1))
    session.flush()
    return held.assignment_id


def test_declined_work_that_is_not_paid_is_found_until_it_is(session: Session, labeler: Labeler) -> None:
    skipped(session, labeler)
    for check in (rows.pay_2, rows.opt_3):
        found = check(at(session), labeler.vendor_id)
        assert (found.population, len(found.exceptions)) == (1, 1)
    settle(session, labeler.id, LATER, LATER)
    assert not rows.pay_2(at(session), labeler.vendor_id).exceptions
    assert not rows.opt_3(at(session), labeler.vendor_id).exceptions


def test_a_line_that_her_copy_lacks_is_found(
    session: Session, labeler: Labeler, monkeypatch: pytest.MonkeyPatch
) -> None:
    skipped(session, labeler)
    settle(session, labeler.id, LATER, LATER)
    whole = rows.dec_5(at(session), labeler.vendor_id)
    assert whole.population > 0 and not whole.exceptions
    every = own.all_lines
    monkeypatch.setattr(own, "all_lines", lambda session, labeler: list(every(session, labeler))[1:])
    assert len(rows.dec_5(at(session), labeler.vendor_id).exceptions) == 1


def test_how_much_was_declined_is_in_no_number(session: Session, labeler: Labeler) -> None:
    skipped(session, labeler)
    settle(session, labeler.id, LATER, LATER)
    before = rows.opt_3(at(session), labeler.vendor_id)
    session.execute(update(Assignment).values(state="judged"))
    assert rows.opt_3(at(session), labeler.vendor_id) == before


def test_a_text_that_was_uncovered_without_an_exposure_is_found(session: Session, labeler: Labeler) -> None:
    key = skipped(session, labeler)
    assert not rows.exp_9(at(session), labeler.vendor_id).exceptions
    session.execute(update(Assignment).where(Assignment.id == key).values(seen_seconds=20))
    assert len(rows.exp_9(at(session), labeler.vendor_id).exceptions) == 1


def test_a_sign_that_waits_for_a_look_is_found_after_a_week(session: Session, labeler: Labeler) -> None:
    session.add(
        WatchFlag(labeler_id=labeler.id, sign=Sign.CLOSED, event=EventKind.REVIEW, event_at=NOW, found_at=NOW,
                  before=0, after=1)
    )  # fmt: skip
    session.flush()
    assert not rows.grv_3(at(session), labeler.vendor_id).exceptions
    found = rows.grv_3(at(session, NOW + 8 * DAY), labeler.vendor_id)
    assert (found.population, len(found.exceptions)) == (1, 1)


def version(session: Session, project: Project, had: int) -> Export:
    made = Export(
        project_id=project.id, number=1, views=["judgments"], options={}, snapshot_at=NOW, created_at=NOW,
        created_by=project.created_by, state=ExportState.DONE, counts={"in": {"judgments": had}}, finished_at=LATER,
        folder="x", manifest_hash="ab",
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def test_a_version_with_more_answers_than_were_paid_or_left_is_found(session: Session) -> None:
    version(session, add_project(session), 1)
    assert len(rows.pay_5(at(session)).exceptions) == len(rows.opt_9(at(session)).exceptions) == 1


def test_two_projects_that_name_somebody_alike_are_found(
    session: Session, labeler: Labeler, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        version(session, add_project(session), 0)
    assert rows.mon_6(at(session)).population == 1 and not rows.mon_6(at(session)).exceptions
    same = Pseudonyms(b"0" * 32, UUID(int=1), NOW, "")
    monkeypatch.setattr(rows, "pseudonyms_of", lambda looking, export: same)
    assert len(rows.mon_6(at(session)).exceptions) == 1


def test_a_draft_that_is_kept_too_long_is_found(session: Session, labeler: Labeler) -> None:
    session.add(Draft(assignment_id=skipped(session, labeler), form="{}", saved_at=NOW - 40 * DAY))
    session.flush()
    assert rows.mon_5(at(session)).exceptions == ["the oldest of drafts is of 2026-01-21"]


@pytest.mark.parametrize("lacks", ["client_name", "purpose"])
def test_a_live_project_that_does_not_say_for_whom_or_what_is_found(session: Session, lacks: str) -> None:
    add_project(session, slug="owes", **{lacks: None})
    assert rows.gov_2(at(session)).exceptions == [f"owes does not say: {lacks}"]


# Running


def test_a_look_is_taken_once_a_day_and_is_in_the_log_it_belongs_to(session: Session, labeler: Labeler) -> None:
    looking = at(session)
    assert {name for name, log in running.waiting(session, looking) if log == PLATFORM} == OF_PRODUCT.keys()
    assert running.run(looking, "GOV-2", PLATFORM) is not None and running.run(looking, "GOV-2", PLATFORM) is None
    assert running.run(looking, "PAY-2", labeler.vendor_id) is not None
    left = running.waiting(session, looking)
    assert ("GOV-2", PLATFORM) not in left and ("PAY-2", labeler.vendor_id) not in left
    assert ("GOV-2", PLATFORM) in running.waiting(session, at(session, LATER + DAY))
    entries = session.scalars(select(AuditEntry).where(AuditEntry.act == "check.run").order_by(AuditEntry.id)).all()
    assert [(each.vendor_id, orjson.loads(each.fields)["check"]) for each in entries] == [
        (None, "GOV-2"), (labeler.vendor_id, "PAY-2"),
    ]  # fmt: skip
    told: dict[str, Any] = orjson.loads(entries[0].fields)
    assert (told["population"], told["exceptions"], len(told["digest"])) == (1, 0, 64)


def test_a_look_that_breaks_off_leaves_no_entry_and_the_others_run(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(looking: Looking) -> Found:
        raise RuntimeError("killed")

    monkeypatch.setattr(running, "OF_PRODUCT", {"MON-3": broken, "OPT-1": schema.opt_1})
    monkeypatch.setattr(running, "OF_VENDORS", {})
    assert looking_at_itself.look(NOW, b"0" * 32) == 1 and looking_at_itself.look(NOW, b"0" * 32) == 0
    with reading() as session:
        assert [each.name for each in session.scalars(select(SelfCheckRun))] == ["OPT-1"]
    monkeypatch.setattr(running, "OF_PRODUCT", {"MON-3": schema.mon_3, "OPT-1": schema.opt_1})
    assert looking_at_itself.look(NOW, b"0" * 32) == 1, "the one that broke off is tried again"


def test_every_rule_that_rests_on_a_look_has_one() -> None:
    from labeler.compliance.checks import CHECKS, selfchecks

    resting = {rule for rule, check in CHECKS.items() if check.__module__ == selfchecks.__name__}
    assert resting <= OF_PRODUCT.keys() | OF_VENDORS.keys()
