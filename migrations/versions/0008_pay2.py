"""Time without a place on the clock, what it was for, and what was paid for reading instructions.

Everybody is paid once for reading the instructions of what she goes on with. Going back needs that no line without a
place was written but those of a labeler's own time.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reading_time",
        sa.Column("labeler_id", sa.Uuid(), nullable=False),
        sa.Column("guideline_id", sa.Uuid(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("seconds >= 0", name=op.f("ck_reading_time_seconds")),
        sa.ForeignKeyConstraint(["guideline_id"], ["guideline.id"], name=op.f("fk_reading_time_guideline_id")),
        sa.ForeignKeyConstraint(["labeler_id"], ["labeler.id"], name=op.f("fk_reading_time_labeler_id")),
        sa.PrimaryKeyConstraint("labeler_id", "guideline_id", name=op.f("pk_reading_time")),
    )
    with op.batch_alter_table("time_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("note", sa.Text(), server_default="", nullable=False))
        batch_op.drop_constraint(batch_op.f("ck_time_line_own"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_time_line_own"), "kind <> 'own' OR until_at IS NULL")


def downgrade() -> None:
    with op.batch_alter_table("time_line", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_time_line_own"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_time_line_own"), "(until_at IS NULL) = (kind = 'own')")
        batch_op.drop_column("note")
    op.drop_table("reading_time")
