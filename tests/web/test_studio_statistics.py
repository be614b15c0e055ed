"""The statistics of a project as a researcher reads them, and the way from a figure to the readings behind it."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Role
from labeler.db import reading, transaction
from labeler.jobs.pay import settle_all
from labeler.pay.settling import waiting_for
from labeler.projects.models import Project, Task
from labeler.wellbeing.models import Exposure, ExposurePath
from tests.exports.build import BETTER_0, BETTER_1, TIE, add_judgment
from tests.support.build import add_labeler, add_project, add_tasks, add_user, sign_in
from tests.web.pages import Desktop, Page

PATH = "/projects/bread/statistics"
COMMENT = "B leaves the oven out."


@pytest.fixture
def researcher(client: FlaskClient) -> Desktop:
    with transaction() as session:
        user = add_user(session, Role.RESEARCHER)
    sign_in(client, user)
    return Desktop(client)


def build(make: Callable[[Session, Project], Any], **fields: Any) -> UUID:
    """A project that is filled by `make`; what has ended in it is settled."""
    with transaction() as session:
        project = add_project(session, slug="bread", name="Bread", **fields)
        make(session, project)
    with reading() as session:
        waiting = waiting_for(session, project.id)
    for labeler_id in waiting:
        settle_all(labeler_id)
    return project.id


def disputed(session: Session, project: Project) -> None:
    """Three people: one item on which they agree, one on which they don't."""
    labelers = [add_labeler(session, name=f"Lena {n} of the lake") for n in range(3)]
    clear, torn = add_tasks(session, project, 2)
    for labeler in labelers:
        add_judgment(session, project, clear, labeler, BETTER_0)
    answers = [BETTER_0, {**BETTER_1, "comment": COMMENT}, TIE]
    for labeler, answer in zip(labelers, answers, strict=True):
        add_judgment(session, project, torn, labeler, answer)


def crowd(session: Session, project: Project) -> None:
    """Twelve people who answered two batches of three, and disagree more and more."""
    labelers = [add_labeler(session) for _ in range(12)]
    for _ in range(2):
        for number, task in enumerate(add_tasks(session, project, 3)):
            for place, labeler in enumerate(labelers):
                add_judgment(session, project, task, labeler, BETTER_0 if place >= 3 * number else BETTER_1)


def item(page: Page) -> str:
    """The address of the first disputed item."""
    return next(path for path in page.links.values() if "/statistics/items/" in path)


def test_it_is_one_of_the_pages_of_a_project(researcher: Desktop) -> None:
    build(disputed)
    assert researcher.open("/projects/bread").links["Statistics"] == PATH
    page = researcher.open(PATH)
    assert (page.status, "Statistics of Bread" in page.words) == (200, True)
    assert 'aria-current="page">Statistics' in page.html


def test_a_project_without_answers_says_so(researcher: Desktop) -> None:
    build(lambda session, project: add_tasks(session, project, 2))
    page = researcher.open(PATH)
    assert "There is nothing to count yet." in page.words
    assert "<svg" not in page.html.split("<main", 1)[1]


def test_answers_that_nobody_can_compare_yet_are_counted(researcher: Desktop) -> None:
    def one_each(session: Session, project: Project) -> None:
        for task in add_tasks(session, project, 2):
            add_judgment(session, project, task, add_labeler(session), BETTER_0)

    build(one_each)
    page = researcher.open(PATH)
    assert "No item has two opinions yet." in page.words
    assert "2 of 6 judgments that count" in page.words


def test_agreement_is_drawn_and_told_in_a_table_with_its_intervals(researcher: Desktop) -> None:
    build(crowd, overlap=12)
    page = researcher.open(PATH)
    found = re.search(r"Which answer is better Alpha, same or not (\S+) (\S+) – (\S+) 6", page.words)
    assert found is not None
    value, low, high = (float(each.replace("−", "-")) for each in found.groups())
    assert low <= value <= high
    assert "AC1" in page.words and "Pairs that agree" in page.words
    label = re.findall(r'aria-label="(Agreement: [^"]+)"', page.html)[0]
    assert label.startswith(f"Agreement: Alpha, same or not {found.group(1)}, AC1 ")
    assert "What these figures are" in page.words


def test_another_measure_is_chosen_by_a_link(researcher: Desktop) -> None:
    build(crowd, overlap=12)
    page = researcher.open(researcher.open(PATH).links["Which is better, and by how much"])
    assert re.search(
        r'aria-label="Agreement: Alpha, same or not [^"]*Alpha, by order [^"]*Alpha, by distance', page.html
    )
    assert researcher.open(f"{PATH}?measure=beauty").status == 404


def test_habits_are_told_with_their_intervals(researcher: Desktop) -> None:
    build(crowd, overlap=12)
    page = researcher.open(PATH)
    assert "Preferred: the one shown first" in page.words
    assert "Preferred: the longer one" in page.words
    assert re.search(r"the longer one 54 75.0 % 63.9 % – 83.6 %", page.words)


def test_time_is_told_in_buckets_of_all_and_not_of_few(researcher: Desktop) -> None:
    build(crowd, overlap=12)
    page = researcher.open(PATH)
    assert "50 in 100 are done within 60 s" in page.words
    assert "45 – 60 s 72 60 – 90 s 0 90 – 120 s 0 2 – 3 min 0" in page.words


def test_time_of_few_people_is_not_told(researcher: Desktop) -> None:
    build(disputed)
    page = researcher.open(PATH)
    assert "Not shown: fewer than 10 people stand behind it" in page.words
    assert "are done within" not in page.words


def test_groups_of_few_people_are_not_told(researcher: Desktop) -> None:
    def two(session: Session, project: Project) -> None:
        crowd(session, project)
        for task in add_tasks(session, project, 2, language="sw"):
            add_judgment(session, project, task, add_labeler(session), BETTER_0)

    build(two, overlap=12)
    page = researcher.open(PATH)
    assert "sw not shown: too few people" in page.words
    assert "en not shown: too few people" in page.words, "else what is left over would tell of the other"


def test_groups_of_enough_people_are_told_with_intervals(researcher: Desktop) -> None:
    build(crowd, overlap=12)
    page = researcher.open(PATH)
    assert re.search(r"batch-\d+\.jsonl 36 0\.\d\d", page.words)
    assert "By language" not in page.words, "there is one only"


def test_no_name_and_no_made_up_name_of_a_person_is_among_the_figures(researcher: Desktop) -> None:
    build(disputed)
    page = researcher.open(PATH)
    assert "Lena" not in page.html
    assert not re.search(r"labeler [0-9a-f]{8}", page.html)


def test_a_figure_leads_to_the_readings_side_by_side_under_made_up_names(researcher: Desktop) -> None:
    build(disputed)
    page = researcher.open(PATH)
    assert "1 × A is better, 1 × B is better, 1 × about the same" in page.words
    one = researcher.open(item(page))
    assert "One item, 3 readings" in one.words
    names = set(re.findall(r"labeler [0-9a-f]{8}", one.words))
    assert len(names) == 3
    assert "Lena" not in one.html
    assert COMMENT in one.words
    assert "Which answer is better about the same" in one.words
    reviewed = researcher.open(next(path for path in one.links.values() if "/review/" in path))
    assert names & set(re.findall(r"labeler [0-9a-f]{8}", reviewed.words)), "the same name as on the review's pages"


def test_the_text_stands_in_the_order_of_its_file_and_can_not_be_answered(researcher: Desktop) -> None:
    build(disputed)
    page = researcher.open(item(researcher.open(PATH)))
    assert page.html.index("(1a)") < page.html.index("(1b)")
    assert "checked" not in page.html.split('id="answer"', 1)[1].split("</form>", 1)[0]


def test_a_sensitive_text_stays_hidden_until_it_is_asked_for_which_is_written_down(researcher: Desktop) -> None:
    def hard(session: Session, project: Project) -> None:
        labelers = [add_labeler(session) for _ in range(2)]
        (task,) = add_tasks(session, project, 1, profile={"W05": 2})
        add_judgment(session, project, task, labelers[0], {**BETTER_1, "comment": COMMENT})
        add_judgment(session, project, task, labelers[1], BETTER_0)

    build(hard, categories={"W05": 2})
    where = item(researcher.open(PATH))
    page = researcher.open(where)
    assert "[placeholder" not in page.html
    assert COMMENT not in page.html, "a comment tells of the text"
    with reading() as session:
        assert session.scalars(select(Exposure)).all() == []
    shown = researcher.send(page.form("/show"))
    assert "[placeholder" in shown.html and COMMENT in shown.html
    with reading() as session:
        kept = session.scalars(select(Exposure)).one()
        assert (kept.path, kept.severity, kept.profile) == (ExposurePath.REVIEW, 2, "W05:2")
    assert "[placeholder" not in researcher.open(where).html


def test_an_item_of_another_project_or_without_answers_is_not_there(researcher: Desktop) -> None:
    build(disputed)
    with transaction() as session:
        other = add_project(session, slug="rye")
        bare = add_tasks(session, other, 1)[0].id
        torn = session.scalars(select(Task.id).where(Task.id != bare)).first()
    assert researcher.open(f"/projects/rye/statistics/items/{torn}").status == 404
    assert researcher.open(f"/projects/rye/statistics/items/{bare}").status == 404


def test_an_administrator_sees_the_figures_and_not_the_readings(app: Flask, client: FlaskClient) -> None:
    build(disputed)
    with transaction() as session:
        admin = add_user(session, Role.ADMIN)
        torn = session.scalars(select(Task.id)).first()
    sign_in(client, admin)
    page = Desktop(client).open(PATH)
    assert page.status == 200
    assert not [path for path in page.links.values() if "/statistics/items/" in path]
    assert client.get(f"{PATH}/items/{torn}").status_code == 403


def test_the_page_is_light_and_needs_no_script(app: Flask, client: FlaskClient, researcher: Desktop) -> None:
    def many(session: Session, project: Project) -> None:
        labelers = [add_labeler(session) for _ in range(10)]
        for _ in range(30):
            for task in add_tasks(session, project, 1):
                for place, labeler in enumerate(labelers):
                    add_judgment(session, project, task, labeler, (BETTER_0, BETTER_1)[place % 2])

    build(many, overlap=10)
    reply = client.get(PATH, headers={"Accept-Encoding": "gzip"})
    assert len(reply.data) < 20 * 1024
    html = gzip.decompress(reply.data).decode()
    assert html.count("/statistics/items/") == 25
    assert "5 with fewer answers are left out" in html
    assert "hx-" not in html.split("<main", 1)[1].split("</main>", 1)[0]
