"""A sensitive text before a reviewer's eyes: people who check answers are protected as those who give them (EXP-9)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.cases.queries import Answer
from labeler.wellbeing.models import Exposure, ExposurePath
from tasks.content import profile_key

LEAST_READING = 60
"""Seconds that a look at a sensitive text counts at least; more where the project expects a task to take longer."""


def show_text(session: Session, reviewer_id: UUID, answer: Answer, expected_seconds: int, now: datetime) -> None:
    """Write down that a reviewer is shown the text of an answer of severity 2 or 3. It counts whole, from now on."""
    seconds = max(LEAST_READING, expected_seconds)
    session.add(
        Exposure(
            person_id=reviewer_id,
            path=ExposurePath.REVIEW,
            profile=profile_key(answer.profile),
            severity=answer.severity,
            from_at=now,
            shown_at=now,
            seconds=seconds,
            ended_at=now + timedelta(seconds=seconds),
            task_id=answer.judgment.task_id,
        )
    )
    session.flush()
    record(session, "review.show", reviewer_id, answer.judgment.id, now, severity=answer.severity)
