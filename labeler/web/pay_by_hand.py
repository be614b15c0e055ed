"""What an administrator adds to one labeler's pay by hand: money, time that nothing shows, a rate of her own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import TypeVar
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.db import repeated
from labeler.errors import Conflict, FieldProblem, Invalid, Missing
from labeler.gate import person, requires
from labeler.pay import beside, queries, service, terms
from labeler.pay.classes import PayKind, TimeClass
from labeler.pay.settling import rates_of
from labeler.pay.sums import is_currency, minor
from labeler.web.own_pay import WORDS, tools
from labeler.web.people_forms import day_of

bp = Blueprint("pay_by_hand", __name__)

LONGEST = 400
"""Characters of a form's field that are read."""
MONEY = tuple((kind.value, WORDS[kind]) for kind in service.MONEY_BY_HAND if kind is not PayKind.CORRECTION)
CLASSES = tuple((kind.value, WORDS[kind]) for kind in beside.BY_HAND)

K = TypeVar("K", PayKind, TimeClass)


@bp.get("/pay/by-hand")
@requires(Permission.PAY_EDIT)
def show() -> str:
    """A form for each of the three."""
    return _page()


def _page(problems: tuple[FieldProblem, ...] = (), wrong: str = "") -> str:
    typed = {name: text[:LONGEST] for name, text in request.form.items()} if problems else {}
    return render_template(
        "pay/by_hand.html", money_kinds=MONEY, classes=CLASSES, problems=problems, wrong=wrong, typed=typed, **tools()
    )


@bp.post("/pay/by-hand/money")
@requires(Permission.PAY_EDIT)
def money() -> Response | tuple[str, int]:
    """Add a bonus, a fee, or what she had to buy, to her present week."""
    me, now = person().id, clock.now()
    kind, note = _one(PayKind, "money.kind", MONEY), _text("money.note")

    def write(session: Session) -> None:
        found = queries.labeler_at(session, _text("money.labeler"))
        rates = rates_of(session, found[0]) if found else []
        amount = minor(_text("money.amount"), rates[0].currency if rates else "")
        problems = [*_who(found), *service.money_problems(kind, amount, note)]
        if problems or found is None or kind is None:
            raise Invalid("This can't be added yet.", problems)
        service.add_money(session, me, found[0], kind, amount, note, now)

    return _done("money", write, "Added. The labeler sees it in her present week.")


@bp.post("/pay/by-hand/time")
@requires(Permission.PAY_EDIT)
def add_time() -> Response | tuple[str, int]:
    """Add minutes that nothing shows, such as a fault of ours, to her present week."""
    me, now = person().id, clock.now()
    kind, note, typed = _one(TimeClass, "time.kind", CLASSES), _text("time.note"), _text("time.minutes")
    minutes = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 5 else None

    def write(session: Session) -> None:
        found = queries.labeler_at(session, _text("time.labeler"))
        problems = [*_who(found), *beside.length_problems(kind, minutes, note)]
        if problems or found is None:
            raise Invalid("This can't be added yet.", problems)
        beside.add_length(session, me, found[0], kind, minutes, note, now)

    return _done("time", write, "Added. The labeler sees it in her present week.")


@bp.post("/pay/by-hand/rate")
@requires(Permission.PAY_EDIT)
def rate() -> Response | tuple[str, int]:
    """Set an hour's pay of one labeler from a day on: it goes before her vendor's."""
    me, now, currency = person().id, clock.now(), _text("own.currency").upper()
    amount = minor(_text("own.per_hour"), currency) if is_currency(currency) else None
    typed = _text("own.from_on")
    day = day_of(typed)
    begins = now if day is None or day == now.date() else datetime.combine(day, time(), UTC)

    def write(session: Session) -> None:
        found = queries.labeler_at(session, _text("own.labeler"))
        problems = _who(found)
        if typed and day is None:
            problems.append(FieldProblem("from_on", "Write the day like 2026-03-01, or leave it empty."))
        if problems or found is None:
            raise Invalid("This rate can't be set yet.", [*problems, *terms.rate_problems(amount, currency)])
        terms.set_rate(session, me, found[1], amount, currency, begins, now, labeler_id=found[0])

    return _done("own", write, "The rate is set.")


def _text(name: str) -> str:
    typed = request.form.get(name, "")[:LONGEST]
    return "".join(letter for letter in typed if letter.isprintable() or letter.isspace()).strip()


def _one(kind: type[K], name: str, offered: tuple[tuple[str, str], ...]) -> K | None:
    typed = _text(name)
    return kind(typed) if typed in {value for value, _ in offered} else None


def _who(found: tuple[UUID, UUID] | None) -> list[FieldProblem]:
    return [] if found else [FieldProblem("labeler", "Write the e-mail address of a labeler.")]


def _done(form: str, write: Callable[[Session], None], words: str) -> Response | tuple[str, int]:
    """Write, and say so; or the page again with every problem beside its field."""
    try:
        repeated(write)
    except (Invalid, Conflict, Missing) as wrong:
        said = wrong.problems if isinstance(wrong, Invalid) else ()
        names = {"from_at": "from_on"}
        problems = tuple(FieldProblem(f"{form}.{names.get(each.field, each.field)}", each.message) for each in said)
        return _page(problems or (FieldProblem(f"{form}.labeler", wrong.message),), form), 422
    flash(words)
    return redirect("/pay/by-hand", 303)
