"""Rows of several sorts in one statement: each has its tag, and of shared columns those that it has a use for.

One round trip instead of one a sort: the gate reads all its facts like this. The first sort of a statement says what
each column is (`typed`), the others only leave out; a statement stays under 4,096 characters so, and the driver, which
takes a longer one apart anew each time, remembers it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Text, cast, literal_column, null, type_coerce


def tagged(columns: Mapping[str, Any], tag: str, *, typed: bool = False, **given: Any) -> list[Any]:
    """The columns of one sort of row: `tag`, then of `columns` (name and type) those given, and null for the rest.

    `typed`: this sort comes first in its statement, so its nulls have a type.
    """
    row = [
        # Only nulls are cast, for PostgreSQL; SQLite would make a number of a moment that is cast.
        (type_coerce(given[name], kind) if name in given else cast(null(), kind) if typed else null()).label(name)
        for name, kind in columns.items()
    ]
    return [literal_column(f"'{tag}'", Text).label("tag"), *row]
