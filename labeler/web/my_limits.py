"""*My limits*: what protects a labeler, how much of it she has used, and her last days. Nobody else sees them."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, make_response, render_template

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.assignment.own_limits import OwnLimits, Sort, Used, own_limits
from labeler.db import reading
from labeler.gate import person, requires
from labeler.web.policy_words import WORDS, span, with_unit
from labeler.web.words import SEVERITIES
from labeler.wellbeing.ledger import ledger

bp = Blueprint("my_limits", __name__)


@dataclass(frozen=True, slots=True)
class Measure:
    """How one limit is called, what is counted, and what its moment says."""

    title: str
    counts: str
    moment: str = ""


MEASURES: dict[Sort, Measure] = {
    Sort.BREAK: Measure("Until a break must come", "work without a pause", "A break comes by {at} if you go on"),
    Sort.LONGER_REST: Measure("Until a longer rest must come", "work since your last longer rest"),
    Sort.DAY_HOURS: Measure("Hours in a day", "work in the last 24 hours", "There is room again at {at}"),
    Sort.WEEK_HOURS: Measure("Hours in a week", "work in the last 7 days", "There is room again at {at}"),
    Sort.DAILY_REST: Measure("Your day", "since your day began", "Your day ends by {at}, then {rest} are yours"),
    Sort.WEEKLY_REST: Measure("Your week", "since your week began", "Your week ends by {at}, then {rest} are yours"),
    Sort.SEVERE_BREAK: Measure("Until a break from severe content", "severe content since your last break"),
    Sort.SEVERE_DAY: Measure(
        "Severe content in a day", "severe content in the last 24 hours", "There is room again at {at}"
    ),
    Sort.SEVERE_WEEK: Measure(
        "Severe content in a week", "severe content in the last 7 days", "There is room again at {at}"
    ),
    Sort.HARD_DAY: Measure(
        "Hard content in a day", "disturbing and severe content in the last 24 hours", "There is room again at {at}"
    ),
    Sort.RUN: Measure("A run of severe content", "severe content in a row", "A quiet time until {at} begins a new run"),
    Sort.RUN_TASKS: Measure(
        "A run of severe tasks", "severe tasks in a row", "A quiet time until {at} begins a new run"
    ),
    Sort.SHARE: Measure("Your share of severe content", "severe content in the last 7 days"),
    Sort.WAITING: Measure("Paid waiting at a limit", "paid waiting in the last 24 hours"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One limit on the page. `moment` has a place for a clock time, which the page fills in."""

    measure: Measure
    used: Used
    spent: str
    most: str
    left: str
    rest: str


def rows_of(mine: OwnLimits) -> list[Row]:
    """Each limit in words."""
    return [_row(used, mine) for used in mine.used]


def _row(used: Used, mine: OwnLimits) -> Row:
    tasks = used.sort is Sort.RUN_TASKS

    def said(amount: int) -> str:
        return f"{amount} tasks" if tasks else span(amount // 60)

    left = said(used.left) if tasks else span(max(0, used.most // 60 - used.used // 60))  # so that the columns add up
    rest = mine.limits.weekly_rest if used.sort is Sort.WEEKLY_REST else mine.limits.daily_rest
    return Row(MEASURES[used.sort], used, said(used.used), said(used.most), left, span(rest))


@bp.get("/me/limits")
@requires(Permission.OWN_CHOICES)
def show() -> Response:
    """Every limit with what is used of it now, in numbers, and drawn beside them."""
    me, now = person().id, clock.now()
    with reading() as session:
        mine = own_limits(session, me, now)
    numbers = mine.limits
    return _own(
        render_template(
            "care/limits.html",
            rows=rows_of(mine),
            mine=mine,
            night=(with_unit("night_from", numbers.night_from), with_unit("night_until", numbers.night_until)),
            consent_days=numbers.consent_days,
            training_days=numbers.training_days,
            severities=SEVERITIES,
            tighter=[
                (name, [(WORDS[which].title, with_unit(which, value)) for which, value in differing])
                for name, differing in mine.tighter
            ],
            now=now,
        )
    )


@bp.get("/me/limits/history")
@requires(Permission.OWN_CHOICES)
def history() -> Response:
    """The labeler's own last 7 days: work, breaks, and time with hard content."""
    me, now = person().id, clock.now()
    with reading() as session:
        mine = ledger(session, me, now)
    return _own(render_template("care/limits_history.html", mine=mine, severities=SEVERITIES))


def _own(html: str) -> Response:
    response = make_response(html)
    response.headers["Cache-Control"] = "no-store"
    return response
