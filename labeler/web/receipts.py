"""A labeler's receipts: her own breaks and choices of one day in the record, and proof that they are there (P8).

She takes them without a trace: that somebody keeps proof of her breaks is nobody's business, so nothing is written.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from flask import Blueprint, Response, make_response, render_template, request

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.audit import own, proving
from labeler.audit.receipts import Receipt
from labeler.db import reading
from labeler.errors import Missing
from labeler.gate import person, requires

bp = Blueprint("receipts", __name__)

PAGE = 200
"""Entries on a page."""
FIRST = date(2000, 1, 1)
"""No record goes further back."""
MOST = 2_000
"""Receipts in a file: far more than a day has."""

WORDS = {
    "assignment.reveal": "You opened a sensitive text",
    "assignment.hide": "A sensitive text was off your screen again",
    "assignment.skip": "You gave a task back",
    "break.start": "Your break began",
    "break.end": "Your break ended",
    "comfort.choose": "You chose how hard content is shown",
    "consent.give": "You said yes to a kind of content",
    "consent.end": "You took a yes back",
    "exposure.show": "A sensitive text was shown outside of the desk",
    "opt_out.say": "You said no",
    "opt_out.undo": "You took a no back",
    "stand_down.start": "Your paid waiting began",
    "stand_down.end": "Your paid waiting ended",
    "stretch.close": "A time of work without a pause ended",
    "training.start": "Your training began",
    "training.finish": "You finished the training",
}
"""What each act is called on her page."""


@bp.get("/me/receipts")
@requires(Permission.OWN_CHOICES)
def show() -> Response:
    """One day's entries with their places, oldest first, by page."""
    me, vendor = _me()
    today, (day, sound) = _today(), _day()
    since, until = _span(day)
    page = min(max(1, request.args.get("page", 1, type=int)), MOST)
    with reading() as session:
        entries = own.own_day(session, me, vendor, since, until, skip=(page - 1) * PAGE, most=PAGE)
        total, sealed = own.counted(session, me, vendor, since, until)
    return _kept_nowhere(
        make_response(
            render_template(
                "care/receipts.html", entries=entries, words=WORDS, day=day, today=today, page=page, total=total,
                sealed=min(sealed, MOST), before=day - timedelta(days=1),
                after=day + timedelta(days=1) if day < today else None, more=page * PAGE < total,
                sound=sound,
            )
        )
    )  # fmt: skip


@bp.get("/me/receipts/day.json")
@requires(Permission.OWN_CHOICES)
def whole_day() -> Response:
    """All receipts of a day as a list; what is not sealed yet has none."""
    me, vendor = _me()
    day, _ = _day()
    with reading() as session:
        ids = [each.id for each in own.own_day(session, me, vendor, *_span(day), most=MOST)]
        told = proving.receipts(session, ids)
    return _file([_plain(each) for each in told], f"receipts-{day.isoformat()}.json")


@bp.get("/me/receipts/<uuid:own_entry_id>")
@requires(Permission.OWN_CHOICES)
def one(own_entry_id: UUID) -> Response:
    """The receipt of one entry of hers."""
    with reading() as session:
        told = proving.receipt(session, own.own_entry(session, *_me(), own_entry_id))
    return _file(_plain(told), f"receipt-{told.number}.json")


def _me() -> tuple[UUID, UUID]:
    me = person()
    if me.vendor_id is None:
        raise Missing("Only labelers have receipts of their own.")
    return me.id, me.vendor_id


def _zone() -> ZoneInfo:
    return ZoneInfo(person().time_zone)


def _today() -> date:
    return clock.now().astimezone(_zone()).date()


def _day() -> tuple[date, bool]:
    """The day that is asked for, and whether it is one. Today without one, and at the latest."""
    today, typed = _today(), request.args.get("day", "")
    try:
        return min(max(date.fromisoformat(typed), FIRST), today) if typed else today, True
    except ValueError:
        return today, False


def _span(day: date) -> tuple[datetime, datetime]:
    """A day of her own calendar."""
    zone = _zone()
    return datetime.combine(day, time(), zone), datetime.combine(day + timedelta(days=1), time(), zone)


def _plain(told: Receipt) -> dict[str, object]:
    return told.model_dump(mode="json")


def _file(told: object, name: str) -> Response:
    sent = Response(orjson.dumps(told), mimetype="application/json")
    sent.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return _kept_nowhere(sent)


def _kept_nowhere(reply: Response) -> Response:
    reply.headers["Cache-Control"] = "no-store"
    return reply
