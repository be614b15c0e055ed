"""A labeler says that a text is worse than its warning: it binds at once, for everybody (EXP-12).

Whoever takes several clocks takes them in the order of their people, then assignments, the project, lanes and tasks:
two reports of one task, and reports, claims and skips of one lane, never wait for each other in a ring.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeler.assignment.ending import Ended, end
from labeler.assignment.facts import choices_of
from labeler.assignment.models import IS_HELD, Assignment, AssignmentState
from labeler.assignment.service import hide
from labeler.audit.service import record
from labeler.errors import Conflict, FieldProblem, Invalid, Missing
from labeler.projects.lanes import move_task
from labeler.projects.models import Batch, Lane, Project, Task
from labeler.projects.service import widen
from labeler.projects.stops import stop
from labeler.warnings.models import ContentReport
from labeler.warnings.queries import surprise
from labeler.warnings.rules import SAYABLE, needs_notice, raised, too_often
from labeler.wellbeing.clock import Locked, lock, save_clock
from labeler.wellbeing.policies import limits_now
from labeler.wellbeing.rules import Touched, refuses
from labeler.workforce.models import Labeler
from tasks.content import SENSITIVE, Category, Profile, Severity, parse_profile, profile_key

NO_CATEGORY = FieldProblem("category", "Choose what the text has.")
NO_SEVERITY = FieldProblem("severity", "Say how strong it is.")


@dataclass(frozen=True, slots=True)
class Reported:
    """What a report did: whether the warning is stronger now, and whether the task went back from its reporter."""

    raised: bool
    gone: bool


class Place(NamedTuple):
    """Where a task is: its project, and what its lane says."""

    project_id: UUID
    language: str
    profile: str


def report(
    session: Session,
    labeler_id: UUID,
    assignment_id: UUID,
    category: str,
    severity: int,
    now: datetime,
    *,
    per_mille: int | None = None,
    least: int | None = None,
) -> Reported:
    """Say that a task has this category at this severity (1 to 4), as its labeler who has read it.

    A stronger warning binds at once: the task moves to the lane of its new profile, whoever holds it and may not see
    that any more gives it back, paid; who may see it is told anew before she goes on. The project declares what it now
    has, and pauses itself where warnings are wrong too often: `per_mille` of `least` served, else as the policy has it.
    The same report twice has one effect.

    Raises Invalid naming what lacks, Missing when the task is not this labeler's (any more), Conflict when its text has
    not been shown to her.
    """
    code, level = _said(category, severity)
    task_id = _task_of(session, labeler_id, assignment_id)
    clocks = _hold_clocks(session, task_id, labeler_id)
    own = session.get_one(Assignment, assignment_id, populate_existing=True)
    held = _holding(session, task_id, set(clocks))
    project, place = hold_place(session, task_id)
    _may_say(session, own, parse_profile(place.profile))
    before = parse_profile(place.profile)
    after = raised(before, code, level)
    new = after != before
    if not _write(session, clocks[labeler_id], project.id, task_id, code, level, (before, after), now):
        return Reported(raised=False, gone=own.state is not AssignmentState.HELD)
    if new:
        move_task(session, project.id, task_id, place.language, profile_key(after))
        held += _newcomers(session, task_id, clocks)
        _look_again(session, held, clocks, project.id, after, now)
        _declare(session, project, before, after, now)
        reports, served = surprise(session, project.id)
        limits = limits_now(session, now).of(project.id)
        if too_often(reports, served, per_mille or limits.surprise_per_mille, least or limits.surprise_least):
            stop(session, project, "EXP-12", reports, served, now)
    session.refresh(own)
    return Reported(raised=new, gone=own.state is not AssignmentState.HELD)


def _said(category: str, severity: int) -> tuple[Category, Severity]:
    problems = [NO_CATEGORY] if category not in set(Category) else []
    if severity not in set(SAYABLE):
        problems.append(NO_SEVERITY)
    if problems:
        raise Invalid("Say what the text has, and how strong it is.", problems)
    return Category(category), Severity(severity)


def _task_of(session: Session, labeler_id: UUID, assignment_id: UUID) -> UUID:
    task_id = session.scalar(
        select(Assignment.task_id).where(Assignment.id == assignment_id, Assignment.labeler_id == labeler_id)
    )
    if task_id is None:
        raise Missing("You don't have this task. Nothing was changed by that.")
    return task_id


def _may_say(session: Session, own: Assignment, profile: Profile) -> None:
    if own.state not in (AssignmentState.HELD, AssignmentState.EXPIRED):
        raise Missing("You don't have this task any more. Nothing was changed by that.")
    if needs_notice(profile) and own.revealed_at is None and not own.seen_seconds and not _read_before(session, own):
        raise Conflict("This text has not been shown to you, so there is nothing to say about it yet.")


def _read_before(session: Session, own: Assignment) -> bool:
    """Whether the text stood open before her, because nobody had yet said how hard it is."""
    was = select(ContentReport.old_profile).where(
        ContentReport.task_id == own.task_id, ContentReport.at >= own.handed_at
    )
    return any(not needs_notice(parse_profile(profile)) for profile in session.scalars(was))


def _hold_clocks(session: Session, task_id: UUID, labeler_id: UUID) -> dict[UUID, Locked]:
    """The clocks of the reporter and of everybody who holds the task, or may take it up again after a lapse.

    None of them acts until this has ended, so that each is asked about the task as it is then.
    """
    kept = select(Assignment.labeler_id).where(Assignment.task_id == task_id, Assignment.state.in_(_KEPT))
    people = session.execute(
        select(Labeler.person_id, Labeler.id).where((Labeler.id == labeler_id) | Labeler.id.in_(kept))
    ).all()
    return {labeler: lock(session, labeler) for _, labeler in sorted((row[0], row[1]) for row in people)}


_HELD = Assignment.state == IS_HELD
_KEPT = (AssignmentState.HELD, AssignmentState.EXPIRED)


def _holding(session: Session, task_id: UUID, of: Iterable[UUID], *, wait: bool = True) -> list[Assignment]:
    """The open assignments of the task that these labelers hold, locked in order."""
    return list(
        session.scalars(
            select(Assignment)
            .where(Assignment.task_id == task_id, Assignment.labeler_id.in_(list(of)), _HELD)
            .order_by(Assignment.id)
            .with_for_update(nowait=not wait)
            .execution_options(populate_existing=True)
        )
    )


def _newcomers(session: Session, task_id: UUID, clocks: dict[UUID, Locked]) -> list[Assignment]:
    """Who was given the task between the first look and the lock on its row; from here on nobody is.

    Their clocks and assignments are taken only if they are free this instant: waiting here could make a ring. When
    they are not, the database gives way, and the door tries again.
    """
    came = session.scalars(
        select(Assignment.labeler_id).where(
            Assignment.task_id == task_id, _HELD, Assignment.labeler_id.not_in(list(clocks))
        )
    ).all()
    for labeler in came:
        clocks[labeler] = lock(session, labeler, wait=False)
    return _holding(session, task_id, came, wait=False) if came else []


def hold_place(session: Session, task_id: UUID) -> tuple[Project, Place]:
    """Hold the project of a task, and say where the task is: only who holds the project moves its tasks.

    Raises Missing when there is no such task.
    """
    project_id = session.scalar(select(Lane.project_id).join(Task, Task.lane_id == Lane.id).where(Task.id == task_id))
    if project_id is None:
        raise Missing("There is no such task.")
    project = session.get_one(Project, project_id, with_for_update={"key_share": True}, populate_existing=True)
    row = session.execute(
        select(Lane.language, Lane.profile).join(Task, Task.lane_id == Lane.id).where(Task.id == task_id)
    ).one()
    return project, Place(project_id, row.language, row.profile)


def _write(
    session: Session,
    locked: Locked,
    project_id: UUID,
    task_id: UUID,
    code: Category,
    level: Severity,
    change: tuple[Profile, Profile],
    now: datetime,
) -> bool:
    """Keep the report; False when this labeler has said this before."""
    me, (before, after) = locked.person.id, change
    same = select(ContentReport.id).filter_by(task_id=task_id, labeler_id=me, category=code, severity=int(level))
    if before == after and session.scalar(same.limit(1)) is not None:
        return False
    said = ContentReport(
        project_id=project_id, task_id=task_id, labeler_id=me, category=code, severity=int(level),
        old_profile=profile_key(before), new_profile=profile_key(after), at=now,
    )  # fmt: skip
    session.add(said)
    session.flush()
    record(
        session, "report.say", me, said.id, now, locked.person.vendor_id,
        task=task_id, category=code, severity=int(level), raised=before != after,
    )  # fmt: skip
    return True


def _look_again(
    session: Session,
    held: list[Assignment],
    clocks: dict[UUID, Locked],
    project_id: UUID,
    profile: Profile,
    now: datetime,
) -> None:
    """Ask the gate anew for everybody who holds the task: it goes back, or its text is covered until she asks."""
    for assignment in held:
        locked = clocks[assignment.labeler_id]
        if refuses(profile, project_id, choices_of(session, assignment.labeler_id), now) is not None:
            end(session, locked, assignment, Ended.REVOKED, now)
            save_clock(session, locked, Touched(locked.clock))
        elif assignment.revealed_at is not None:
            hide(session, assignment.labeler_id, assignment.id, now)


def _declare(session: Session, project: Project, before: Profile, after: Profile, now: datetime) -> None:
    """Let the project say what was found in it. The entry names nobody: who reported is not the reader's to know."""
    found = {code.value: int(level) for code, level in after.items() if level > before.get(code, Severity.NONE)}
    share = 0.0
    if any(level >= SENSITIVE for level in found.values()):
        tasks = session.scalar(select(func.coalesce(func.sum(Batch.tasks), 0)).where(Batch.project_id == project.id))
        share = 1 / max(1, int(tasks or 0))
    widen(session, None, project, found, share, now)
