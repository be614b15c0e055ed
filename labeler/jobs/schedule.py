"""What is done by the clock, in a thread of every worker. All of it may run on several machines at once."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, select

from labeler import clock
from labeler.accounts.models import ApiReply, SignInFailure
from labeler.anomalies import service as anomalies
from labeler.anomalies.facts import everything
from labeler.assignment.ending import expire
from labeler.assignment.leaving import close_left, left_open
from labeler.cases import marking, watch
from labeler.compliance.auditing import own_state, packs, publishing
from labeler.config import Settings
from labeler.db import reading, repeated, transaction
from labeler.exports.quotas import service as quotas
from labeler.jobs import looking_at_itself, pay, retention, seal, worker
from labeler.projects.models import Batch, ImportState
from labeler.projects.usage import service as usage
from labeler.webhooks import sending
from labeler.wellbeing.pool import refresh_pool

log = logging.getLogger(__name__)

KEEP_FAILURES = timedelta(days=1)
"""How long failed sign-ins are kept: only to slow the next guess down."""
KEEP_REPLIES = timedelta(days=30)
"""How long a script may repeat a request under its idempotency key."""
KEEP_FILES = timedelta(days=2)
"""How long a file that was sent in waits for somebody to import it."""


def expire_assignments() -> None:
    """Take back tasks whose lease ran out, so that others can have them."""
    with transaction() as session:
        expire(session, clock.now())


def close_what_was_left() -> None:
    """Close the work of whoever has not come back for an hour: a text that stood open, and the stretch that ran.

    Her own next act would do it else; this way her time is written down, and paid, without it.
    """
    now = clock.now()
    with reading() as session:
        left = left_open(session, now)
    for labeler_id in left:
        with transaction() as session:
            close_left(session, labeler_id, now)


def look_at_the_pool() -> None:
    """Refresh how severe content is spread (EXP-6)."""
    with transaction() as session:
        refresh_pool(session, clock.now())


def purge() -> None:
    """Remove what was kept only for a while."""
    now = clock.now()
    with transaction() as session:
        session.execute(delete(SignInFailure).where(SignInFailure.at < now - KEEP_FAILURES))
        session.execute(delete(ApiReply).where(ApiReply.at < now - KEEP_REPLIES))
        sending.forget(session, now)
        quotas.forget(session, now)


def forget() -> None:
    """Remove what a person's account does not need any more (MON-5)."""
    retention.forget(clock.now())


def coarsen_timings() -> None:
    """Make the times of old answers coarse (MON-5)."""
    retention.coarsen_timings(clock.now())


def purge_files() -> None:
    """Remove what was sent in and left, and packs of audits that are a day old."""
    folder, now = Settings().folder, clock.now()
    remove_left_files(folder / "imports", now)
    packs.tidy_up(folder, now)


def remove_left_files(place: Path, now: datetime) -> None:
    """Remove what lies with the imports for too long and belongs to none: files nobody imported, what a crash left.

    What an import still has to read stays, and so does the list of problems of every import there is.
    """
    before = (now - KEEP_FILES).timestamp()
    old = [path for path in place.glob("*") if path.lstat().st_mtime < before]
    if not old:
        return
    with reading() as session:
        waiting = session.scalars(
            select(Batch.settings).where(Batch.state.in_([ImportState.WAITING, ImportState.READING]))
        ).all()
        known = {f"{batch_id}.problems.jsonl" for batch_id in session.scalars(select(Batch.id))}
    known |= {Path(settings.get("path", "")).name for settings in waiting}
    for path in old:
        if path.name in known:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def settle_cases() -> None:
    """Let decisions about answers count whose time to answer again is over."""
    repeated(lambda session: marking.settle(session, clock.now()))


def watch_retaliation() -> None:
    """Look for what went down for people after they made use of a right (GRV-3)."""
    repeated(lambda session: watch.look_around(session, clock.now()))


def watch_requesters() -> None:
    """Look for signs that requesters or vendors treat people unfairly (GOV-5)."""
    now = clock.now()
    with reading() as session:
        found = list(everything(session, now))
    repeated(lambda session: anomalies.open_cases(session, found, now))


def pause_what_lapsed() -> None:
    """Pause live projects that are not what was approved (GOV-5), however they were changed."""
    now = clock.now()
    with reading() as session:
        found = usage.lapsed(session)
    for project_id in found:
        with transaction() as session:
            usage.pause_what_lapsed(session, project_id, now)


def seal_the_record() -> None:
    """Seal what was written to the record since the last minute."""
    seal.seal_record(clock.now())


def seal_what_came_late() -> None:
    """Look through the whole record for what was written long before it was kept, and seal it."""
    seal.seal_record(clock.now(), everything=True)


def look_at_own_states() -> None:
    """Work out how each vendor's quarter stands after the last whole week, once."""
    now = clock.now()
    with reading() as session:
        vendors = own_state.waiting(session, now)
    for vendor_id in vendors:
        with reading() as session:
            row = own_state.work_out(session, vendor_id, now)
        with transaction() as session:
            own_state.keep(session, row)


def publish_quarters() -> None:
    """Publish the quarters of public vendors that are over for a month."""
    now = clock.now()
    with reading() as session:
        vendors = publishing.waiting(session)
    for vendor_id in vendors:
        with reading() as session:
            due = publishing.due_of(session, vendor_id, now)
        if due:
            with transaction() as session:
                publishing.keep(session, vendor_id, due, now)


EVERY: tuple[tuple[float, Callable[[], object]], ...] = (
    (5, worker.sweep),
    (15, expire_assignments),
    (60, look_at_the_pool),
    (600, close_what_was_left),
    (60, pause_what_lapsed),
    (60, seal_the_record),
    (60, settle_cases),
    (86_400, watch_retaliation),
    (86_400, watch_requesters),
    (30, pay.settle_due),
    (3600, look_at_own_states),
    (86_400, publish_quarters),
    (3600, purge),
    (3600, purge_files),
    (3600, forget),
    (86_400, coarsen_timings),
    (86_400, seal_what_came_late),
    # the product looks at itself
    (3600, looking_at_itself.look_at_itself),
    (3600, looking_at_itself.let_canaries_go),
)
"""Seconds between two runs, and what is run."""


def run(stop: threading.Event) -> None:
    """Do everything in `EVERY` by the clock until `stop` is set. What fails is logged, and tried again next time."""
    due = [(0.0, seconds, work) for seconds, work in EVERY]
    while True:
        moment = time.monotonic()
        for place, (at, seconds, work) in enumerate(due):
            if at <= moment:
                due[place] = (moment + seconds, seconds, work)
                try:
                    work()
                except Exception:
                    log.exception("%s failed, and is tried again in %s s.", work.__name__, seconds)
        if stop.wait(1):
            return
