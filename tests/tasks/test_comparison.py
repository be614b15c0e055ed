"""A comparison: which forms it reads, and what its answers mean whatever order the labeler saw."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tasks.comparison import Answer, Comparison, Options, Verdict
from tasks.content import Completion, Message, Role, Row
from tasks.kind import AnswerRefused

KIND = Comparison()
ORDERS = ((0, 1), (1, 0))


def every_options() -> list[Options]:
    """Every scale with every verdict switched on and off, as far as they fit each other."""
    switches = itertools.product(("two_way", "seven", "four"), *[(True, False)] * 3)
    return [
        Options(scale=scale, tie=tie, both_bad=both_bad, cant_judge=cant_judge)  # type: ignore[arg-type]
        for scale, tie, both_bad, cant_judge in switches
        if not (scale == "seven" and not tie)
    ]


def offered(options: Options) -> list[str]:
    """The values of every radio on the page."""
    choices = KIND.choices(options)
    return [button["value"] for button in choices["scale"] + choices["verdicts"]]


@st.composite
def answered(draw: st.DrawFn) -> tuple[Options, Answer, tuple[int, int]]:
    """Options, an answer that they allow, and an order."""
    options = draw(st.sampled_from(every_options()))
    verdicts = [Verdict.PREFERENCE] + [v for v in Verdict if v.value in offered(options)]
    verdict = draw(st.sampled_from(verdicts))
    preferred = verdict is Verdict.PREFERENCE
    ticked = draw(st.sets(st.sampled_from(options.reasons)))
    answer = Answer(
        verdict=verdict,
        preferred=draw(st.sampled_from((0, 1))) if preferred else None,
        margin=draw(st.integers(1, options.degrees)) if preferred else None,
        reasons=tuple(reason for reason in options.reasons if reason in ticked),
        comment=draw(st.none() | st.text(max_size=200)),
    )
    return options, answer, draw(st.sampled_from(ORDERS))


@given(answered())
def test_an_answer_survives_its_form(case: tuple[Options, Answer, tuple[int, int]]) -> None:
    options, answer, order = case
    assert KIND.read(KIND.fill(answer, order), options, order) == answer


@pytest.mark.parametrize("options", every_options(), ids=lambda o: f"{o.scale}-{o.tie:d}{o.both_bad:d}{o.cant_judge:d}")
def test_every_button_is_an_answer_and_every_key_is_its_own(options: Options) -> None:
    choices = KIND.choices(options)
    buttons = choices["scale"] + choices["verdicts"]
    answers = [KIND.read({"choice": [button["value"]]}, options, (0, 1)) for button in buttons]
    assert len({answer.model_dump_json() for answer in answers}) == len(buttons)
    assert len({button["key"] for button in buttons}) == len(buttons)
    assert len(choices["scale"]) == {"two_way": 2, "seven": 7, "four": 8}[options.scale]
    said = {answer.verdict for answer in answers}
    assert (Verdict.TIE in said, Verdict.BOTH_BAD in said, Verdict.CANT_JUDGE in said) == (
        options.tie,
        options.both_bad,
        options.cant_judge,
    )


def test_an_answer_speaks_of_the_item_and_not_of_the_screen() -> None:
    shown_first = {"choice": ["a3"]}
    assert KIND.read(shown_first, Options(), (0, 1)) == Answer(verdict=Verdict.PREFERENCE, preferred=0, margin=3)
    assert KIND.read(shown_first, Options(), (1, 0)) == Answer(verdict=Verdict.PREFERENCE, preferred=1, margin=3)


def test_the_answer_bar_runs_from_the_first_shown_to_the_second() -> None:
    assert offered(Options())[:8] == ["a4", "a3", "a2", "a1", "b1", "b2", "b3", "b4"]
    assert offered(Options(scale="seven"))[:7] == ["a3", "a2", "a1", "tie", "b1", "b2", "b3"]


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ({}, ["choice"]),
        ({"choice": [""]}, ["choice"]),
        ({"choice": []}, ["choice"]),
        ({"choice": ["a5"]}, ["choice"]),
        ({"choice": ["a0"]}, ["choice"]),
        ({"choice": ["preference"]}, ["choice"]),
        ({"choice": ["NaN"]}, ["choice"]),
        ({"choice": [float("nan")]}, ["choice"]),
        ({"choice": [None]}, ["choice"]),
        ({"choice": "a1"}, ["choice"]),
        ({"choice": {"a1": "a1"}}, ["choice"]),
        ({"choice": [["a1"]]}, ["choice"]),
        ({"choice": ["a1", "b1"]}, ["choice"]),
        ({"choice": ["a1", "a1"]}, ["choice"]),
        ({"choice": [" a1"]}, ["choice"]),
        ({"choice": ["a１"]}, ["choice"]),
        ({"choice": ["a1"], "reasons": ["Made up"]}, ["reasons"]),
        ({"choice": ["a1"], "comment": ["x" * 2001]}, ["comment"]),
        ({"choice": ["a1"], "comment": ["x", "y"]}, ["comment"]),
        ({"choice": ["a1"], "preferred": ["1"]}, ["preferred"]),
        ({"choice": ["a1"], **{f"f{i}": ["1"] for i in range(10_000)}}, ["f0"]),
        (
            {"choice": ["z"], "reasons": ["Made up"], "comment": ["x" * 9999], "worker": ["1"]},
            ["worker", "choice", "reasons", "comment"],
        ),
    ],
)
def test_a_form_the_page_could_not_send_is_refused_with_every_problem(form: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(AnswerRefused) as refused:
        KIND.read(form, Options(), (0, 1))
    assert [problem.field for problem in refused.value.problems] == fields
    assert all(len(problem.message) < 250 for problem in refused.value.problems)


def test_what_a_project_switched_off_is_refused() -> None:
    bare = Options(tie=False, both_bad=False, cant_judge=False, reasons=(), comment=False)
    for form in ({"choice": ["tie"]}, {"choice": ["both_bad"]}, {"choice": ["cant_judge"]}):
        with pytest.raises(AnswerRefused):
            KIND.read(form, bare, (0, 1))
    for field in ("reasons", "comment"):
        with pytest.raises(AnswerRefused):
            KIND.read({"choice": ["a1"], field: ["x"]}, bare, (0, 1))


def test_the_token_and_the_key_of_the_form_are_passed_over() -> None:
    form = {"choice": ["a1"], "csrf_token": ["t"], "idem_key": ["k"]}
    assert KIND.read(form, Options(), (0, 1)).margin == 1


def test_a_comment_is_tidied_and_a_blank_one_is_none() -> None:
    def comment(text: str) -> str | None:
        said: str | None = KIND.read({"choice": ["tie"], "comment": [text]}, Options(), (0, 1)).comment
        return said

    assert comment("  one\r\ntwo\rthree\x00\ud800 ") == "one\ntwo\nthree"
    assert comment(" \r\n ") is None
    assert comment("x\r\n" * 700) is not None, "a line end counts as one character, as in the browser"


@pytest.mark.parametrize("order", [(), (0,), (0, 0), (0, 1, 2), (1, 2)])
def test_an_order_that_is_none_is_a_fault_of_the_caller(order: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="not an order"):
        KIND.read({"choice": ["a1"]}, Options(), order)
    with pytest.raises(ValueError, match="not an order"):
        KIND.fill(Answer(verdict=Verdict.TIE), order)


@pytest.mark.parametrize(
    "wrong",
    [
        {"scale": "five"},
        {"scale": "seven", "tie": False},
        {"scale": "four", "words": ["better"]},
        {"words": ["a", "b", "c", " "]},
        {"reasons": ["same", "same"]},
        {"reasons": [" "]},
        {"reasons": ["x" * 61]},
        {"comment_limit": 0},
        {"colour": "red"},
    ],
)
def test_options_that_do_not_fit_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"verdict": "preference"},
        {"verdict": "preference", "preferred": 0},
        {"verdict": "preference", "preferred": 2, "margin": 1},
        {"verdict": "preference", "preferred": 0, "margin": 0},
        {"verdict": "tie", "preferred": 0, "margin": 1},
        {"verdict": "cant_judge", "margin": 1},
    ],
)
def test_no_half_answer_exists(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Answer.model_validate(wrong)


def prefers(side: int, margin: int) -> Answer:
    return Answer(verdict=Verdict.PREFERENCE, preferred=side, margin=margin)  # type: ignore[arg-type]


def test_distance_counts_steps_on_the_projects_scale() -> None:
    four, seven, two = Options(), Options(scale="seven"), Options(scale="two_way")
    tie, bad = Answer(verdict=Verdict.TIE), Answer(verdict=Verdict.BOTH_BAD)
    assert KIND.distance(prefers(0, 4), prefers(1, 4), four) == 1
    assert KIND.distance(prefers(0, 1), prefers(1, 1), four) == pytest.approx(1 / 7)
    assert KIND.distance(prefers(0, 1), prefers(1, 1), seven) == pytest.approx(2 / 6)
    assert KIND.distance(prefers(0, 1), tie, two) == pytest.approx(0.5)
    assert KIND.distance(tie, bad, four) == 0
    assert KIND.distance(tie, Answer(verdict=Verdict.CANT_JUDGE), four) is None


@given(answered(), answered())
def test_distance_is_symmetric_and_within_0_and_1(one: Any, other: Any) -> None:
    options, a, _ = one
    b = other[1]
    if b.margin is not None and b.margin > options.degrees:
        b = b.model_copy(update={"margin": options.degrees})
    apart = KIND.distance(a, b, options)
    assert apart == KIND.distance(b, a, options)
    assert apart is None or 0 <= apart <= 1
    assert KIND.distance(a, a, options) in (0, None)


def row(*texts: str) -> Row:
    completions = tuple(Completion(messages=(Message(role=Role.ASSISTANT, content=text),)) for text in texts)
    return Row(prompt=(Message(role=Role.USER, content="Name a tree."),), completions=completions)


def test_a_row_of_two_is_one_item_and_a_row_of_more_is_every_pair() -> None:
    (only,) = KIND.items(row("Oak", "Elm"))
    assert only.of_row == ()
    items = KIND.items(row("Oak", "Elm", "Yew", "Ash"))
    assert [item.of_row for item in items] == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    assert [c.messages[0].content for c in items[4].completions] == ["Elm", "Ash"]


def test_rows_that_hold_no_comparison_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match="at least two completions"):
        KIND.items(row("Oak"))
    with pytest.raises(ValueError, match="at most 16 completions; this one has 17"):
        KIND.items(row(*(f"Tree {i}" for i in range(17))))
    with pytest.raises(ValueError, match="Completions 1 and 3; 2 and 4 are the same"):
        KIND.items(row("Oak", "Elm", "Oak", "Elm"))
