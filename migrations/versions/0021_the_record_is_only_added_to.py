"""The record is only added to: what its tables refuse, and the one way by which an erased person's entries leave it.

PostgreSQL: a function that the role which runs the product may call (`labeler db grant`), and which alone erases.
SQLite: triggers, which stop mistakes; whoever may write the file can remove them. Going back removes both.
"""

from __future__ import annotations

import secrets
import time
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLES = ("audit_entry", "log_leaf", "log_node", "log_root", "log_checkpoint")
REFUSED = "the record is only added to"

# An entry leaves the record when it is an answer of a labeler who was erased, and it is sealed that she was.
ERASED = """
    {entry}.act = 'judgment.submit'
    AND EXISTS (SELECT 1 FROM {s}labeler AS who WHERE who.id = {entry}.actor_id AND who.erased_at IS NOT NULL)
    AND EXISTS (
        SELECT 1 FROM {s}audit_entry AS said JOIN {s}log_leaf AS place ON place.entry_id = said.id
        WHERE said.subject_id = {entry}.actor_id AND said.act = 'person.erase'
    )
"""

FORGET = """
CREATE FUNCTION {s}forget_answers(account uuid, most integer, note uuid) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    wanted uuid[];
BEGIN
    SELECT array_agg(found.id) INTO wanted FROM (
        SELECT entry.id FROM {s}audit_entry AS entry JOIN {s}log_leaf AS leaf ON leaf.entry_id = entry.id
        WHERE entry.actor_id = account AND {erased}
        ORDER BY entry.id LIMIT least(greatest(most, 0), 10000)
    ) AS found;
    IF wanted IS NULL THEN
        RETURN 0;
    END IF;
    INSERT INTO {s}audit_entry (id, at, act, actor_id, subject_id, fields, vendor_id)
        SELECT note, clock_timestamp(), 'person.forget', NULL, who.id,
               '{{"entries":' || cardinality(wanted) || '}}', who.vendor_id
        FROM {s}labeler AS who WHERE who.id = account;
    UPDATE {s}log_leaf SET salt = NULL WHERE entry_id = ANY (wanted);
    DELETE FROM {s}audit_entry WHERE id = ANY (wanted);
    RETURN cardinality(wanted);
END
$$
"""


def upgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        s = _schema(bind)
        op.execute(sa.text(FORGET.format(s=s, erased=ERASED.format(s=s, entry="entry")).replace(":", r"\:")))
        op.execute(f"REVOKE ALL ON FUNCTION {s}forget_answers(uuid, integer, uuid) FROM PUBLIC")
    else:
        for table in TABLES:
            for act in ("UPDATE", "DELETE"):
                op.execute(_trigger(table, act, _allowed(table, act)))
    # What was erased before this has no entry that says so.
    entry = sa.table(
        "audit_entry",
        sa.column("id", sa.Uuid()), sa.column("at", sa.DateTime(timezone=True)), sa.column("act", sa.Text()),
        sa.column("subject_id", sa.Uuid()), sa.column("fields", sa.Text()), sa.column("vendor_id", sa.Uuid()),
    )  # fmt: skip
    leaf = sa.table("log_leaf", sa.column("log_id", sa.Uuid()), sa.column("salt", sa.LargeBinary()))
    counted = sa.select(leaf.c.log_id, sa.func.count()).where(leaf.c.salt.is_(None)).group_by(leaf.c.log_id)
    for log_id, number in bind.execute(counted).all():
        bind.execute(
            sa.insert(entry).values(
                id=_new_id(), at=sa.func.now(), act="person.forget", subject_id=log_id,
                fields=f'{{"entries":{number}}}', vendor_id=log_id if log_id.int else None,
            )
        )  # fmt: skip


def downgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        op.execute(f"DROP FUNCTION {_schema(bind)}forget_answers(uuid, integer, uuid)")
    else:
        for table in TABLES:
            for act in ("UPDATE", "DELETE"):
                op.execute(f"DROP TRIGGER {table}_{act.lower()}")


def _new_id() -> UUID:
    """A UUIDv7: the sequencer finds entries by the time in their ids."""
    return UUID(int=int(time.time() * 1000) << 80 | 7 << 76 | 2 << 62 | secrets.randbits(62))


def _schema(bind: sa.Connection) -> str:
    name = bind.execute(sa.text("SELECT quote_ident(current_schema())")).scalar_one()
    return f"{name}."


def _allowed(table: str, act: str) -> str:
    if (table, act) == ("audit_entry", "DELETE"):
        return ERASED.format(s="", entry="OLD")
    if (table, act) == ("log_leaf", "UPDATE"):
        same = " AND ".join(f"NEW.{each} = OLD.{each}" for each in ("log_id", "number", "entry_id", "commitment"))
        of = (
            f"SELECT 1 FROM audit_entry AS entry WHERE entry.id = OLD.entry_id AND {ERASED.format(s='', entry='entry')}"
        )
        return f"NEW.salt IS NULL AND {same} AND EXISTS ({of})"
    return "0"


def _trigger(table: str, act: str, allowed: str) -> str:
    return (
        f"CREATE TRIGGER {table}_{act.lower()} BEFORE {act} ON {table} WHEN NOT ({allowed}) "
        f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
    )
