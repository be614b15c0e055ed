"""`conditions.json`: under which conditions a project's people worked, in whole months and of ten people or more.

Months are fixed spans that never move, of everybody who was handed a task then, whatever became of it: two versions
tell the same of the same month, so nothing can be learned from their difference. Months are not added up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from labeler.assignment.declines import declined_between
from labeler.assignment.models import Assignment
from labeler.cells import K_PUBLIC
from labeler.exports.documents.words import one_line, table
from labeler.exports.projects import ProjectFacts
from labeler.pay.sums import money
from labeler.pay.told import hourly
from labeler.projects.models import Lane, Task
from labeler.wellbeing.told import breaks_kept, changed_numbers, exposure
from labeler.workforce.models import Labeler

K = K_PUBLIC
MOST_MONTHS = 12
SETTLED = timedelta(days=14)
"""How long after its end a month is told: by then its weeks have their statements."""
STEP = 5
"""Numbers of people are told in steps of so many, rounded down: one who comes or goes does not show."""


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month, UTC."""

    name: str
    start: datetime
    end: datetime


def months(since: datetime, at: datetime) -> list[Month]:
    """The last whole months since a moment that are settled `at` another, the oldest first. Pure."""
    year, month = since.astimezone(UTC).year, since.astimezone(UTC).month
    found: list[Month] = []
    while True:
        start = datetime(year, month, 1, tzinfo=UTC)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        end = datetime(year, month, 1, tzinfo=UTC)
        if end + SETTLED > at:
            return found[-MOST_MONTHS:]
        found.append(Month(f"{start:%Y-%m}", start, end))


def people_told(people: int) -> int | None:
    """A number of people as it may be told: in steps, and None below k. Pure."""
    return people - people % STEP if people >= K else None


def of_all(session: Session, projects: Sequence[ProjectFacts], at: datetime) -> dict[str, Any]:
    """`conditions.json`: the conditions of a version's project; of several, those of each, under `projects`."""
    if len(projects) == 1:
        return facts(session, projects[0], at)
    return {"projects": [{"project": each.slug, **facts(session, each, at)} for each in projects]}


def facts(session: Session, project: ProjectFacts, at: datetime) -> dict[str, Any]:
    """The conditions as known `at` a moment. A number is null where fewer than k people stand behind it."""
    since = project.since
    return {
        "people_at_least": K,
        "of": "everybody who was handed a task of the project in a whole calendar month (UTC); pay and breaks are "
        "those of all their work here in it",
        "pay_told_to_labelers": project.pay,
        "months": [_month(session, project, each, at) for each in months(since, at)],
        "changed_numbers": [
            {
                "name": each.name, "rule": each.rule, "says": each.says, "unit": each.unit, "value": each.value,
                "standard": each.standard, "from": _day(each.from_at), "until": each.until_at and _day(each.until_at),
                "for": "this project" if each.this_project else "everybody", "looser_by_signed_deviation": each.looser,
            }
            for each in changed_numbers(session, project.id, since, at)
        ],
    }  # fmt: skip


def _month(session: Session, project: ProjectFacts, month: Month, at: datetime) -> dict[str, Any]:
    people = _people(session, project.id, month)
    span = (month.start, month.end)
    return {
        "month": month.name,
        "people": people_told(len(people)),
        "effective_hourly": [
            {
                "currency": each.currency,
                "minor_units": each.effective,
                "weeks_at_floor": None if each.at_floor is None else round(each.at_floor[0] / each.at_floor[1], 4),
            }
            for each in hourly(session, people, *span, K, at)
        ],
        "breaks_kept": _rounded(breaks_kept(session, people, *span, K)),
        "exposure_minutes": [
            {"category": each.category.value, "title": each.category.title, "severity": each.severity,
             "minutes": each.minutes}
            for each in exposure(session, project.id, *span, len(people), K)
        ],
        "declined": [
            {"category": each.category.value, "title": each.category.title, "share": _rounded(each.share)}
            for each in declined_between(session, project.id, project.categories, *span, K)
        ],
    }  # fmt: skip


def _people(session: Session, project_id: UUID, month: Month) -> set[UUID]:
    handed = (
        select(Assignment.id)
        .join(Task, Task.id == Assignment.task_id)
        .join(Lane, Lane.id == Task.lane_id)
        .where(
            Assignment.labeler_id == Labeler.id,
            Assignment.handed_at >= month.start,
            Assignment.handed_at < month.end,
            Lane.project_id == project_id,
        )
    )
    return set(session.scalars(select(Labeler.id).where(exists(handed))))


def page(found: dict[str, Any]) -> list[str]:
    """The conditions for people, as a part of card and datasheet; of several projects, one after another."""
    if "projects" not in found:
        return _page(found)
    parts = [[f"**Project `{each['project']}`.**", "", *_page(each)] for each in found["projects"]]
    return [line for n, part in enumerate(parts) for line in (["", *part] if n else part)]


def _page(found: dict[str, Any]) -> list[str]:
    lines = [
        f"Of everybody who was handed a task here, by whole months; a number stands behind {found['people_at_least']} "
        'people or more, else it is "not told". All of it is in `conditions.json`.',
        "",
    ]
    if found["pay_told_to_labelers"]:
        lines += [f"Pay as labelers were told it: {one_line(found['pay_told_to_labelers'])}.", ""]
    if not found["months"]:
        return [*lines, "No whole month of work is over and settled yet.", *_numbers(found)]
    rows = [
        (each["month"], _or(each["people"], "at least {}"), _pay(each), _share(each["breaks_kept"]),
         _joined(each["exposure_minutes"], lambda of: f"{of['title']}, severity {of['severity']}: "
                 + _or(of["minutes"], "{:,} min")),
         _joined(each["declined"], lambda of: f"{of['title']}: {_share(of['share'])}"))
        for each in found["months"]
    ]  # fmt: skip
    heads = ("Month", "People", "An hour brought", "Required breaks kept", "Hard content on screen", "Declined")
    return [*lines, *table(heads, rows), *_numbers(found)]


def _numbers(found: dict[str, Any]) -> list[str]:
    lines = ["", "Numbers that protect labelers and were changed:"]
    for each in found["changed_numbers"]:
        until = f" until {each['until']}" if each["until"] else ""
        why = ", by a signed deviation" if each["looser_by_signed_deviation"] else ""
        lines.append(
            f"- {each['rule']}, {each['says']}: {each['value']} {each['unit']} instead of {each['standard']}, for "
            f"{each['for']}, from {each['from']}{until}{why}."
        )
    return lines if found["changed_numbers"] else ["", "Every number that protects labelers was the standard's."]


def _pay(month: dict[str, Any]) -> str:
    def told(of: dict[str, Any]) -> str:
        if of["minor_units"] is None:
            return f"{of['currency']}: not told"
        floor = (
            "" if of["weeks_at_floor"] is None else f", {_share(of['weeks_at_floor'])} of weeks at the floor or above"
        )
        return f"{money(of['minor_units'], of['currency'])}{floor}"

    return _joined(month["effective_hourly"], told)


def _joined(found: list[dict[str, Any]], told: Any) -> str:
    return "; ".join(told(each) for each in found) or "none"


def _share(share: float | None) -> str:
    return "not told" if share is None else f"{100 * share:.1f} %"


def _or(value: Any, words: str) -> str:
    return "not told" if value is None else words.format(value)


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()
