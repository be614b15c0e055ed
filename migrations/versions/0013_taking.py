"""Dataset versions may wait for a second person before anybody takes them.

No project asks for one yet, and versions that were made before need none.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("export", schema=None) as batch_op:
        batch_op.add_column(sa.Column("approval", sa.String(length=24), nullable=True))
        batch_op.add_column(sa.Column("decided_by", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("decision_note", sa.Text(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_export_decided_by"), "user_account", ["decided_by"], ["id"])
        batch_op.create_check_constraint(
            batch_op.f("ck_export_approval"), "approval IN ('waiting', 'approved', 'refused')"
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_export_decided"),
            "(decided_at IS NULL) = (decided_by IS NULL)"
            " AND (decided_at IS NOT NULL) = (coalesce(approval, 'waiting') <> 'waiting')",
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_export_second_person"), "decided_by IS NULL OR decided_by <> created_by"
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_export_refused"),
            "approval IS NULL OR approval <> 'refused' OR decision_note IS NOT NULL",
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_export_approved_first"),
            "published_at IS NULL OR coalesce(approval, 'approved') = 'approved'",
        )

    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.add_column(sa.Column("export_approval", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.alter_column("export_approval", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.drop_column("export_approval")

    with op.batch_alter_table("export", schema=None) as batch_op:
        for name in ("approved_first", "refused", "second_person", "decided", "approval"):
            batch_op.drop_constraint(batch_op.f(f"ck_export_{name}"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_export_decided_by"), type_="foreignkey")
        for name in ("decision_note", "decided_at", "decided_by", "approval"):
            batch_op.drop_column(name)
