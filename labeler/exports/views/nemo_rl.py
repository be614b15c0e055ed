"""`nemo_rl`: a context and two ranked completions."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from tasks.comparison_rows import Pair, PairView
from tasks.views import RowModel, Turn, turns


class RankedCompletion(RowModel):
    """A completion and its rank: 0 is the better one."""

    rank: Annotated[int, Field(ge=0, le=1)]
    completion: list[Turn]


class NemoRLRow(RowModel):
    """One task: exactly two `completions`, the better first, never of one rank."""

    id: str
    context: list[Turn]
    completions: Annotated[list[RankedCompletion], Field(min_length=2, max_length=2)]


class NemoRL(PairView):
    """The pairs of `preference`, ranked."""

    name = "nemo_rl"
    row = NemoRLRow
    readers = "NeMo-RL (PreferenceDataset: reward models, DPO)"
    lossy = "As preference, without margin, agreement and models."

    def made(self, pair: Pair) -> dict[str, Any]:
        """The better completion at rank 0, the other at 1."""
        return {
            "id": pair.task.id,
            "context": turns(pair.task.item.prompt),
            "completions": [{"rank": 0, "completion": pair.better}, {"rank": 1, "completion": pair.worse}],
        }
