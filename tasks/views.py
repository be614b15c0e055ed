"""What the export views of all kinds share: the columns every judgment has, and messages as rows.

Every row has every key, a column has one type, and free JSON travels as JSON text: a loader that guesses types from
the first rows of a file would otherwise guess wrong.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from tasks.content import Conversation
from tasks.kind import Judged, JudgedTask, Tally, View

LATE = "judgments that came late"
UNJUDGED = "judgments by labelers who could not judge"
NO_OPINION = "tasks without an opinion"
NO_PROMPT = "tasks without a prompt"
TOOL_CALLS = "tasks whose messages call tools"

RESERVED = frozenset(
    {
        "chat_template_kwargs",
        "chosen",
        "completion",
        "completions",
        "image",
        "images",
        "label",
        "labels",
        "margin",
        "messages",
        "prompt",
        "rejected",
        "text",
        "tools",
    }
)
"""Names by which trainers recognise a format: a column of such a name that means something else breaks the training,
with some loaders only by chance. A view for trainers emits them in the trainers' own meaning or not at all."""

BUCKETS = ((120, "0-120"), (600, "120-600"))
"""Upper ends in seconds, and their names: people differ most in their pace, and finer buckets let one who has two
datasets recognise them by it (`tests/exports/test_linkage.py` has the measure)."""


class RowModel(BaseModel):
    """The columns of a view; a project's own names (of scales) may become columns."""

    model_config = ConfigDict(protected_namespaces=(), extra="forbid")


class Turn(RowModel):
    """A message as every trainer takes it."""

    role: str
    content: str


class MessageRow(Turn):
    """A message whole; `tool_calls` is JSON text."""

    name: str | None
    tool_calls: str | None


class CompletionRow(RowModel):
    """A completion whole; `model` is who wrote it."""

    messages: list[MessageRow]
    model: str | None


class CategoryRow(RowModel):
    """A content category that occurs (W01 to W15), and its severity from 0 to 4."""

    category: str
    severity: int


class JudgmentRow(RowModel):
    """The columns of `judgments` that do not depend on the kind.

    `order[0]` is the index of the completion shown first. `of_row` names the completions of the imported row that
    these are, where the row had more. `labeler` is a made-up name. `comment` is null unless the export was asked for
    comments. `seconds` is a bucket; no row says when it came. `source_label` and `meta` are JSON text.
    """

    id: str
    task_id: str
    row_id: str | None
    batch: str
    language: str
    categories: list[CategoryRow]
    prompt: list[MessageRow]
    completions: list[CompletionRow]
    of_row: list[int]
    labeler: str
    order: list[int]
    verdict: str
    reasons: list[str]
    comment: str | None
    late: bool
    guideline_version: int
    kind_version: int
    seconds: str
    source_label: str | None
    meta: str | None


class JudgmentsView(View):
    """Every judgment as it was given, late ones too; each kind adds the columns of its own answer."""

    name = "judgments"
    lossy = (
        "No judgment is left out. Who gave it and how long it took are told in names and buckets that lead to nobody, "
        "when it came is not told, and comments are there only where they were asked for."
    )

    def rows(self, task: JudgedTask, tally: Tally) -> Iterable[dict[str, Any]]:
        """One row for each judgment."""
        facts = {
            "task_id": task.id,
            "row_id": task.row_id,
            "batch": task.batch,
            "language": task.language,
            "categories": [{"category": c.value, "severity": int(task.categories[c])} for c in sorted(task.categories)],
            "prompt": whole(task.item.prompt),
            "completions": [{"messages": whole(c.messages), "model": c.model} for c in task.item.completions],
            "of_row": list(task.item.of_row),
            "source_label": json_text(task.source_label),
            "meta": json_text(task.meta),
        }
        for judged in task.judgments:
            answer: Any = judged.answer
            yield {
                **facts,
                "id": judged.id,
                "labeler": judged.written_as or judged.labeler,
                "order": list(judged.order),
                "verdict": answer.verdict.value,
                "reasons": list(answer.reasons),
                "comment": answer.comment,
                "late": judged.late,
                "guideline_version": judged.guideline_version,
                "kind_version": judged.kind_version,
                "seconds": bucket(judged.seconds),
                **self.given(judged),
            }

    @abstractmethod
    def given(self, judged: Judged) -> dict[str, Any]:
        """The columns that are this kind's own."""


def bucket(seconds: float) -> str:
    """The bucket a time falls into, e.g. `"30-60"`; from ten minutes on it is `"600+"`."""
    return next((name for end, name in BUCKETS if seconds < end), "600+")


def json_text(value: dict[str, Any] | None) -> str | None:
    """A dictionary as one JSON text, always the same for the same value; None stays None."""
    if value is None:
        return None
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def whole(messages: Conversation) -> list[dict[str, Any]]:
    """Messages with all they have: `MessageRow`."""
    return [{"role": m.role.value, "content": m.content, "name": m.name, "tool_calls": m.tool_calls} for m in messages]


def turns(messages: Conversation) -> list[dict[str, str]]:
    """Messages as trainers take them: `Turn`."""
    return [{"role": message.role.value, "content": message.content} for message in messages]


def trainable(task: JudgedTask, tally: Tally) -> bool:
    """Whether a task fits a view of plain turns; if not, it is tallied.

    A call to a tool is no text: left out silently, the turn would look empty; and a column of calls that are mostly
    null breaks chat templates that only ask whether the key is there.
    """
    texts = (task.item.prompt, *(completion.messages for completion in task.item.completions))
    if any(message.tool_calls is not None for messages in texts for message in messages):
        tally.drop(TOOL_CALLS)
        return False
    if not task.item.prompt:
        tally.drop(NO_PROMPT)
        return False
    return True


def opinions(judgments: Sequence[Judged], cant_judge: str, tally: Tally) -> list[Any]:
    """The answers that count as an opinion: in time, and not `cant_judge`; the others are tallied."""
    counted = [judged.answer for judged in judgments if not judged.late]
    told = [answer for answer in counted if getattr(answer, "verdict", None) != cant_judge]
    for reason, number in ((LATE, len(judgments) - len(counted)), (UNJUDGED, len(counted) - len(told))):
        if number:
            tally.drop(reason, number)
    if not told:
        tally.drop(NO_OPINION)
    return told
