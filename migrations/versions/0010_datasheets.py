"""Owners answer the questions of a datasheet, and publish versions that lack no answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "datasheet_answers",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("answers", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("said_by", sa.Uuid(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_datasheet_answers_number")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_datasheet_answers_project_id")),
        sa.ForeignKeyConstraint(["said_by"], ["user_account.id"], name=op.f("fk_datasheet_answers_said_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_datasheet_answers")),
        sa.UniqueConstraint("project_id", "number", name=op.f("uq_datasheet_answers_project_id_number")),
    )
    with op.batch_alter_table("export", schema=None) as batch_op:
        batch_op.add_column(sa.Column("published_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("published_by", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_export_published_by"), "user_account", ["published_by"], ["id"])
        batch_op.create_check_constraint(
            batch_op.f("ck_export_published"),
            "(published_at IS NULL) = (published_by IS NULL) AND (published_at IS NULL OR state = 'done')",
        )


def downgrade() -> None:
    with op.batch_alter_table("export", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_export_published"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_export_published_by"), type_="foreignkey")
        batch_op.drop_column("published_by")
        batch_op.drop_column("published_at")

    op.drop_table("datasheet_answers")
