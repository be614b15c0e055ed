"""What the product does about itself by the clock: it looks whether its promises hold, and lets canaries go. All of it
may run twice, at once, and be killed at any moment."""

from __future__ import annotations

import logging
from datetime import datetime
from random import SystemRandom

from sqlalchemy.exc import IntegrityError

from labeler import clock
from labeler.compliance import canaries
from labeler.compliance.selfchecks import service
from labeler.compliance.selfchecks.found import Looking
from labeler.config import Settings
from labeler.db import reading, transaction
from labeler.errors import Conflict
from labeler.storage import Storage

log = logging.getLogger(__name__)


def look_at_itself() -> int:
    """Run each self-check that has not run today; how many ran."""
    return look(clock.now(), Storage(Settings().folder).secret())


def look(now: datetime, secret: bytes) -> int:
    """The same at a moment. One that fails is logged, and the others run: a check without an entry is not tested."""
    with reading() as session:
        wanted = service.waiting(session, Looking(session, now, secret))
    ran = 0
    for name, place in wanted:
        try:
            with transaction() as session:
                found = service.run(Looking(session, now, secret), name, place)
        except IntegrityError:
            continue  # another worker wrote it at this moment
        except Exception:
            log.exception("The self-check %s failed, and is tried again.", name)
            continue
        ran += found is not None
        for each in found.exceptions if found is not None else ():
            log.warning("The self-check %s found: %s", name, each)
    return ran


def let_canaries_go() -> None:
    """Plan this quarter's canaries, send those whose moment has come, and see which were answered."""
    let_go(clock.now(), SystemRandom())


def let_go(now: datetime, dice: SystemRandom) -> None:
    """The same at a moment."""
    try:
        with transaction() as session:
            canaries.plan(session, now, dice)
    except IntegrityError:
        pass  # another worker did
    with reading() as session:
        waiting = canaries.due(session, now)
    for canary_id in waiting:
        try:
            with transaction() as session:
                canaries.go_on(session, canary_id, now, dice)
        except Conflict:
            log.info("This hour takes no more; it is tried again in the next.")
