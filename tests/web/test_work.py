"""The desk as a labeler without scripts sees it, on both databases."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask

from labeler import clock
from labeler.assignment.service import take_break
from labeler.db import reading, transaction
from labeler.judgments.queries import counts
from labeler.projects.models import Project
from labeler.wellbeing.models import Break
from labeler.wellbeing.service import give_consent
from tests.support.build import add_labeler, add_project, add_tasks
from tests.web.robot import Robot, sign_in

PLACEHOLDER = "[placeholder"
SENSITIVE = {"W05": 2}


class Place:
    """One labeler, one project, and her browser."""

    def __init__(self, app: Flask, *, kind: str = "comparison", tasks: int = 3, profile: dict[str, int] | None = None):
        with transaction() as session:
            self.me: UUID = add_labeler(session).id
            self.project: Project = add_project(session, kind=kind, overlap=1, categories=profile)
            add_tasks(session, self.project, tasks, profile=profile)
            if profile:
                for category in profile:
                    give_consent(session, self.me, category, 3, clock.now())
        self.robot: Robot = sign_in(app, self.me)

    def answered(self) -> int:
        with reading() as session:
            return sum(counts(session, self.project.id).values())


@pytest.mark.parametrize("kind", ["comparison", "rating"])
def test_a_shift_without_scripts_from_start_to_the_last_task(app: Flask, kind: str) -> None:
    place = Place(app, kind=kind)
    page = place.robot.open("/work")
    assert "Meadow Research" in page.words and "12.50 EUR an hour" in page.words  # told before anything is opened
    page = place.robot.press(page.form("/work/next"))
    for done in range(3):
        assert page.has("/answer") and place.answered() == done
        page = place.robot.answer(page)
        assert "Saved." in page.words
    assert "No tasks right now" in page.words and "Why:" in page.words
    assert place.answered() == 3


def test_nothing_is_preselected(app: Flask) -> None:
    place = Place(app)
    page = place.robot.press(place.robot.open("/work").form("/work/next"))
    assert page.form("/answer").checked == {}


def test_an_empty_answer_comes_back_with_its_problem_and_what_was_written(app: Flask) -> None:
    place = Place(app)
    form = place.robot.press(place.robot.open("/work").form("/work/next")).form("/answer")
    page = place.robot.press(form, comment="half a thought")
    assert page.status == 422 and "There is a problem" in page.words and "half a thought" in page.words
    assert "<title>Error:" in page.html
    assert page.form("/answer").hidden["idem_key"] == form.hidden["idem_key"]


def test_sending_twice_has_one_effect(app: Flask) -> None:
    place = Place(app)
    page = place.robot.press(place.robot.open("/work").form("/work/next"))
    first, again = place.robot.answer(page), place.robot.answer(page)
    assert place.answered() == 1
    assert first.form("/answer").action == again.form("/answer").action  # the same next task


def test_htmx_gets_the_next_task_alone(app: Flask) -> None:
    place = Place(app)
    form = place.robot.press(place.robot.open("/work").form("/work/next")).form("/answer")
    reply = place.robot.client.post(form.action, data={**form.hidden, "choice": "tie"}, headers={"HX-Request": "true"})
    assert reply.status_code == 200 and "<html" not in reply.text
    assert 'id="task"' in reply.text and "Saved." in reply.text and 'hx-swap-oob="innerHTML"' in reply.text


def test_a_draft_comes_back(app: Flask) -> None:
    place = Place(app)
    form = place.robot.press(place.robot.open("/work").form("/work/next")).form("/answer")
    reply = place.robot.client.put(
        form.action.replace("/answer", "/draft"),
        data={**form.hidden, "choice": "b2", "comment": "so far"},
        headers={"HX-Request": "true"},
    )
    assert reply.status_code == 204
    page = place.robot.open("/work")
    assert page.form("/answer").checked == {"choice": "b2"} and "so far" in page.words


def test_an_answer_can_be_undone_by_changing_it(app: Flask) -> None:
    place = Place(app)
    page = place.robot.answer(place.robot.press(place.robot.open("/work").form("/work/next")))
    page = place.robot.open(page.links["Undo"])
    form = page.form("/revise")
    assert form.checked  # the answer as it was given
    assert "Your change is saved." in place.robot.press(form, choice="tie").words
    assert place.answered() == 1
    page = place.robot.open("/answers")
    assert "changed 1 ×" in page.words
    assert place.robot.open(page.links["Change"]).form("/revise").checked == {"choice": "tie"}


def test_skipping_brings_the_next_task_and_the_skipped_one_never_again(app: Flask) -> None:
    place = Place(app, tasks=2)
    page = place.robot.press(place.robot.open("/work").form("/work/next"))
    first = page.form("/answer").action
    panel = place.robot.open(page.links["Not this one"])
    assert "You don't need to give a reason." in panel.words
    skip = next(form for form in panel.forms if form.hidden.get("scope") == "task")
    page = place.robot.press(skip)
    assert page.form("/answer").action != first and "stay the same" in page.words
    page = place.robot.answer(page)
    assert "No tasks right now" in page.words


def test_leaving_a_project_is_one_press_and_one_press_back(app: Flask) -> None:
    place = Place(app)
    page = place.robot.press(place.robot.open("/work").form("/work/next"))
    panel = place.robot.open(page.links["Not this one"])
    page = place.robot.press(next(form for form in panel.forms if form.hidden.get("scope") == "project"))
    assert "You won't get tasks of" in page.words and not page.has("/answer")
    page = place.robot.press(page.form("/undo"))
    assert place.robot.press(page.form("/work/next")).has("/answer")


class TestSensitive:
    def test_the_notice_says_what_it_has_and_nothing_of_the_text(self, app: Flask) -> None:
        place = Place(app, profile=SENSITIVE)
        page = place.robot.press(place.robot.open("/work").form("/work/next"))
        assert "Before you open this task" in page.words
        assert "suicide, self-harm or eating disorders (disturbing)" in page.words
        assert page.has("/reveal") and page.has("/skip") and not page.has("/answer")

    def test_no_route_has_the_text_before_it_is_asked_for(self, app: Flask) -> None:
        place = Place(app, profile=SENSITIVE)
        page = place.robot.press(place.robot.open("/work").form("/work/next"))
        assignment = page.form("/reveal").action.split("/")[2]
        token = page.form("/reveal").hidden
        client = place.robot.client
        replies = [
            client.get("/work"),
            client.get("/work", headers={"HX-Request": "true"}),
            client.post("/work/next", data=token, headers={"HX-Request": "true"}),
            client.post(f"/assignments/{assignment}/answer", data={**token, "idem_key": "k" * 20}),
            client.post(f"/assignments/{assignment}/answer", data={**token, "idem_key": "k" * 20, "choice": "tie"}),
            client.put(f"/assignments/{assignment}/draft", data=token),
            client.post(f"/assignments/{assignment}/heartbeat", data=token),
            client.get(f"/choices/new?assignment={assignment}"),
            client.get(f"/choices/new?assignment={assignment}", headers={"HX-Request": "true"}),
            client.get("/answers"),
        ]
        for reply in replies:
            assert PLACEHOLDER not in reply.text
        assert place.answered() == 0

    def test_show_hide_show_and_answer(self, app: Flask) -> None:
        place = Place(app, profile=SENSITIVE)
        page = place.robot.press(place.robot.open("/work").form("/work/next"))
        page = place.robot.press(page.form("/reveal"))
        assert PLACEHOLDER in page.words
        page = place.robot.press(page.form("/hide"))
        assert PLACEHOLDER not in page.html and page.has("/reveal")
        page = place.robot.answer(place.robot.press(page.form("/reveal")))
        assert PLACEHOLDER not in page.html and "Saved." in page.words  # the next one has its own notice
        assert place.answered() == 1

    def test_a_wrong_form_sent_while_hidden_does_not_bring_the_text_back(self, app: Flask) -> None:
        place = Place(app, profile=SENSITIVE)
        page = place.robot.press(place.robot.open("/work").form("/work/next"))
        page = place.robot.press(page.form("/reveal"))
        form = page.form("/answer")
        place.robot.press(page.form("/hide"))
        assert PLACEHOLDER not in place.robot.press(form).html

    def test_changing_an_answer_does_not_show_the_text(self, app: Flask) -> None:
        place = Place(app, profile=SENSITIVE)
        page = place.robot.press(place.robot.open("/work").form("/work/next"))
        page = place.robot.answer(place.robot.press(page.form("/reveal")))
        page = place.robot.open(page.links["Undo"])
        assert PLACEHOLDER not in page.html and page.form("/revise").checked

    def test_stop_now_takes_the_text_away_and_begins_a_break(self, app: Flask) -> None:
        place = Place(app, profile=SENSITIVE)
        page = place.robot.press(place.robot.open("/work").form("/work/next"))
        page = place.robot.press(page.form("/reveal"))
        page = place.robot.press(page.form("/hide"), stop="yes")
        assert "You are on a break" in page.words and PLACEHOLDER not in page.html

    def test_declining_the_kind_binds_at_once(self, app: Flask) -> None:
        place = Place(app, profile=SENSITIVE)
        page = place.robot.press(place.robot.open("/work").form("/work/next"))
        panel = place.robot.open(page.links["Skip all like this"])
        page = place.robot.press(next(form for form in panel.forms if form.hidden.get("category") == "W05"))
        assert "You won't get tasks with suicide, self-harm or eating disorders" in page.words
        assert "your-choices" in page.html


class TestBreaks:
    def test_a_break_is_taken_and_ended_by_a_press_and_the_task_is_still_there(self, app: Flask) -> None:
        place = Place(app)
        page = place.robot.press(place.robot.open("/work").form("/work/next"))
        task = page.form("/answer").action
        page = place.robot.press(page.form("/breaks"))
        assert "You are on a break" in page.words and not page.has("/answer")
        assert place.robot.press(page.form("/breaks/end")).form("/answer").action == task

    def test_a_due_break_says_from_when_and_does_not_end_early(self, app: Flask) -> None:
        place = Place(app)
        with transaction() as session:
            take_break(session, place.me, clock.now())
            pause = session.query(Break).one()
            pause.rule, pause.until = "BRK-1", clock.now() + timedelta(minutes=9)
        page = place.robot.open("/work")
        assert (
            "Time for a break" in page.words and "it is paid" in page.words and "You can start again at" in page.words
        )
        page = place.robot.press(page.form("/breaks/end"))
        assert page.status == 409 and "The break is not over yet." in page.words
        asked = place.robot.open("/work")
        assert not asked.has("/answer")


def test_somebody_elses_task_is_not_there(app: Flask) -> None:
    place, other = Place(app), Place(app)
    form = place.robot.press(place.robot.open("/work").form("/work/next")).form("/answer")
    token = other.robot.open("/work").form("/work/next").hidden
    reply = other.robot.client.post(form.action, data={**form.hidden, **token, "choice": "tie"})
    assert reply.status_code == 404 and place.answered() == 0


def test_what_is_gone_says_how_to_go_on(app: Flask) -> None:
    place = Place(app)
    token = place.robot.open("/work").form("/work/next").hidden
    reply = place.robot.client.post(f"/assignments/{uuid4()}/hide", data=token)
    assert reply.status_code == 404 and 'href="/work"' in reply.text


def test_instructions_are_shown_in_the_version_of_the_task(app: Flask) -> None:
    place = Place(app)
    page = place.robot.press(place.robot.open("/work").form("/work/next"))
    page = place.robot.open(page.links["Instructions v1"])
    assert "Read both answers to the end." in page.words and page.status == 200
    assert place.robot.open("/instructions/no-such-project").status == 404


def test_model_names_never_reach_the_page(app: Flask) -> None:
    place = Place(app)
    page = place.robot.press(place.robot.open("/work").form("/work/next"))
    assert "model-a" not in page.html and "model-b" not in page.html


def test_pages_of_the_desk_are_kept_nowhere_and_run_nothing_inline(app: Flask) -> None:
    place = Place(app)
    place.robot.press(place.robot.open("/work").form("/work/next"))
    reply = place.robot.client.get("/work")
    assert reply.headers["Cache-Control"] == "no-store"
    for word in (" style=", "<style", " onclick", "hx-on", "javascript:"):
        assert word not in reply.text
