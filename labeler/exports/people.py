"""What an export tells of who judged: only what labelers chose to say, as they allowed, and of ten people or more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.demographics import service
from labeler.demographics.rules import ASKED, NAMES, ROUNDED_TO, K
from labeler.exports.plan import ExportPlan
from labeler.exports.projects import ProjectFacts
from labeler.exports.rows import Pseudonyms
from labeler.judgments.models import Judgment
from labeler.judgments.queries import NOT_WITHDRAWN
from tasks.kind import JudgedTask, Tally, View
from tasks.views import RowModel

NO_TABLE = (
    "There is no table at the moment: fewer than ten people agreed to be counted, or somebody who was counted has "
    "withdrawn, and a new table must differ from each earlier one by ten people."
)


class LabelerRow(RowModel):
    """One labeler who agreed to it. `labeler` is the name in `judgments` of this export; each other column is what she
    says of herself, null where she says nothing or where fewer than ten people would share the row's values.
    """

    labeler: str
    gender: str | None
    age: str | None
    region: str | None
    education: str | None
    origin: str | None


class Labelers(View):
    """A row for each labeler who agreed. It is told at the end: then it is known who is in the export."""

    name = "labelers"
    row = LabelerRow
    of_tasks = False
    readers = "models of single labelers"
    lossy = "Only labelers who agreed to it; values that fewer than ten of them share are null."

    def __init__(self, those: Callable[[], Mapping[str, Mapping[str, str | None]]]) -> None:
        self._those = those

    def rows(self, task: JudgedTask, tally: Tally) -> Iterable[dict[str, Any]]:
        """None: a task says nothing of a labeler."""
        return ()

    def last(self, tally: Tally) -> Iterable[dict[str, Any]]:
        """All rows, in the order of the made-up names."""
        return [{"labeler": name, **of} for name, of in sorted(self._those().items())]


def renew(session: Session, project_id: UUID, now: datetime) -> None:
    """See to it that the project has its newest table, made of everybody who has judged in it, whatever is exported:
    a table of some batches and one of the others would tell more than one of all.
    """
    judged = select(Judgment.labeler_id).where(Judgment.project_id == project_id, NOT_WITHDRAWN).distinct()
    service.renew_table(session, project_id, session.scalars(judged).all(), now)


def told(
    session: Session, projects: Sequence[ProjectFacts], plan: ExportPlan, asked_at: datetime
) -> dict[str, Any] | None:
    """What `people.json` says; None where the plan leaves it out.

    Of several projects it has the table of each, as an export of that one alone would: one over all of them would tell
    of whoever is in one table and not in the other.
    """
    if plan.demographics == "leave_out":
        return None
    each = [(of.slug, _table(session, of.id, asked_at)) for of in projects]
    return {
        "about": "Labelers of the project who chose to say something of themselves and to be counted. Each number is "
        f"of {K} people or more, and so are all others together; numbers are rounded to {ROUNDED_TO}.",
        "k": K,
        "rounded_to": ROUNDED_TO,
        "asked": {each.name: {"title": each.title, "values": dict(each.listed)} for each in ASKED},
        **(each[0][1] if len(each) == 1 else {"projects": [{"project": slug, **table} for slug, table in each]}),
    }


def _table(session: Session, project_id: UUID, asked_at: datetime) -> dict[str, Any]:
    found = service.table(session, project_id, asked_at)
    return {"table": found, **({} if found else {"why_no_table": NO_TABLE})}


def rows(session: Session, names: Pseudonyms) -> dict[str, dict[str, str | None]]:
    """The rows of those whom the export has named and who agreed, by their names."""
    return service.on_rows(session, names.met)


assert tuple(LabelerRow.model_fields) == ("labeler", *NAMES)
