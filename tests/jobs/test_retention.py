"""What is kept for a while only (MON-5), on SQLite and PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from labeler.accounts.models import SignInLink, SignInSession, User
from labeler.assignment.models import Assignment, Draft
from labeler.db import Entity, reading, transaction
from labeler.ids import new_id
from labeler.jobs import retention
from labeler.jobs.schedule import EVERY
from labeler.judgments.models import Judgment
from labeler.judgments.rules import TIME_EDGES
from labeler.wellbeing.collected import collected
from labeler.wellbeing.models import Consent, OptOut, OptOutScope
from tasks.views import BUCKETS, bucket
from tests.exports.build import BETTER_0, add_judgment
from tests.support.build import NOW, add_labeler, add_project, add_tasks
from tests.support.database import Database

DAY = timedelta(days=1)
TIMES = (0.0, 3.2, 9.999, 10.0, 29.5, 30.0, 45.0, 60.0, 119.0, 250.5, 300.0, 599.9, 600.0, 7200.25)


def written(n: int = len(TIMES), at=NOW) -> list:  # type: ignore[no-untyped-def, type-arg]
    """Answers with these times on the screen."""
    with transaction() as session:
        project = add_project(session)
        labeler = add_labeler(session)
        made = []
        for task, seconds in zip(add_tasks(session, project, n), TIMES, strict=False):
            said = add_judgment(session, project, task, labeler, BETTER_0, at=at)
            said.shown_seconds = seconds
            made.append(said.id)
        return made


def times() -> dict:  # type: ignore[type-arg]
    with reading() as session:
        return dict(session.execute(select(Judgment.id, Judgment.shown_seconds)).all())


@given(st.floats(min_value=0, max_value=1e6))
def test_the_lower_end_of_a_bucket_is_in_the_same_bucket(seconds: float) -> None:
    floor = max(edge for edge in TIME_EDGES if edge <= seconds)
    assert bucket(floor) == bucket(seconds)


def test_the_buckets_of_exports_are_made_of_whole_ones() -> None:
    assert {float(end) for end, _ in BUCKETS} < set(TIME_EDGES)
    assert sorted(set(TIME_EDGES)) == list(TIME_EDGES)


@pytest.mark.parametrize("batch", [1000, 3])
def test_times_become_coarse_after_thirty_days_and_exports_tell_the_same(database: Database, batch: int) -> None:
    ids = written()
    before = times()
    assert retention.coarsen_timings(NOW + 30 * DAY, batch) == 0
    assert times() == before
    changed = retention.coarsen_timings(NOW + 31 * DAY, batch)
    after = times()
    assert changed == sum(seconds not in TIME_EDGES for seconds in TIMES)
    assert set(after.values()) <= set(TIME_EDGES)
    assert [bucket(after[key]) for key in ids] == [bucket(before[key]) for key in ids]
    assert retention.coarsen_timings(NOW + 32 * DAY, batch) == 0, "a second run changes nothing"
    assert times() == after


def test_two_workers_at_once_do_each_row_once(database: Database) -> None:
    written()
    with ThreadPoolExecutor(2) as pool:
        changed = sum(pool.map(lambda _: retention.coarsen_timings(NOW + 31 * DAY, 2), range(2)))
    assert changed == sum(seconds not in TIME_EDGES for seconds in TIMES)
    assert set(times().values()) <= set(TIME_EDGES)


def test_nothing_else_of_an_answer_changes(database: Database) -> None:
    written(4)
    columns = [column for column in Judgment.__table__.columns if column.name != "shown_seconds"]
    with reading() as session:
        before = session.execute(select(*columns).order_by(Judgment.id)).all()
    retention.coarsen_timings(NOW + 31 * DAY)
    with reading() as session:
        assert session.execute(select(*columns).order_by(Judgment.id)).all() == before


def test_newer_answers_keep_their_times(database: Database) -> None:
    written(3, at=NOW + 20 * DAY)
    before = times()
    retention.coarsen_timings(NOW + 40 * DAY)
    assert times() == before


def left(model: type[Entity] | type[Draft]) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_draft_is_kept_for_thirty_days(database: Database) -> None:
    with transaction() as session:
        labeler, project = add_labeler(session), add_project(session)
        task = add_tasks(session, project, 1)[0]
        said = add_judgment(session, project, task, labeler, BETTER_0)
        assert session.get(Assignment, said.assignment_id)
        session.add(Draft(assignment_id=said.assignment_id, form="{}", saved_at=NOW))
    retention.forget(NOW + 30 * DAY)
    assert left(Draft) == 1
    for _ in range(2):
        retention.forget(NOW + 30 * DAY + timedelta(seconds=1))
        assert left(Draft) == 0


def test_choices_go_thirty_days_after_the_account_was_closed_and_nobody_elses(database: Database) -> None:
    with transaction() as session:
        gone, here = add_labeler(session), add_labeler(session)
        session.get_one(User, gone.id).disabled_at = NOW
        for labeler in (gone, here):
            session.add(OptOut(labeler_id=labeler.id, scope=OptOutScope.SENSITIVE, from_at=NOW))
            session.add(
                Consent(
                    labeler_id=labeler.id,
                    category="W01",
                    severity=2,
                    text_version=1,
                    from_at=NOW,
                    expires_at=NOW + 90 * DAY,
                )
            )
    retention.forget(NOW + 30 * DAY)
    assert (left(OptOut), left(Consent)) == (2, 2)
    for _ in range(2):
        retention.forget(NOW + 31 * DAY)
        assert (left(OptOut), left(Consent)) == (1, 1)
    with reading() as session:
        assert session.scalars(select(OptOut.labeler_id)).one() == here.id


def test_sign_in_links_go_seven_days_after_they_were_used_or_ran_out(database: Database) -> None:
    with transaction() as session:
        user = add_labeler(session).id

        def link(expires, used=None) -> None:  # type: ignore[no-untyped-def]
            session.add(
                SignInLink(
                    user_id=user,
                    token_hash=new_id().bytes * 2,
                    invites=True,
                    created_at=NOW,
                    expires_at=expires,
                    used_at=used,
                )
            )

        link(NOW + 90 * DAY, used=NOW + DAY)
        link(NOW + DAY)
        link(NOW + 90 * DAY)
    retention.forget(NOW + 8 * DAY)
    assert left(SignInLink) == 3
    retention.forget(NOW + 8 * DAY + timedelta(seconds=1))
    assert left(SignInLink) == 1


def test_a_session_knows_no_address_and_no_browser() -> None:
    assert {column.name for column in SignInSession.__table__.columns} == {
        "id", "user_id", "token_hash", "created_at", "seen_at", "expires_at", "ended_at",
    }  # fmt: skip


def test_the_page_says_what_is_done_and_it_is_done_by_the_clock() -> None:
    kept = {name: group.kept for name, group in collected().groups.items()}
    assert f"{retention.KEEP_TIMINGS.days} days" in kept["answers"]
    assert f"{retention.KEEP_DRAFTS.days} days" in kept["drafts"]
    assert f"{retention.KEEP_CHOICES.days} days" in kept["choices"]
    assert f"{retention.KEEP_LINKS.days} days" in kept["sign_in"]
    assert {"forget", "coarsen_timings", "purge"} <= {work.__name__ for _, work in EVERY}
