"""`openai_dpo`: the lines that OpenAI's preference fine-tuning takes, as do Azure and Fireworks."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from labeler.exports.views.turns import NOT_ONE_TEXT, TOOL_TURNS, has_tools, texts
from tasks.comparison_rows import Pair, PairView
from tasks.views import RowModel, Turn, turns


class OpenAIInput(RowModel):
    """What the model was given."""

    messages: list[Turn]


class OpenAIDPORow(RowModel):
    """One task. There is no other column, since the service refuses what it does not know; each output is one turn."""

    input: OpenAIInput
    preferred_output: Annotated[list[Turn], Field(min_length=1, max_length=1)]
    non_preferred_output: Annotated[list[Turn], Field(min_length=1, max_length=1)]


class OpenAIDPO(PairView):
    """The pairs of `preference` that are text alone, one turn a side."""

    name = "openai_dpo"
    row = OpenAIDPORow
    readers = "OpenAI, Azure and Fireworks preference fine-tuning (upload the JSON Lines file)"
    lossy = (
        "As preference, without margin, agreement, models and the task's id; turns of tools and completions of several "
        "turns are left out."
    )

    def made(self, pair: Pair) -> dict[str, Any] | str:
        """The three columns, or a reason."""
        if has_tools(pair.task.item.prompt):
            return TOOL_TURNS
        if texts((pair.chosen, pair.rejected)) is None:
            return NOT_ONE_TEXT
        return {
            "input": {"messages": turns(pair.task.item.prompt)},
            "preferred_output": pair.better,
            "non_preferred_output": pair.worse,
        }
