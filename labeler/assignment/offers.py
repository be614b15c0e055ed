"""What a labeler is told about the projects open to her before she opens anything (WRN-1), and their instructions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from labeler.projects.models import Guideline, Project, ProjectOffer
from labeler.projects.rules import ProjectState
from labeler.workforce.models import Labeler
from tasks.content import Category, Severity


@dataclass(frozen=True, slots=True)
class Offer:
    """One live project as its labelers see it: for whom, what for, what it pays, how long a task takes, what may occur.

    `content` maps each category to the highest severity that she may meet: 4 is served to nobody. `sensitive_share` is
    0 to 1. `freeze_at` is the announced moment until which she may withdraw her answers (OPT-9).
    """

    id: UUID
    slug: str
    name: str
    kind: str
    client_name: str
    purpose: str
    pay_rate: str
    seconds: int
    content: dict[Category, Severity]
    sensitive_share: float
    guideline_version: int
    freeze_at: datetime | None = None


def _open_to(labeler_id: UUID):  # type: ignore[no-untyped-def]  # a SQL condition; its type has no useful name
    vendor = select(Labeler.vendor_id).where(Labeler.id == labeler_id).scalar_subquery()
    offers = select(ProjectOffer.project_id).where(ProjectOffer.project_id == Project.id)
    return or_(~exists(offers), exists(offers.where(ProjectOffer.vendor_id == vendor)))


def offers(session: Session, labeler_id: UUID) -> list[Offer]:
    """The live projects this labeler may work on by vendor and language, the most urgent first."""
    languages = session.scalar(select(Labeler.languages).where(Labeler.id == labeler_id)) or []
    rows = session.scalars(
        select(Project)
        .where(Project.state == ProjectState.LIVE, _open_to(labeler_id))
        .order_by(Project.priority.desc(), Project.name)
    )
    return [
        Offer(
            id=row.id,
            slug=row.slug,
            name=row.name,
            kind=row.kind,
            client_name=row.client_name or "",
            purpose=row.purpose or "",
            pay_rate=row.pay_rate or "",
            seconds=row.seconds_estimate or 0,
            content=met(row.categories or {}),
            sensitive_share=row.sensitive_share or 0.0,
            guideline_version=row.guideline_version,
            freeze_at=row.freeze_at,
        )
        for row in rows
        if set(row.languages) & set(languages)
    ]


def met(declared: Mapping[str, int]) -> dict[Category, Severity]:
    """What a labeler may meet of the content that a project declares."""
    most = Severity.EGREGIOUS
    return {Category(code): min(Severity(level), most) for code, level in declared.items() if level}


@dataclass(frozen=True, slots=True)
class Instructions:
    """One version of a project's guideline; `latest` is the version that new tasks carry."""

    project_name: str
    version: int
    latest: int
    text: str


def instructions(session: Session, labeler_id: UUID, slug: str, version: int | None) -> Instructions | None:
    """The guideline of a project that is, or was, open to this labeler; the newest version unless one is named."""
    row = session.execute(
        select(Project.name, Project.guideline_version, Guideline.version, Guideline.text)
        .join(Guideline, Guideline.project_id == Project.id)
        .where(
            Project.slug == slug,
            Project.state.in_([ProjectState.LIVE, ProjectState.PAUSED, ProjectState.CLOSED]),
            Guideline.version == (Project.guideline_version if version is None else version),
            _open_to(labeler_id),
        )
    ).one_or_none()
    return row and Instructions(row[0], row[2], row[1], row[3])
