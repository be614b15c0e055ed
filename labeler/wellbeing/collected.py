"""What is written down about people, and what never is: `collected.toml`, which a test compares with the schema."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).with_name("collected.toml")


@dataclass(frozen=True, slots=True)
class Group:
    """One sort of thing that is written down, in sentences a labeler can read. `hidden`: why she is not shown it."""

    what: str
    why: str
    seen_by: str
    kept: str
    hidden: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table that leads to a person: what it is, and the group that says the rest."""

    group: str
    what: str


@dataclass(frozen=True, slots=True)
class Collected:
    """The whole list. `columns` are keyed `table.column`; `named`: columns that name staff in tables about no one."""

    groups: Mapping[str, Group]
    columns: Mapping[str, Column]
    named: frozenset[str]
    never: tuple[str, ...]

    @property
    def shown(self) -> list[Group]:
        """The groups that a labeler is shown."""
        return [group for group in self.groups.values() if group.hidden is None]


@cache
def collected() -> Collected:
    """The list as it stands in this version of the product. Raises ValueError for a column without a known group."""
    with SOURCE.open("rb") as file:
        return read(tomllib.load(file))


def read(given: dict[str, Any]) -> Collected:
    """The list from its file's content. Raises ValueError for a column without a known group, TypeError for a group
    that lacks one of its sentences.
    """
    groups = {name: Group(**texts) for name, texts in given["groups"].items()}
    columns: dict[str, Column] = {}
    for table, about in given["tables"].items():
        for name, said in about["columns"].items():
            own: dict[str, str] = {"what": said} if isinstance(said, str) else said
            column = Column(own.get("group", about["group"]), own["what"])
            if column.group not in groups:
                raise ValueError(f"{table}.{name} belongs to the group {column.group!r}, which is not there")
            columns[f"{table}.{name}"] = column
    return Collected(groups, columns, frozenset(given["named"]["columns"]), tuple(given["never"]))
