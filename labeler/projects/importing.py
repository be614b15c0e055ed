"""Importing a batch: all of a file, or none of it.

First the file is read into a spool beside it, with no transaction open: every bad row is found before anything is
written (`spooling`). Then places in the lanes are reserved, and the spool is loaded in one transaction (`loading`).
Labelers are never in the way.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.db import table
from labeler.errors import Conflict, Invalid, Missing
from labeler.projects.lanes import lane_of
from labeler.projects.loading import load_spool
from labeler.projects.models import Batch, ImportState, Lane, Project, Task
from labeler.projects.quotas import service as quotas
from labeler.projects.reading.lexicon import lexicon
from labeler.projects.rules import ProjectState
from labeler.projects.service import widen
from labeler.projects.sparing import SEVERE_OVERLAP, cap_severe, spare_doubles
from labeler.projects.spooling import Asked, ImportSettings, Spooled
from tasks.content import Category, Severity, highest, parse_profile

Beat = Callable[[], None]
"""Called now and then, so that the job keeps its lease."""


def begin(session: Session, batch_id: UUID, content_hash: str) -> Asked:
    """Mark the batch as being read. Raises Conflict when this very file is in the project already, unless asked for."""
    batch = _open_batch(session, batch_id)
    project = session.get_one(Project, batch.project_id)
    settings = ImportSettings.model_validate({k: v for k, v in batch.settings.items() if k != "path"})
    batch.content_hash = content_hash
    _check_copies(session, batch, settings)
    batch.state = ImportState.READING
    return asked_of(project, settings, batch.id, batch.created_by)


class Ended(Conflict):
    """This import has ended already, by another attempt; there is nothing left to do or to say."""


def _open_batch(session: Session, batch_id: UUID) -> Batch:
    batch = session.get(Batch, batch_id, with_for_update=True, populate_existing=True)
    if batch is None:
        raise Missing("There is no such import.")
    if batch.state in (ImportState.DONE, ImportState.REFUSED):
        raise Ended("This import has ended already.")
    return batch


def _check_copies(session: Session, batch: Batch, settings: ImportSettings) -> None:
    """Give the batch its number among the imports of this very file. Raises Conflict for a second one unasked."""
    copies = session.scalar(
        select(func.max(Batch.copy)).where(
            Batch.project_id == batch.project_id,
            Batch.content_hash == batch.content_hash,
            Batch.state == ImportState.DONE,
        )
    )
    if copies is not None and not settings.again:
        raise Conflict(_TWICE)
    batch.copy = (copies or 0) + 1


def asked_of(project: Project, settings: ImportSettings, batch_id: UUID, actor: UUID) -> Asked:
    """What reading a file for this project must know."""
    declared = {Category(code): Severity(level) for code, level in (project.categories or {}).items()}
    languages = tuple(project.languages)
    return Asked(batch_id, project.id, actor, project.kind, project.overlap, languages, declared, settings)


_TWICE = "This very file is in the project already. Nothing was imported. Ask for it again if you want its tasks twice."


def reserve(session: Session, asked: Asked, spooled: Spooled) -> list[tuple[UUID, int]]:
    """A lane and the first of its reserved positions for each lane number of the spool, in a transaction of its own.

    Positions reserved for an import that then fails stay unused, which harms nothing. Lanes are made, and then raised,
    in order: two imports, or an import and a task that comes back, never wait for each other.
    """
    made = {place: lane_of(session, asked.project_id, *place) for place in sorted(spooled.lanes)}
    first: dict[UUID, int] = {}
    for lane_id, tasks in sorted((made[place], tasks) for place, tasks in spooled.lanes.items()):
        raised = update(Lane).where(Lane.id == lane_id).values(tail=Lane.tail + tasks).returning(Lane.tail)
        first[lane_id] = session.execute(raised).scalar_one() - tasks + 1
    return [(made[place], first[made[place]]) for place in spooled.lanes]


def load(session: Session, asked: Asked, spooled: Spooled, places: list[tuple[UUID, int]], beat: Beat) -> None:
    """Write the tasks of the spool; nobody sees them before this transaction ends, and `finish` must be in it too."""
    load_spool(session, spooled.path, asked.batch_id, asked.overlap, places, beat)
    if any(highest(parse_profile(profile)) == Severity.EGREGIOUS for _, profile in spooled.lanes):
        session.flush()
        spooled.doubles = spare_doubles(session, asked.project_id, asked.batch_id, beat)


def finish(
    session: Session,
    asked: Asked,
    spooled: Spooled,
    places: list[tuple[UUID, int]],
    now: datetime,
    *,
    severe_overlap: int = SEVERE_OVERLAP,
) -> Batch:
    """Show the batch as done. It is quick: from here on others may wait for what is locked.

    No severe task gets more than `severe_overlap` judgments (EXP-8).
    Raises OverQuota, and Conflict when the same file was imported at the same time or the project was closed meanwhile.
    """
    project = session.get_one(Project, asked.project_id, with_for_update={"key_share": True}, populate_existing=True)
    _still_fits(asked, project)
    quotas.room_for_tasks(session, asked.actor, project.id, spooled.tasks, now)
    batch = _open_batch(session, asked.batch_id)
    _check_copies(session, batch, asked.settings)
    batch.state = ImportState.DONE
    batch.format = spooled.about["format"]
    batch.rows, batch.tasks, batch.finished_at = spooled.rows, spooled.tasks, now
    batch.report = report(spooled)
    _keep_overlap(session, asked, project)
    cap_severe(session, batch.id, severe_overlap)
    session.flush()
    record(
        session, "batch.import", asked.actor, batch.id, now,
        project=asked.project_id, rows=spooled.rows, tasks=spooled.tasks, content_hash=batch.content_hash,
    )  # fmt: skip
    if spooled.widened:
        widen(session, asked.actor, project, spooled.widened, spooled.share, now)
    # Last: whoever found a lane empty while these rows were invisible must look again.
    for lane_id in sorted(lane_id for lane_id, _ in places):
        session.execute(update(Lane).where(Lane.id == lane_id).values(tail=Lane.tail + 1))
    return batch


def _still_fits(asked: Asked, project: Project) -> None:
    """Raise Conflict when the project is no longer what the file was read for; declaring more content is no harm."""
    if project.state is ProjectState.CLOSED:
        raise Conflict("This project was closed while the file was read, and takes no more tasks.")
    then = asked_of(project, asked.settings, asked.batch_id, asked.actor)
    lowered = any(then.declared.get(code, 0) < level for code, level in asked.declared.items())
    if then.kind != asked.kind or lowered or not set(then.languages) >= set(asked.languages):
        raise Conflict(
            "The project's kind, languages or categories were changed while the file was read. Import again."
        )


def _keep_overlap(session: Session, asked: Asked, project: Project) -> None:
    """A draft's overlap may have been changed while the file was read: these tasks follow it too."""
    if project.overlap != asked.overlap:
        tasks = table(Task)
        asked_for = tasks.update().where(tasks.c.batch_id == asked.batch_id, tasks.c.overlap > 0)
        session.execute(asked_for.values(overlap=project.overlap))


def refuse(session: Session, batch_id: UUID, spooled: Spooled, now: datetime) -> None:
    """Show that nothing of the file was imported, and why. An import that has ended stays as it is."""
    try:
        batch = _open_batch(session, batch_id)
    except Ended:
        return
    batch.state = ImportState.REFUSED
    batch.format = spooled.about.get("format")
    batch.rows, batch.finished_at = spooled.rows, now
    batch.report = report(spooled)
    record(
        session, "batch.refuse", batch.created_by, batch.id, now,
        project=batch.project_id, problems=spooled.problem_count,
    )  # fmt: skip


def report(spooled: Spooled) -> dict[str, Any]:
    """What the researcher is shown of an import: mapping, problems up to the limit, words that raised severities."""
    return spooled.about | {
        "problem_count": spooled.problem_count,
        "problems": [
            {"line": each.line, "field": each.field, "message": each.message}
            for each in spooled.problems[: spooled.limits.problems]
        ],
        "lexicon_version": lexicon().version,
        "matched": dict(spooled.matched.most_common(200)),
        "raised": spooled.raised,
        "widened": spooled.widened,
        "samples": spooled.samples,
        "sensitive": spooled.sensitive,
        "doubles": spooled.doubles,
    }


def refused_as(problems: Spooled) -> Invalid:
    """A refused import as an error for a door."""
    many = f"{problems.problem_count:,} problems" if problems.problem_count != 1 else "1 problem"
    return Invalid(f"Nothing was imported: the file has {many}.", problems.problems)
