"""Rating: one completion, judged on several named scales and by yes-or-no questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, model_validator

from tasks import rating_measures, remarks
from tasks.content import Completion, Frozen, Item, Message, Role, Row
from tasks.form import FormReader
from tasks.kind import Form, Kind, View
from tasks.measures import Measure
from tasks.rating_rows import TAKEN, Answer, RatingJudgments, Ratings, Verdict
from tasks.remarks import RemarkOptions
from tasks.scales import CLARITY, CORRECTNESS, FLAG_LABELS, HELPFULNESS, Flag, FlagOptions, ScaleOptions

__all__ = ["Answer", "Flag", "FlagOptions", "Options", "Rating", "ScaleOptions", "Verdict"]


class Options(RemarkOptions):
    """What a project chooses for its ratings."""

    scales: Annotated[tuple[ScaleOptions, ...], Field(max_length=12)] = Field(
        default=(HELPFULNESS, CORRECTNESS, CLARITY), description="The scales, in the order of the page."
    )
    flags: Annotated[tuple[FlagOptions, ...], Field(max_length=12)] = Field(
        default=(), description="Questions answered by yes, no or not sure, after the scales."
    )
    cant_judge: bool = Field(
        default=True,
        title="Can't judge",
        description='Offer "I can\'t judge this answer", which counts as no opinion.',
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        names = [scale.name for scale in self.scales] + [flag.name for flag in self.flags]
        if not names:
            raise ValueError("a rating needs at least one scale or one flag")
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"each scale and flag needs a name of its own; these come twice: {', '.join(twice)}")
        if taken := sorted(TAKEN.intersection(names)):
            raise ValueError(f"exports use these names for other columns; choose others: {', '.join(taken)}")
        return self


class Rating(Kind):
    """One completion on its own."""

    name = "rating"
    version = 1
    title = "Rating of one answer"
    question = "How good is this answer?"
    Options: ClassVar[type[Frozen]] = Options
    Answer: ClassVar[type[Frozen]] = Answer
    page = "rating.html"

    def items(self, row: Row) -> list[Item]:
        """One item for each completion of the row."""
        if len(row.completions) == 1:
            return [Item(prompt=row.prompt, completions=row.completions)]
        return [
            Item(prompt=row.prompt, completions=(completion,), of_row=(i,))
            for i, completion in enumerate(row.completions)
        ]

    def read(self, form: Form, options: Any, order: Sequence[int]) -> Any:
        """The answer in a form. Values beside a ticked `cant_judge` are checked, then left out, as the page says."""
        _one(order)
        parts = [part.field for part in (*options.scales, *options.flags)]
        reader = FormReader(form, (*parts, *(["cant_judge"] if options.cant_judge else []), *remarks.fields(options)))
        cant_judge = options.cant_judge and bool(reader.ticked("cant_judge", ("yes",)))
        ratings = {
            scale.name: _value(reader, scale, [str(v) for v in range(scale.first, scale.last + 1)], cant_judge)
            for scale in options.scales
        }
        flags = {flag.name: _value(reader, flag, [f.value for f in Flag], cant_judge) for flag in options.flags}
        said = remarks.read(reader, options)
        reader.finish()
        if cant_judge:
            return Answer(verdict=Verdict.CANT_JUDGE, **said)
        return Answer(
            verdict=Verdict.RATED,
            ratings={name: None if value is None else int(value) for name, value in ratings.items()},
            flags={name: None if value is None else Flag(value) for name, value in flags.items()},
            **said,
        )

    def fill(self, answer: Any, order: Sequence[int]) -> dict[str, list[str]]:
        """The form of an answer; what was left out is left out."""
        _one(order)
        form = {"cant_judge": ["yes"]} if answer.verdict is Verdict.CANT_JUDGE else {}
        form |= {f"scale_{name}": [str(value)] for name, value in answer.ratings.items() if value is not None}
        form |= {f"flag_{name}": [value.value] for name, value in answer.flags.items() if value is not None}
        return {**form, **remarks.fill(answer)}

    def choices(self, options: Any) -> dict[str, Any]:
        """`scales` and `flags` (field, title, help, required, points of value, key, label) and `cant_judge`."""
        scales = [
            {
                "field": scale.field,
                "title": scale.title,
                "help": scale.help,
                "required": scale.required,
                "points": [
                    {"value": str(value), "key": str(value) if value < 10 else "", "label": label}
                    for value, label in enumerate(scale.points, scale.first)
                ],
            }
            for scale in options.scales
        ]
        flags = [
            {
                "field": flag.field,
                "title": flag.title,
                "help": "",
                "required": flag.required,
                "points": [
                    {"value": value.value, "key": str(key), "label": label}
                    for key, (value, label) in enumerate(FLAG_LABELS.items(), 1)
                ],
            }
            for flag in options.flags
        ]
        return {"scales": scales, "flags": flags, "cant_judge": options.cant_judge, **remarks.choices(options)}

    def distance(self, one: Any, other: Any, options: Any) -> float | None:
        """The mean distance over the scales and flags that both answered; None when there are none."""
        apart = [
            abs(one.ratings[scale.name] - other.ratings[scale.name]) / (scale.last - scale.first)
            for scale in options.scales
            if one.ratings.get(scale.name) is not None and other.ratings.get(scale.name) is not None
        ]
        sure = (Flag.YES, Flag.NO)
        apart += [
            float(one.flags[flag.name] is not other.flags[flag.name])
            for flag in options.flags
            if one.flags.get(flag.name) in sure and other.flags.get(flag.name) in sure
        ]
        return sum(apart) / len(apart) if apart else None

    def measures(self, options: Any) -> tuple[Measure, ...]:
        """One for each scale and each flag."""
        return rating_measures.measures(options.scales, options.flags)

    def shape(self, options: Any) -> dict[str, Any]:
        """Scales and flags: their names are columns, their titles and points what the figures are of."""
        of_scale = {"name", "title", "first", "points"}
        scales = [scale.model_dump(mode="json", include=of_scale) for scale in options.scales]
        return {"scales": scales, "flags": [{"name": flag.name, "title": flag.title} for flag in options.flags]}

    def views(self, options: Any) -> tuple[View, ...]:
        """`judgments` and `ratings`."""
        return (RatingJudgments(options.scales, options.flags), Ratings(options.scales, options.flags))

    def example(self) -> Row:
        """A small question about houseplants."""
        return Row(
            id="plants-1",
            language="en",
            prompt=(Message(role=Role.USER, content="How often should I water a cactus that stands by the window?"),),
            completions=(
                Completion(
                    messages=(
                        Message(
                            role=Role.ASSISTANT,
                            content="In spring and summer about every two weeks, once the soil is dry all the way "
                            "down. In winter once a month is enough. Too much water harms it sooner than too little.",
                        ),
                    ),
                    model="model-1",
                ),
            ),
        )


def _one(order: Sequence[int]) -> None:
    """Raise ValueError when `order` is not the order of one completion: a fault of the caller, not of the labeler."""
    if list(order) != [0]:
        raise ValueError(f"not the order of one completion: {order!r}")


def _value(reader: FormReader, part: ScaleOptions | FlagOptions, offered: list[str], excused: bool) -> str | None:
    """What was picked for a scale or flag; missing where it is required is a problem, unless `excused`."""
    if part.required and not excused:
        return reader.required(part.field, offered, f"Choose an answer for: {part.title}.")
    return reader.chosen(part.field, offered)
