"""Limits that protect a labeler: their numbers, what she has seen, her hours.

Every account starts as a person of its own; breaks taken before count as paid until they ended.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exposure_pool",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("median_seconds", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_exposure_pool_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exposure_pool")),
    )
    op.create_table(
        "exposure",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "path",
            sa.Enum(
                "desk",
                "answer",
                "preview",
                "review",
                name="exposurepath",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reserved_seconds", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Uuid(), nullable=True),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("severity BETWEEN 2 AND 3", name=op.f("ck_exposure_severity")),
        sa.ForeignKeyConstraint(["person_id"], ["user_account.id"], name=op.f("fk_exposure_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exposure")),
    )
    with op.batch_alter_table("exposure", schema=None) as batch_op:
        batch_op.create_index(
            "ix_exposure_open",
            ["person_id"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_exposure_person_id_ended_at"), ["person_id", "ended_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_exposure_task_id_person_id"), ["task_id", "person_id"], unique=False)
        batch_op.create_index(
            "uq_exposure_assignment",
            ["assignment_id"],
            unique=True,
            sqlite_where=sa.text("path = 'desk'"),
            postgresql_where=sa.text("path = 'desk'"),
        )

    op.create_table(
        "comfort",
        sa.Column("labeler_id", sa.Uuid(), nullable=False),
        sa.Column("collapsed", sa.Boolean(), nullable=True),
        sa.Column("blurred", sa.Boolean(), nullable=True),
        sa.Column("grey", sa.Boolean(), nullable=True),
        sa.Column("night", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["labeler_id"], ["labeler.id"], name=op.f("fk_comfort_labeler_id")),
        sa.PrimaryKeyConstraint("labeler_id", name=op.f("pk_comfort")),
    )
    op.create_table(
        "policy",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("signed_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(signed_by IS NULL) = (until_at IS NULL) AND (signed_by IS NULL) = (reason IS NULL)",
            name=op.f("ck_policy_deviation"),
        ),
        sa.CheckConstraint("until_at IS NULL OR until_at > from_at", name=op.f("ck_policy_order")),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_policy_made_by")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_policy_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
    )
    with op.batch_alter_table("policy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_policy_name_from_at"), ["name", "from_at"], unique=False)

    op.create_table(
        "restriction",
        sa.Column("labeler_id", sa.Uuid(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("until_at IS NULL OR until_at >= from_at", name=op.f("ck_restriction_order")),
        sa.ForeignKeyConstraint(["labeler_id"], ["labeler.id"], name=op.f("fk_restriction_labeler_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restriction")),
    )
    with op.batch_alter_table("restriction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_restriction_labeler_id"), ["labeler_id"], unique=False)

    op.create_table(
        "stand_down",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("labeler_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["labeler_id"], ["labeler.id"], name=op.f("fk_stand_down_labeler_id")),
        sa.ForeignKeyConstraint(["person_id"], ["labeler.id"], name=op.f("fk_stand_down_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stand_down")),
    )
    with op.batch_alter_table("stand_down", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stand_down_labeler_id_from_at"), ["labeler_id", "from_at"], unique=False)

    op.create_table(
        "stretch",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("labeler_id", sa.Uuid(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("until_at >= from_at", name=op.f("ck_stretch_order")),
        sa.ForeignKeyConstraint(["labeler_id"], ["labeler.id"], name=op.f("fk_stretch_labeler_id")),
        sa.ForeignKeyConstraint(["person_id"], ["labeler.id"], name=op.f("fk_stretch_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stretch")),
    )
    with op.batch_alter_table("stretch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stretch_person_id_until_at"), ["person_id", "until_at"], unique=False)

    op.create_table(
        "training",
        sa.Column("labeler_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["labeler_id"], ["labeler.id"], name=op.f("fk_training_labeler_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training")),
    )
    with op.batch_alter_table("training", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_training_labeler_id"), ["labeler_id"], unique=False)

    with op.batch_alter_table("break", schema=None) as batch_op:
        batch_op.add_column(sa.Column("person_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("paid_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("rule", sa.Text(), nullable=True))
    op.execute("UPDATE break SET person_id = labeler_id, paid_until = coalesce(until, ended_at, started_at)")
    op.execute("UPDATE break SET rule = 'BRK-1' WHERE due")
    with op.batch_alter_table("break", schema=None) as batch_op:
        batch_op.alter_column("person_id", existing_type=sa.Uuid(), nullable=False)
        batch_op.alter_column("paid_until", existing_type=sa.DateTime(timezone=True), nullable=False)
        batch_op.drop_index(batch_op.f("uq_break_open"), sqlite_where=sa.text("ended_at IS NULL"))
        batch_op.create_index(
            "uq_break_open",
            ["person_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_break_labeler_id_started_at"), ["labeler_id", "started_at"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_break_person_id"), "labeler", ["person_id"], ["id"])
        batch_op.drop_column("due")

    with op.batch_alter_table("labeler", schema=None) as batch_op:
        batch_op.add_column(sa.Column("person_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("payroll_hash", sa.LargeBinary(length=32), nullable=True))
    op.execute("UPDATE labeler SET person_id = id")
    with op.batch_alter_table("labeler", schema=None) as batch_op:
        batch_op.alter_column("person_id", existing_type=sa.Uuid(), nullable=False)
        batch_op.create_index(batch_op.f("ix_labeler_payroll_hash"), ["payroll_hash"], unique=False)
        batch_op.create_index(batch_op.f("ix_labeler_person_id"), ["person_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_labeler_person_id"), "labeler", ["person_id"], ["id"])

    # A clock is about the hour that runs: it begins anew, and the breaks taken before are in their own table.
    op.drop_table("work_clock")
    op.create_table(
        "work_clock",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("stretch_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("active_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("busy_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("free_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("day_seconds", sa.Integer(), nullable=False),
        sa.Column("severe_seconds", sa.Integer(), nullable=False),
        sa.Column("run_seconds", sa.Integer(), nullable=False),
        sa.Column("run_tasks", sa.Integer(), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["labeler.id"], name=op.f("fk_work_clock_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_work_clock")),
    )


def downgrade() -> None:
    op.drop_table("work_clock")
    op.create_table(
        "work_clock",
        sa.Column("labeler_id", sa.Uuid(), nullable=False),
        sa.Column("stretch_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("active_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("day_seconds", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["labeler_id"], ["labeler.id"], name=op.f("fk_work_clock_labeler_id")),
        sa.PrimaryKeyConstraint("labeler_id", name=op.f("pk_work_clock")),
    )
    with op.batch_alter_table("labeler", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_labeler_person_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_labeler_person_id"))
        batch_op.drop_index(batch_op.f("ix_labeler_payroll_hash"))
        batch_op.drop_column("payroll_hash")
        batch_op.drop_column("person_id")

    with op.batch_alter_table("break", schema=None) as batch_op:
        batch_op.add_column(sa.Column("due", sa.Boolean(), nullable=True))
    op.execute("UPDATE break SET due = (rule IS NOT NULL)")
    with op.batch_alter_table("break", schema=None) as batch_op:
        batch_op.alter_column("due", existing_type=sa.Boolean(), nullable=False)
        batch_op.drop_constraint(batch_op.f("fk_break_person_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_break_labeler_id_started_at"))
        batch_op.drop_index(
            "uq_break_open", sqlite_where=sa.text("ended_at IS NULL"), postgresql_where=sa.text("ended_at IS NULL")
        )
        batch_op.create_index(
            "uq_break_open",
            ["labeler_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_column("rule")
        batch_op.drop_column("paid_until")
        batch_op.drop_column("person_id")

    with op.batch_alter_table("training", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_training_labeler_id"))

    op.drop_table("training")
    with op.batch_alter_table("stretch", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stretch_person_id_until_at"))

    op.drop_table("stretch")
    with op.batch_alter_table("stand_down", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stand_down_labeler_id_from_at"))

    op.drop_table("stand_down")
    with op.batch_alter_table("restriction", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_restriction_labeler_id"))

    op.drop_table("restriction")
    with op.batch_alter_table("policy", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_policy_name_from_at"))

    op.drop_table("policy")
    op.drop_table("comfort")
    with op.batch_alter_table("exposure", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_exposure_assignment", sqlite_where=sa.text("path = 'desk'"), postgresql_where=sa.text("path = 'desk'")
        )
        batch_op.drop_index(batch_op.f("ix_exposure_task_id_person_id"))
        batch_op.drop_index(batch_op.f("ix_exposure_person_id_ended_at"))
        batch_op.drop_index(
            "ix_exposure_open", sqlite_where=sa.text("ended_at IS NULL"), postgresql_where=sa.text("ended_at IS NULL")
        )

    op.drop_table("exposure")
    op.drop_table("exposure_pool")
