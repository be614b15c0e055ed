"""Which projects a version takes in and what its papers say of each; and when a payment was marked.

Versions from before take in their own project alone. Going back forgets which others a version has, so its withdrawals
would no more be looked for there.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "export_project",
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("facts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["export_id"], ["export.id"], name=op.f("fk_export_project_export_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_export_project_project_id")),
        sa.PrimaryKeyConstraint("export_id", "project_id", name=op.f("pk_export_project")),
    )
    with op.batch_alter_table("export_project", schema=None) as batch_op:
        batch_op.create_index("ix_export_project_project_id", ["project_id"], unique=False)

    with op.batch_alter_table("pay_period", schema=None) as batch_op:
        batch_op.add_column(sa.Column("marked_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("pay_period", schema=None) as batch_op:
        batch_op.drop_column("marked_at")

    with op.batch_alter_table("export_project", schema=None) as batch_op:
        batch_op.drop_index("ix_export_project_project_id")

    op.drop_table("export_project")
