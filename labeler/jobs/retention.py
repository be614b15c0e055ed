"""What is kept for a while only, and made coarse or removed when that is over (MON-5). All of it may run twice at once.

"Judgments are never changed" has one exception, and it is here: how long a text was on the screen is kept to the second
for 30 days, and afterwards as the lower end of a bucket (`TIME_EDGES`); those that exports tell are made of whole ones
(`tasks.views.BUCKETS`). Nothing else of the row changes. Its fingerprint is that of the answer, so it stays true; an
export made before and one made after give the same bucket.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, case, delete, literal, or_, select, update

from labeler.accounts.models import SignInLink, User
from labeler.assignment.models import Draft
from labeler.audit.logs import PLATFORM
from labeler.audit.service import record
from labeler.db import reading, table, transaction
from labeler.demographics.models import SelfDescription
from labeler.judgments.models import Judgment
from labeler.judgments.rules import TIME_EDGES
from labeler.wellbeing.models import Consent, OptOut

KEEP_TIMINGS = timedelta(days=30)
"""How long the time that a text was on the screen is kept to the second: to mend pay and estimates."""
KEEP_DRAFTS = timedelta(days=30)
"""How long an answer that was never sent is kept."""
KEEP_CHOICES = timedelta(days=30)
"""How long what a person said yes and no to, and of herself, is kept after her account was closed."""
KEEP_LINKS = timedelta(days=7)
"""How long a sign-in link is kept after it was used or ran out."""

CHOICES = frozenset({OptOut.__tablename__, Consent.__tablename__})
"""Tables whose rows were put there by an act: that they are gone is one, too."""

BATCH = 1_000
"""Rows in one transaction: others never wait for long."""

_shown = table(Judgment).c.shown_seconds
_COARSE = case(*((_shown >= edge, literal(edge)) for edge in reversed(TIME_EDGES)), else_=literal(0.0))
_IS_FINE = _shown.not_in(TIME_EDGES)


def coarsen_timings(now: datetime, batch: int = BATCH) -> int:
    """Make the times of answers older than 30 days as coarse as exports tell them; how many were changed.

    One pass by key; each look waits for no writer, and each change is a short transaction of its own.
    """
    of = table(Judgment).c
    due = and_(of.submitted_at < now - KEEP_TIMINGS, _IS_FINE)
    changed, last = 0, None
    while True:
        with reading() as session:
            wanted = select(of.id).where(due).order_by(of.id).limit(batch)
            ids = session.scalars(wanted if last is None else wanted.where(of.id > last)).all()
        if not ids:
            return changed
        changed += _coarsen(ids, now)
        last = ids[-1]


def _coarsen(ids: Sequence[UUID], now: datetime) -> int:
    of = table(Judgment).c
    with transaction() as session:
        free = select(of.id).where(of.id.in_(ids), _IS_FINE).with_for_update(skip_locked=True)
        done = session.connection().execute(
            update(table(Judgment)).where(of.id.in_(free)).values(shown_seconds=_COARSE)
        )
        if done.rowcount:
            record(session, "retention.coarsen", None, PLATFORM, now, what="judgment", rows=done.rowcount)
        return done.rowcount


def forget(now: datetime) -> None:
    """Remove drafts, choices of closed accounts and sign-in links whose time is over. Each by itself: short.

    That choices went is on the record, as numbers; of what a person said of herself there never was an entry.
    """
    closed = select(User.id).where(User.disabled_at < now - KEEP_CHOICES)
    over = now - KEEP_LINKS
    for wanted in (
        delete(Draft).where(Draft.saved_at < now - KEEP_DRAFTS),
        delete(OptOut).where(OptOut.labeler_id.in_(closed)),
        delete(Consent).where(Consent.labeler_id.in_(closed)),
        delete(SelfDescription).where(SelfDescription.labeler_id.in_(closed)),
        delete(SignInLink).where(or_(SignInLink.used_at < over, SignInLink.expires_at < over)),
    ):
        with transaction() as session:
            done = session.connection().execute(wanted)
            what = wanted.table.description
            if done.rowcount and what in CHOICES:
                record(session, "retention.remove", None, PLATFORM, now, what=what, rows=done.rowcount)
