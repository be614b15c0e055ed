"""Severe tasks are given to nobody more once two people agree (EXP-8)."""

from __future__ import annotations

from pydantic import BaseModel
from sqlalchemy import select, update
from sqlalchemy.orm import Session, aliased

from labeler.judgments.models import Judgment, Standing
from labeler.judgments.queries import Question
from labeler.projects.models import Task
from tasks import kind

AGREE = 2
"""How many equal judgments are enough."""


def stop_early(session: Session, asked: Question, answer: BaseModel) -> bool:
    """Hand the task out no more if everybody so far, and two at least, said what this answer says.

    Who holds the task at this moment may still finish it. Answers without an opinion (`cant_judge`) agree with nobody.
    """
    asks = kind(asked.kind)
    options = asks.Options.model_validate(asked.options)
    newer = aliased(Judgment)
    others = session.scalars(
        select(Judgment.answer)
        .outerjoin(newer, newer.replaces_id == Judgment.id)
        .where(
            Judgment.task_id == asked.task_id,
            Judgment.labeler_id != asked.labeler_id,
            Judgment.standing == Standing.COUNTED,
            newer.id.is_(None),
        )
    ).all()
    if len(others) + 1 < AGREE:
        return False
    if any(asks.distance(answer, asks.Answer.model_validate_json(other), options) != 0 for other in others):
        return False
    session.execute(
        update(Task)
        .where(Task.id == asked.task_id, Task.overlap > Task.claims)
        .values(overlap=Task.claims)
        .execution_options(synchronize_session=False)
    )
    return True
