"""What a project's page counts and draws: how far it is, by lane, by day, by verdict, and by place on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from labeler.judgments.figures import Share, by_day, first_shown, verdicts
from labeler.judgments.models import Standing
from labeler.judgments.queries import held_now, newest_said, sent_by_day
from labeler.projects.models import Project
from labeler.projects.queries import LaneCount, Progress, progress
from tasks.content import Severity, highest

NEWEST = 10_000
"""Answers that are read for the figures, so that a project of millions opens as fast as a small one."""
DAYS = 14
HEIGHT = 120
"""Of the tallest bar, in pixels."""
VERDICT_WORDS = {"cant_judge": "Can't judge"}
"""Verdicts whose names are not their words."""


@dataclass(frozen=True, slots=True)
class LaneRow:
    """A lane as the page lists it; `judged` are the judgments that count."""

    lane: LaneCount
    judged: int
    held: int
    held_back: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """One day's bar: where it stands and how wide it is, in parts of a hundred; how high, in pixels."""

    day: date
    count: int
    x: float
    width: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Slice:
    """One verdict's share."""

    words: str
    share: Share


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that a project's page counts. `read` answers were looked at; `all_read` says that there are no more.

    `late` counts those among them that came after their task had gone to somebody else.
    """

    progress: Progress
    judged: int
    held: int
    lanes: list[LaneRow]
    bars: list[Bar]
    verdicts: list[Slice]
    first: Share | None
    read: int
    late: int
    all_read: bool


def figures(session: Session, project: Project, now: datetime) -> Figures:
    """Count a project: one pass over its tasks, the index of its last days' answers, and its newest answers."""
    so_far, held = progress(session, project.id), held_now(session, project.id)
    since = datetime.combine(now.date() - timedelta(days=DAYS - 1), datetime.min.time(), now.tzinfo)
    days = by_day(sent_by_day(session, project.id, since), now.date(), DAYS)
    said = newest_said(session, project.id, NEWEST)
    counted = [each for each in said if each.standing is Standing.COUNTED]
    in_hand = sum(held.values())
    return Figures(
        progress=so_far,
        judged=max(0, so_far.claimed - in_hand),
        held=in_hand,
        lanes=[_lane(lane, held.get(lane.id, 0)) for lane in so_far.by_lane],
        bars=_bars(days),
        verdicts=[Slice(_words(verdict), share) for verdict, share in verdicts(each.answer for each in counted)],
        first=first_shown((each.order, each.answer) for each in counted),
        read=len(said),
        late=len(said) - len(counted),
        all_read=len(said) < NEWEST,
    )


def _lane(lane: LaneCount, held: int) -> LaneRow:
    return LaneRow(lane, max(0, lane.claimed - held), held, highest(lane.profile) >= Severity.FORBIDDEN)


def _words(verdict: str) -> str:
    return VERDICT_WORDS.get(verdict, verdict.replace("_", " ").capitalize())


def _bars(days: Sequence[tuple[date, int]]) -> list[Bar]:
    """The bars of a chart, side by side over its whole width; none when nothing was counted."""
    most = max((count for _, count in days), default=0)
    if not most:
        return []
    step = 100 / len(days)
    return [
        Bar(
            day=day,
            count=count,
            x=round(place * step + step * 0.1, 3),
            width=round(step * 0.8, 3),
            y=round(HEIGHT - HEIGHT * count / most, 2),
            height=round(HEIGHT * count / most, 2),
        )
        for place, (day, count) in enumerate(days)
    ]


def percent(share: float) -> str:
    """A share from 0 to 1 in tasks of a hundred, to one place: "51.2 %"."""
    return f"{share * 100:.1f} %"


def dress(context: dict[str, Any]) -> dict[str, Any]:
    """The context of a template that draws figures."""
    return {**context, "percent": percent, "height": HEIGHT}
