"""What a comparison's answers are, and the rows of a dataset that they become."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
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


class Won(NamedTuple):
    """A verdict: the completion that won, and how likely it is the better one, above 1/2 and at most 1.

    A tie is half of a win for each. `p_win` is what the aggregation says of the answers, not more.
    """

    winner: int
    p_win: float


Decide = Callable[[JudgedTask, Sequence[Answer], Strengths], Won | str]
"""An aggregation: from the opinions about a task, at least one, and what each degree counts, to what won; or the reason
why nothing did. Views ask it, and do not know how it comes to its verdict."""


def majority(task: JudgedTask, told: Sequence[Answer], strengths: Strengths) -> Won | str:
    """The completion with more votes than the other, and more than tie and both bad together.

    `p_win` is the share of the votes for it, where tie and both bad are half a vote for each.
    """
    preferred = [answer.preferred for answer in told]
    votes = (preferred.count(0), preferred.count(1))
    neither = len(told) - sum(votes)
    if votes[0] > max(votes[1], neither):
        return Won(0, (votes[0] + neither / 2) / len(told))
    if votes[1] > max(votes[0], neither):
        return Won(1, (votes[1] + neither / 2) / len(told))
    return none_won(told) if neither > max(votes) else DIVIDED


def none_won(told: Sequence[Answer]) -> str:
    """Why neither won where most said so: tied, or both bad if more than half of those that said neither said that."""
    verdicts = [answer.verdict for answer in told if answer.preferred is None]
    return BOTH_BAD if 2 * verdicts.count(Verdict.BOTH_BAD) > len(verdicts) else TIED


def signed(told: Sequence[Answer], winner: int, strengths: Strengths) -> float:
    """The mean strength of the votes for a completion: a tie counts 0, and a vote for the other counts against it."""
    counted = [
        (strengths[a.margin] if a.preferred == winner else -strengths[a.margin]) if a.margin is not None else 0
        for a in told
    ]
    return sum(counted) / len(told)


class Pair(NamedTuple):
    """A task that one completion won, with their turns.

    `margin` is the mean strength of the votes for the chosen one, where a tie counts 0 and a vote for the other counts
    against it, never below 0. `n` is how many opinions there were, `agreement` the share that prefer the chosen one,
    and `p_win` how likely it is the better one by the aggregation.
    """

    task: JudgedTask
    chosen: Completion
    rejected: Completion
    better: list[dict[str, str]]
    worse: list[dict[str, str]]
    margin: float
    n: int
    agreement: float
    p_win: float

    @property
    def weight(self) -> float:
        """How much the row may count in a loss: how much likelier the chosen one is than the other, 0 to 1."""
        return 2 * self.p_win - 1

    @property
    def strength(self) -> dict[str, Any]:
        """The columns that say how sure the pair is; a number in each, never null."""
        return {
            "margin": self.margin,
            "n": self.n,
            "agreement": self.agreement,
            "p_win": self.p_win,
            "weight": self.weight,
        }


def pair(task: JudgedTask, tally: Tally, strengths: Strengths = DEGREES, decide: Decide = majority) -> Pair | None:
    """The task as a pair; None, and a tallied reason, where no completion won or a trainer could not read it."""
    told = opinions(task.judgments, Verdict.CANT_JUDGE, tally)
    if not told or not trainable(task, tally):
        return None
    found = decide(task, told, strengths)
    if isinstance(found, str):
        tally.drop(found)
        return None
    winner, p_win = found
    chosen, rejected = task.item.completions[winner], task.item.completions[1 - winner]
    better, worse = turns(chosen.messages), turns(rejected.messages)
    if better == worse:
        tally.drop(SAME_TEXT)
        return None
    n = len(told)
    agreement = sum([answer.preferred == winner for answer in told]) / n
    margin = max(0.0, signed(told, winner, strengths))
    return Pair(task, chosen, rejected, better, worse, margin, n, agreement, p_win)


class PairView(View):
    """A view with one row for each task that one completion won.

    `strengths` are what its margins are made of, and `decide` says which one won.
    """

    def __init__(self, strengths: Strengths = DEGREES, decide: Decide = majority) -> None:
        self.strengths = strengths
        self.decide = decide

    def rows(self, task: JudgedTask, tally: Tally) -> Iterable[dict[str, Any]]:
        """The task's row, or none and a tallied reason."""
        found = pair(task, tally, self.strengths, self.decide)
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
    many opinions there were, and `agreement` the share of them that prefer the chosen one. `p_win` is how likely the
    chosen one is the better by the aggregation that the manifest names, and `weight` how much likelier than the other.
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
    p_win: float
    weight: float
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
            **pair.strength,
            "chosen_model": pair.chosen.model,
            "rejected_model": pair.rejected.model,
        }
