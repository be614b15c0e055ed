"""The product looks at itself once a day, and lets a canary go once a quarter.

It had looked at nothing yet. Going back forgets which looks were taken; their entries stay in the record.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "self_check_run",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("log_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("name", "log_id", "day", name=op.f("pk_self_check_run")),
    )
    op.create_table(
        "canary",
        sa.Column(
            "kind",
            sa.Enum("grievance", name="canarykind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("quarter", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(length=32), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("length(secret) = 32", name=op.f("ck_canary_secret")),
        sa.CheckConstraint("sent_at >= made_at AND answered_at >= sent_at", name=op.f("ck_canary_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canary")),
        sa.UniqueConstraint("kind", "quarter", name=op.f("uq_canary_kind_quarter")),
    )


def downgrade() -> None:
    op.drop_table("canary")
    op.drop_table("self_check_run")
