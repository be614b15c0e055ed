"""`arena`: battles between two models, one row a vote."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field

from tasks.comparison_rows import Answer, Verdict
from tasks.content import Completion
from tasks.kind import JudgedTask, Tally, View
from tasks.views import RowModel, Turn, opinions, trainable, turns

NO_MODELS = "tasks that do not name both models"

MODELS = ("model_a", "model_b")

_HEADER = re.compile(r"^#{1,6}\s", re.MULTILINE)
_ITEM = re.compile(r"^[ \t]*(?:[-*+]|\d{1,9}[.)])\s", re.MULTILINE)
_BOLD = re.compile(r"\*\*[^*\n]+\*\*|__[^_\n]+__")


class Style(RowModel):
    """How an answer looks: its length in characters, and how many headers, list items and bold parts it has."""

    chars: int
    headers: int
    list_items: int
    bold: int


class ArenaRow(RowModel):
    """One vote. `winner` is "model_a", "model_b", "tie" or "both_bad"; `model_a` wrote the task's first completion.

    `id` is the judgment's, as in `judgments`. `shown_first` is "model_a" or "model_b". `evaluation_order` numbers
    the votes on a task from 1, in no order of time.
    """

    id: str
    task_id: str
    model_a: str
    model_b: str
    winner: Annotated[str, Field(json_schema_extra={"enum": [*MODELS, "tie", "both_bad"]})]
    shown_first: Annotated[str, Field(json_schema_extra={"enum": [*MODELS]})]
    evaluation_order: int
    conversation_a: list[Turn]
    conversation_b: list[Turn]
    language: str
    style_a: Style
    style_b: Style


class Arena(View):
    """One row for each judgment in time that says something about two known models; ties and both bad stay."""

    name = "arena"
    row = ArenaRow
    readers = "Bradley-Terry and Elo leaderboards, readers of the arena's battles"
    lossy = (
        "Ties and both bad are kept apart. Margins, reasons, labelers, can't judge, late judgments and tool calls are "
        "in judgments only; tasks whose models are not known are left out."
    )

    def rows(self, task: JudgedTask, tally: Tally) -> Iterable[dict[str, Any]]:
        """A row for each opinion, or none and a tallied reason."""
        if not opinions(task.judgments, Verdict.CANT_JUDGE, tally) or not trainable(task, tally):
            return
        one, other = task.item.completions
        if one.model is None or other.model is None:
            tally.drop(NO_MODELS)
            return
        prompt = turns(task.item.prompt)
        facts = {
            "task_id": task.id,
            "model_a": one.model,
            "model_b": other.model,
            "conversation_a": [*prompt, *turns(one.messages)],
            "conversation_b": [*prompt, *turns(other.messages)],
            "language": task.language,
            "style_a": style(one),
            "style_b": style(other),
        }
        number = 0
        for judged in task.judgments:
            answer: Any = judged.answer
            if judged.late or answer.verdict is Verdict.CANT_JUDGE:
                continue
            number += 1
            yield {
                **facts,
                "id": judged.id,
                "winner": winner(answer),
                "shown_first": MODELS[judged.order[0]],
                "evaluation_order": number,
            }


def winner(answer: Answer) -> str:
    """The model that won, or the verdict."""
    return answer.verdict.value if answer.preferred is None else MODELS[answer.preferred]


def style(completion: Completion) -> dict[str, int]:
    """The counts of `Style`, over all turns of a completion."""
    said = [message.content for message in completion.messages]
    return {
        "chars": sum(map(len, said)),
        "headers": sum(len(_HEADER.findall(text)) for text in said),
        "list_items": sum(len(_ITEM.findall(text)) for text in said),
        "bold": sum(len(_BOLD.findall(text)) for text in said),
    }
