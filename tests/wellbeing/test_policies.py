"""Setting a number, on SQLite and PostgreSQL: what is refused, all at once; what is in force; who may do it."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Role
from labeler.audit.models import AuditEntry
from labeler.errors import Conflict, Forbidden, Invalid, Missing
from labeler.ids import new_id
from labeler.wellbeing.limits import LONGEST_DEVIATION, Signer
from labeler.wellbeing.models import Policy, WorkClock
from labeler.wellbeing.policies import history, limits_now, set_number, tighten
from labeler.wellbeing.signatures import Signature
from tests.support.build import NOW, add_labeler, add_project, add_user

DAY = timedelta(days=1)
SIGNED = Signature(
    signer=Signer.CLINICIAN,
    document="d" * 64,
    signed_by="Dr. Wanjiru, clinician",
    reason="A launch week that the safety committee has looked at.",
    until_at=NOW + 5 * DAY,
)
ALL = {field.name for field in fields(Signature)}


def second(session: Session) -> UUID:
    """Somebody who may confirm."""
    return add_user(session, Role.WELLBEING_OFFICER).id


def problems(session: Session, name: str = "break_stop", value: int | None = 55, **given: Any) -> dict[str, str]:
    """What is refused, by field."""
    when = given.pop("from_at", NOW)
    with pytest.raises(Invalid) as wrong:
        set_number(session, new_id(), name, value, when, NOW, **given)
    return {each.field: each.message for each in wrong.value.problems}


def test_a_tighter_number_is_in_force_from_its_moment_on(session: Session) -> None:
    admin = add_user(session, Role.ADMIN).id
    set_number(session, admin, "severe_day", 40, NOW + DAY, NOW)
    assert limits_now(session, NOW).platform.severe_day == 60
    assert limits_now(session, NOW + DAY).platform.severe_day == 40


def test_nobody_writes_into_the_past(session: Session) -> None:
    assert set(problems(session, from_at=NOW - timedelta(seconds=1))) == {"from_at"}


def test_a_value_stays_within_what_a_number_may_be(session: Session) -> None:
    assert "from 5 to 60" in problems(session, "break_length", 90)["value"]


def test_numbers_must_go_together(session: Session) -> None:
    assert "can't lie after" in problems(session, "break_stop", 45)["value"]  # a break is still mentioned at 50


def test_numbers_must_go_together_later_too(session: Session) -> None:
    admin = add_user(session, Role.ADMIN).id
    set_number(session, admin, "break_stop", 90, NOW, NOW, signature=SIGNED, second=second(session))
    later = replace(SIGNED, until_at=NOW + 10 * DAY)
    assert (
        "can't lie after" in problems(session, "break_ask", 80, signature=later)["value"]
    )  # after five days 60 is back
    set_number(session, admin, "break_ask", 80, NOW, NOW, signature=SIGNED, second=second(session))


def test_a_looser_number_lacks_everything_at_once(session: Session) -> None:
    assert set(problems(session, value=90)) == ALL
    assert set(problems(session, value=200, from_at=NOW - DAY)) >= {
        "value",
        "from_at",
        "signer",
        "document",
        "signed_by",
        "reason",
    }
    assert set(problems(session, "no such", None, from_at=None)) == {"name", "value", "from_at"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reason": "too short"}, "reason"),
        ({"signed_by": "x"}, "signed_by"),
        ({"signer": None}, "signer"),
        ({"document": "D" * 64}, "document"),
        ({"document": "d" * 63}, "document"),
        ({"until_at": NOW + LONGEST_DEVIATION + timedelta(seconds=1)}, "until_at"),
        ({"until_at": NOW}, "until_at"),
        ({"reason": "two lines\x00 that hide a sign in them"}, "reason"),
    ],
)
def test_a_signature_is_a_whole_one(session: Session, change: dict[str, Any], field: str) -> None:
    assert set(problems(session, value=90, signature=replace(SIGNED, **change))) == {field}


def test_a_deviation_lasts_ninety_days_at_most_and_ends_by_itself(session: Session) -> None:
    admin = add_user(session, Role.ADMIN).id
    set_number(session, admin, "break_stop", 90, NOW, NOW, signature=replace(SIGNED, until_at=NOW + LONGEST_DEVIATION),
               second=second(session))  # fmt: skip
    assert limits_now(session, NOW).platform.break_stop == 90
    assert limits_now(session, NOW + LONGEST_DEVIATION).platform.break_stop == 60


def test_a_deviation_can_be_ended_early_by_a_new_row(session: Session) -> None:
    admin = add_user(session, Role.ADMIN).id
    set_number(session, admin, "break_stop", 90, NOW, NOW, signature=SIGNED, second=second(session))
    set_number(session, admin, "break_stop", 60, NOW + DAY, NOW + DAY)
    assert limits_now(session, NOW + DAY).platform.break_stop == 60
    assert len(session.scalars(select(Policy)).all()) == 2


@pytest.mark.parametrize("value", [60, 55])
def test_a_tighter_or_equal_number_carries_no_signature(session: Session, value: int) -> None:
    assert set(problems(session, value=value, signature=SIGNED)) == ALL


def test_for_a_project_looser_is_what_is_looser_than_for_everybody(session: Session) -> None:
    admin, project = add_user(session, Role.ADMIN).id, add_project(session).id
    set_number(session, admin, "severe_day", 30, NOW, NOW)
    assert set(problems(session, "severe_day", 40, project_id=project)) == ALL
    set_number(session, admin, "severe_day", 20, NOW, NOW, project_id=project)
    assert limits_now(session, NOW).of(project).severe_day == 20
    set_number(
        session, admin, "severe_day", 45, NOW + DAY, NOW, project_id=project, signature=SIGNED, second=second(session)
    )
    assert limits_now(session, NOW + DAY).of(project).severe_day == 45
    assert limits_now(session, NOW + DAY).platform.severe_day == 30


def test_two_changes_of_one_number_never_begin_at_one_moment(session: Session) -> None:
    admin, project = add_user(session, Role.ADMIN).id, add_project(session).id
    for where in (None, project):
        set_number(session, admin, "severe_day", 30, NOW + DAY, NOW, project_id=where)
        session.commit()
        with pytest.raises(Conflict):
            set_number(session, admin, "severe_day", 20, NOW + DAY, NOW, project_id=where)
        session.rollback()


def test_nobody_keeps_an_older_allowance(session: Session) -> None:
    clocks = [add_labeler(session).id for _ in range(3)]
    session.add_all(WorkClock(person_id=who, free_until=NOW + timedelta(minutes=50)) for who in clocks)
    session.flush()
    set_number(session, add_user(session, Role.ADMIN).id, "break_stop", 55, NOW, NOW)
    session.expire_all()
    assert set(session.scalars(select(WorkClock.free_until))) == {None}


def test_the_record_has_the_numbers_and_no_words(session: Session) -> None:
    admin = add_user(session, Role.ADMIN).id
    row = set_number(session, admin, "break_stop", 90, NOW, NOW, signature=SIGNED, second=second(session))
    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "policy.set")).one()
    assert (entry.actor_id, entry.subject_id) == (admin, row)
    assert '"signed":true' in entry.fields
    assert "Wanjiru" not in entry.fields
    assert "launch" not in entry.fields


def test_history_tells_the_role_and_never_the_name(session: Session) -> None:
    admin = add_user(session, Role.ADMIN, name="Ada Admin").id
    project = add_project(session, name="Secret bakery").id
    set_number(session, admin, "severe_day", 50, NOW, NOW)
    set_number(session, admin, "severe_day", 40, NOW + DAY, NOW + DAY, project_id=project)
    told = history(session)
    assert [each.change.value for each in told] == [40, 50]  # the newest first
    assert {each.role for each in told} == {Role.ADMIN}
    assert told[0].project == "Secret bakery"
    assert told[0].public().project == "one project"


def test_a_researcher_tightens_her_own_project_only(session: Session) -> None:
    mine, other = add_user(session).id, add_user(session).id
    project = add_project(session, created_by=mine).id
    with pytest.raises(Forbidden):
        tighten(session, other, "severe_day", 20, NOW, NOW, project_id=project)
    with pytest.raises(Missing):
        tighten(session, mine, "severe_day", 20, NOW, NOW, project_id=new_id())
    with pytest.raises(Invalid):
        tighten(session, mine, "severe_day", 80, NOW, NOW, project_id=project)
    tighten(session, mine, "severe_day", 20, NOW, NOW, project_id=project)
    tighten(session, mine, "severe_day", 60, NOW + DAY, NOW, project_id=project)  # her own may be taken back
    assert limits_now(session, NOW + DAY).of(project).severe_day == 60


def test_a_researcher_does_not_go_behind_what_an_administrator_set(session: Session) -> None:
    admin, mine = add_user(session, Role.ADMIN).id, add_user(session).id
    project = add_project(session, created_by=mine).id
    set_number(session, admin, "severe_day", 20, NOW, NOW, project_id=project)
    with pytest.raises(Invalid, match="yet"):
        tighten(session, mine, "severe_day", 50, NOW + DAY, NOW, project_id=project)
    tighten(session, mine, "severe_day", 10, NOW + DAY, NOW, project_id=project)
