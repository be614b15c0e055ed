"""The schema a database has, and the one this code needs: `migrations/` brings the first to the second."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from labeler.config import ROOT


def config(connection: Connection | None = None) -> Config:
    """Alembic's settings (`[tool.alembic]` of pyproject.toml), for work on this connection."""
    settings = Config(toml_file=ROOT / "pyproject.toml")
    settings.attributes["connection"] = connection
    return settings


def head() -> str | None:
    """The revision this code needs."""
    return ScriptDirectory.from_config(config()).get_current_head()


def current(engine: Engine) -> str | None:
    """The revision a database has, None when it has none."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring a database up to `revision`, all or nothing. Safe to run twice, and from several machines at once."""
    with engine.connect() as connection:
        command.upgrade(config(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take a database back to `revision` (`"base"`: no tables). Data that only newer revisions can hold is lost."""
    with engine.connect() as connection:
        command.downgrade(config(connection), revision)
