"""`kill -9` between two files and in one: after a restart all is there, the same bytes, and nothing half was seen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import obstore
import pytest
from sqlalchemy import update

from labeler.config import ROOT
from labeler.db import table, transaction
from labeler.exports.delivery import s3 as buckets
from labeler.exports.delivery.files import LAST
from labeler.exports.delivery.models import DeliveryState
from labeler.exports.models import Export
from labeler.jobs import worker
from labeler.jobs.models import Job
from tests.exports.delivery import dying
from tests.exports.delivery.conftest import CONTENT, S3Server, bytes_in, write_version
from tests.exports.delivery.hub_server import TOKEN, Hub, serving
from tests.exports.delivery.test_buckets import lying, place_at
from tests.exports.delivery.test_service import acts, ask, now_at
from tests.support.build import NOW
from tests.support.database import Database

LARGE = "jsonl/data/large.jsonl"
Begin = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def large(version: Export, database: Database) -> dict[str, bytes]:
    """The version has a file of 11 MB; all of its files."""
    root = database.home / "exports" / "one"
    hashed = write_version(root, {**CONTENT, LARGE: b"0123456789abcdef" * (11 << 16)})
    with transaction() as session:
        session.execute(update(table(Export)).where(Export.id == version.id).values(manifest_hash=hashed))
    return bytes_in(root)


@pytest.fixture
def begin(database: Database) -> Begin:
    """A worker of its own process at one job, killed at a place."""

    def begun(job_id: UUID, where: str, **variables: str) -> subprocess.Popen[bytes]:
        argv = [sys.executable, "-m", "tests.exports.delivery.dying", str(job_id), where]
        return subprocess.Popen(argv, cwd=ROOT, env={**os.environ, **database.environment, **variables})

    return begun


def killed(process: subprocess.Popen[bytes]) -> None:
    with suppress(subprocess.TimeoutExpired):
        process.wait(60)
    process.kill()
    assert process.wait() == -signal.SIGKILL


def go_on(job_id: UUID, delivery: UUID) -> None:
    """The killed worker's lease runs out, and another one comes."""
    assert now_at(delivery).state is DeliveryState.SENDING
    with transaction() as session:
        session.get_one(Job, job_id).lease_until = NOW
    assert worker.run(job_id)
    done = now_at(delivery)
    assert (done.state, done.problem) == (DeliveryState.DONE, None)
    assert len(acts("delivery.finish")) == len(acts("export.download")) == 1


@pytest.mark.parametrize("where", ["between", "within", pytest.param("before the last", marks=pytest.mark.slow)])
def test_a_folder(archive: Path, version: Export, large: dict[str, bytes], begin: Begin, where: str) -> None:
    delivery, job = ask(version)
    killed(begin(job, where))
    root = archive / "bread-v1"
    there = bytes_in(root)
    half = {path for path in there if path.endswith(".part")}
    assert len(half) == (1 if where == "within" else 0), "under a name of its own"
    assert all(there[path] == large[path] for path in there.keys() - half)
    assert "attestation.dsse.json" not in there
    if where != "before the last":
        assert not there.keys() & {*LAST}
    kept = {path: (root / path).stat().st_ino for path in there.keys() - half}
    go_on(job, delivery)
    assert bytes_in(root) == large
    assert {path: (root / path).stat().st_ino for path in kept} == kept, "what was whole was not written again"


@pytest.mark.parametrize("where", [pytest.param("between", marks=pytest.mark.slow), "within"])
def test_a_bucket(
    s3: S3Server, database: Database, version: Export, large: dict[str, bytes], begin: Begin, where: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(buckets, "PART", dying.PART)
    for name in ("BREAD_ID", "BREAD_SECRET"):
        monkeypatch.setenv(name, "of the lab")
    (database.home / "destinations.toml").write_text(
        f'[archive]\nkind = "s3"\nbucket = "datasets"\nprefix = "sets"\nendpoint = "{s3.url}"\nallow_http = true\n'
        'access_key_id = { env = "BREAD_ID" }\nsecret_access_key = { env = "BREAD_SECRET" }\n'
    )
    delivery, job = ask(version)
    killed(begin(job, where))
    place = place_at(s3.url)
    there = {path.removeprefix("sets/bread-v1/"): data for path, data in lying(place).items()}
    assert there
    assert there == {path: large[path] for path in there}
    assert not there.keys() & {LARGE, *LAST}
    store = buckets._opened(place)
    dated = {each["path"]: each["last_modified"] for some in obstore.list(store) for each in some}
    go_on(job, delivery)
    assert {path.removeprefix("sets/bread-v1/"): data for path, data in lying(place).items()} == large
    now = {each["path"]: each["last_modified"] for some in obstore.list(store) for each in some}
    assert dated.items() <= now.items(), "what was whole was not sent again"


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
def test_a_repository(database: Database, version: Export, begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub.constants
    from huggingface_hub.utils import close_session

    root = database.home / "exports" / "one"
    hashed = write_version(root, {**CONTENT, "data/a.parquet": b"a" * (5 << 20), "data/b.parquet": b"b" * (5 << 20)})
    with transaction() as session:
        session.execute(update(table(Export)).where(Export.id == version.id).values(manifest_hash=hashed))
    monkeypatch.setenv("LAB_TOKEN", TOKEN)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)
    with serving(Hub()) as hub:
        # where the Hub is follows from HF_ENDPOINT here, as with every program that speaks to it
        (database.home / "destinations.toml").write_text(
            '[archive]\nkind = "hub"\nrepository = "lab/bread"\ntoken = { env = "LAB_TOKEN" }\n'
        )
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", hub.url)
        delivery, job = ask(version)
        processes: list[subprocess.Popen[bytes]] = []

        def kill_in_the_second(method: str, path: str) -> None:
            if path.startswith("/lfs/") and hub.uploads:
                processes[0].kill()

        hub.before = kill_in_the_second
        processes.append(begin(job, "", HF_ENDPOINT=hub.url, HF_HUB_DISABLE_XET="1"))
        killed(processes[0])
        assert hub.files == {}
        hub.before = lambda method, path: None
        uploaded = set(hub.uploads)
        go_on(job, delivery)
        assert {path.removeprefix("bread-v1/"): data for path, data in hub.files.items()} == bytes_in(root)
        assert sorted(hub.uploads) == sorted({*hub.uploads}), "nothing was uploaded twice"
        assert uploaded
    close_session()
