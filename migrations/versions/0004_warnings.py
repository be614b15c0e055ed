"""Warnings that were too weak: what labelers said, who looked, what is served to nobody, what a rule has paused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "escalation_contact",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_escalation_contact_made_by")),
        sa.ForeignKeyConstraint(["person_id"], ["user_account.id"], name=op.f("fk_escalation_contact_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation_contact")),
    )
    op.create_table(
        "project_stop",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reports", sa.Integer(), nullable=False),
        sa.Column("served", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("ck_project_stop_ended")),
        sa.ForeignKeyConstraint(["ended_by"], ["user_account.id"], name=op.f("fk_project_stop_ended_by")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_project_stop_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_stop")),
    )
    with op.batch_alter_table("project_stop", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_project_stop_project_id_at"), ["project_id", "at"], unique=False)
        batch_op.create_index(
            "uq_project_stop_open",
            ["project_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "content_review",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "decision",
            sa.Enum("confirmed", "lowered", name="decision", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("old_profile", sa.Text(), nullable=False),
        sa.Column("new_profile", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("decision = 'confirmed' OR length(reason) >= 20", name=op.f("ck_content_review_reason")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_content_review_by_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_content_review_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content_review")),
    )
    with op.batch_alter_table("content_review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_content_review_task_id"), ["task_id"], unique=False)

    op.create_table(
        "escalation",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column(
            "source",
            sa.Enum("import", "report", name="escalationsource", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "decision",
            sa.Enum(
                "stays", "allowed", name="escalationdecision", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(severity IS NULL) = (decision = 'stays')", name=op.f("ck_escalation_decision_severity")),
        sa.CheckConstraint("length(reason) >= 20", name=op.f("ck_escalation_reason")),
        sa.CheckConstraint("severity BETWEEN 0 AND 3", name=op.f("ck_escalation_severity")),
        sa.ForeignKeyConstraint(["decided_by"], ["user_account.id"], name=op.f("fk_escalation_decided_by")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_escalation_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation")),
    )
    with op.batch_alter_table("escalation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_escalation_task_id"), ["task_id"], unique=False)
        batch_op.create_index(
            "uq_escalation_stays",
            ["task_id"],
            unique=True,
            sqlite_where=sa.text("decision = 'stays'"),
            postgresql_where=sa.text("decision = 'stays'"),
        )

    op.create_table(
        "content_report",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("labeler_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("old_profile", sa.Text(), nullable=False),
        sa.Column("new_profile", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("severity BETWEEN 1 AND 4", name=op.f("ck_content_report_severity")),
        sa.ForeignKeyConstraint(["labeler_id"], ["labeler.id"], name=op.f("fk_content_report_labeler_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_content_report_project_id")),
        sa.ForeignKeyConstraint(["review_id"], ["content_review.id"], name=op.f("fk_content_report_review_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_content_report_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content_report")),
    )
    with op.batch_alter_table("content_report", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_content_report_project_id_at"), ["project_id", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_content_report_task_id"), ["task_id"], unique=False)
        batch_op.create_index(
            "uq_content_report_open",
            ["task_id", "labeler_id", "category", "severity"],
            unique=True,
            sqlite_where=sa.text("review_id IS NULL"),
            postgresql_where=sa.text("review_id IS NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("content_report", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_content_report_open",
            sqlite_where=sa.text("review_id IS NULL"),
            postgresql_where=sa.text("review_id IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_content_report_task_id"))
        batch_op.drop_index(batch_op.f("ix_content_report_project_id_at"))

    op.drop_table("content_report")
    with op.batch_alter_table("escalation", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_escalation_stays",
            sqlite_where=sa.text("decision = 'stays'"),
            postgresql_where=sa.text("decision = 'stays'"),
        )
        batch_op.drop_index(batch_op.f("ix_escalation_task_id"))

    op.drop_table("escalation")
    with op.batch_alter_table("content_review", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_content_review_task_id"))

    op.drop_table("content_review")
    with op.batch_alter_table("project_stop", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_project_stop_open",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_project_stop_project_id_at"))

    op.drop_table("project_stop")
    op.drop_table("escalation_contact")
