"""The second look: a finished version that a second person approves, or refuses, before anybody takes it.

What is looked at is frozen already: nothing of the version changes by being approved.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from labeler.accounts.models import User
from labeler.audit.service import record
from labeler.errors import Conflict, FieldProblem, Forbidden, Invalid, Missing
from labeler.exports.models import Approval, Export, ExportState
from labeler.exports.telling import tell
from labeler.projects.models import Project
from labeler.workforce.joining import same_person

LONGEST_NOTE = 2000
"""Characters of a note or a reason."""


class NotApproved(Conflict):
    """The version may be looked at and not taken: it waits for a second person."""


class WasRefused(Conflict):
    """The version may be looked at and will never be taken: a second person has refused it."""


def needed(export: Export, among: Iterable[Project]) -> None:
    """Let a version wait for a second person when any of its projects asks for that now. It never stops waiting by
    itself."""
    if export.approval is None and any(project.export_approval for project in among):
        export.approval = Approval.WAITING


def refuse_unapproved(export: Export) -> None:
    """Raises NotApproved or WasRefused for a version that nobody may take, deliver or publish."""
    if export.approval is Approval.WAITING:
        raise NotApproved(
            f"Version {export.number} waits for a second person. Until somebody who did not ask for it has approved "
            "it, it can be looked at on its page, and not taken, delivered or published. Ask a researcher or an "
            "administrator to look at it."
        )
    if export.approval is Approval.REFUSED:
        raise WasRefused(
            f"Version {export.number} was refused: {export.decision_note} It can be looked at on its page, and will "
            "not be taken, delivered or published. Make a new version in which this is put right."
        )


def approve(session: Session, actor: UUID, export_id: UUID, note: str, now: datetime) -> Export:
    """Let a version be taken from now on. `note` may be empty. The same by the same person again changes nothing.

    Raises Missing, Conflict unless it is finished and waits, Forbidden for who asked for it, and Invalid.
    """
    return _decide(session, actor, export_id, Approval.APPROVED, note, now)


def refuse(session: Session, actor: UUID, export_id: UUID, reason: str, now: datetime) -> Export:
    """Say that a version is not to be taken, and why; that stands. The same by the same person again changes nothing.

    Raises as `approve`, and Invalid without a reason.
    """
    return _decide(session, actor, export_id, Approval.REFUSED, reason, now)


def _decide(session: Session, actor: UUID, export_id: UUID, how: Approval, said: str, now: datetime) -> Export:
    note = _read(said, needed=how is Approval.REFUSED)
    wanted = select(Export).where(Export.id == export_id).with_for_update()
    export = session.scalar(wanted.execution_options(populate_existing=True))
    if export is None:
        raise Missing("There is no such export.")
    if export.approval is how and export.decided_by == actor:
        return export
    _may_be_decided(export)
    if same_person(session, actor, export.created_by):
        raise Forbidden(
            f"You asked for version {export.number} yourself, so somebody else has to look at it. Ask another "
            "researcher or an administrator."
        )
    export.approval, export.decided_by, export.decided_at, export.decision_note = how, actor, now, note
    session.flush()
    act = "export.approve" if how is Approval.APPROVED else "export.refuse"
    record(session, act, actor, export.id, now, manifest_hash=export.manifest_hash)
    if how is Approval.APPROVED:
        tell(session, export, "approved", now)
    return export


def _read(said: str, *, needed: bool) -> str | None:
    text = said.strip()
    if len(text) > LONGEST_NOTE or "\0" in text:
        raise Invalid(
            "Nothing was decided yet.", [FieldProblem("note", f"Write at most {LONGEST_NOTE:,} characters of text.")]
        )
    if needed and not text:
        why = "Say why, so that whoever asked knows what to change."
        raise Invalid("The version is not refused yet.", [FieldProblem("note", why)])
    return text or None


def _may_be_decided(export: Export) -> None:
    """Raises Conflict for a version about which there is nothing to decide."""
    if export.state is not ExportState.DONE:
        raise Conflict("This version is not finished, so there is nothing to look at. Its page shows how far it is.")
    if export.approval is None:
        raise Conflict("This version needs no second person: its project did not ask for one when it was made.")
    if export.approval is not Approval.WAITING:
        how = "approved" if export.approval is Approval.APPROVED else "refused"
        raise Conflict(f"Somebody has {how} version {export.number} already, and that stands. Look at its page.")
    if export.withdrawn_since is not None:
        raise Conflict(
            "This version is withdrawn: answers in it are not to be used any more, so it needs no second look. A new "
            "version has nothing of them."
        )


def waiting(session: Session) -> Sequence[Row[Export, str, str]]:
    """The finished versions of all projects that wait for a second person, the oldest first, each with its project's
    slug and the name of who asked for it."""
    return session.execute(
        select(Export, Project.slug, User.name)
        .join(Project, Project.id == Export.project_id)
        .join(User, User.id == Export.created_by)
        .where(
            Export.approval == Approval.WAITING,
            Export.state == ExportState.DONE,
            Export.withdrawn_since.is_(None),
        )
        .order_by(Export.finished_at, Export.id)
    ).all()


def people_of(session: Session, export: Export) -> tuple[str, str | None]:
    """The names of who asked for a version, and of who decided about it (None before)."""
    asked = session.get_one(User, export.created_by).name
    return asked, session.get_one(User, export.decided_by).name if export.decided_by else None


def may_decide(session: Session, actor: UUID, export: Export) -> bool:
    """Whether this person could be the second one; what her role grants is asked by the gate."""
    return not same_person(session, actor, export.created_by)
