"""`preference_implicit`: both whole conversations, prompt included."""

from __future__ import annotations

from typing import Any

from tasks.comparison_rows import Pair, PairView
from tasks.views import RowModel, Turn, turns


class PreferenceImplicitRow(RowModel):
    """One task as two whole conversations that begin with the same turns. The other columns are those of `preference`.

    `margin` is never null.
    """

    id: str
    row_id: str | None
    batch: str
    language: str
    chosen: list[Turn]
    rejected: list[Turn]
    margin: float
    n: int
    agreement: float
    p_win: float
    weight: float
    chosen_model: str | None
    rejected_model: str | None


class PreferenceImplicit(PairView):
    """The pairs of `preference`, each side with the prompt before it."""

    name = "preference_implicit"
    row = PreferenceImplicitRow
    readers = "TRL (reward above all), torchtune, Axolotl"
    lossy = "As preference; where the prompt ends is to be found again by the common start of the two."

    def made(self, pair: Pair) -> dict[str, Any]:
        """Both conversations whole."""
        task = pair.task
        prompt = turns(task.item.prompt)
        return {
            "id": task.id,
            "row_id": task.row_id,
            "batch": task.batch,
            "language": task.language,
            "chosen": [*prompt, *pair.better],
            "rejected": [*prompt, *pair.worse],
            **pair.strength,
            "chosen_model": pair.chosen.model,
            "rejected_model": pair.rejected.model,
        }
