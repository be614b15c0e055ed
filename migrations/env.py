"""How a migration runs: one at a time, all or nothing, on PostgreSQL and SQLite. `labeler init` calls it."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, text

from labeler.config import Settings
from labeler.db import connect
from labeler.models import metadata
from migrations.render import render_item

LOCK = 0x6C6162656C6572
"""The advisory lock that two machines which start at the same moment meet at ("labeler" in ASCII)."""


def migrate(connection: Connection) -> None:
    """Bring the database of `connection` to the revision asked for, in one transaction."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=context.config.attributes.get("batch", True),
        render_item=render_item,
        compare_type=True,
        transactional_ddl=True,  # SQLite keeps DDL in transactions too, once the driver no longer interferes
    )
    if connection.dialect.name == "sqlite":
        # A batch migration rebuilds a table by dropping it; that must not delete what points at it. The switch has no
        # effect inside a transaction, so it is turned before one begins.
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA foreign_keys=OFF")
        try:
            with context.begin_transaction():
                context.run_migrations()
                dangling = connection.execute(text("PRAGMA foreign_key_check")).all()
                if dangling:
                    raise RuntimeError(f"the migration leaves {len(dangling)} rows that point nowhere: {dangling[:5]}")
        finally:
            driver.execute("PRAGMA foreign_keys=ON")
        return
    with context.begin_transaction():
        connection.execute(text("SET LOCAL lock_timeout = '120s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        # Rather no migration than a table that everybody waits for: it can be tried again in a quiet minute.
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        connection.execute(text("SET LOCAL statement_timeout = '15min'"))
        context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("Migrations are run against a database, not written to a script: use `labeler init`.")

given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    engine = connect(Settings().database)
    with engine.connect() as own:
        migrate(own)
    engine.dispose()
