"""A version once more: the next one by the same choices, of the answers there are now."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from labeler.exports import service
from labeler.exports.models import Export


def again(session: Session, actor: UUID, export: Export, now: datetime) -> tuple[Export, UUID]:
    """Ask for the next version by the choices of this one, as of now: what was withdrawn, not used or erased since is
    not in it. Returns it, and the id of the job that will write it.

    Raises Invalid when the project can't have these choices any more.
    """
    return service.request(session, actor, export.project_id, {"views": export.views, **export.options}, now)
