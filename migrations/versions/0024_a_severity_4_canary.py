"""A second canary a quarter: a task marked severity 4. Going back forgets those; their entries stay in the record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


ONE = "kind IN ('grievance')"
TWO = "kind IN ('grievance', 'severity-4')"


def upgrade() -> None:
    _kinds(ONE, TWO)


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM canary WHERE kind = 'severity-4'"))
    _kinds(TWO, ONE)


def _kinds(were: str, are: str) -> None:
    with op.batch_alter_table("canary", copy_from=_table(were)) as batch_op:
        batch_op.drop_constraint(op.f("ck_canary_canarykind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_canary_canarykind"), are)


def _table(kinds: str) -> sa.Table:
    """The table as it is: SQLite copies it, and tells no constraints of its own."""
    return sa.Table(
        "canary",
        sa.MetaData(),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("quarter", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(length=32), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(kinds, name=op.f("ck_canary_canarykind")),
        sa.CheckConstraint("length(secret) = 32", name=op.f("ck_canary_secret")),
        sa.CheckConstraint("sent_at >= made_at AND answered_at >= sent_at", name=op.f("ck_canary_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canary")),
        sa.UniqueConstraint("kind", "quarter", name=op.f("uq_canary_kind_quarter")),
    )
