"""What a labeler chose on the page is what the export says, for every kind and every option that changes the form.

Choices are made by the words on the page, and answers are told apart by their texts: nothing here knows how a form is
read, nor how an order is stored.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from labeler.db import transaction
from labeler.exports import service
from labeler.exports.views import registry
from labeler.projects.models import Project
from tasks import KINDS
from tests.exports.seen import Offered, asked, exported, question, shown
from tests.support.build import add_labeler, add_project, add_tasks
from tests.support.database import Database
from tests.web.robot import Page, Robot, sign_in


@pytest.fixture(autouse=True)
def settled(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exports are read at once, by a job of this process."""
    monkeypatch.setattr(service, "SETTLE", timedelta(0))
    for name, value in database.environment.items():
        monkeypatch.setenv(name, value)


TWO, SEVEN = ("better",), ("slightly better", "better", "much better")
FOUR = ("hardly better", "slightly better", "clearly better", "much better")
OWN = ("a bit nicer", "nicer", "far nicer")
BESIDE = {"tie": "About the same", "both_bad": "Both bad", "cant_judge": "Can't judge"}

FORMS: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({"scale": "two_way", "comment": False}, TWO),
    ({"scale": "two_way", "tie": False, "both_bad": False, "cant_judge": False, "reasons": []}, TWO),
    ({"scale": "seven", "reasons": ["Ça suffit", "“Kürzer”"]}, SEVEN),
    ({"scale": "seven", "words": OWN, "both_bad": False, "reasons": [], "comment": False}, OWN),
    ({"scale": "four"}, FOUR),
    ({"scale": "four", "tie": False, "cant_judge": False, "comment_limit": 40}, FOUR),
]
"""Options of a comparison, with the words of its degrees, the weakest first."""

CHOSEN = {
    "preference": lambda row: (row["chosen"][-1]["content"], row["rejected"][-1]["content"]),
    "preference_implicit": lambda row: (row["chosen"][-1]["content"], row["rejected"][-1]["content"]),
    "messages_pair": lambda row: (row["chosen"]["content"], row["rejected"]["content"]),
    "openai_dpo": lambda row: (row["preferred_output"][0]["content"], row["non_preferred_output"][0]["content"]),
    "nemo_rl": lambda row: tuple(
        each["completion"][0]["content"] for each in sorted(row["completions"], key=lambda each: each["rank"])
    ),
    "strings": lambda row: (row["chosen"].strip(), row["rejected"].strip()),
    "hh": lambda row: (row["chosen"].split("Assistant: ")[-1], row["rejected"].split("Assistant: ")[-1]),
    "rewardbench": lambda row: (row["chosen"], row["rejected"]),
}
"""Where each view of pairs has the better text, and the other."""

HELPSTEER = {SEVEN: (1, 2, 3), OWN: (1, 2, 3), FOUR: (1, 1, 2, 3)}
"""How strong a degree is on HelpSteer3's scale, which goes to the second answer."""

Meant = tuple[str, int | None, int | None]
"""A verdict, the place of the better answer in the file, and its degree from 1."""


def words_of(meant: Meant, order: list[int], degrees: tuple[str, ...]) -> str:
    """What the button says on which somebody who means this, and sees this order, presses."""
    verdict, better, degree = meant
    if better is None or degree is None:
        return BESIDE[verdict]
    slots = {place: "AB"[slot] for slot, place in enumerate(order)}
    words = f"{slots[better]} is {degrees[degree - 1]}"
    return words if len(degrees) == 1 else f"{words} than {slots[1 - better]}"


def start(robot: Robot) -> Page:
    return robot.press(robot.open("/work").form("/work/next"))


def remarks(offered: Offered, options: dict[str, Any], n: int, who: int) -> tuple[dict[str, Any], list[str], str]:
    """Reasons to tick and a comment, where the form has them: the fields, and what they say."""
    reasons = offered.words("reasons")[n % 3 :: 2]
    comment = f"“{n}·{who}” né\u2028ok" if options.get("comment", True) and n % 2 else ""
    fields = {"reasons": reasons} if reasons else {}
    return {**fields, **({"comment": comment} if comment else {})}, reasons, comment


@pytest.mark.parametrize(("options", "degrees"), FORMS)
def test_a_comparison_says_what_was_chosen_whichever_side_it_stood_on(
    app: Flask, database: Database, options: dict[str, Any], degrees: tuple[str, ...]
) -> None:
    meant: list[Meant] = [("preference", side, degree + 1) for side in (0, 1) for degree in range(len(degrees))]
    meant += [(verdict, None, None) for verdict in BESIDE if options.get(verdict, True)]
    with transaction() as session:
        people = [add_labeler(session).id for _ in range(2)]
        project: Project = add_project(session, overlap=2, options=options)
        add_tasks(session, project, len(meant), items=[question(n, 2) for n in range(len(meant))])
    said = {}
    for who, person in enumerate(people):
        robot = sign_in(app, person)
        page = start(robot)
        for _ in meant:
            n, order = shown(page.html)
            offered = Offered(page.html)
            beside = [BESIDE[each] for each in BESIDE if options.get(each, True)]
            assert set(beside) <= set(offered.words("choice"))
            assert len(offered.words("choice")) == 2 * len(degrees) + len(beside)
            fields, reasons, comment = remarks(offered, options, n, who)
            fields["choice"] = offered.sends("choice", words_of(meant[n], order, degrees))
            page = robot.press(page.form("/answer"), **fields)
            assert "Saved." in page.words
            said[n, tuple(order)] = (*meant[n], reasons, comment or None)
    assert len(said) == 2 * len(meant), "everybody saw another order"

    rows = exported(project, database.home)
    assert {
        (asked(row), tuple(row["order"])): (
            row["verdict"], row["preferred"], row["margin"], row["reasons"], row["comment"],
        )
        for row in rows("judgments")
    } == said  # fmt: skip
    for row in rows("judgments"):
        place = None if row["preferred"] is None else ("first", "second")[row["order"].index(row["preferred"])]
        assert row["preferred_place"] == place
    won = {n: (better, degree) for n, (_, better, degree) in enumerate(meant) if better is not None and degree}
    for view, sides in CHOSEN.items():
        found = {asked(row): sides(row) for row in rows(view)}
        assert found == {n: (f"answer {b} to {n}", f"answer {1 - b} to {n}") for n, (b, _) in won.items()}, view
    for view in ("preference", "preference_implicit", "messages_pair", "strings"):
        assert {asked(row): (row["margin"], row["n"]) for row in rows(view)} == {
            n: (float(degree), 2) for n, (_, degree) in won.items()
        }, view
    votes = [(asked(row), row["winner"], row["shown_first"]) for row in rows("arena")]
    assert sorted(votes) == sorted(
        (n, verdict if better is None else f"model_{'ab'[better]}", f"model_{'ab'[first]}")
        for n, (verdict, better, _) in enumerate(meant) if verdict != "cant_judge" for first in (0, 1)
    )  # fmt: skip
    if degrees in HELPSTEER:
        scores = {n: HELPSTEER[degrees][d - 1] * (1 if better else -1) for n, (better, d) in won.items()}
        ties = {n: 0 for n, (verdict, *_) in enumerate(meant) if verdict == "tie"}
        assert {asked(row): row["overall_preference"] for row in rows("helpsteer3")} == {**scores, **ties}


def test_no_view_is_forgotten_here() -> None:
    names = {kind: {view.name for view in registry.offered(KINDS[kind], KINDS[kind].Options())} for kind in KINDS}
    assert names["comparison"] == {"judgments", *CHOSEN, "arena", "helpsteer3"}
    assert names["rating"] == {"judgments", "ratings", "unpaired", "helpsteer2", "ultrafeedback"}
    assert set(names) == {"comparison", "rating"}, "a new kind needs its round trip"


def test_what_a_form_does_not_offer_is_not_taken(app: Flask) -> None:
    with transaction() as session:
        person = add_labeler(session).id
        project = add_project(session, overlap=1, options=FORMS[1][0])
        add_tasks(session, project, 1, items=[question(0, 2)])
    robot = sign_in(app, person)
    form = start(robot).form("/answer")
    for wrong in ({"choice": "tie"}, {"choice": "a2"}, {"choice": "a1", "reasons": "More correct"}):
        assert robot.press(form, **wrong).status == 422, wrong


SCALES = {"two": (2, 0), "three": (3, 1), "helpfulness": (5, 0), "seven": (7, 1), "eleven": (11, 0)}
"""Scales by how many points they have, and from which number."""
ANSWERS = {"Yes": "yes", "No": "no", "Not sure": "not_sure", "No answer": None}

RATINGS: list[dict[str, Any]] = [
    {"reasons": ["Ça suffit", "“Kürzer”"]},
    {"reasons": [], "comment": False, "cant_judge": False},
]


def scale(name: str, points: int, first: int) -> dict[str, Any]:
    words = ["lowest", *("" for _ in range(points - 2)), "highest"]
    return {"name": name, "title": f"How {name}?", "points": words, "first": first, "required": name != "three"}


@pytest.mark.parametrize("options", RATINGS)
def test_a_rating_says_what_was_chosen_on_every_scale_and_question(
    app: Flask, database: Database, options: dict[str, Any]
) -> None:
    flags = [{"name": "safe", "title": "Is it safe?", "required": True}, {"name": "kind", "title": "Is it kind?"}]
    scales = [scale(name, *of) for name, of in SCALES.items()]
    asks = {"scales": scales, "flags": flags, **options}
    many = max(points for points, _ in SCALES.values()) + 1
    with transaction() as session:
        person = add_labeler(session).id
        project = add_project(session, kind="rating", overlap=1, options=asks)
        add_tasks(session, project, many, items=[question(n, 1) for n in range(many)])
    robot = sign_in(app, person)
    page = start(robot)
    said: dict[int, Any] = {}
    for _ in range(many):
        n, _places = shown(page.html)
        offered = Offered(page.html)
        fields, reasons, comment = remarks(offered, options, n, 0)
        ratings: dict[str, int | None] = {}
        for name, (points, first) in SCALES.items():
            assert len(offered.words(f"scale_{name}")) == points + (name == "three")
            ratings[name] = first + n % points
            ending = {0: ": lowest", points - 1: ": highest"}.get(n % points, "")
            fields[f"scale_{name}"] = offered.controls[f"scale_{name}", f"{first + n % points}{ending}"]
        if n % 4 == 3:  # a scale that needs no answer is left out
            ratings["three"] = None
            fields["scale_three"] = offered.sends("scale_three", "No answer")
        pressed = {"safe": list(ANSWERS)[n % 3], "kind": list(ANSWERS)[n % 4]}
        fields |= {f"flag_{name}": offered.sends(f"flag_{name}", words) for name, words in pressed.items()}
        given: Any = ("rated", ratings, {name: ANSWERS[words] for name, words in pressed.items()})
        if n == 5 and options.get("cant_judge", True):
            fields["cant_judge"] = offered.sends("cant_judge", "I can't judge this answer")
            given = ("cant_judge", dict.fromkeys(ratings), dict.fromkeys(pressed))
        page = robot.press(page.form("/answer"), **fields)
        assert "Saved." in page.words
        said[n] = (*given, reasons, comment or None)
    assert len(said) == many

    rows = exported(project, database.home)
    assert {
        asked(row): (row["verdict"], row["ratings"], row["flags"], row["reasons"], row["comment"])
        for row in rows("judgments")
    } == said
    shares = {"yes": 1.0, "no": 0.0}
    told = {n: each for n, each in said.items() if each[0] == "rated"}
    assert {asked(row): {name: row[name] for name in (*SCALES, "safe", "kind")} for row in rows("ratings")} == {
        n: {**ratings, **{name: shares.get(flag) for name, flag in flags.items()}}
        for n, (_, ratings, flags, *_) in told.items()
    }
    assert {asked(row): (row["label"], row["score"]) for row in rows("unpaired")} == {
        n: (ratings["two"] == 1, ratings["two"]) for n, (_, ratings, *_) in told.items()
    }
    assert {asked(row): row["helpfulness"] for row in rows("helpsteer2")} == {
        n: ratings["helpfulness"] for n, (_, ratings, *_) in told.items()
    }
    found = {
        asked(row): {name: each["Rating"] for name, each in row["completions"][0]["annotations"].items()}
        for row in rows("ultrafeedback")
    }
    assert found == {
        n: {name: "N/A" if value is None else str(value) for name, value in ratings.items()}
        for n, (_, ratings, *_) in told.items()
    }
