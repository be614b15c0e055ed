"""Asking that a project may be handed out, deciding about it, and pausing one that is not what was approved (GOV-5)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.errors import Conflict, FieldProblem, Forbidden, Invalid, Missing
from labeler.projects.models import Project
from labeler.projects.rules import ProjectState
from labeler.projects.usage import policy, queries, rules
from labeler.projects.usage.models import ProjectApproval
from labeler.projects.usage.rules import ApprovalState, Standing, Use


class Unapproved(Conflict):
    """The project may not be handed out: no second person has approved what it is now."""


_WHY = {
    Standing.NEVER_ASKED: "No second person has approved this project yet. Say what its data is for, and ask for it.",
    Standing.WAITING: "This project waits for a second person. Ask another researcher or an administrator to look.",
    Standing.REFUSED: "A second person refused this project. Read her reasons, change what she names, and ask again.",
    Standing.WITHDRAWN: "The approval of this project was withdrawn. Read why, change what is named, and ask again.",
    Standing.CHANGED: "This project is not what was approved: {changed} changed. Ask for approval again, or undo that.",
    Standing.OLD_POLICY: "A new usage policy is in force since this project was approved. Ask for approval under it.",
}


def ask(
    session: Session,
    actor: UUID,
    project_id: UUID,
    intended_use: str,
    scrutiny: Iterable[str],
    safeguards: str,
    harmless: bool,
    now: datetime,
) -> ProjectApproval:
    """Ask a second person to approve a project as it is, for a use that is declared under the policy in force.

    `scrutiny` has codes of the policy's fields that need more care; `harmless` says that no prohibited purpose is
    served. A second ask for the same is the first one; another one replaces what waits. Raises Missing, Conflict for a
    closed project, Invalid with everything that is wrong.
    """
    project = locked(session, project_id)
    if project.state is ProjectState.CLOSED:
        raise Conflict("This project is closed, so there is nothing to approve.")
    current = policy.in_force()
    use = Use(tidy(intended_use), tuple(sorted(set(scrutiny))), tidy(safeguards, "safeguards"), current.version)
    problems = rules.use_problems(use, harmless, current)
    if project.guideline_version == 0:
        problems.append(FieldProblem("guideline", "Write the guideline first: it is part of what is approved."))
    if problems:
        raise Invalid("Approval was not asked for yet.", problems)
    facts = queries.facts_of(session, project)
    digest = rules.digest_of(facts, use, current.digest)
    waits = queries.open_ask(session, project.id)
    if waits is not None:
        if waits.digest == digest and waits.asked_by == actor:
            return waits
        waits.state = ApprovalState.REPLACED
        session.flush()
    asked = ProjectApproval(
        project_id=project.id, asked_by=actor, asked_at=now, policy=use.policy, intended_use=use.intended_use,
        scrutiny=list(use.scrutiny), safeguards=use.safeguards, facts=facts, digest=digest,
    )  # fmt: skip
    session.add(asked)
    session.flush()
    record(session, "project.ask", actor, project.id, now, digest=digest, policy=use.policy, scrutiny=asked.scrutiny)
    return asked


def approve(
    session: Session, actor: UUID, project_id: UUID, digest: str, reasons: str, now: datetime
) -> ProjectApproval:
    """Let a project be published as it was asked for. `digest` names what was looked at.

    Raises Missing, Forbidden for whoever asked or wrote the project, Conflict when nothing waits or it has changed
    since, and Invalid without reasons where the use needs care. The same by the same person again changes nothing.
    """
    return _decide(session, actor, project_id, digest, ApprovalState.APPROVED, reasons, now)


def refuse(
    session: Session, actor: UUID, project_id: UUID, digest: str, reasons: str, now: datetime
) -> ProjectApproval:
    """Say that a project is not to be handed out as it was asked for, and why. Raises as `approve`."""
    return _decide(session, actor, project_id, digest, ApprovalState.REFUSED, reasons, now)


def _decide(
    session: Session, actor: UUID, project_id: UUID, digest: str, how: ApprovalState, said: str, now: datetime
) -> ProjectApproval:
    project = locked(session, project_id)
    row = queries.open_ask(session, project.id)
    if row is None:
        again = next((each for each in queries.asks(session, project.id) if each.digest == digest), None)
        if again is not None and again.state is how and again.decided_by == actor:
            return again
        raise Conflict("Nobody has asked for approval of this project, or it was decided already. Look at its page.")
    if queries.wrote_it(session, actor, project, row):
        raise Forbidden(
            "You asked for this approval, or made or changed the project yourself, so somebody else has to look at it."
            " Ask another researcher or an administrator."
        )
    now_so = rules.digest_of(
        queries.facts_of(session, project), queries.use_of(row), policy.versions()[row.policy].digest
    )
    if row.digest != digest or (how is ApprovalState.APPROVED and now_so != row.digest):
        raise Conflict("The project is not what you looked at any more. Nothing was decided. Look at it again.")
    if how is ApprovalState.APPROVED and row.policy != policy.in_force().version:
        raise Conflict("A new usage policy is in force. Nothing was decided: its team has to ask again under it.")
    reasons = tidy(said, "reasons")
    problem = rules.reason_problem(how, reasons, row.scrutiny)
    if problem is not None:
        raise Invalid("Nothing was decided yet.", [problem])
    row.state, row.decided_by, row.decided_at, row.reasons = how, actor, now, reasons or None
    session.flush()
    act = "project.approve" if how is ApprovalState.APPROVED else "project.refuse"
    record(session, act, actor, project.id, now, digest=row.digest)
    # A refusal of what was approved before takes that back.
    pause_unapproved(session, actor, project, now)
    return row


def newest_digest(session: Session, project_id: UUID) -> str:
    """The digest of a project's newest ask; "" before the first."""
    asked = queries.asks(session, project_id)
    return asked[0].digest if asked else ""


def refuse_unapproved(session: Session, project: Project) -> None:
    """Raise Unapproved unless a second person has approved what the project is now."""
    found = queries.standing(session, project).stands
    if not found.may_go_live:
        raise Unapproved(_WHY[found.standing].format(changed=in_words(found.changed)))


def pause_unapproved(session: Session, actor: UUID | None, project: Project, now: datetime) -> bool:
    """Pause a live project that is not what was approved; whether that was needed. The caller holds its row.

    Asked after every change, and by a job for what was changed past the services. What labelers hold they may finish,
    and it is paid. A new version of the policy alone pauses nobody: it is asked for when the project is published next.
    """
    if project.state is not ProjectState.LIVE:
        return False
    session.flush()
    found = queries.standing(session, project)
    if found.stands.standing in (Standing.APPROVED, Standing.OLD_POLICY):
        return False
    project.state = ProjectState.PAUSED
    session.flush()
    record(session, "project.lapse", actor, project.id, now, fields=list(found.stands.changed))
    return True


def pause_what_lapsed(session: Session, project_id: UUID, now: datetime) -> bool:
    """Pause one project if it is live and not what was approved. Run by the clock; twice does nothing more."""
    return pause_unapproved(session, None, locked(session, project_id), now)


def lapsed(session: Session) -> list[UUID]:
    """The live projects that are not what was approved."""
    live = session.scalars(select(Project).where(Project.state == ProjectState.LIVE)).all()
    fine = (Standing.APPROVED, Standing.OLD_POLICY)
    return [project.id for project in live if queries.standing(session, project).stands.standing not in fine]


FACTS = {
    "name": "the name", "purpose": "the purpose", "client_name": "the client", "kind": "the kind",
    "options": "the options", "overlap": "the number of judgments a task", "languages": "the languages",
    "categories": "the content that may occur", "sensitive_share": "the share of sensitive tasks",
    "pay_rate": "the pay", "seconds_estimate": "the time for one task", "offered_to": "the vendors",
    "guideline": "the instructions",
}  # fmt: skip
"""What is approved of a project, in words."""


def in_words(changed: Iterable[str]) -> str:
    """Names of facts as a person reads them: "the pay, the vendors"."""
    return ", ".join(FACTS.get(name, name) for name in changed) or "its declared use"


def tidy(said: str, field: str = "intended_use") -> str:
    """A written text without space around it. Raises Invalid, at its field, for one that no database keeps."""
    text = said.replace("\r\n", "\n").strip()
    if "\0" in text:
        raise Invalid("This can't be kept.", [FieldProblem(field, "A text has a NUL character in it.")])
    return text


def locked(session: Session, project_id: UUID) -> Project:
    """A project, its row held until the transaction ends. Raises Missing."""
    project = session.get(Project, project_id, with_for_update={"key_share": True}, populate_existing=True)
    if project is None:
        raise Missing("There is no such project.")
    return project
