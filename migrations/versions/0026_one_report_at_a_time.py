"""One report of a kind at a time, and how many a person asked for. Of those that wait twice, the first one is made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

COMING = "state IN ('waiting', 'writing')"
ASKED_TWICE = """
UPDATE report
SET state = 'failed', finished_at = made_at, problem = 'It was asked for twice: the one asked for first is made.'
WHERE state IN ('waiting', 'writing') AND EXISTS (
    SELECT 1 FROM report AS other
    WHERE other.vendor_id = report.vendor_id AND other.period = report.period
    AND other.profile_digest = report.profile_digest AND other.state IN ('waiting', 'writing')
    AND other.number < report.number
)
"""


def upgrade() -> None:
    op.execute(sa.text(ASKED_TWICE))
    op.create_index(
        "uq_report_coming", "report", ["vendor_id", "period", "profile_digest"], unique=True,
        sqlite_where=sa.text(COMING), postgresql_where=sa.text(COMING),
    )  # fmt: skip
    op.create_index(op.f("ix_report_made_by_made_at"), "report", ["made_by", "made_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_report_made_by_made_at"), table_name="report")
    op.drop_index("uq_report_coming", table_name="report")
