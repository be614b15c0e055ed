"""Server time, the only time that rules see. Tests freeze it; nothing else may ask the system for the hour."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_told: ContextVar[datetime | None] = ContextVar("told", default=None)


def now() -> datetime:
    """The current moment in UTC."""
    return _told.get() or datetime.now(UTC)


@contextmanager
def told(moment: datetime) -> Iterator[None]:
    """Let this thread take a moment for the current one: for the demo, which plays a quarter that is over."""
    before = _told.set(moment)
    try:
        yield
    finally:
        _told.reset(before)
