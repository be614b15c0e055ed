"""Finished versions of datasets are delivered to destinations of the operator. Going back forgets where they went."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "export_delivery",
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column(
            "way",
            sa.Enum("folder", "s3", "hub", name="way", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("knowingly", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "sending",
                "done",
                "failed",
                name="deliverystate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("done_files", sa.Integer(), nullable=False),
        sa.Column("all_files", sa.Integer(), nullable=True),
        sa.Column("done_bytes", sa.BigInteger(), nullable=False),
        sa.Column("all_bytes", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(state = 'done') = (place IS NOT NULL)", name=op.f("ck_export_delivery_place")),
        sa.CheckConstraint(
            "(state IN ('done', 'failed')) = (finished_at IS NOT NULL)", name=op.f("ck_export_delivery_finished")
        ),
        sa.CheckConstraint("state <> 'failed' OR problem IS NOT NULL", name=op.f("ck_export_delivery_problem")),
        sa.CheckConstraint(
            "done_files >= 0 AND done_bytes >= 0 AND (all_files IS NULL) = (all_bytes IS NULL) AND done_files <= coalesce(all_files, 0) AND done_bytes <= coalesce(all_bytes, 0)",
            name=op.f("ck_export_delivery_counts"),
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["user_account.id"], name=op.f("fk_export_delivery_asked_by")),
        sa.ForeignKeyConstraint(["export_id"], ["export.id"], name=op.f("fk_export_delivery_export_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_delivery")),
    )
    with op.batch_alter_table("export_delivery", schema=None) as batch_op:
        batch_op.create_index("ix_export_delivery_export_id", ["export_id"], unique=False)
        batch_op.create_index(
            "uq_export_delivery_open",
            ["export_id", "destination"],
            unique=True,
            sqlite_where=sa.text("state IN ('waiting', 'sending')"),
            postgresql_where=sa.text("state IN ('waiting', 'sending')"),
        )


def downgrade() -> None:
    with op.batch_alter_table("export_delivery", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_export_delivery_open",
            sqlite_where=sa.text("state IN ('waiting', 'sending')"),
            postgresql_where=sa.text("state IN ('waiting', 'sending')"),
        )
        batch_op.drop_index("ix_export_delivery_export_id")

    op.drop_table("export_delivery")
