"""The watch over requesters and vendors: cases for a person, once a week each, in the vendor's log, and no sanction."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from labeler.accounts.models import SignInSession
from labeler.accounts.permissions import Permission, Role, may
from labeler.anomalies import service
from labeler.anomalies.facts import everything
from labeler.anomalies.models import Anomaly, AnomalyLook, AnomalyState
from labeler.anomalies.rules import About, Sign
from labeler.audit.models import AuditEntry
from labeler.cases.marking import mark
from labeler.db import table
from labeler.errors import Forbidden, Invalid, Missing
from labeler.ids import new_id
from labeler.judgments.models import Judgment
from labeler.pay.models import PayPeriod
from labeler.projects.models import Project
from labeler.warnings.models import ContentReport
from labeler.wellbeing.models import Break
from labeler.workforce.models import Labeler, Vendor
from tests.cases.making import EVIDENCE, a_decider
from tests.exports.build import BETTER_0, add_judgment
from tests.support.build import NOW, add_labeler, add_project, add_tasks, add_user, add_vendor

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
LATER = NOW + timedelta(hours=9)


def look_around(session: Session, now: datetime) -> int:
    """What the clock does once a day."""
    return service.open_cases(session, list(everything(session, now)), now)


def found(session: Session) -> dict[Sign, set[About]]:
    rows: dict[Sign, set[About]] = {}
    for row in session.scalars(select(Anomaly)):
        rows.setdefault(row.sign, set()).add(row.about)
    return rows


def judged(session: Session, project: Project, labeler: Labeler, number: int, gap: float = 37.0) -> list[Judgment]:
    dice = [0.0, 3.1, 11.7, 5.2, 0.4, 8.9]  # nobody answers like a clock
    made = []
    for n, task in enumerate(add_tasks(session, project, number)):
        at = NOW + timedelta(seconds=gap * n + (dice[n % 6] if gap == 37.0 else 0))
        made.append(add_judgment(session, project, task, labeler, BETTER_0, at=at, paid=False))
    return made


def statement(session: Session, labeler: Labeler, **fields: object) -> None:
    given = dict.fromkeys(("base", "allowance", "bonus", "correction", "top_up", "fee", "cost", "total"), 0)
    values = {
        **given, "labeler_id": labeler.id, "vendor_id": labeler.vendor_id, "from_at": NOW - 10 * 24 * HOUR,
        "until_at": NOW - 8 * 24 * HOUR, "due_at": NOW - 2 * 24 * HOUR, "seconds": 3600, "currency": "XTS",
        "made_at": NOW, "base": 1500, "floor": 1000, "paid_at": NOW - 3 * 24 * HOUR, "paid_by": labeler.id,
        "reference": "x", **fields,
    }  # fmt: skip
    session.add(PayPeriod(**values))
    session.flush()


def test_who_may_look() -> None:
    roles = {role for role in Role if may(role, Permission.ANOMALIES)}
    assert roles == {Role.ADMIN, Role.AUDITOR, Role.WELLBEING_OFFICER}


def test_where_nothing_is_odd_nothing_is_found(session: Session) -> None:
    one, other = add_project(session), add_project(session)
    labeler = add_labeler(session)
    judged(session, one, labeler, 30)
    judged(session, other, add_labeler(session), 30)
    statement(session, labeler)
    assert look_around(session, LATER) == 0


def test_a_project_that_rejects_and_under_tags_far_more_than_others_is_a_case_once_a_week(session: Session) -> None:
    bad, fair, labeler = add_project(session), add_project(session), add_labeler(session)
    answers = judged(session, bad, labeler, 50)
    judged(session, fair, labeler, 50)
    reviewer = a_decider(session, Role.RESEARCHER)
    for answer in answers[:10]:
        mark(session, reviewer, answer.id, "duplicate", EVIDENCE, 1, "", NOW + HOUR)
        session.add(
            ContentReport(
                project_id=bad.id, task_id=answer.task_id, labeler_id=labeler.id, category="W06", severity=2,
                old_profile="", new_profile="W06=2", at=NOW + HOUR,
            )
        )  # fmt: skip
    session.flush()
    assert look_around(session, LATER) == 4
    both = {About.PROJECT, About.REQUESTER}
    # Reviewers have nobody to be compared with: there is one.
    assert found(session) == {Sign.REJECTIONS: both, Sign.UNDER_TAGGED: both}
    row = session.scalars(select(Anomaly).where(Anomaly.about == About.PROJECT)).first()
    assert row is not None and (row.subject_id, row.hits, row.made, row.others_per_mille) == (bad.id, 10, 50, 0)
    assert look_around(session, LATER + HOUR) == 0, "the same again is found once"
    assert look_around(session, LATER + timedelta(days=7)) == 4, "it goes on, so it is a case again"
    assert bad.state.value == "live", "nothing follows by itself"


def test_statements_below_the_floor_or_late_are_cases_in_the_vendors_log(session: Session) -> None:
    vendor, honest = add_vendor(session), add_vendor(session)
    one, other = (add_labeler(session, each) for each in (vendor, honest))
    statement(session, one, base=900)
    statement(session, one, from_at=NOW - 20 * 24 * HOUR, paid_at=NOW - HOUR)
    statement(session, other)
    assert look_around(session, LATER) == 2
    rows = {row.sign: row for row in session.scalars(select(Anomaly))}
    for sign in (Sign.UNDERPAID, Sign.PAID_LATE):
        assert (rows[sign].vendor_id, rows[sign].hits, rows[sign].made, rows[sign].people) == (vendor.id, 1, 2, 1)
    entries = session.scalars(select(AuditEntry).where(AuditEntry.act == "anomaly.flag")).all()
    assert {entry.vendor_id for entry in entries} == {vendor.id}
    assert {entry.actor_id for entry in entries} == {None}
    assert str(one.id) not in "".join(entry.fields for entry in entries)


def arranged(session: Session, vendor: Vendor, spread: timedelta) -> None:
    for n in range(3):
        labeler = add_labeler(session, vendor)
        at = NOW + n * spread
        session.add(
            Break(
                person_id=labeler.id, labeler_id=labeler.id, started_at=at, paid_until=at + HOUR, ended_at=at + HOUR / 6
            )
        )
        session.add(
            SignInSession(
                user_id=labeler.id, token_hash=new_id().bytes * 2, created_at=at, seen_at=at, expires_at=at + HOUR
            )
        )
    session.flush()


def test_breaks_and_sign_ins_in_one_second_are_found_by_vendor(session: Session) -> None:
    vendor, honest = add_vendor(session), add_vendor(session)
    arranged(session, vendor, SECOND / 10)
    arranged(session, honest, 20 * SECOND)
    assert look_around(session, LATER) == 2
    assert found(session) == {Sign.BREAKS_TOGETHER: {About.VENDOR}, Sign.SIGN_INS_TOGETHER: {About.VENDOR}}
    assert set(session.scalars(select(Anomaly.vendor_id))) == {vendor.id}


def test_accounts_of_one_person_and_people_whose_data_are_erased_count_for_nothing(session: Session) -> None:
    vendor = add_vendor(session)
    arranged(session, vendor, SECOND / 10)
    last = session.scalars(select(Labeler.id)).all()[-1]
    session.execute(update(table(Labeler)).where(Labeler.id == last).values(erased_at=NOW))
    assert look_around(session, LATER) == 0


def test_answers_like_a_clock_are_found_where_three_people_of_a_vendor_give_them(session: Session) -> None:
    project, vendor = add_project(session, overlap=1), add_vendor(session)
    for n in range(3):
        assert look_around(session, LATER) == 0, n
        judged(session, project, add_labeler(session, vendor), 22, gap=30)
    assert look_around(session, LATER) == 1
    (row,) = session.scalars(select(Anomaly))
    assert (row.sign, row.hits, row.made) == (Sign.FIXED_INTERVALS, 3, 3)


def test_answers_at_the_edges_of_breaks_are_found_against_other_vendors(session: Session) -> None:
    project = add_project(session, overlap=1)
    for odd in (True, False):
        labeler = add_labeler(session, add_vendor(session))
        for n, answer in enumerate(judged(session, project, labeler, 50)):
            end = answer.submitted_at - (SECOND if odd and n < 12 else 20 * SECOND)
            start = end - 5 * SECOND
            session.add(
                Break(person_id=labeler.id, labeler_id=labeler.id, started_at=start, paid_until=end, ended_at=end)
            )
    session.flush()
    assert look_around(session, LATER) == 1
    (row,) = session.scalars(select(Anomaly))
    assert (row.sign, row.about, row.hits, row.made) == (Sign.BREAK_EDGES, About.VENDOR, 12, 50)


def a_case(session: Session, about: About, subject: Project | Vendor | None = None) -> Anomaly:
    subject_id = subject.id if subject is not None else add_user(session, Role.ADMIN).id
    row = Anomaly(
        sign=Sign.REJECTIONS, about=about, subject_id=subject_id, week=NOW.date(), found_at=NOW, hits=1, made=2,
        vendor_id=subject_id if about is About.VENDOR else None,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def test_a_named_person_looks_says_what_it_is_and_each_look_is_kept(session: Session) -> None:
    vendor, auditor = add_vendor(session), add_user(session, Role.AUDITOR).id
    row = a_case(session, About.VENDOR, vendor)
    assert service.look(session, auditor, row.id, NOW).name == vendor.name
    for state, note in (("new", "x"), ("upheld", " "), ("nothing", ""), ("dismissed", "x" * 4_001)):
        with pytest.raises(Invalid):
            service.conclude(session, auditor, row.id, state, note, NOW)
    service.conclude(session, auditor, row.id, "looked-at", "", NOW)
    service.conclude(session, auditor, row.id, "upheld", "Asked, and they said so.", NOW + HOUR)
    assert row.state is AnomalyState.UPHELD
    looks = service.look(session, auditor, row.id, NOW).looks
    assert [(look.state.value, look.note) for look, _ in looks] == [
        ("looked-at", ""), ("upheld", "Asked, and they said so."),
    ]  # fmt: skip
    entries = session.scalars(select(AuditEntry).where(AuditEntry.act == "anomaly.look")).all()
    assert len(entries) == 4 and {entry.vendor_id for entry in entries} == {vendor.id}
    with pytest.raises(Missing):
        service.look(session, auditor, new_id(), NOW)


def test_nobody_concludes_what_is_about_her(session: Session) -> None:
    project = add_project(session)
    with pytest.raises(Forbidden):
        service.conclude(session, project.created_by, a_case(session, About.PROJECT, project).id, "dismissed", "x", NOW)
    mine = a_case(session, About.REVIEWER)
    with pytest.raises(Forbidden):
        service.conclude(session, mine.subject_id, mine.id, "dismissed", "x", NOW)


def test_the_database_asks_for_a_note_and_for_the_vendor(session: Session) -> None:
    row, by = a_case(session, About.VENDOR, add_vendor(session)), add_user(session, Role.AUDITOR).id
    with pytest.raises(IntegrityError), session.begin_nested():
        session.add(AnomalyLook(anomaly_id=row.id, looked_by=by, at=NOW, state=AnomalyState.UPHELD))
        session.flush()
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(update(table(Anomaly)).values(vendor_id=None))
