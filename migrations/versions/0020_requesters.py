"""Projects are approved by a second person before they are handed out.

Projects that are live already have no approval: they pause at the next sweep, and go on when somebody has approved them.
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


def downgrade() -> None:
    with op.batch_alter_table("project_approval", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_project_approval_waiting",
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )
        batch_op.drop_index(batch_op.f("ix_project_approval_project_id_asked_at"))

    op.drop_table("project_approval")
    with op.batch_alter_table("project", schema=None) as batch_op:
        batch_op.drop_column("found")
