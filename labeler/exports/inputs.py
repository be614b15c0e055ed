"""What a version was made of, as its manifest lists it; where there are several projects, each line names its own."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.exports.scope import Scope
from labeler.projects.models import Batch, Guideline, Project


def guidelines(session: Session, scope: Scope) -> tuple[dict[str, Any], ...]:
    """Each version of a guideline there was, with the SHA-256 of its text."""
    rows = session.execute(
        select(Guideline.version, Guideline.text, Project.slug)
        .join(Project, Project.id == Guideline.project_id)
        .where(scope.of(Guideline.project_id), Guideline.created_at <= scope.snapshot_at)
        .order_by(Project.id != scope.project_id, Project.slug, Guideline.version)
    )
    return tuple(
        {**_whose(row, scope), "version": row.version, "sha256": hashlib.sha256(row.text.encode()).hexdigest()}
        for row in rows
    )


def batches(session: Session, scope: Scope) -> tuple[dict[str, Any], ...]:
    """Each finished batch that was chosen, with the SHA-256 of its file."""
    wanted = (
        select(Batch.id, Batch.name, Batch.content_hash, Batch.tasks, Project.slug)
        .join(Project, Project.id == Batch.project_id)
        .where(scope.of(Batch.project_id), Batch.finished_at <= scope.snapshot_at)
        .order_by(Project.id != scope.project_id, Project.slug, Batch.created_at, Batch.id)
    )
    if scope.plan.batches:
        wanted = wanted.where(Batch.id.in_(scope.plan.batches))
    return tuple(
        {**_whose(row, scope), "id": str(row.id), "name": row.name, "sha256": row.content_hash, "tasks": row.tasks}
        for row in session.execute(wanted)
    )


def _whose(row: Any, scope: Scope) -> dict[str, str]:
    return {"project": row.slug} if scope.plan.also else {}
