"""What a comparison's answers are, and the rows of a dataset that they become."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from tasks.content import Completion
from tasks.kind import Judged, JudgedTask, Tally, View
from tasks.remarks import Remarks
from tasks.views import JudgmentRow, JudgmentsView, RowModel, Turn, opinions, trainable, turns

TIED = "tasks that most labelers called about the same"
BOTH_BAD = "tasks that most labelers called both bad"
DIVIDED = "tasks on which no side had the most votes"
SAME_TEXT = "tasks whose two texts are the same"


class Verdict(StrEnum):
    """What a labeler said. Can't judge is not a tie, and a tie between good answers is not one between bad ones."""

    PREFERENCE = "preference"
    TIE = "tie"
    BOTH_BAD = "both_bad"
    CANT_JUDGE = "cant_judge"


class Answer(Remarks):
    """A judgment of two completions.

    `preferred` is the better one's index in the item (0 or 1, whatever the screen showed), and `margin` how much
    better it is, from 1 to the scale's degrees (always 1 on the two-way scale); both None unless it is a preference.
    """

    verdict: Verdict
    preferred: Literal[0, 1] | None = None
    margin: Annotated[int, Field(ge=1, le=4)] | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        given = (self.preferred is not None, self.margin is not None)
        if given != ((True, True) if self.verdict is Verdict.PREFERENCE else (False, False)):
            raise ValueError("a preference has a preferred completion and a margin, and no other verdict has")
        return self


class ComparisonJudgmentRow(JudgmentRow):
    """`preferred` is an index into `completions`; `preferred_place` says whether it was shown first or second."""

    preferred: int | None
    preferred_place: str | None
    margin: int | None


class ComparisonJudgments(JudgmentsView):
    """`judgments` of a comparison."""

    row = ComparisonJudgmentRow

    def given(self, judged: Judged) -> dict[str, Any]:
        """The preference, if there is one."""
        answer: Any = judged.answer
        place = None if answer.preferred is None else ("first", "second")[judged.order.index(answer.preferred)]
        return {"preferred": answer.preferred, "preferred_place": place, "margin": answer.margin}


Strengths = Mapping[int, float]
"""How strong a vote of each degree is; a tie is 0, and no strength is below 0."""

DEGREES: Strengths = {1: 1, 2: 2, 3: 3, 4: 4}
"""A vote is as strong as its degree."""


class Pair(NamedTuple):
    """A task that one completion won, with their turns.

    `margin` is the mean strength of the votes for the chosen one, where a tie counts 0 and a vote for the other counts
    against it, never below 0. `n` is how many opinions there were, `agreement` the share that prefer the chosen one.
    """

    task: JudgedTask
    chosen: Completion
    rejected: Completion
    better: list[dict[str, str]]
    worse: list[dict[str, str]]
    margin: float
    n: int
    agreement: float


def pair(task: JudgedTask, tally: Tally, strengths: Strengths = DEGREES) -> Pair | None:
    """The task as a pair; None, and a tallied reason, where no completion won or a trainer could not read it."""
    told = opinions(task.judgments, Verdict.CANT_JUDGE, tally)
    if not told or not trainable(task, tally):
        return None
    winner = _winner(told, tally)
    if winner is None:
        return None
    chosen, rejected = task.item.completions[winner], task.item.completions[1 - winner]
    better, worse = turns(chosen.messages), turns(rejected.messages)
    if better == worse:
        tally.drop(SAME_TEXT)
        return None
    signed = [
        (strengths[a.margin] if a.preferred == winner else -strengths[a.margin]) if a.margin is not None else 0
        for a in told
    ]
    n = len(told)
    agreement = sum([answer.preferred == winner for answer in told]) / n
    return Pair(task, chosen, rejected, better, worse, max(0.0, sum(signed) / n), n, agreement)


class PairView(View):
    """A view with one row for each task that one completion won. `strengths` are what its margins are made of."""

    def __init__(self, strengths: Strengths = DEGREES) -> None:
        self.strengths = strengths

    def rows(self, task: JudgedTask, tally: Tally) -> Iterable[dict[str, Any]]:
        """The task's row, or none and a tallied reason."""
        found = pair(task, tally, self.strengths)
        if found is None:
            return ()
        made = self.made(found)
        if isinstance(made, str):
            tally.drop(made)
            return ()
        return (made,)

    @abstractmethod
    def made(self, pair: Pair) -> dict[str, Any] | str:
        """The row of a pair, or the reason why this view has none."""


class PreferenceRow(RowModel):
    """One task as a pair, its prompt apart: the explicit conversational form of preference data.

    `id` is the task's. `margin` is never null: the mean strength of the votes for the chosen one by the margin map that
    the manifest names, where a tie counts 0 and a vote for the other counts against it, and never below 0. `n` is how
    many opinions there were, and `agreement` the share of them that prefer the chosen one.
    """

    id: str
    row_id: str | None
    batch: str
    language: str
    prompt: list[Turn]
    chosen: list[Turn]
    rejected: list[Turn]
    margin: float
    n: int
    agreement: float
    chosen_model: str | None
    rejected_model: str | None


class Preference(PairView):
    """One row for each task on which one completion has the most votes."""

    name = "preference"
    row = PreferenceRow
    readers = "TRL (reward, DPO, KTO, ORPO, CPO), OpenRLHF, Axolotl"
    lossy = (
        "One row a task instead of one a judgment: ties, both bad, can't judge, late judgments, divided votes, "
        "reasons, order shown and tool calls are in judgments only."
    )

    def made(self, pair: Pair) -> dict[str, Any]:
        """The pair with its prompt apart."""
        task = pair.task
        return {
            "id": task.id,
            "row_id": task.row_id,
            "batch": task.batch,
            "language": task.language,
            "prompt": turns(task.item.prompt),
            "chosen": pair.better,
            "rejected": pair.worse,
            "margin": pair.margin,
            "n": pair.n,
            "agreement": pair.agreement,
            "chosen_model": pair.chosen.model,
            "rejected_model": pair.rejected.model,
        }


def _winner(told: Sequence[Answer], tally: Tally) -> int | None:
    """The completion with more votes than the other, and more than tie and both bad together; None is tallied."""
    preferred = [answer.preferred for answer in told]
    votes = (preferred.count(0), preferred.count(1))
    neither = len(told) - sum(votes)
    if votes[0] > max(votes[1], neither):
        return 0
    if votes[1] > max(votes[0], neither):
        return 1
    if neither > max(votes):
        bad = sum(answer.verdict is Verdict.BOTH_BAD for answer in told)
        tally.drop(BOTH_BAD if 2 * bad > neither else TIED)
    else:
        tally.drop(DIVIDED)
    return None
