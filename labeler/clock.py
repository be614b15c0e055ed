"""Server time, the only time that rules see. Tests freeze it; nothing else may ask the system for the hour."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The current moment in UTC."""
    return datetime.now(UTC)
