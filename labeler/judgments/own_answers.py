"""*My answers*: everything one labeler has answered, for herself alone, by pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, and_, or_, select
from sqlalchemy.orm import Session

from labeler.assignment.models import Assignment, AssignmentState
from labeler.judgments.models import Judgment, Standing, Withdrawal
from labeler.judgments.queries import last_ids
from labeler.judgments.rules import REVISABLE
from labeler.projects.models import Project
from labeler.projects.rules import is_frozen

PAGE = 25
"""Answers on a page."""


@dataclass(frozen=True, slots=True)
class OwnAnswer:
    """A line of *My answers*: no text of the task, only what was answered when, and what may still be done with it.

    `withdrawn_at` is when she withdrew it; `freeze_at` is the announced end of withdrawing in its project, and `frozen`
    says that it has come.
    """

    judgment_id: UUID
    project_id: UUID
    project_name: str
    submitted_at: datetime
    version: int
    standing: Standing
    freeze_at: datetime | None
    withdrawn_at: datetime | None
    frozen: bool
    changeable: bool

    @property
    def withdrawable(self) -> bool:
        """Whether she may still withdraw it."""
        return self.withdrawn_at is None and not self.frozen


@dataclass(frozen=True, slots=True)
class AnswersPage:
    """One page of answers, the newest first. `older` names the last one, for the next page; None on the last page."""

    answers: list[OwnAnswer]
    older: UUID | None

    @property
    def projects(self) -> list[OwnAnswer]:
        """One answer of each project on this page: it has the project's name and its announced end of withdrawing."""
        return list({answer.project_id: answer for answer in self.answers}.values())


def own_answers(
    session: Session, labeler_id: UUID, now: datetime, before: UUID | None = None, limit: int = PAGE
) -> AnswersPage:
    """The newest versions of the labeler's answers, older than the answer `before`; another's id counts as none."""
    wanted = (
        select(Assignment.id, Assignment.handed_at)
        .where(Assignment.labeler_id == labeler_id, Assignment.state == AssignmentState.JUDGED)
        .order_by(Assignment.handed_at.desc(), Assignment.id.desc())
        .limit(limit + 1)
    )
    last = _place(session, labeler_id, before)
    if last is not None:
        same = and_(Assignment.handed_at == last.handed_at, Assignment.id < last.id)
        wanted = wanted.where(or_(Assignment.handed_at < last.handed_at, same))
    ids = [row.id for row in session.execute(wanted)]
    lines = _lines(session, labeler_id, ids[:limit], now)
    return AnswersPage(lines, lines[-1].judgment_id if len(ids) > limit else None)


def own_answer(session: Session, labeler_id: UUID, judgment_id: UUID, now: datetime) -> OwnAnswer | None:
    """One answer of this labeler's by any of its versions; None when it is not hers."""
    place = _place(session, labeler_id, judgment_id)
    return _lines(session, labeler_id, [place.id], now)[0] if place is not None else None


def _place(session: Session, labeler_id: UUID, judgment_id: UUID | None) -> Row[UUID, datetime] | None:
    if judgment_id is None:
        return None
    return session.execute(
        select(Assignment.id, Assignment.handed_at)
        .join(Judgment, Judgment.assignment_id == Assignment.id)
        .where(Judgment.id == judgment_id, Judgment.labeler_id == labeler_id)
    ).one_or_none()


def _lines(session: Session, labeler_id: UUID, ids: Sequence[UUID], now: datetime) -> list[OwnAnswer]:
    changeable = set(last_ids(session, labeler_id, REVISABLE))
    rows = session.execute(
        select(Judgment, Project.name, Project.freeze_at, Withdrawal.at)
        .join(Project, Project.id == Judgment.project_id)
        .outerjoin(Withdrawal, Withdrawal.assignment_id == Judgment.assignment_id)
        .where(Judgment.assignment_id.in_(ids))
        .order_by(Judgment.version)
    )
    newest = {
        said.assignment_id: OwnAnswer(
            judgment_id=said.id,
            project_id=said.project_id,
            project_name=name,
            submitted_at=said.submitted_at,
            version=said.version,
            standing=said.standing,
            freeze_at=freeze_at,
            withdrawn_at=withdrawn_at,
            frozen=is_frozen(freeze_at, now),
            changeable=said.assignment_id in changeable,
        )
        for said, name, freeze_at, withdrawn_at in rows
    }
    return [newest[assignment_id] for assignment_id in ids]
