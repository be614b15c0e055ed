"""Several projects in one export: which may be, what is read of them, and what a withdrawal in one means for all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from labeler.db import reading, transaction
from labeler.errors import Invalid
from labeler.exports import approving, projects, queries, service, withdrawn
from labeler.exports.models import Approval, Export, ExportProject
from labeler.exports.plan import ExportPlan
from labeler.exports.steps import START, after, read_back, read_back_each, together
from labeler.jobs import worker
from labeler.judgments.models import Judgment
from labeler.judgments.withdrawing import withdraw
from labeler.pay import settling
from labeler.projects.models import Project
from labeler.workforce.models import Labeler
from tasks.content import Item
from tests.exports.build import BETTER_0, BETTER_1, TIE, add_judgment
from tests.exports.conftest import LATER
from tests.exports.judged import OAK, made, rates, task, view
from tests.exports.test_service import folder, lines
from tests.exports.test_splits import PROMPTS, items
from tests.exports.test_withdrawn import manifest
from tests.support.build import NOW, add_labeler, add_project, add_tasks
from tests.support.database import Database

Make = Callable[..., Export]
DAY = timedelta(days=1)
pytestmark = pytest.mark.usefixtures("settled")


@pytest.fixture
def soup(database: Database, project: Project) -> Project:
    """Another project beside `bread`: two tasks in German, judged by two people, of whom one judges in bread too."""
    with transaction() as session:
        hers = select(Judgment.labeler_id).where(Judgment.project_id == project.id).order_by(Judgment.id).limit(1)
        both = session.get_one(Labeler, session.scalars(hers).one())
        soup = add_project(session, slug="soup", purpose="To see which soups people like.", overlap=2,
                           categories={"W01": 1, "W05": 2}, options={"tie": False})  # fmt: skip
        for task in add_tasks(session, soup, 2, profile={"W05": 2}, language="de"):
            for labeler, answer in ((both, BETTER_0), (add_labeler(session), BETTER_1)):
                add_judgment(session, soup, task, labeler, answer)
        return soup


def problems(project: Project, **chosen: Any) -> list[str]:
    with reading() as session, pytest.raises(Invalid) as refused:
        queries.checked(session, project, chosen)
    return [f"{each.field}: {each.message}" for each in refused.value.problems]


def do_jobs() -> None:
    while (job := worker.next_due()) is not None:
        assert worker.run(job)


def test_a_choice_of_one_project_is_what_it_was() -> None:
    assert "also" not in ExportPlan().model_dump(mode="json")
    assert "also" not in ExportPlan().text


def test_completions_of_two_projects_are_never_one_row() -> None:
    def told(*slugs: str) -> int:
        tasks = [
            task([rates(3, 3, 1)], completions=(OAK,), of_row=(place,), project=slug)
            for place, slug in enumerate(slugs, 1)
        ]  # fmt: skip
        return len(made(view("ultrafeedback"), *tasks)[0])

    assert (told("bread", "bread"), told("bread", "soup")) == (1, 2)


def test_projects_are_refused_that_would_make_other_columns_and_it_is_said_what_differs(
    database: Database, project: Project
) -> None:
    scale = {"name": "warmth", "title": "Warm?", "points": ["no", "yes"]}
    with transaction() as session:
        add_project(session, slug="seven", options={"scale": "seven"})
        add_project(session, slug="stars", kind="rating")
        warm = add_project(session, slug="warm", kind="rating", options={"scales": [scale]})
        add_project(session, slug="cold", kind="rating", options={"scales": [{**scale, "points": ["yes", "no"]}]})
    assert problems(project, also=["bread", "seven", "stars", "nowhere"], views=["nothing"]) == [
        "also: bread is the project that this export is of; name others beside it.",
        "also: seven can't be taken in: its scale is seven, here it is four.",
        "also: stars can't be taken in: its tasks are of the kind rating, those here of comparison.",
        "also: There is no project nowhere.",
        "views: There is no view nothing here. Choose from: "
        + ", ".join(view.name for view in queries.views(project))
        + ".",
    ]  # fmt: skip
    assert problems(warm, also=["cold", "stars"]) == [
        "also: cold can't be taken in: its scales differ (warmth has other words or numbers).",
        "also: stars can't be taken in: its scales differ (only it has helpfulness, only it has correctness, only it "
        "has clarity, it has no warmth).",
    ]
    assert problems(project, also=[f"p{n}" for n in range(20)]) == [
        "also: 20 projects at most go into one export, this one among them. These are 20 others."
    ]
    assert problems(project, also="soup") == ["also: Name the other projects in a list."]


def test_what_is_possible_is_that_of_all_of_them(database: Database, project: Project, soup: Project) -> None:
    with reading() as session:
        mine, theirs = (queries.batches(session, each.id)[0].id for each in (project, soup))
        for named in ("soup", str(soup.id)):
            plan = queries.checked(
                session, project, {"also": [named, "soup"], "languages": ["de"], "batches": [theirs]}
            )
            assert (plan.also, plan.batches) == ((soup.id,), (theirs,))
        possible = queries.possible(session, project, [soup])
    assert possible.languages == ("de", "en")
    assert (
        problems(project, languages=["de"], batches=[theirs])[0]
        == "batches: Choose batches of the projects in this export."
    )
    assert problems(soup, also=["bread"], batches=[mine], guidelines=[2])[0].startswith("guidelines:")


@pytest.mark.parametrize(
    "chosen", [{}, {"languages": ["de"]}, {"late": "include", "min_judgments": 2}, {"least_time": 50}]
)
def test_what_is_counted_before_is_what_is_written_of_each_and_of_all(
    database: Database, project: Project, soup: Project, make: Make, chosen: dict[str, Any]
) -> None:
    with reading() as session:
        alone = [queries.look(session, each, {"late": "include"}, LATER) for each in (project, soup)]
        before = queries.look_each(session, project, {**chosen, "also": ["soup"]}, LATER)
        if not chosen:
            assert [after(of)[START] for of in alone] == [(14, 6), (4, 2)]
    assert list(before) == ["bread", "soup"]
    export = make(project, also=["soup"], **chosen)
    assert read_back_each(export.counts or {}) == before
    assert read_back(export.counts or {}) == together(list(before.values()))
    rows = lines(folder(database, export), "judgments")
    told = {slug: sum(row["project"] == slug for row in rows) for slug in before}
    assert told == {slug: after(of)["keep_out"][0] for slug, of in before.items()}
    assert sum(told.values()) == len(rows) == (4 if chosen.get("languages") else 18)


def test_one_person_has_one_name_in_both_only_where_names_go_through_the_export(
    database: Database, project: Project, soup: Project, make: Make
) -> None:
    task, whole = make(project, also=["soup"]), make(project, also=["soup"], labeler_names="export")

    def shared(export: Export) -> int:
        rows = lines(folder(database, export), "judgments")
        names = [{row["labeler"] for row in rows if row["project"] == slug} for slug in ("bread", "soup")]
        return len(names[0] & names[1])

    assert (shared(task), shared(whole)) == (0, 1)
    alone = lines(folder(database, make(soup, labeler_names="export")), "judgments")
    theirs = {row["labeler"] for row in lines(folder(database, whole), "judgments")}
    assert not {row["labeler"] for row in alone} & theirs, "nobody can be followed to another export"


def test_nearly_the_same_prompts_of_two_projects_are_in_one_split(database: Database, make: Make) -> None:
    with transaction() as session:
        labeler = add_labeler(session)
        both = [add_project(session, slug=slug) for slug in ("one", "two")]
        for of, form in zip(both, ("{}", "{} Say why."), strict=True):
            given: list[Item] = items([form.format(text) for text in PROMPTS])
            for task in add_tasks(session, of, len(given), items=given):
                add_judgment(session, of, task, labeler, BETTER_0)
    path = folder(database, make(both[0], also=["two"], split=30, seed=5))
    assert manifest(path)["rules"]["split"]["clusters"] == len(PROMPTS)
    found: dict[str, set[str]] = {}
    for split in ("train", "test"):
        for row in lines(path, f"judgments/{split}"):
            found.setdefault(row["prompt"][0]["content"].removesuffix(" Say why."), set()).add(split)
    assert {len(splits) for splits in found.values()} == {1}
    assert {split for splits in found.values() for split in splits} == {"train", "test"}


def test_a_withdrawal_in_one_project_marks_the_versions_of_another_that_have_its_answers(
    database: Database, project: Project, soup: Project, make: Make
) -> None:
    alone, both = make(project), make(project, also=["soup"])
    with transaction() as session:
        said = session.scalars(select(Judgment).where(Judgment.project_id == soup.id).order_by(Judgment.id)).first()
        assert said is not None
        withdraw(session, said.labeler_id, said.id, LATER + DAY)
    do_jobs()
    with transaction() as session:
        now = [session.get_one(Export, each.id) for each in (alone, both)]
        assert [each.withdrawn_on for each in now] == [None, (LATER + DAY).date()]
        assert withdrawn.newer(session, now[1]) is None, "the version without soup takes no place of it"
        now[1].finished_at = LATER + DAY
    less, more = make(project, LATER + 2 * DAY), make(project, LATER + 2 * DAY, also=["soup"])
    assert manifest(folder(database, less))["supersedes"] == []
    assert [each["number"] for each in manifest(folder(database, more))["supersedes"]] == [2]
    assert len(lines(folder(database, more), "judgments")) == 17
    with transaction() as session:
        assert withdrawn.newer(session, session.get_one(Export, both.id)) == more.number
        marked = withdrawn.mark_erased(session, said.labeler_id, LATER + 3 * DAY)
        assert {each.id for each in marked} >= {both.id, more.id}, "an erasure too finds them by either project"


def test_answers_of_every_project_are_settled_before_they_are_read(
    database: Database, project: Project, soup: Project, make: Make
) -> None:
    with reading() as session:
        assert settling.waiting_for(session, project.id) and settling.waiting_for(session, soup.id)
    export = make(project, also=["soup"])
    assert (export.counts or {})["in"]["unpaid"] == 0
    with reading() as session:
        assert not settling.waiting_for(session, soup.id)
        kept = session.scalars(select(ExportProject).where(ExportProject.export_id == export.id)).all()
        assert {each.project_id for each in kept} == {project.id, soup.id}
        assert [each.slug for each in projects.told(session, session.get_one(Export, export.id))] == ["bread", "soup"]


def test_verdicts_are_learned_from_the_answers_of_all(
    database: Database, project: Project, soup: Project, make: Make
) -> None:
    with transaction() as session:
        for task in add_tasks(session, soup, 1):
            add_judgment(session, soup, task, add_labeler(session), TIE, at=NOW + timedelta(minutes=7))
    path = folder(database, make(project, also=["soup"], aggregation="dawid-skene/1"))
    tasks = {row["task_id"] for row in lines(path, "judgments") if row["project"] == "soup"}
    assert {row["id"] for row in lines(path, "preference")} & tasks, "pairs of soup are decided too"


def test_a_project_that_is_taken_in_asks_for_a_second_person_too(
    database: Database, project: Project, soup: Project, make: Make
) -> None:
    with transaction() as session:
        session.get_one(Project, soup.id).export_approval = True
    assert make(project).approval is None
    both = make(project, also=["soup"])
    assert both.approval is Approval.WAITING
    with reading() as session, pytest.raises(approving.NotApproved):
        service.folder(session, session.get_one(Export, both.id))
