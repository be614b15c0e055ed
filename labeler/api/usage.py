"""What a project's data is for, and the second person who approves that before it is handed out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from uuid import UUID

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Scope
from labeler.api.bodies import Sent, body
from labeler.api.door import bp
from labeler.api.openapi import documented
from labeler.api.projects import TAG
from labeler.api.scopes import caller, requires_scope
from labeler.api.writes import Reply, answer, meaning, once
from labeler.db import reading
from labeler.projects.models import Project
from labeler.projects.queries import project_by_slug
from labeler.projects.usage import policy, queries, service
from labeler.projects.usage.models import ProjectApproval
from labeler.projects.usage.rules import INTENDED, REASONS, ApprovalState, Standing
from labeler.projects.usage.withdrawing import withdraw

Decide = Callable[[Session, UUID, UUID, str, str, datetime], ProjectApproval]


class PolicyPoint(BaseModel):
    """A prohibited purpose, or a field that needs more care."""

    code: str
    title: str
    words: str


class UsagePolicy(BaseModel):
    """The usage policy in force."""

    version: int
    since: date
    text: str = Field(description="Markdown.")
    prohibited: list[PolicyPoint]
    scrutiny: list[PolicyPoint]
    digest: str = Field(description="SHA-256 of the policy's file.")


class AskForApproval(Sent):
    """What a project's data is for."""

    intended_use: str = Field(
        max_length=INTENDED[1],
        description=f"For what the data will be used, by whom, and in what; at least {INTENDED[0]} characters.",
    )
    scrutiny: list[str] = Field(default=[], max_length=50, description="Codes of fields that need more care.")
    safeguards: str = Field(
        default="", max_length=REASONS[1], description="What guards the people concerned; needed with `scrutiny`."
    )
    harmless: bool = Field(description="True: the project serves none of the prohibited purposes.")


class ApproveProject(Sent):
    """What the second person says of a project that may be handed out."""

    digest: str = Field(max_length=64, description="That of the ask which was looked at.")
    reasons: str = Field(
        default="", max_length=REASONS[1], description="Needed where the use is in a field that needs more care."
    )


class RefuseProject(Sent):
    """What the second person says of a project that may not be handed out."""

    digest: str = Field(max_length=64, description="That of the ask which was looked at.")
    reasons: str = Field(max_length=REASONS[1], description="Why. Whoever asked for it reads it.")


class WithdrawApproval(Sent):
    """Why an approval is taken back."""

    digest: str = Field(max_length=64, description="That of the approval which was looked at.")
    why: str = Field(max_length=REASONS[1], description=f"At least {REASONS[0]} characters. Its team reads it.")


class Asked(BaseModel):
    """One ask, and what became of it."""

    digest: str = Field(description="SHA-256 of what was asked for: the project, its use, the policy.")
    state: ApprovalState
    policy: int
    intended_use: str
    scrutiny: list[str]
    safeguards: str
    asked_by: UUID
    asked_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    reasons: str | None
    withdrawn_by: UUID | None
    withdrawn_at: datetime | None
    withdrawn_why: str | None


class ApprovalFacts(BaseModel):
    """Whether a project may be handed out. Only `approved` may; `changed` names what is not as it was approved."""

    standing: Standing
    changed: list[str]
    asks: list[Asked] = Field(description="The newest first.")


@bp.get("/usage-policy")
@documented(TAG, UsagePolicy)
@requires_scope(Scope.PROJECTS_READ)
def get_usage_policy() -> Response:
    """The usage policy that projects have to meet."""
    return answer(UsagePolicy.model_validate(policy.told(policy.in_force())))


@bp.get("/projects/<slug>/approval")
@documented(TAG, ApprovalFacts)
@requires_scope(Scope.PROJECTS_READ)
def get_approval(slug: str) -> Response:
    """How a project stands with the usage policy: every ask, and whether it may be handed out."""
    with reading() as session:
        return answer(_facts(session, project_by_slug(session, slug)))


@bp.post("/projects/<slug>/approval/ask")
@documented(TAG, ApprovalFacts, body=AskForApproval, writes=True)
@requires_scope(Scope.PROJECTS_WRITE)
def ask_approval_of_project(slug: str) -> Response:
    """Ask a second person to approve the project as it is. Another ask replaces one that waits."""
    sent = body(AskForApproval)

    def work(session: Session, now: datetime) -> Reply:
        project = project_by_slug(session, slug)
        service.ask(
            session, caller().user_id, project.id, sent.intended_use, sent.scrutiny, sent.safeguards, sent.harmless, now
        )
        return Reply(_facts(session, project))

    return once(meaning(sent), work)


@bp.post("/projects/<slug>/approval/approve")
@documented(TAG, ApprovalFacts, body=ApproveProject, writes=True)
@requires_scope(Scope.PROJECTS_APPROVE)
def approve_project(slug: str) -> Response:
    """Approve a project as it was asked for: whoever has this key, and neither asked for it nor wrote it."""
    return _decided(slug, body(ApproveProject), service.approve)


@bp.post("/projects/<slug>/approval/refuse")
@documented(TAG, ApprovalFacts, body=RefuseProject, writes=True)
@requires_scope(Scope.PROJECTS_APPROVE)
def refuse_project(slug: str) -> Response:
    """Refuse a project as it was asked for. It can be changed and asked for again."""
    return _decided(slug, body(RefuseProject), service.refuse)


@bp.post("/projects/<slug>/approval/withdraw")
@documented(TAG, ApprovalFacts, body=WithdrawApproval, writes=True)
@requires_scope(Scope.PROJECTS_APPROVE)
def withdraw_approval(slug: str) -> Response:
    """Withdraw an approval: who gave it, or an administrator. A live project pauses until it is approved anew."""
    sent = body(WithdrawApproval)

    def work(session: Session, now: datetime) -> Reply:
        project = project_by_slug(session, slug)
        withdraw(session, caller().user_id, project.id, sent.digest, sent.why, now)
        return Reply(_facts(session, project))

    return once(meaning(sent), work)


def _decided(slug: str, sent: ApproveProject | RefuseProject, decide: Decide) -> Response:
    def work(session: Session, now: datetime) -> Reply:
        project = project_by_slug(session, slug)
        decide(session, caller().user_id, project.id, sent.digest, sent.reasons, now)
        return Reply(_facts(session, project))

    return once(meaning(sent), work)


def _facts(session: Session, project: Project) -> ApprovalFacts:
    stands = queries.standing(session, project).stands
    rows = [Asked.model_validate(row, from_attributes=True) for row in queries.asks(session, project.id)]
    return ApprovalFacts(standing=stands.standing, changed=list(stands.changed), asks=rows)
