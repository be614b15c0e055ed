"""A looser number: asked for by one person, confirmed or declined by a second who belongs to no vendor.

Until it is confirmed nothing changes. Whoever asked can never confirm, and every step is in the record.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.accounts.models import User
from labeler.accounts.permissions import Permission, may
from labeler.audit.service import record
from labeler.errors import Conflict, Forbidden, Invalid, Missing
from labeler.projects.models import Project
from labeler.wellbeing.deviation_models import LooserRequest
from labeler.wellbeing.policies import asked, set_number
from labeler.wellbeing.signatures import UNSIGNED, Signature
from labeler.workforce.joining import same_person

DECIDED = "Somebody has decided this already. Look at the list again."


@dataclass(frozen=True, slots=True)
class Waiting:
    """A looser number that waits. `by` is who asked for it, `project` the name of the one that it is for."""

    request: LooserRequest
    by: str
    project: str | None


def ask_looser(
    session: Session,
    actor: UUID,
    name: str,
    value: int | None,
    from_at: datetime | None,
    now: datetime,
    *,
    project_id: UUID | None = None,
    signature: Signature = UNSIGNED,
) -> UUID:
    """Ask for a looser number, with all that it needs. Raises Invalid with every problem by field; Missing."""
    looked = asked(session, name, value, from_at, now, project_id=project_id, signature=signature)
    signed = looked.signature
    if not (
        looked.loosens and signed.signer and signed.signed_by and signed.reason and signed.document and signed.until_at
    ):
        raise Invalid("This number protects as much as before: it needs nobody else. Set it.", [])
    row = LooserRequest(
        name=name,
        value=looked.change.value,
        from_at=looked.change.from_at,
        until_at=signed.until_at,
        signer=signed.signer,
        signed_by=signed.signed_by,
        reason=signed.reason,
        document=signed.document,
        asked_by=actor,
        asked_at=now,
        project_id=project_id,
    )
    session.add(row)
    session.flush()
    record(
        session, "policy.ask", actor, row.id, now, name=name, value=row.value, from_at=row.from_at, project=project_id,
        until_at=row.until_at, signer=row.signer, document=row.document, reason=row.reason,
    )  # fmt: skip
    return row.id


def waiting(session: Session) -> list[Waiting]:
    """What waits for a second person, the oldest first."""
    rows = session.execute(
        select(LooserRequest, User.name, Project.name)
        .join(User, User.id == LooserRequest.asked_by)
        .outerjoin(Project, Project.id == LooserRequest.project_id)
        .where(LooserRequest.decided_at.is_(None))
        .order_by(LooserRequest.asked_at, LooserRequest.id)
    )
    return [Waiting(row, by, project) for row, by, project in rows]


def confirm(session: Session, actor: UUID, request_id: UUID, now: datetime) -> UUID:
    """Confirm a looser number, as the second person: it begins at its moment, or now where that is over. The id of the
    policy. Raises Missing, Conflict, Forbidden for whoever asked and for people of a vendor, Invalid when it no longer
    goes together with the others."""
    row = _open(session, actor, request_id)
    policy = set_number(
        session, row.asked_by, row.name, row.value, max(row.from_at, now), now, project_id=row.project_id,
        signature=Signature(row.signer, row.signed_by, row.reason, row.document, row.until_at), second=actor,
    )  # fmt: skip
    row.decided_by, row.decided_at, row.policy_id = actor, now, policy
    return policy


def decline(session: Session, actor: UUID, request_id: UUID, now: datetime) -> None:
    """Decline a looser number, as the second person. Raises Missing, Conflict, Forbidden."""
    row = _open(session, actor, request_id)
    row.decided_by, row.decided_at = actor, now
    record(session, "policy.decline", actor, row.id, now)


def _open(session: Session, actor: UUID, request_id: UUID) -> LooserRequest:
    row = session.scalars(select(LooserRequest).where(LooserRequest.id == request_id).with_for_update()).one_or_none()
    if row is None:
        raise Missing("There is no such request.")
    if row.decided_at is not None:
        raise Conflict(DECIDED)
    me = session.get_one(User, actor)
    if same_person(session, me.id, row.asked_by) or not may(me.role, Permission.POLICIES_CONFIRM):
        raise Forbidden("Whoever asked can't decide, and nobody of a vendor can: a second person does.")
    return row
