"""How a project stands with the usage policy, and which projects wait for a second person."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from labeler.accounts.models import User
from labeler.accounts.permissions import Permission, may
from labeler.audit.models import AuditEntry
from labeler.projects.models import Guideline, Project, ProjectOffer
from labeler.projects.rules import ProjectState
from labeler.projects.usage import policy, rules
from labeler.projects.usage.models import ProjectApproval
from labeler.projects.usage.rules import ApprovalState, Ask, Stands, Use
from labeler.workforce.joining import same_person

AUTHORING = ("project.create", "project.change", "project.widen", "guideline.add")
"""Acts by which somebody makes a project what it is: whoever did one since the last approval is no second person."""


def facts_of(session: Session, project: Project) -> dict[str, Any]:
    """Everything of a project that is approved, as JSON has it. Vendors are ids, instructions a SHA-256;
    content is what the team declares, whatever labelers' reports have raised since."""
    offered = select(ProjectOffer.vendor_id).where(ProjectOffer.project_id == project.id)
    written = select(Guideline.text).where(
        Guideline.project_id == project.id, Guideline.version == project.guideline_version
    )
    text = session.scalar(written)
    plain = {name: getattr(project, name) for name in rules.COMPARED}
    content, share = rules.declared(project.found, project.categories, project.sensitive_share)
    return plain | {
        "categories": content,
        "sensitive_share": share,
        "offered_to": sorted(str(vendor) for vendor in session.scalars(offered)),
        "guideline": hashlib.sha256(text.encode()).hexdigest() if text is not None else None,
    }


@dataclass(frozen=True, slots=True)
class Found:
    """How a project stands, its facts now, and the ask that stands for it (None before the first)."""

    stands: Stands
    facts: dict[str, Any]
    ask: ProjectApproval | None


def standing(session: Session, project: Project) -> Found:
    """How a project stands: the rule, over all its asks."""
    rows = asks(session, project.id)
    facts = facts_of(session, project)
    found = rules.stands([_ask(row) for row in rows], facts, policy.versions())
    return Found(found, facts, rows[found.ask] if found.ask is not None else None)


def asks(session: Session, project_id: UUID) -> Sequence[ProjectApproval]:
    """Every ask of a project, the newest first."""
    newest = (ProjectApproval.asked_at.desc(), ProjectApproval.id.desc())
    return session.scalars(
        select(ProjectApproval).where(ProjectApproval.project_id == project_id).order_by(*newest)
    ).all()


def use_of(row: ProjectApproval) -> Use:
    """The use that an ask declares."""
    return Use(row.intended_use, tuple(row.scrutiny), row.safeguards, row.policy)


def _ask(row: ProjectApproval) -> Ask:
    return Ask(row.state, use_of(row), row.facts, row.digest, row.withdrawn_at or row.decided_at or row.asked_at)


def open_ask(session: Session, project_id: UUID) -> ProjectApproval | None:
    """The ask that waits, if there is one."""
    wanted = select(ProjectApproval).where(
        ProjectApproval.project_id == project_id, ProjectApproval.state == ApprovalState.WAITING
    )
    return session.scalars(wanted).one_or_none()


def waiting(session: Session) -> Sequence[Row[ProjectApproval, Project, str]]:
    """All asks that wait, the oldest first, each with its project and the name of who asked."""
    return session.execute(
        select(ProjectApproval, Project, User.name)
        .join(Project, Project.id == ProjectApproval.project_id)
        .join(User, User.id == ProjectApproval.asked_by)
        .where(ProjectApproval.state == ApprovalState.WAITING, Project.state != ProjectState.CLOSED)
        .order_by(ProjectApproval.asked_at, ProjectApproval.id)
    ).all()


def approved(session: Session, project_id: UUID) -> Sequence[ProjectApproval]:
    """Every approval of a project that was not withdrawn, the newest first."""
    return [each for each in asks(session, project_id) if each.state is ApprovalState.APPROVED]


def in_force(session: Session, project: Project) -> ProjectApproval | None:
    """The approval that can be withdrawn: the one that stands, or the newest of a project that has changed since."""
    stands = standing(session, project).ask
    if stands is not None and stands.state is ApprovalState.APPROVED:
        return stands
    return next(iter(approved(session, project.id)), None)


def may_withdraw(session: Session, actor: User, approval: ProjectApproval) -> bool:
    """Whether somebody may take an approval back: who gave it, under any account of hers, or an administrator."""
    if may(actor.role, Permission.PROJECTS_WITHDRAW):
        return True
    return approval.decided_by is not None and same_person(session, actor.id, approval.decided_by)


def wrote_it(session: Session, actor: UUID, project: Project, ask: ProjectApproval) -> bool:
    """Whether somebody asked, made the project, or changed it since it was last approved, under any account of hers."""
    last = session.scalar(
        select(ProjectApproval.decided_at)
        .where(ProjectApproval.project_id == project.id, ProjectApproval.state == ApprovalState.APPROVED)
        .order_by(ProjectApproval.decided_at.desc())
        .limit(1)
    )
    wrote = select(AuditEntry.actor_id).where(
        AuditEntry.subject_id == project.id, AuditEntry.act.in_(AUTHORING), AuditEntry.actor_id.is_not(None)
    )
    if last is not None:
        wrote = wrote.where(AuditEntry.at >= last)
    authors = {ask.asked_by, project.created_by, *session.scalars(wrote.distinct())}
    return any(author is not None and same_person(session, actor, author) for author in authors)


def names(session: Session, *people: UUID | None) -> dict[UUID, str]:
    """The names of these people."""
    rows = session.execute(select(User.id, User.name).where(User.id.in_([each for each in people if each])))
    return {user_id: name for user_id, name in rows}  # noqa: C416 -- a row is not typed as a pair
