"""Time and money: what a labeler is paid for, in her own sight alone. Every line can be objected to (R14, PAY-10)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.db import reading, repeated
from labeler.errors import FieldProblem, Invalid, Missing
from labeler.gate import person, requires
from labeler.pay import own, service
from labeler.pay.classes import PayKind, TimeClass
from labeler.pay.own import Mine
from labeler.pay.rules import CLOSE_AFTER, DUE, WEEK, week_of
from labeler.pay.sums import PARTS, money, plain, shown, up

bp = Blueprint("own_pay", __name__)

PAGE = 100
"""Lines on a page."""

WORDS: dict[TimeClass | PayKind, str] = {
    TimeClass.TASK: "Tasks",
    TimeClass.WARNING: "Warnings before sensitive texts",
    TimeClass.INSTRUCTIONS: "Reading instructions",
    TimeClass.TRAINING: "Training",
    TimeClass.QUALIFICATION: "Qualification",
    TimeClass.BREAK: "Breaks",
    TimeClass.FAULT: "Faults of ours",
    TimeClass.REWORK: "Doing work again",
    TimeClass.APPEAL: "Asking for a review",
    TimeClass.STAND_DOWN: "Stand-down at a limit",
    TimeClass.WAITING: "Waiting at the screen",
    TimeClass.OWN: "Time you added yourself",
    PayKind.ALLOWANCE: "Allowance for severe texts",
    PayKind.BONUS: "Bonus",
    PayKind.CORRECTION: "Correction",
    PayKind.TOP_UP: "Top-up to the floor",
    PayKind.FEE: "Fee, taken off",
    PayKind.COST: "What you had to buy",
}
"""What each class of time and each kind of money is called."""

_WEEK = re.compile(r"(\d{4})-W(\d{2})")
_HOURS = re.compile(r"(\d{1,3})(?::([0-5]\d))?")


@dataclass(frozen=True, slots=True)
class Row:
    """A class of time on a day or in a week: its words, its seconds, what they are worth."""

    words: str
    seconds: int
    parts: int
    share: float = 0.0


@bp.get("/me/time")
@requires(Permission.WORK)
def mine() -> BaseResponse:
    """A week of one's own: by day and class, line by line, and what it comes to."""
    return _page(week_in(request.args.get("week", "")))


def _page(week: datetime, problems: tuple[FieldProblem, ...] = (), hours: str = "") -> BaseResponse:
    me, now = person(), clock.now()
    with reading() as session:
        found = own.my_week(session, me.id, week, now)
    zone = ZoneInfo(me.time_zone)
    days = sorted({_day(line, zone) for line in found.time})
    asked = request.args.get("day", "")
    day = next((each for each in days if each.isoformat() == asked), days[-1] if days else None)
    lines = [line for line in found.time if _day(line, zone) == day]
    start = min(max(0, request.args.get("from", 0, type=int) or 0), len(lines))
    page = render_template(
        "pay/mine.html", found=found, week=week, name=week_name(week), until=week + WEEK - timedelta(seconds=1),
        days=[(each, _by_class(found.time, zone, each)) for each in days], classes=_by_class(found.time, zone),
        day=day, lines=lines[start : start + PAGE], more=start + PAGE if start + PAGE < len(lines) else None,
        problems=problems, hours=hours, due=found.statement.due_at if found.statement else week + WEEK + DUE,
        before=week_name(week - WEEK), after=week_name(week + WEEK) if week + WEEK <= now else None,
        is_open=found.statement is None and now < week + WEEK + CLOSE_AFTER, **tools(),
    )  # fmt: skip
    return _own(page, 422 if problems else 200)


def tools() -> dict[str, Any]:
    """What the templates of pay write figures with."""
    return {"words": WORDS, "hours_of": hours_of, "money": money, "shown": shown, "up": up, "PARTS": PARTS,
            "day_words": day_words}  # fmt: skip


def day_words(day: date) -> str:
    """A day as people say it: "Mon 2 Mar"."""
    return f"{day:%a} {day.day} {day:%b}"


def hours_of(seconds: int) -> str:
    """A span as hours and minutes, seconds where it is short: "7:05", "0:00:45"."""
    hours, rest = divmod(seconds, 3600)
    if seconds < 60:
        return f"{hours}:{rest // 60:02}:{rest % 60:02}"
    return f"{hours}:{rest // 60:02}"


def week_name(week: datetime) -> str:
    """A week as addresses write it: "2026-W48"."""
    year, number, _ = week.isocalendar()
    return f"{year}-W{number:02}"


def week_in(text: str) -> datetime:
    """The week an address names; this one for an empty text. Raises Missing for what is no week, or far away."""
    if not text:
        return week_of(clock.now())
    named = _WEEK.fullmatch(text)
    try:
        monday = date.fromisocalendar(int(named[1]), int(named[2]), 1) if named else None
    except ValueError:
        monday = None
    if monday is None or not 2000 <= monday.year <= 2199:
        raise Missing("There is no such week. Weeks are written like 2026-W48.")
    return datetime(monday.year, monday.month, monday.day, tzinfo=UTC)


def _day(line: Mine, zone: ZoneInfo) -> date:
    return line.from_at.astimezone(zone).date()


def _by_class(lines: Iterable[Mine], zone: ZoneInfo, day: date | None = None) -> list[Row]:
    """Sums by class: of a day in her own calendar, or of all."""
    sums: dict[TimeClass | PayKind, list[int]] = {}
    for line in lines:
        if day is None or _day(line, zone) == day:
            so_far = sums.setdefault(line.kind, [0, 0])
            so_far[0] += line.seconds
            so_far[1] += line.parts
    most = max((seconds for seconds, _ in sums.values()), default=0)
    return [
        Row(WORDS[kind], sums[kind][0], sums[kind][1], round(100 * sums[kind][0] / most, 2) if most else 0.0)
        for kind in WORDS
        if kind in sums
    ]


@bp.get("/me/time.csv")
@requires(Permission.WORK)
def record() -> Response:
    """One's own record as CSV (RFC 4180): every written line, of one week or of all, moments in UTC."""
    asked = request.args.get("week", "")
    with reading() as session:
        lines = list(own.all_lines(session, person().id, week_in(asked) if asked else None))
    sent = make_response(as_csv(lines))
    sent.headers["Content-Type"] = "text/csv; charset=utf-8; header=present"
    name = f"time-and-money-{asked}.csv" if asked else "time-and-money.csv"
    sent.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    sent.headers["Cache-Control"] = "no-store"
    return sent


COLUMNS = (
    "line_id", "what", "from_utc", "until_utc", "seconds", "per_hour", "amount", "currency", "paid_in_week",
    "written_at_utc", "corrects_line_id", "note",
)  # fmt: skip


def as_csv(lines: Sequence[Mine]) -> str:
    """Lines as CSV. No cell begins like a formula of a spreadsheet: such a text gets an apostrophe before it."""
    out = io.StringIO(newline="")
    written = csv.writer(out, lineterminator="\r\n")
    written.writerow(COLUMNS)
    for line in lines:
        written.writerow([safe(cell) for cell in _cells(line)])
    return out.getvalue()


def _cells(line: Mine) -> list[str]:
    amount = shown(line.parts, line.currency).partition(" ")[0]
    return [
        str(line.id or ""),
        line.kind.value,
        _utc(line.from_at),
        _utc(line.until_at),
        str(line.seconds) if line.per_hour is not None else "",
        plain(line.per_hour, line.currency) if line.per_hour is not None else "",
        amount,
        line.currency,
        week_name(line.period_from),
        _utc(line.written_at),
        str(line.corrects_id or ""),
        line.note,
    ]


def _utc(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; plain negative numbers stay as they are."""
    if cell[:1] in ("=", "+", "-", "@", "\t", "\r") and re.fullmatch(r"-\d+(\.\d+)?", cell) is None:
        return f"'{cell}"
    return cell


@bp.post("/me/time/own")
@requires(Permission.WORK)
def add_own() -> BaseResponse:
    """Say how long a week was by one's own count."""
    me, now = person().id, clock.now()
    week, typed = week_in(request.form.get("week", "")[:20]), request.form.get("hours", "")[:20].strip()
    named = _HOURS.fullmatch(typed)
    minutes = int(named[1]) * 60 + int(named[2] or 0) if named else None
    try:
        repeated(lambda session: service.say_own_time(session, me, week, minutes, now))
    except Invalid as wrong:
        return _page(week, wrong.problems, typed)
    flash("Your own count is kept. It is looked at when the week's statement is made.")
    return redirect(f"/me/time?week={week_name(week)}", 303)


@bp.get("/me/time/lines/<uuid:line_id>")
@requires(Permission.WORK)
def line(line_id: UUID) -> BaseResponse:
    """One line, how it was made, and the form that says something is wrong with it."""
    return _line(line_id)


@bp.post("/me/time/lines/<uuid:line_id>/contest")
@requires(Permission.WORK)
def contest(line_id: UUID) -> BaseResponse:
    """Object to a line."""
    me, now, says = person().id, clock.now(), request.form.get("words", "")
    try:
        repeated(lambda session: service.contest(session, me, line_id, says, now))
    except Invalid as wrong:
        return _line(line_id, wrong.problems, says[: service.LONGEST_TEXT])
    flash("Sent. Somebody who is not of your vendor answers here within 7 days.")
    return redirect(f"/me/time/lines/{line_id}", 303)


def _line(line_id: UUID, problems: tuple[FieldProblem, ...] = (), says: str = "") -> BaseResponse:
    me = person().id
    with reading() as session:
        found = own.my_line(session, me, line_id)
        raised = own.contests(session, me).get(line_id)
    page = render_template(
        "pay/line.html", line=found, raised=raised, problems=problems, says=says, name=week_name(found.period_from),
        longest=service.LONGEST_TEXT, **tools(),
    )  # fmt: skip
    return _own(page, 422 if problems else 200)


def _own(html: str, status: int = 200) -> Response:
    """A page of one person's pay: it stays in no cache."""
    response = make_response(html, status)
    response.headers["Cache-Control"] = "no-store"
    return response
