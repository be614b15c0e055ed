"""`hh`: two transcripts in the manner of Anthropic's helpful and harmless data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from labeler.exports.views.turns import (
    NOT_ALTERNATING,
    NOT_ONE_TEXT,
    SYSTEM_TURNS,
    alternates,
    has_system,
    texts,
)
from tasks.comparison_rows import Pair, PairView
from tasks.content import Role
from tasks.views import RowModel

MARKED = "tasks whose texts contain a turn marker of HH transcripts"

MARKERS = {Role.USER: "\n\nHuman:", Role.ASSISTANT: "\n\nAssistant:"}


class HHRow(RowModel):
    """One task as two transcripts that begin with the same turns and end with the assistant's.

    Every turn begins with an empty line and "Human: " or "Assistant: ", and no text contains such a marker.
    """

    id: str
    chosen: str
    rejected: str


class HH(PairView):
    """The pairs of `preference` that a transcript can tell without a doubt about who spoke."""

    name = "hh"
    row = HHRow
    readers = "readers of Anthropic HH-RLHF, TRL standard implicit form"
    lossy = (
        "As preference, without margin, agreement and models; tasks with system turns, turns that do not alternate, "
        "completions of several turns, or texts that contain a turn marker are left out."
    )

    def made(self, pair: Pair) -> dict[str, Any] | str:
        """Both transcripts, or a reason."""
        prompt = pair.task.item.prompt
        if has_system(prompt):
            return SYSTEM_TURNS
        if not alternates(prompt):
            return NOT_ALTERNATING
        given = texts((pair.chosen, pair.rejected))
        if given is None:
            return NOT_ONE_TEXT
        if is_marked((*given, *(turn.content for turn in prompt))):
            return MARKED
        start = "".join(f"{MARKERS[turn.role]} {turn.content}" for turn in prompt)
        chosen, rejected = (f"{start}{MARKERS[Role.ASSISTANT]} {text}" for text in given)
        return {"id": pair.task.id, "chosen": chosen, "rejected": rejected}


def is_marked(parts: Iterable[str]) -> bool:
    """Whether any of these texts contains what a reader would take for the beginning of a turn."""
    return any(marker in text for text in parts for marker in MARKERS.values())
