"""Taking an approval of a project back: who gave it, or an administrator, with reasons, at any time (GOV-5)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from labeler.accounts.models import User
from labeler.audit.service import record
from labeler.errors import Conflict, Forbidden, Invalid
from labeler.projects.models import Project
from labeler.projects.rules import ProjectState
from labeler.projects.usage import queries, rules
from labeler.projects.usage.rules import ApprovalState
from labeler.projects.usage.service import locked, pause_unapproved, tidy


def withdraw(session: Session, actor: UUID, project_id: UUID, digest: str, why: str, now: datetime) -> Project:
    """Take back that a project may be handed out. A live one is held at once, until somebody approves it anew.

    `digest` names the approval that was looked at: the one that stands, or after a change the newest. All earlier ones
    go with it: changing the project back to what one of them was brings nothing back. What labelers hold they may
    finish, and it is paid. Raises Missing, Conflict when there is no approval or not the one looked at, Forbidden for
    whoever neither gave it nor is an administrator, and Invalid without reasons. The same again changes nothing.
    """
    project = locked(session, project_id)
    given = queries.approved(session, project.id)
    if not given:
        done = next((each for each in queries.asks(session, project.id) if each.digest == digest), None)
        if done is not None and done.state is ApprovalState.WITHDRAWN and done.withdrawn_by == actor:
            return project
        raise Conflict("This project has no approval, or it was withdrawn already. Look at its page.")
    if project.state is ProjectState.CLOSED:
        raise Conflict("This project is closed: nothing of it is handed out any more, so there is nothing to withdraw.")
    standing = queries.in_force(session, project)
    if standing is None or standing.digest != digest:
        raise Conflict("The project is not what you looked at any more. Nothing was withdrawn. Look at it again.")
    if not queries.may_withdraw(session, session.get_one(User, actor), standing):
        raise Forbidden("Only who gave this approval, or an administrator, can withdraw it. Ask one of them.")
    said = tidy(why, "why")
    problem = rules.reason_problem(ApprovalState.WITHDRAWN, said, ())
    if problem is not None:
        raise Invalid("Nothing was withdrawn yet.", [problem])
    for each in given:
        each.state, each.withdrawn_by, each.withdrawn_at, each.withdrawn_why = ApprovalState.WITHDRAWN, actor, now, said
    session.flush()
    record(session, "project.withdraw", actor, project.id, now, digest=standing.digest)
    pause_unapproved(session, actor, project, now)
    return project
