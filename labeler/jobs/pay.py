"""What is done about pay by the clock: time becomes lines, weeks become statements. It may run twice, and at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from labeler import clock
from labeler.db import reading, repeated
from labeler.pay import closing, events, settling


def settle_due() -> None:
    """Write lines for everybody's time that has ended (R14), and the statements of weeks that are over (PAY-4)."""
    now = clock.now()
    repeated(settling.add_marks)
    with reading() as session:
        due = events.with_something_due(session, now - settling.WAITS)
        over = closing.to_close(session, now)
    for labeler_id in due:
        settle_all(labeler_id, upto=now - settling.WAITS)
    for labeler_id in over:
        close(labeler_id, now)


def settle_all(labeler_id: UUID, alive: Callable[[], object] = lambda: None, upto: datetime | None = None) -> None:
    """Write the lines of all that a labeler has ended, a transaction after another; `alive` is called between them."""
    more = True
    while more:
        more = settle_once(labeler_id, upto).more
        alive()


def settle_once(labeler_id: UUID, upto: datetime | None = None) -> settling.Settled:
    """One transaction of it."""
    now = clock.now()
    return repeated(lambda session: settling.settle(session, labeler_id, upto or now, now))


def close(labeler_id: UUID, now: datetime) -> int:
    """Make one labeler's statements; how many."""
    return repeated(lambda session: closing.close(session, labeler_id, now))
