"""Versions of datasets are signed, and can be withdrawn.

Versions made before have no key: they stay unsigned, and whole.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "export_withdrawal",
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column(
            "cause",
            sa.Enum(
                "withdrawn", "not-used", "erased", name="cause", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.CheckConstraint("answers >= 1", name=op.f("ck_export_withdrawal_answers")),
        sa.ForeignKeyConstraint(["export_id"], ["export.id"], name=op.f("fk_export_withdrawal_export_id")),
        sa.PrimaryKeyConstraint("export_id", "cause", name=op.f("pk_export_withdrawal")),
    )
    with op.batch_alter_table("export", schema=None) as batch_op:
        batch_op.add_column(sa.Column("key_id", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("withdrawn_since", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("export", schema=None) as batch_op:
        batch_op.drop_column("withdrawn_since")
        batch_op.drop_column("key_id")
    op.drop_table("export_withdrawal")
