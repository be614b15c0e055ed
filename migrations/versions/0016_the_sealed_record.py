"""The places of entries in the sealed record, and its checkpoints.

Nothing is sealed yet: a worker begins with the oldest entry. Going back forgets every place; receipts are worthless then.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "log_checkpoint",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_log_checkpoint")),
    )
    op.create_table(
        "log_leaf",
        sa.Column("log_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.CheckConstraint("number >= 0", name=op.f("ck_log_leaf_number")),
        sa.PrimaryKeyConstraint("log_id", "number", name=op.f("pk_log_leaf")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_log_leaf_entry_id")),
    )
    op.create_table(
        "log_node",
        sa.Column("log_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint("level > 0 AND level % 8 = 0", name=op.f("ck_log_node_level")),
        sa.PrimaryKeyConstraint("log_id", "level", "number", name=op.f("pk_log_node")),
    )
    op.create_table(
        "log_root",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("log_id", sa.Uuid(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_log_root_size")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_log_root")),
    )
    with op.batch_alter_table("log_root", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_log_root_log_id_size"), ["log_id", "size"], unique=True)


def downgrade() -> None:
    with op.batch_alter_table("log_root", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_log_root_log_id_size"))

    op.drop_table("log_root")
    op.drop_table("log_node")
    op.drop_table("log_leaf")
    op.drop_table("log_checkpoint")
