"""What the clock does for fair decisions."""

from __future__ import annotations

from sqlalchemy import select

from labeler.accounts.permissions import Role
from labeler.cases.grievance_models import WatchFlag
from labeler.cases.models import NotUsed
from labeler.cases.service import report_danger, restrict
from labeler.clock import now
from labeler.db import transaction
from labeler.jobs import schedule
from tests.cases.making import DAY, REASONS, a_decider, answer, not_used
from tests.support.build import add_labeler, add_project, add_tasks
from tests.support.database import Database


def test_decisions_count_and_the_watch_looks_without_anybody_pressing_a_button(database: Database) -> None:
    then = now() - 8 * DAY
    with transaction() as session:
        add_tasks(session, add_project(session), 2)
        labeler = add_labeler(session)
        (judgment_id,) = answer(session, labeler, now=then)
        not_used(session, a_decider(session, Role.RESEARCHER), judgment_id, then)
        report_danger(session, labeler.id, "Somebody was threatened.", then)
        restrict(session, a_decider(session), labeler.id, None, REASONS, now() + 20 * DAY, then + DAY)
    for work in (schedule.settle_cases, schedule.watch_retaliation) * 2:
        assert work in {each for _, each in schedule.EVERY}
        work()
    with transaction() as session:
        assert session.scalars(select(NotUsed.effective_at)).one() is not None
        assert len(session.scalars(select(WatchFlag)).all()) == 1
