"""Audits, what was found in them, and what is public.

There is no audit yet. Triggers refuse to change a row of an audit, and to add one to a signed audit: also to whoever has
the database. A migration that copies one of these tables on SQLite has to make its triggers anew. Going back removes
audits, findings and signatures; what the record says of them stays.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

OF_AN_AUDIT = {
    "audit_sample": "NEW.audit_id",
    "audit_finding": "NEW.audit_id",
    "audit_sample_row": "(SELECT audit_id FROM audit_sample WHERE id = NEW.sample_id)",
    "audit_mark": "(SELECT audit_id FROM audit_sample WHERE id = NEW.sample_id)",
}
"""Tables of which a signed audit gets no more rows, and to which audit a new one belongs."""
STAY = (*OF_AN_AUDIT, "audit", "audit_finding_step", "audit_signature", "public_report", "public_text", "public_vendor")
"""Tables whose rows are never changed, and never removed."""


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("quarter", sa.Integer(), nullable=False),
        sa.Column("standard", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("vendor_size", sa.Integer(), nullable=False),
        sa.Column("platform_size", sa.Integer(), nullable=False),
        sa.Column("checkpoint", sa.Integer(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("length(trim(purpose)) >= 20", name=op.f("ck_audit_purpose")),
        sa.CheckConstraint("quarter BETWEEN 1 AND 4 AND year BETWEEN 2000 AND 9999", name=op.f("ck_audit_quarter")),
        sa.CheckConstraint(
            "vendor_size >= 0 AND platform_size >= 0 AND length(root) = 64", name=op.f("ck_audit_prefix")
        ),
        sa.ForeignKeyConstraint(["opened_by"], ["user_account.id"], name=op.f("fk_audit_opened_by")),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendor.id"], name=op.f("fk_audit_vendor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_vendor_id"), ["vendor_id"], unique=False)

    op.create_table(
        "own_state",
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("quarter", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quarter BETWEEN 1 AND 4 AND year BETWEEN 2000 AND 9999", name=op.f("ck_own_state_quarter")),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendor.id"], name=op.f("fk_own_state_vendor_id")),
        sa.PrimaryKeyConstraint("vendor_id", "week", name=op.f("pk_own_state")),
    )
    op.create_table(
        "public_text",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("published_by", sa.Uuid(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('yearly', 'lesson')", name=op.f("ck_public_text_kind")),
        sa.CheckConstraint("length(digest) = 64 AND length(period) = 4", name=op.f("ck_public_text_address")),
        sa.CheckConstraint("length(trim(title)) >= 3 AND length(trim(text)) >= 20", name=op.f("ck_public_text_text")),
        sa.ForeignKeyConstraint(["published_by"], ["user_account.id"], name=op.f("fk_public_text_published_by")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_public_text")),
    )
    op.create_table(
        "public_vendor",
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("since_year", sa.Integer(), nullable=False),
        sa.Column("since_quarter", sa.Integer(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_public_vendor_number")),
        sa.ForeignKeyConstraint(["decided_by"], ["user_account.id"], name=op.f("fk_public_vendor_decided_by")),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendor.id"], name=op.f("fk_public_vendor_vendor_id")),
        sa.PrimaryKeyConstraint("vendor_id", name=op.f("pk_public_vendor")),
        sa.UniqueConstraint("number", name=op.f("uq_public_vendor_number")),
    )
    op.create_table(
        "vendor_naming",
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.Column("said_by", sa.Uuid(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["said_by"], ["user_account.id"], name=op.f("fk_vendor_naming_said_by")),
        sa.ForeignKeyConstraint(["vendor_id"], ["vendor.id"], name=op.f("fk_vendor_naming_vendor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vendor_naming")),
    )
    with op.batch_alter_table("vendor_naming", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_vendor_naming_vendor_id_said_at"), ["vendor_id", "said_at"], unique=False)

    op.create_table(
        "audit_finding",
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("control", sa.Text(), nullable=False),
        sa.Column(
            "severity",
            sa.Enum(
                "minor", "major", "critical", name="severity", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("length(trim(text)) >= 20", name=op.f("ck_audit_finding_text")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_audit_finding_number")),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name=op.f("fk_audit_finding_audit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_finding")),
        sa.UniqueConstraint("audit_id", "number", name=op.f("uq_audit_finding_audit_id_number")),
    )
    op.create_table(
        "audit_look",
        sa.Column("labeler_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("rows", "day", "event", name="lookkind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(month) = 7", name=op.f("ck_audit_look_month")),
        sa.CheckConstraint("times >= 1", name=op.f("ck_audit_look_times")),
        sa.ForeignKeyConstraint(["labeler_id"], ["labeler.id"], name=op.f("fk_audit_look_labeler_id")),
        sa.PrimaryKeyConstraint("labeler_id", "month", "kind", name=op.f("pk_audit_look")),
    )
    op.create_table(
        "audit_sample",
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("days", sa.Boolean(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("typed", sa.Boolean(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("length(seed) BETWEEN 1 AND 100", name=op.f("ck_audit_sample_seed")),
        sa.CheckConstraint("number >= 1 AND size >= 1 AND size <= population", name=op.f("ck_audit_sample_size")),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name=op.f("fk_audit_sample_audit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_sample")),
        sa.UniqueConstraint("audit_id", "number", name=op.f("uq_audit_sample_audit_id_number")),
    )
    op.create_table(
        "audit_signature",
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("signed_by", sa.Uuid(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column(
            "assurance",
            sa.Enum(
                "none", "limited", "reasonable", name="assurance", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("report_digest", sa.Text(), nullable=False),
        sa.Column("pack", sa.Text(), nullable=False),
        sa.Column("pack_digest", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "length(report_digest) = 64 AND length(pack_digest) = 64", name=op.f("ck_audit_signature_digests")
        ),
        sa.CheckConstraint("length(trim(name)) >= 2 AND length(trim(role)) >= 2", name=op.f("ck_audit_signature_who")),
        sa.CheckConstraint("length(trim(statement)) >= 20", name=op.f("ck_audit_signature_statement")),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name=op.f("fk_audit_signature_audit_id")),
        sa.ForeignKeyConstraint(["signed_by"], ["user_account.id"], name=op.f("fk_audit_signature_signed_by")),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_audit_signature")),
    )
    op.create_table(
        "public_report",
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("quarter", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_public_report_digest")),
        sa.CheckConstraint(
            "quarter BETWEEN 1 AND 4 AND year BETWEEN 2000 AND 9999", name=op.f("ck_public_report_quarter")
        ),
        sa.ForeignKeyConstraint(["vendor_id"], ["public_vendor.vendor_id"], name=op.f("fk_public_report_vendor_id")),
        sa.PrimaryKeyConstraint("vendor_id", "year", "quarter", name=op.f("pk_public_report")),
    )
    op.create_table(
        "audit_finding_step",
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column(
            "step",
            sa.Enum("reply", "close", "keep", name="step", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("remedy_on", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(step = 'reply') = (remedy_on IS NOT NULL)", name=op.f("ck_audit_finding_step_remedy")),
        sa.CheckConstraint("length(trim(text)) >= 10", name=op.f("ck_audit_finding_step_text")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_audit_finding_step_by_id")),
        sa.ForeignKeyConstraint(["finding_id"], ["audit_finding.id"], name=op.f("fk_audit_finding_step_finding_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_finding_step")),
    )
    with op.batch_alter_table("audit_finding_step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_finding_step_finding_id_at"), ["finding_id", "at"], unique=False)

    op.create_table(
        "audit_mark",
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column(
            "mark",
            sa.Enum(
                "agrees", "differs", "cannot-tell", name="mark", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("place >= 0", name=op.f("ck_audit_mark_place")),
        sa.ForeignKeyConstraint(["sample_id"], ["audit_sample.id"], name=op.f("fk_audit_mark_sample_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_mark")),
    )
    with op.batch_alter_table("audit_mark", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_mark_sample_id_place"), ["sample_id", "place"], unique=False)

    op.create_table(
        "audit_sample_row",
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("row_place", sa.Integer(), nullable=False),
        sa.Column("log_id", sa.Uuid(), nullable=False),
        sa.Column("leaf", sa.Integer(), nullable=False),
        sa.CheckConstraint("place >= 0 AND row_place >= 0 AND leaf >= 0", name=op.f("ck_audit_sample_row_place")),
        sa.ForeignKeyConstraint(["sample_id"], ["audit_sample.id"], name=op.f("fk_audit_sample_row_sample_id")),
        sa.PrimaryKeyConstraint("sample_id", "place", name=op.f("pk_audit_sample_row")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def _guard_sqlite() -> None:
    for table, audit in OF_AN_AUDIT.items():
        op.execute(
            f"CREATE TRIGGER {table}_frozen BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM audit_signature WHERE audit_id = {audit}) "
            "BEGIN SELECT RAISE(ABORT, 'this audit is signed'); END"
        )
    for table in STAY:
        for what in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_stays_{what.lower()} BEFORE {what} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'rows of an audit stay as they are'); END"
            )


def _guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION audit_row_stays() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN RAISE EXCEPTION 'rows of an audit stay as they are' USING ERRCODE = 'integrity_constraint_violation'; "
        "END$$"
    )
    for table in STAY:
        op.execute(
            f"CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION audit_row_stays()"
        )
    for table, audit in OF_AN_AUDIT.items():
        op.execute(
            f"CREATE FUNCTION {table}_frozen() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$BEGIN IF EXISTS (SELECT 1 FROM audit_signature WHERE audit_id = {audit}) THEN "
            "RAISE EXCEPTION 'this audit is signed' USING ERRCODE = 'integrity_constraint_violation'; "
            "END IF; RETURN NEW; END$$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_frozen BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_frozen()"
        )


def downgrade() -> None:
    op.drop_table("audit_sample_row")
    with op.batch_alter_table("audit_mark", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_mark_sample_id_place"))

    op.drop_table("audit_mark")
    with op.batch_alter_table("audit_finding_step", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_finding_step_finding_id_at"))

    op.drop_table("audit_finding_step")
    op.drop_table("public_report")
    op.drop_table("audit_signature")
    op.drop_table("audit_sample")
    op.drop_table("audit_look")
    op.drop_table("audit_finding")
    with op.batch_alter_table("vendor_naming", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_vendor_naming_vendor_id_said_at"))

    op.drop_table("vendor_naming")
    op.drop_table("public_vendor")
    op.drop_table("public_text")
    op.drop_table("own_state")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_vendor_id"))

    op.drop_table("audit")
    if op.get_bind().dialect.name == "postgresql":
        for name in (*(f"{table}_frozen" for table in OF_AN_AUDIT), "audit_row_stays"):
            op.execute(f"DROP FUNCTION {name}()")
