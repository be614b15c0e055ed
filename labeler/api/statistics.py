"""A project's statistics, as the page in the studio shows them."""

from __future__ import annotations

from datetime import date, datetime

from flask import Response
from pydantic import BaseModel, Field

from labeler import clock
from labeler.accounts.permissions import Scope
from labeler.api.bodies import Sent, query
from labeler.api.door import bp
from labeler.api.openapi import documented
from labeler.api.scopes import requires_scope
from labeler.api.writes import answer
from labeler.judgments.figures import Share
from labeler.looking import look
from labeler.projects.queries import project_by_slug
from labeler.quality import summary
from labeler.quality.agreement import Agreement, Estimate, Level

TAG = "projects"


class StatisticsQuery(Sent):
    """What groups and bands are told in."""

    measure: str | None = Field(default=None, description="The name of a measure; left out, the first.")


class Figure(BaseModel):
    """A number and its 95 % interval from resampling the items; null where too few resamples have one."""

    value: float
    low: float | None
    high: float | None


class ShareOf(BaseModel):
    """`hits` of `n`, as a share from 0 to 1 with its 95 % interval after Wilson."""

    hits: int
    n: int
    share: float
    low: float
    high: float


class MeasureAgreement(BaseModel):
    """How far items were read the same. A figure is null where it is not defined."""

    compared: int = Field(description="Items with two opinions or more.")
    alpha: dict[Level, Figure | None] = Field(description="Krippendorff's alpha by the level of measurement.")
    ac1: Figure | None = Field(description="Gwet's AC1.")
    fleiss_kappa: Figure | None = Field(description="Fleiss' kappa; null where everybody always chose one category.")
    percent: Figure | None = Field(description="The share of pairs of readings that are the same, 0 to 1.")


class MeasureFigures(MeasureAgreement):
    """One thing that answers can agree on, with the agreement of all items in it."""

    name: str
    title: str
    labels: list[str] = Field(description="The categories in words, in their order.")


class TimeBucket(BaseModel):
    """Answers that took `from_seconds` or more and less than `below_seconds` (null: no end)."""

    from_seconds: int
    below_seconds: int | None
    judgments: int


class BandOfItems(BaseModel):
    """Items whose readings are apart by more than `above` (null: not at all) and at most `until`, 0 to 1."""

    above: float | None
    until: float
    items: int


class GroupFigures(BaseModel):
    """A group's figures; all null where too few people stand behind it."""

    name: str
    judgments: int | None
    agreement: MeasureAgreement | None
    shown_first: ShareOf | None


class GroupsOfOneSort(BaseModel):
    """Groups of one sort. Empty where there is one group only."""

    sort: str = Field(description="`language`, `batch` or `guideline version`.")
    groups: list[GroupFigures]
    left_out: int = Field(description="Groups with fewer answers, which are not listed.")


class ProjectStatistics(BaseModel):
    """A project's statistics at a moment, of the answers that an export made then would hold in time for their task."""

    at: datetime
    given: int = Field(description="Answers there are, counted or not.")
    judgments: int = Field(description="Answers that count.")
    tasks: int = Field(description="Tasks with at least one of them.")
    measures: list[MeasureFigures]
    measure: str | None = Field(description="The measure that bands and groups are told in.")
    shown_first: ShareOf | None = Field(description="How often the completion shown first was preferred.")
    longer: ShareOf | None = Field(description="How often the longer completion was preferred, in a sample of tasks.")
    longer_sample: int = Field(description="Tasks in that sample.")
    times: list[TimeBucket] | None = Field(description="Answers by time; null where too few people stand behind it.")
    disagreement: list[BandOfItems]
    groups: list[GroupsOfOneSort]
    groups_and_times_as_of: date | None = Field(
        description="The day (UTC) since which groups and times stand so: they are counted anew, at most once a day, "
        "when the answers of ten people or more have changed since each earlier time. Null: never yet."
    )


@bp.get("/projects/<slug>/statistics")
@documented(TAG, ProjectStatistics, query=StatisticsQuery)
@requires_scope(Scope.PROJECTS_READ)
def get_statistics(slug: str) -> Response:
    """Agreement, habits, time and disagreement of a project's answers."""
    asked, now = query(StatisticsQuery), clock.now()
    seen = look(lambda session: project_by_slug(session, slug), now, asked.measure)
    found = seen.statistics
    times = found.times and [
        TimeBucket(from_seconds=low, below_seconds=high, judgments=count) for low, high, count in found.times.buckets
    ]
    return answer(
        ProjectStatistics(
            at=now,
            given=found.given,
            judgments=found.judgments,
            tasks=found.tasks,
            measures=[_measured(each) for each in found.measured],
            measure=found.about.measure.name if found.about else None,
            shown_first=_share(found.first),
            longer=_share(found.longer),
            longer_sample=found.sampled,
            times=times or None,
            disagreement=[BandOfItems.model_validate(each, from_attributes=True) for each in found.bands],
            groups=[_groups(each) for each in found.groups],
            groups_and_times_as_of=seen.as_of,
        )
    )


def _figure(found: Estimate | None) -> Figure | None:
    return None if found is None else Figure.model_validate(found, from_attributes=True)


def _share(found: Share | None) -> ShareOf | None:
    return None if found is None else ShareOf.model_validate(found, from_attributes=True)


def _agreement(found: Agreement) -> MeasureAgreement:
    return MeasureAgreement(
        compared=found.compared,
        alpha={level: _figure(each) for level, each in found.alpha.items()},
        ac1=_figure(found.ac1),
        fleiss_kappa=_figure(found.kappa),
        percent=_figure(found.percent),
    )


def _measured(each: summary.Measured) -> MeasureFigures:
    of = each.measure
    plain = _agreement(each.agreement).model_dump()
    return MeasureFigures(name=of.name, title=of.title, labels=list(of.labels), **plain)


def _groups(found: summary.Grouped) -> GroupsOfOneSort:
    rows = [
        GroupFigures(
            name=row.name,
            judgments=row.judgments,
            agreement=_agreement(row.agreement) if row.agreement else None,
            shown_first=_share(row.first),
        )
        for row in found.rows
    ]
    return GroupsOfOneSort(sort=found.sort, groups=rows, left_out=found.left_out)
