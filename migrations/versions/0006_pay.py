"""Paid time: lines, money, rates, floors, statements, objections.

Nothing that was before is changed: what ended earlier is settled by the next run, where there is a rate for it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pay_place",
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("living", "minimum", name="floorkind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column(
            "measure",
            sa.Enum("gross", "net", name="measure", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["set_by"], ["user_account.id"], name=op.f("fk_pay_place_set_by")),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendor.id"], name=op.f("fk_pay_place_vendor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_place")),
        sa.UniqueConstraint("vendor_id", "from_at", name=op.f("uq_pay_place_vendor_id_from_at")),
    )
    op.create_table(
        "wage_benchmark",
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("living", "minimum", name="floorkind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column(
            "measure",
            sa.Enum("gross", "net", name="measure", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("hours_week", sa.Integer(), nullable=False),
        sa.Column("per_hour", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("dated", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("hours_week BETWEEN 1 AND 168", name=op.f("ck_wage_benchmark_hours_week")),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_wage_benchmark_currency")),
        sa.CheckConstraint("per_hour > 0", name=op.f("ck_wage_benchmark_per_hour")),
        sa.ForeignKeyConstraint(["added_by"], ["user_account.id"], name=op.f("fk_wage_benchmark_added_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wage_benchmark")),
        sa.UniqueConstraint(
            "place",
            "kind",
            "household",
            "measure",
            "dated",
            name=op.f("uq_wage_benchmark_place_kind_household_measure_dated"),
        ),
    )
    op.create_table(
        "own_time",
        sa.Column("labeler_id", sa.Uuid(), nullable=False),
        sa.Column("period_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_seconds", sa.Integer(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(decided_at IS NULL) = (decided_seconds IS NULL)", name=op.f("ck_own_time_decided")),
        sa.CheckConstraint("seconds BETWEEN 1 AND 604800", name=op.f("ck_own_time_seconds")),
        sa.ForeignKeyConstraint(["decided_by"], ["user_account.id"], name=op.f("fk_own_time_decided_by")),
        sa.ForeignKeyConstraint(["labeler_id"], ["labeler.id"], name=op.f("fk_own_time_labeler_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_time")),
    )
    with op.batch_alter_table("own_time", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_own_time_labeler_id_period_from"), ["labeler_id", "period_from"], unique=False
        )

    op.create_table(
        "pay_mark",
        sa.Column("labeler_id", sa.Uuid(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("open_from", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["labeler_id"], ["labeler.id"], name=op.f("fk_pay_mark_labeler_id")),
        sa.PrimaryKeyConstraint("labeler_id", name=op.f("pk_pay_mark")),
    )
    op.create_table(
        "pay_period",
        sa.Column("labeler_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("base", sa.BigInteger(), nullable=False),
        sa.Column("allowance", sa.BigInteger(), nullable=False),
        sa.Column("bonus", sa.BigInteger(), nullable=False),
        sa.Column("correction", sa.BigInteger(), nullable=False),
        sa.Column("top_up", sa.BigInteger(), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("floor", sa.BigInteger(), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_by", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(paid_at IS NULL) = (reference IS NULL) AND (paid_at IS NULL) = (paid_by IS NULL)",
            name=op.f("ck_pay_period_paid"),
        ),
        sa.CheckConstraint("until_at > from_at AND due_at > until_at", name=op.f("ck_pay_period_order")),
        sa.ForeignKeyConstraint(["labeler_id"], ["labeler.id"], name=op.f("fk_pay_period_labeler_id")),
        sa.ForeignKeyConstraint(["paid_by"], ["user_account.id"], name=op.f("fk_pay_period_paid_by")),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendor.id"], name=op.f("fk_pay_period_vendor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_period")),
        sa.UniqueConstraint("labeler_id", "from_at", name=op.f("uq_pay_period_labeler_id_from_at")),
    )
    with op.batch_alter_table("pay_period", schema=None) as batch_op:
        batch_op.create_index(
            "ix_pay_period_unpaid",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("paid_at IS NULL"),
            postgresql_where=sa.text("paid_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_pay_period_vendor_id_from_at"), ["vendor_id", "from_at"], unique=False)

    op.create_table(
        "rate",
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("per_hour", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("labeler_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_rate_currency")),
        sa.CheckConstraint("per_hour > 0", name=op.f("ck_rate_per_hour")),
        sa.ForeignKeyConstraint(["labeler_id"], ["labeler.id"], name=op.f("fk_rate_labeler_id")),
        sa.ForeignKeyConstraint(["set_by"], ["user_account.id"], name=op.f("fk_rate_set_by")),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendor.id"], name=op.f("fk_rate_vendor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rate")),
    )
    with op.batch_alter_table("rate", schema=None) as batch_op:
        batch_op.create_index(
            "uq_rate_labeler",
            ["labeler_id", "from_at"],
            unique=True,
            sqlite_where=sa.text("labeler_id IS NOT NULL"),
            postgresql_where=sa.text("labeler_id IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_rate_vendor",
            ["vendor_id", "from_at"],
            unique=True,
            sqlite_where=sa.text("labeler_id IS NULL"),
            postgresql_where=sa.text("labeler_id IS NULL"),
        )

    op.create_table(
        "settlement",
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("labeler_id", sa.Uuid(), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("period_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["labeler_id"], ["labeler.id"], name=op.f("fk_settlement_labeler_id")),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_settlement")),
    )
    op.create_table(
        "time_line",
        sa.Column("labeler_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "task",
                "warning",
                "instructions",
                "training",
                "qualification",
                "break",
                "fault",
                "rework",
                "appeal",
                "stand-down",
                "waiting",
                "own",
                name="timeclass",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("rate_id", sa.Uuid(), nullable=False),
        sa.Column("per_hour", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("period_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(until_at IS NULL) = (kind = 'own')", name=op.f("ck_time_line_own")),
        sa.CheckConstraint("seconds > 0", name=op.f("ck_time_line_seconds")),
        sa.CheckConstraint("until_at IS NULL OR until_at > from_at", name=op.f("ck_time_line_order")),
        sa.ForeignKeyConstraint(["corrects_id"], ["time_line.id"], name=op.f("fk_time_line_corrects_id")),
        sa.ForeignKeyConstraint(["labeler_id"], ["labeler.id"], name=op.f("fk_time_line_labeler_id")),
        sa.ForeignKeyConstraint(["rate_id"], ["rate.id"], name=op.f("fk_time_line_rate_id")),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendor.id"], name=op.f("fk_time_line_vendor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_line")),
    )
    with op.batch_alter_table("time_line", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_time_line_labeler_id_period_from"), ["labeler_id", "period_from"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_time_line_source_id"), ["source_id"], unique=False)
        batch_op.create_index(
            "uq_time_line_labeler_id_from_at",
            ["labeler_id", "from_at"],
            unique=True,
            sqlite_where=sa.text("until_at IS NOT NULL"),
            postgresql_where=sa.text("until_at IS NOT NULL"),
        )

    op.create_table(
        "pay_line",
        sa.Column("labeler_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "allowance",
                "bonus",
                "correction",
                "top-up",
                "fee",
                "cost",
                name="paykind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("period_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("corrects_time_id", sa.Uuid(), nullable=True),
        sa.Column("corrects_pay_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind <> 'correction' OR corrects_time_id IS NOT NULL OR corrects_pay_id IS NOT NULL",
            name=op.f("ck_pay_line_correction"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_pay_line_amount")),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_pay_line_by")),
        sa.ForeignKeyConstraint(["corrects_pay_id"], ["pay_line.id"], name=op.f("fk_pay_line_corrects_pay_id")),
        sa.ForeignKeyConstraint(["corrects_time_id"], ["time_line.id"], name=op.f("fk_pay_line_corrects_time_id")),
        sa.ForeignKeyConstraint(["labeler_id"], ["labeler.id"], name=op.f("fk_pay_line_labeler_id")),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendor.id"], name=op.f("fk_pay_line_vendor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_line")),
    )
    with op.batch_alter_table("pay_line", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_pay_line_labeler_id_period_from"), ["labeler_id", "period_from"], unique=False
        )
        batch_op.create_index(
            "uq_pay_line_source",
            ["source_id", "kind"],
            unique=True,
            sqlite_where=sa.text("corrects_pay_id IS NULL"),
            postgresql_where=sa.text("corrects_pay_id IS NULL"),
        )
        batch_op.create_index(
            "uq_pay_line_more",
            ["corrects_pay_id"],
            unique=True,
            sqlite_where=sa.text("kind = 'allowance'"),
            postgresql_where=sa.text("kind = 'allowance'"),
        )

    op.create_table(
        "pay_contest",
        sa.Column("labeler_id", sa.Uuid(), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_line_id", sa.Uuid(), nullable=True),
        sa.Column("pay_line_id", sa.Uuid(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("correction_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answer IS NULL) AND (answered_at IS NULL) = (answered_by IS NULL)",
            name=op.f("ck_pay_contest_answered"),
        ),
        sa.CheckConstraint("(time_line_id IS NULL) <> (pay_line_id IS NULL)", name=op.f("ck_pay_contest_line")),
        sa.CheckConstraint("length(says) <= 2000", name=op.f("ck_pay_contest_says")),
        sa.ForeignKeyConstraint(["answered_by"], ["user_account.id"], name=op.f("fk_pay_contest_answered_by")),
        sa.ForeignKeyConstraint(["correction_id"], ["pay_line.id"], name=op.f("fk_pay_contest_correction_id")),
        sa.ForeignKeyConstraint(["labeler_id"], ["labeler.id"], name=op.f("fk_pay_contest_labeler_id")),
        sa.ForeignKeyConstraint(["pay_line_id"], ["pay_line.id"], name=op.f("fk_pay_contest_pay_line_id")),
        sa.ForeignKeyConstraint(["time_line_id"], ["time_line.id"], name=op.f("fk_pay_contest_time_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_contest")),
    )
    with op.batch_alter_table("pay_contest", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pay_contest_labeler_id"), ["labeler_id"], unique=False)
        batch_op.create_index(
            "ix_pay_contest_open",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("answered_at IS NULL"),
            postgresql_where=sa.text("answered_at IS NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("pay_contest", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_pay_contest_open",
            sqlite_where=sa.text("answered_at IS NULL"),
            postgresql_where=sa.text("answered_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_pay_contest_labeler_id"))

    op.drop_table("pay_contest")
    with op.batch_alter_table("pay_line", schema=None) as batch_op:
        batch_op.drop_index("uq_pay_line_more")
        batch_op.drop_index("uq_pay_line_source")
        batch_op.drop_index(batch_op.f("ix_pay_line_labeler_id_period_from"))

    op.drop_table("pay_line")
    with op.batch_alter_table("time_line", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_time_line_labeler_id_from_at",
            sqlite_where=sa.text("until_at IS NOT NULL"),
            postgresql_where=sa.text("until_at IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_time_line_source_id"))
        batch_op.drop_index(batch_op.f("ix_time_line_labeler_id_period_from"))

    op.drop_table("time_line")
    op.drop_table("settlement")
    with op.batch_alter_table("rate", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_rate_vendor", sqlite_where=sa.text("labeler_id IS NULL"), postgresql_where=sa.text("labeler_id IS NULL")
        )
        batch_op.drop_index(
            "uq_rate_labeler",
            sqlite_where=sa.text("labeler_id IS NOT NULL"),
            postgresql_where=sa.text("labeler_id IS NOT NULL"),
        )

    op.drop_table("rate")
    with op.batch_alter_table("pay_period", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pay_period_vendor_id_from_at"))
        batch_op.drop_index(
            "ix_pay_period_unpaid", sqlite_where=sa.text("paid_at IS NULL"), postgresql_where=sa.text("paid_at IS NULL")
        )

    op.drop_table("pay_period")
    op.drop_table("pay_mark")
    with op.batch_alter_table("own_time", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_own_time_labeler_id_period_from"))

    op.drop_table("own_time")
    op.drop_table("wage_benchmark")
    op.drop_table("pay_place")
