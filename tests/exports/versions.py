"""Rows of finished versions, for what asks nothing of their files."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeler.exports.models import Approval, Export, ExportState
from labeler.projects.models import Project
from tests.support.build import NOW


def add_version(
    session: Session,
    project: Project,
    by: UUID | None = None,
    state: ExportState = ExportState.DONE,
    approval: Approval | None = None,
    at: datetime = NOW,
    **fields: Any,
) -> Export:
    """The next version of a project, as it stands when its job has ended; no file of it is there."""
    last = session.scalar(select(func.max(Export.number)).where(Export.project_id == project.id)) or 0
    done = state is ExportState.DONE
    made = Export(
        project_id=project.id, number=last + 1, views=["judgments"], options={}, snapshot_at=at,
        created_by=by or project.created_by, created_at=at, state=state, approval=approval,
        folder=f"exports/version-{last + 1}" if done else None, manifest_hash=f"{last + 1:064}" if done else None,
        counts={"in": {"judgments": 3, "tasks": 1, "late": 0}, "views": {"judgments": {"rows": 3, "dropped": {}}}}
        if done else None,
        finished_at=at + timedelta(minutes=1) if done else None, **fields,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def put_files(data: Path, export: Export) -> None:
    """The fewest files a version may have, below the data folder."""
    root = data / (export.folder or "")
    root.mkdir(parents=True)
    for name in ("manifest.json", "SHA256SUMS"):
        (root / name).write_text('{"files": []}')
