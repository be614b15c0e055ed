"""What an export tells of who judged: only what labelers chose to say, as they allowed, and of ten people or more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.demographics import service
from labeler.demographics.models import PeopleTable
from labeler.demographics.rules import ASKED, NAMES, ROUNDED_TO, K
from labeler.exports.models import Export
from labeler.exports.plan import ExportPlan
from labeler.exports.projects import ProjectFacts, ids
from labeler.exports.rows import Pseudonyms, by_task, digits, latest
from labeler.exports.scope import Scope
from labeler.exports.sieve import Sieve
from labeler.exports.source import stored
from labeler.exports.within import Said, by_group
from labeler.judgments.models import Judgment
from labeler.judgments.queries import NOT_WITHDRAWN
from labeler.projects.models import Project
from labeler.workforce.models import Labeler
from tasks import kind
from tasks.kind import JudgedTask, Tally, View
from tasks.measures import Measure
from tasks.views import RowModel

ABOUT = (
    f"Labelers of the project who chose to say something of themselves and to be counted. Each number is of {K} people "
    f"or more, and so are all others together; numbers are rounded to {ROUNDED_TO}. `agreement` in the table has, for "
    f"each group of {K} people or more, none of whom gave more than half of its answers, Krippendorff's alpha in it "
    "and its reliability with all others (1 is full agreement, 0 what chance gives), of the whole project as it was "
    "when the table was made."
)
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
        "about": ABOUT,
        "k": K,
        "rounded_to": ROUNDED_TO,
        "asked": {each.name: {"title": each.title, "values": dict(each.listed)} for each in ASKED},
        **(each[0][1] if len(each) == 1 else {"projects": [{"project": slug, **table} for slug, table in each]}),
    }


def _table(session: Session, project_id: UUID, asked_at: datetime) -> dict[str, Any]:
    found = service.table(session, project_id, asked_at)
    return {"table": found, **({} if found else {"why_no_table": NO_TABLE})}


def to_measure(session: Session, export: Export, now: datetime) -> list[tuple[UUID, list[dict[str, Any]]]]:
    """Agreement within the groups of the tables that a version tells, where nobody has measured it yet: of each project
    whole, as it was when its table was made, whatever is exported. By the id of the table.

    It is kept with the table and repeated until the next one, so no two versions differ in it by one person's work.
    """
    plan = ExportPlan.model_validate({"views": export.views, **export.options})
    if plan.demographics == "leave_out":
        return []
    among = sorted(ids(session, [export])[export.id])
    return [
        (found[0].id, _measured(session, session.get_one(Project, each), *found, now))
        for each in among
        if (found := service.to_measure(session, each, export.created_at)) is not None
    ]


def _measured(
    session: Session, project: Project, made: PeopleTable, accounts: Mapping[UUID, Said], now: datetime
) -> list[dict[str, Any]]:
    asks = kind(project.kind)
    measures = asks.measures(asks.Options.model_validate(project.options))
    # as of the table, and without what was withdrawn since
    scope = Scope(project.id, ExportPlan(), made.made_at, now)
    open_ = {name: [row["value"] for row in made.counts["values"].get(name, ())] for name in NAMES}
    said = {account.hex: of for account, of in accounts.items()}
    persons = {account.hex: person for account, person in _persons(session, project.id).items()}
    return by_group(_given(session, scope, measures, persons), _by_person(said, persons), open_, measures)


def _persons(session: Session, project_id: UUID) -> dict[UUID, str]:
    judged = select(Judgment.labeler_id).where(Judgment.project_id == project_id)
    rows = session.execute(select(Labeler.id, Labeler.person_id).where(Labeler.id.in_(judged)))
    return {account: person.hex for account, person in rows}


def _by_person(said: Mapping[str, Said], persons: Mapping[str, str]) -> dict[str, Said]:
    return {persons[account]: of for account, of in said.items() if account in persons}


def _given(
    session: Session, scope: Scope, measures: Sequence[Measure], persons: Mapping[str, str]
) -> Iterator[list[tuple[str, tuple[int | None, ...]]]]:
    sieve = Sieve(scope.plan)
    read = lru_cache(4096)(lambda answer: tuple(measure.read(orjson.loads(answer)) for measure in measures))
    for task_id, given in by_task(stored(session, scope)):
        kept = sieve.counted(sieve.keep(task_id, latest(given)[0]))
        yield [(persons[digits(each.labeler_id).replace("-", "")], read(each.answer)) for each in kept]


def keep_agreement(session: Session, table_id: UUID, found: list[dict[str, Any]]) -> None:
    """Keep what was measured, once."""
    service.keep_agreement(session, table_id, found)


def rows(session: Session, names: Pseudonyms) -> dict[str, dict[str, str | None]]:
    """The rows of those whom the export has named and who agreed, by their names."""
    return service.on_rows(session, names.met)


assert tuple(LabelerRow.model_fields) == ("labeler", *NAMES)
