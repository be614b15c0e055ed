"""Figures that were shown of groups and of time, kept so that the next ones never differ from them by a few people."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from labeler.db import Entity


class ToldFigures(Entity):
    """The figures of a project that need ten people, as they were told from `told_at` on; only added to.

    `figures` are those of `quality.summary.Gated` as JSON. `behind` has for each person whose answers were counted a
    digest of which ones: from it alone it is seen whose answers changed since, never what they were.
    """

    __tablename__ = "told_figures"
    __table_args__ = (Index(None, "project_id", "told_at"),)

    project_id: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    told_at: Mapped[datetime]
    figures: Mapped[dict[str, Any]]
    behind: Mapped[dict[str, Any]]
