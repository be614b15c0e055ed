"""Buyers' profiles, and who signed and who confirmed a looser number."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0016"
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


def downgrade() -> None:
    op.drop_table("buyer_profile")
