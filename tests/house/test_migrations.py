"""The migrations and the models say the same, on both databases, and every step can be taken back."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Engine, inspect, text

from labeler import schema
from labeler.config import ROOT
from labeler.db import connect
from labeler.models import metadata
from tests.support import database as databases

VERSIONS = sorted((ROOT / "migrations" / "versions").glob("*.py"))

CATALOGUE = """
    SELECT 'column', a.attrelid::regclass::text || '.' || a.attname,
           concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid))
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped
      AND a.attrelid IN (SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace)
    UNION ALL SELECT 'constraint', conrelid::regclass::text || '.' || conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'index', indexrelid::regclass::text, pg_get_indexdef(indexrelid)
    FROM pg_index WHERE indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database without any table."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        server: URL = request.getfixturevalue("postgresql_server")
        databases.make_empty(server, "labeler_migrations")
        url = server.set(database="labeler_migrations").render_as_string(hide_password=False)
    engine = connect(url)
    yield engine
    engine.dispose()


def facts(engine: Engine) -> set[tuple[str, ...]]:
    """Every column, constraint and index the database has, as it describes them itself."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            found = {tuple(row) for row in connection.execute(text(CATALOGUE))}
        else:
            looked = inspect(connection)
            found = set()
            for table in looked.get_table_names():
                found |= {("column", table, str(column)) for column in looked.get_columns(table)}
                found |= {("foreign key", table, str(key)) for key in looked.get_foreign_keys(table)}
                found |= {("unique", table, str(unique)) for unique in looked.get_unique_constraints(table)}
                found |= {("check", table, str(check)) for check in looked.get_check_constraints(table)}
                found |= {("key", table, str(looked.get_pk_constraint(table)))}
            rows = connection.execute(
                text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
            )
            found |= {("index", name, " ".join(sql.split())) for name, sql in rows}
    return {fact for fact in found if "alembic_version" not in "".join(fact)}


def test_the_migrations_lead_to_the_models(empty: Engine) -> None:
    metadata.create_all(empty)
    wanted = facts(empty)
    metadata.drop_all(empty)
    schema.upgrade(empty)
    assert facts(empty) ^ wanted == set(), (
        "run `make migration m=...` (before the first release: `make first-migration`)"
    )
    with empty.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_up_down_and_up_again(empty: Engine) -> None:
    schema.upgrade(empty)
    once = facts(empty)
    assert schema.current(empty) == schema.head()
    schema.upgrade(empty)
    schema.downgrade(empty, "base")
    assert facts(empty) == set()
    assert schema.current(empty) is None
    schema.upgrade(empty)
    assert facts(empty) == once


def test_there_is_one_head_and_numbers_follow_each_other() -> None:
    scripts = ScriptDirectory.from_config(schema.config())
    assert len(scripts.get_heads()) == 1
    assert [path.name[:4] for path in VERSIONS] == [f"{n:04}" for n in range(1, len(VERSIONS) + 1)]


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.name)
def test_a_version_imports_nothing_of_ours(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert not [name for name in names if name.split(".")[0] in ("labeler", "tasks", "tests", "migrations")]
