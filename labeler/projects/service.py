"""Setting projects up, and moving them through their life."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.errors import Conflict, FieldProblem, Invalid, Missing
from labeler.ids import new_id
from labeler.projects.approving import ask_approval
from labeler.projects.files import ProjectPlan
from labeler.projects.models import Batch, Guideline, Project
from labeler.projects.planned import against_history, categories_of, free_slug, offer, set_overlap
from labeler.projects.quotas import service as quotas
from labeler.projects.rules import Owed, ProjectState, lacking, may_move, slug_of
from labeler.projects.stops import refuse_stopped
from labeler.projects.usage.rules import found_beside
from labeler.projects.usage.service import pause_unapproved, refuse_unapproved

_PLAIN = (
    "name", "purpose", "client_name", "languages", "overlap", "priority", "sensitive_share", "pay_rate",
    "seconds_estimate", "kind", "options", "export_approval",
)  # fmt: skip


def create(session: Session, actor: UUID, plan: ProjectPlan, now: datetime) -> Project:
    """Make a draft from a plan. Raises Invalid for vendors that don't exist, Conflict for a slug that is taken."""
    slug = plan.slug or free_slug(session, slug_of(plan.name))
    taken = Conflict(f"There is a project at {slug} already. Choose another slug.")
    if session.scalar(select(Project.id).where(Project.slug == slug)) is not None:
        raise taken
    project = Project(
        slug=slug,
        created_by=actor,
        created_at=now,
        categories=categories_of(plan),
        **{name: getattr(plan, name) for name in _PLAIN},
    )
    session.add(project)
    try:
        session.flush()
    except IntegrityError as error:
        raise taken from error  # made by somebody else at this moment
    record(session, "project.create", actor, project.id, now, slug=slug, kind=plan.kind)
    offer(session, project, plan.offered_to)
    if plan.guideline is not None:
        add_guideline(session, actor, project.id, plan.guideline.text, now)
    return project


def change(session: Session, actor: UUID, project_id: UUID, plan: ProjectPlan, now: datetime) -> Project:
    """Make a project what the plan says. A checked one becomes a draft again; a closed one stays as it is; a live one
    pauses when it is not what was approved any more.

    Once a project has been live its kind, options and overlap stand, and declared categories may only be added to or
    raised: people have said yes to what was declared. Raises Conflict, Invalid with every problem.
    """
    project = _locked(session, project_id)
    if project.state is ProjectState.CLOSED:
        raise Conflict("This project is closed. Make a new one instead; its file can be downloaded and used again.")
    ask_approval(session, actor, project_id, plan.export_approval, now)
    new: dict[str, Any] = {name: getattr(plan, name) for name in _PLAIN} | {"categories": categories_of(plan)}
    if plan.slug is not None and plan.slug != project.slug:
        raise Invalid("The slug stands.", [FieldProblem("slug", f"This project stays at {project.slug}.")])
    problems = against_history(session, project, new)
    if problems:
        raise Invalid("This project has been live, so not everything can change.", problems)
    changed = sorted(name for name, value in new.items() if getattr(project, name) != value)
    if project.overlap != plan.overlap:
        set_overlap(session, project, plan.overlap)
    for name in changed:
        setattr(project, name, new[name])
    if offer(session, project, plan.offered_to):
        changed.append("offered_to")
    if plan.guideline is not None and plan.guideline.text != guideline_text(session, project):
        add_guideline(session, actor, project.id, plan.guideline.text, now)
    if changed:
        record(session, "project.change", actor, project.id, now, fields=changed)
        if project.state is ProjectState.CHECKED:
            project.state = ProjectState.DRAFT
        elif project.state is not ProjectState.DRAFT:
            _owes_nothing(session, project)
    pause_unapproved(session, actor, project, now)
    session.flush()
    return project


def add_guideline(session: Session, actor: UUID, project_id: UUID, text: str, now: datetime) -> Guideline:
    """Add a version of the instructions; tasks handed out from now on name it. A live project pauses until a second
    person has approved them. Raises Invalid when the text is empty."""
    text = text.strip()
    if not text or len(text) > 200_000:
        raise Invalid("Write the guideline.", [FieldProblem("guideline", "Use 1 to 200,000 characters of Markdown.")])
    project = _locked(session, project_id)
    if project.state is ProjectState.CLOSED:
        raise Conflict("This project is closed; its guideline stands.")
    project.guideline_version += 1
    added = Guideline(
        project_id=project.id, version=project.guideline_version, text=text, created_by=actor, created_at=now
    )
    session.add(added)
    session.flush()
    digest = hashlib.sha256(text.encode()).hexdigest()
    record(session, "guideline.add", actor, project.id, now, version=added.version, digest=digest)
    pause_unapproved(session, actor, project, now)
    return added


def guideline_text(session: Session, project: Project) -> str | None:
    """The instructions as they stand."""
    return session.scalar(
        select(Guideline.text).where(Guideline.project_id == project.id, Guideline.version == project.guideline_version)
    )


def check(session: Session, actor: UUID, project_id: UUID, now: datetime) -> list[FieldProblem]:
    """Look whether labelers are told all that they are owed; what lacks, or nothing, and then the draft is checked."""
    project = _locked(session, project_id)
    problems = lacking(owed(session, project))
    if not problems and project.state is ProjectState.DRAFT:
        project.state = ProjectState.CHECKED
        record(session, "project.check", actor, project.id, now)
    return problems


def publish(session: Session, actor: UUID, project_id: UUID, now: datetime) -> Project:
    """Take a checked project live that a second person has approved. Raises Invalid naming everything that lacks,
    Unapproved, OverQuota, and Conflict from any other state."""
    project = _locked(session, project_id)
    refuse_stopped(session, project)
    _owes_nothing(session, project)
    refuse_unapproved(session, project)
    if project.published_at is None:
        quotas.room_to_publish(session, actor, now)
    _move(project, ProjectState.LIVE)
    if project.published_at is None:
        project.published_at, project.published_by = now, actor
    record(session, "project.publish", actor, project.id, now, guideline_version=project.guideline_version)
    return project


def _owes_nothing(session: Session, project: Project) -> None:
    problems = lacking(owed(session, project))
    if problems:
        raise Invalid("Labelers are owed more than this project says.", problems)


def owed(session: Session, project: Project) -> Owed:
    """What the project says to labelers, as the rule reads it."""
    tasks = session.scalar(select(func.coalesce(func.sum(Batch.tasks), 0)).where(Batch.project_id == project.id))
    return Owed(
        project.purpose,
        project.client_name,
        project.categories,
        project.sensitive_share,
        project.pay_rate,
        project.seconds_estimate,
        tuple(project.languages),
        project.guideline_version,
        int(tasks or 0),
    )


def pause(session: Session, actor: UUID, project_id: UUID, now: datetime) -> None:
    """Hand out no more; what is held may be finished, and is paid."""
    _move(_locked(session, project_id), ProjectState.PAUSED)
    record(session, "project.pause", actor, project_id, now)


def resume(session: Session, actor: UUID, project_id: UUID, now: datetime) -> Project:
    """Go on handing out. Raises Conflict unless the project is paused."""
    project = _locked(session, project_id)
    if project.state is not ProjectState.PAUSED:
        raise Conflict(f"This project is {project.state.value}, so there is nothing to go on with.")
    return publish(session, actor, project_id, now)


def close(session: Session, actor: UUID, project_id: UUID, now: datetime) -> None:
    """End a project for good. Its judgments and exports stay."""
    _move(_locked(session, project_id), ProjectState.CLOSED)
    record(session, "project.close", actor, project_id, now)


def widen(
    session: Session, actor: UUID | None, project: Project, categories: dict[str, int], share: float, now: datetime
) -> None:
    """Declare that harder content may occur, or more of it, than was said: it may be raised at once (EXP-12).

    `share` is the share of sensitive tasks that has been found, 0 to 1. By a requester (`actor`, an import) it is a
    change of what was approved. Found by labelers' reports (None) it is not: who reports must not cost others their
    work, so only EXP-12 pauses then, and what was declared is kept beside what was found.
    """
    declared = dict(project.categories or {})
    raised = {code: level for code, level in categories.items() if level > declared.get(code, 0)}
    if raised:
        found_share = max(project.sensitive_share or 0.0, share)
        if actor is None:
            project.found = found_beside(project.found, declared, raised, project.sensitive_share, found_share)
        project.categories = declared | raised
        project.sensitive_share = found_share
        record(session, "project.widen", actor, project.id, now, categories=raised)
        pause_unapproved(session, actor, project, now)


def request_import(
    session: Session, actor: UUID, project_id: UUID, name: str, path: Path, settings: dict[str, Any], now: datetime
) -> Batch:
    """Write down that a file is to be imported; a job (`import_batch`) or the command line then does it.

    `path` is where the file lies; `settings` are those of `importing.ImportSettings`. Raises OverQuota.
    """
    project = _locked(session, project_id)
    if project.state is ProjectState.CLOSED:
        raise Conflict("This project is closed and takes no more tasks.")
    quotas.room_for_import(session, actor, project.id, now)
    batch = Batch(
        id=new_id(),
        project_id=project.id,
        name=name[:200],
        content_hash="",
        copy=0,
        created_by=actor,
        created_at=now,
        settings={**settings, "path": str(path)},
    )
    session.add(batch)
    session.flush()
    record(session, "batch.request", actor, batch.id, now, project=project.id)
    return batch


def _move(project: Project, then: ProjectState) -> None:
    if not may_move(project.state, then):
        raise Conflict(f"This project is {project.state.value}, so it can't become {then.value}.")
    project.state = then


def _locked(session: Session, project_id: UUID) -> Project:
    project = session.get(Project, project_id, with_for_update={"key_share": True}, populate_existing=True)
    if project is None:
        raise Missing("There is no such project.")
    return project
