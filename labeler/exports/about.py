"""What an export is of: the values that card, manifest and papers are headed with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from labeler.exports.plan import ExportPlan
from labeler.exports.projects import ProjectFacts


@dataclass(frozen=True, slots=True)
class About:
    """What an export is of. Nothing in it names a person. `frozen`: nothing can be withdrawn any more (OPT-9).
    `supersedes`: earlier versions that should not be used any more."""

    export_id: UUID
    number: int
    project_id: UUID
    slug: str
    name: str
    purpose: str | None
    kind: str
    kind_version: int
    kind_title: str
    project_options: dict[str, Any]
    plan: ExportPlan
    rules: dict[str, Any]
    snapshot_at: datetime
    guidelines: tuple[dict[str, Any], ...]
    batches: tuple[dict[str, Any], ...]
    freeze_at: datetime | None = None
    frozen: bool = False
    supersedes: tuple[dict[str, Any], ...] = ()
    people: dict[str, Any] | None = None
    """What `people.json` tells of who judged; None where it was not asked for."""
    several: tuple[ProjectFacts, ...] = ()
    """All projects in it, its own first, where there are several."""
    freezes: tuple[tuple[ProjectFacts, bool], ...] = ()
    """Each of these, and whether it is frozen; `frozen` is then whether all are."""

    @property
    def slugs(self) -> list[str]:
        """The projects in it, its own first."""
        return [each.slug for each in self.several] or [self.slug]

    @property
    def moment(self) -> str:
        """The snapshot, in UTC."""
        return in_utc(self.snapshot_at)


def in_utc(moment: datetime) -> str:
    """A moment in UTC, as card and manifest write it."""
    return moment.isoformat().replace("+00:00", "Z")
