"""Dataset versions may wait for a second person before anybody takes them, webhooks tell what becomes of them, and there are limits.

No project asks for a second person yet, and versions that were made before need none.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("export", schema=None) as batch_op:
        batch_op.add_column(sa.Column("approval", sa.String(length=24), nullable=True))
        batch_op.add_column(sa.Column("decided_by", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("decision_note", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("bytes", sa.BigInteger(), nullable=True))
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

    op.create_table(
        "webhook",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("secret_number", sa.Integer(), nullable=False),
        sa.Column("old_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("off_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_webhook_failures")),
        sa.CheckConstraint("secret_number >= 1", name=op.f("ck_webhook_secret_number")),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_webhook_made_by")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_webhook_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
        sa.UniqueConstraint("project_id", name=op.f("uq_webhook_project_id")),
    )
    op.create_table(
        "webhook_message",
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'held', 'sent', 'given-up')", name=op.f("ck_webhook_message_messagestate")
        ),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_message_webhook_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_message")),
    )
    op.create_table(
        "webhook_attempt",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fine", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["webhook_message.id"], name=op.f("fk_webhook_attempt_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_attempt")),
    )
    with op.batch_alter_table("webhook_message", schema=None) as batch_op:
        batch_op.create_index("ix_webhook_message_webhook_id_state", ["webhook_id", "state"], unique=False)
    with op.batch_alter_table("webhook_attempt", schema=None) as batch_op:
        batch_op.create_index("ix_webhook_attempt_message_id", ["message_id"], unique=False)

    op.create_table(
        "export_limit",
        sa.Column("name", sa.String(length=24), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "name IN ('writing', 'versions_per_day', 'bytes_per_day', 'bytes_kept')", name=op.f("ck_export_limit_quota")
        ),
        sa.CheckConstraint("value IS NULL OR value >= 0", name=op.f("ck_export_limit_value")),
        sa.ForeignKeyConstraint(["set_by"], ["user_account.id"], name=op.f("fk_export_limit_set_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_limit")),
    )
    with op.batch_alter_table("export_limit", schema=None) as batch_op:
        batch_op.create_index("ix_export_limit_name_set_at", ["name", "set_at"], unique=False)
    op.create_table(
        "export_taking",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("spans", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("bytes >= 0", name=op.f("ck_export_taking_bytes")),
        sa.ForeignKeyConstraint(["export_id"], ["export.id"], name=op.f("fk_export_taking_export_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_export_taking_user_id")),
        sa.PrimaryKeyConstraint("user_id", "day", "export_id", "file", name=op.f("pk_export_taking")),
    )


def downgrade() -> None:
    for name in ("export_taking", "export_limit", "webhook_attempt", "webhook_message", "webhook"):
        op.drop_table(name)

    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.drop_column("export_approval")

    with op.batch_alter_table("export", schema=None) as batch_op:
        for name in ("approved_first", "refused", "second_person", "decided", "approval"):
            batch_op.drop_constraint(batch_op.f(f"ck_export_{name}"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_export_decided_by"), type_="foreignkey")
        for name in ("bytes", "decision_note", "decided_at", "decided_by", "approval"):
            batch_op.drop_column(name)
