"""The export views: what a judgment becomes as a row, what leaves a view, and that every leaving is counted."""

from __future__ import annotations

import types
import typing
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from tasks import KINDS, comparison, comparison_rows, rating, views
from tasks.comparison_rows import Answer, Verdict
from tasks.content import Category, Completion, Item, Message, Role, Severity
from tasks.kind import Judged, JudgedTask, Tally
from tasks.scales import Flag, FlagOptions

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
JUDGMENTS, PREFERENCE = KINDS["comparison"].views(comparison.Options())


def says(role: Role, content: str, **more: Any) -> Message:
    return Message(role=role, content=content, **more)


def completion(text: str, model: str | None = None) -> Completion:
    return Completion(messages=(says(Role.ASSISTANT, text),), model=model)


ITEM = Item(
    prompt=(says(Role.SYSTEM, "Be brief."), says(Role.USER, "Name a tree.")),
    completions=(completion("Oak", "m-1"), completion("Elm", "m-2")),
)


def judged(answer: BaseModel, **change: Any) -> Judged:
    facts: dict[str, Any] = {
        "id": "j",
        "labeler": "p1",
        "answer": answer,
        "order": (1, 0),
        "late": False,
        "guideline_version": 3,
        "kind_version": 1,
        "seconds": 42.0,
        "submitted_at": NOON,
    }
    return Judged(**(facts | change))


def task(*judgments: Judged, item: Item = ITEM) -> JudgedTask:
    return JudgedTask(
        id="t1",
        row_id="r1",
        batch="first",
        language="en",
        categories={Category.W06: Severity.MILD},
        item=item,
        judgments=judgments,
        source_label={"chosen": 0},
        meta=None,
    )


def prefers(side: int, margin: int = 1) -> Answer:
    return Answer(verdict=Verdict.PREFERENCE, preferred=side, margin=margin)  # type: ignore[arg-type]


TIE, BAD, CANT = (Answer(verdict=v) for v in (Verdict.TIE, Verdict.BOTH_BAD, Verdict.CANT_JUDGE))


def paired(*answers: Answer, item: Item = ITEM) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """The rows of `preference`, and what was dropped."""
    tally = Tally()
    rows = list(PREFERENCE.rows(task(*map(judged, answers), item=item), tally))
    return rows, tally.dropped


def test_a_judgment_is_told_whole_but_its_time_in_buckets() -> None:
    late = judged(prefers(0, 3), late=True)
    (row,) = JUDGMENTS.rows(task(late), Tally())
    assert row["preferred"] == 0
    assert row["preferred_place"] == "second"
    assert row["order"] == [1, 0]
    assert (row["margin"], row["verdict"], row["late"]) == (3, "preference", True)
    assert row["seconds"] == "0-120"
    assert not any("2026" in str(value) for value in row.values()), "no row says when it came"
    assert row["categories"] == [{"category": "W06", "severity": 1}]
    assert row["source_label"] == '{"chosen":0}'
    assert [c["model"] for c in row["completions"]] == ["m-1", "m-2"]


def test_tool_calls_survive_in_judgments_and_leave_the_pairs_with_a_reason() -> None:
    call = '[{"type":"function","function":{"name":"look_up","arguments":"{}"}}]'
    asked = (
        says(Role.USER, "Is it raining?"),
        says(Role.ASSISTANT, "", tool_calls=call),
        says(Role.TOOL, "yes", name="weather"),
    )
    item = ITEM.model_copy(update={"prompt": asked})
    (row,) = JUDGMENTS.rows(task(judged(prefers(0)), item=item), Tally())
    assert row["prompt"][1]["tool_calls"] == call
    assert (row["prompt"][2]["role"], row["prompt"][2]["name"]) == ("tool", "weather")
    assert paired(prefers(0), item=item) == ([], {views.TOOL_CALLS: 1})


def test_a_pair_is_the_explicit_conversational_form() -> None:
    (row,), dropped = paired(prefers(1, 4), prefers(1, 2), TIE)
    assert row["prompt"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Name a tree."}]
    assert row["chosen"] == [{"role": "assistant", "content": "Elm"}]
    assert row["rejected"] == [{"role": "assistant", "content": "Oak"}]
    assert (row["chosen_model"], row["rejected_model"]) == ("m-2", "m-1")
    assert (row["margin"], row["n"], row["agreement"]) == (2.0, 3, pytest.approx(2 / 3))
    assert dropped == {}


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([TIE, TIE, prefers(0)], comparison_rows.TIED),
        ([BAD, BAD, prefers(0)], comparison_rows.BOTH_BAD),
        ([TIE, BAD, prefers(0)], comparison_rows.TIED),
        ([prefers(0), prefers(1)], comparison_rows.DIVIDED),
        ([prefers(0), prefers(1), TIE], comparison_rows.DIVIDED),
        ([prefers(0), TIE], comparison_rows.DIVIDED),
    ],
)
def test_where_no_side_has_the_most_votes_there_is_no_pair(answers: list[Answer], reason: str) -> None:
    assert paired(*answers) == ([], {reason: 1})


def test_the_winner_needs_the_most_votes_and_not_the_strongest() -> None:
    (row,), _ = paired(prefers(0, 1), prefers(0, 1), prefers(1, 4))
    assert row["chosen"][0]["content"] == "Oak"
    assert row["margin"] == 0.0


def test_late_judgments_and_no_opinions_are_counted_out_and_not_in() -> None:
    tally = Tally()
    judgments = (judged(prefers(1), late=True), judged(CANT), judged(prefers(0)))
    (row,) = PREFERENCE.rows(task(*judgments), tally)
    assert (row["chosen"][0]["content"], row["n"]) == ("Oak", 1)
    assert tally.dropped == {views.LATE: 1, views.UNJUDGED: 1}
    assert paired(CANT, CANT) == ([], {views.UNJUDGED: 2, views.NO_OPINION: 1})
    assert paired() == ([], {views.NO_OPINION: 1})


def test_equal_texts_and_missing_prompts_make_no_pair() -> None:
    same = (says(Role.ASSISTANT, "Oak"),)
    named = (says(Role.ASSISTANT, "Oak", name="x"),)
    item = ITEM.model_copy(update={"completions": (Completion(messages=same), Completion(messages=named))})
    assert paired(prefers(0), item=item) == ([], {comparison_rows.SAME_TEXT: 1})
    assert paired(prefers(0), item=ITEM.model_copy(update={"prompt": ()})) == ([], {views.NO_PROMPT: 1})


@given(st.lists(st.sampled_from([TIE, BAD, CANT, *(prefers(s, m) for s in (0, 1) for m in (1, 2, 3, 4))]), max_size=7))
def test_every_pair_is_fit_to_train_on_and_every_task_is_accounted_for(answers: list[Answer]) -> None:
    rows, dropped = paired(*answers)
    for row in rows:
        assert PREFERENCE.row.model_validate(row, strict=True).model_dump() == row
        assert row["chosen"] != row["rejected"]
        assert isinstance(row["margin"], float)
        assert 0 <= row["margin"] <= 4
        assert 0 < row["agreement"] <= 1
    tasks_dropped = {reason: n for reason, n in dropped.items() if reason.startswith("tasks")}
    assert len(rows) + sum(tasks_dropped.values()) == 1
    assert dropped.get(views.UNJUDGED, 0) == answers.count(CANT)


@pytest.mark.parametrize(
    ("seconds", "bucket"), [(0, "0-120"), (119.9, "0-120"), (120, "120-600"), (600, "600+"), (9e9, "600+")]
)
def test_time_is_told_in_buckets(seconds: float, bucket: str) -> None:
    assert views.bucket(seconds) == bucket


RATED = rating.Options(flags=(FlagOptions(name="refuses", title="Does it refuse?"),))
RATING_JUDGMENTS, RATINGS = KINDS["rating"].views(RATED)
ONE = ITEM.model_copy(update={"completions": ITEM.completions[:1]})


def rates(helpfulness: int | None, refuses: Flag | None) -> rating.Answer:
    return rating.Answer(
        verdict=rating.Verdict.RATED,
        ratings={"helpfulness": helpfulness, "correctness": 4, "clarity": None},
        flags={"refuses": refuses},
    )


def test_ratings_are_means_of_what_was_given() -> None:
    tally = Tally()
    cant = rating.Answer(verdict=rating.Verdict.CANT_JUDGE)
    answers = [rates(1, Flag.YES), rates(2, Flag.NOT_SURE), rates(None, Flag.NO), cant]
    (row,) = RATINGS.rows(task(*(judged(a, order=(0,)) for a in answers), item=ONE), tally)
    assert RATINGS.row.model_validate(row, strict=True).model_dump() == row
    assert (row["helpfulness"], row["correctness"], row["clarity"], row["refuses"]) == (1.5, 4.0, None, 0.5)
    assert (row["n"], row["model"], row["response"]) == (3, "m-1", [{"role": "assistant", "content": "Oak"}])
    assert tally.dropped == {views.UNJUDGED: 1}


def test_rating_judgments_have_a_field_for_each_scale_and_flag() -> None:
    answers = [rates(0, Flag.YES), rating.Answer(verdict=rating.Verdict.CANT_JUDGE)]
    full, empty = RATING_JUDGMENTS.rows(task(*(judged(a, order=(0,)) for a in answers), item=ONE), Tally())
    assert full["ratings"] == {"helpfulness": 0, "correctness": 4, "clarity": None}
    assert full["flags"] == {"refuses": "yes"}
    assert (empty["verdict"], empty["ratings"]["helpfulness"]) == ("cant_judge", None)
    for row in (full, empty):
        assert RATING_JUDGMENTS.row.model_validate(row, strict=True).model_dump() == row


def plain(annotation: Any) -> bool:
    """Whether a column's type is one that Parquet and JSONL both hold."""
    if annotation in (str, int, float, bool):
        return True
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is list:
        return plain(inner[0])
    if origin in (types.UnionType, typing.Union):
        return len(inner) == 2 and type(None) in inner and all(plain(i) for i in inner if i is not type(None))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return bool(annotation.model_fields) and all(plain(f.annotation) for f in annotation.model_fields.values())
    return False


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_has_judgments_first_and_columns_of_plain_types(name: str) -> None:
    kind = KINDS[name]
    offered = kind.views(kind.Options())
    assert offered[0].name == "judgments"
    assert len({view.name for view in offered}) == len(offered)
    for view in offered:
        assert plain(view.row), view.name
        assert view.lossy.endswith(".")


@pytest.mark.parametrize("view", [PREFERENCE, RATINGS], ids=lambda view: view.name)
def test_views_for_trainers_use_reserved_names_in_the_trainers_meaning_only(view: Any) -> None:
    assert views.RESERVED & set(view.row.model_fields) <= {"prompt", "chosen", "rejected", "margin"}
