"""Buyers' profiles, and looser numbers that wait for a second person. Going back forgets both."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "buyer_profile",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("standard", sa.Text(), nullable=False),
        sa.Column("numbers", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_buyer_profile_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buyer_profile")),
        sa.UniqueConstraint("digest", name=op.f("uq_buyer_profile_digest")),
        sa.UniqueConstraint("name", name=op.f("uq_buyer_profile_name")),
    )
    op.create_table(
        "looser_request",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "signer",
            sa.Enum(
                "clinician", "safety-committee", name="signer", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("signed_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("policy_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("until_at > from_at", name=op.f("ck_looser_request_order")),
        sa.CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name=op.f("ck_looser_request_decided")),
        sa.CheckConstraint("decided_by <> asked_by", name=op.f("ck_looser_request_second_person")),
        sa.CheckConstraint("policy_id IS NULL OR decided_by IS NOT NULL", name=op.f("ck_looser_request_confirmed")),
        sa.ForeignKeyConstraint(["asked_by"], ["user_account.id"], name=op.f("fk_looser_request_asked_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["user_account.id"], name=op.f("fk_looser_request_decided_by")),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name=op.f("fk_looser_request_policy_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_looser_request_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_looser_request")),
    )


def downgrade() -> None:
    op.drop_table("looser_request")
    op.drop_table("buyer_profile")
