"""Making dataset versions: asked for, written beside everybody's work, shown only when whole."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.errors import Conflict, FieldProblem, Invalid, Missing
from labeler.exports import bundle, keep_out, people, queries, source, withdrawn
from labeler.exports.about import About
from labeler.exports.bundle import Bundle
from labeler.exports.documents.knowing import known
from labeler.exports.documents.papers import Papers
from labeler.exports.learning import learn
from labeler.exports.models import Export, ExportState
from labeler.exports.placing import Placement, place
from labeler.exports.plan import ExportPlan
from labeler.exports.rows import Fingerprint, Pseudonyms, by_task, latest
from labeler.exports.scope import ERASED, Scope, look, versions
from labeler.exports.sieve import Sieve
from labeler.exports.source import Intake
from labeler.exports.views import registry
from labeler.exports.views.aggregations import DAWID_SKENE
from labeler.jobs.outbox import enqueue
from labeler.projects.models import Batch, Guideline, Project
from labeler.projects.rules import is_frozen
from labeler.signing.keys import SigningKey
from tasks import kind
from tasks.comparison_rows import Decide
from tasks.kind import Kind

SETTLE = timedelta(seconds=3)
"""How long after its snapshot an export starts to read. An answer carries the moment at which its request began, and is
seen by others when its transaction ends: usually some milliseconds later. Whoever reads at once would miss it, and a
second reading of the same snapshot would differ. `snapshot.ids_sha256` in the manifest shows whether two agree."""


SAY_SO = "Whoever needs the old one all the same says so: ?withdrawn=take at the end of the address."
"""What a script is told that asks for a withdrawn version."""


def request(
    session: Session,
    actor: UUID,
    project_id: UUID,
    chosen: Mapping[str, Any],
    now: datetime,
    snapshot_at: datetime | None = None,
) -> tuple[Export, UUID]:
    """Ask for the next version of a project's dataset, as it stood at `snapshot_at` (now, unless an earlier moment is
    named). Returns the export and the id of the job that will write it.

    Raises Missing, and Invalid with every problem of the choice.
    """
    project = session.scalar(select(Project).where(Project.id == project_id).with_for_update())
    if project is None:
        raise Missing("There is no such project.")
    checked = queries.checked(session, project, chosen)
    if snapshot_at is not None and snapshot_at > now:
        raise Invalid("This export cannot be made yet.", [FieldProblem("snapshot_at", "Choose a moment in the past.")])
    last = session.scalar(select(func.max(Export.number)).where(Export.project_id == project_id))
    made = Export(
        project_id=project_id,
        number=(last or 0) + 1,
        views=list(checked.views),
        options=checked.model_dump(mode="json", exclude={"views"}),
        snapshot_at=snapshot_at or now,
        created_by=actor,
        created_at=now,
    )
    session.add(made)
    session.flush()
    if checked.demographics != "leave_out":
        people.renew(session, project_id, now)
    record(session, "export.request", actor, made.id, now, project=project_id, number=made.number, views=made.views)
    job = enqueue(session, "write_export", now, export=str(made.id))
    return made, job.id


def start(session: Session, export_id: UUID) -> datetime | None:
    """Begin, or begin anew after a broken attempt. The snapshot's moment; None when there is nothing left to do."""
    export = session.scalar(select(Export).where(Export.id == export_id).with_for_update())
    if export is None or export.state in (ExportState.DONE, ExportState.FAILED):
        return None
    export.state = ExportState.WRITING
    export.done_rows = 0
    return export.snapshot_at


def write(
    session: Session,
    export_id: UUID,
    root: Path,
    secret: bytes,
    key: SigningKey,
    alive: Callable[[int, int], None],
    list_of: Callable[[str], bytes] | None = None,
) -> Bundle:
    """Write everything into the empty folder `root`, reading one moment of the database in constant memory.

    `session` is a fresh reading transaction of its own. `alive(done, of)` hears about every thousand tasks how many
    stored answers were read; what it raises ends the writing. `list_of` gives a list of prompts to keep out by its
    name. The same export gives the same bytes, however often; after a rotation of keys, `key` is another one, and only
    the signature differs.
    """
    source.hold_still(session)
    gone = erased(session)
    export = session.get_one(Export, export_id)
    project = session.get_one(Project, export.project_id)
    chosen = ExportPlan.model_validate({"views": export.views, **export.options})
    asks = kind(project.kind)
    options = asks.Options.model_validate(project.options)
    # paid and withdrawn by the moment it was asked for: the server's, so no snapshot goes round it (PAY-5, OPT-9)
    scope = Scope(project.id, chosen, export.snapshot_at, export.created_at)
    of = versions(session, scope)
    listed = None
    if chosen.keep_out is not None:
        if list_of is None:
            raise ValueError("an export that keeps a list out needs to be given it")
        listed = keep_out.prompts(list_of(chosen.keep_out))
    placement = place(session, scope, listed, lambda: alive(0, of))
    sieve = Sieve(chosen, placement.is_kept_out if placement.out is not None else None)
    learned = None
    if chosen.aggregation == DAWID_SKENE:
        learned = _learned(session, scope, asks, options, placement, lambda: alive(0, of))
    views = [view for view in registry.offered(asks, options, chosen.rules, learned) if view.name in chosen.views]
    about = About(
        export_id=export.id,
        number=export.number,
        project_id=project.id,
        slug=project.slug,
        name=project.name,
        purpose=project.purpose,
        kind=asks.name,
        kind_version=asks.version,
        kind_title=asks.title,
        project_options=options.model_dump(mode="json"),
        plan=chosen,
        rules={**registry.in_force(asks, options, chosen.rules), **placement.facts},
        snapshot_at=export.snapshot_at,
        guidelines=_guidelines(session, export),
        batches=_batches(session, export, chosen),
        freeze_at=project.freeze_at,
        frozen=is_frozen(project.freeze_at, export.created_at),
        supersedes=withdrawn.superseded(session, export),
        people=people.told(session, project.id, chosen, export.created_at),
    )
    names = Pseudonyms(secret, project.id, export.snapshot_at, chosen.text)
    if chosen.demographics == "rows":
        views.append(people.Labelers(lambda: people.rows(session, names)))
    intake = Intake(Fingerprint(), before=look(session, scope, ahead=False))
    papers = Papers(
        known(session, project, export, asks.question), asks.measures(options), count_late=chosen.late == "include"
    )
    tasks = source.judged_tasks(session, scope, asks, names, intake, sieve)
    with closing(tasks):  # it reads ahead in a thread, which must have ended before the session does
        made = bundle.write(root, about, views, tasks, intake, placement, papers, lambda done: alive(done, of), key)
    return replace(made, erased=gone)


def _learned(
    session: Session, scope: Scope, asks: Kind, options: Any, placement: Placement, alive: Callable[[], None]
) -> Decide:
    """The verdicts of an aggregation that has to see all answers first: the same answers as the views count."""
    category = next(measure.read for measure in asks.measures(options) if measure.name == "winner")
    sieve = Sieve(scope.plan, placement.is_kept_out if placement.out is not None else None)

    counted = (
        (task_id, sieve.counted(sieve.keep(task_id, latest(given)[0])))
        for task_id, given in by_task(source.stored(session, scope))
    )
    return learn(counted, category, alive)


def progress(session: Session, export_id: UUID, done: int, of: int) -> None:
    """Tell whoever waits how far the writing has come."""
    session.execute(
        update(Export)
        .where(Export.id == export_id, Export.state == ExportState.WRITING)
        .values(done_rows=done, all_rows=of)
        .execution_options(synchronize_session=False)
    )


class WriteAgain(Exception):
    """A person was erased while the version was written: it may have her answers, and nobody has seen it yet."""


def erased(session: Session) -> int:
    """How many accounts of erased people there are: it only grows."""
    return session.execute(select(func.count()).select_from(ERASED.subquery())).scalar_one()


def ready(session: Session, export_id: UUID, made: Bundle) -> Export:
    """The version, held, when what was written may be kept. Raises Conflict when it was shown, and WriteAgain when
    somebody was erased since it was read."""
    export = session.scalar(select(Export).where(Export.id == export_id).with_for_update())
    if export is None or export.state is not ExportState.WRITING:
        raise Conflict("This export has ended already.")
    if erased(session) != made.erased:
        raise WriteAgain("A person's data were erased while it was written; it is written again without them.")
    return export


def finish(session: Session, export_id: UUID, folder: str, made: Bundle, now: datetime) -> None:
    """Show the finished version: from here on it is downloaded, never changed. Raises as `ready`."""
    export = ready(session, export_id, made)
    export.state = ExportState.DONE
    export.folder = folder
    export.manifest_hash = made.manifest_hash
    export.key_id = made.key_id
    export.counts = made.counts
    export.done_rows = export.all_rows = made.versions_read
    export.problem = None
    export.finished_at = now
    record(session, "export.finish", None, export_id, now, manifest_hash=made.manifest_hash, key_id=made.key_id)


def fail(session: Session, export_id: UUID, problem: str, now: datetime) -> None:
    """Say that this version will not come, and why. One that is done stays done."""
    export = session.scalar(select(Export).where(Export.id == export_id).with_for_update())
    if export is None or export.state in (ExportState.DONE, ExportState.FAILED):
        return
    export.state = ExportState.FAILED
    export.problem = problem
    export.finished_at = now
    record(session, "export.fail", None, export_id, now)


def download(
    session: Session,
    actor: UUID,
    export: Export,
    file: str,
    now: datetime,
    *,
    way: str,
    size: int,
    knowingly: bool = False,
) -> None:
    """Record that somebody takes `size` bytes of a file (or of `"all"`) by `way`: `page` or `api`.

    It is recorded before the first byte is sent, so a download that breaks off counts whole. Raises as `folder`; that a
    withdrawn version is taken all the same has an entry of its own.
    """
    folder(session, export, knowingly=knowingly)
    if export.withdrawn_on is not None:
        record(session, "export.take_withdrawn", actor, export.id, now, file=file)
    record(session, "export.download", actor, export.id, now, file=file, way=way, bytes=size)


def folder(session: Session, export: Export, *, knowingly: bool = False) -> str:
    """Where a finished export lies, relative to the data folder. Raises Conflict until it is done, and for a withdrawn
    version unless it is asked for `knowingly`."""
    if export.state is not ExportState.DONE or export.folder is None:
        raise Conflict("This export is not finished yet. Its page shows how far it is.")
    if export.withdrawn_on is not None and not knowingly:
        newer = withdrawn.newer(session, export)
        instead = f"Take version {newer}." if newer else "Make a new export: it has what may be used."
        raise Conflict(
            f"Version {export.number} is withdrawn since {export.withdrawn_on}: it has answers that should not be "
            f"used any more. {instead} {SAY_SO}"
        )
    return export.folder


def _guidelines(session: Session, export: Export) -> tuple[dict[str, Any], ...]:
    rows = session.execute(
        select(Guideline.version, Guideline.text)
        .where(Guideline.project_id == export.project_id, Guideline.created_at <= export.snapshot_at)
        .order_by(Guideline.version)
    )
    return tuple({"version": row.version, "sha256": hashlib.sha256(row.text.encode()).hexdigest()} for row in rows)


def _batches(session: Session, export: Export, chosen: ExportPlan) -> tuple[dict[str, Any], ...]:
    wanted = (
        select(Batch.id, Batch.name, Batch.content_hash, Batch.tasks)
        .where(Batch.project_id == export.project_id, Batch.finished_at <= export.snapshot_at)
        .order_by(Batch.created_at, Batch.id)
    )
    if chosen.batches:
        wanted = wanted.where(Batch.id.in_(chosen.batches))
    return tuple(
        {"id": str(row.id), "name": row.name, "sha256": row.content_hash, "tasks": row.tasks}
        for row in session.execute(wanted)
    )
