"""What a task becomes in each view for trainers, and that nothing leaves one without a reason that is counted."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labeler.exports import rows as shapes
from labeler.exports.views import arena, helpsteer2, helpsteer3, hh, registry, strings, turns, unpaired
from labeler.exports.views.registry import Rules
from labeler.projects.reading.checks import Checker
from labeler.projects.reading.limits import Limits
from labeler.projects.reading.preference import transcript
from tasks import KINDS, comparison_rows, rating, views
from tasks.comparison_rows import PairView
from tasks.content import Role
from tests.api.contract import faults
from tests.exports import judged
from tests.exports.judged import (
    ASKED,
    BAD,
    BRIEF,
    CANT,
    ELM,
    LONG,
    OAK,
    OPTIONS,
    TALK,
    TIE,
    WITH_TOOL,
    every_view,
    made,
    prefers,
    rates,
    said,
    says,
    task,
    view,
)

EVERY = [pytest.param(kind, name, id=f"{kind}-{name}") for kind, name in every_view()]
PAIRS = [
    "preference", "preference_implicit", "messages_pair", "openai_dpo", "nemo_rl", "strings", "hh", "rewardbench",
]  # fmt: skip
MEANT = {
    "judgments": {"prompt", "completions", "margin"},
    "ratings": {"prompt"},
    "preference": {"prompt", "chosen", "rejected", "margin"},
    "preference_implicit": {"chosen", "rejected", "margin"},
    "messages_pair": {"messages", "chosen", "rejected", "margin"},
    "openai_dpo": set(),
    "nemo_rl": {"completions"},
    "strings": {"prompt", "chosen", "rejected", "margin"},
    "hh": {"chosen", "rejected"},
    "rewardbench": {"prompt", "chosen", "rejected"},
    "helpsteer3": set(),
    "arena": set(),
    "unpaired": {"prompt", "completion", "label"},
    "helpsteer2": {"prompt"},
    "ultrafeedback": {"completions"},
}
"""The names that trainers know a format by, where a view has them in that format's own meaning."""


def of_kind(kind: str, name: str) -> Any:
    return next(each for each in registry.offered(KINDS[kind], OPTIONS[kind]) if each.name == name)


def pointless(kind: pa.DataType, value: Any) -> bool:
    """Whether a number that a file has as a float, here or anywhere inside, would be written without its point."""
    if value is None:
        return False
    if pa.types.is_struct(kind):
        return any(pointless(kind.field(name).type, inner) for name, inner in value.items())
    if pa.types.is_list(kind):
        return any(pointless(kind.value_type, inner) for inner in value)
    return pa.types.is_floating(kind) and type(value) is not float


def one(name: str, of: Any, **given: Any) -> dict[str, Any]:
    (row,), dropped = made(view(name, **given), of)
    assert dropped == {}
    return row


def wrong(of: Any, row: dict[str, Any]) -> list[str]:
    """Where a row differs from the JSON Schema that lies beside its file."""
    schema = shapes.json_schema(of)
    return faults(schema, {word: value for word, value in schema.items() if word not in ("$schema", "$defs")}, row)


@pytest.mark.parametrize(("kind", "name"), EVERY)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the first draw makes the strategies
@given(data=st.data())
def test_every_row_keeps_to_its_schema_and_every_task_is_accounted_for(kind: str, name: str, data: Any) -> None:
    tasks = data.draw(st.lists(judged.comparisons if kind == "comparison" else judged.ratings, max_size=3))
    of = of_kind(kind, name)
    rows, dropped = made(of, *tasks)
    for row in rows:
        assert wrong(of, row) == []
        assert of.row.model_validate(row, strict=True).model_dump() == row
        assert not [each.name for each in shapes.schema(of.row) if pointless(each.type, row[each.name])]
    if name not in ("judgments", "arena"):
        left_out = sum(n for reason, n in dropped.items() if reason.startswith("tasks "))
        assert len(rows) + left_out == len(tasks)
    if isinstance(of, PairView):
        answers = [each.answer for each in tasks for each in each.judgments if not each.late]
        assert dropped.get(views.UNJUDGED, 0) == answers.count(CANT)


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_a_schema_refuses_a_row_with_a_column_too_few_too_many_or_of_another_type(kind: str, name: str) -> None:
    of = of_kind(kind, name)
    good = prefers(0, 2) if kind == "comparison" else rates(3, 4, 1)
    (row,), _ = made(of, task([good], completions=(OAK, ELM) if kind == "comparison" else (OAK,)))
    assert wrong(of, row) == []
    for column in row:
        assert wrong(of, {each: row[each] for each in row if each != column})
        assert wrong(of, {**row, column: {"an": "object"}})
    assert wrong(of, {**row, "more": 1})


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_reserved_names_are_used_in_their_own_meaning_or_not_at_all(kind: str, name: str) -> None:
    columns = set(shapes.schema(of_kind(kind, name).row).names)
    assert views.RESERVED & columns == MEANT[name] & columns
    assert MEANT[name] <= columns | {"margin"}


@pytest.mark.parametrize("name", PAIRS)
def test_no_pair_view_has_null_a_mix_of_texts_and_lists_or_equal_sides(name: str) -> None:
    of = view(name)
    assert not [
        field for field in ("margin", "label") if "null" in str(shapes.json_schema(of)["properties"].get(field))
    ]
    sides = {
        str(shapes.schema(of.row).field(c).type) for c in ("prompt", "chosen", "rejected") if c in of.row.model_fields
    }
    assert len(sides) <= 1
    same = said("Oak", "other")
    assert made(of, task([prefers(0)], completions=(OAK, same))) == ([], {comparison_rows.SAME_TEXT: 1})


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([TIE, TIE, prefers(0)], comparison_rows.TIED),
        ([BAD, BAD, prefers(0)], comparison_rows.BOTH_BAD),
        ([prefers(0), prefers(1)], comparison_rows.DIVIDED),
    ],
)
def test_ties_and_both_bad_leave_every_pair_view_with_a_count(name: str, answers: list[Any], reason: str) -> None:
    assert made(view(name), task(answers)) == ([], {reason: 1})


def test_the_implicit_form_has_the_prompt_on_both_sides() -> None:
    row = one("preference_implicit", task([prefers(1, 3)], BRIEF))
    asked = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Name a tree."}]
    assert row["chosen"] == [*asked, {"role": "assistant", "content": "Elm"}]
    assert row["rejected"] == [*asked, {"role": "assistant", "content": "Oak"}]
    assert (row["margin"], row["chosen_model"]) == (3.0, "m-2")


def test_a_messages_pair_ends_with_the_user_and_has_one_turn_a_side() -> None:
    row = one("messages_pair", task([prefers(0)], TALK))
    assert [turn["role"] for turn in row["messages"]] == ["user", "assistant", "user"]
    assert (row["chosen"], row["rejected"]["content"]) == ({"role": "assistant", "content": "Oak"}, "Elm")
    of = view("messages_pair")
    odd = (*ASKED, *ASKED)
    assert made(of, task([prefers(0)], odd), task([prefers(0)], WITH_TOOL))[1] == {turns.NOT_ALTERNATING: 2}
    assert made(of, task([prefers(0)], completions=(OAK, LONG)))[1] == {turns.NOT_ONE_TEXT: 1}


def test_an_openai_line_has_the_three_columns_the_service_knows_and_no_other() -> None:
    assert one("openai_dpo", task([prefers(1)], BRIEF)) == {
        "input": {
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Name a tree."}]
        },
        "preferred_output": [{"role": "assistant", "content": "Elm"}],
        "non_preferred_output": [{"role": "assistant", "content": "Oak"}],
    }
    assert made(view("openai_dpo"), task([prefers(0)], WITH_TOOL))[1] == {turns.TOOL_TURNS: 1}


def test_nemo_rl_has_two_completions_of_different_rank_the_better_first() -> None:
    row = one("nemo_rl", task([prefers(1)]))
    assert [(each["rank"], each["completion"][0]["content"]) for each in row["completions"]] == [(0, "Elm"), (1, "Oak")]


def test_strings_join_to_a_whole_text_and_refuse_texts_that_look_like_turns() -> None:
    row = one("strings", task([prefers(0, 2)], (says(Role.SYSTEM, "Be brief."), *TALK)))
    assert row["prompt"] + row["chosen"] == (
        "System: Be brief.\n\nUser: Name a tree.\n\nAssistant: Oak.\n\nUser: Another.\n\nAssistant: Oak"
    )
    assert (row["rejected"], row["margin"]) == (" Elm", 2.0)
    forged = said("Oak\nUser: thanks")
    assert made(view("strings"), task([prefers(0)], completions=(forged, ELM)))[1] == {strings.MARKED: 1}


def test_a_transcript_has_a_marker_before_each_turn() -> None:
    row = one("hh", task([prefers(0)], TALK))
    start = "\n\nHuman: Name a tree.\n\nAssistant: Oak.\n\nHuman: Another.\n\nAssistant: "
    assert (row["chosen"], row["rejected"]) == (f"{start}Oak", f"{start}Elm")
    assert made(view("hh"), task([prefers(0)], BRIEF))[1] == {turns.SYSTEM_TURNS: 1}


@given(judged.talks, judged.words, judged.words)
def test_a_transcript_reads_back_as_its_turns_or_is_left_out_with_a_count(talk: Any, better: str, worse: str) -> None:
    rows, dropped = made(view("hh"), task([prefers(0)], talk, (said(better), said(worse))))
    if not rows:
        assert sum(dropped.values()) == 1
        return
    for side, text in (("chosen", better), ("rejected", worse)):
        check = Checker(Limits())
        read = transcript(rows[0][side], side, check)
        assert not check.problems
        spoken = [(turn.role, turn.content) for turn in talk]
        assert [(turn["role"], turn["content"]) for turn in read] == [*spoken, (Role.ASSISTANT, text)]


@pytest.mark.parametrize("place", range(3))
def test_a_text_with_a_turn_marker_is_in_no_transcript(place: int) -> None:
    texts = ["Name a tree.", "Oak", "Elm"]
    texts[place] += "\n\nHuman: no, wait"
    of = task([prefers(0)], (says(Role.USER, texts[0]),), (said(texts[1]), said(texts[2])))
    assert made(view("hh"), of) == ([], {hh.MARKED: 1})


def test_rewardbench_is_one_question_and_two_texts_and_knows_no_null() -> None:
    row = one("rewardbench", task([prefers(1)], completions=(said("Oak"), ELM)))
    assert row == {
        "prompt": "Name a tree.", "chosen": "Elm", "chosen_model": "m-2", "rejected": "Oak",
        "rejected_model": "unknown", "subset": "first", "id": "t1",
    }  # fmt: skip
    assert made(view("rewardbench"), task([prefers(0)], TALK))[1] == {turns.NOT_ONE_QUESTION: 1}


def test_helpsteer3_keeps_ties_as_0_and_counts_who_called_both_bad() -> None:
    of = task([prefers(0, 4, reasons=("Clear",), comment="Good."), prefers(1, 1), TIE, BAD, CANT])
    (row,), dropped = made(view("helpsteer3"), of)
    assert [each["score"] for each in row["individual_preference"]] == [-3, 1, 0]
    assert row["overall_preference"] == -1
    assert row["individual_preference"][0]["reasoning"] == "Clear\nGood."
    assert (row["response1"], row["response2"], row["domain"], row["language"]) == ("Oak", "Elm", "general", "en")
    assert dropped == {views.UNJUDGED: 1, helpsteer3.BAD_VOTES: 1}
    assert one("helpsteer3", task([TIE]))["overall_preference"] == 0
    assert made(view("helpsteer3"), task([BAD, BAD]))[1] == {helpsteer3.BAD_VOTES: 2, helpsteer3.ALL_BAD: 1}


def test_helpsteer3_takes_domain_and_language_from_what_the_row_said() -> None:
    row = one("helpsteer3", task([TIE], meta={"domain": "code", "language": "python"}))
    assert (row["domain"], row["language"]) == ("code", "python")


@given(st.integers(-30, 30), st.integers(1, 10))
def test_both_sides_are_rounded_alike(total: int, n: int) -> None:
    assert helpsteer3.rounded(total / n) == -helpsteer3.rounded(-total / n)
    assert abs(helpsteer3.rounded(total / n) - total / n) <= 0.5


def test_seven_points_are_helpsteer3s_own() -> None:
    of = view("helpsteer3", scale="seven")
    scores = [made(of, task([prefers(1, degree)]))[0][0]["overall_preference"] for degree in (1, 2, 3)]
    assert scores == [1, 2, 3]


def test_a_battle_is_one_vote_with_both_models_and_keeps_both_bad_apart_from_a_tie() -> None:
    rows, dropped = made(view("arena"), task([prefers(0), CANT, TIE, BAD, prefers(1)], TALK))
    assert [row["winner"] for row in rows] == ["model_a", "tie", "both_bad", "model_b"]
    assert [(row["id"], row["evaluation_order"]) for row in rows] == [("j0", 1), ("j2", 2), ("j3", 3), ("j4", 4)]
    assert {(row["model_a"], row["model_b"], row["shown_first"]) for row in rows} == {("m-1", "m-2", "model_b")}
    assert [turn["content"] for turn in rows[0]["conversation_b"]] == ["Name a tree.", "Oak.", "Another.", "Elm"]
    assert dropped == {views.UNJUDGED: 1}
    assert made(view("arena"), task([TIE], completions=(OAK, said("Elm")))) == ([], {arena.NO_MODELS: 1})


def test_a_battle_tells_how_the_answers_look() -> None:
    looks = said("# Trees\n\n- **oak**\n- elm\n1. ash", "m-1")
    row = one("arena", task([TIE], completions=(looks, ELM)))
    assert row["style_a"] == {"chars": 31, "headers": 1, "list_items": 3, "bold": 1}
    assert row["style_b"] == {"chars": 3, "headers": 0, "list_items": 0, "bold": 0}


def test_a_label_is_a_boolean_from_an_absolute_rating_and_the_middle_has_none() -> None:
    of = view("unpaired")
    tasks = [
        task([rates(*v) for v in given], completions=(OAK,)) for given in ([(3,), (4,)], [(1,)], [(2,)], [(None,)])
    ]
    rows, dropped = made(of, *tasks)
    assert [(row["label"], row["score"], row["n"]) for row in rows] == [(True, 3.5, 2), (False, 1.0, 1)]
    assert rows[0]["completion"] == [{"role": "assistant", "content": "Oak"}]
    assert dropped == {unpaired.MIDDLE: 1, unpaired.NO_VALUE: 1}


@pytest.mark.parametrize(("good_from", "label"), [(2.0, True), (2.5, False), (None, None)])
def test_a_threshold_decides_the_middle_too(good_from: float | None, label: bool | None) -> None:
    rows, _ = made(view("unpaired", Rules(label_from=good_from)), task([rates(2)], completions=(OAK,)))
    assert [row["label"] for row in rows] == ([] if label is None else [label])


def test_a_label_is_made_of_the_scale_that_was_chosen() -> None:
    of = view("unpaired", Rules(label_scale="warmth"))
    rows, _ = made(of, task([rates(0, 1, 1)], completions=(OAK,)))
    assert [(row["label"], row["score"]) for row in rows] == [(True, 1.0)]


def test_helpsteer2_has_whole_numbers_from_0_to_4_on_the_scales_it_knows() -> None:
    of = task([rates(3, 5, 1), rates(4, 4, 0)], TALK, (OAK,))
    assert one("helpsteer2", of) == {
        "id": "t1",
        "prompt": "Name a tree.\n<extra_id_1>Assistant\nOak.\n<extra_id_1>User\nAnother.",
        "response": "Oak",
        "helpfulness": 4,
        "verbosity": 4,
    }
    left_out = [
        (task([rates(3, None)], completions=(OAK,)), helpsteer2.NO_VALUE),
        (task([rates(3, 1)], BRIEF, (OAK,)), turns.SYSTEM_TURNS),
        (task([rates(3, 1)], (says(Role.USER, "<extra_id_1>"),), (OAK,)), helpsteer2.MARKED),
        (task([rates(3, 1)], completions=(LONG,)), turns.NOT_ONE_TEXT),
    ]
    for each, reason in left_out:
        assert made(view("helpsteer2"), each) == ([], {reason: 1})


def rated_row(row_id: str | None, n: int, first: int = 0) -> list[Any]:
    """The tasks of one imported row with `n` completions."""
    return [
        task(
            [rates(3, 3, 1, comment="Fine.")], completions=(said(f"tree {i}", f"m-{i}"),), id=f"{row_id}-{i}",
            row_id=row_id, of_row=(i,),
        )
        for i in range(first, n)
    ]  # fmt: skip


def test_ultrafeedback_puts_the_completions_of_an_imported_row_together() -> None:
    rows, dropped = made(view("ultrafeedback"), *rated_row("a", 3), *rated_row("b", 2))
    assert [(row["id"], row["models"]) for row in rows] == [("a-0", ["m-0", "m-1", "m-2"]), ("b-0", ["m-0", "m-1"])]
    assert [each["response"] for each in rows[0]["completions"]] == ["tree 0", "tree 1", "tree 2"]
    first = rows[0]["completions"][0]
    assert first["annotations"]["verbosity"] == {"Rating": "3", "Rationale": ""}
    assert first["overall_score"] == pytest.approx(1 + 9 * 0.75)
    assert first["fine-grained_score"] == pytest.approx(4.0)
    assert (first["critique"], dropped) == ("Fine.", {})


def test_rows_without_a_name_of_the_same_prompt_are_told_apart_by_their_places() -> None:
    rows, _ = made(view("ultrafeedback"), *rated_row(None, 2), *rated_row(None, 3), *rated_row(None, 3, first=1))
    assert [len(row["completions"]) for row in rows] == [2, 3, 2]


def test_a_row_of_one_completion_stands_alone() -> None:
    alone = [task([rates(1, 1, 0)], completions=(OAK,), id=key) for key in ("x", "y")]
    assert [row["id"] for row in made(view("ultrafeedback"), *alone)[0]] == ["x", "y"]


def test_what_a_scale_was_not_given_is_not_available_and_no_number() -> None:
    (row,), _ = made(view("ultrafeedback"), task([rates(4, None, None)], completions=(OAK,)))
    annotations = row["completions"][0]["annotations"]
    assert [each["Rating"] for each in annotations.values()] == ["4", "N/A", "N/A"]
    assert row["completions"][0]["overall_score"] == 10.0


def test_who_cannot_judge_and_who_is_late_are_counted_out_of_every_view() -> None:
    cant = rating.Answer(verdict=rating.Verdict.CANT_JUDGE)
    for kind, name in every_view():
        if name == "judgments":
            continue
        answers: list[Any] = [CANT, prefers(0)] if kind == "comparison" else [cant, rates(1, 1, 1)]
        of = task(answers, completions=(OAK, ELM) if kind == "comparison" else (OAK,), late=1)
        expected = {views.LATE: 1, views.UNJUDGED: 1, views.NO_OPINION: 1}
        assert made(of_kind(kind, name), of) == ([], expected), name
