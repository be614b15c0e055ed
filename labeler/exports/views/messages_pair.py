"""`messages_pair`: the conversation so far, and one turn for each side."""

from __future__ import annotations

from typing import Any

from labeler.exports.views.turns import NOT_ALTERNATING, NOT_ONE_TEXT, alternates, texts
from tasks.comparison_rows import Pair, PairView
from tasks.views import RowModel, Turn, turns


class MessagesPairRow(RowModel):
    """One task: `messages` end with the user's turn, `chosen` and `rejected` are one assistant turn each.

    User and assistant alternate, perhaps after one system turn. `margin` is never null.
    """

    id: str
    messages: list[Turn]
    chosen: Turn
    rejected: Turn
    margin: float
    n: int
    agreement: float
    p_win: float
    weight: float


class MessagesPair(PairView):
    """The pairs of `preference` whose turns alternate and whose completions are one turn."""

    name = "messages_pair"
    row = MessagesPairRow
    readers = "LLaMA-Factory (ranking), Axolotl (chat_template.default)"
    lossy = (
        "As preference, without models; tasks whose turns do not alternate, or whose completions are several turns, "
        "are left out."
    )

    def made(self, pair: Pair) -> dict[str, Any] | str:
        """The prompt as messages; a reason where LLaMA-Factory would skip the row in silence."""
        if not alternates(pair.task.item.prompt):
            return NOT_ALTERNATING
        if texts((pair.chosen, pair.rejected)) is None:
            return NOT_ONE_TEXT
        return {
            "id": pair.task.id,
            "messages": turns(pair.task.item.prompt),
            "chosen": pair.better[0],
            "rejected": pair.worse[0],
            **pair.strength,
        }
