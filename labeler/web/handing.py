"""The desk's two transactions: the next task, and answer-and-next. Apart from the pages, so races can be tested."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from labeler.assignment.service import Handed, Nothing, expire, hand_out, hand_out_locked
from labeler.db import repeated
from labeler.judgments.service import Submitted, submit
from tasks.kind import Form


@dataclass(frozen=True, slots=True)
class AnsweredAndNext:
    """What one press of Submit did: the stored answer, and what the desk shows now."""

    submitted: Submitted
    next: Handed | Nothing


def next_task(labeler_id: UUID, now: datetime) -> Handed | Nothing:
    """The task the labeler holds or may have now, or the certain reason why there is none."""
    return _certain(repeated(lambda session: hand_out(session, labeler_id, now)), labeler_id, now)


def answer_and_next(labeler_id: UUID, assignment_id: UUID, form: Form, idem_key: str, now: datetime) -> AnsweredAndNext:
    """Store the answer and hand out the next task in one transaction. Raises as `judgments.service.submit` does.

    When there seems to be nothing more, the answer is kept first, and the last word is asked for by itself.
    """
    done = repeated(
        lambda session: _both(
            submitted := submit(session, labeler_id, assignment_id, form, idem_key, now, going_on=True),
            hand_out_locked(session, submitted.locked, now),
        )
    )
    return AnsweredAndNext(done.submitted, _certain(done.next, labeler_id, now))


def _both(submitted: Submitted, following: Handed | Nothing) -> AnsweredAndNext:
    return AnsweredAndNext(submitted, following)


def _certain(result: Handed | Nothing, labeler_id: UUID, now: datetime) -> Handed | Nothing:
    if isinstance(result, Nothing) and result.busy:
        repeated(lambda session: expire(session, now))
        return repeated(lambda session: hand_out(session, labeler_id, now, wait=True))
    return result
