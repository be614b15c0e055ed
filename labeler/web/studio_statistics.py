"""A project's statistics: how far people agree, which habits show, how long answers take, and where people differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, request

from labeler import clock
from labeler.accounts.permissions import Permission, may
from labeler.db import reading
from labeler.gate import person, requires
from labeler.judgments.figures import Share
from labeler.looking import look
from labeler.projects.queries import progress
from labeler.quality.agreement import Agreement, Estimate, Level
from labeler.quality.groups import K_GROUP
from labeler.quality.queries import row_ids
from labeler.quality.summary import Band, Statistics
from labeler.quality.tally import Disputed, Key
from labeler.web.studio_figures import HEIGHT, percent
from labeler.web.studio_frame import open_project, project_page
from tasks.measures import Measure

bp = Blueprint("studio_statistics", __name__)

ALPHAS = {
    Level.NOMINAL: "Alpha, same or not",
    Level.ORDINAL: "Alpha, by order",
    Level.INTERVAL: "Alpha, by distance",
}
"""Krippendorff's alpha at each level, as the page calls it."""
AC1, KAPPA, PERCENT = "AC1", "Kappa", "Pairs that agree"


@dataclass(frozen=True, slots=True)
class Dot:
    """One figure with its interval on a line: where each stands, in parts of a hundred."""

    words: str
    estimate: Estimate
    x: float
    from_x: float | None
    width: float | None


@dataclass(frozen=True, slots=True)
class Column:
    """One bar: its name, how many, where it stands and how wide it is in parts of a hundred; how high, in pixels."""

    words: str
    count: int
    x: float
    width: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class DisputedRow:
    """A disputed item as it is listed: what its readings were, from the most frequent on."""

    task_id: UUID
    row_id: str | None
    apart: float
    readings: int
    said: str


@bp.get("/projects/<slug>/statistics")
@requires(Permission.PROJECTS_SEE)
def show(slug: str) -> str:
    """The page. `measure` in the address chooses what groups and disputed items are told in."""
    now = clock.now()
    seen = look(lambda session: open_project(session, slug), now, request.args.get("measure"))
    project, found = seen.project, seen.statistics
    with reading() as session:
        so_far = progress(session, project.id)
        names = row_ids(session, [each.task for each in found.disputed])
    whole = found.about.agreement if found.about else None
    return project_page(
        "statistics", project, "statistics", found=found, as_of=seen.as_of, wanted=so_far.wanted, now=now, k=K_GROUP,
        height=HEIGHT,
        percent=percent, number=number, interval=interval, rows_of=rows_of, seconds=seconds,
        dots=dots(whole), low_end=low_end(whole),
        bands=columns([(band_words(each), each.items) for each in found.bands]),
        times=columns([(seconds(*bucket[:2]), bucket[2]) for bucket in found.times.buckets]) if found.times else [],
        disputed=disputed(found, names), may_read=may(person().role, Permission.JUDGMENTS_REVIEW),
    )  # fmt: skip


def rows_of(agreement: Agreement) -> list[tuple[str, Estimate | None]]:
    """The figures of an agreement with their names, in the order of the page."""
    alphas = [(ALPHAS[level], estimate) for level, estimate in agreement.alpha.items()]
    return [*alphas, (AC1, agreement.ac1), (KAPPA, agreement.kappa), (PERCENT, agreement.percent)]


def low_end(agreement: Agreement | None) -> int:
    """Where the line of agreement begins: 0, or -1 where a figure or its interval goes below chance."""
    found = [each for _, each in rows_of(agreement) if each is not None] if agreement else []
    return -1 if any(min(each.value, each.low or 0.0) < 0 for each in found) else 0


def dots(agreement: Agreement | None) -> list[Dot]:
    """The figures as dots on a line."""
    if agreement is None:
        return []
    begin = low_end(agreement)

    def place(value: float) -> float:
        return round(100 * (max(begin, value) - begin) / (1 - begin), 2)

    made = []
    for words, each in rows_of(agreement):
        if each is None:
            continue
        if each.low is None or each.high is None:
            made.append(Dot(words, each, place(each.value), None, None))
        else:
            left = place(each.low)
            made.append(Dot(words, each, place(each.value), left, round(place(each.high) - left, 2)))
    return made


def columns(counts: Sequence[tuple[str, int]]) -> list[Column]:
    """Bars side by side over the whole width; none when nothing was counted."""
    most = max((count for _, count in counts), default=0)
    if not most:
        return []
    step = 100 / len(counts)
    return [
        Column(
            words, count, round(place * step + step * 0.1, 3), round(step * 0.8, 3),
            round(HEIGHT - HEIGHT * count / most, 2), round(HEIGHT * count / most, 2),
        )
        for place, (words, count) in enumerate(counts)
    ]  # fmt: skip


def band_words(band: Band) -> str:
    """A band of disagreement in words."""
    return "none" if band.above is None else f"{band.above:.1f} – {band.until:.1f}"


def seconds(low: int, high: int | None) -> str:
    """A bucket of time in words: "30 – 45 s", "2 – 3 min", "30 min or more"."""
    if high is None:
        return f"{low // 60} min or more"
    return f"{low // 60} – {high // 60} min" if low >= 120 else f"{low} – {high} s"


def number(value: float | None) -> str:
    """A figure of agreement, to two places; a dash where it is not defined."""
    return "–" if value is None else f"{value:.2f}".replace("-", "−")


def interval(found: Estimate | Share | None) -> str:
    """The interval of a figure or a share; a dash where there is none."""
    if found is None or found.low is None or found.high is None:
        return "–"
    if isinstance(found, Share):
        return f"{percent(found.low)} – {percent(found.high)}"
    return f"{number(found.low)} – {number(found.high)}"


def disputed(found: Statistics, names: dict[Key, str | None]) -> list[DisputedRow]:
    """The most disputed items with what was said of them, nobody's name in it."""
    return [_disputed(each, names.get(each.task), found.about.measure) for each in found.disputed if found.about]


def _disputed(each: Disputed, row_id: str | None, measure: Measure) -> DisputedRow:
    said = ", ".join(f"{times} × {measure.labels[place]}" for place, times in Counter(each.pattern).most_common())
    return DisputedRow(UUID(each.task), row_id, each.apart, len(each.pattern), said)
