"""What a project's webhook is told of a version: numbers and addresses, never who."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from labeler.exports.models import Export
from labeler.projects.models import Project
from labeler.webhooks.service import tell as tell_webhook


def tell(session: Session, export: Export, event: str, now: datetime) -> None:
    """Tell what has become of a version: `done`, `failed`, `withdrawn` or `approved`."""
    slug = session.get_one(Project, export.project_id).slug
    views = (export.counts or {}).get("views", {})
    facts = {
        "project": slug,
        "number": export.number,
        "state": export.state.value,
        "approval": export.approval and export.approval.value,
        "withdrawn": export.withdrawn_since is not None,
        "manifest_sha256": export.manifest_hash,
        "rows": {name: counts["rows"] for name, counts in views.items()},
        "path": f"/api/v1/projects/{slug}/exports/{export.number}",
    }
    tell_webhook(session, export.project_id, f"export.{event}", facts, now)
