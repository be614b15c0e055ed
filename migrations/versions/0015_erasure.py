"""A person's data can be erased, in all her accounts; and figures that need ten people are told anew only with ten
people between.

Nobody was erased yet, and nothing told. Going back forgets that somebody was erased; her rows stay gone.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("labeler", schema=None) as batch_op:
        batch_op.add_column(sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            "ix_labeler_erased",
            ["id"],
            unique=False,
            sqlite_where=sa.text("erased_at IS NOT NULL"),
            postgresql_where=sa.text("erased_at IS NOT NULL"),
        )
    op.create_table(
        "told_figures",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("figures", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("behind", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_told_figures_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_told_figures")),
    )
    with op.batch_alter_table("told_figures", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_told_figures_project_id_told_at"), ["project_id", "told_at"], unique=False)
    op.create_table(
        "erasure",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(by_id IS NULL) = (reason IS NULL)", name=op.f("ck_erasure_reason")),
        sa.CheckConstraint("finished_at IS NULL OR removed_at IS NOT NULL", name=op.f("ck_erasure_finished")),
        sa.CheckConstraint("removed_at >= asked_at AND finished_at >= removed_at", name=op.f("ck_erasure_order")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_erasure_by_id")),
        sa.ForeignKeyConstraint(["person_id"], ["labeler.id"], name=op.f("fk_erasure_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_erasure")),
    )


def downgrade() -> None:
    op.drop_table("erasure")
    with op.batch_alter_table("told_figures", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_told_figures_project_id_told_at"))
    op.drop_table("told_figures")
    with op.batch_alter_table("labeler", schema=None) as batch_op:
        batch_op.drop_index("ix_labeler_erased")
        batch_op.drop_column("erased_at")
