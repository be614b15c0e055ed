"""The database as it is now, held against what labelers are told of it (MON-1, MON-3, OPT-1, DIV-1).

The live schema is read, not the product's own idea of it: a column that somebody added by hand is found as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from sqlalchemy import MetaData, inspect
from sqlalchemy.orm import Session

from labeler.compliance.selfchecks.found import Found, Looking, digest_of
from labeler.wellbeing.collected import SOURCE, Collected, collected

Shape = Mapping[str, Mapping[str, str | None]]
"""By table: each column, and the table that it is a key to, if any."""

ACCOUNTS = frozenset({"user_account", "labeler"})
LEADS_TO_A_PERSON = frozenset({"labeler_id", "person_id", "user_id", "actor_id"})
EXTRA = {
    "sign_in_failure": "scrambled forms of who tried to sign in, and from where",
    "people_table": "it has the random numbers of what people said about themselves",
    "told_figures": "it has by number whose answers were counted",
    "grievance": "no account is in it, but its words may say who wrote them",
}
"""Tables that are about a person though no column of theirs is named so, each with its reason."""

NEVER = re.compile(
    r"(?:^|[_.-])(?:emotions?|emotional|feelings?|moods?|wellness|wellbeing_score|stress|burnout|fatigue|resilience|"
    r"health|illness|sick(?:ness)?|diagnos[ie]s|medical|disabilit(?:y|ies)|pregnan(?:t|cy)|beliefs?|religions?|"
    r"politic(?:s|al)|party|unions?|ethnicity|orientation|sentiment|personality|check_?in)(?:$|[_.-])"
)
"""Words of a mind, a body, a belief, and of who stands together: no column has one in its name."""

REASONS = frozenset(
    {"reason", "why", "cause", "comment", "note", "text", "explanation", "remark", "message", "details"}
)
DECLINING = ("opt_out", "withdrawal", "consent")
"""Tables of what a labeler says no or yes to: nobody asks why."""
APART = frozenset({"self_description", "people_table"})
"""Tables of what labelers say of themselves: no other table has a key to them."""


def live(session: Session) -> Shape:
    """The tables of the connected database, without that of the migrations."""
    found = inspect(session.connection())
    shape: dict[str, dict[str, str | None]] = {
        table: {column["name"]: None for column in columns}
        for (_, table), columns in found.get_multi_columns().items()
        if table != "alembic_version"
    }
    for (_, table), keys in found.get_multi_foreign_keys().items():
        for key in keys:
            for column in key["constrained_columns"]:
                shape[table][column] = key["referred_table"]
    return shape


def shape_of(schema: MetaData) -> Shape:
    """The same of the product's own idea of it."""
    return {
        table.name: {
            column.name: next((key.column.table.name for key in column.foreign_keys), None) for column in table.columns
        }
        for table in schema.tables.values()
    }


def linked(shape: Shape) -> set[str]:
    """The tables that lead to a person: by such a column, or by a key to a table that does."""
    found = {
        name for name, columns in shape.items()
        if name in ACCOUNTS | EXTRA.keys()
        or not LEADS_TO_A_PERSON.isdisjoint(columns)
        or "labeler" in columns.values()
    }  # fmt: skip
    while more := {
        name for name, columns in shape.items() if name not in found and set(columns.values()) & found - ACCOUNTS
    }:
        found |= more
    return found


def differs(shape: Shape, listed: Collected) -> list[str]:
    """What the public list lacks and what it has too much, as sentences that say what to write."""
    lead = linked(shape)
    there = {f"{name}.{column}" for name in lead for column in shape[name]}
    names = {
        f"{name}.{column}"
        for name, columns in shape.items() if name not in lead
        for column, target in columns.items() if target in ACCOUNTS
    }  # fmt: skip
    return [
        *(
            f"{each} is about a person: add under [tables.{each.split('.')[0]}.columns] the line\n"
            f'    {each.split(".")[1]} = "what it is"'
            for each in sorted(there - listed.columns.keys())
        ),
        *(
            f"{each} is listed, but it is not in the schema, or leads to nobody: remove it"
            for each in sorted(listed.columns.keys() - there)
        ),
        *(f'{each} names somebody of staff: add "{each}" to [named] columns' for each in sorted(names - listed.named)),
        *(f"{each} stands in [named], but is not there: remove it" for each in sorted(listed.named - names)),
    ]


def unspeakable(words: Iterable[str]) -> list[str]:
    """Names that speak of a mind, a body, a belief or a union."""
    return sorted(word for word in words if NEVER.search(word.lower()))


def _names(shape: Shape) -> set[str]:
    return {name for table, columns in shape.items() for name in (table, *columns)}


def digest(shape: Shape) -> str:
    """The SHA-256 of a schema's tables, columns and keys."""
    return digest_of(
        f"{table}.{column} {target or ''}".encode()
        for table, columns in sorted(shape.items()) for column, target in sorted(columns.items())
    )  # fmt: skip


def mon_1(looking: Looking) -> Found:
    """MON-1: every column of the database that leads to a person is on the list that labelers can read."""
    shape = live(looking.session)
    looked_at = digest_of([digest(shape).encode(), SOURCE.read_bytes()])
    return Found(sum(len(shape[name]) for name in linked(shape)), differs(shape, collected()), looked_at)


def mon_3(looking: Looking) -> Found:
    """MON-3: no table and no column is named after what is nobody's business."""
    shape = live(looking.session)
    names = _names(shape)
    return Found(len(names), [f"a column or table is named {each}" for each in unspeakable(names)], digest(shape))


def opt_1(looking: Looking) -> Found:
    """OPT-1: what says no or yes has no column for a reason."""
    shape = live(looking.session)
    columns = [(table, column) for table in DECLINING for column in shape.get(table, ())]
    allowed = {("consent", "text_version")}
    wrong = [
        f"{table}.{column} could hold a reason"
        for table, column in columns if (table, column) not in allowed and REASONS & set(column.split("_"))
    ]  # fmt: skip
    return Found(len(columns), wrong, digest(shape))


def div_1(looking: Looking) -> Found:
    """DIV-1: nothing has a key to what labelers say of themselves, so nothing can depend on it."""
    shape = live(looking.session)
    wrong = [
        f"{table}.{column} is a key to {target}"
        for table, columns in sorted(shape.items()) for column, target in sorted(columns.items()) if target in APART
    ]  # fmt: skip
    return Found(len(shape), wrong, digest(shape))
