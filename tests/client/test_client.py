"""The reader that researchers import: over a real connection, with servers that break off, lie and send elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from sqlalchemy import select

from labeler.client import (
    Away,
    Broken,
    Client,
    ClientError,
    ExportFailed,
    NotApproved,
    NotThere,
    OverQuota,
    Refused,
    Version,
    WaitsForApproval,
    Withdrawn,
)
from labeler.client.files import below
from labeler.clock import now
from labeler.db import transaction
from labeler.exports import approving, service
from labeler.exports.models import Approval, Export
from labeler.exports.verify import verify
from tests.api.calls import Script, run_jobs
from tests.client.serving import listening, serving
from tests.exports.build import BETTER_0, BETTER_1, TIE, add_judgment
from tests.support.build import add_labeler, add_project, add_tasks, add_user
from tests.support.database import Database

if TYPE_CHECKING:
    from flask import Flask


@pytest.fixture
def script(app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch) -> Script:
    monkeypatch.setattr(service, "SETTLE", service.SETTLE * 0)
    for name, value in database.environment.items():
        monkeypatch.setenv(name, value)
    with transaction() as session:
        project = add_project(session, slug="meadow")
        labelers = [add_labeler(session) for _ in range(3)]
        for task, answers in zip(
            add_tasks(session, project, 2), [(BETTER_0, BETTER_0, TIE), (BETTER_1,) * 3], strict=True
        ):
            for labeler, answer in zip(labelers, answers, strict=True):
                add_judgment(session, project, task, labeler, answer)
    return Script(app)


@pytest.fixture
def client(app: Flask, script: Script) -> Iterator[Client]:
    with serving(app) as url:
        yield Client(url, script.secret, tries=2, pause=0.001, timeout=20)


def made(client: Client, *views: str, **options: Any) -> Version:
    version = client.project("meadow").export(*views, **options)
    assert run_jobs() == 1
    return version.wait(every=0.01)


def test_one_line_from_a_project_to_its_rows(client: Client) -> None:
    table = made(client, "preference").load()
    assert table.num_rows == 2
    assert set(table.column_names) >= {"prompt", "chosen", "rejected", "margin"}
    assert table.to_pylist() == list(client.project("meadow").version(1).rows("preference"))


def test_a_version_without_views_has_the_usual_ones(client: Client) -> None:
    version = made(client)
    assert version.facts["views"] == ["judgments", "preference"]
    assert version.load().num_rows == 2  # the one beside the judgments
    assert version.load("judgments").num_rows == len(list(version.rows("judgments"))) == 6
    assert [each.number for each in client.project("meadow").versions()] == [1]


def test_a_folder_is_whole_and_can_be_verified(client: Client, tmp_path: Path) -> None:
    version = made(client)
    folder = version.download(tmp_path / "meadow")
    assert verify(folder, version.facts["manifest_hash"]).rows == {"judgments": 6, "preference": 2}
    assert not list(folder.rglob("*.part"))


def test_what_is_there_is_not_fetched_again_and_what_broke_off_goes_on(client: Client, tmp_path: Path) -> None:
    version = made(client, "judgments")
    folder = version.download(tmp_path / "meadow")
    lines, kept = folder / "jsonl" / "data" / "judgments.jsonl", folder / "manifest.json"
    before, whole = kept.stat().st_mtime_ns, lines.read_bytes()
    lines.unlink()
    lines.with_name(f"{lines.name}.part").write_bytes(whole[:100])
    version.download(folder)
    assert lines.read_bytes() == whole
    assert kept.stat().st_mtime_ns == before


def test_a_remainder_of_something_else_is_replaced(client: Client, tmp_path: Path) -> None:
    version = made(client, "judgments")
    folder = tmp_path / "meadow"
    folder.mkdir()
    (folder / "manifest.json.part").write_bytes(b"something else")
    version.download(folder)
    verify(folder)


def test_waiting_tells_how_far_it_is_and_ends(client: Client) -> None:
    version = client.project("meadow").export("judgments")
    told: list[tuple[int, int | None]] = []
    with pytest.raises(TimeoutError, match="It goes on"):
        version.wait(timeout=0.02, every=0.01, progress=lambda done, of: told.append((done, of)))
    assert told[0] == (0, None)
    with pytest.raises(ClientError, match="is waiting"):
        version.load()


def test_a_version_that_failed_says_why(client: Client) -> None:
    version = client.project("meadow").export("judgments")
    with transaction() as session:
        service.fail(session, session.scalars(select(Export.id)).one(), "The disk is full.", now())
    with pytest.raises(ExportFailed, match="The disk is full"):
        version.wait()


def test_what_is_not_there_is_said_in_the_servers_words(client: Client) -> None:
    with pytest.raises(NotThere, match="There is no project at nowhere") as missing:
        client.project("nowhere").version(1)
    assert missing.value.status == 404
    with pytest.raises(ClientError, match="There is no view nonsense here") as wrong:
        client.project("meadow").export("nonsense")
    assert wrong.value.status == 422 and len(wrong.value.problems) == 1
    version = made(client)
    with pytest.raises(NotThere, match=r"no view arena.*judgments, preference"):
        version.load("arena")
    with pytest.raises(NotThere, match="no test split"):
        version.load("preference", split="test")
    assert version.load("preference", split="train").num_rows == 2


def test_what_should_not_be_used_is_taken_knowingly_or_not_at_all(client: Client, tmp_path: Path) -> None:
    version = made(client, "judgments")
    with transaction() as session:
        export = session.scalars(select(Export)).one()
        export.withdrawn_since = now()
    version.refresh()
    with pytest.raises(Withdrawn, match=r"is withdrawn since .* Make a new export") as gone:
        version.load()
    assert gone.value.status == 409
    assert version.load(withdrawn="take").num_rows == len(list(version.rows(withdrawn="take"))) == 6
    assert verify(version.download(tmp_path / "old", withdrawn="take"))
    with pytest.raises(ValueError, match="refuse"):
        version.load(withdrawn="yes")  # type: ignore[arg-type]


def test_what_a_second_person_has_not_approved_is_not_given(client: Client, tmp_path: Path) -> None:
    version = made(client, "judgments")
    with transaction() as session:
        session.scalars(select(Export)).one().approval = Approval.WAITING
    with pytest.raises(WaitsForApproval, match="waits for a second person"):
        version.load(withdrawn="take")
    with transaction() as session:
        approving.refuse(session, add_user(session).id, session.scalars(select(Export.id)).one(), "Mixed up.", now())
    with pytest.raises(NotApproved, match=r"Mixed up\."):
        version.download(tmp_path / "refused")
    assert not list((tmp_path / "refused").rglob("*.parquet"))


def test_a_key_that_opens_nothing_is_refused_at_once(client: Client) -> None:
    with pytest.raises(Refused) as refused:
        Client(client.url, "lbl_nothing", tries=5, pause=60).project("meadow").version(1)
    assert refused.value.status == 401


def test_a_server_that_is_away_is_asked_again_and_then_told_of() -> None:
    with pytest.raises(Away, match="could not be reached, 3 times"):
        Client("http://127.0.0.1:9", "lbl_k", tries=3, pause=0.001).project("meadow").version(1)


@pytest.mark.parametrize("url", ["ftp://a.example", "labels.example", "https://", "https://me:pw@labels.example"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="not the address of a server"):
        Client(url, "lbl_k")


def test_a_key_is_not_sent_in_the_clear_unless_one_says_so() -> None:
    with pytest.raises(ValueError, match="unencrypted"):
        Client("http://labels.example", "lbl_k")
    assert Client("http://labels.example", "lbl_k", in_the_clear=True).url == "http://labels.example"


@pytest.mark.parametrize("key", ["", "lbl_k\r\nX-Evil: 1", "schlüssel"])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="no API key"):
        Client("https://labels.example", key)


def test_the_key_is_in_no_text_about_a_client() -> None:
    assert "lbl_secret" not in repr(Client("https://labels.example", "lbl_secret"))


@pytest.mark.parametrize("path", ["../a", "/etc/passwd", "a/../b", "a\\b", "C:x", "", "a//b", "./a"])
def test_a_file_never_lies_outside_of_its_folder(path: str, tmp_path: Path) -> None:
    with pytest.raises(Broken):
        below(tmp_path, path)


class Odd(BaseHTTPRequestHandler):
    """A server that does what `turns` says, one turn a request, and remembers what it was asked."""

    turns: ClassVar[list[Any]] = []
    asked: ClassVar[list[tuple[str, dict[str, str]]]] = []

    def do_GET(self) -> None:
        Odd.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        status, headers, body, length = (*Odd.turns.pop(0), None)[:4]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def odd() -> Iterator[Client]:
    Odd.turns, Odd.asked = [], []
    with listening(ThreadingHTTPServer(("127.0.0.1", 0), Odd)) as url:
        yield Client(url, "lbl_k", tries=3, pause=0.001, timeout=5)


FACTS = {"number": 1, "state": "done", "views": ["judgments"], "done_rows": 1, "all_rows": 1, "problem": None}


def version_of(client: Client, content: bytes, sha256: str | None = None, url: str = "/file") -> Version:
    file = {"path": "jsonl/data/judgments.jsonl", "bytes": len(content), "sha256": sha256, "url": url}
    return Version(client.project("p"), {**FACTS, "files": [file]})


def test_a_busy_server_is_asked_again_with_the_same_name_for_the_write(odd: Client) -> None:
    busy = (503, {"Retry-After": "0"}, b"{}")
    Odd.turns[:] = [busy, busy, (202, {}, json.dumps({**FACTS, "files": []}).encode())]
    odd.project("p").export()
    assert len({headers["idempotency-key"] for _, headers in Odd.asked}) == 1


def test_a_limit_that_is_reached_is_told_at_once(odd: Client) -> None:
    told = {"type": "urn:labeler:problem:over-quota", "detail": "20 of 20 versions today. Room again tomorrow."}
    Odd.turns[:] = [(429, {"Retry-After": "40000"}, json.dumps(told).encode())]
    with pytest.raises(OverQuota, match="Room again tomorrow") as reached:
        odd.project("p").export()
    assert reached.value.retry_after == 40_000 and len(Odd.asked) == 1


def test_rows_go_on_where_the_connection_broke(odd: Client) -> None:
    content = b'{"a":1}\n{"a":2}\n{"a":3}\n'
    Odd.turns[:] = [(200, {}, content[:11], len(content)), (206, {}, content[11:])]
    assert [row["a"] for row in version_of(odd, content).rows()] == [1, 2, 3]
    assert Odd.asked[1][1]["range"] == "bytes=11-"


def test_rows_that_are_not_those_of_the_version_are_not_passed_over(odd: Client) -> None:
    content = b'{"a":1}\n'
    Odd.turns[:] = [(200, {}, content)]
    rows = version_of(odd, content, sha256="0" * 64).rows()
    assert next(rows) == {"a": 1}
    with pytest.raises(Broken, match="did not arrive as it was made"):
        next(rows)


def test_a_file_that_is_another_one_is_never_kept(odd: Client, tmp_path: Path) -> None:
    content = b'{"a":1}\n'
    Odd.turns[:] = [(200, {}, content), (200, {}, content)]
    with pytest.raises(Broken):
        version_of(odd, content, sha256="0" * 64).download(tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_the_key_goes_nowhere_else(odd: Client, tmp_path: Path) -> None:
    with pytest.raises(ClientError, match="named an address elsewhere"):
        version_of(odd, b"x", url="https://elsewhere.example/file").download(tmp_path)
    Odd.turns[:] = [(302, {"Location": "/somewhere"}, b"")]
    with pytest.raises(ClientError, match="302"):
        odd.project("p").version(1)
    assert len(Odd.asked) == 1


def test_nothing_else_of_the_product_is_imported() -> None:
    code = (
        "import sys, labeler.client; heavy = ('labeler', 'flask', 'sqlalchemy', 'tasks', 'pyarrow'); "
        "print(sorted(name for name in sys.modules if name.startswith(heavy)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ours = ["labeler", "labeler.client", "labeler.client.files", "labeler.client.reader", "labeler.client.wire"]
    assert ran.stdout.strip() == repr(ours)


def test_a_version_can_take_in_other_projects(client: Client) -> None:
    with transaction() as session:
        lake = add_project(session, slug="lake")
        add_judgment(session, lake, add_tasks(session, lake, 1)[0], add_labeler(session), BETTER_0)
    version = made(client, "judgments", also=["lake"])
    assert sorted({row["project"] for row in version.rows("judgments")}) == ["lake", "meadow"]
