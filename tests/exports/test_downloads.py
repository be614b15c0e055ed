"""Downloads of whole versions and of files: in parts, tagged, and on the record only when bytes are taken."""

from __future__ import annotations

import csv
import hashlib
import io
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from labeler.accounts.models import User
from labeler.accounts.permissions import Role
from labeler.audit.models import AuditEntry
from labeler.db import reading, transaction
from labeler.exports.archive import Archive
from labeler.exports.ledger import Taken, as_csv
from labeler.exports.models import Export
from labeler.projects.models import Project
from tests.support.build import add_user, sign_in

AT = datetime(2026, 3, 1, tzinfo=UTC)
TAR = "/projects/bread/exports/1/export.tar"
SUMS = "/projects/bread/exports/1/files/SHA256SUMS"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {"README.md": b"words\n", "data/a.parquet": b"x" * 1024, "data/b.jsonl": bytes(range(256)) * 9, "none": b""}
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    return tmp_path


def whole(made: Archive) -> bytes:
    return b"".join(iter(lambda: made.read(700), b""))


def test_a_tar_has_the_size_it_says_and_every_file(folder: Path) -> None:
    with Archive(folder, "bread-v1", AT) as made:
        content = whole(made)
        assert (len(content), made.size % tarfile.RECORDSIZE) == (made.size, 0)
    with tarfile.open(fileobj=io.BytesIO(content)) as taken:
        names = sorted(each.name for each in taken)
        inside = taken.extractfile("bread-v1/data/b.jsonl")
        assert inside is not None
        assert inside.read() == bytes(range(256)) * 9
    assert names == ["bread-v1/README.md", "bread-v1/data/a.parquet", "bread-v1/data/b.jsonl", "bread-v1/none"]


def test_a_tar_read_from_any_byte_is_the_rest_of_it(folder: Path) -> None:
    with Archive(folder, "bread-v1", AT) as made:
        content = whole(made)
        for start in (0, 1, 511, 512, 513, 1030, 1536, 2048, 4000, made.size - 1, made.size, made.size + 5):
            made.seek(start)
            assert whole(made) == content[start:]


def test_the_tag_of_a_tar_is_another_one_when_a_byte_is(folder: Path) -> None:
    tags = [Archive(folder, "bread-v1", AT).tag, Archive(folder, "bread-v1", AT).tag, Archive(folder, "b", AT).tag]
    (folder / "README.md").write_bytes(b"sword\n")
    tags.append(Archive(folder, "bread-v1", AT).tag)
    assert tags[0] == tags[1]
    assert len(set(tags)) == 3


def test_a_file_that_shrinks_while_it_is_sent_breaks_the_download(folder: Path) -> None:
    with Archive(folder, "bread-v1", AT) as made:
        (folder / "data/b.jsonl").write_bytes(b"")
        with pytest.raises(OSError, match="has become shorter"):
            whole(made)


@pytest.fixture
def researcher(project: Project, make: Callable[..., Export], client: FlaskClient) -> FlaskClient:
    make(project)
    with transaction() as session:
        user = add_user(session, Role.RESEARCHER)
    sign_in(client, user)
    return client


def taken() -> int:
    with reading() as session:
        entries = select(func.count()).where(AuditEntry.act == "export.download")
        return session.scalars(entries).one()


@pytest.mark.parametrize("url", [TAR, SUMS])
def test_a_broken_download_goes_on_where_it_broke_off(researcher: FlaskClient, url: str) -> None:
    with researcher.get(url) as first:
        content, tag = first.data, first.headers["ETag"]
        assert first.headers["Accept-Ranges"] == "bytes"
        assert first.headers["Content-Length"] == str(len(content))
    half = len(content) // 2
    with researcher.get(url, headers={"Range": f"bytes={half}-", "If-Range": tag}) as rest:
        assert (rest.status_code, rest.data) == (206, content[half:])
        assert rest.headers["Content-Range"] == f"bytes {half}-{len(content) - 1}/{len(content)}"
    with researcher.get(url, headers={"Range": "bytes=-7"}) as end:
        assert (end.status_code, end.data) == (206, content[-7:])
    for headers in (
        {"Range": f"bytes={half}-", "If-Range": '"another"'},
        {"Range": "bytes=0-1,4-5"},
        {"Range": "rows=0-1"},
    ):
        with researcher.get(url, headers=headers) as again:
            assert (again.status_code, again.data) == (200, content)
    with researcher.get(url, headers={"Range": f"bytes={len(content)}-"}) as past:
        assert past.status_code == 416
    with researcher.get(url, headers={"If-None-Match": tag}) as same:
        assert (same.status_code, same.data) == (304, b"")


@pytest.mark.parametrize("url", [TAR, SUMS])
def test_asking_for_the_size_takes_nothing(researcher: FlaskClient, url: str) -> None:
    with researcher.head(url, headers={"Range": "bytes=0-1"}) as asked:
        assert (asked.status_code, asked.data, taken()) == (200, b"", 0)
    with researcher.get(url) as sent:
        assert asked.headers["ETag"] == sent.headers["ETag"]
        assert asked.headers["Content-Length"] == str(len(sent.data))
    assert taken() == 1


def test_the_tag_of_a_file_is_its_sha256(researcher: FlaskClient) -> None:
    for file in ("SHA256SUMS", "manifest.json", "README.md"):
        with researcher.get(f"/projects/bread/exports/1/files/{file}") as sent:
            assert sent.headers["ETag"] == f'"{hashlib.sha256(sent.data).hexdigest()}"'


def test_the_ledger_says_who_took_what_and_how_much(researcher: FlaskClient) -> None:
    with researcher.get(TAR) as sent:
        size = len(sent.data)
    with researcher.get(SUMS, headers={"Range": "bytes=0-9"}) as part:
        assert part.status_code == 206
    with reading() as session:
        who = session.scalars(select(User.name).where(User.role == Role.RESEARCHER).order_by(User.id.desc())).first()
    found = list(csv.DictReader(io.StringIO(researcher.get("/exports/ledger.csv?project=bread").text)))
    assert [(line["file"], line["way"], line["bytes"]) for line in found] == [
        ("SHA256SUMS", "page", "10"),
        ("all", "page", str(size)),
    ]
    assert {(line["project"], line["version"], line["who"]) for line in found} == {("bread", "1", who)}
    assert f"{size:,}" in researcher.get("/exports/ledger").text
    assert "Nobody has taken anything yet." in researcher.get("/exports/ledger?project=other").text
    for role, status in ((Role.AUDITOR, 200), (Role.ADMIN, 200), (Role.VENDOR_MANAGER, 403), (Role.LABELER, 403)):
        with transaction() as session:
            user = add_user(session, role)
        sign_in(researcher, user)
        for path in ("/exports/ledger", "/exports/ledger.csv"):
            assert researcher.get(path).status_code == status, (role, path)


def test_no_cell_of_the_ledger_is_a_formula() -> None:
    assert "\r\n2026-03-01T00:00:00+00:00,bread,1,'=1+1,all,," in as_csv(
        [Taken(AT, "bread", 1, "=1+1", "all", None, None)]
    )
