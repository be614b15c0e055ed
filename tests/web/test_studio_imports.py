"""Importing in the browser: sent, looked at, imported whole or refused with every problem."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from labeler.accounts.permissions import Role
from labeler.db import transaction
from labeler.jobs.models import Job
from labeler.projects.models import Batch, ImportState, Project, Task
from labeler.projects.rules import ProjectState
from labeler.wellbeing.models import Exposure, ExposurePath
from tests.support.build import add_user, sign_in
from tests.support.database import Database
from tests.web.importing import BAD, GOOD, PATH, bakery, count, imported, lines, newest, press, row, send, work
from tests.web.pages import Desktop, Page


@pytest.fixture
def researcher(client: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch) -> Desktop:
    return bakery(client, database, monkeypatch)


@pytest.fixture
def place(database: Database) -> Path:
    """Where files that were sent in lie."""
    return database.home / "imports"


def test_a_file_is_looked_at_before_anything_is_imported(researcher: Desktop) -> None:
    page = send(researcher, gzip.compress(GOOD), "loaves.jsonl.gz")
    assert "Before loaves.jsonl.gz is imported" in page.words
    assert "all 5 rows, which make 5 tasks" in page.words
    assert "prompt" in page.words
    assert "How long do I bake loaf 0?" in page.words
    assert (count(Batch), count(Task)) == (0, 0)
    assert "loaves.jsonl.gz" in researcher.open(PATH).words


def test_import_all_runs_the_job_and_says_what_it_brought(researcher: Desktop, place: Path) -> None:
    page = press(researcher, send(researcher, GOOD), "import")
    assert "Waiting for a worker." in page.words
    assert 'hx-trigger="every 2s"' in page.html
    assert page.links["Look again"] == f"{PATH}/{newest().id}"
    work()
    page = researcher.open(f"{PATH}/{newest().id}")
    assert "5 tasks imported 5 rows read" in page.words
    assert count(Task) == 5
    assert list(place.iterdir()) == []
    assert "loaves.jsonl imported 5 5" in researcher.open(PATH).words
    assert "Rita Researcher" in researcher.open(PATH).words


def test_while_it_is_read_its_page_says_how_far_it_is(researcher: Desktop) -> None:
    press(researcher, send(researcher, GOOD), "import")
    with transaction() as session:
        batch = session.scalars(select(Batch)).one()
        batch.state, batch.report = ImportState.READING, {"bytes_done": 30, "bytes_all": 120}
    assert "Being read: 25 % of the file." in researcher.open(f"{PATH}/{newest().id}").words


def test_a_form_without_a_file_keeps_its_settings(researcher: Desktop) -> None:
    page = send(researcher, b"", content="some", level__W06="1", language="sw", again="yes")
    assert page.status == 422
    assert "Choose a file that is not empty." in page.words
    form = page.form(PATH)
    assert (form.one("content"), form.one("level.W06"), form.one("language")) == ("some", "1", "sw")
    assert ("again", "yes") in form.values


def test_a_form_with_nothing_in_it_is_asked_for_a_file(researcher: Desktop) -> None:
    token = researcher.open(f"{PATH}/new").form(PATH).one("csrf_token")
    sent = researcher.client.post(PATH, data={"csrf_token": token}, content_type="multipart/form-data")
    assert (sent.status_code, "Choose a file that is not empty." in sent.text) == (422, True)


def test_a_form_without_its_token_stores_nothing(researcher: Desktop, place: Path) -> None:
    refused = researcher.client.post(PATH, data={"file": (io.BytesIO(GOOD), "a.jsonl")})
    assert refused.status_code == 400
    assert list(place.iterdir()) == []


def test_a_file_much_larger_than_a_form_arrives_whole(researcher: Desktop) -> None:
    content = lines(*(row(n, note="\r\n--" * 200) for n in range(3000)))
    page = send(researcher, content)
    assert f"{len(content):,} bytes" in page.words
    assert "the first 200 rows" in page.words


def test_htmx_is_told_where_to_go_next(researcher: Desktop) -> None:
    form = researcher.open(f"{PATH}/new").form(PATH)
    data = form.filled(file=(io.BytesIO(GOOD), "a.jsonl"))
    reply = researcher.client.post(PATH, data=data, headers={"HX-Request": "true"})
    assert reply.headers["HX-Redirect"].startswith(f"{PATH}/waiting/")


def test_a_wrong_file_is_said_to_be_one(researcher: Desktop) -> None:
    page = send(researcher, b"name,size\nloaf,3\n", "list.csv")
    assert "The file can't be read" in page.words
    assert "The shape of this file is not known." in page.words
    assert not any(button[1] == "import" for form in page.forms for button in form.buttons)


def test_the_shape_can_be_chosen(researcher: Desktop) -> None:
    page = press(researcher, send(researcher, GOOD), "read", shape="hh")
    assert "as you chose" in page.words
    assert "The file would be refused" in page.words
    assert "told by its columns" in press(researcher, page, "read", shape="").words


def test_a_sensitive_row_is_hidden_until_it_is_asked_for(researcher: Desktop) -> None:
    hard = lines(row(0, prompt="[placeholder: hate and slurs]", categories={"W06": 2}), row(1))
    page = send(researcher, hard)
    assert "[placeholder: hate and slurs]" not in page.html
    assert "Before you open this task" in page.words and "hate and slurs (disturbing)" in page.words
    assert "How long do I bake loaf 1?" in page.words
    assert count(Exposure) == 0
    assert "[placeholder: hate and slurs]" in press_show(researcher, page).html
    with transaction() as session:
        (seen,) = session.scalars(select(Exposure)).all()
    assert (seen.path, seen.profile, seen.severity, seen.seconds) == (ExposurePath.PREVIEW, "W06:2", 2, 60)


def press_show(researcher: Desktop, page: Page) -> Page:
    """Ask for the text of the first row."""
    form = next(form for form in page.forms if "/show" in form.action)
    return researcher.send(form, show="0")


def test_rows_that_say_nothing_count_as_the_hardest_that_is_declared(researcher: Desktop) -> None:
    unsaid = lines({key: value for key, value in row(0).items() if key != "categories"})
    page = send(researcher, unsaid)
    assert "hate and slurs (disturbing)" in page.words
    assert "How long do I bake" not in page.html
    assert "How long do I bake loaf 0?" in press(researcher, page, "read", content="none").words


def test_import_pressed_twice_imports_once(researcher: Desktop) -> None:
    page = send(researcher, GOOD)
    first, second = press(researcher, page, "import"), press(researcher, page, "import")
    assert first.words == second.words
    assert (count(Batch), count(Job)) == (1, 1)


def test_a_file_can_be_thrown_away(researcher: Desktop, place: Path) -> None:
    page = send(researcher, GOOD)
    assert "Thrown away." in press(researcher, page, "discard").words
    assert list(place.iterdir()) == []
    assert press(researcher, page, "import").status == 404


def test_a_waiting_file_belongs_to_its_project(researcher: Desktop) -> None:
    page = send(researcher, GOOD)
    form = next(each for each in page.forms if "/waiting/" in each.action)
    elsewhere = form.action.replace("/bread/", "/rye/")
    assert researcher.open(elsewhere).status == 404
    form.action = elsewhere
    assert researcher.send(form, do="import").status == 404
    assert researcher.open(f"{PATH}/waiting/..%2f..%2flabeler.db").status == 404
    assert count(Batch) == 0


def test_a_closed_project_takes_no_file(researcher: Desktop, place: Path) -> None:
    form = researcher.open(f"{PATH}/new").form(PATH)
    with transaction() as session:
        session.scalars(select(Project).where(Project.slug == "bread")).one().state = ProjectState.CLOSED
    assert researcher.open(f"{PATH}/new").status == 409
    assert researcher.send(form, file=(io.BytesIO(GOOD), "a.jsonl")).status == 409
    assert not place.exists()


def test_an_admin_sees_imports_and_sends_none(researcher: Desktop) -> None:
    imported(researcher, GOOD)
    send(researcher, BAD, "waiting.jsonl")
    with transaction() as session:
        admin = add_user(session, Role.ADMIN)
    sign_in(researcher.client, admin)
    page = researcher.open(PATH)
    assert "loaves.jsonl imported" in page.words
    assert "waiting.jsonl" not in page.words
    assert researcher.open(f"{PATH}/{newest().id}").status == 200
    assert researcher.open(f"{PATH}/new").status == 403
