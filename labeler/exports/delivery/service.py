"""Deliveries: asked for, sent beside everybody's work, on the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.errors import Conflict, FieldProblem, Invalid, Missing
from labeler.exports import service as exports
from labeler.exports.delivery.destinations import Destination
from labeler.exports.delivery.models import DeliveryState, ExportDelivery, Way
from labeler.exports.models import Export
from labeler.jobs.outbox import enqueue
from labeler.projects.models import Project

ALL = "all"
"""What the export ledger says when a whole version was taken."""
OPEN = (DeliveryState.WAITING, DeliveryState.SENDING)


@dataclass(frozen=True, slots=True)
class Begun:
    """What an attempt has to send: the version, its folder below the data folder, its name at the destination."""

    export: Export
    folder: str
    name: str
    destination: str
    way: Way


def request(
    session: Session,
    actor: UUID,
    export_id: UUID,
    destination: str,
    known: Mapping[str, Destination],
    now: datetime,
    *,
    knowingly: bool = False,
) -> tuple[ExportDelivery, UUID]:
    """Ask for a finished version to be delivered to one of the operator's destinations. The delivery, and the id of the
    job that will send it.

    Raises Missing; Invalid for a destination that is not known; Conflict for a version that is not finished or must not
    be taken (`exports.service.folder`), and while it is on its way there.
    """
    export = session.scalar(select(Export).where(Export.id == export_id).with_for_update())
    if export is None:
        raise Missing("This project has no such export.")
    place = known.get(destination)
    if place is None:
        names = f"Choose one of: {', '.join(known)}." if known else "Whoever runs this installation can set some up."
        problem = FieldProblem("destination", f"There is no such destination. {names}")
        raise Invalid("This version cannot be delivered there.", [problem])
    exports.folder(session, export, knowingly=knowingly)
    under_way = select(ExportDelivery.id).where(
        ExportDelivery.export_id == export_id,
        ExportDelivery.destination == destination,
        ExportDelivery.state.in_(OPEN),
    )
    if session.scalar(under_way) is not None:
        raise Conflict(f"This version is on its way to {place.shown} already. Its page shows how far it is.")
    made = ExportDelivery(
        export_id=export_id, destination=destination, way=place.way, asked_by=actor, asked_at=now, knowingly=knowingly
    )
    session.add(made)
    session.flush()
    record(
        session, "delivery.request", actor, made.id, now,
        export=export_id, destination=destination, way=place.way, knowingly=knowingly,
    )  # fmt: skip
    job = enqueue(session, "deliver_export", now, delivery=str(made.id))
    return made, job.id


def start(session: Session, delivery_id: UUID) -> Begun | None:
    """Begin, or go on after a broken attempt; None when there is nothing left to do. Raises Conflict when the version
    must not be taken any more."""
    delivery = _locked(session, delivery_id)
    if delivery is None or delivery.state not in OPEN:
        return None
    export = session.get_one(Export, delivery.export_id)
    folder = exports.folder(session, export, knowingly=delivery.knowingly)
    slug = session.scalar(select(Project.slug).where(Project.id == export.project_id))
    return Begun(export, folder, f"{slug}-v{export.number}", delivery.destination, delivery.way)


def leave(session: Session, delivery_id: UUID, files: int, size: int, now: datetime) -> None:
    """Say how much there is to send, `size` in bytes, before the first of it is. The first attempt puts it into the
    export ledger: one that breaks off counts whole, as a download does."""
    delivery = _locked(session, delivery_id)
    assert delivery is not None
    if delivery.state is DeliveryState.WAITING:
        export = session.get_one(Export, delivery.export_id)
        exports.download(
            session, delivery.asked_by, export, ALL, now, way=delivery.way, size=size, knowingly=delivery.knowingly
        )
    delivery.state = DeliveryState.SENDING
    delivery.done_files = delivery.done_bytes = 0
    delivery.all_files, delivery.all_bytes = files, size


def allowed(session: Session, delivery_id: UUID) -> bool:
    """Whether the version is published. Raises Conflict when it must not be taken any more."""
    delivery = session.get_one(ExportDelivery, delivery_id)
    export = session.get_one(Export, delivery.export_id)
    exports.folder(session, export, knowingly=delivery.knowingly)
    return export.published_at is not None


def progress(session: Session, delivery_id: UUID, files: int, size: int) -> None:
    """Tell whoever waits how far it is: files and bytes that are there."""
    session.execute(
        update(ExportDelivery)
        .where(ExportDelivery.id == delivery_id, ExportDelivery.state == DeliveryState.SENDING)
        .values(done_files=files, done_bytes=size)
        .execution_options(synchronize_session=False)
    )


def hold_up(session: Session, delivery_id: UUID, problem: str) -> None:
    """Say what an attempt met; the job tries again."""
    session.execute(
        update(ExportDelivery)
        .where(ExportDelivery.id == delivery_id, ExportDelivery.state.in_(OPEN))
        .values(problem=problem)
        .execution_options(synchronize_session=False)
    )


def finish(session: Session, delivery_id: UUID, place: str, now: datetime) -> None:
    """The whole version lies at `place`. Raises Conflict when the delivery has ended already."""
    delivery = _locked(session, delivery_id)
    if delivery is None or delivery.state is not DeliveryState.SENDING:
        raise Conflict("This delivery has ended already.")
    delivery.state = DeliveryState.DONE
    delivery.done_files, delivery.done_bytes = delivery.all_files or 0, delivery.all_bytes or 0
    delivery.place = place
    delivery.problem = None
    delivery.finished_at = now
    files, size = delivery.done_files, delivery.done_bytes
    record(session, "delivery.finish", None, delivery_id, now, files=files, bytes=size)


def fail(session: Session, delivery_id: UUID, problem: str, now: datetime) -> None:
    """Say that it will not come, and why. What was sent stays where it is; one that is done stays done."""
    delivery = _locked(session, delivery_id)
    if delivery is None or delivery.state not in OPEN:
        return
    delivery.state = DeliveryState.FAILED
    delivery.problem = problem
    delivery.finished_at = now
    record(session, "delivery.fail", None, delivery_id, now)


def deliveries(session: Session, export_id: UUID) -> Sequence[ExportDelivery]:
    """The deliveries of a version, the newest first."""
    wanted = select(ExportDelivery).where(ExportDelivery.export_id == export_id)
    return session.scalars(wanted.order_by(ExportDelivery.id.desc())).all()


def delivery(session: Session, export_id: UUID, delivery_id: UUID) -> ExportDelivery:
    """One delivery of a version. Raises Missing."""
    found = session.get(ExportDelivery, delivery_id)
    if found is None or found.export_id != export_id:
        raise Missing("This export has no such delivery.")
    return found


def _locked(session: Session, delivery_id: UUID) -> ExportDelivery | None:
    return session.scalar(select(ExportDelivery).where(ExportDelivery.id == delivery_id).with_for_update())
