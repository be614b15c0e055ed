"""An audit may be measured by a buyer's profile, and be handed on to another auditor; its pack is made by a job.

Audits that are there were measured by the standard itself, and held by whoever opened them. `audit` is not copied on
SQLite: it keeps its triggers (0023). Going back forgets profiles and who was handed what; the record keeps both.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

BOTH = "(profile IS NULL) = (profile_digest IS NULL)"


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    op.add_column("audit", sa.Column("profile", sa.Text(), nullable=True))
    op.execute(f"ALTER TABLE audit ADD COLUMN profile_digest TEXT CONSTRAINT ck_audit_profile CHECK ({BOTH})")
    op.create_table(
        "audit_handover",
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("from_id", sa.Uuid(), nullable=False),
        sa.Column("to_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_audit_handover_number")),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_audit_handover_another")),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name=op.f("fk_audit_handover_audit_id")),
        sa.ForeignKeyConstraint(["from_id"], ["user_account.id"], name=op.f("fk_audit_handover_from_id")),
        sa.ForeignKeyConstraint(["to_id"], ["user_account.id"], name=op.f("fk_audit_handover_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_handover")),
        sa.UniqueConstraint("audit_id", "number", name=op.f("uq_audit_handover_audit_id_number")),
    )
    op.create_table(
        "audit_pack",
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting", "writing", "done", "failed", name="packstate", native_enum=False, create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("file", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("erased", sa.Integer(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'done') = (file IS NOT NULL) AND (file IS NULL) = (digest IS NULL)"
            " AND (file IS NULL) = (erased IS NULL)",
            name=op.f("ck_audit_pack_done"),
        ),
        sa.ForeignKeyConstraint(["audit_id"], ["audit_signature.audit_id"], name=op.f("fk_audit_pack_audit_id")),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_audit_pack")),
    )  # fmt: skip
    if postgresql:
        op.execute(
            "CREATE TRIGGER audit_handover_stays BEFORE UPDATE OR DELETE ON audit_handover "
            "FOR EACH ROW EXECUTE FUNCTION audit_row_stays()"
        )
        return
    for what in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_handover_stays_{what.lower()} BEFORE {what} ON audit_handover "
            "BEGIN SELECT RAISE(ABORT, 'rows of an audit stay as they are'); END"
        )


def downgrade() -> None:
    op.drop_table("audit_pack")
    op.drop_table("audit_handover")
    op.execute("ALTER TABLE audit DROP COLUMN profile_digest")
    op.execute("ALTER TABLE audit DROP COLUMN profile")
