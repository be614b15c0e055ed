"""A delivery as a job: asked for, on the record, held up, gone on with, ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import orjson
import pytest
from sqlalchemy import select, update

from labeler.audit.models import AuditEntry
from labeler.config import Settings
from labeler.db import reading, table, transaction
from labeler.errors import Conflict, Invalid
from labeler.exports import ledger
from labeler.exports.delivery import destinations, folder, service
from labeler.exports.delivery.files import LAST
from labeler.exports.delivery.models import DeliveryState, ExportDelivery
from labeler.exports.models import Cause, Export, ExportState, ExportWithdrawal
from labeler.exports.verify import verify
from labeler.jobs import deliver_export, worker
from labeler.jobs.models import Job
from labeler.projects.models import Project
from tests.exports.conftest import Make
from tests.exports.delivery.conftest import bytes_in
from tests.support.build import NOW
from tests.support.database import Database


def ask(export: Export, destination: str = "archive", knowingly: bool = False) -> tuple[UUID, UUID]:
    with transaction() as session:
        known = destinations.read(Settings().folder)
        made, job = service.request(session, export.created_by, export.id, destination, known, NOW, knowingly=knowingly)
        return made.id, job


def now_at(delivery_id: UUID) -> ExportDelivery:
    with reading() as session:
        return session.get_one(ExportDelivery, delivery_id)


def acts(*names: str) -> list[tuple[str, dict[str, object]]]:
    with reading() as session:
        found = session.scalars(select(AuditEntry).where(AuditEntry.act.in_(names)).order_by(AuditEntry.id)).all()
        return [(each.act, orjson.loads(each.fields)) for each in found]


def at_once(job_id: UUID) -> None:
    """Let the wait before the next attempt be over."""
    with transaction() as session:
        session.get_one(Job, job_id).run_after = NOW


def withdraw(export: Export) -> None:
    with transaction() as session:
        session.add(ExportWithdrawal(export_id=export.id, cause=Cause.WITHDRAWN, since=NOW, answers=1))
        session.execute(update(table(Export)).where(Export.id == export.id).values(withdrawn_since=NOW))


def test_a_version_is_delivered_and_on_the_record(version: Export, archive: Path) -> None:
    delivery, job = ask(version)
    waiting = now_at(delivery)
    assert (waiting.state, waiting.all_files, waiting.way) == (DeliveryState.WAITING, None, "folder")
    assert acts("export.download") == []
    assert worker.run(job)
    done = now_at(delivery)
    there = bytes_in(archive / "bread-v1")
    assert (done.state, done.problem, done.place) == (DeliveryState.DONE, None, str(archive / "bread-v1"))
    assert (done.done_files, done.all_files, done.done_bytes) == (7, 7, sum(map(len, there.values())))
    with reading() as session:
        (line,) = ledger.lines(session, "bread")
    assert (line.file, line.way, line.bytes, line.version) == ("all", "folder", done.all_bytes, 1)
    assert acts("delivery.request", "delivery.finish", "delivery.fail") == [
        (
            "delivery.request",
            {"export": str(version.id), "destination": "archive", "way": "folder", "knowingly": False},
        ),
        ("delivery.finish", {"files": 7, "bytes": done.all_bytes}),
    ]
    again, job = ask(version)
    assert worker.run(job)
    assert now_at(again).state is DeliveryState.DONE


def test_what_arrives_is_a_version_that_a_stranger_can_check(
    make: Make, project: Project, database: Database, archive: Path
) -> None:
    export: Export = make(project)  # type: ignore[assignment]
    delivery, job = ask(export)
    assert worker.run(job)
    assert now_at(delivery).state is DeliveryState.DONE
    assert verify(archive / "bread-v1", key=export.key_id).manifest_hash == export.manifest_hash


def test_what_cannot_be_delivered_is_refused_when_it_is_asked_for(version: Export, archive: Path) -> None:
    with pytest.raises(Invalid) as refused:
        ask(version, "cellar")
    (problem,) = refused.value.problems
    assert (problem.field, problem.message) == (
        "destination",
        "There is no such destination. Choose one of: archive.",
    )
    ask(version)
    with pytest.raises(Conflict, match="on its way to archive already"):
        ask(version)
    with transaction() as session:
        values = {"state": ExportState.WRITING, "folder": None}
        session.execute(update(table(Export)).values(**values))
    with pytest.raises(Conflict, match="not finished yet"):
        ask(version)


def test_a_withdrawn_version_goes_only_knowingly(version: Export, archive: Path) -> None:
    first, job = ask(version)
    withdraw(version)
    assert worker.run(job)
    ended = now_at(first)
    assert ended.state is DeliveryState.FAILED
    assert "Version 1 is withdrawn" in str(ended.problem)
    assert bytes_in(archive) == {}
    with pytest.raises(Conflict, match="withdrawn"):
        ask(version)
    second, job = ask(version, knowingly=True)
    assert worker.run(job)
    assert now_at(second).state is DeliveryState.DONE
    assert acts("export.take_withdrawn") == [("export.take_withdrawn", {"file": "all"})]


def test_a_version_withdrawn_while_it_is_sent_never_looks_whole(
    version: Export, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = folder.FolderStore.put

    def put(self: folder.FolderStore, file: object, told: object) -> None:
        real(self, file, told)  # type: ignore[arg-type]
        if file.path == "README.md":  # type: ignore[attr-defined]
            withdraw(version)

    monkeypatch.setattr(folder.FolderStore, "put", put)
    delivery, job = ask(version)
    assert worker.run(job)
    assert now_at(delivery).state is DeliveryState.FAILED
    assert not bytes_in(archive / "bread-v1").keys() & {*LAST}


def test_a_hindrance_is_told_and_tried_again(version: Export, archive: Path) -> None:
    delivery, job = ask(version)
    archive.rename(archive.with_name("away"))
    assert worker.run(job)
    held = now_at(delivery)
    assert (held.state, held.finished_at) == (DeliveryState.SENDING, None)
    assert "is not there. If it is on another disk, is that mounted?" in str(held.problem)
    assert not worker.run(job), "not before its time"
    archive.with_name("away").rename(archive)
    at_once(job)
    assert worker.run(job)
    done = now_at(delivery)
    assert (done.state, done.problem) == (DeliveryState.DONE, None)
    assert len(acts("export.download")) == 1, "one delivery is one line of the ledger, however many attempts"


def test_a_hindrance_that_stays_ends_it_with_its_words(version: Export, archive: Path) -> None:
    delivery, job = ask(version)
    archive.rmdir()
    for _ in range(worker.ATTEMPTS):
        at_once(job)
        assert worker.run(job)
    ended = now_at(delivery)
    assert ended.state is DeliveryState.FAILED
    assert str(ended.problem).startswith(f"The folder {archive} is not there.")
    assert [act for act, _ in acts("delivery.fail", "delivery.finish")] == ["delivery.fail"]


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("", "The destination archive is not set up any more"),
        ('[archive]\nkind = "hub"\nrepository = "a/b"\ntoken = { env = "T" }\n', "has become another one since"),
        ("[archive", "destinations.toml has mistakes"),
    ],
)
def test_a_destination_that_changed_meanwhile_ends_it(
    version: Export, archive: Path, database: Database, file: str, words: str
) -> None:
    delivery, job = ask(version)
    (database.home / "destinations.toml").write_text(file)
    assert worker.run(job)
    ended = now_at(delivery)
    assert ended.state is DeliveryState.FAILED
    assert words in str(ended.problem)
    assert acts("export.download") == [], "nothing left the house"


def test_a_stalled_attempt_neither_ends_nor_changes_the_newer_one(version: Export, archive: Path) -> None:
    delivery, job_id = ask(version)
    stalled = worker.take(job_id)
    assert stalled is not None
    with transaction() as session:
        session.get_one(Job, job_id).lease_until = NOW - timedelta(hours=1)
    newer = worker.take(job_id)
    assert newer is not None
    with pytest.raises(worker.Lost):
        deliver_export.run(stalled)
    assert now_at(delivery).state is DeliveryState.SENDING
    deliver_export.run(newer)
    assert now_at(delivery).state is DeliveryState.DONE
    deliver_export.run(newer)
    assert len(acts("delivery.finish")) == 1


@contextmanager
def stopping() -> Iterator[None]:
    worker.stopping.set()
    try:
        yield
    finally:
        worker.stopping.clear()


def test_a_worker_that_is_asked_to_end_puts_it_back(version: Export, archive: Path) -> None:
    delivery, job = ask(version)
    with stopping():
        assert worker.run(job)
    assert now_at(delivery).state is DeliveryState.SENDING
    at_once(job)
    assert worker.run(job)
    assert now_at(delivery).state is DeliveryState.DONE


def test_the_lease_is_kept_while_a_library_is_busy(
    version: Export, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats: list[str] = []
    monkeypatch.setattr(deliver_export, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(worker.Taken, "heartbeat", lambda self: beats.append(threading.current_thread().name))
    real = folder.FolderStore.put

    def busy(self: folder.FolderStore, file: object, told: object) -> None:
        until = time.monotonic() + 10
        while beats.count("pulse") < 2 and time.monotonic() < until:
            time.sleep(0.005)
        real(self, file, told)  # type: ignore[arg-type]

    monkeypatch.setattr(folder.FolderStore, "put", busy)
    _, job = ask(version)
    assert worker.run(job)
    assert beats.count("pulse") >= 2
    assert "pulse" not in {thread.name for thread in threading.enumerate()}


def test_a_library_that_is_not_installed_is_named(
    version: Export, archive: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    (database.home / "destinations.toml").write_text(
        '[lake]\nkind = "s3"\nbucket = "datasets"\naccess_key_id = { env = "A" }\nsecret_access_key = { env = "A" }\n'
        '[hub]\nkind = "hub"\nrepository = "a/b"\ntoken = { env = "A" }\n'
    )
    for name, package, extra in (("lake", "obstore", "s3"), ("hub", "huggingface_hub", "hub")):
        for module in [package, *(each for each in sys.modules if each.startswith(f"{package}."))]:
            monkeypatch.setitem(sys.modules, module, None)
        delivery, job = ask(version, name)
        assert worker.run(job)
        problem = str(now_at(delivery).problem)
        assert f"needs the package {package}, which is not installed here" in problem
        assert f"labeler[{extra}]" in problem
