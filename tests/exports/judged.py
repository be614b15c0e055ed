"""Judged tasks made without a database, and a view's rows of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st
from pydantic import BaseModel

from labeler.exports.views import registry
from labeler.exports.views.registry import Rules
from tasks import KINDS, comparison, rating
from tasks.comparison_rows import Answer, Verdict
from tasks.content import Completion, Item, Message, Role
from tasks.kind import Judged, JudgedTask, Tally, View
from tasks.scales import ScaleOptions

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)

NAMED = ("nothing", "", "a little", "", "all")
SCALES = (
    ScaleOptions(name="helpfulness", title="Helpful?", points=NAMED),
    ScaleOptions(name="verbosity", title="Wordy?", points=NAMED, first=1, required=False),
    ScaleOptions(name="warmth", title="Warm?", points=("no", "yes")),
)
OPTIONS: dict[str, Any] = {"comparison": comparison.Options(), "rating": rating.Options(scales=SCALES)}


def view(name: str, rules: Rules | None = None, **options: Any) -> View:
    """A fresh view of either kind, of a project with these options beside the ones above."""
    for kind, given in OPTIONS.items():
        chosen = type(given).model_validate({**given.model_dump(), **options}) if kind == "comparison" else given
        for each in registry.offered(KINDS[kind], chosen, rules if kind == "comparison" or not options else None):
            if each.name == name and name != "judgments":
                return each
    raise AssertionError(f"no view {name}")


def every_view() -> list[tuple[str, str]]:
    """Kind and name of every view there is."""
    return [(kind, each.name) for kind, given in OPTIONS.items() for each in registry.offered(KINDS[kind], given)]


def says(role: Role, content: str, **more: Any) -> Message:
    return Message(role=role, content=content, **more)


def said(text: str, model: str | None = None) -> Completion:
    return Completion(messages=(says(Role.ASSISTANT, text),), model=model)


ASKED = (says(Role.USER, "Name a tree."),)
BRIEF = (says(Role.SYSTEM, "Be brief."), *ASKED)
TALK = (*ASKED, says(Role.ASSISTANT, "Oak."), says(Role.USER, "Another."))
WITH_TOOL = (*ASKED, says(Role.TOOL, "ash", name="trees"))
OAK, ELM = said("Oak", "m-1"), said("Elm", "m-2")
LONG = Completion(messages=(says(Role.ASSISTANT, "Oak."), says(Role.USER, "And?"), says(Role.ASSISTANT, "Elm.")))


def task(
    answers: Sequence[BaseModel],
    prompt: tuple[Message, ...] = ASKED,
    completions: tuple[Completion, ...] = (OAK, ELM),
    late: int = 0,
    **facts: Any,
) -> JudgedTask:
    """A task with these answers, of which the last `late` came late."""
    order = tuple(reversed(range(len(completions))))
    judgments = tuple(
        Judged(f"j{n}", f"p{n}", answer, order, n >= len(answers) - late, 1, 1, 42.0, NOON)
        for n, answer in enumerate(answers)
    )
    given: dict[str, Any] = {"id": "t1", "row_id": "r1", "batch": "first", "language": "en", "categories": {}}
    item = Item(prompt=prompt, completions=completions, of_row=facts.pop("of_row", ()))
    return JudgedTask(**{**given, **facts}, item=item, judgments=judgments)


def prefers(side: int, margin: int = 1, **remarks: Any) -> Answer:
    return Answer(verdict=Verdict.PREFERENCE, preferred=side, margin=margin, **remarks)  # type: ignore[arg-type]


TIE, BAD, CANT = (Answer(verdict=v) for v in (Verdict.TIE, Verdict.BOTH_BAD, Verdict.CANT_JUDGE))


def rates(*values: int | None, **remarks: Any) -> rating.Answer:
    """A rating on the scales above, in their order."""
    given = {scale.name: value for scale, value in zip(SCALES, values, strict=False)}
    return rating.Answer(verdict=rating.Verdict.RATED, ratings=given, **remarks)


def made(of: View, *tasks: JudgedTask) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """All rows of a view, and what it left out by reason."""
    tally = Tally()
    rows = [row for each in tasks for row in of.rows(each, tally)]
    rows += of.last(tally)
    return rows, tally.dropped


def example(kind: str, name: str) -> dict[str, Any]:
    """The row that the guide shows of a view: of a project as it is when nothing was chosen."""
    asks = KINDS[kind]
    of = next(each for each in registry.offered(asks, asks.Options()) if each.name == name)
    answers: list[BaseModel] = [prefers(0, 3, reasons=("More complete",), comment="It says which one.")]
    if kind == "rating":
        given = {"helpfulness": 3, "correctness": 4, "clarity": 4}
        answers = [rating.Answer(verdict=rating.Verdict.RATED, ratings=given, comment="Short, and right.")]
    oak, tree = said("An oak.", "heron-2"), said("Some tree.", "plover-1")
    of_row = (1,) if kind == "rating" else ()
    completions = (oak, tree) if kind == "comparison" else (oak,)
    facts: dict[str, Any] = {"id": TASK, "row_id": "trees-7", "batch": "trees.jsonl", "of_row": of_row}
    rows, _ = made(of, task(answers, completions=completions, **facts))
    return rows[0]


TASK = "019a2f6e-3c1b-7a52-9d0e-6f1b8c2d4e5a"


# texts as people write them, and as those write who would break a format
words = st.text(max_size=12) | st.sampled_from(
    [
        "\n\nHuman:",
        "x\n\nAssistant: y",
        "Human: hi",
        "User: a",
        "<extra_id_1>User\n",
        "\u2028",
        "2026-03-02",
        "",
        "\n",
        "null",
    ]
)
roles = st.sampled_from([Role.SYSTEM, Role.USER, Role.ASSISTANT, Role.TOOL])
turns = st.builds(says, roles, words, tool_calls=st.sampled_from([None, None, None, "[]"]))
talks = st.lists(words, min_size=1, max_size=5).map(
    lambda given: tuple(says((Role.USER, Role.ASSISTANT)[n % 2], text) for n, text in enumerate(given))
)
prompts = talks | st.lists(turns, max_size=4).map(tuple)
completions = st.builds(said, words, st.sampled_from([None, "m-1"])) | st.just(LONG)
compared = st.lists(
    st.sampled_from([TIE, BAD, CANT, *(prefers(s, m) for s in (0, 1) for m in (1, 2, 3, 4))]), max_size=5
)
rated = st.lists(
    st.builds(rates, st.integers(0, 4), st.none() | st.integers(1, 5), st.integers(0, 1), comment=st.none() | words)
    | st.just(rating.Answer(verdict=rating.Verdict.CANT_JUDGE)),
    max_size=4,
)
comparisons = st.builds(task, compared, prompts, st.tuples(completions, completions), st.integers(0, 1))
ratings = st.builds(task, rated, prompts, st.tuples(completions), st.integers(0, 1))
