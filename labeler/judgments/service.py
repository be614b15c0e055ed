"""Taking answers. Submitting twice, ten times at once, or after a lost reply has one effect."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel
from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from labeler.assignment.exposure import close_row, say_hidden, seen_in
from labeler.assignment.models import Assignment, AssignmentState, Draft
from labeler.audit.service import Entry
from labeler.errors import Conflict, Invalid, Missing
from labeler.ids import new_id
from labeler.judgments.models import Judgment, Standing
from labeler.judgments.queries import Answered, Question, by_key, last_ids, latest, question
from labeler.judgments.retries import use_retry
from labeler.judgments.rules import REVISABLE, shown_seconds, still_taken
from labeler.judgments.sparing import stop_early
from labeler.judgments.storing import store
from labeler.projects.models import Task
from labeler.wellbeing.clock import Locked, lock
from tasks import kind
from tasks.content import Severity
from tasks.kind import Form

TOO_LATE = "This task has ended and its answer can't be taken any more. Your time on it is kept."
DRAFT_BYTES = 256 * 1024
"""The largest draft that is kept."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a submit did: the judgment, whether this call wrote it, and the labeler's clock, held for the next task."""

    judgment: Answered
    new: bool
    locked: Locked


def submit(
    session: Session,
    labeler_id: UUID,
    assignment_id: UUID,
    form: Form,
    idem_key: str,
    now: datetime,
    *,
    going_on: bool = False,
) -> Submitted:
    """Store the answer to an assignment. A repeat, by the same key or from another tab, returns the first answer.

    `going_on`: the caller hands out the next task in the same transaction.
    Raises AnswerRefused (naming every problem; nothing is stored), Missing when the assignment was never this
    labeler's, Conflict when it ended too long ago, or its text has not been shown, or the key was used for another one.
    """
    key = _checked(idem_key)
    locked = lock(session, labeler_id)
    asked = question(session, labeler_id, assignment_id)
    if asked is None:
        raise Missing("This task is not yours. Open your desk to go on.")
    if asked.state is AssignmentState.JUDGED:
        given = latest(session, assignment_id)
        assert given is not None
        return Submitted(given, new=False, locked=locked)
    standing = _standing(session, asked, now)
    if asked.sensitive:
        seconds = seen_in(asked.seen_seconds, asked.revealed_at, asked.lease_until, now)
        close_row(session, locked, asked.assignment_id, seconds, now)
        if asked.revealed_at is not None and asked.lease_until < now:  # it was open no longer than its lease
            say_hidden(session, locked, asked.assignment_id, seconds - asked.seen_seconds, now)
    written = _write(session, locked, asked, form, standing, key, now, going_on=going_on)
    return Submitted(written, new=True, locked=locked)


def revise(
    session: Session, labeler_id: UUID, judgment_id: UUID, form: Form, idem_key: str, now: datetime
) -> Submitted:
    """Change one of the labeler's last answers: a new version is added, the old one stays in the record.

    Raises as `submit` does, and Conflict when the answer is not among the last ten any more
    and no retry of it is open.
    """
    locked = lock(session, labeler_id)
    known = by_key(session, labeler_id, _checked(idem_key))
    if known is not None:
        return Submitted(known, new=False, locked=locked)
    old = session.get(Judgment, judgment_id)
    if old is None or old.labeler_id != labeler_id:
        raise Missing("There is no such answer of yours.")
    retried = use_retry(session, old.assignment_id, now)
    if not retried and old.assignment_id not in last_ids(session, labeler_id, REVISABLE):
        raise Conflict(
            f"Only your last {REVISABLE} answers can be changed. Ask the project's team to correct this one."
        )
    asked = question(session, labeler_id, old.assignment_id)
    newest = latest(session, old.assignment_id)
    assert asked is not None
    assert newest is not None
    judgment = _write(session, locked, asked, form, newest.standing, idem_key, now, replaces=newest)
    return Submitted(judgment, new=True, locked=locked)


def save_draft(session: Session, labeler_id: UUID, assignment_id: UUID, form: Form, now: datetime) -> bool:
    """Keep an unfinished answer; False when the assignment has been answered or was never this labeler's.

    Raises Invalid for a draft over 256 KiB; the one saved before it stays.
    """
    text = orjson.dumps({name: list(values) for name, values in form.items()})
    if len(text) > DRAFT_BYTES:
        raise Invalid("This answer is too long to be kept. Shorten it; the version saved before is still there.")
    state = session.execute(
        select(Assignment.state).where(Assignment.id == assignment_id, Assignment.labeler_id == labeler_id)
    ).scalar()
    if state not in (AssignmentState.HELD, AssignmentState.EXPIRED):
        return False
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    kept = dialect.insert(Draft).values(assignment_id=assignment_id, form=text.decode(), saved_at=now)
    session.execute(
        kept.on_conflict_do_update(
            index_elements=["assignment_id"], set_={"form": kept.excluded.form, "saved_at": kept.excluded.saved_at}
        )
    )
    return True


def _standing(session: Session, asked: Question, now: datetime) -> Standing:
    """Whether the answer counts: a lapsed place is taken again if nobody has it, and else the answer is late."""
    if asked.state not in (AssignmentState.HELD, AssignmentState.EXPIRED):
        raise Conflict(TOO_LATE)
    if asked.sensitive and asked.revealed_at is None and not asked.seen_seconds:
        raise Conflict("This task's text has not been shown yet. Choose Show it or Skip it first.")
    if asked.state is AssignmentState.HELD:
        return Standing.COUNTED
    if not still_taken(asked.lease_until, now):
        raise Conflict(TOO_LATE)
    taken = session.execute(
        update(Task)
        .where(Task.id == asked.task_id, Task.claims < Task.overlap)
        .values(claims=Task.claims + 1)
        .execution_options(synchronize_session=False)
    )
    return Standing.COUNTED if taken.rowcount == 1 else Standing.LATE  # type: ignore[attr-defined]


def _write(
    session: Session,
    locked: Locked,
    asked: Question,
    form: Form,
    standing: Standing,
    idem_key: str,
    now: datetime,
    *,
    replaces: Answered | None = None,
    going_on: bool = False,
) -> Answered:
    asks = kind(asked.kind)
    answer: BaseModel = asks.read(form, asks.Options.model_validate(asked.options), asked.order)
    text = answer.model_dump_json()
    digest = hashlib.sha256(text.encode()).digest()
    judgment = Answered(
        id=new_id(),
        assignment_id=asked.assignment_id,
        standing=standing,
        version=replaces.version + 1 if replaces else 1,
        answer=text,
    )
    values: dict[str, Any] = {
        "id": judgment.id,
        "assignment_id": asked.assignment_id,
        "task_id": asked.task_id,
        "labeler_id": asked.labeler_id,
        "project_id": asked.project_id,
        "guideline_version": asked.guideline_version,
        "kind": asked.kind,
        "kind_version": asks.version,
        "order": asked.order_text,
        "answer": text,
        "standing": standing,
        "idem_key": idem_key,
        "fingerprint": digest,
        "handed_at": asked.handed_at,
        "shown_seconds": shown_seconds(asked.handed_at, asked.revealed_at, asked.seen_seconds, asked.sensitive, now),
        "submitted_at": now,
        "fence": asked.fence,
        "version": judgment.version,
        "replaces_id": replaces.id if replaces else None,
    }
    entry = Entry(
        "judgment.submit",
        locked.person.id,
        judgment.id,
        locked.person.vendor_id,
        {
            "assignment": judgment.assignment_id,
            "version": judgment.version,
            "standing": standing,
            "digest": digest.hex(),
        },
    )
    store(session, locked, values, entry, now, going_on=going_on)
    if asked.severity >= Severity.EGREGIOUS and standing is Standing.COUNTED and replaces is None:
        stop_early(session, asked, answer)
    return judgment


def _checked(idem_key: str) -> str:
    if not 16 <= len(idem_key) <= 64 or not idem_key.isascii():
        raise Invalid("This form has lost its key. Open the task again; your draft is kept.")
    return idem_key
