"""Fair decisions: cases, reviews, grievances and the watch; two more roles.

Going back needs that nobody has one of the new roles.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ROLES = ("admin", "researcher", "vendor-manager", "labeler", "auditor")
NEW_ROLES = (*ROLES, "wellbeing-officer", "worker-representative")


def change_roles(names: tuple[str, ...]) -> None:
    """The column stays as it is; its CHECK names other words."""
    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_user_account_role"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_user_account_role"), sa.column("role").in_(names))


def upgrade() -> None:
    change_roles(NEW_ROLES)
    op.create_table(
        "grievance",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("concluded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "substantiated",
                "not-substantiated",
                "passed-on",
                name="grievanceoutcome",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.CheckConstraint("(concluded_at IS NULL) = (outcome IS NULL)", name=op.f("ck_grievance_concluded")),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendor.id"], name=op.f("fk_grievance_vendor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grievance")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_grievance_token_hash")),
    )
    with op.batch_alter_table("grievance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grievance_opened_at"), ["opened_at"], unique=False)

    op.create_table(
        "worker_representative",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_worker_representative_user_id")),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendor.id"], name=op.f("fk_worker_representative_vendor_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_worker_representative")),
    )
    with op.batch_alter_table("worker_representative", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_worker_representative_vendor_id"), ["vendor_id"], unique=False)

    op.create_table(
        "grievance_message",
        sa.Column("grievance_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("number >= 1", name=op.f("ck_grievance_message_number")),
        sa.ForeignKeyConstraint(["grievance_id"], ["grievance.id"], name=op.f("fk_grievance_message_grievance_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["user_account.id"], name=op.f("fk_grievance_message_officer_id")),
        sa.PrimaryKeyConstraint("grievance_id", "number", name=op.f("pk_grievance_message")),
    )
    op.create_table(
        "watch_flag",
        sa.Column("labeler_id", sa.Uuid(), nullable=False),
        sa.Column(
            "sign",
            sa.Enum(
                "not-used-spike",
                "hand-outs-drop",
                "restricted",
                "closed",
                name="sign",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "event",
            sa.Enum(
                "opt-out", "review", "danger", name="eventkind", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("event_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", sa.Integer(), nullable=False),
        sa.Column("after", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "new",
                "looked-at",
                "upheld",
                "dismissed",
                name="flagstate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["labeler_id"], ["labeler.id"], name=op.f("fk_watch_flag_labeler_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch_flag")),
        sa.UniqueConstraint(
            "labeler_id", "sign", "event", "event_at", name=op.f("uq_watch_flag_labeler_id_sign_event_event_at")
        ),
    )
    op.create_table(
        "case_file",
        sa.Column(
            "kind",
            sa.Enum(
                "not-used",
                "restriction",
                "danger",
                "hold",
                name="casekind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("about_id", sa.Uuid(), nullable=True),
        sa.Column("labeler_id", sa.Uuid(), nullable=True),
        sa.Column("vendor_id", sa.Uuid(), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("first_decider", sa.Uuid(), nullable=True),
        sa.Column(
            "first_role",
            sa.Enum(
                "admin",
                "researcher",
                "vendor-manager",
                "labeler",
                "auditor",
                "wellbeing-officer",
                "worker-representative",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("ask_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(batch_id IS NOT NULL) = (kind IN ('hold', 'not-used'))", name=op.f("ck_case_file_batch")),
        sa.CheckConstraint("(labeler_id IS NULL) = (kind = 'hold')", name=op.f("ck_case_file_whose")),
        sa.CheckConstraint(
            "kind NOT IN ('not-used', 'restriction') OR length(trim(reasons)) >= 20",
            name=op.f("ck_case_file_written_reasons"),
        ),
        sa.CheckConstraint(
            "kind NOT IN ('not-used', 'restriction', 'hold') OR (first_decider IS NOT NULL AND first_role IS NOT NULL)",
            name=op.f("ck_case_file_decided_by_a_person"),
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_case_file_batch_id")),
        sa.ForeignKeyConstraint(["first_decider"], ["user_account.id"], name=op.f("fk_case_file_first_decider")),
        sa.ForeignKeyConstraint(["labeler_id"], ["labeler.id"], name=op.f("fk_case_file_labeler_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_case_file_project_id")),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendor.id"], name=op.f("fk_case_file_vendor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_file")),
    )
    with op.batch_alter_table("case_file", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_case_file_labeler_id_opened_at"), ["labeler_id", "opened_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_case_file_vendor_id_opened_at"), ["vendor_id", "opened_at"], unique=False)
        batch_op.create_index(
            "uq_case_file_hold",
            ["batch_id"],
            unique=True,
            sqlite_where=sa.text("kind = 'hold' AND closed_at IS NULL"),
            postgresql_where=sa.text("kind = 'hold' AND closed_at IS NULL"),
        )

    op.create_table(
        "watch_look",
        sa.Column("flag_id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "new",
                "looked-at",
                "upheld",
                "dismissed",
                name="flagstate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["flag_id"], ["watch_flag.id"], name=op.f("fk_watch_look_flag_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["user_account.id"], name=op.f("fk_watch_look_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch_look")),
    )
    with op.batch_alter_table("watch_look", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_watch_look_flag_id"), ["flag_id"], unique=False)

    op.create_table(
        "case_message",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["user_account.id"], name=op.f("fk_case_message_author_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_case_message_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_message")),
    )
    with op.batch_alter_table("case_message", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_message_case_id_at"), ["case_id", "at"], unique=False)

    op.create_table(
        "review",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column(
            "cause",
            sa.Enum(
                "labeler",
                "safety",
                "danger",
                "brake",
                name="cause",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("limit_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("first_decider", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum("changed", "stands", name="outcome", native_enum=False, create_constraint=True, length=24),
            nullable=True,
        ),
        sa.Column("reasons", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(text IS NOT NULL) = (cause IN ('labeler', 'danger'))", name=op.f("ck_review_words")),
        sa.CheckConstraint(
            "(decided_by IS NULL) = (decided_at IS NULL) AND (decided_by IS NULL) = (outcome IS NULL)"
            " AND (decided_by IS NULL) = (reasons IS NULL)",
            name=op.f("ck_review_decided"),
        ),
        sa.CheckConstraint("decided_by <> first_decider", name=op.f("ck_review_somebody_else")),
        sa.CheckConstraint("reasons IS NULL OR length(trim(reasons)) >= 20", name=op.f("ck_review_written_reasons")),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_review_case_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["user_account.id"], name=op.f("fk_review_decided_by")),
        sa.ForeignKeyConstraint(["first_decider"], ["user_account.id"], name=op.f("fk_review_first_decider")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.UniqueConstraint("case_id", "cause", name=op.f("uq_review_case_id_cause")),
    )
    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.create_index(
            "ix_review_open",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("decided_at IS NULL"),
            postgresql_where=sa.text("decided_at IS NULL"),
        )

    op.create_table(
        "retry",
        sa.Column("assignment_id", sa.Uuid(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("until >= from_at", name=op.f("ck_retry_order")),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"], name=op.f("fk_retry_assignment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retry")),
    )
    with op.batch_alter_table("retry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_retry_assignment_id"), ["assignment_id"], unique=False)

    op.create_table(
        "not_used",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("judgment_id", sa.Uuid(), nullable=False),
        sa.Column("assignment_id", sa.Uuid(), nullable=False),
        sa.Column("labeler_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column(
            "code",
            sa.Enum(
                "instructions-not-kept",
                "wrong-language",
                "empty-or-copied",
                "task-was-broken",
                "duplicate",
                name="code",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("guideline_version", sa.Integer(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retry_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("again_by", sa.Uuid(), nullable=True),
        sa.Column("again_reasons", sa.Text(), nullable=True),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "ending",
            sa.Enum(
                "accepted", "changed", "cancelled", name="ending", native_enum=False, create_constraint=True, length=24
            ),
            nullable=True,
        ),
        sa.CheckConstraint("(again_by IS NULL) = (again_reasons IS NULL)", name=op.f("ck_not_used_again")),
        sa.CheckConstraint("(ended_at IS NULL) = (ending IS NULL)", name=op.f("ck_not_used_ended")),
        sa.CheckConstraint("effective_at >= marked_at AND ended_at >= marked_at", name=op.f("ck_not_used_order")),
        sa.ForeignKeyConstraint(["again_by"], ["user_account.id"], name=op.f("fk_not_used_again_by")),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"], name=op.f("fk_not_used_assignment_id")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_not_used_batch_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_not_used_case_id")),
        sa.ForeignKeyConstraint(["judgment_id"], ["judgment.id"], name=op.f("fk_not_used_judgment_id")),
        sa.ForeignKeyConstraint(["labeler_id"], ["labeler.id"], name=op.f("fk_not_used_labeler_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_not_used_project_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_not_used")),
    )
    with op.batch_alter_table("not_used", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_not_used_batch_id_marked_at"), ["batch_id", "marked_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_not_used_labeler_id_marked_at"), ["labeler_id", "marked_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_not_used_project_id_effective_at"), ["project_id", "effective_at"], unique=False
        )
        batch_op.create_index(
            "uq_not_used_standing",
            ["assignment_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("not_used", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_not_used_standing",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_not_used_project_id_effective_at"))
        batch_op.drop_index(batch_op.f("ix_not_used_labeler_id_marked_at"))
        batch_op.drop_index(batch_op.f("ix_not_used_batch_id_marked_at"))

    op.drop_table("not_used")
    with op.batch_alter_table("retry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_retry_assignment_id"))

    op.drop_table("retry")
    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_review_open", sqlite_where=sa.text("decided_at IS NULL"), postgresql_where=sa.text("decided_at IS NULL")
        )

    op.drop_table("review")
    with op.batch_alter_table("case_message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_message_case_id_at"))

    op.drop_table("case_message")
    with op.batch_alter_table("watch_look", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_watch_look_flag_id"))

    op.drop_table("watch_look")
    with op.batch_alter_table("case_file", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_case_file_hold",
            sqlite_where=sa.text("kind = 'hold' AND closed_at IS NULL"),
            postgresql_where=sa.text("kind = 'hold' AND closed_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_case_file_vendor_id_opened_at"))
        batch_op.drop_index(batch_op.f("ix_case_file_labeler_id_opened_at"))

    op.drop_table("case_file")
    op.drop_table("watch_flag")
    op.drop_table("grievance_message")
    with op.batch_alter_table("worker_representative", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_worker_representative_vendor_id"))

    op.drop_table("worker_representative")
    with op.batch_alter_table("grievance", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_grievance_opened_at"))

    op.drop_table("grievance")
    change_roles(ROLES)
