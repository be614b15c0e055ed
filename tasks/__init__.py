"""Looking for background work? See labeler/jobs."""

from __future__ import annotations

from tasks.comparison import Comparison
from tasks.kind import Kind
from tasks.rating import Rating

KINDS: dict[str, Kind] = {each.name: each for each in (Comparison(), Rating())}
"""Every kind of task the platform knows, by name. Import, desk, preview and export know of a kind from here alone."""


def kind(name: str) -> Kind:
    """The kind of this name. Raises KeyError when there is none."""
    return KINDS[name]
