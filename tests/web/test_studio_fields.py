"""A form made of any kind's options, and the options back out of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from labeler.web.studio_fields import fields_of, labels_of, new_entry, read_form, rearranged
from tasks import KINDS


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Part(BaseModel):
    name: str = Field(description="What it is called.")
    notes: tuple[str, ...] = ()
    deep: bool = True


class Box(BaseModel):
    width: int = 3


class Options(BaseModel):
    """Something of every sort that a kind might want."""

    on: bool = Field(default=True, description="Whether.")
    many: Annotated[int, Field(ge=1, le=9)] = 4
    weight: float | None = None
    colour: Colour = Colour.RED
    step: Literal[0, 1] = 0
    line: Annotated[str, Field(max_length=80)] = "a"
    prose: Annotated[str, Field(max_length=2000)] = ""
    words: tuple[Annotated[str, Field(min_length=1)], ...] = ("x", "y")
    parts: tuple[Part, ...] = (Part(name="one", notes=("first", "", "third")),)
    box: Box = Box()
    free: dict[str, int] = {}


def sent(model: type[BaseModel], values: dict[str, Any], at: str = "options") -> dict[str, list[str]]:
    """The form that a browser would send for these values."""
    form: dict[str, list[str]] = {}
    for field in fields_of(model):
        path, value = f"{at}.{field.name}", values[field.name]
        if field.sort == "tick":
            form |= {path: ["yes"]} if value else {}
        elif field.sort == "one":
            form |= sent(Box, value, path)
        elif field.sort == "many":
            for place, each in enumerate(value):
                form |= sent(_part_of(model, field.name), each, f"{path}.{place}")
        else:
            form[path] = [field.text(value).replace("\n", "\r\n")]
    return form


def _part_of(model: type[BaseModel], name: str) -> type[BaseModel]:
    return model.model_fields[name].annotation.__args__[0]  # type: ignore[union-attr]


def test_every_sort_of_field_is_told_by_its_type() -> None:
    sorts = {field.name: field.sort for field in fields_of(Options)}
    assert sorts == {
        "on": "tick", "many": "number", "weight": "number", "colour": "choice", "step": "choice", "line": "line",
        "prose": "text", "words": "lines", "parts": "many", "box": "one", "free": "json",
    }  # fmt: skip


def test_labels_help_and_bounds_come_from_the_model() -> None:
    on, many, *_ = fields_of(Options)
    assert (on.label, on.help) == ("On", "Whether.")
    assert (many.least, many.most) == (1, 9)


def test_what_a_form_shows_comes_back_the_same() -> None:
    values = Options(weight=2.5, free={"a": 1}).model_dump(mode="json")
    back = read_form(fields_of(Options), sent(Options, values), "options")
    assert Options.model_validate(back) == Options.model_validate(values)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_the_options_of_every_kind_come_back_the_same(name: str) -> None:
    model = KINDS[name].Options
    values = model().model_dump(mode="json")
    back = read_form(fields_of(model), sent(model, values), "options")
    assert model.model_validate(back) == model()


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_option_of_every_kind_has_a_control_of_its_own_and_help(name: str) -> None:
    for field in fields_of(KINDS[name].Options):
        assert field.sort != "json", field.name
        assert field.help, field.name


def test_what_is_no_number_stays_as_it_was_typed() -> None:
    assert read_form(fields_of(Box), {"options.width": ["wide"]}, "options") == {"width": "wide"}


def test_empty_lines_count_only_where_a_line_may_be_empty() -> None:
    form = {"options.words": ["x\r\n\r\ny\r\n"], "options.parts.0.notes": ["first\r\n\r\nthird\r\n\r\n"]}
    back = read_form(fields_of(Options), form, "options")
    assert back["words"] == ["x", "y"]
    assert back["parts"][0]["notes"] == ["first", "", "third"]


def test_entries_are_added_removed_and_moved() -> None:
    fields = fields_of(Options)
    one, two = {"name": "one"}, {"name": "two"}
    blank = new_entry(fields_of(Part))
    assert rearranged(fields, {"parts": [one]}, "add", ["parts"])["parts"] == [one, blank]
    assert rearranged(fields, {"parts": [one, two]}, "remove", ["parts", "0"])["parts"] == [two]
    assert rearranged(fields, {"parts": [one, two]}, "up", ["parts", "1"])["parts"] == [two, one]


@pytest.mark.parametrize("path", [["parts", "7"], ["parts", "x"], ["nothing"], [], ["line"], ["box", "width"]])
def test_a_button_of_an_older_form_changes_nothing(path: list[str]) -> None:
    values = Options().model_dump(mode="json")
    assert rearranged(fields_of(Options), values, "remove", path) == values


def test_an_entry_is_named_by_its_place() -> None:
    labels = labels_of(fields_of(Options), Options().model_dump(mode="json"), "options")
    assert labels["options.parts.0.name"] == "Parts 1, Name"
    assert labels["options.box.width"] == "Box, Width"
