"""What becomes of a row of each shape: prompt, completions, models; what it says about them is kept aside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from labeler.projects.reading import Limits
from tasks import kind
from tasks.content import Category, Row, Severity
from tests.projects.making import problems_of, rows_of, write
from tests.projects.samples import (
    ARENA_PARTS,
    ARENA_PLAIN,
    ARENA_TEXT,
    ASKED,
    BINARIZED,
    BREAD,
    EXPLICIT,
    EXPLICIT_TEXT,
    FLOUR,
    HELPSTEER2,
    HELPSTEER2_PAIRS,
    HELPSTEER2_SECOND,
    HELPSTEER3,
    HH,
    IMPLICIT,
    NATIVE,
    NECTAR,
    OASST,
    OPENAI,
    SCORES,
    TIME,
    ULTRAFEEDBACK,
    WHOLE_TEXT,
    Raw,
    message,
    said,
)

Turns = list[tuple[str, str]]


@pytest.fixture
def one(tmp_path: Path) -> Any:
    """Reads one raw row and returns the row of ours that it becomes."""

    def read_one(raw: Raw, name: str = "comparison", **options: Any) -> Row:
        [row] = rows_of(write(tmp_path / "file", [raw]), name, **options)
        return row

    return read_one


@pytest.fixture
def wrong(tmp_path: Path) -> Any:
    """Reads one raw row and returns what is wrong with it, by field."""

    def read_one(raw: Raw, limits: Limits | None = None, shape: str | None = None) -> dict[str, str]:
        return {
            each.field: each.message
            for each in problems_of(write(tmp_path / "file", [raw]), "comparison", limits, shape)
        }

    return read_one


def prompt_of(row: Row) -> Turns:
    return [(turn.role.value, turn.content) for turn in row.prompt]


def completions_of(row: Row) -> list[Turns]:
    return [[(turn.role.value, turn.content) for turn in each.messages] for each in row.completions]


def answers(row: Row) -> list[str]:
    """The completions, where each is one turn of the assistant."""
    given = completions_of(row)
    assert all(len(turns) == 1 and turns[0][0] == "assistant" for turns in given)
    return [turns[0][1] for turns in given]


def models(row: Row) -> list[str | None]:
    return [each.model for each in row.completions]


# Our own shape


def test_native_says_everything(one: Any) -> None:
    row = one(NATIVE)
    assert prompt_of(row) == [("system", "Be brief."), ("user", BREAD["content"])]
    assert answers(row) == [TIME["content"], FLOUR["content"], "Buy bread."]
    assert models(row) == ["heron-2", "plover-1", "heron-1"]
    assert (row.id, row.language) == ("bread-1", "en")
    assert row.categories == {Category.W10: Severity.MILD}
    assert row.source_label == {"ranks": [1, 2, 3]}
    assert row.meta == {"topic": "baking"}


@pytest.mark.parametrize(
    "completion",
    [
        "Give the dough more time.",
        TIME,
        [TIME],
        {"text": "Give the dough more time."},
        {"messages": [TIME]},
        {"from": "gpt", "value": "Give the dough more time."},
        {"text": "Give the dough more time.", "messages": None, "model": None},
    ],
)
def test_native_completions_may_be_written_in_short(completion: Any, one: Any) -> None:
    assert answers(one({"prompt": "Dense?", "completions": [completion]}, "rating")) == [TIME["content"]]


def test_native_without_categories_leaves_them_unknown_and_an_empty_object_says_none(one: Any) -> None:
    short = {"prompt": "Dense?", "completions": ["a", "b"]}
    assert one(short).categories is None
    assert one({**short, "categories": {}}).categories == {}
    assert one({**short, "categories": ["W03", "W06"]}).categories == {Category.W03: 2, Category.W06: 2}
    assert one({**short, "categories": {"W06": 3.0, "W03": None}}).categories == {Category.W06: 3}


def test_turns_of_system_and_tools_come_through(one: Any) -> None:
    call = [{"id": "c1", "type": "function", "function": {"name": "oven", "arguments": '{"at": 230}'}}]
    prompt = [
        {"role": "developer", "content": "Use the oven."},
        said("user", "Bake."),
        {"role": "assistant", "content": None, "tool_calls": call},
        {"role": "tool", "name": "oven", "content": "230", "tool_call_id": "c1"},
    ]
    row = one(
        {
            "prompt": prompt,
            "completions": [[{"role": "assistant", "content": "", "tool_calls": "[]"}, said("tool", "ok"), TIME], "b"],
        }
    )
    assert prompt_of(row) == [("system", "Use the oven."), ("user", "Bake."), ("assistant", ""), ("tool", "230")]
    assert json.loads(row.prompt[2].tool_calls or "") == call
    assert row.prompt[3].name == "oven"
    assert row.completions[0].messages[0].tool_calls == "[]"
    assert [turn.role.value for turn in row.completions[0].messages] == ["assistant", "tool", "assistant"]


def test_parts_of_text_become_one_text(one: Any, wrong: Any) -> None:
    parts = [{"type": "text", "text": "Dense."}, {"type": "text", "text": "Why?"}]
    assert prompt_of(one({"prompt": [said("user", parts)], "completions": ["a", "b"]})) == [("user", "Dense.\n\nWhy?")]
    image = [{"type": "image", "image": "x"}, *parts]
    assert "no images" in wrong({"prompt": [said("user", image)], "completions": ["a", "b"]})["prompt.0.content"]


def test_all_that_is_wrong_with_a_native_row_is_told_at_once(wrong: Any) -> None:
    found = wrong(
        {
            "prompt": [{"role": "wizard", "content": "a"}, {"role": "user"}, "x"],
            "completions": [
                {"text": 5},
                {"text": "a", "colour": "b"},
                {"text": "a", "messages": []},
                {"colour": "x"},
                [],
            ],
            "id": ["x"],
            "language": 5,
            "categories": {"W99": 1, "W06": 7, "W05": True, "W04": "2"},
            "source_label": [1],
            "meta": "x",
            "colour": "red",
        }
    )
    assert set(found) == {
        "prompt.0.role", "prompt.1.content", "prompt.2", "completions.0.text", "completions.1.colour",
        "completions.2", "completions.3", "completions.4", "id", "language", "categories", "categories.W06",
        "categories.W05", "categories.W04", "source_label", "meta", "colour",
    }  # fmt: skip
    assert found["colour"].startswith("There is no such field. The fields are categories, completions, id,")


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"prompt": "a", "completions": []}, "completions"),
        ({"prompt": "a", "completions": None}, "completions"),
        ({"prompt": "a", "completions": "b"}, "completions"),
        ({"prompt": "", "completions": ["a", "b"]}, "prompt"),
        ({"prompt": [], "completions": ["a", "b"]}, "prompt"),
        ({"prompt": [said("user", " \n")], "completions": ["a", "b"]}, "prompt"),
        ({"prompt": None, "completions": ["a", "b"]}, "prompt"),
        ({"prompt": 5, "completions": ["a", "b"]}, "prompt"),
        ({"prompt": "a", "completions": ["a", "b"], "id": True}, "id"),
        ({"prompt": "a", "completions": ["a", "b"], "id": "x" * 201}, "id"),
        ({"prompt": "a", "completions": ["a", "b"], "id": "x\0"}, "id"),
        ({"prompt": "a", "completions": ["a", "b"], "categories": [{}]}, "categories"),
        ({"prompt": "a", "completions": ["a", "b"], "categories": "W06"}, "categories"),
    ],
)
def test_a_native_row_names_the_field_that_is_wrong(raw: Raw, field: str, wrong: Any) -> None:
    assert list(wrong(raw)) == [field]


def test_a_row_is_held_to_the_limits(wrong: Any) -> None:
    limits = Limits(cell_bytes=10, turns=2, completions=3, meta_bytes=20)
    found = wrong(
        {
            "prompt": [said("user", "a")] * 3,
            "completions": ["x" * 11, "ééééé", "éééééé"],
            "meta": {"a": "x" * 20},
        },
        limits,
    )
    assert set(found) == {"prompt", "completions.0", "completions.2", "meta"}
    assert set(wrong({"prompt": "a", "completions": ["a", "b", "c", "d"]}, limits)) == {"completions"}


# TRL


def test_explicit_preferences_keep_which_was_chosen_aside(one: Any) -> None:
    row = one(EXPLICIT)
    assert prompt_of(row) == [("user", BREAD["content"])]
    assert answers(row) == [TIME["content"], FLOUR["content"]]
    assert row.source_label == {"chosen": 0, "rejected": 1, "margin": 1.5}
    assert (row.id, row.meta) == ("b-1", {"topic": "baking"})


def test_explicit_texts_are_one_turn_each_and_keep_their_space(one: Any) -> None:
    row = one(EXPLICIT_TEXT)
    assert prompt_of(row) == [("user", ASKED)]
    assert answers(row) == [" Water it from below.", " Basil is a herb."]
    assert row.source_label == {"chosen": 0, "rejected": 1}


def test_binarized_completions_lose_the_prompt_that_they_repeat(one: Any) -> None:
    row = one(BINARIZED)
    assert prompt_of(row) == [("user", ASKED)]
    assert answers(row) == ["Water it from below.", "Basil is a herb."]
    assert row.source_label == {"chosen": 0, "rejected": 1, "score_chosen": 8.5, "score_rejected": 3.0}
    assert row.id == "f00d"
    assert row.meta is None, "its messages are the chosen ones again, and would tell which"


def test_a_system_turn_before_a_repeated_prompt_becomes_part_of_it(one: Any) -> None:
    row = one({"prompt": ASKED, "chosen": [said("system", "Be brief."), said("user", f"{ASKED}\n"), TIME],
               "rejected": [said("system", "Be brief."), said("user", f"{ASKED}\n"), FLOUR]})  # fmt: skip
    assert prompt_of(row) == [("system", "Be brief."), ("user", f"{ASKED}\n")]
    assert answers(row) == [TIME["content"], FLOUR["content"]]


def test_a_completion_that_begins_with_another_prompt_is_refused(wrong: Any) -> None:
    found = wrong({"prompt": ASKED, "chosen": [said("user", "Other?"), TIME], "rejected": [FLOUR]})
    assert found == {"chosen": "This begins with a turn that the prompt does not have."}


def test_models_of_a_pair_are_known_where_it_says_them(one: Any) -> None:
    assert models(one({**EXPLICIT_TEXT, "chosen_model": "heron-2", "rejected_model": "plover-1"})) == [
        "heron-2",
        "plover-1",
    ]
    assert models(one({**EXPLICIT_TEXT, "chosen-model": "heron-2", "rejected-model": "plover-1"})) == [
        "heron-2",
        "plover-1",
    ]


def test_a_transcript_as_the_prompt_is_taken_apart(one: Any) -> None:
    row = one({**EXPLICIT_TEXT, "prompt": "\n\nHuman: Hello\n\nAssistant: Hi.\n\nHuman: 17 × 23?\n\nAssistant:"})
    assert prompt_of(row) == [("user", "Hello"), ("assistant", "Hi."), ("user", "17 × 23?")]


def test_implicit_preferences_share_their_prompt(one: Any, wrong: Any) -> None:
    row = one(IMPLICIT)
    assert prompt_of(row) == [("user", BREAD["content"])]
    assert answers(row) == [TIME["content"], FLOUR["content"]]
    assert row.source_label == {"chosen": 0, "rejected": 1}
    assert (
        "share no prompt"
        in wrong({"chosen": [said("user", "a"), TIME], "rejected": [said("user", "b"), TIME]})["chosen"]
    )
    assert "share no prompt" in wrong({"chosen": [], "rejected": [said("user", "b"), TIME]})["chosen"]


def test_conversations_that_part_early_keep_all_their_turns(one: Any) -> None:
    start = [said("user", "Hello"), said("assistant", "Hi.")]
    row = one({"chosen": [*start, BREAD, TIME], "rejected": [*start, said("user", "Flour?"), FLOUR]})
    assert prompt_of(row) == [("user", "Hello")]
    assert [len(turns) for turns in completions_of(row)] == [3, 3]


def test_whole_texts_part_after_a_whole_word(one: Any, wrong: Any) -> None:
    row = one(WHOLE_TEXT)
    assert prompt_of(row) == [("user", "Question: why is the sky red?\nAnswer: ")]
    assert answers(row) == ["The light takes a longer way.", "It is tired."]
    assert "share no prompt" in wrong({"chosen": "Rain.", "rejected": "Snow."})["chosen"]


# HH, OpenAI


def test_transcripts_become_turns(one: Any) -> None:
    row = one(HH)
    assert prompt_of(row) == [("user", "Hello"), ("assistant", "Good day."), ("user", "What is 17 × 23?")]
    assert answers(row) == ["391.", "About 400."]
    assert row.source_label == {"chosen": 0, "rejected": 1}
    assert row.meta == {"split": "test"}


def test_transcripts_keep_what_stands_at_the_end_of_a_turn(one: Any) -> None:
    row = one(
        {
            "chosen": "\n\nHuman: Hi \n\nAssistant:  Yes.\n\nNot: a turn. \n",
            "rejected": "\n\nHuman: Hi \n\nAssistant: No.",
        }
    )
    assert prompt_of(row) == [("user", "Hi ")]
    assert answers(row) == [" Yes.\n\nNot: a turn. \n", "No."]


def test_transcripts_may_go_on_with_the_human_and_may_hold_an_empty_answer(one: Any) -> None:
    row = one({"chosen": "\n\nHuman: Hi\n\nAssistant: Yes?\n\nHuman: Bye", "rejected": "\n\nHuman: Hi\n\nAssistant:"})
    assert completions_of(row) == [[("assistant", "Yes?"), ("user", "Bye")], [("assistant", "")]]


def test_transcripts_may_lack_the_first_empty_lines(one: Any) -> None:
    assert prompt_of(one({"chosen": "Human: Hi\n\nAssistant: a", "rejected": "Human: Hi\n\nAssistant: b"})) == [
        ("user", "Hi")
    ]


def test_a_text_that_is_no_transcript_among_them_is_refused(tmp_path: Path) -> None:
    found = problems_of(write(tmp_path / "file", [HH, {"chosen": "Hello there", "rejected": HH["rejected"]}]))
    assert [(each.line, each.field) for each in found] == [(2, "chosen")]


def test_openai_preferences_keep_tools_as_meta(one: Any, wrong: Any) -> None:
    row = one(OPENAI)
    assert prompt_of(row) == [("system", "Be brief."), ("user", BREAD["content"])]
    assert answers(row) == [TIME["content"], FLOUR["content"]]
    assert row.source_label == {"chosen": 0, "rejected": 1}
    assert row.meta == {"tools": OPENAI["input"]["tools"], "parallel_tool_calls": True}
    assert set(wrong({**OPENAI, "input": [1]})) == {"input"}
    assert set(wrong({**OPENAI, "preferred_output": []})) == {"preferred_output"}


# Published datasets


def test_ultrafeedback_gives_six_pairs_or_four_ratings(one: Any) -> None:
    row = one(ULTRAFEEDBACK)
    assert prompt_of(row) == [("user", ASKED)]
    assert answers(row) == ["Water it.", "Give it light.", "Basil?", "Pinch off the tips."]
    assert models(row) == ["heron-1", "heron-2", "plover-1", "plover-2"]
    assert [each["overall_score"] for each in row.source_label["scores"]] == [3.0, 4.0, 1.0, 5.0]
    assert row.source_label["scores"][0]["annotations"]["helpfulness"]["Rating"] == "3"
    assert row.meta == {"source": "made_up"}
    assert len(kind("comparison").items(row)) == 6
    assert len(kind("rating").items(row)) == 4


def test_ultrafeedback_names_the_completion_that_is_wrong(wrong: Any) -> None:
    found = wrong({**ULTRAFEEDBACK, "completions": [{"response": None, "model": 5}, "text"]})
    assert set(found) == {"completions.0.response", "completions.0.model", "completions.1"}


def test_helpsteer2_rows_of_one_prompt_are_joined_where_completions_are_compared(tmp_path: Path) -> None:
    other = {**HELPSTEER2, "prompt": "Another?"}
    path = write(
        tmp_path / "file",
        [HELPSTEER2, HELPSTEER2_SECOND, other, {**other, "response": "b"}, {**other, "response": "c"}],
    )
    first, second = rows_of(path)
    assert answers(first) == ["Water it.", "Give it light."]
    assert first.source_label == {"scores": [SCORES, {**SCORES, "helpfulness": 4}]}
    assert answers(second) == ["Water it.", "b", "c"]
    assert [answers(row) for row in rows_of(path, "rating")] == [
        ["Water it."],
        ["Give it light."],
        ["Water it."],
        ["b"],
        ["c"],
    ]
    assert rows_of(path, "rating")[0].source_label == SCORES


def test_joined_rows_have_the_hardest_content_of_all(tmp_path: Path) -> None:
    soft, hard = {**HELPSTEER2, "categories": {"W06": 1}}, {**HELPSTEER2_SECOND, "categories": {"W06": 3, "W03": 1}}
    [row] = rows_of(write(tmp_path / "file", [soft, hard]))
    assert row.categories == {Category.W06: 3, Category.W03: 1}
    [row] = rows_of(write(tmp_path / "file", [soft, HELPSTEER2_SECOND]))
    assert row.categories is None


def test_no_more_rows_are_joined_than_a_row_may_have_completions(tmp_path: Path) -> None:
    path = write(tmp_path / "file", [{**HELPSTEER2, "response": f"r{n}"} for n in range(5)])
    assert [len(row.completions) for row in rows_of(path, limits=Limits(completions=2))] == [2, 2, 1]


def test_turns_folded_into_a_helpsteer2_prompt_are_unfolded(one: Any) -> None:
    row = one(HELPSTEER2_PAIRS)
    assert prompt_of(row) == [("user", "Hello"), ("assistant", "Good day."), ("user", "What is 17 × 23?")]
    assert answers(row) == ["391.", "About 400."]
    assert row.source_label == {
        "preference_strength": -2,
        "preference_statement": "Response 1 is better.",
        "preference_elaboration": "It is right.",
    }


def test_helpsteer3_keeps_single_preferences_aside_and_knows_its_languages(one: Any) -> None:
    row = one(HELPSTEER3)
    assert [role for role, _ in prompt_of(row)] == ["user", "assistant", "user"]
    assert answers(row) == ["Then bake it hotter.", "Then wait."]
    assert row.source_label["overall_preference"] == -1
    assert row.source_label["individual_preference"][0]["score"] == -1
    assert (row.language, row.meta) == ("en", {"domain": "general"})
    code = one({**HELPSTEER3, "domain": "code", "language": "go"})
    assert (code.language, code.meta) == (None, {"domain": "code", "language": "go"})


def test_nectar_gives_every_pair_of_a_ranking(one: Any) -> None:
    row = one(NECTAR)
    assert prompt_of(row) == [("user", "Hello"), ("assistant", "Good day."), ("user", "What is 17 × 23?")]
    assert answers(row) == ["391.", "About 400.", "391"]
    assert models(row) == ["heron-2", "plover-1", "plover-2"]
    assert row.source_label == {"ranks": [1.0, 3.0, 2.0]}
    assert row.meta == {"turns": "2", "good_natured": "true"}
    assert len(kind("comparison").items(row)) == 3
    assert prompt_of(one({**NECTAR, "prompt": ASKED})) == [("user", ASKED)]


def test_arena_lists_in_texts_become_turns(one: Any, wrong: Any) -> None:
    row = one(ARENA_TEXT)
    assert prompt_of(row) == [("user", "What is 17 × 23?")]
    assert completions_of(row)[0] == [("assistant", "391."), ("user", "Sure?"), ("assistant", "Yes.")]
    assert models(row) == ["heron-2", "plover-1"]
    assert row.source_label == {"winner_model_a": 1, "winner_model_b": 0, "winner_tie": 0}
    assert (row.id, row.meta) == ("65089", None)
    assert wrong({**ARENA_TEXT, "response_b": '["About 400."]'}) == {
        "response_b": "This has 1 turns, the prompt has 2."
    }
    assert "response_a" in wrong({**ARENA_TEXT, "response_a": '["391.", null]'})


def test_arena_plain_texts_stay_texts(one: Any) -> None:
    row = one({**ARENA_TEXT, "prompt": "[1, 2]", "response_a": "3", "response_b": "[3]"})
    assert (prompt_of(row), answers(row)) == ([("user", "[1, 2]")], ["3", "[3]"])


def test_arena_parts_become_texts_and_both_bad_stays_apart_from_a_tie(one: Any) -> None:
    row = one(ARENA_PARTS)
    assert (prompt_of(row), answers(row)) == ([("user", "What is 17 × 23?")], ["391.", "About 400."])
    assert row.source_label == {"winner": "both_bad"}
    assert (row.id, row.language, row.meta) == ("c4b3", "en", {"evaluation_order": "1"})


def test_arena_conversations_know_their_language_by_name(one: Any) -> None:
    row = one(ARENA_PLAIN)
    assert (row.id, row.language, row.source_label) == ("58210e", "en", {"winner": "model_a"})
    assert one({**ARENA_PLAIN, "language": "unknown"}).language is None


def test_arena_sides_must_share_their_prompt(wrong: Any) -> None:
    found = wrong({**ARENA_PLAIN, "conversation_b": [said("user", "Other?"), said("assistant", "391.")]})
    assert found == {"conversation_a": "conversation_a and conversation_b share no prompt at their start."}


def test_sibling_replies_of_a_tree_are_completions_of_one_prompt(tmp_path: Path) -> None:
    path = write(tmp_path / "file", [OASST])
    deep, top = rows_of(path)
    assert prompt_of(top) == [("user", ASKED)]
    assert answers(top) == ["Water it.", "Give it light."]
    assert models(top) == ["plover-1", "heron-2"]
    assert top.source_label == {"ranks": [0, 1]}
    assert (top.id, top.language, top.meta) == ("m1", "en", {"message_tree_id": "m1"})
    assert prompt_of(deep) == [("user", ASKED), ("assistant", "Water it."), ("user", "How often?")]
    assert answers(deep) == ["Every week.", "When it is dry.", "Never."]
    assert deep.source_label == {"ranks": [1, 0, 2]}


def test_prompts_of_a_tree_with_one_reply_are_passed_over_only_where_two_are_compared(tmp_path: Path) -> None:
    path = write(tmp_path / "file", [OASST])
    assert sorted(len(row.completions) for row in rows_of(path, "rating")) == [1, 2, 3]
    assert sorted(len(row.completions) for row in rows_of(path)) == [2, 3]


def test_a_tree_names_the_reply_that_is_wrong(wrong: Any) -> None:
    reply = message("m2", "a", "assistant", [message("m3", "b", "prompter", [])])
    reply["replies"][0]["replies"] = [{"text": 5}]
    tree = {"message_tree_id": "m1", "prompt": message("m1", "a", "prompter", [reply, "b"])}
    assert set(wrong(tree)) == {"prompt.replies.0.replies.0.replies.0.text", "prompt.replies.1"}
    many = [message(f"r{n}", str(n), "assistant", []) for n in range(17)]
    assert set(wrong({"prompt": message("m1", "a", "prompter", many)})) == {"prompt.replies"}
    assert wrong({"prompt": message("m1", "a", "prompter", [])}) == {
        "prompt.replies": "No prompt of this tree has a reply."
    }


# In every shape


def test_our_categories_are_understood_in_every_shape(one: Any, wrong: Any) -> None:
    assert one({**EXPLICIT, "categories": {"W06": 2}}).categories == {Category.W06: 2}
    assert one({**HH, "categories": {}}).categories == {}
    assert one({**EXPLICIT, "categories": ["W06"]}).meta == {"topic": "baking"}
    assert set(wrong({**EXPLICIT, "categories": {"W06": 2, "W77": 1}})) == {"categories"}


def test_categories_of_another_sort_go_along_and_say_nothing(one: Any) -> None:
    for theirs in (["cooking"], [], {"cooking": True}, "W06"):
        row = one({**EXPLICIT, "categories": theirs})
        assert row.categories is None
        assert row.meta == {"topic": "baking", "categories": theirs}


def test_a_language_is_understood_in_every_shape(one: Any) -> None:
    assert one({**EXPLICIT, "language": "sw"}).language == "sw"
    assert one({**EXPLICIT, "language": "German"}).language == "de"
    assert one({**EXPLICIT, "language": "Latin, mostly"}).meta == {"topic": "baking", "language": "Latin, mostly"}


def test_a_key_that_is_no_name_goes_along(one: Any) -> None:
    assert one({**EXPLICIT, "id": 7}).id == "7"
    row = one({**EXPLICIT, "id": [7]})
    assert (row.id, row.meta) == (None, {"topic": "baking", "id": [7]})


def test_columns_that_go_along_are_held_to_their_limit(wrong: Any) -> None:
    assert set(wrong({**EXPLICIT, "topic": "x" * 70_000})) == {"meta"}
    assert set(wrong({**EXPLICIT, "margin": "x" * 70_000})) == {"source_label"}
