"""A project's statistics by script: the same figures as on the page, and nothing about few people."""

from __future__ import annotations

import pytest
from flask import Flask

from labeler.db import transaction
from labeler.jobs.pay import settle_all
from tests.api.calls import Script, is_problem
from tests.exports.build import BETTER_0, BETTER_1, add_judgment
from tests.support.build import add_labeler, add_project, add_tasks


@pytest.fixture
def project(app: Flask) -> None:
    """Twelve people and two tasks: on one they agree, on the other they are divided."""
    with transaction() as session:
        made = add_project(session, slug="bread", overlap=12)
        labelers = [add_labeler(session) for _ in range(12)]
        for number, task in enumerate(add_tasks(session, made, 2)):
            for place, labeler in enumerate(labelers):
                add_judgment(session, made, task, labeler, BETTER_1 if number and place % 2 else BETTER_0)
    for labeler in labelers:
        settle_all(labeler.id)


@pytest.mark.usefixtures("project")
def test_a_script_reads_the_figures_of_the_page(script: Script) -> None:
    found = script.get("/projects/bread/statistics").get_json()
    assert (found["given"], found["judgments"], found["tasks"], found["measure"]) == (24, 24, 2, "winner")
    winner, strength = found["measures"]
    assert winner["labels"][0] == "A is better"
    assert winner["percent"]["value"] == pytest.approx((1 + 30 / 66) / 2)
    assert set(winner["alpha"]) == {"nominal"}
    assert set(strength["alpha"]) == {"nominal", "ordinal", "interval"}
    assert (found["longer"]["hits"], found["longer"]["n"], found["longer_sample"]) == (18, 24, 2)
    assert sum(each["judgments"] for each in found["times"]) == 24
    assert sum(each["items"] for each in found["disagreement"]) == 2
    assert [each["sort"] for each in found["groups"]] == ["language", "batch", "guideline version"]


@pytest.mark.usefixtures("project")
def test_another_measure_is_named_and_an_unknown_one_is_missing(script: Script) -> None:
    assert script.get("/projects/bread/statistics?measure=strength").get_json()["measure"] == "strength"
    is_problem(script.get("/projects/bread/statistics?measure=beauty"), 404)


def test_what_few_people_stand_behind_is_null(script: Script) -> None:
    with transaction() as session:
        made = add_project(session, slug="rye", languages=["en", "sw"])
        labelers = [add_labeler(session) for _ in range(2)]
        for language in ("en", "sw"):
            for task in add_tasks(session, made, 1, language=language):
                for labeler in labelers:
                    add_judgment(session, made, task, labeler, BETTER_0)
    for labeler in labelers:
        settle_all(labeler.id)
    found = script.get("/projects/rye/statistics").get_json()
    assert found["times"] is None
    assert [(each["name"], each["judgments"], each["agreement"]) for each in found["groups"][0]["groups"]] == [
        ("en", None, None), ("sw", None, None),
    ]  # fmt: skip
    assert found["measures"][0]["alpha"] == {"nominal": None}
    assert found["measures"][0]["percent"]["value"] == 1
