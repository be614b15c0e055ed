"""Invariants of the limits as queries: each returns no row, on SQLite and on PostgreSQL.

They look at final rows, so they are right only for numbers that did not change meanwhile; the checker knows the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.faults.checker import NUMBERS

QUERIES: Mapping[str, str] = {
    "EXP-4": """
        SELECT a.id FROM assignment a JOIN task t ON t.id = a.task_id JOIN lane l ON l.id = t.lane_id
        WHERE l.severity >= 4
    """,
    "EXP-7": """
        SELECT person_id, task_id FROM exposure WHERE path = 'desk' AND severity >= 2
        GROUP BY person_id, task_id HAVING count(DISTINCT assignment_id) > 1
    """,
    "EXP-0": """
        SELECT a.id FROM assignment a JOIN task t ON t.id = a.task_id JOIN lane l ON l.id = t.lane_id
        WHERE l.severity >= 2 AND NOT EXISTS (SELECT 1 FROM exposure e WHERE e.assignment_id = a.id)
    """,
    "OPT-2": """
        SELECT a.id FROM assignment a
        JOIN task t ON t.id = a.task_id JOIN lane l ON l.id = t.lane_id
        JOIN opt_out o ON o.labeler_id = a.labeler_id
        WHERE a.handed_at > o.from_at AND (o.ended_at IS NULL OR a.handed_at < o.ended_at)
          AND (o.scope = 'sensitive' AND l.severity >= 2 OR o.project_id = l.project_id OR o.task_id = a.task_id
               OR o.scope = 'category' AND l.profile LIKE '%' || o.category || '%')
          AND NOT :jumped
    """,
    "OPT-2 held": """
        SELECT a.id FROM assignment a
        JOIN task t ON t.id = a.task_id JOIN lane l ON l.id = t.lane_id
        JOIN opt_out o ON o.labeler_id = a.labeler_id
        WHERE a.state = 'held' AND o.ended_at IS NULL
          AND (o.scope = 'sensitive' AND l.severity >= 2 OR o.project_id = l.project_id OR o.task_id = a.task_id
               OR o.scope = 'category' AND l.profile LIKE '%' || o.category || '%')
    """,
    "EXP-13": """
        SELECT e.id FROM exposure e JOIN assignment a ON a.id = e.assignment_id
        WHERE e.path = 'desk' AND NOT :jumped AND NOT EXISTS (
            SELECT 1 FROM consent c WHERE c.labeler_id = a.labeler_id AND c.severity >= 2
              AND c.from_at <= e.from_at AND c.expires_at > e.from_at
              AND (c.ended_at IS NULL OR c.ended_at >= e.from_at)
              AND e.profile LIKE '%' || c.category || '%')
    """,
    "BRK-0": """
        SELECT a.id FROM assignment a JOIN labeler p ON p.id = a.labeler_id JOIN break b ON b.person_id = p.person_id
        WHERE a.handed_at > b.started_at AND a.handed_at < coalesce(b.ended_at, :now) AND NOT :jumped
    """,
    "BRK-1 early": "SELECT id FROM break WHERE until IS NOT NULL AND ended_at < until",
    "stretch": """
        SELECT a.id FROM stretch a JOIN stretch b ON b.person_id = a.person_id AND b.id <> a.id
        WHERE a.from_at < b.until_at AND b.from_at < a.until_at AND NOT :jumped
    """,
    "seconds": "SELECT id FROM exposure WHERE seconds < 0 OR ended_at < from_at AND NOT :jumped",
}
"""By rule. `:jumped` says that the clock went back in the run, and moments can't be compared."""

_SINCE = {"sqlite": "datetime(e.from_at, '-{days} days')", "postgresql": "e.from_at - interval '{days} days'"}
_CAP = """
    SELECT e.id FROM exposure e JOIN exposure o ON o.person_id = e.person_id AND o.id <> e.id
    WHERE e.severity >= {least} AND o.severity >= {least} AND o.from_at < e.from_at
      AND o.ended_at > {since} AND o.ended_at <= e.from_at AND NOT :jumped
    GROUP BY e.id, e.reserved_seconds HAVING sum(o.seconds) + e.reserved_seconds > :cap
"""
"""Used and reserved over the cap: what was closed in the window when `e` was granted, counted whole."""
CAPS = {"EXP-1": ("severe_day", 3, 1), "EXP-2": ("severe_week", 3, 7), "EXP-3": ("disturbing_day", 2, 1)}


def broken(session: Session, now: datetime, *, jumped: bool = False) -> list[str]:
    """The invariants that have rows, as `rule: how many`."""
    dialect = session.get_bind().dialect.name
    moment = now.replace(tzinfo=None) if dialect == "sqlite" else now
    found = []
    for rule, query in QUERIES.items():
        given = {"jumped": jumped, "now": moment}
        rows = session.execute(text(query), {name: given[name] for name in given if f":{name}" in query}).all()
        if rows:
            found.append(f"{rule}: {len(rows)} rows")
    for rule, (name, least, days) in CAPS.items():
        changed = session.execute(text("SELECT value FROM policy WHERE name = :name"), {"name": name}).scalars()
        query = _CAP.format(least=least, since=_SINCE[dialect].format(days=days))
        cap = 60 * max([NUMBERS[name], *changed])
        rows = session.execute(text(query), {"jumped": jumped, "cap": cap}).all()
        if rows:
            found.append(f"{rule}: {len(rows)} rows")
    return found
