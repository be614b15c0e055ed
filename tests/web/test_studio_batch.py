"""What came of an import: tasks and matched words, or every problem of its file; and the files that are left."""

from __future__ import annotations

import csv
import io
import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from labeler import clock
from labeler.db import reading, transaction
from labeler.jobs import outbox
from labeler.jobs.models import Job, JobState
from labeler.jobs.schedule import KEEP_FILES, remove_left_files
from labeler.projects import service
from labeler.projects.models import Project, Task
from labeler.wellbeing.models import Exposure, ExposurePath
from tests.support.database import Database
from tests.web.importing import BAD, GOOD, PATH, bakery, count, imported, lines, newest, press, row, send, work
from tests.web.pages import Desktop


@pytest.fixture
def researcher(client: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch) -> Desktop:
    return bakery(client, database, monkeypatch)


@pytest.fixture
def place(database: Database) -> Path:
    """Where files that were sent in lie."""
    return database.home / "imports"


def test_problems_of_the_first_rows_are_shown_before_the_import(researcher: Desktop) -> None:
    page = send(researcher, BAD)
    assert "3 problems in its 4 rows" in page.words
    assert "2 language The project is for en, sw; this is de." in page.words
    assert "Read all of it and list every problem" in page.words


def test_a_refused_file_lists_line_field_and_reason(researcher: Desktop) -> None:
    page = imported(researcher, BAD)
    assert "Nothing was imported" in page.words
    assert "The file has 3 problems." in page.words
    assert "2 language The project is for en, sw; this is de." in page.words
    assert count(Task) == 0
    taken = researcher.client.get(page.links["JSON Lines"]).text
    assert [json.loads(line)["line"] for line in taken.splitlines()] == [2, 3, 4]


def test_problems_are_taken_as_a_table_that_no_spreadsheet_runs(researcher: Desktop) -> None:
    page = imported(researcher, lines(row(0, categories={"=1+1": 2, "@x": 1, "W06": 2}), row(1, language="+1")))
    taken = researcher.client.get(page.links["CSV"])
    assert taken.mimetype == "text/csv"
    table = list(csv.reader(io.StringIO(taken.text.removeprefix("\ufeff"))))
    assert table[0] == ["line", "field", "message"]
    assert len(table) > 2
    assert not [cell for each in table for cell in each if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_cells_that_look_like_formulas_get_an_apostrophe(researcher: Desktop, place: Path) -> None:
    page = imported(researcher, BAD)
    (kept,) = place.glob("*.problems.jsonl")
    kept.write_text("".join(json.dumps({"line": 1, "field": f"{c}a", "message": f"{c}b"}) + "\n" for c in "=+-@\t\r"))
    table = list(
        csv.reader(io.StringIO(researcher.client.get(page.links["CSV"]).text.removeprefix("\ufeff"), newline=""))
    )
    assert [each[1:] for each in table[1:]] == [[f"'{c}a", f"'{c}b"] for c in "=+-@\t\r"]


def test_the_same_file_twice_is_told_before_and_refused(researcher: Desktop) -> None:
    imported(researcher, GOOD)
    page = send(researcher, GOOD, "other-name.jsonl")
    assert "The project has this very file already: loaves.jsonl" in page.words
    press(researcher, page, "import")
    work()
    assert "This very file is in the project already." in researcher.open(f"{PATH}/{newest().id}").words
    assert count(Task) == 5


def test_the_same_file_comes_again_when_asked_for(researcher: Desktop) -> None:
    imported(researcher, GOOD)
    page = press(researcher, send(researcher, GOOD), "read", again="yes")
    assert "very file already" not in page.words.partition("Change how it is read")[0]
    press(researcher, page, "import")
    work()
    assert count(Task) == 10


def test_an_import_belongs_to_its_project(researcher: Desktop) -> None:
    imported(researcher, BAD)
    for ending in ("", "/problems.csv", "/problems.jsonl"):
        assert researcher.open(f"/projects/rye/imports/{newest().id}{ending}").status == 404


def test_matched_words_are_listed_and_their_texts_hidden_until_asked_for(researcher: Desktop) -> None:
    page = imported(researcher, lines(row(0, prompt="My book on suicide prevention: a title, please."), row(1)))
    assert "1 rows raised by the word list" in page.words
    assert "suicide 1" in page.words
    assert "The project now declares more" in page.words
    assert "Suicide, self-harm or eating disorders: up to severity" in page.words
    assert "My book on" not in page.html
    assert count(Exposure) == 0
    form = next(form for form in page.forms if "/words" in form.action)
    assert "My book on <mark>suicide</mark> prevention" in researcher.send(form).html
    with transaction() as session:
        assert set(session.scalars(select(Exposure.path))) == {ExposurePath.PREVIEW}


def test_files_left_for_days_are_removed_and_those_still_needed_stay(researcher: Desktop, place: Path) -> None:
    imported(researcher, BAD)
    press(researcher, send(researcher, GOOD), "import")
    asked = {path.name for path in place.iterdir()}
    send(researcher, lines(row(9)), "left.jsonl")
    (place / "crashed.spool").mkdir()
    old = (clock.now() - KEEP_FILES - timedelta(hours=1)).timestamp()
    for path in place.iterdir():
        os.utime(path, (old, old))
    remove_left_files(place, clock.now())
    assert {path.name for path in place.iterdir()} == asked
    work()
    assert count(Task) == 5


def test_files_sent_in_lately_are_not_removed(researcher: Desktop, place: Path) -> None:
    send(researcher, GOOD)
    before = set(place.iterdir())
    remove_left_files(place, clock.now() + KEEP_FILES - timedelta(hours=1))
    assert set(place.iterdir()) == before


def test_a_file_that_was_not_sent_in_stays_where_it_is(researcher: Desktop, tmp_path: Path) -> None:
    own = tmp_path / "own.jsonl"
    own.write_bytes(GOOD)
    with transaction() as session:
        project = session.scalars(select(Project).where(Project.slug == "bread")).one()
        batch = service.request_import(session, project.created_by, project.id, own.name, own, {}, clock.now())
        outbox.enqueue(session, "import_batch", clock.now(), batch=str(batch.id))
    work()
    with reading() as session:
        assert session.scalars(select(Job.state)).one() is JobState.DONE
    assert (count(Task), own.exists()) == (5, True)
