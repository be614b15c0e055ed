"""Projects are approved by a second person, requesters have limits, and signs about requesters and vendors are cases.

Projects that are live already have no approval: they pause within a minute, and go on when somebody has approved them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.add_column(sa.Column("found", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True))

    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.add_column(sa.Column("published_by", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_project_published_by"), "user_account", ["published_by"], ["id"])

    op.create_table(
        "requester_limit",
        sa.Column(
            "name",
            sa.Enum(
                "imports_per_day",
                "project_imports_per_day",
                "tasks_per_day",
                "project_tasks_per_day",
                "published_per_week",
                name="requesterquota",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("value IS NULL OR value >= 0", name=op.f("ck_requester_limit_value")),
        sa.ForeignKeyConstraint(["set_by"], ["user_account.id"], name=op.f("fk_requester_limit_set_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requester_limit")),
    )
    with op.batch_alter_table("requester_limit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_requester_limit_name_set_at"), ["name", "set_at"], unique=False)

    op.create_table(
        "project_approval",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("policy", sa.Integer(), nullable=False),
        sa.Column("intended_use", sa.Text(), nullable=False),
        sa.Column("scrutiny", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("safeguards", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "approved",
                "refused",
                "replaced",
                name="approvalstate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (decided_by IS NULL) AND (decided_at IS NOT NULL) = (state IN ('approved', 'refused'))",
            name=op.f("ck_project_approval_decided"),
        ),
        sa.CheckConstraint(
            "state <> 'refused' OR (reasons IS NOT NULL AND length(trim(reasons)) >= 20)",
            name=op.f("ck_project_approval_written_reasons"),
        ),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> asked_by", name=op.f("ck_project_approval_second_person")
        ),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_project_approval_digest")),
        sa.ForeignKeyConstraint(["asked_by"], ["user_account.id"], name=op.f("fk_project_approval_asked_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["user_account.id"], name=op.f("fk_project_approval_decided_by")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_project_approval_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_approval")),
    )
    with op.batch_alter_table("project_approval", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_project_approval_project_id_asked_at"), ["project_id", "asked_at"], unique=False
        )
        batch_op.create_index(
            "uq_project_approval_waiting",
            ["project_id"],
            unique=True,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )

    op.create_table(
        "anomaly",
        sa.Column(
            "sign",
            sa.Enum(
                "rejections",
                "under-tagged",
                "underpaid",
                "paid-late",
                "breaks-together",
                "sign-ins-together",
                "break-edges",
                "fixed-intervals",
                name="sign",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "about",
            sa.Enum(
                "project",
                "requester",
                "reviewer",
                "vendor",
                name="about",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("made", sa.Integer(), nullable=False),
        sa.Column("others_per_mille", sa.Integer(), nullable=True),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("vendor_id", sa.Uuid(), nullable=True),
        sa.Column("state", _state(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(about = 'vendor') = (vendor_id IS NOT NULL)", name=op.f("ck_anomaly_vendor")),
        sa.CheckConstraint("hits >= 0 AND made >= 0", name=op.f("ck_anomaly_numbers")),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendor.id"], name=op.f("fk_anomaly_vendor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_anomaly")),
        sa.UniqueConstraint("sign", "subject_id", "week", name=op.f("uq_anomaly_sign_subject_id_week")),
    )
    with op.batch_alter_table("anomaly", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_anomaly_found_at"), ["found_at"], unique=False)
    op.create_table(
        "anomaly_look",
        sa.Column("anomaly_id", sa.Uuid(), nullable=False),
        sa.Column("looked_by", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", _state(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state = 'looked-at' OR length(trim(note)) > 0", name=op.f("ck_anomaly_look_note")),
        sa.ForeignKeyConstraint(["anomaly_id"], ["anomaly.id"], name=op.f("fk_anomaly_look_anomaly_id")),
        sa.ForeignKeyConstraint(["looked_by"], ["user_account.id"], name=op.f("fk_anomaly_look_looked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_anomaly_look")),
    )
    with op.batch_alter_table("anomaly_look", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_anomaly_look_anomaly_id"), ["anomaly_id"], unique=False)


def _state() -> sa.Enum:
    return sa.Enum(
        "new",
        "looked-at",
        "upheld",
        "dismissed",
        name="anomalystate",
        native_enum=False,
        create_constraint=True,
        length=24,
    )


def downgrade() -> None:
    op.drop_table("anomaly_look")
    op.drop_table("anomaly")
    with op.batch_alter_table("project_approval", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_project_approval_waiting",
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )
        batch_op.drop_index(batch_op.f("ix_project_approval_project_id_asked_at"))

    op.drop_table("project_approval")
    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_project_published_by"), type_="foreignkey")
        batch_op.drop_column("published_by")
        batch_op.drop_column("found")
    with op.batch_alter_table("requester_limit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_requester_limit_name_set_at"))
    op.drop_table("requester_limit")
