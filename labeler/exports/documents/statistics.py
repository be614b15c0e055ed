"""`stats.json` and `STATS.md`: agreement, habits, time and disagreement of exactly the judgments in a version. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from labeler.exports.documents.measured import Measured
from labeler.exports.documents.words import number, one_line, table
from labeler.judgments.figures import Share
from labeler.quality.agreement import DRAWS, SEED, Agreement, Estimate, Level
from labeler.quality.groups import K_GROUP
from labeler.quality.summary import Band, Grouped, Statistics, Times
from tasks.views import BUCKETS

DIGITS = 6
"""Of every figure: beyond them lies the rounding of a processor, and bytes must be the same everywhere."""

WITHOUT_ROWS = (
    "Not told, nor are groups: this version has no rows of single judgments, and tells no more than its rows."
)
HIDDEN = f"not told: fewer than {K_GROUP} people"


def as_told(found: Statistics, *, with_rows: bool) -> Statistics:
    """What of a version's statistics is told: of groups and of time no more than its rows in `judgments` say anyhow
    (`docs/decisions/0007`). So two versions laid over each other tell nothing by them that their rows do not. Without
    these rows, neither is told."""
    if not with_rows:
        return replace(found, times=None, groups=())
    return replace(found, times=found.times and _coarse(found.times))


def _coarse(times: Times) -> Times:
    """Times in the buckets of the rows."""
    edges = (0, *(end for end, _ in BUCKETS))
    counts = [
        sum(count for low, _, count in times.buckets if place == bisect_right(edges, low) - 1)
        for place in range(len(edges))
    ]
    ends = (*edges[1:], None)
    quantiles = []
    for part, low, _ in times.quantiles:
        place = bisect_right(edges, low) - 1
        quantiles.append((part, edges[place], ends[place]))
    return Times(tuple(zip(edges, ends, counts, strict=True)), tuple(quantiles))


def facts(found: Measured, *, with_rows: bool = True) -> dict[str, Any]:
    """`stats.json`. A figure is null where it is not defined, or where fewer than k people stand behind it.

    `with_rows`: the version has the view `judgments`.
    """
    of = as_told(found.statistics, with_rows=with_rows)
    return {
        "counted": {"judgments": of.judgments, "tasks": of.tasks, "late_left_out": found.late},
        "people_at_least": K_GROUP,
        "intervals": f"95 %: agreement by {DRAWS} resamples of the items (seed {SEED}), shares after Wilson",
        "agreement": [
            {
                "measure": each.measure.name,
                "title": each.measure.title,
                "labels": list(each.measure.labels),
                **_agreement(each.agreement),
            }
            for each in of.measured
        ],
        "position": {"first_shown_preferred": _share(of.first)},
        "length": {
            "longer_preferred": _share(of.longer),
            "by_ratio": [
                {"from": low, "below": high, "longer_preferred": _share(share)}
                for low, high, share in found.lengths.classes
            ],
        },
        "seconds": _times(of.times),
        "disagreement": {
            "measure": of.about.measure.name if of.about else None,
            "bands": [{"above": band.above, "until": band.until, "tasks": band.items} for band in of.bands],
        },
        "groups": [_groups(each) for each in of.groups],
    }


def page(name: str, found: Measured, *, with_rows: bool = True) -> str:
    """`STATS.md`: the same for people."""
    of = as_told(found.statistics, with_rows=with_rows)
    lines = [
        f"# Statistics of {one_line(name)}",
        "",
        f"Of exactly the judgments in this version: {of.judgments:,} of {of.tasks:,} tasks. "
        f"{found.late:,} that came late are not counted here.",
        "Each figure has its 95 % interval in brackets: of agreement by resampling the tasks, of a share after Wilson. "
        "The same figures for programs are in `stats.json`.",
        f"A group is told where {K_GROUP} people or more stand behind it, and behind what is left over.",
        "",
        "## Agreement",
        "",
        *(_agreement_table(found) if of.measured else ["This kind of task has nothing to agree on."]),
        "",
        "Alpha is Krippendorff's: 1 is full agreement, 0 what chance gives. AC1 is Gwet's, which does not fall where "
        "nearly all answers are the same. Kappa is Fleiss' for more than two readings, and falls there as alpha does. "
        "Percent is the share of pairs of answers to a task that are the same.",
        "",
        "## Habits",
        "",
        *table(("Habit", "Share", "Of"), list(_habits(found))),
        "",
        "A half is what chance gives. Answers to one task are not independent, so the intervals are rather too narrow.",
        "",
        "## Time for an answer",
        "",
        *(_time_table(of.times) if with_rows else [WITHOUT_ROWS]),
        "",
        "## Disagreement",
        "",
        *table(
            ("Apart, from 0 to 1", "Tasks"),
            [
                (_apart(band), f"{band.items:,}")
                for band in of.bands
            ],
        ),
        "",
        "How far two readings of a task are apart on average, of tasks that were read twice or more.",
    ]  # fmt: skip
    for group in of.groups:
        lines += ["", f"## By {group.sort}", "", *_group_table(group)]
    return "\n".join([*lines, ""])


def estimate(found: Estimate | None, percent: bool = False) -> str:
    """A figure and its interval, for people."""
    if found is None:
        return "not defined"
    interval = "" if found.low is None or found.high is None else f" [{number(found.low)}, {number(found.high)}]"
    return f"{number(found.value)}{interval}"


def share(found: Share | None) -> str:
    """A share and its interval in percent, for people."""
    if found is None:
        return "none"
    return f"{100 * found.share:.1f} % [{100 * found.low:.1f}, {100 * found.high:.1f}]"


def _agreement_table(found: Measured) -> list[str]:
    levels = [level for level in Level if any(level in each.agreement.alpha for each in found.statistics.measured)]
    rows = [
        (
            one_line(each.measure.title),
            *(estimate(each.agreement.alpha.get(level)) for level in levels),
            estimate(each.agreement.ac1),
            estimate(each.agreement.kappa),
            estimate(each.agreement.percent),
            f"{each.agreement.compared:,}",
        )
        for each in found.statistics.measured
    ]
    heads = (*(f"Alpha, {level.value}" for level in levels), "AC1", "Kappa", "Percent", "Tasks read twice or more")
    return table(("Measure", *heads), rows)


def _habits(found: Measured) -> Iterator[tuple[str, str, str]]:
    of = found.statistics
    for words, each in (
        ("the completion shown first was preferred", of.first),
        ("the longer completion was preferred", of.longer),
    ):
        yield words, share(each), f"{each.n:,}" if each else "0"
    for low, high, each in found.lengths.classes:
        words = f"longer by {low:g} times or more" if high is None else f"longer by {low:g} to {high:g} times"
        yield words, share(each), f"{each.n:,}" if each else "0"


def _time_table(times: Times | None) -> list[str]:
    if times is None:
        return [f"Not told: fewer than {K_GROUP} people."]
    rows = [(_span(low, high), f"{count:,}") for low, high, count in times.buckets]
    middle = next(((low, high) for part, low, high in times.quantiles if part == 0.5), None)
    told = [] if middle is None else ["", f"The middle answer took {_span(*middle)} seconds."]
    return [*table(("Seconds", "Judgments"), rows), *told]


def _apart(band: Band) -> str:
    return "not at all" if band.above is None else f"above {band.above:g}, up to {band.until:g}"


def _span(low: int, high: int | None) -> str:
    return f"{low:,} or more" if high is None else f"{low:,} to {high:,}"


def _group_table(group: Grouped) -> list[str]:
    if not group.rows:
        return ["There is one only."]
    rows: list[Sequence[str]] = []
    for each in group.rows:
        if each.judgments is None or each.agreement is None:
            rows.append((one_line(each.name), HIDDEN, "", ""))
            continue
        alpha = each.agreement.alpha.get(Level.NOMINAL)
        rows.append((one_line(each.name), f"{each.judgments:,}", estimate(alpha), share(each.first)))
    left = [f"{group.left_out:,} smaller groups are not listed."] if group.left_out else []
    return [*table((group.sort.capitalize(), "Judgments", "Alpha, nominal", "First shown preferred"), rows), *left]


def _groups(found: Grouped) -> dict[str, Any]:
    return {
        "by": found.sort,
        "left_out": found.left_out,
        "groups": [
            {
                "name": row.name,
                "judgments": row.judgments,
                "agreement": row.agreement and _agreement(row.agreement),
                "first_shown_preferred": _share(row.first),
            }
            for row in found.rows
        ],
    }


def _agreement(found: Agreement) -> dict[str, Any]:
    return {
        "tasks_compared": found.compared,
        "alpha": {level.value: _estimate(each) for level, each in found.alpha.items()},
        "ac1": _estimate(found.ac1),
        "fleiss_kappa": _estimate(found.kappa),
        "percent": _estimate(found.percent),
    }


def _estimate(found: Estimate | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"value": rounded(found.value), "low": rounded(found.low), "high": rounded(found.high)}


def _share(found: Share | None) -> dict[str, Any] | None:
    if found is None:
        return None
    parts = {name: rounded(getattr(found, name)) for name in ("share", "low", "high")}
    return {"hits": found.hits, "n": found.n, **parts}


def _times(found: Times | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "buckets": [{"from": low, "below": high, "judgments": count} for low, high, count in found.buckets],
        "quantiles": [{"share": part, "from": low, "below": high} for part, low, high in found.quantiles],
    }


def rounded(value: float | None) -> float | None:
    """A figure without what processors differ in; never a negative zero."""
    return None if value is None else round(float(value), DIGITS) + 0.0
