"""Reading what the papers of a version need from the record, as of the moment it was asked for."""

from __future__ import annotations

from datetime import UTC

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.exports.documents import conditions
from labeler.exports.documents.about import Known
from labeler.exports.documents.changes import Previous
from labeler.exports.documents.service import answers_at
from labeler.exports.models import Export, ExportState
from labeler.projects.models import Project


def known(session: Session, project: Project, export: Export, question: str) -> Known:
    """What is known before the first row. `question` is what the kind of task asks."""
    began = project.published_at or project.created_at
    return Known(
        answers=answers_at(session, project.id, export.created_at),
        conditions=conditions.facts(session, project, export.created_at),
        previous=_previous(session, export),
        overlap=project.overlap,
        began=began.astimezone(UTC).date().isoformat(),
        question=question,
    )


def _previous(session: Session, export: Export) -> Previous | None:
    """The newest version that was finished when this one was asked for."""
    found = session.scalar(
        select(Export)
        .where(
            Export.project_id == export.project_id,
            Export.number < export.number,
            Export.state == ExportState.DONE,
            Export.finished_at <= export.created_at,
        )
        .order_by(Export.number.desc())
        .limit(1)
    )
    if found is None or found.counts is None:
        return None
    return Previous(found.number, found.snapshot_at, found.views, found.options, found.counts, found.manifest_hash)
