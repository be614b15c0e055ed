"""Setting projects up and moving them through their life, on SQLite and PostgreSQL."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from labeler.audit.models import AuditEntry
from labeler.errors import Conflict, Invalid, Missing
from labeler.ids import new_id
from labeler.projects import queries, service
from labeler.projects.files import example, read_plan, read_toml
from labeler.projects.models import Batch, Guideline, ImportState, Lane, Project, ProjectOffer, Task
from labeler.projects.rules import ProjectState
from tests.support.build import NOW, add_project, add_tasks, add_user, add_vendor

S = ProjectState


def plan(**fields: Any):  # type: ignore[no-untyped-def]
    return read_plan({"name": "Bread", "kind": "comparison", **fields})


def acts(session: Session, subject: UUID) -> list[tuple[str, dict[str, Any]]]:
    session.flush()
    found = session.scalars(select(AuditEntry).where(AuditEntry.subject_id == subject).order_by(AuditEntry.id))
    return [(each.act, json.loads(each.fields)) for each in found]


@pytest.fixture
def who(session: Session) -> UUID:
    return add_user(session).id


# Made


def test_a_draft_is_made_from_a_plan_and_recorded(session: Session, who: UUID) -> None:
    made = service.create(session, who, read_toml(example("rating")), NOW)
    assert (made.slug, made.state, made.kind, made.guideline_version) == (
        "helpful-answers-rating",
        S.DRAFT,
        "rating",
        1,
    )
    assert [act for act, _ in acts(session, made.id)] == ["project.create", "guideline.add"]
    assert acts(session, made.id)[0][1] == {"slug": "helpful-answers-rating", "kind": "rating"}


def test_slugs_are_numbered_when_names_are_alike(session: Session, who: UUID) -> None:
    assert [service.create(session, who, plan(), NOW).slug for _ in range(3)] == ["bread", "bread-2", "bread-3"]


def test_a_slug_that_is_asked_for_must_be_free(session: Session, who: UUID) -> None:
    service.create(session, who, plan(slug="b"), NOW)
    with pytest.raises(Conflict, match="already"):
        service.create(session, who, plan(slug="b"), NOW)


def test_categories_at_0_are_none(session: Session, who: UUID) -> None:
    assert service.create(session, who, plan(categories={"W06": 0, "W10": 1}), NOW).categories == {"W10": 1}
    assert service.create(session, who, plan(), NOW).categories is None


def test_a_project_is_offered_to_vendors_by_name(session: Session, who: UUID) -> None:
    vendor = add_vendor(session, "Lake Vendor")
    made = service.create(session, who, plan(offered_to=["Lake Vendor"]), NOW)
    assert session.scalars(select(ProjectOffer.vendor_id).where(ProjectOffer.project_id == made.id)).all() == [
        vendor.id
    ]
    with pytest.raises(Invalid) as refused:
        service.create(session, who, plan(offered_to=["Sea Vendor", "Lake Vendor"]), NOW)
    assert [each.message for each in refused.value.problems] == ["There is no vendor named Sea Vendor."]


# Changed


def test_a_draft_changes_as_the_plan_says_and_the_record_names_the_fields(session: Session, who: UUID) -> None:
    made = service.create(session, who, plan(), NOW)
    service.change(session, who, made.id, plan(name="Cake", overlap=5, categories={"W06": 1}), NOW)
    assert (made.name, made.overlap, made.categories, made.slug) == ("Cake", 5, {"W06": 1}, "bread")
    assert acts(session, made.id)[-1] == ("project.change", {"fields": ["categories", "name", "overlap"]})


def test_a_change_that_changes_nothing_is_not_recorded(session: Session, who: UUID) -> None:
    made = service.create(session, who, plan(), NOW)
    before = acts(session, made.id)
    service.change(session, who, made.id, plan(), NOW)
    assert acts(session, made.id) == before


def test_a_new_overlap_reaches_the_tasks_of_a_draft(session: Session, who: UUID) -> None:
    made = add_project(session, state=S.DRAFT)
    tasks = add_tasks(session, made, 3)
    service.change(session, who, made.id, plan(overlap=7), NOW)
    session.expire_all()
    assert {task.overlap for task in tasks} == {7}


def test_a_checked_project_is_a_draft_again_once_it_changes(session: Session, who: UUID) -> None:
    made = add_project(session, state=S.CHECKED)
    service.change(session, who, made.id, plan(name="Other"), NOW)
    assert made.state is S.DRAFT


def test_a_slug_stands(session: Session, who: UUID) -> None:
    made = service.create(session, who, plan(), NOW)
    with pytest.raises(Invalid, match="slug"):
        service.change(session, who, made.id, plan(slug="cake"), NOW)


def test_a_guideline_gets_a_version_for_each_new_text(session: Session, who: UUID) -> None:
    made = service.create(session, who, plan(guideline={"text": "One."}), NOW)
    service.change(session, who, made.id, plan(guideline={"text": "One."}), NOW)
    assert made.guideline_version == 1
    service.change(session, who, made.id, plan(guideline={"text": "Two."}), NOW)
    assert made.guideline_version == 2
    texts = session.scalars(select(Guideline.text).where(Guideline.project_id == made.id).order_by(Guideline.version))
    assert texts.all() == ["One.", "Two."]
    assert service.guideline_text(session, made) == "Two."


@pytest.mark.parametrize("text", ["", "  \n", "x" * 200_001])
def test_a_guideline_that_says_nothing_or_everything_is_refused(text: str, session: Session, who: UUID) -> None:
    made = service.create(session, who, plan(), NOW)
    with pytest.raises(Invalid):
        service.add_guideline(session, who, made.id, text, NOW)


def test_the_kind_stands_once_tasks_are_there(session: Session, who: UUID) -> None:
    made = add_project(session, state=S.DRAFT)
    service.change(session, who, made.id, plan(kind="rating"), NOW)
    service.change(session, who, made.id, plan(kind="comparison"), NOW)
    add_tasks(session, made, 1)
    with pytest.raises(Invalid) as refused:
        service.change(session, who, made.id, plan(kind="rating"), NOW)
    assert [each.field for each in refused.value.problems] == ["kind"]


def test_content_that_is_there_stays_declared(session: Session, who: UUID) -> None:
    made = add_project(session, state=S.DRAFT, categories={"W06": 3, "W10": 2})
    add_tasks(session, made, 1, {"W06": 2})
    service.change(session, who, made.id, plan(categories={"W06": 2}), NOW)
    for less in ({}, {"W06": 1}, None):
        with pytest.raises(Invalid) as refused:
            service.change(session, who, made.id, plan(categories=less), NOW)
        assert [each.field for each in refused.value.problems] == ["categories"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": "rating"}, "kind"),
        ({"overlap": 9}, "overlap"),
        ({"options": {"scale": "seven"}}, "options"),
        ({"categories": {"W06": 1}}, "categories"),
        ({"categories": None}, "categories"),
    ],
)
def test_what_judgments_and_consents_rest_on_stands_once_live(
    fields: dict[str, Any], field: str, session: Session, who: UUID
) -> None:
    made = add_project(session, categories={"W06": 2}, sensitive_share=0.1)
    same = {"name": made.name, "categories": {"W06": 2}, "sensitive_share": 0.1}
    with pytest.raises(Invalid) as refused:
        service.change(session, who, made.id, plan(**{**same, **fields}), NOW)
    assert field in {each.field for each in refused.value.problems}


def test_a_live_project_may_declare_more_and_must_still_owe_nothing(session: Session, who: UUID) -> None:
    made = add_project(session, categories={"W06": 2}, sensitive_share=0.1)
    add_tasks(session, made, 1)
    owed = {
        "purpose": "To learn.", "client_name": "Meadow", "pay_rate": "12", "seconds_estimate": 60,
        "sensitive_share": 0.1, "guideline": {"text": "Read."},
    }  # fmt: skip
    service.change(session, who, made.id, plan(**owed, categories={"W06": 3, "W10": 1}), NOW)
    assert made.categories == {"W06": 3, "W10": 1}
    with pytest.raises(Invalid, match="owed"):
        service.change(session, who, made.id, plan(**{**owed, "purpose": None}, categories={"W06": 3, "W10": 1}), NOW)


# Its life


def test_a_project_is_checked_goes_live_rests_and_ends_and_each_step_is_recorded(session: Session, who: UUID) -> None:
    made = add_project(session, state=S.DRAFT)
    add_tasks(session, made, 1)
    assert service.check(session, who, made.id, NOW) == []
    service.publish(session, who, made.id, NOW)
    service.pause(session, who, made.id, NOW)
    service.resume(session, who, made.id, NOW)
    service.close(session, who, made.id, NOW)
    assert made.state is S.CLOSED
    assert [act for act, _ in acts(session, made.id)] == [
        "project.check", "project.publish", "project.pause", "project.publish", "project.close",
    ]  # fmt: skip


def test_a_project_that_lacks_something_is_not_checked_and_not_published(session: Session, who: UUID) -> None:
    made = add_project(session, state=S.DRAFT, purpose=None)
    assert {each.field for each in service.check(session, who, made.id, NOW)} == {"purpose", "tasks"}
    assert made.state is S.DRAFT
    with pytest.raises(Invalid) as refused:
        service.publish(session, who, made.id, NOW)
    assert {each.field for each in refused.value.problems} == {"purpose", "tasks"}


@pytest.mark.parametrize(
    ("state", "step"), [(S.DRAFT, "pause"), (S.CLOSED, "pause"), (S.CLOSED, "close"), (S.CHECKED, "pause")]
)
def test_a_step_that_does_not_follow_is_refused(state: ProjectState, step: str, session: Session, who: UUID) -> None:
    made = add_project(session, state=state)
    with pytest.raises(Conflict, match=f"is {state.value}"):
        getattr(service, step)(session, who, made.id, NOW)


def test_a_closed_project_stands_as_it_is(session: Session, who: UUID) -> None:
    made = add_project(session, state=S.CLOSED)
    for step in (
        lambda: service.change(session, who, made.id, plan(), NOW),
        lambda: service.add_guideline(session, who, made.id, "New.", NOW),
    ):
        with pytest.raises(Conflict, match="closed"):
            step()


def test_what_is_not_there_is_missing(session: Session, who: UUID) -> None:
    for step in (service.check, service.publish, service.pause, service.close):
        with pytest.raises(Missing):
            step(session, who, new_id(), NOW)
    with pytest.raises(Missing):
        queries.project_by_slug(session, "nowhere")


# Widening


def test_widening_raises_and_never_lowers(session: Session, who: UUID) -> None:
    made = add_project(session, categories={"W06": 2, "W10": 3}, sensitive_share=0.5)
    service.widen(session, who, made, {"W06": 3, "W10": 1, "W05": 1}, 0.2, NOW)
    assert made.categories == {"W06": 3, "W10": 3, "W05": 1}
    assert made.sensitive_share == 0.5
    assert acts(session, made.id) == [
        ("project.widen", {"categories": {"W05": 1, "W06": 3}}),
        ("project.lapse", {"fields": ["categories"]}),
    ]
    service.widen(session, who, made, {"W06": 1}, 0.9, NOW)
    assert len(acts(session, made.id)) == 2


# What is known


def test_progress_counts_what_is_served_and_what_is_held_back(session: Session) -> None:
    made = add_project(session, overlap=2, categories={"W04": 4})
    tasks = add_tasks(session, made, 3)
    add_tasks(session, made, 2, {"W04": 4})
    session.execute(update(Task).where(Task.id == tasks[0].id).values(claims=2))
    far = queries.progress(session, made.id)
    assert (far.tasks, far.wanted, far.claimed, far.held_back) == (3, 6, 2, 2)


def test_imports_are_listed_newest_first_and_belong_to_their_project(session: Session, who: UUID) -> None:
    made, other = add_project(session), add_project(session)
    first, second = (session.get_one(Batch, add_tasks(session, made, 1)[0].batch_id) for _ in range(2))
    assert [each.id for each in queries.batches(session, made.id)] == [second.id, first.id]
    assert queries.batch_of(session, made.id, first.id) is first
    with pytest.raises(Missing):
        queries.batch_of(session, other.id, first.id)


def test_asking_for_an_import_writes_it_down_with_its_settings(session: Session, who: UUID, tmp_path: Any) -> None:
    made = add_project(session)
    batch = service.request_import(session, who, made.id, "n" * 300, tmp_path / "f", {"again": True}, NOW)
    assert (batch.state, batch.name, batch.tasks) == (ImportState.WAITING, "n" * 200, 0)
    assert batch.settings == {"again": True, "path": str(tmp_path / "f")}
    assert acts(session, batch.id) == [("batch.request", {"project": str(made.id)})]
    assert session.scalars(select(Lane).where(Lane.project_id == made.id)).all() == []
    assert session.scalars(select(Project).where(Project.id == made.id)).one() is made
