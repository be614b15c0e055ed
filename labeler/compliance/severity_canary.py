"""The canary of EXP-4: a placeholder task marked severity 4, which the person named for escalations must decide about.

It could have been put among the tasks of a real project. Then a decision "not forbidden" would hand it out, and each
count of that project's tasks would be wrong by one for ever. So it lies in a project of the product's own that nobody
is offered (`projects.hidden`), full from the beginning: no labeler, export, statistic or pay ever meets it. On the page
of escalations it goes by the name of a live project drawn by lot, with a row named like one of that project's, and its
key is made like every task's, so that nothing there tells it from others until it is decided. It says that it is a
placeholder, in a text that the page shows of no task. What can be found out by looking further: no file was imported
then, and the researcher's has no such row. To keep such a task away is right also then, and nobody can know that it may
be shown: so only "it stays away" is an answer. Who reads the database can find it before.

All of it may run twice and be killed at any moment; the caller holds the canary's row.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import orjson
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from labeler.compliance.canary import about_of, moment_of
from labeler.compliance.looking_models import Canary, CanaryKind
from labeler.compliance.standards import read
from labeler.projects.hidden import own_project, shown
from labeler.projects.lanes import lane_of, move_task
from labeler.projects.models import Batch, ImportState, Lane, Project, Task, TaskContent
from labeler.projects.rules import ProjectState
from labeler.warnings.models import Escalation, EscalationDecision
from tasks.content import Category, Severity, profile_key

DECIDE = timedelta(days=read().numbers["escalation_days"].value)
"""Until when it must be decided; the standard's number."""
TEXT = "[placeholder: a trial by the product itself, marked severity 4; it shows nothing]"
LANGUAGE = "en"
NOTHING = profile_key({})


@dataclass(frozen=True, slots=True)
class Answer:
    """How it ended: `answered`, `late`, or `allowed` where somebody let through what nobody can have looked at."""

    outcome: str
    seconds: int
    about: UUID


def possible(session: Session) -> bool:
    """Whether any project is live: before, there is nothing that it could go by, and nobody waits for escalations."""
    return session.scalar(select(_live().exists())) is True


def send(session: Session, canary: Canary, now: datetime, dice: Random) -> bool:
    """Put the task where severity 4 waits for a decision. False while no project is live."""
    projects = session.scalars(_live().order_by(Project.id)).all()
    if not projects:
        return False
    like = dice.choice(projects)
    own = own_project(session, canary.id, like)
    profile = profile_key({dice.choice(list(Category)): Severity.FORBIDDEN})
    batch = Batch(
        project_id=own.id, name=TEXT, content_hash=canary.secret.hex(), copy=1, created_by=like.created_by,
        created_at=now, settings={"project": str(like.id)}, state=ImportState.DONE, format="native", finished_at=now,
    )  # fmt: skip
    session.add(batch)
    session.flush()
    lane_id = lane_of(session, own.id, LANGUAGE, profile)
    about = about_of(canary.kind, canary.secret, now)
    session.add(Task(id=about, lane_id=lane_id, batch_id=batch.id, position=0, overlap=1, claims=1, first_order=""))
    session.flush()
    text, row = orjson.dumps({"placeholder": TEXT}).decode(), _row_like(session, like.id, dice)
    session.add(TaskContent(task_id=about, item=text, row_id=row))
    session.flush()
    return True


def look(session: Session, canary: Canary, now: datetime) -> Answer | None:
    """How it ended; None while it waits within its time. What ended waits no longer on the page of escalations."""
    began = canary.sent_at or now
    about = about_of(CanaryKind.SEVERITY, canary.secret, began)
    first = select(Escalation).where(Escalation.task_id == about).order_by(Escalation.decided_at).limit(1)
    decided = session.scalar(first)
    if decided is None and now <= began + DECIDE:
        return None
    project_id = session.scalars(
        select(Lane.project_id).join(Task, Task.lane_id == Lane.id).where(Task.id == about)
    ).one()
    session.get_one(Project, project_id, with_for_update={"key_share": True})
    move_task(session, project_id, about, LANGUAGE, NOTHING)
    ended = now if decided is None else decided.decided_at
    outcome = "late" if decided is None or ended > began + DECIDE else "answered"
    if decided is not None and decided.decision is EscalationDecision.ALLOWED:
        outcome = "allowed"
    return Answer(outcome, int((ended - moment_of(about)).total_seconds()), about)


def _live() -> Select[Project]:
    return select(Project).where(Project.state == ProjectState.LIVE, shown())


def _row_like(session: Session, project_id: UUID, dice: Random) -> str | None:
    """A row's name in the way of a project's: one of its own with other digits; None where its rows have no names."""
    own = select(TaskContent.row_id).join(Task, Task.id == TaskContent.task_id).join(Lane, Lane.id == Task.lane_id)
    names = session.scalars(own.where(Lane.project_id == project_id).order_by(Task.id).limit(200)).all()
    given = [name for name in names if name]
    if not given:
        return None
    for _ in range(50):
        name = "".join(dice.choice(string.digits) if each in string.digits else each for each in dice.choice(given))
        taken = own.where(Lane.project_id == project_id, TaskContent.row_id == name)
        if session.scalar(taken.limit(1)) is None:
            return name
    return None
