"""`strings`: prompt and both completions as plain texts."""

from __future__ import annotations

import re
from typing import Any

from labeler.exports.views.turns import NOT_ALTERNATING, NOT_ONE_TEXT, alternates, texts
from tasks.comparison_rows import Pair, PairView
from tasks.content import Role
from tasks.views import RowModel

MARKED = "tasks whose texts have lines that begin like a turn"

SPEAKERS = {Role.SYSTEM: "System", Role.USER: "User", Role.ASSISTANT: "Assistant"}
_TURN = re.compile(rf"^(?:{'|'.join(SPEAKERS.values())}):", re.MULTILINE)


class StringsRow(RowModel):
    """One task as texts: `prompt` + `chosen` is a whole text, and so is `prompt` + `rejected`.

    Turns are told as "User: …" and "Assistant: …" with an empty line between them; `prompt` ends with "Assistant:", and
    a completion begins with a space. `margin` is never null; it and the columns after it are those of `preference`.
    """

    id: str
    prompt: str
    chosen: str
    rejected: str
    margin: float
    n: int
    agreement: float
    p_win: float
    weight: float


class Strings(PairView):
    """The pairs of `preference` as three texts."""

    name = "strings"
    row = StringsRow
    readers = "verl (RMDataset, the Parquet file), TRL standard form, OpenRLHF without a template"
    lossy = (
        "As preference, without models; roles become words of the text, and tasks whose texts look like "
        "turns, do not alternate or are several turns are left out."
    )

    def made(self, pair: Pair) -> dict[str, Any] | str:
        """Three texts, or a reason."""
        prompt = pair.task.item.prompt
        if not alternates(prompt):
            return NOT_ALTERNATING
        given = texts((pair.chosen, pair.rejected))
        if given is None:
            return NOT_ONE_TEXT
        if any(_TURN.search(text) for text in (*given, *(turn.content for turn in prompt))):
            return MARKED
        told = "\n\n".join(f"{SPEAKERS[turn.role]}: {turn.content}" for turn in prompt)
        return {
            "id": pair.task.id,
            "prompt": f"{told}\n\nAssistant:",
            "chosen": f" {given[0]}",
            "rejected": f" {given[1]}",
            **pair.strength,
        }
