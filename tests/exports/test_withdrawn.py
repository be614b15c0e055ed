"""What labelers withdrew is in no export made afterwards (OPT-9); nobody can be followed between exports (MON-6)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from labeler import clock
from labeler.db import reading, repeated, transaction
from labeler.exports import queries, service
from labeler.exports.models import Export
from labeler.exports.steps import STEPS
from labeler.exports.verify import verify
from labeler.jobs import worker
from labeler.judgments.models import Judgment, Withdrawal
from labeler.judgments.withdrawing import withdraw
from labeler.projects.freezing import announce_freeze
from labeler.projects.models import Project
from tests.exports.build import BETTER_0, add_judgment, revise
from tests.exports.conftest import LATER
from tests.exports.test_service import folder, lines
from tests.support.build import NOW, add_labeler, add_project, add_tasks
from tests.support.database import Database

Make = Callable[..., Export]
pytestmark = pytest.mark.usefixtures("settled")
DAY = timedelta(days=1)


def taken_out(project: Project, n: int, at: Any = LATER) -> list[Judgment]:
    """The first `n` answers of a project, withdrawn by their labelers."""
    with transaction() as session:
        wanted = select(Judgment).where(Judgment.project_id == project.id).order_by(Judgment.id).limit(n)
        said = list(session.scalars(wanted))
        for each in said:
            withdraw(session, each.labeler_id, each.id, at)
    return said


def manifest(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads((path / "manifest.json").read_bytes())
    return found


def test_an_export_leaves_out_what_was_withdrawn_and_says_how_many(
    database: Database, project: Project, make: Make
) -> None:
    before = folder(database, make(project))
    taken_out(project, 2)
    path = folder(database, make(project, LATER + DAY))
    assert len(lines(before, "judgments")) == 14 and len(lines(path, "judgments")) == 12
    assert manifest(before)["counts"]["in"]["withdrawn"] == 0
    assert manifest(path)["counts"]["in"]["withdrawn"] == 2
    assert "Withdrawn by their labelers: 2." in (path / "README.md").read_text()
    assert "Withdrawn by their labelers: 2." in (path / "jsonl/README.md").read_text()
    assert "withdraw" not in (path / "jsonl/data/judgments.jsonl").read_text(), "no row tells of it"
    assert verify(path).rows["judgments"] == 12 and verify(before).rows["judgments"] == 14
    with reading() as session:
        assert queries.look(session, project, {}, LATER + DAY)[STEPS.index("withdrawn")].judgments == 12


def test_no_view_of_any_shape_has_a_row_of_what_was_withdrawn(database: Database, project: Project, make: Make) -> None:
    taken_out(project, 14)
    names = [view.name for view in queries.views(project)]
    path = folder(database, make(project, LATER + DAY, views=names))
    assert verify(path).rows == dict.fromkeys(names, 0)
    assert manifest(path)["counts"]["in"]["withdrawn"] == 14


def test_every_version_of_a_withdrawn_answer_is_left_out(database: Database, make: Make) -> None:
    with transaction() as session:
        project = add_project(session)
        labeler = add_labeler(session)
        kept, gone = add_tasks(session, project, 2)
        add_judgment(session, project, kept, labeler, BETTER_0)
        old = add_judgment(session, project, gone, labeler, BETTER_0)
        revise(session, project, old, BETTER_0, NOW + timedelta(minutes=9))
        withdraw(session, labeler.id, old.id, LATER)
    path = folder(database, make(project, LATER + DAY))
    assert [row["task_id"] for row in lines(path, "judgments")] == [str(kept.id)]
    assert manifest(path)["counts"]["in"] == {
        "judgments": 1, "tasks": 1, "late": 0, "replaced_versions": 0, "withdrawn": 1,
        "not_used": 0, "unpaid": 0,
    }  # fmt: skip


def test_a_later_export_of_an_earlier_moment_leaves_it_out_too(
    database: Database, project: Project, make: Make
) -> None:
    """The labeler was told: in no dataset that is made from now on."""
    taken_out(project, 3, LATER + DAY)
    path = folder(database, make(project, LATER + 2 * DAY, at=LATER))
    assert len(lines(path, "judgments")) == 11


def test_writing_an_export_again_gives_what_was_asked_for_whatever_was_withdrawn_since(
    database: Database, project: Project, make: Make
) -> None:
    export = make(project)
    taken_out(project, 2, LATER + timedelta(seconds=1))
    again = make(project)  # asked for at the same moment
    assert [len(lines(folder(database, each), "judgments")) for each in (export, again)] == [14, 14]
    assert manifest(folder(database, again))["counts"]["in"]["withdrawn"] == 0


def test_batches_that_are_left_out_count_no_withdrawals(database: Database, project: Project, make: Make) -> None:
    taken_out(project, 14)
    with reading() as session:
        second = queries.batches(session, project.id)[1].id
    path = folder(database, make(project, LATER + DAY, batches=[str(second)]))
    assert manifest(path)["counts"]["in"]["withdrawn"] == 1


def test_a_frozen_export_says_so_and_one_before_says_until_when(
    database: Database, project: Project, make: Make
) -> None:
    freeze_at = NOW + 15 * DAY
    none = folder(database, make(project))
    assert manifest(none)["freeze"] == {"announced_for": None, "frozen": False}
    assert "Not frozen: labelers may withdraw judgments (no last day" in (none / "README.md").read_text()
    with transaction() as session:
        announce_freeze(session, project.created_by, project.id, freeze_at, NOW)
    before, after = (folder(database, make(project, at)) for at in (freeze_at - timedelta(seconds=1), freeze_at))
    assert manifest(before)["freeze"] == {"announced_for": "2026-03-17T09:00:00Z", "frozen": False}
    assert manifest(after)["freeze"]["frozen"] is True
    assert "(until 2026-03-17)" in (before / "README.md").read_text()
    assert "Frozen since 2026-03-17" in (after / "README.md").read_text()


def test_withdrawals_and_exports_at_once_agree_with_the_moments_they_carry(
    database: Database, project: Project, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    with reading() as session:
        said = [(row.labeler_id, row.id) for row in session.scalars(select(Judgment)).all()]
    barrier = threading.Barrier(7)

    def take_out(place: int) -> None:
        barrier.wait()
        labeler_id, judgment_id = said[place]
        repeated(lambda session: withdraw(session, labeler_id, judgment_id, clock.now()))

    def ask(_: int) -> Any:
        barrier.wait()
        return repeated(lambda s: service.request(s, project.created_by, project.id, {}, clock.now())[1])

    with ThreadPoolExecutor(7) as pool:
        gone = [pool.submit(take_out, place) for place in range(6)]
        job = pool.submit(ask, 0).result()
        for each in gone:
            each.result()
    assert worker.run(job)
    with reading() as session:
        export = session.scalars(select(Export)).one()
        by_then = session.scalars(select(Withdrawal.at).where(Withdrawal.at <= export.created_at)).all()
    rows = lines(folder(database, export), "judgments")
    assert len(rows) == 14 - len(by_then)


def test_one_labeler_has_another_name_in_every_export_and_in_every_project(database: Database, make: Make) -> None:
    with transaction() as session:
        labeler = add_labeler(session)
        projects = [add_project(session) for _ in range(2)]
        for project in projects:
            add_judgment(session, project, add_tasks(session, project, 1)[0], labeler, BETTER_0)
    made = [make(project, LATER + n * DAY) for project in projects for n in range(2)]
    names = [row["labeler"] for export in made for row in lines(folder(database, export), "judgments")]
    assert len(names) == 4 and len(set(names)) == 4
    assert not {str(labeler.id), labeler.id.hex} & set(names)
