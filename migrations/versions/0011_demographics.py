"""What labelers choose to say about themselves, in a store of its own, and the tables made of it.

Nobody has said anything yet. Going back removes what was said: nothing else reads it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "people_table",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("counted", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_people_table_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_table")),
    )
    with op.batch_alter_table("people_table", schema=None) as batch_op:
        batch_op.create_index("ix_people_table_project_id_made_at", ["project_id", "made_at"], unique=False)

    op.create_table(
        "self_description",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("labeler_id", sa.Uuid(), nullable=False),
        sa.Column("text_version", sa.Integer(), nullable=False),
        sa.Column("agreed_on", sa.Date(), nullable=False),
        sa.Column("in_tables", sa.Boolean(), nullable=False),
        sa.Column("on_rows", sa.Boolean(), nullable=False),
        sa.Column("gender", sa.Text(), nullable=True),
        sa.Column("gender_words", sa.Text(), nullable=True),
        sa.Column("age", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("region_words", sa.Text(), nullable=True),
        sa.Column("education", sa.Text(), nullable=True),
        sa.Column("education_words", sa.Text(), nullable=True),
        sa.Column("origin_words", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "coalesce(gender, gender_words, age, region, region_words, education, education_words, origin_words)"
            " IS NOT NULL",
            name=op.f("ck_self_description_something_said"),
        ),
        sa.CheckConstraint("in_tables OR on_rows", name=op.f("ck_self_description_some_use")),
        sa.ForeignKeyConstraint(["labeler_id"], ["labeler.id"], name=op.f("fk_self_description_labeler_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_self_description")),
        sa.UniqueConstraint("labeler_id", name=op.f("uq_self_description_labeler_id")),
    )


def downgrade() -> None:
    op.drop_table("self_description")
    with op.batch_alter_table("people_table", schema=None) as batch_op:
        batch_op.drop_index("ix_people_table_project_id_made_at")

    op.drop_table("people_table")
