"""A rating: scales, flags, can't judge; what is left out is null and never 0."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tasks.content import Completion, Message, Role, Row
from tasks.kind import AnswerRefused
from tasks.rating import Answer, Options, Rating, Verdict
from tasks.scales import Flag, FlagOptions, ScaleOptions

KIND = Rating()
TONE = ScaleOptions(name="tone", title="Tone", first=1, points=("Cold", "", "", "", "", "", "Warm"), required=False)
DEPTH = ScaleOptions(name="depth", title="Depth", points=("Flat", "Some", "Deep"))
PRIVATE = FlagOptions(name="private", title="Does it name a private person?")
REFUSES = FlagOptions(name="refuses", title="Does it refuse?", required=True)
OPTIONS = Options(scales=(TONE, DEPTH), flags=(PRIVATE, REFUSES), reasons=("Too long", "Too short"))
FULL = {"scale_tone": ["7"], "scale_depth": ["0"], "flag_private": ["not_sure"], "flag_refuses": ["no"]}


@st.composite
def answered(draw: st.DrawFn) -> tuple[Options, Answer]:
    """Options of any shape, and an answer that they allow."""
    needed = st.booleans()
    scales = tuple(
        ScaleOptions(
            name=f"s{i}",
            title=f"Scale {i}",
            points=("low", *[""] * draw(st.integers(0, 9)), "high"),
            first=draw(st.sampled_from((0, 1))),
            required=draw(needed),
        )
        for i in range(draw(st.integers(0, 3)))
    )
    least = 0 if scales else 1
    flags = tuple(
        FlagOptions(name=f"f{i}", title=f"Flag {i}", required=draw(needed)) for i in range(draw(st.integers(least, 3)))
    )
    options = Options(scales=scales, flags=flags, reasons=("Too long", "Too short"))
    said: dict[str, Any] = {
        "reasons": draw(st.sampled_from([(), ("Too long",), ("Too long", "Too short")])),
        "comment": draw(st.none() | st.text(max_size=100)),
    }
    if draw(st.booleans()):
        return options, Answer(verdict=Verdict.CANT_JUDGE, **said)

    def maybe(value: st.SearchStrategy[Any], required: bool) -> Any:
        return draw(value if required else st.none() | value)

    return options, Answer(
        verdict=Verdict.RATED,
        ratings={s.name: maybe(st.integers(s.first, s.last), s.required) for s in scales},
        flags={f.name: maybe(st.sampled_from(Flag), f.required) for f in flags},
        **said,
    )


@given(answered())
def test_an_answer_survives_its_form(case: tuple[Options, Answer]) -> None:
    options, answer = case
    assert KIND.read(KIND.fill(answer, (0,)), options, (0,)) == answer


@given(answered())
def test_a_radio_of_each_group_is_always_an_answer(case: tuple[Options, Answer]) -> None:
    choices = KIND.choices(case[0])
    for pick in (0, -1):
        form = {part["field"]: [part["points"][pick]["value"]] for part in choices["scales"] + choices["flags"]}
        assert KIND.read(form, case[0], (0,)).verdict is Verdict.RATED


def test_what_is_left_out_is_null_and_the_lowest_point_is_0() -> None:
    answer = KIND.read({"scale_depth": ["0"], "flag_refuses": ["yes"], "scale_tone": [""]}, OPTIONS, (0,))
    assert answer.ratings == {"tone": None, "depth": 0}
    assert answer.flags == {"private": None, "refuses": Flag.YES}


def test_cant_judge_excuses_what_is_required_and_leaves_ratings_out() -> None:
    answer = KIND.read({"cant_judge": ["yes"], "scale_depth": ["2"], "comment": ["Not my field"]}, OPTIONS, (0,))
    assert answer == Answer(verdict=Verdict.CANT_JUDGE, comment="Not my field")
    with pytest.raises(AnswerRefused):
        KIND.read({"cant_judge": ["yes"], "scale_depth": ["9"]}, OPTIONS, (0,))
    with pytest.raises(AnswerRefused):
        KIND.read({**FULL, "cant_judge": ["yes"]}, OPTIONS.model_copy(update={"cant_judge": False}), (0,))


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"scale_depth": []}, ["scale_depth"]),
        ({"scale_depth": ["3"]}, ["scale_depth"]),
        ({"scale_depth": ["-1"]}, ["scale_depth"]),
        ({"scale_depth": ["1.0"]}, ["scale_depth"]),
        ({"scale_depth": ["NaN"]}, ["scale_depth"]),
        ({"scale_depth": [float("nan")]}, ["scale_depth"]),
        ({"scale_depth": ["٢"]}, ["scale_depth"]),
        ({"scale_depth": ["1", "2"]}, ["scale_depth"]),
        ({"scale_depth": "1"}, ["scale_depth"]),
        ({"scale_tone": ["0"]}, ["scale_tone"]),
        ({"flag_refuses": ["maybe"]}, ["flag_refuses"]),
        ({"flag_refuses": []}, ["flag_refuses"]),
        ({"cant_judge": ["on"]}, ["cant_judge"]),
        ({"scale_beauty": ["1"]}, ["scale_beauty"]),
        (
            {"scale_depth": [], "scale_tone": ["x"], "flag_refuses": ["x"], "reasons": ["x"], "comment": ["x" * 3000]},
            ["scale_tone", "scale_depth", "flag_refuses", "reasons", "comment"],
        ),
    ],
)
def test_a_form_the_page_could_not_send_is_refused_with_every_problem(
    change: dict[str, Any], fields: list[str]
) -> None:
    with pytest.raises(AnswerRefused) as refused:
        KIND.read({**FULL, **change}, OPTIONS, (0,))
    assert [problem.field for problem in refused.value.problems] == fields


@pytest.mark.parametrize(
    "wrong",
    [
        {"scales": [], "flags": []},
        {"scales": [DEPTH, DEPTH]},
        {"scales": [DEPTH], "flags": [{"name": "depth", "title": "Deep?"}]},
        {"scales": [{"name": "prompt", "title": "Prompt", "points": ["a", "b"]}]},
        {"scales": [{"name": "completion", "title": "x", "points": ["a", "b"]}]},
        {"scales": [{"name": "model_dump", "title": "x", "points": ["a", "b"]}]},
        {"scales": [{"name": "Two words", "title": "x", "points": ["a", "b"]}]},
        {"scales": [{"name": "x", "title": "x", "points": ["only"]}]},
        {"scales": [{"name": "x", "title": "x", "points": ["", "b"]}]},
        {"scales": [{"name": "x", "title": "x", "points": ["a"] * 12}]},
        {"scales": [{"name": "x", "title": "x", "points": ["a", "b"], "first": 2}]},
    ],
)
def test_options_that_do_not_fit_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(wrong)


def test_distance_is_the_mean_over_what_both_answered() -> None:
    def answer(tone: int | None, depth: int, private: Flag | None) -> Answer:
        ratings = {"tone": tone, "depth": depth}
        return Answer(verdict=Verdict.RATED, ratings=ratings, flags={"private": private, "refuses": None})

    assert KIND.distance(answer(1, 0, Flag.YES), answer(7, 2, Flag.NO), OPTIONS) == 1
    assert KIND.distance(answer(1, 0, Flag.YES), answer(None, 1, Flag.NOT_SURE), OPTIONS) == pytest.approx(0.5)
    assert KIND.distance(answer(4, 1, None), answer(4, 1, None), OPTIONS) == 0
    assert KIND.distance(answer(4, 1, None), Answer(verdict=Verdict.CANT_JUDGE), OPTIONS) is None


def test_each_completion_of_a_row_is_an_item() -> None:
    completions = tuple(Completion(messages=(Message(role=Role.ASSISTANT, content=t),)) for t in ("Oak", "Elm"))
    row = Row(prompt=(Message(role=Role.USER, content="Name a tree."),), completions=completions)
    assert [item.of_row for item in KIND.items(row)] == [(0,), (1,)]
    assert [item.completions for item in KIND.items(row)] == [(c,) for c in completions]


@pytest.mark.parametrize("order", [(), (1,), (0, 1)])
def test_an_order_that_is_none_is_a_fault_of_the_caller(order: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="not the order"):
        KIND.read(FULL, OPTIONS, order)
