"""Comparison: two completions of one prompt; which is better, and by how much."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from tasks import comparison_measures, remarks
from tasks.comparison_rows import Answer, ComparisonJudgments, Preference, Verdict
from tasks.content import Completion, Frozen, Item, Message, Role, Row
from tasks.form import FormReader
from tasks.kind import Form, Kind, View
from tasks.measures import Measure
from tasks.remarks import RemarkOptions

__all__ = ["Answer", "Comparison", "Options", "Verdict"]

Scale = Literal["two_way", "seven", "four"]

WORDS: dict[Scale, tuple[str, ...]] = {
    "two_way": ("better",),
    "seven": ("slightly better", "better", "much better"),
    "four": ("hardly better", "slightly better", "clearly better", "much better"),
}
"""The degrees of each scale, from the weakest to the strongest; each reads on as "A is … than B"."""

MOST_COMPLETIONS = 16
"""The most completions in one row: all pairs of 16 are 120 tasks."""


VERDICT_LABELS = {
    Verdict.TIE: ("About the same", "9"),
    Verdict.BOTH_BAD: ("Both bad", "-"),
    Verdict.CANT_JUDGE: ("Can't judge", "0"),
}
"""The words and the key of each verdict that is no preference, in the order of the page."""


class Options(RemarkOptions):
    """What a project chooses for its comparisons."""

    scale: Scale = Field(
        default="four",
        json_schema_extra={
            "words": {
                "two_way": "A or B, no degrees",
                "seven": "−3 to 3, with a tie at 0",
                "four": "Four degrees each side, no tie among them",
            }
        },
        description=(
            'How finely a preference is told: "two_way" (A or B), "seven" (-3 to 3, where 0 is a tie), '
            'or "four" (four degrees each side, eight points, no tie among them).'
        ),
    )
    words: Annotated[tuple[str, ...], Field(max_length=4)] = Field(
        default=(),
        description=(
            'The words of the degrees, weakest first, each reading on as "A is … than B"; the last one stands at both '
            "ends of the scale. Empty for our own words."
        ),
    )
    tie: bool = Field(
        default=True, description='Offer "About the same". The seven-point scale always has it: its 0 is the tie.'
    )
    both_bad: bool = Field(default=True, description='Offer "Both bad", apart from the tie.')
    cant_judge: bool = Field(
        default=True, title="Can't judge", description='Offer "Can\'t judge", which counts as no opinion.'
    )
    reasons: Annotated[tuple[remarks.Reason, ...], Field(max_length=24)] = Field(
        default=(
            "More correct",
            "More complete",
            "Follows the request",
            "Easier to understand",
            "Better tone",
            "Better length",
        ),
        description="Short reasons a labeler may tick, each at most 60 characters. They are never required.",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.scale == "seven" and not self.tie:
            raise ValueError('on the scale "seven" 0 is the tie: leave tie on, or choose the scale "four"')
        if self.words and len(self.words) != self.degrees:
            raise ValueError(f'the scale "{self.scale}" needs {self.degrees} words, weakest first, or none')
        if any(not word.strip() or len(word) > 40 for word in self.words):
            raise ValueError("each of the words needs between 1 and 40 characters")
        return self

    @property
    def degrees(self) -> int:
        """How many degrees the scale has on each side; the strongest margin."""
        return len(WORDS[self.scale])


def points(options: Options) -> list[tuple[str, int | None, int]]:
    """The scale's points in the order of the page: form value, slot (0 the one shown first, None the tie), degree."""
    strengths = range(options.degrees, 0, -1)
    middle: list[tuple[str, int | None, int]] = [(Verdict.TIE.value, None, 0)] if options.scale == "seven" else []
    return [
        *((f"a{degree}", 0, degree) for degree in strengths),
        *middle,
        *((f"b{degree}", 1, degree) for degree in reversed(strengths)),
    ]


def verdicts(options: Options) -> list[Verdict]:
    """The verdicts offered beside the scale."""
    offered = {
        Verdict.TIE: options.tie and options.scale != "seven",
        Verdict.BOTH_BAD: options.both_bad,
        Verdict.CANT_JUDGE: options.cant_judge,
    }
    return [verdict for verdict, on in offered.items() if on]


class Comparison(Kind):
    """Two completions side by side."""

    name = "comparison"
    version = 1
    title = "Comparison of two answers"
    question = "Which answer is better?"
    Options: ClassVar[type[Frozen]] = Options
    Answer: ClassVar[type[Frozen]] = Answer
    least = 2
    page = "comparison.html"

    def items(self, row: Row) -> list[Item]:
        """Every pair of the row's completions: 1 item for two, 21 for a ranking of seven."""
        given = row.completions
        if len(given) < 2:
            raise ValueError("A comparison needs at least two completions of the prompt; this row has one.")
        if len(given) > MOST_COMPLETIONS:
            raise ValueError(f"A row may have at most {MOST_COMPLETIONS} completions; this one has {len(given)}.")
        pairs = list(combinations(range(len(given)), 2))
        same = [f"{i + 1} and {j + 1}" for i, j in pairs if given[i].messages == given[j].messages]
        if same:
            raise ValueError(f"Completions {'; '.join(same)} are the same, so nobody can prefer one. Leave one out.")
        whole = len(given) == 2
        return [
            Item(prompt=row.prompt, completions=(given[i], given[j]), of_row=() if whole else (i, j)) for i, j in pairs
        ]

    def read(self, form: Form, options: Any, order: Sequence[int]) -> Any:
        """The answer in a form whose `choice` names slots: `a3` is "the one shown first, by three degrees"."""
        _two(order)
        reader = FormReader(form, ("choice", *remarks.fields(options)))
        scale = {value: (slot, degree) for value, slot, degree in points(options)}
        offered = [*scale, *(verdict.value for verdict in verdicts(options))]
        value = reader.required("choice", offered, "Choose which answer is better, or another button of the row.")
        said = remarks.read(reader, options)
        reader.finish()
        slot, degree = scale.get(value, (None, 0))
        if slot is None:
            return Answer(verdict=Verdict(value), **said)
        return Answer.model_validate(
            {"verdict": Verdict.PREFERENCE, "preferred": order[slot], "margin": degree, **said}
        )

    def fill(self, answer: Any, order: Sequence[int]) -> dict[str, list[str]]:
        """The form of an answer, as the labeler with this order on the screen would give it."""
        _two(order)
        choice = answer.verdict.value
        if answer.preferred is not None:
            choice = f"{'ab'[order.index(answer.preferred)]}{answer.margin}"
        return {"choice": [choice], **remarks.fill(answer)}

    def choices(self, options: Any) -> dict[str, Any]:
        """`scale` (value, key, slot, words) and `verdicts` (value, key, label); the page puts in the slots' letters."""
        words = options.words or WORDS[options.scale]
        scale = [
            {"value": value, "key": str(key), "slot": slot, "words": words[degree - 1] if degree else ""}
            for key, (value, slot, degree) in enumerate(points(options), 1)
        ]
        beside = [
            {"value": verdict.value, "label": VERDICT_LABELS[verdict][0], "key": VERDICT_LABELS[verdict][1]}
            for verdict in verdicts(options)
        ]
        return {"scale": scale, "verdicts": beside, "strongest": words[-1], **remarks.choices(options)}

    def distance(self, one: Any, other: Any, options: Any) -> float | None:
        """The steps between two answers over the most there can be; tie and both bad stand in the middle."""
        places = (_place(one, options), _place(other, options))
        if places[0] is None or places[1] is None:
            return None
        return abs(places[0] - places[1]) / (2 * _end(options))

    def measures(self, options: Any) -> tuple[Measure, ...]:
        """`winner` and `strength`; "both bad" stands in the middle of the second, as in `distance`."""
        return comparison_measures.measures(options.degrees, half=options.scale == "four")

    def shape(self, options: Any) -> dict[str, Any]:
        """The scale: margins and strengths are made of its degrees."""
        return {"scale": options.scale}

    def views(self, options: Any) -> tuple[View, ...]:
        """`judgments` and `preference`."""
        return (ComparisonJudgments(), Preference())

    def example(self) -> Row:
        """A question about bread, with a useful answer and a vague one."""
        return Row(
            id="bread-1",
            language="en",
            prompt=(Message(role=Role.USER, content="My bread comes out dense. What should I change first?"),),
            completions=(
                Completion(
                    messages=(
                        Message(
                            role=Role.ASSISTANT,
                            content="Give the dough more time. It is ready when it has doubled and a dent springs back "
                            "slowly; in a cool kitchen that can take three hours instead of one.",
                        ),
                    ),
                    model="model-1",
                ),
                Completion(
                    messages=(
                        Message(
                            role=Role.ASSISTANT,
                            content="Dense bread has many causes: flour, water, yeast, kneading, or the oven. Try "
                            "changing some of them and see what happens.",
                        ),
                    ),
                    model="model-2",
                ),
            ),
        )


def _two(order: Sequence[int]) -> None:
    """Raise ValueError when `order` is not an order of two completions: a fault of the caller, not of the labeler."""
    if sorted(order) != [0, 1]:
        raise ValueError(f"not an order of two completions: {order!r}")


def _end(options: Options) -> float:
    """The place of the strongest answer, in steps from the middle: half a step less where no point is the middle."""
    return options.degrees - 0.5 if options.scale == "four" else float(options.degrees)


def _place(answer: Answer, options: Options) -> float | None:
    """Where an answer stands, in steps from the middle, completion 1 upwards; None for no opinion."""
    if answer.verdict is Verdict.CANT_JUDGE:
        return None
    if answer.margin is None:
        return 0.0
    place = answer.margin - (0.5 if options.scale == "four" else 0.0)
    return place if answer.preferred else -place
