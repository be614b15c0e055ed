"""What a kind of task is. One module and one page of the same name make a kind; `tasks.KINDS` lists them.

Import, desk, preview and export know a kind by this contract alone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from pydantic import BaseModel

from tasks.content import Frozen, Item, Profile, Row
from tasks.measures import Measure

Form = Mapping[str, Sequence[str]]
"""A submitted form: each field's name with all of its values, as `MultiDict.to_dict(flat=False)` gives it."""

BESIDE = frozenset({"csrf_token", "idem_key"})
"""Fields that travel with an answer and are not part of it; `read` passes over them and refuses all other strangers."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an answer or an option: the field, and what the person can do about it."""

    field: str
    message: str


class AnswerRefused(Exception):
    """An answer that does not fit its question; carries every problem, not the first only."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Judged:
    """One judgment as an export reads it: answer and circumstances, no person.

    `order` is the order of completions on the labeler's screen: `order[0]` is the index of the one shown first.
    `seconds` is from the moment the text was shown to the submit. `labeler` is a pseudonym that is the same on all
    tasks that a view is given; rows write `written_as`, which may be good for one task only (None: the same).
    """

    id: str
    labeler: str
    answer: BaseModel
    order: tuple[int, ...]
    late: bool
    guideline_version: int
    kind_version: int
    seconds: float
    submitted_at: datetime
    written_as: str | None = None


@dataclass(frozen=True, slots=True)
class JudgedTask:
    """A task with its judgments, in an order that says nothing of when they came; what a view turns into rows."""

    id: str
    row_id: str | None
    batch: str
    language: str
    categories: Profile
    item: Item
    judgments: tuple[Judged, ...]
    source_label: dict[str, Any] | None = None
    meta: dict[str, Any] | None = None
    project: str | None = None
    """The project's name in addresses, where an export takes in several; else None."""


@dataclass(slots=True)
class Tally:
    """Counts in and out of one view, by reason; printed in the manifest and on the card.

    `rows` is counted by whoever writes them, and so are `splits`, the rows by split where there are any; `dropped` by
    the view.
    """

    rows: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    splits: dict[str, int] = field(default_factory=dict)

    def drop(self, reason: str, n: int = 1) -> None:
        """Count `n` judgments or tasks that this view leaves out, and why."""
        self.dropped[reason] = self.dropped.get(reason, 0) + n


class View(ABC):
    """One shape of an export: a name, the columns as a pydantic model, and a pure function to rows.

    The columns use only `str`, `int`, `float`, `bool`, lists, nested models, and each of these or None.
    """

    name: str
    row: type[BaseModel]
    lossy: str
    """What this view leaves out, in one sentence for the card."""
    readers: str = ""
    """Which programs read it as it is, in a few words for the card and the form."""
    of_tasks: bool = True
    """Whether each row is of a task, named by its column `id` or told with it, and lies in the task's split."""

    @abstractmethod
    def rows(self, task: JudgedTask, tally: Tally) -> Iterable[dict[str, Any]]:
        """The rows of one task, each with exactly the fields of `row`; what is left out is tallied."""

    def last(self, tally: Tally) -> Iterable[dict[str, Any]]:
        """The rows that could only be told after the last task: of a view whose rows are made of several tasks."""
        return ()


class Kind(ABC):
    """A sort of task. Stateless: one instance a kind, kept in `tasks.KINDS`."""

    name: ClassVar[str]
    version: ClassVar[int]
    """Raised whenever the meaning of an answer changes; every judgment stores it."""
    title: ClassVar[str]
    question: ClassVar[str]
    """The heading of the desk's page."""
    Options: ClassVar[type[Frozen]]
    """What a project may choose; every field has a default and a description."""
    Answer: ClassVar[type[Frozen]]
    """What a labeler gave, in terms of the item's own order, never of the screen's."""
    least: ClassVar[int] = 1
    """How many completions of one prompt an item needs at the least."""
    page: ClassVar[str]
    """The template of the answer form, next to the kind's module, e.g. `"comparison.html"`."""

    @abstractmethod
    def items(self, row: Row) -> list[Item]:
        """The items one imported row becomes. Raises ValueError with a sentence for the researcher."""

    @abstractmethod
    def read(self, form: Form, options: Any, order: Sequence[int]) -> Any:
        """The answer in a submitted form. Raises AnswerRefused naming every problem."""

    @abstractmethod
    def fill(self, answer: Any, order: Sequence[int]) -> dict[str, list[str]]:
        """The form that `read` would turn into this answer: drafts, undo and revision start from it."""

    @abstractmethod
    def choices(self, options: Any) -> dict[str, Any]:
        """What the page needs to draw the form: labels, values, keys. Pure data, nothing preselected."""

    @abstractmethod
    def distance(self, one: Any, other: Any, options: Any) -> float | None:
        """How far two answers are apart, 0 to 1; None where either gives no opinion."""

    def measures(self, options: Any) -> tuple[Measure, ...]:
        """What answers can agree on, the main thing first; none where a kind's answers are not compared so."""
        return ()

    def shape(self, options: Any) -> dict[str, Any]:
        """What of the options the columns and figures of an export are made of, by option: all unless a kind says less.
        Answers of two projects that have the same shape may lie in one dataset."""
        return dict(options.model_dump(mode="json"))

    @abstractmethod
    def views(self, options: Any) -> tuple[View, ...]:
        """The export views this kind offers for a project with these options, `judgments` first."""

    @abstractmethod
    def example(self) -> Row:
        """A complete, harmless row, as the documentation and the live preview show it."""
