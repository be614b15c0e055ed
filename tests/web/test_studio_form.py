"""The form of a project, as a researcher without scripts meets it."""

from __future__ import annotations

import io

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from labeler.accounts.permissions import Role
from labeler.audit.models import AuditEntry
from labeler.db import reading, transaction
from labeler.projects.files import example
from labeler.projects.models import Project
from labeler.projects.rules import ProjectState
from tests.support.build import add_project, add_tasks, add_user, add_vendor, sign_in
from tests.web.pages import Desktop, Page

WHOLE = {
    "name": "Bread", "purpose": "To learn which answers help.", "client_name": "Meadow", "pay_rate": "12 EUR an hour",
    "seconds_estimate": "70", "content": "none", "sensitive_share": "0", "languages": "en, sw", "overlap": "2",
}  # fmt: skip


@pytest.fixture
def researcher(client: FlaskClient) -> Desktop:
    with transaction() as session:
        user = add_user(session, Role.RESEARCHER)
    sign_in(client, user)
    return Desktop(client)


def project(tasks: int = 1, **fields: object) -> None:
    with transaction() as session:
        made = add_project(session, slug="bread", name="Bread", **fields)  # type: ignore[arg-type]
        if tasks:
            add_tasks(session, made, tasks)


def kept() -> Project:
    with reading() as session:
        return session.scalars(select(Project)).one()


def save(desktop: Desktop, path: str, **changes: object) -> Page:
    form = next(each for each in desktop.open(path).forms if each.id == "project-form")
    return desktop.send(form, do="save", **changes)


def test_a_kind_is_chosen_first(researcher: Desktop) -> None:
    page = researcher.open("/projects/new")
    assert "“Which answer is better?”" in page.words
    assert "/projects/new/rating" in page.links.values()
    assert researcher.open("/projects/new/nothing").status == 404


def test_a_whole_form_makes_a_draft(researcher: Desktop) -> None:
    with transaction() as session:
        add_vendor(session, "Lake")
    page = save(researcher, "/projects/new/comparison", **WHOLE, offered_to=["Lake"], options__tie=None)
    assert "The project is a draft now." in page.words
    made = kept()
    assert (made.slug, made.state, made.overlap, made.languages) == ("bread", ProjectState.DRAFT, 2, ["en", "sw"])
    assert (made.categories, made.sensitive_share, made.seconds_estimate) == ({}, 0.0, 70)
    assert (made.options["tie"], made.options["both_bad"]) == (False, True)
    form = researcher.open("/projects/bread/form").forms
    assert ("offered_to", "Lake") in next(each for each in form if each.id == "project-form").values


def test_half_a_form_may_be_saved_and_finished_later(researcher: Desktop) -> None:
    save(researcher, "/projects/new/comparison", name="Bread")
    assert (kept().purpose, kept().categories, kept().sensitive_share) == (None, None, None)
    page = save(researcher, "/projects/bread/form", **{**WHOLE, "name": "Brown bread"})
    assert page.status == 200
    assert (kept().name, kept().slug, kept().purpose) == ("Brown bread", "bread", "To learn which answers help.")


def test_everything_wrong_is_said_at_once_and_nothing_typed_is_lost(researcher: Desktop) -> None:
    typed = {
        "name": "", "slug": "Not A Slug", "purpose": "Because <b>", "overlap": "many", "sensitive_share": "200",
        "languages": "english, en", "content": "some", "options__reasons": f"Short\n{'x' * 61}",
        "options__comment_limit": "0",
    }  # fmt: skip
    page = save(researcher, "/projects/new/comparison", **typed)
    assert page.status == 422
    for words in (
        "There are 8 problems",
        "Name: Write something here.",
        "Address: Use lower-case letters and digits joined by hyphens",
        "Judgments for each task: Write a whole number.",
        "Sensitive tasks of 100: Write a number from 0 to 100.",
        "Languages, number 1: Write a language tag such as en, sw or pt-BR.",
        "Content: Say at least one kind of content",
        "Reasons, number 2: Use at most 60 characters.",
        "Comment limit: Use 1 or more.",
    ):
        assert words in page.words, words
    form = next(each for each in page.forms if each.id == "project-form")
    for name, value in typed.items():
        assert form.one(name.replace("__", ".")) == value


def test_every_problem_leads_to_a_field_of_the_page(researcher: Desktop) -> None:
    page = save(
        researcher, "/projects/new/rating", name="", overlap="0", options__scales__0__name="Not A Name",
        options__scales__1__points="only one", options__flags__0__title="", options__comment_limit="x",
    )  # fmt: skip
    assert page.status == 422
    targets = [link.removeprefix("#") for link in page.links.values() if link.startswith("#") and link != "#main"]
    summary = [target for target in targets if target not in ("prompt", "answer", "answer-A", "answer-B")]
    assert summary == [
        "name", "overlap", "options-scales-0-name", "options-scales-1-points", "options-flags-0-name",
        "options-flags-0-title", "options-comment_limit",
    ]  # fmt: skip
    assert set(summary) <= set(page.ids)


def test_there_is_none_is_something_else_than_not_said(researcher: Desktop) -> None:
    save(researcher, "/projects/new/comparison", name="One", content="none")
    save(researcher, "/projects/new/comparison", name="Two", content="unsaid")
    save(researcher, "/projects/new/comparison", name="Three", content="some", level__W06="3")
    with reading() as session:
        said = dict(session.execute(select(Project.name, Project.categories)).all())
    assert said == {"One": {}, "Two": None, "Three": {"W06": 3}}
    assert researcher.open("/projects/two").ids.count("categories") == 1


def test_an_address_that_is_taken_is_a_problem_of_its_field(researcher: Desktop) -> None:
    project()
    page = save(researcher, "/projects/new/comparison", name="Other", slug="bread")
    assert page.status == 422
    assert "There is a project at bread already." in page.words


def test_names_that_are_words_of_the_studio_get_another_address(researcher: Desktop) -> None:
    save(researcher, "/projects/new/comparison", name="New")
    assert kept().slug == "new-project"


def test_scales_are_added_moved_and_removed_without_scripts(researcher: Desktop) -> None:
    form = next(each for each in researcher.open("/projects/new/rating").forms if each.id == "project-form")
    page = researcher.send(form, name="Rate", do="add:options.scales")
    assert "options-scales-3-name" in page.ids
    form = next(each for each in page.forms if each.id == "project-form")
    assert form.one("name") == "Rate"
    new = {"options__scales__3__name": "warmth", "options__scales__3__title": "Warmth"}
    page = researcher.send(form, do="up:options.scales.3", options__scales__3__points="Cold\n\nWarm", **new)
    form = next(each for each in page.forms if each.id == "project-form")
    assert form.one("options.scales.2.name") == "warmth"
    page = researcher.send(form, do="remove:options.scales.0")
    form = next(each for each in page.forms if each.id == "project-form")
    researcher.send(form, do="save")
    scales = kept().options["scales"]
    assert [each["name"] for each in scales] == ["correctness", "warmth", "clarity"]
    assert scales[1]["points"] == ["Cold", "", "Warm"]


def test_enter_in_a_field_saves_and_removes_nothing(researcher: Desktop) -> None:
    page = researcher.open("/projects/new/rating")
    first = next(each for each in page.forms if each.id == "project-form").buttons[0]
    assert first == ("do", "save", "Save")


def test_once_live_kind_options_and_overlap_are_shown_with_the_reason(researcher: Desktop) -> None:
    project(overlap=3)
    page = researcher.open("/projects/bread/form")
    assert page.words.count("Judgments have been given under it, so it stands.") == 2
    form = next(each for each in page.forms if each.id == "project-form")
    assert not [name for name, _ in form.values if name.startswith("options.") or name == "overlap"]
    page = researcher.send(form, do="save", purpose="Another", overlap="9", options__tie="", kind="rating")
    assert page.status == 200
    assert (kept().purpose, kept().overlap, kept().kind, kept().options["tie"]) == ("Another", 3, "comparison", True)


def test_once_live_declared_content_can_be_raised_and_not_taken_back(researcher: Desktop) -> None:
    project(categories={"W06": 2}, sensitive_share=0.5)
    page = researcher.open("/projects/bread/form")
    form = next(each for each in page.forms if each.id == "project-form")
    assert (form.one("content"), form.one("level.W06")) == ("some", "2")
    assert 'value="none"' not in page.html
    refused = researcher.send(form, do="save", content="none")
    assert refused.status == 422
    assert "W06 was declared at 2" in refused.words
    assert researcher.send(form, do="save", level__W06="3", level__W01="2").status == 200
    assert kept().categories == {"W01": 2, "W06": 3}


def test_a_change_makes_a_checked_project_a_draft_and_says_so(researcher: Desktop) -> None:
    project(state=ProjectState.CHECKED)
    page = save(researcher, "/projects/bread/form", purpose="Another")
    assert "The project is a draft again: check it once more." in page.words
    assert kept().state is ProjectState.DRAFT


def test_saving_what_stands_already_writes_no_change(researcher: Desktop) -> None:
    project(state=ProjectState.CHECKED, sensitive_share=0.125, categories={"W06": 2})
    save(researcher, "/projects/bread/form")
    assert (kept().state, kept().sensitive_share) == (ProjectState.CHECKED, 0.125)
    with reading() as session:
        assert not session.scalars(select(AuditEntry).where(AuditEntry.act == "project.change")).all()


def test_somebody_elses_change_is_not_overwritten_unseen(researcher: Desktop) -> None:
    project(state=ProjectState.DRAFT)
    form = next(each for each in researcher.open("/projects/bread/form").forms if each.id == "project-form")
    save(researcher, "/projects/bread/form", pay_rate="20 EUR an hour")
    page = researcher.send(form, do="save", purpose="Mine")
    assert page.status == 422
    assert "Somebody changed this project while you had its form open." in page.words
    assert kept().pay_rate == "20 EUR an hour"
    form = next(each for each in page.forms if each.id == "project-form")
    assert form.one("purpose") == "Mine"
    assert researcher.send(form, do="save").status == 200
    assert kept().purpose == "Mine"


def test_the_kind_changes_while_there_are_no_tasks(researcher: Desktop) -> None:
    project(tasks=0, state=ProjectState.DRAFT)
    page = researcher.open("/projects/bread/form")
    assert page.links["rating of one answer"] == "/projects/bread/form?kind=rating"
    save(researcher, "/projects/bread/form?kind=rating")
    assert (kept().kind, len(kept().options["scales"])) == ("rating", 3)


def test_the_kind_stands_once_there_are_tasks(researcher: Desktop) -> None:
    project(state=ProjectState.DRAFT)
    page = researcher.open("/projects/bread/form?kind=rating")
    assert next(each for each in page.forms if each.id == "project-form").one("kind") == "comparison"
    assert "rating of one answer" not in page.links


def test_a_closed_project_and_an_admin_get_the_form_to_look_at(researcher: Desktop) -> None:
    project(state=ProjectState.CLOSED)
    page = researcher.open("/projects/bread/form")
    assert "You can look, not change." in page.words
    form = next(each for each in page.forms if each.id == "project-form")
    assert {name for name, _ in form.values} == {"csrf_token", "kind", "project", "stood", "sample"}
    token = page.form("/sign-out").one("csrf_token")
    refused = researcher.client.post("/projects/bread/form", data={"csrf_token": token, **WHOLE})
    assert refused.status_code == 409
    with transaction() as session:
        admin = add_user(session, Role.ADMIN)
    sign_in(researcher.client, admin)
    assert "You can look, not change." in researcher.open("/projects/bread/form").words


def test_a_character_that_cannot_be_kept_is_a_problem_and_no_fault(researcher: Desktop) -> None:
    page = save(researcher, "/projects/new/comparison", name="Br\0ead", options__reasons="a\0b")
    assert page.status == 422
    assert "Name: This text has a character in it (NUL)" in page.words
    assert "Reasons, number 1: This text has a character in it" in page.words


# -- out of a file ---------------------------------------------------------------------------------------------------


def test_a_pasted_file_makes_the_project_it_describes(researcher: Desktop) -> None:
    page = researcher.send(researcher.open("/projects/new").form("/projects/new"), text=example("rating"))
    assert "The project is a draft now." in page.words
    assert (kept().kind, kept().guideline_version, kept().client_name) == ("rating", 1, "Meadow Research")


def test_a_sent_file_is_read_too(researcher: Desktop) -> None:
    sent = io.BytesIO(b"\xef\xbb\xbf" + example("comparison").encode())
    researcher.send(researcher.open("/projects/new").form("/projects/new"), file=(sent, "bread.toml"))
    assert kept().kind == "comparison"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["Choose a project file, or paste its text."]),
        ("name = \nkind = 1", ["This is not a TOML file.", "at line 1"]),
        (
            'kind = "comparison"\noverlap = 99\nsize = 1\n[options]\nscale = "nine"\n[categories]\nW99 = 2\n',
            [
                "name : This is needed.",
                "overlap : Use at most 50.",
                "size : There is no such field.",
                "options.scale :",
            ],
        ),
    ],
)
def test_everything_wrong_with_a_file_is_listed(researcher: Desktop, text: str, said: list[str]) -> None:
    page = researcher.send(researcher.open("/projects/new").form("/projects/new"), text=text)
    assert page.status == 422
    for words in said:
        assert words in page.words, page.words
    assert page.form("/projects/new").one("text") == text


def test_a_file_that_is_no_text_is_refused(researcher: Desktop) -> None:
    form = researcher.open("/projects/new").form("/projects/new")
    page = researcher.send(form, file=(io.BytesIO(b"\xff\xfe\x00"), "a.toml"))
    assert page.status == 422
    assert "not written in UTF-8" in page.words
