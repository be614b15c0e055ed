"""Rates, floors and benchmarks, for administrators. All of it is dated, and only added to."""

from __future__ import annotations

from datetime import UTC, datetime, time

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.db import reading, repeated
from labeler.errors import Conflict, FieldProblem, Invalid, Missing
from labeler.gate import person, requires
from labeler.pay import review, terms
from labeler.pay.classes import FloorKind, Measure
from labeler.pay.sums import is_currency, minor
from labeler.web.own_pay import tools
from labeler.web.people_forms import day_of, uuid_of

bp = Blueprint("pay_terms", __name__)

LONGEST = 200
"""Characters of a form's field that are read."""


@bp.get("/pay/rates")
@requires(Permission.PAY_EDIT)
def show() -> str:
    """All rates, floors and benchmarks, with a form for each."""
    return _page()


def _page(problems: tuple[FieldProblem, ...] = (), wrong: str = "") -> str:
    now = clock.now()
    typed = {name: text[:LONGEST] for name, text in request.form.items()} if problems else {}
    with reading() as session:
        return render_template(
            "pay/rates.html", rates=review.rates(session), benchmarks=review.benchmarks(session, now.date()),
            vendors=review.vendor_pay(session, now), problems=problems, wrong=wrong, typed=typed, kinds=list(FloorKind),
            measures=list(Measure), today=now.date(), **tools(),
        )  # fmt: skip


def _text(name: str) -> str:
    return request.form.get(name, "")[:LONGEST].strip()


def _amount(form: str, currency: str) -> int | None:
    return minor(_text(f"{form}.per_hour"), currency) if is_currency(currency) else None


def _from_at(form: str, now: datetime) -> datetime:
    """The beginning of the day that was typed; this moment for today or for an empty field. Raises Invalid."""
    typed = _text(f"{form}.from_on")
    day = day_of(typed)
    if typed and day is None:
        raise Invalid("Write the day.", [FieldProblem("from_on", "Write the day like 2026-03-01, or leave it empty.")])
    return now if day is None or day == now.date() else datetime.combine(day, time(), UTC)


@bp.post("/pay/rates")
@requires(Permission.PAY_EDIT)
def set_rate() -> Response | tuple[str, int]:
    """Set an hour's pay of a vendor's labelers from a day on."""
    me, now, currency = person().id, clock.now(), _text("rate.currency").upper()
    vendor = uuid_of(_text("rate.vendor"))
    try:
        if vendor is None:
            raise Invalid("Choose a vendor.", [FieldProblem("vendor", "Choose a vendor.")])
        begins = _from_at("rate", now)
        repeated(lambda session: terms.set_rate(session, me, vendor, _amount("rate", currency), currency, begins, now))
    except (Invalid, Missing, Conflict) as wrong:
        return _page(_problems(wrong, "rate"), "rate"), 422
    flash("The rate is set.")
    return redirect("/pay/rates", 303)


@bp.post("/pay/benchmarks")
@requires(Permission.PAY_EDIT)
def add_benchmark() -> Response | tuple[str, int]:
    """Add what an hour must bring at a place."""
    me, now, currency, hours = (
        person().id,
        clock.now(),
        _text("benchmark.currency").upper(),
        _text("benchmark.hours_week"),
    )
    kind = FloorKind(_text("benchmark.kind")) if _text("benchmark.kind") in set(FloorKind) else FloorKind.LIVING
    measure = Measure(_text("benchmark.measure")) if _text("benchmark.measure") in set(Measure) else Measure.GROSS
    week = int(hours) if hours.isascii() and hours.isdigit() and len(hours) < 4 else None
    place, household = _text("benchmark.place"), _text("benchmark.household")
    amount, dated = _amount("benchmark", currency), day_of(_text("benchmark.dated"))
    source, licence = _text("benchmark.source"), _text("benchmark.licence")
    try:
        repeated(
            lambda session: terms.add_benchmark(
                session, me, place, kind, household, measure, week, amount, currency, dated, source, licence, now
            )
        )
    except Invalid as wrong:
        return _page(_problems(wrong, "benchmark"), "benchmark"), 422
    flash("The benchmark is added.")
    return redirect("/pay/rates", 303)


@bp.post("/pay/places")
@requires(Permission.PAY_EDIT)
def set_place() -> Response | tuple[str, int]:
    """Say which benchmark is a vendor's floor."""
    me, now = person().id, clock.now()
    vendor, benchmark = uuid_of(_text("place.vendor")), uuid_of(_text("place.benchmark"))
    try:
        if vendor is None or benchmark is None:
            lacking = "vendor" if vendor is None else "benchmark"
            raise Invalid("Choose both.", [FieldProblem(lacking, f"Choose a {lacking}.")])
        begins = _from_at("place", now)
        repeated(lambda session: terms.set_place(session, me, vendor, benchmark, begins, now))
    except (Invalid, Missing, Conflict) as wrong:
        return _page(_problems(wrong, "place"), "place"), 422
    flash("The floor is set.")
    return redirect("/pay/rates", 303)


def _problems(wrong: Invalid | Missing | Conflict, form: str) -> tuple[FieldProblem, ...]:
    """A refusal as problems of one form's own fields."""
    found = wrong.problems if isinstance(wrong, Invalid) else ()
    names = {"from_at": "from_on"}
    named = tuple(FieldProblem(f"{form}.{names.get(each.field, each.field)}", each.message) for each in found)
    return named or (FieldProblem(f"{form}.vendor", wrong.message),)
