"""Reading what the papers of a version need from the record, as of the moment it was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.exports.documents import conditions, several
from labeler.exports.documents.about import Known
from labeler.exports.documents.changes import Previous
from labeler.exports.documents.service import answers_at
from labeler.exports.models import Export, ExportState
from labeler.exports.projects import ProjectFacts


def known(
    session: Session, projects: Sequence[ProjectFacts], export: Export, question: str, kept: Path | None
) -> Known:
    """What is known before the first row, of the projects in it. `question` is what the kind of task asks, `kept` the
    data folder, where finished versions are."""
    at = export.created_at
    said = [(each.slug, answers_at(session, each.id, at)) for each in projects]
    return Known(
        answers=several.answers(said),
        conditions=conditions.of_all(session, projects, at),
        previous=_previous(session, export, kept),
        overlap=projects[0].overlap,
        began=min(each.began for each in projects),
        question=question,
        licences={slug: of.get("licence") for slug, of in said} if len(said) > 1 else {},
    )


def _previous(session: Session, export: Export, kept: Path | None) -> Previous | None:
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
    return Previous(
        number=found.number,
        snapshot_at=found.snapshot_at,
        views=found.views,
        options=found.options,
        counts=found.counts,
        manifest_hash=found.manifest_hash,
        folder=None if kept is None or found.folder is None else kept / found.folder,
    )
