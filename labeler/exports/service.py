"""Making dataset versions: asked for, written beside everybody's work, shown only when whole."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
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
from labeler.exports import alike, approving, bundle, inputs, keep_out, people, projects, queries, source, withdrawn
from labeler.exports.about import About
from labeler.exports.bundle import Bundle
from labeler.exports.documents.knowing import known
from labeler.exports.documents.papers import Papers
from labeler.exports.documents.several import joined
from labeler.exports.learned import learned_verdicts
from labeler.exports.models import Export, ExportState
from labeler.exports.placing import place
from labeler.exports.plan import ExportPlan
from labeler.exports.quotas import service as quotas
from labeler.exports.rows import Fingerprint, Pseudonyms
from labeler.exports.scope import ERASED, Scope, look_each, versions
from labeler.exports.sieve import Sieve
from labeler.exports.source import Intake
from labeler.exports.telling import tell
from labeler.exports.views import registry
from labeler.exports.views.aggregations import DAWID_SKENE
from labeler.jobs.outbox import enqueue
from labeler.projects.models import Project
from labeler.signing.keys import SigningKey
from tasks import kind

SETTLE = timedelta(seconds=3)
"""How long after its snapshot an export starts to read. An answer carries the moment at which its request began, and is
seen by others when its transaction ends: usually some milliseconds later. Whoever reads at once would miss it, and a
second reading of the same snapshot would differ. `snapshot.ids_sha256` in the manifest shows whether two agree."""


SAY_SO = "Whoever needs the old one all the same says so: ?withdrawn=take at the end of the address."
"""What a script is told that asks for a withdrawn version."""


class IsWithdrawn(Conflict):
    """The version should not be used any more; who wants it all the same says so."""


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

    Raises Missing, Invalid with every problem of the choice, and OverQuota.
    """
    project = session.scalar(select(Project).where(Project.id == project_id))
    if project is None:
        raise Missing("There is no such project.")
    others, _ = alike.found(session, project, chosen.get("also") or ())
    taken = _held(session, [project_id, *(other.id for other in others)])
    checked = queries.checked(session, project, chosen)
    quotas.room_for_version(session, actor, project_id, now)
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
    approving.needed(made, taken)
    session.add(made)
    session.flush()
    projects.keep(session, made, taken)
    if checked.demographics != "leave_out":
        for each in taken:
            people.renew(session, each.id, now)
    record(session, "export.request", actor, made.id, now, project=project_id, number=made.number, views=made.views)
    for other in checked.also:
        record(session, "export.take_in", actor, made.id, now, project=other)
    job = enqueue(session, "write_export", now, export=str(made.id))
    return made, job.id


def _held(session: Session, ids: Collection[UUID]) -> Sequence[Project]:
    """These projects, locked, in one order everywhere: nobody withdraws an answer while an export is asked for."""
    wanted = select(Project).where(Project.id.in_(ids)).order_by(Project.id).with_for_update()
    return session.scalars(wanted.execution_options(populate_existing=True)).all()


def start(session: Session, export_id: UUID) -> datetime | None:
    """Begin, or begin anew after a broken attempt. The snapshot's moment; None when there is nothing left to do."""
    export = session.scalar(select(Export).where(Export.id == export_id).with_for_update())
    if export is None or export.state in (ExportState.DONE, ExportState.FAILED):
        return None
    export.state = ExportState.WRITING
    export.done_rows = 0
    export.problem = None
    return export.snapshot_at


def write(
    session: Session,
    export_id: UUID,
    root: Path,
    secret: bytes,
    key: SigningKey,
    alive: Callable[[int, int], None],
    list_of: Callable[[str], bytes] | None = None,
    kept: Path | None = None,
) -> Bundle:
    """Write everything into the empty folder `root`, reading one moment of the database in constant memory.

    `session` is a fresh reading transaction of its own. `alive(done, of)` hears about every thousand tasks how many
    stored answers were read; what it raises ends the writing. `list_of` gives a list of prompts to keep out by its
    name, and `kept` is the data folder, where the version before is: its rows are held against these. The same export
    gives the same bytes, however often; after a rotation of keys, `key` is another one, and only the signature differs.
    """
    source.hold_still(session)
    gone = erased(session)
    export = session.get_one(Export, export_id)
    among = projects.told(session, export)
    own, several = among[0], among if len(among) > 1 else ()
    chosen = ExportPlan.model_validate({"views": export.views, **export.options})
    asks = kind(own.kind)
    options = asks.Options.model_validate(own.options)
    # paid and withdrawn by the moment it was asked for: the server's, so no snapshot goes round it (PAY-5, OPT-9)
    scope = Scope(own.id, chosen, export.snapshot_at, export.created_at)
    of = versions(session, scope)
    listed = None
    if chosen.keep_out is not None:
        if list_of is None:
            raise ValueError("an export that keeps a list out needs to be given it")
        listed = keep_out.prompts(list_of(chosen.keep_out))
    placement = place(session, scope, listed, lambda: alive(0, of))
    is_out = placement.is_kept_out if placement.out is not None else None
    sieves = {each.slug: Sieve(chosen, is_out) for each in among}
    learned = None
    if chosen.aggregation == DAWID_SKENE:
        learned = learned_verdicts(session, scope, asks, options, placement, lambda: alive(0, of))
    offered = registry.offered(asks, options, chosen.rules, learned)
    offered = registry.of_several(offered) if several else offered
    views = [view for view in offered if view.name in chosen.views]
    about = About(
        export_id=export.id,
        number=export.number,
        project_id=own.id,
        slug=own.slug,
        name=own.name,
        purpose=joined([(each.slug, each.purpose) for each in among]),
        kind=asks.name,
        kind_version=asks.version,
        kind_title=asks.title,
        project_options=options.model_dump(mode="json"),
        plan=chosen,
        rules={**registry.in_force(asks, options, chosen.rules), **placement.facts},
        snapshot_at=export.snapshot_at,
        guidelines=inputs.guidelines(session, scope),
        batches=inputs.batches(session, scope),
        freeze_at=own.freeze_at,
        frozen=all(each.frozen(export.created_at) for each in among),
        supersedes=withdrawn.superseded(session, export),
        people=people.told(session, among, chosen, export.created_at),
        several=several,
        freezes=tuple((each, each.frozen(export.created_at)) for each in several),
    )
    names = Pseudonyms(secret, own.id, export.snapshot_at, chosen.text)
    if chosen.demographics == "rows":
        views.append(people.Labelers(lambda: people.rows(session, names)))
    before = look_each(session, scope, ahead=False)
    intake = Intake(Fingerprint(), before={each.slug: before[each.id] for each in among})
    papers = Papers(
        known(session, among, export, asks.question, kept), asks.measures(options), count_late=chosen.late == "include"
    )
    tasks = source.judged_tasks(session, scope, asks, names, intake, sieves)
    with closing(tasks):  # it reads ahead in a thread, which must have ended before the session does
        made = bundle.write(root, about, views, tasks, intake, placement, papers, lambda done: alive(done, of), key)
    return replace(made, erased=gone)


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
    among = select(Project).where(Project.id.in_(projects.ids(session, [export])[export.id]))
    approving.needed(export, session.scalars(among.execution_options(populate_existing=True)))
    record(session, "export.finish", None, export_id, now, manifest_hash=made.manifest_hash, key_id=made.key_id)
    tell(session, export, "done", now)


def fail(session: Session, export_id: UUID, problem: str, now: datetime) -> None:
    """Say that this version will not come, and why. One that is done stays done."""
    export = session.scalar(select(Export).where(Export.id == export_id).with_for_update())
    if export is None or export.state in (ExportState.DONE, ExportState.FAILED):
        return
    export.state = ExportState.FAILED
    export.problem = problem
    export.finished_at = now
    record(session, "export.fail", None, export_id, now)
    tell(session, export, "failed", now)


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
    span: tuple[int, int] | None = None,
) -> None:
    """Record that somebody takes `size` bytes of a file (or of `"all"`) by `way`: `page`, `api`, `command` or another.

    It is recorded before the first byte is sent, so a download that breaks off counts whole; `span` says which bytes of
    the file these are, when they are not its first ones. Raises as `folder`, and OverQuota; that a withdrawn version is
    taken all the same has an entry of its own.
    """
    folder(session, export, knowingly=knowingly)
    quotas.take(session, actor, export.id, file, span or (0, size), now)
    if export.withdrawn_on is not None:
        record(session, "export.take_withdrawn", actor, export.id, now, file=file)
    record(session, "export.download", actor, export.id, now, file=file, way=way, bytes=size)


def folder(session: Session, export: Export, *, knowingly: bool = False) -> str:
    """Where a finished export lies, relative to the data folder: to be asked by whatever takes a version, anywhere.

    Raises Conflict until it is done, while it waits for a second person or was refused by one, and for a withdrawn
    version unless it is asked for `knowingly`.
    """
    if export.state is not ExportState.DONE or export.folder is None:
        raise Conflict("This export is not finished yet. Its page shows how far it is.")
    approving.refuse_unapproved(export)
    if export.withdrawn_on is not None and not knowingly:
        newer = withdrawn.newer(session, export)
        instead = f"Take version {newer}." if newer else "Make a new export: it has what may be used."
        raise IsWithdrawn(
            f"Version {export.number} is withdrawn since {export.withdrawn_on}: it has answers that should not be "
            f"used any more. {instead} {SAY_SO}"
        )
    return export.folder
