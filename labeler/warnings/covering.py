"""What stands in front of a sensitive text, and whether what a screen shows may still be seen: one statement each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session, aliased

from labeler.assignment.models import Assignment, AssignmentState
from labeler.db import Utc
from labeler.projects.models import Lane, Project, Task
from labeler.warnings.models import ContentReport
from labeler.wellbeing.models import Consent
from tasks.content import SENSITIVE

NOTICE_LASTS = timedelta(hours=8)
"""How long a notice is remembered: a new shift begins with a whole one (R8)."""
LOOK_BACK = 50
"""Hand-outs among which the last sensitive one is looked for; further back it is told anew."""


@dataclass(frozen=True, slots=True)
class Before:
    """What the notice in front of a covered text needs: whether it is told in full, and how much of it there is.

    `share` is the project's expected share of sensitive tasks, 0 to 1, None where it says nothing.
    """

    whole: bool
    share: float | None


def before_notice(session: Session, labeler_id: UUID, assignment_id: UUID, now: datetime) -> Before:
    """Whether the covered task opens a new batch, or has another profile than the last sensitive one (WRN-2).

    One statement. Asked only for a sensitive task that is covered.
    """
    mine, their_task, their_lane = aliased(Assignment), aliased(Task), aliased(Lane)
    last = (
        select(Assignment.id, Assignment.task_id, Assignment.handed_at)
        .where(Assignment.labeler_id == labeler_id, Assignment.id != assignment_id)
        .order_by(Assignment.handed_at.desc())
        .limit(LOOK_BACK)
        .subquery()
    )
    sensitive = (
        select(their_task.batch_id, their_lane.profile, last.c.handed_at)
        .join_from(last, their_task, their_task.id == last.c.task_id)
        .join(their_lane, their_lane.id == their_task.lane_id)
        .where(their_lane.severity >= SENSITIVE)
        .order_by(last.c.handed_at.desc())
        .limit(1)
        .subquery()
    )
    row = session.execute(
        select(
            Task.batch_id,
            Lane.profile,
            Project.sensitive_share,
            sensitive.c.batch_id.label("last_batch"),
            sensitive.c.profile.label("last_profile"),
            sensitive.c.handed_at.label("last_at"),
            exists()
            .where(ContentReport.task_id == Task.id, ContentReport.at >= mine.handed_at)
            .correlate(Task, mine)
            .label("changed"),
        )
        .select_from(mine)
        .join(Task, Task.id == mine.task_id)
        .join(Lane, Lane.id == Task.lane_id)
        .join(Project, Project.id == Lane.project_id)
        .outerjoin(sensitive, sensitive.c.batch_id.is_not(None))
        .where(mine.id == assignment_id, mine.labeler_id == labeler_id)
    ).one_or_none()
    if row is None:
        return Before(whole=True, share=None)
    known = row.last_batch == row.batch_id and row.last_profile == row.profile and not row.changed
    return Before(not known or now - row.last_at > NOTICE_LASTS, row.sensitive_share)


_STILL = (
    select(
        Assignment.state,
        Assignment.revealed_at,
        Lane.severity,
        exists()
        .where(
            Consent.labeler_id == Assignment.labeler_id,
            Consent.ended_at.is_(None),
            Consent.expires_at <= bindparam("now", type_=Utc()),
            Lane.profile.contains(Consent.category + ":"),
        )
        .label("run_out"),
    )
    .join(Task, Task.id == Assignment.task_id)
    .join(Lane, Lane.id == Task.lane_id)
    .where(Assignment.id == bindparam("assignment"), Assignment.labeler_id == bindparam("me"))
)


def still(session: Session, labeler_id: UUID, assignment_id: UUID, now: datetime, *, shown: bool) -> bool:
    """Whether a screen may go on showing this assignment as it does; `shown`: its sensitive text stands there (OPT-2).

    One statement, by keys. A task that only lapsed stays on the screen, unless its text is sensitive: the answer may
    still be sent.
    """
    row = session.execute(_STILL, {"me": labeler_id, "assignment": assignment_id, "now": now}).one_or_none()
    if row is None:
        return False
    if row.severity < SENSITIVE:
        return row.state in (AssignmentState.HELD, AssignmentState.EXPIRED)
    return row.state is AssignmentState.HELD and not (shown and (row.revealed_at is None or row.run_out))
