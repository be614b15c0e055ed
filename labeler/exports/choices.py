"""What was chosen for an export, in sentences and in a table for its card. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from labeler.exports.plan import ExportPlan
from labeler.exports.steps import START, Step, shown
from labeler.exports.views.aggregations import WORDS
from tasks.comparison_rows import PairView
from tasks.kind import Tally, View


def taken(steps: Iterable[Step]) -> list[str]:
    """The steps as a table of Markdown: each leaves what the one before left, less what it takes."""
    rows = [
        f"| {step.words} | | {_n(step.judgments)} | {_n(step.tasks)} |"
        if step.name == START
        else f"| Left out: {step.words} | {_n(step.left_out)} | {_n(step.judgments)} | {_n(step.tasks)} |"
        for step in shown(steps)
    ]
    return ["| Step | Left out | Judgments after it | Tasks after it |", "|---|---:|---:|---:|", *rows]


def taken_each(steps: Mapping[str, Sequence[Step]]) -> list[str]:
    """For each project what the first step begins with and what the last one leaves; nothing where there are none."""
    rows = [
        f"| `{slug}` | {_n(of[0].judgments)} | {_n(of[0].tasks)} | {_n(of[-1].judgments)} | {_n(of[-1].tasks)} |"
        for slug, of in steps.items()
    ]
    heads = "| Project | Answers there were | Their tasks | Judgments after all steps | Tasks after all steps |"
    return ["", heads, "|---|---:|---:|---:|---:|", *rows] if rows else []


def _n(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def chosen(
    plan: ExportPlan, rules: Mapping[str, Any], views: Sequence[View], tallies: Mapping[str, Tally]
) -> list[str]:
    """A line for each choice that is not the usual one, and one for the aggregation where a view asks for it."""
    told = []
    if plan.from_day or plan.until_day:
        days = " ".join(
            f"{word} {day.isoformat()}" for word, day in (("from", plan.from_day), ("until", plan.until_day)) if day
        )
        told.append(f"- Only answers given {days} (days in UTC, both included).")
    if plan.languages:
        told.append(f"- Only tasks in: {', '.join(plan.languages)}.")
    if plan.guidelines:
        told.append(f"- Only answers under versions of the guideline: {', '.join(map(str, plan.guidelines))}.")
    if plan.least_time:
        told.append(
            f"- Without answers that surely took less than {plan.least_time} % of the median time of their item, by "
            "the buckets of time; items with fewer than three answers keep all of them."
        )
    if "keep_out" in rules:
        listed = rules["keep_out"]
        told.append(
            f"- Without tasks whose prompt is one of {listed['listed']:,} on a list, or nearly so. The SHA-256 of "
            f"the list is `{listed['sha256']}`."
        )
    if "aggregation" in rules and any(isinstance(view, PairView) for view in views):
        name = rules["aggregation"]["name"]
        told.append(f"- Which one wins: `{name}` ({WORDS[name]}). `p_win` is by it, and `weight` is 2 × `p_win` − 1.")
    if "split" in rules:
        told += _split(rules["split"], tallies)
    return told


def _split(rule: Mapping[str, Any], tallies: Mapping[str, Tally]) -> list[str]:
    told = [
        f"- Splits: {rule['test_clusters']:,} of {rule['clusters']:,} clusters of prompts are in `test` (seed "
        f"{rule['seed']}). Prompts that are the same or nearly so are one cluster, and no cluster is in two splits."
    ]
    empty = [
        f"`{view}` in `{name}`"
        for view, of in tallies.items()
        if of.rows
        for name, rows in of.splits.items()
        if not rows
    ]
    if empty:
        told.append(f"- Without rows, so not to be loaded: {', '.join(empty)}.")
    return told
