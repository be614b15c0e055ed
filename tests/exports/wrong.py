"""A choice of which everything is wrong, for the tests of each door."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from labeler.db import reading
from labeler.errors import Invalid
from labeler.exports import queries
from labeler.projects.models import Project

WRONG: dict[str, Any] = {
    "views": ["ratings", "everything"], "late": "maybe", "min_judgments": 99, "from_day": "2026-02-30",
    "languages": ["tlh"], "guidelines": [7], "least_time": 33, "aggregation": "vote/1", "split": 90,
    "labeler_names": "real", "margin_map": "none/9", "comments": "all",
}  # fmt: skip


def told(project_id: UUID) -> set[tuple[str, str]]:
    """Every problem of it, with its field."""
    with reading() as session, pytest.raises(Invalid) as refused:
        queries.checked(session, session.get_one(Project, project_id), WRONG)
    return {(each.field, each.message) for each in refused.value.problems}
