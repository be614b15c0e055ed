"""What import, desk, preview and export rely on, for every kind there is."""

from __future__ import annotations

from pathlib import Path

import pytest

import tasks
from tasks import KINDS, kind
from tasks.content import Item, Row

TASKS = Path(tasks.__file__).parent


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_is_a_module_and_a_page_of_its_name(name: str) -> None:
    assert kind(name).name == name
    assert (TASKS / f"{name}.py").is_file()
    assert kind(name).page == f"{name}.html"
    assert (TASKS / kind(name).page).is_file()
    assert kind(name).version >= 1
    assert kind(name).question.endswith("?")


@pytest.mark.parametrize("name", KINDS)
def test_every_option_has_a_default_and_a_description(name: str) -> None:
    options = kind(name).Options()
    assert type(options).model_validate_json(options.model_dump_json()) == options
    for field, about in type(options).model_fields.items():
        assert about.description, field
        assert not about.is_required(), field


@pytest.mark.parametrize("name", KINDS)
def test_the_example_is_a_whole_row_that_becomes_items(name: str) -> None:
    row = kind(name).example()
    assert Row.model_validate_json(row.model_dump_json()) == row
    items = kind(name).items(row)
    assert items
    for item in items:
        assert Item.model_validate_json(item.model_dump_json()) == item


def test_an_unknown_kind_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        kind("guessing")
