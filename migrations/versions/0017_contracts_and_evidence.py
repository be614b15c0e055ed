"""Contracts, attestations, confirmations, and what held for a labeler from when on.

What holds for each labeler at this moment is her first row: what held before was not kept. Nobody's pay can be marked
as paid before the week's end, or later than it was marked; no number of the standard begins before it was set.
"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

PAID_WHEN = "paid_at IS NULL OR (paid_at >= until_at AND (marked_at IS NULL OR paid_at <= marked_at))"


def upgrade() -> None:
    op.create_table(
        "attestation",
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("control", sa.Text(), nullable=False),
        sa.Column("signer", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("dated", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("dated <= made_at", name=op.f("ck_attestation_dated")),
        sa.CheckConstraint("expires_at > made_at", name=op.f("ck_attestation_expires")),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_attestation_digest")),
        sa.CheckConstraint("size > 0", name=op.f("ck_attestation_size")),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_attestation_made_by")),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendor.id"], name=op.f("fk_attestation_vendor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attestation")),
    )
    with op.batch_alter_table("attestation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attestation_vendor_id_control"), ["vendor_id", "control"], unique=False)

    op.create_table(
        "contract",
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_contract_made_by")),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendor.id"], name=op.f("fk_contract_vendor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract")),
        sa.UniqueConstraint("vendor_id", "name", name=op.f("uq_contract_vendor_id_name")),
    )
    op.create_table(
        "attestation_end",
        sa.Column("attestation_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["attestation_id"], ["attestation.id"], name=op.f("fk_attestation_end_attestation_id")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_attestation_end_by_id")),
        sa.PrimaryKeyConstraint("attestation_id", name=op.f("pk_attestation_end")),
    )
    op.create_table(
        "confirmation",
        sa.Column("labeler_id", sa.Uuid(), nullable=False),
        sa.Column("control", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column(
            "says",
            sa.Enum("confirm", "contest", name="says", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["labeler_id"], ["labeler.id"], name=op.f("fk_confirmation_labeler_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmation")),
    )
    with op.batch_alter_table("confirmation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_confirmation_labeler_id_period"), ["labeler_id", "period"], unique=False)

    op.create_table(
        "contract_version",
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("above_id", sa.Uuid(), nullable=True),
        sa.Column("countries", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("notice_days", sa.Integer(), nullable=False),
        sa.Column("paid_leave_days", sa.Integer(), nullable=False),
        sa.Column("ill_leave_days", sa.Integer(), nullable=False),
        sa.Column("confidentiality", sa.Boolean(), nullable=False),
        sa.Column("carve_out", sa.Boolean(), nullable=False),
        sa.Column("other_work_barred", sa.Boolean(), nullable=False),
        sa.Column(
            "payroll",
            sa.Enum(
                "platform",
                "vendor",
                "employer-of-record",
                name="payroll",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("confidentiality OR NOT carve_out", name=op.f("ck_contract_version_carve_out")),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_contract_version_digest")),
        sa.CheckConstraint("made_at <= from_at", name=op.f("ck_contract_version_not_before_now")),
        sa.CheckConstraint(
            "notice_days >= 0 AND paid_leave_days >= 0 AND ill_leave_days >= 0", name=op.f("ck_contract_version_days")
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_contract_version_number")),
        sa.CheckConstraint("tier >= 1 AND (tier = 1) = (above_id IS NULL)", name=op.f("ck_contract_version_tier")),
        sa.CheckConstraint("until_at IS NULL OR until_at > from_at", name=op.f("ck_contract_version_order")),
        sa.ForeignKeyConstraint(["above_id"], ["vendor.id"], name=op.f("fk_contract_version_above_id")),
        sa.ForeignKeyConstraint(["contract_id"], ["contract.id"], name=op.f("fk_contract_version_contract_id")),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_contract_version_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_version")),
        sa.UniqueConstraint("contract_id", "from_at", name=op.f("uq_contract_version_contract_id_from_at")),
        sa.UniqueConstraint("contract_id", "number", name=op.f("uq_contract_version_contract_id_number")),
    )
    with op.batch_alter_table("contract_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contract_version_above_id"), ["above_id"], unique=False)

    op.create_table(
        "labeler_terms",
        sa.Column("labeler_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("languages", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("contract_from", sa.Date(), nullable=False),
        sa.Column("contract_until", sa.Date(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "contract_until IS NULL OR contract_until >= contract_from", name=op.f("ck_labeler_terms_contract_dates")
        ),
        sa.CheckConstraint("made_at <= from_at", name=op.f("ck_labeler_terms_not_before_now")),
        sa.CheckConstraint("number > 0", name=op.f("ck_labeler_terms_number")),
        sa.ForeignKeyConstraint(["labeler_id"], ["labeler.id"], name=op.f("fk_labeler_terms_labeler_id")),
        sa.PrimaryKeyConstraint("labeler_id", "number", name=op.f("pk_labeler_terms")),
    )
    op.create_table(
        "contract_seen",
        sa.Column("labeler_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["labeler_id"], ["labeler.id"], name=op.f("fk_contract_seen_labeler_id")),
        sa.ForeignKeyConstraint(["version_id"], ["contract_version.id"], name=op.f("fk_contract_seen_version_id")),
        sa.PrimaryKeyConstraint("labeler_id", "version_id", name=op.f("pk_contract_seen")),
    )
    op.create_table(
        "contract_text",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_contract_text_digest")),
        sa.ForeignKeyConstraint(["version_id"], ["contract_version.id"], name=op.f("fk_contract_text_version_id")),
        sa.PrimaryKeyConstraint("version_id", "language", name=op.f("pk_contract_text")),
    )
    terms = sa.text(
        "INSERT INTO labeler_terms (labeler_id, number, from_at, languages, time_zone, contract_from, contract_until,"
        " made_at) SELECT id, 1, :now, languages, time_zone, contract_from, contract_until, :now FROM labeler"
        " WHERE erased_at IS NULL"
    )
    op.execute(terms.bindparams(sa.bindparam("now", datetime.now(UTC), sa.DateTime(timezone=True))))
    with op.batch_alter_table("pay_period", schema=None) as batch_op:
        batch_op.create_check_constraint(batch_op.f("ck_pay_period_paid_when"), PAID_WHEN)
    with op.batch_alter_table("policy", schema=None) as batch_op:
        batch_op.create_check_constraint(batch_op.f("ck_policy_not_before_now"), "made_at <= from_at")


def downgrade() -> None:
    with op.batch_alter_table("policy", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_policy_not_before_now"), type_="check")
    with op.batch_alter_table("pay_period", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_pay_period_paid_when"), type_="check")
    op.drop_table("contract_text")
    op.drop_table("contract_seen")
    op.drop_table("labeler_terms")
    with op.batch_alter_table("contract_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contract_version_above_id"))

    op.drop_table("contract_version")
    with op.batch_alter_table("confirmation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_confirmation_labeler_id_period"))

    op.drop_table("confirmation")
    op.drop_table("attestation_end")
    op.drop_table("contract")
    with op.batch_alter_table("attestation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attestation_vendor_id_control"))

    op.drop_table("attestation")
