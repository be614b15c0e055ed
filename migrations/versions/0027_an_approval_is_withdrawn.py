"""An approval of a project can be withdrawn. Going back makes a withdrawn one a refused one, so nothing is let loose."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

STATES = "state IN ('waiting', 'approved', 'refused', 'replaced')"
MORE = "state IN ('waiting', 'approved', 'refused', 'replaced', 'withdrawn')"
DECIDED = (
    "(decided_at IS NULL) = (decided_by IS NULL) AND (decided_at IS NOT NULL) = (state IN ('approved', 'refused'))"
)
OR_WITHDRAWN = (
    "(decided_at IS NULL) = (decided_by IS NULL)"
    " AND (decided_at IS NOT NULL) = (state IN ('approved', 'refused', 'withdrawn'))"
)
WITHDRAWN = (
    "(withdrawn_at IS NULL) = (withdrawn_by IS NULL) AND (withdrawn_at IS NOT NULL) = (state = 'withdrawn')"
    " AND (withdrawn_at IS NULL OR withdrawn_at >= decided_at)"
)
WHY = "state <> 'withdrawn' OR (withdrawn_why IS NOT NULL AND length(trim(withdrawn_why)) >= 20)"


def upgrade() -> None:
    with op.batch_alter_table("project_approval", copy_from=_table(STATES, DECIDED)) as batch_op:
        _states(batch_op, MORE, OR_WITHDRAWN)
        for column in _columns():
            batch_op.add_column(column)
        batch_op.create_foreign_key(op.f("fk_project_approval_withdrawn_by"), "user_account", ["withdrawn_by"], ["id"])
        batch_op.create_check_constraint(op.f("ck_project_approval_withdrawn"), WITHDRAWN)
        batch_op.create_check_constraint(op.f("ck_project_approval_withdrawn_why"), WHY)


def downgrade() -> None:
    with op.batch_alter_table("project_approval", copy_from=_table(MORE, OR_WITHDRAWN, withdrawn=True)) as batch_op:
        batch_op.drop_constraint(op.f("ck_project_approval_withdrawn"), type_="check")
        batch_op.drop_constraint(op.f("ck_project_approval_withdrawn_why"), type_="check")
    op.execute(
        sa.text(
            "UPDATE project_approval SET state = 'refused', reasons = withdrawn_why,"
            " decided_by = CASE WHEN withdrawn_by = asked_by THEN decided_by ELSE withdrawn_by END,"
            " decided_at = withdrawn_at WHERE state = 'withdrawn'"
        )
    )
    with op.batch_alter_table(
        "project_approval", copy_from=_table(MORE, OR_WITHDRAWN, withdrawn=True, checked=False)
    ) as batch_op:
        _states(batch_op, STATES, DECIDED)
        batch_op.drop_constraint(op.f("fk_project_approval_withdrawn_by"), type_="foreignkey")
        for column in _columns():
            batch_op.drop_column(column.name)


def _states(batch_op: object, states: str, decided: str) -> None:
    for name, are in (("approvalstate", states), ("decided", decided)):
        full = op.f(f"ck_project_approval_{name}")
        batch_op.drop_constraint(full, type_="check")  # type: ignore[attr-defined]
        batch_op.create_check_constraint(full, are)  # type: ignore[attr-defined]


def _columns() -> list[sa.Column[object]]:
    return [
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_why", sa.Text(), nullable=True),
    ]


def _table(states: str, decided: str, *, withdrawn: bool = False, checked: bool = True) -> sa.Table:
    """The table as it is: SQLite copies it, and tells no constraints of its own."""
    json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    more: list[sa.SchemaItem] = []
    if withdrawn:
        more = [*_columns()]
        more.append(
            sa.ForeignKeyConstraint(
                ["withdrawn_by"], ["user_account.id"], name=op.f("fk_project_approval_withdrawn_by")
            )
        )
    if withdrawn and checked:
        more.append(sa.CheckConstraint(WITHDRAWN, name=op.f("ck_project_approval_withdrawn")))
        more.append(sa.CheckConstraint(WHY, name=op.f("ck_project_approval_withdrawn_why")))
    metadata = sa.MetaData()
    for other in ("project", "user_account"):
        sa.Table(other, metadata, sa.Column("id", sa.Uuid(), primary_key=True))
    return sa.Table(
        "project_approval",
        metadata,
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("policy", sa.Integer(), nullable=False),
        sa.Column("intended_use", sa.Text(), nullable=False),
        sa.Column("scrutiny", json, nullable=False),
        sa.Column("safeguards", sa.Text(), nullable=False),
        sa.Column("facts", json, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(states, name=op.f("ck_project_approval_approvalstate")),
        sa.CheckConstraint(decided, name=op.f("ck_project_approval_decided")),
        sa.CheckConstraint(
            "state <> 'refused' OR (reasons IS NOT NULL AND length(trim(reasons)) >= 20)",
            name=op.f("ck_project_approval_written_reasons"),
        ),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> asked_by", name=op.f("ck_project_approval_second_person")
        ),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_project_approval_digest")),
        sa.ForeignKeyConstraint(["asked_by"], ["user_account.id"], name=op.f("fk_project_approval_asked_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["user_account.id"], name=op.f("fk_project_approval_decided_by")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_project_approval_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_approval")),
        sa.Index(op.f("ix_project_approval_project_id_asked_at"), "project_id", "asked_at"),
        sa.Index(
            "uq_project_approval_waiting",
            "project_id",
            unique=True,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        ),
        *more,
    )
