"""Warnings as people see them without scripts: the notice, the cover, worse than it says, the looks and escalations."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from labeler import clock
from labeler.accounts.permissions import Role
from labeler.assignment.models import Assignment
from labeler.assignment.service import opt_out
from labeler.db import reading, transaction
from labeler.projects.models import Project, ProjectStop
from labeler.projects.rules import ProjectState
from labeler.warnings.models import ContentReport
from labeler.warnings.service import report
from labeler.web.handing import next_task
from labeler.wellbeing.comfort import choose
from labeler.wellbeing.models import Consent, Exposure, OptOutScope, WorkClock
from labeler.wellbeing.service import end_consent, give_consent
from tests.support.build import add_labeler, add_project, add_tasks, add_user
from tests.support.build import sign_in as let_in
from tests.web.foreign import everything
from tests.web.pages import Desktop
from tests.web.robot import Page, Robot, sign_in

PLACEHOLDER = "[placeholder"
WHY = "Read again by two of us: it is a quotation."


class Place:
    """A labeler who has said yes to one kind, its project, and her browser."""

    def __init__(self, app: Flask, *, kind: str = "comparison", tasks: int = 3, level: int = 2, yes: int = 3) -> None:
        with transaction() as session:
            self.me: UUID = add_labeler(session).id
            self.project: Project = add_project(
                session, kind=kind, overlap=2, categories={"W05": level}, sensitive_share=0.2
            )
            add_tasks(session, self.project, tasks, profile={"W05": level} if level else None)
            if yes:
                give_consent(session, self.me, "W05", yes, clock.now())
        self.robot: Robot = sign_in(app, self.me)

    def start(self) -> Page:
        return self.robot.press(self.robot.open("/work").form("/work/next"))

    def assignment(self) -> str:
        with reading() as session:
            newest = select(Assignment.id).filter_by(labeler_id=self.me).order_by(Assignment.handed_at.desc())
            return str(session.scalars(newest.limit(1)).one())

    def still(self, shown: bool = True) -> int:
        path = f"/assignments/{self.assignment()}/still"
        return self.robot.client.get(path + ("?shown=1" if shown else "")).status_code


def keys(page: Page) -> set[str]:
    return set(re.findall(r'data-press="?(\w)', page.html))


def buttons(page: Page) -> list[str]:
    return [form.words.strip() for form in page.forms if form.action.endswith(("/reveal", "/skip"))]


class TestNotice:
    def test_it_is_told_in_full_once_and_then_in_a_line(self, app: Flask) -> None:
        place = Place(app)
        page = place.start()
        said = "This batch: suicide, self-harm or eating disorders (disturbing), about 1 in 5 tasks, text only."
        assert said in page.words and "Before you open this task" in page.words
        page = place.robot.press(page.form("/skip"))
        assert "This text is covered" in page.words and said not in page.words
        assert "suicide, self-harm or eating disorders (disturbing)" in page.words
        assert PLACEHOLDER not in page.html
        assert PLACEHOLDER in place.robot.press(page.form("/reveal")).html

    @pytest.mark.parametrize("which", ["notice", "cover"])
    def test_show_and_skip_are_alike_and_nothing_is_chosen(self, app: Flask, which: str) -> None:
        place = Place(app)
        page = place.start()
        if which == "cover":
            page = place.robot.press(page.form("/skip"))
        assert buttons(page) == ["Show it", "Skip it"]
        assert "autofocus" not in page.html and 'class="primary"' not in page.html

    @pytest.mark.parametrize("kind", ["comparison", "rating"])
    def test_every_sensitive_screen_has_stop_now_and_help(self, app: Flask, kind: str) -> None:
        """OPT-6 and WRN-5: on every render there is."""
        place = Place(app, kind=kind)
        notice = place.start()
        cover = place.robot.press(notice.form("/skip"))
        task = place.robot.press(cover.form("/reveal"))
        again = place.robot.press(task.form("/answer"))
        assert again.status == 422 and PLACEHOLDER in again.html
        for screen in (notice, cover, task, again):
            assert "s" in keys(screen)
            assert "/me/help" in screen.links.values()
            stop = next(form for form in screen.forms if "Stop now, take a break" in form.words)
            assert stop.action.endswith("/hide")
        assert {"h", "w"} <= keys(task)

    def test_stop_now_covers_the_text_and_begins_a_paid_break_with_help(self, app: Flask) -> None:
        place = Place(app)
        page = place.robot.press(place.start().form("/reveal"))
        page = place.robot.press(page.form("/hide"), stop="yes")
        assert "You are on a break" in page.words and "it is paid until" in page.words
        assert "Stopped." in page.words and "<details open>" in page.html
        assert "stays with you" in page.words and "/me/help" in page.links.values()

    def test_stop_now_rests_whatever_has_become_of_the_task(self, app: Flask) -> None:
        place = Place(app)
        page = place.robot.press(place.start().form("/reveal"))
        form = page.form("/hide")
        with transaction() as session:
            opt_out(session, place.me, OptOutScope.SENSITIVE, clock.now())
        assert "You are on a break" in place.robot.press(form, stop="yes").words

    def test_stop_now_works_before_the_text_was_shown(self, app: Flask) -> None:
        place = Place(app)
        page = place.robot.press(place.start().form("/hide"), stop="yes")
        assert "You are on a break" in page.words


class TestWorse:
    def test_who_may_not_see_it_any_more_gives_it_back(self, app: Flask) -> None:
        place = Place(app, yes=2)
        page = place.robot.press(place.start().form("/reveal"))
        panel = place.robot.open(page.links["This is worse than it says"])
        assert len(panel.form("/worse").radios["category"]) == 15 and panel.form("/worse").checked == {}
        assert "must not be shown at all" in panel.words.lower()
        page = place.robot.press(panel.form("/worse"), category="W05", severity="3")
        assert "The warning is changed for everybody" in page.words and "went back" in page.words
        assert PLACEHOLDER not in page.html and page.has("/work/next")

    def test_who_may_see_it_is_told_anew_before_she_goes_on(self, app: Flask) -> None:
        place = Place(app)
        page = place.robot.press(place.start().form("/reveal"))
        panel = place.robot.open(page.links["This is worse than it says"])
        page = place.robot.press(panel.form("/worse"), category="W05", severity="3")
        assert "Before you open this task" in page.words and "(severe)" in page.words
        assert PLACEHOLDER not in page.html

    def test_a_task_that_was_tagged_as_harmless_can_be_worse(self, app: Flask) -> None:
        place = Place(app, level=0, yes=0)
        page = place.start()
        panel = place.robot.open(page.links["This is worse than it says"])
        page = place.robot.press(panel.form("/worse"), category="W07", severity="4")
        assert "went back" in page.words
        assert place.still() == 410

    def test_without_a_kind_it_is_asked_for(self, app: Flask) -> None:
        place = Place(app, level=0)
        panel = place.robot.open(place.start().links["This is worse than it says"])
        page = place.robot.press(panel.form("/worse"), severity="3")
        assert page.status == 422 and "Choose what the text has." in page.words
        with reading() as session:
            assert session.scalar(select(func.count(ContentReport.id))) == 0

    def test_somebody_elses_task_is_not_there(self, app: Flask) -> None:
        place, other = Place(app, level=0), Place(app, level=0)
        place.start()
        panel = other.robot.open(other.start().links["This is worse than it says"])
        token = panel.form("/worse").hidden
        path = f"/assignments/{place.assignment()}/worse"
        reply = other.robot.client.post(path, data={**token, "category": "W05", "severity": "3"})
        assert reply.status_code == 404
        assert other.robot.open(path).status == 404

    def test_what_says_no_more_than_the_warning_changes_nothing(self, app: Flask) -> None:
        place = Place(app)
        page = place.robot.press(place.start().form("/reveal"))
        panel = place.robot.open(page.links["This is worse than it says"])
        page = place.robot.press(panel.form("/worse"), category="W05", severity="1")
        assert "says as much already" in page.words and PLACEHOLDER in page.html


class TestStill:
    def test_what_is_held_and_shown_may_stay(self, app: Flask) -> None:
        place = Place(app)
        page = place.start()
        assert place.still(shown=False) == 204 and place.still() == 410
        page = place.robot.press(page.form("/reveal"))
        assert place.still() == 204
        place.robot.press(page.form("/hide"))
        assert place.still() == 410 and place.still(shown=False) == 204

    @pytest.mark.parametrize("choice", ["category", "sensitive", "project", "consent", "run out", "worse"])
    def test_a_choice_elsewhere_clears_it(self, app: Flask, choice: str) -> None:
        place = Place(app)
        place.robot.press(place.start().form("/reveal"))
        now = clock.now()
        if choice == "consent":
            token = place.robot.open("/me/choices").form("/W05/end")
            place.robot.press(token)
        elif choice == "run out":
            with transaction() as session:
                session.scalars(select(Consent).filter_by(labeler_id=place.me)).one().expires_at = now
            assert place.still() == 410 and PLACEHOLDER not in place.robot.open("/work").html
            return
        elif choice == "worse":
            with transaction() as session:
                report(session, place.me, UUID(place.assignment()), "W05", 4, now)
        else:
            with transaction() as session:
                opt_out(
                    session, place.me, OptOutScope(choice), now, assignment_id=UUID(place.assignment()), category="W05"
                )
        assert place.still() == 410 and place.still(shown=False) == 410

    def test_a_task_that_lapsed_stays_unless_it_is_sensitive(self, app: Flask) -> None:
        hard = Place(app)
        hard.robot.press(hard.start().form("/reveal"))
        plain = Place(app, level=0, yes=0)
        plain.start()
        with transaction() as session:
            for row in session.scalars(select(Assignment)):
                row.state, row.ended_at = "expired", clock.now()  # type: ignore[assignment]
        assert plain.still() == 204 and hard.still() == 410

    def test_it_is_no_sign_of_work_and_keeps_nothing(self, app: Flask) -> None:
        place = Place(app)
        place.robot.press(place.start().form("/reveal"))
        before = everything()
        with time_machine.travel(clock.now() + timedelta(minutes=7)):
            assert place.still() == 204
        assert everything() == before
        with reading() as session:
            assert session.scalars(select(WorkClock)).one().day_seconds < 60

    def test_another_persons_task_is_gone_for_me(self, app: Flask) -> None:
        place, other = Place(app), Place(app)
        place.start()
        other.start()
        assert other.robot.client.get(f"/assignments/{place.assignment()}/still").status_code == 410


class TestNeverAskedAgain:
    """OPT-7: after a no, only My choices has the way back."""

    def test_no_page_of_the_desk_asks_for_a_declined_kind(self, app: Flask) -> None:
        place = Place(app)
        with transaction() as session:
            add_tasks(session, add_project(session, overlap=1, name="Harmless"), 2)
            opt_out(session, place.me, OptOutScope.CATEGORY, clock.now(), category="W05")
        for page in (place.robot.open("/work"), place.start(), place.robot.open("/work"), place.robot.open("/answers")):
            assert "/me/choices/W05" not in page.html and "/undo" not in page.html
        assert "/me/choices/W05" not in place.robot.open("/me/choices").html

    def test_the_page_of_a_declined_kind_asks_nothing(self, app: Flask) -> None:
        place = Place(app)
        token = place.robot.open("/me/choices/W05").form("/W05").hidden
        with transaction() as session:
            opt_out(session, place.me, OptOutScope.CATEGORY, clock.now(), category="W05")
            end_consent(session, place.me, "W05", clock.now())
        page = place.robot.open("/me/choices/W05")
        assert not page.has("/me/choices/W05") and "We don't ask you again." in page.words
        reply = place.robot.client.post("/me/choices/W05", data={**token, "severity": "3"})
        assert reply.status_code == 409 and "no more of this kind" in reply.text


def test_before_anything_is_accepted_all_of_it_is_said(app: Flask) -> None:
    """WRN-1: kinds, the highest severity, form, share, time, pay, purpose, client."""
    place = Place(app)
    words = place.robot.open("/work").words
    for said in (
        "suicide, self-harm or eating disorders (up to disturbing)", "Form text only", "in 20 of 100 tasks",
        "about 1 minute", "12.50 EUR an hour", "To learn which answers people find helpful.", "Meadow Research",
    ):  # fmt: skip
        assert said in words


def test_what_differs_has_stop_now_and_help_beside_a_sensitive_text(app: Flask) -> None:
    place = Place(app)
    page = place.robot.press(place.start().form("/reveal"))
    panel = place.robot.open(page.links["Show what differs"])
    assert PLACEHOLDER in panel.html and panel.has("/hide") and "s" in keys(panel)


def test_opening_help_is_written_down_nowhere(app: Flask) -> None:
    place = Place(app)
    place.start()
    place.robot.open("/work")
    before = everything()
    assert place.robot.open("/me/help").status == 200
    assert everything() == before


class TestComfort:
    def test_a_sensitive_text_comes_part_by_part_unless_she_says_otherwise(self, app: Flask) -> None:
        place = Place(app)
        page = place.robot.press(place.start().form("/reveal"))
        assert page.html.count('<details class="part">') == 3 and "Show this part" in page.words
        assert 'class="task blurred"' in page.html
        settings = place.robot.open("/me/comfort")
        chosen = dict.fromkeys(("collapsed", "blurred", "grey"), "")  # the tests' labelers allow severe texts at night
        assert settings.form("/me/comfort").checked == chosen | {"night": "yes"}
        done = place.robot.press(settings.form("/me/comfort"), collapsed="no", grey="yes", blurred="no")
        assert "Saved." in done.words
        page = place.robot.open("/work")
        assert '<details class="part">' not in page.html and 'class="task grey"' in page.html
        assert PLACEHOLDER in page.html

    def test_a_task_that_is_not_sensitive_is_shown_as_it_is(self, app: Flask) -> None:
        place = Place(app, level=1)
        with transaction() as session:
            choose(session, place.me, {"grey": True}, clock.now())
        page = place.start()
        assert '<details class="part">' not in page.html and 'class="task"' in page.html


def test_the_training_from_its_start_to_its_end(app: Flask) -> None:
    with transaction() as session:
        me = add_labeler(session).id
    robot = sign_in(app, me)
    assert "without a test" in robot.open("/me/training").words
    assert robot.open("/me/training/done").status == 404
    assert "Start" in robot.open("/me/training/coping").words  # nothing was begun: back to its beginning
    page = robot.press(robot.open("/me/training").form("/me/training"))
    for n in range(1, 6):
        assert f"Step {n} of 5" in page.words and page.form("").radios == {}
        page = robot.press(next(form for form in page.forms if "/me/training/" in form.action))
    assert "Done" in page.words and "This training holds until" in page.words
    assert "It holds until" in robot.open("/me/training").words
    assert robot.open("/me/training/other").status == 404


@pytest.fixture
def researcher(client: FlaskClient) -> Desktop:
    with transaction() as session:
        user = add_user(session, Role.RESEARCHER, name="Rea Searcher")
    let_in(client, user)
    return Desktop(client)


def reported(level: int = 3, *, served: int = 1) -> Project:
    """A project with one report of a task that was tagged as harmless."""
    with transaction() as session:
        me, project = add_labeler(session).id, add_project(session)
        add_tasks(session, project, served)
    next_task(me, clock.now())
    with transaction() as session:
        held = session.scalars(select(Assignment.id).filter_by(labeler_id=me)).one()
        report(session, me, held, "W06", level, clock.now(), least=1)
    return project


class TestLooks:
    def test_a_project_that_paused_itself_says_why_and_goes_on_after_a_look(self, researcher: Desktop) -> None:
        project = reported()
        page = researcher.open(f"/projects/{project.slug}")
        assert "This project paused itself" in page.words and "1 of 1 tasks" in page.words
        page = researcher.open(f"/projects/{project.slug}/warnings")
        assert "hate and slurs (severe)" in page.words and "nothing sensitive" in page.words
        assert "basil" not in page.html and "labeler-" not in page.html
        resume = researcher.send(researcher.open(f"/projects/{project.slug}").form("/resume"))
        assert resume.status == 409
        page = researcher.send(researcher.open(f"/projects/{project.slug}/warnings").form("/show"))
        assert "basil" in page.html
        page = researcher.send(page.form("/confirm"))
        assert "Confirmed" in page.words and "confirmed by Rea Searcher" in page.words
        page = researcher.send(researcher.open(f"/projects/{project.slug}").form("/resume"))
        assert "Live again" in page.words
        with reading() as session:
            assert session.scalars(select(ProjectStop)).one().ended_by is not None
            assert session.scalars(select(Exposure)).one().path.value == "review"
            assert session.get_one(Project, project.id).state is ProjectState.LIVE

    def test_setting_lower_needs_a_reason_which_is_kept(self, researcher: Desktop) -> None:
        project = reported()
        page = researcher.open(f"/projects/{project.slug}/warnings")
        again = researcher.send(page.form("/lower"), level__W06="1", reason="no")
        assert again.status == 422 and "Say why" in again.words
        page = researcher.send(again.form("/lower"), level__W06="1", reason=WHY)
        assert "Set lower" in page.words and WHY in page.words and "hate and slurs (mild)" in page.words

    def test_what_is_forbidden_is_shown_to_nobody(self, researcher: Desktop) -> None:
        project = reported(4)
        page = researcher.open(f"/projects/{project.slug}/warnings")
        assert "held back from everybody" in page.words
        assert not [form for form in page.forms if form.action.endswith(("/show", "/confirm", "/lower"))]

    def test_an_admin_looks_too_and_others_do_not(self, app: Flask) -> None:
        project = reported()
        for role, status in ((Role.ADMIN, 200), (Role.AUDITOR, 403), (Role.VENDOR_MANAGER, 403)):
            browser = app.test_client()
            with transaction() as session:
                user = add_user(session, role)
            let_in(browser, user)
            assert browser.get(f"/projects/{project.slug}/warnings").status_code == status


class TestEscalations:
    def test_a_named_person_decides_and_nobody_sees_a_text(self, app: Flask) -> None:
        reported(4)
        client = app.test_client()
        with transaction() as session:
            admin = add_user(session, Role.ADMIN, name="Ada Min")
        let_in(client, admin)
        desktop = Desktop(client)
        page = desktop.open("/escalations")
        assert "Nobody is named yet" in page.words and "What waits (1)" in page.words and "basil" not in page.html
        assert not [form for form in page.forms if form.action.endswith("/decide")]
        page = desktop.send(page.form("/contact"), person=str(admin.id))
        assert "Ada Min , since" in page.words
        again = desktop.send(page.form("/decide"), decision="stays", reason="no")
        assert again.status == 422 and "Say why" in again.words
        page = desktop.send(again.form("/decide"), decision="stays", reason=WHY)
        assert "Nothing waits." in page.words and "stays away" in page.words and WHY in page.words

    def test_only_the_named_person_may_decide(self, app: Flask) -> None:
        reported(4)
        browsers = []
        with transaction() as session:
            people = [add_user(session, Role.ADMIN) for _ in range(2)]
        for person in people:
            client = app.test_client()
            let_in(client, person)
            browsers.append(Desktop(client))
        page = browsers[0].send(browsers[0].open("/escalations").form("/contact"), person=str(people[0].id))
        path = next(form.action for form in page.forms if form.action.endswith("/decide"))
        token = browsers[1].open("/escalations").forms[-1].one("csrf_token")
        reply = browsers[1].client.post(path, data={"csrf_token": token, "decision": "0", "reason": WHY})
        assert reply.status_code == 403
