"""The record, for those who look after it: what happened, and in numbers what is nobody's to know of one person.

Every look and every download stands in the record too, in the same request.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from uuid import UUID

import orjson
from flask import Blueprint, Response, current_app, render_template, request
from sqlalchemy.orm import Session

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.audit import queries
from labeler.audit.queries import COUNTED, LISTED, PAGE, Wanted
from labeler.audit.rules import SMALLEST, cells
from labeler.audit.service import Entry, record_all
from labeler.config import Settings
from labeler.db import reading, repeated
from labeler.errors import FieldProblem, Invalid
from labeler.gate import person, requires
from labeler.storage import Storage
from labeler.web.people_forms import day_of, uuid_of
from labeler.web.record import Line, lines
from labeler.web.record_filter import DAY, NO_LOOKS, Sought, sought_in, wanted_by
from labeler.workforce.queries import vendors

bp = Blueprint("oversight", __name__)

DAYS = 7
"""Days of counts on a page."""


@bp.get("/oversight")
@requires(Permission.RECORD_SEE)
def entries() -> str | tuple[str, int]:
    """The entries that are listed, the newest first."""
    sought, before = sought_in(request.args), uuid_of(request.args.get("before"))
    with reading() as session:
        try:
            wanted = wanted_by(session, sought, _secret())
        except Invalid as wrong:
            return _entries_page(session, sought, problems=wrong.problems), 422
        found = queries.entries(session, wanted, before=before, most=PAGE + 1)  # one more says whether there are more
        shown = lines(session, found[:PAGE], _secret())
        page = _entries_page(session, sought, shown, more=len(found) > PAGE)
    _look("entries", sought, wanted)
    return page


def _entries_page(
    session: Session,
    sought: Sought,
    shown: Sequence[Line] = (),
    *,
    more: bool = False,
    problems: tuple[FieldProblem, ...] = (),
) -> str:
    return render_template(
        "oversight/entries.html", lines=shown, sought=sought, more=more, problems=problems, acts=LISTED,
        counted=COUNTED, no_looks=NO_LOOKS, vendors=vendors(session), smallest=SMALLEST,
    )  # fmt: skip


@bp.get("/oversight/entries/<uuid:entry_id>")
@requires(Permission.RECORD_SEE)
def entry(entry_id: UUID) -> str:
    """One entry with its fields, and what stands before and after it about the same subject."""
    with reading() as session:
        found = queries.entry(session, entry_id)
        beside = [each for each in queries.around(session, found) if each is not None]
        here, *rest = lines(session, [found, *beside], _secret())
    _look("entry", Sought(), Wanted(), found.id)
    return render_template("oversight/entry.html", line=here, beside=sorted(rest, key=lambda each: each.id))


@bp.get("/oversight/counts")
@requires(Permission.RECORD_SEE)
def counts() -> str | tuple[str, int]:
    """How often the acts happened that are counted only, by day, where enough people stand behind a number."""
    sought, today = sought_in(request.args), clock.now().date()
    last = day_of(sought.until) or today
    days = [last - timedelta(days=back) for back in reversed(range(DAYS))]
    problems = (FieldProblem("until", DAY),) if sought.until and day_of(sought.until) is None else ()
    chosen = uuid_of(sought.vendor)
    with reading() as session:
        known = vendors(session)
        wanted = Wanted(since=days[0], until=last, vendor=chosen if chosen in {each.id for each, _ in known} else None)
        found = {} if problems else cells(queries.tallies(session, wanted), today)
    page = render_template(
        "oversight/counts.html", cells=found, days=days, today=today, acts=COUNTED, sought=sought, problems=problems,
        vendors=known, vendor=wanted.vendor, smallest=SMALLEST, before=days[0] - timedelta(days=1),
        after=min(last + timedelta(days=DAYS), today) if last < today else None,
    )  # fmt: skip
    if problems:
        return page, 422
    _look("counts", Sought(), wanted)
    return page


@bp.get("/oversight/record.jsonl")
@requires(Permission.RECORD_SEE)
def download() -> Response | tuple[str, int]:
    """The listed entries that fit the filter, oldest first, one JSON object a line."""
    sought, secret = sought_in(request.args), _secret()
    with reading() as session:
        try:
            wanted = wanted_by(session, sought, secret)
        except Invalid as wrong:
            return _entries_page(session, sought, problems=wrong.problems), 422
        upto = queries.newest(session)
    _look("download", sought, wanted)
    sent = Response(_written(wanted, upto, secret), mimetype="application/jsonl")
    sent.headers["Content-Disposition"] = 'attachment; filename="record.jsonl"'
    return sent


def _written(wanted: Wanted, upto: UUID | None, secret: bytes) -> Iterator[bytes]:
    """The download, a slice of entries at a time; each slice opens the database for itself and closes it again."""
    after: UUID | None = None
    while upto is not None:
        with reading() as session:
            found = queries.slice_of(session, wanted, after=after, upto=upto)
            shown = lines(session, found, secret)
        if not shown:
            return
        after = shown[-1].id
        yield b"".join(
            orjson.dumps(line.plain(), option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE) for line in shown
        )


def _look(view: str, sought: Sought, wanted: Wanted, subject: UUID | None = None) -> None:
    """Write the look down. It is done before anything is sent: what can't be written down is not shown."""
    me, now = person().id, clock.now()
    filtered = {"act": sought.act or None, "since": wanted.since, "until": wanted.until, "vendor": wanted.vendor}
    look = Entry(
        "record.read", me, subject or me, wanted.vendor, {**filtered, "view": view, "subject": sought.subject or None}
    )
    repeated(lambda session: record_all(session, [look], now))


def _secret() -> bytes:
    settings: Settings = current_app.extensions["settings"]
    return Storage(settings.folder).secret()
