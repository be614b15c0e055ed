"""A version is what it was when it was asked for: written again, whatever happened since, and on the other database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from sqlalchemy import URL, select, update
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Role
from labeler.db import reading, transaction
from labeler.demographics import service as demographics
from labeler.exports import projects, queries
from labeler.exports.documents import service
from labeler.exports.models import Export
from labeler.jobs import worker
from labeler.jobs.pay import settle_all
from labeler.judgments.models import Judgment
from labeler.judgments.withdrawing import withdraw
from labeler.pay import closing
from labeler.pay import terms as pay
from labeler.pay.models import PayPeriod, Rate, Settlement
from labeler.pay.rules import week_of
from labeler.projects.freezing import announce_freeze
from labeler.projects.models import Project
from labeler.projects.service import add_guideline
from labeler.wellbeing.policies import set_number
from labeler.workforce.models import Labeler, Vendor
from tests.exports.build import BETTER_0, BETTER_1, add_judgment
from tests.exports.documents.answers import ALL
from tests.exports.documents.test_conditions import work
from tests.exports.test_service import all_views, folder, same_files, written_again, written_on_postgresql
from tests.support.build import NOW, add_labeler, add_project, add_tasks, add_user
from tests.support.database import Database

Make = Callable[..., Export]
ASKED = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
pytestmark = pytest.mark.usefixtures("settled")


def worked(session: Session) -> tuple[Project, Project]:
    """Two projects whose papers have something everywhere: months of many people, answers, limits, a freeze."""
    first = work(session, 12, declined=11)
    second = add_project(
        session, slug="soup", overlap=20, categories={"W01": 4}, purpose="To see which soups people like."
    )
    people = session.scalars(select(Labeler).order_by(Labeler.id)).all()
    for task in add_tasks(session, second, 3, profile={"W01": 4}, language="de"):
        for n, labeler in enumerate(people):
            add_judgment(session, second, task, labeler, BETTER_1 if n % 3 else BETTER_0)
    for each in people:
        demographics.keep(session, each.id, {"age": "25-34", "in_tables": "yes", "on_rows": "yes"}, NOW)
    service.answer(session, first.created_by, first.id, ALL, None, NOW)
    service.answer(session, second.created_by, second.id, {**ALL, "weaknesses": "Few soups.", "licence": "MIT"}, 0, NOW)
    admin = add_user(session, Role.ADMIN)
    set_number(session, admin.id, "break_stop", 55, NOW + DAY, NOW, project_id=first.id)
    announce_freeze(session, admin.id, second.id, ASKED + 90 * DAY, ASKED)
    return first, second


def everything_changes(session: Session, of: Project, now: datetime) -> None:
    """Whatever a paper tells is another now, by the services' own verbs where these allow it."""
    admin = add_user(session, Role.ADMIN)
    session.execute(
        update(Project)
        .where(Project.id == of.id)
        .values(name="Another", purpose="Another.", pay_rate="1 EUR", overlap=9, categories={"W09": 4})
    )
    service.answer(session, admin.id, of.id, {**ALL, "weaknesses": "Others.", "licence": "MIT"}, None, now)
    add_guideline(session, admin.id, of.id, "Read them twice.", now)
    add_tasks(session, of, 1, now=now)
    announce_freeze(session, admin.id, of.id, now + 30 * DAY, now)
    set_number(session, admin.id, "break_stop", 50, now + DAY, now, project_id=of.id)
    vendor = session.scalars(select(Vendor).order_by(Vendor.id)).first()
    assert vendor is not None
    pay.set_rate(session, admin.id, vendor.id, 9_000, "XTS", now + DAY, now)
    said = session.scalars(select(Judgment).where(Judgment.project_id == of.id).order_by(Judgment.id)).first()
    assert said is not None
    withdraw(session, said.labeler_id, said.id, now)
    owed = session.scalars(select(PayPeriod).where(PayPeriod.paid_at.is_(None))).one()
    closing.mark_paid(session, admin.id, owed.id, owed.until_at, "in arrears", now)
    late = PayPeriod(**{column: getattr(owed, column) for column in (
        "vendor_id", "currency", "base", "allowance", "bonus", "correction", "top_up", "fee", "cost", "total")},
        labeler_id=said.labeler_id, from_at=owed.from_at + 7 * DAY, until_at=owed.until_at + 7 * DAY,
        due_at=owed.due_at + 7 * DAY, seconds=999, made_at=now)  # fmt: skip
    session.add(late)
    unrated = session.scalars(select(Labeler).order_by(Labeler.id.desc()).limit(1)).one()
    session.add(
        Rate(vendor_id=unrated.vendor_id, per_hour=1_000, currency="XTS", from_at=NOW - DAY, set_by=None, set_at=now)
    )
    session.flush()


def test_whatever_changes_after_it_was_asked_for_changes_no_byte(
    database: Database, make: Make, tmp_path: Path
) -> None:
    with transaction() as session:
        first, second = worked(session)
        task = add_tasks(session, first, 1)[0]
        owed = add_labeler(session)
        add_judgment(session, first, task, owed, BETTER_0, paid=True)
        session.execute(
            update(PayPeriod).where(PayPeriod.labeler_id == owed.id).values(paid_at=None, paid_by=None, reference=None)
        )
        vendor = Vendor(name="Unrated", created_at=NOW, in_house=False)
        session.add(vendor)
        session.flush()
        add_judgment(session, first, task, add_labeler(session, vendor=vendor), BETTER_0, paid=False)
    settle_all(owed.id)
    with transaction() as session:  # as if it had been settled in its own week, which is long past due
        session.execute(update(Settlement).where(Settlement.labeler_id == owed.id).values(period_from=week_of(NOW)))
    chosen = {"also": ["soup"], "demographics": "tables"}
    export = make(first, ASKED, **chosen)
    assert (export.counts or {})["in"]["unpaid"] == 2, "one was not paid in time, one could not be settled"
    with transaction() as session:
        for each in (second, first):
            session.refresh(session.merge(each))
        everything_changes(session, session.get_one(Project, first.id), ASKED + DAY)
    same_files(folder(database, export), written_again(database, export, tmp_path / "again"))
    with reading() as session:
        found = session.get_one(Export, export.id)
        told = projects.told(session, found)
        assert [(each.slug, each.overlap) for each in told] == [(first.slug, 50), ("soup", 20)]
    later = folder(database, make(first, ASKED + 2 * DAY, **chosen))
    manifest = orjson.loads((later / "manifest.json").read_bytes())
    assert manifest["project"]["name"] == "Another" and manifest["counts"]["in"]["unpaid"] == 1, "a new one has it all"
    same_files(folder(database, export), written_again(database, export, tmp_path / "settled since"))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_every_file_of_a_version_is_the_same_on_both_databases(
    database: Database, make: Make, postgresql_server: URL, postgresql_database: str, tmp_path: Path
) -> None:
    with transaction() as session:
        first, second = worked(session)
    with reading() as session:
        names = all_views(first)
        batches = [str(each.id) for each in queries.batches(session, first.id, second.id)]
    before = make(first, ASKED - DAY, views=names, also=["soup"])
    with transaction() as session:
        session.get_one(Export, before.id).finished_at = ASKED - DAY
        said = session.scalars(select(Judgment).where(Judgment.project_id == second.id).order_by(Judgment.id)).first()
        assert said is not None
        withdraw(session, said.labeler_id, said.id, ASKED - DAY / 2)
    while (job := worker.next_due()) is not None:
        assert worker.run(job)
    export = make(
        first, ASKED, views=[*names], also=["soup"], batches=batches, split=30, seed=3, aggregation="dawid-skene/1",
        comments="screened", labeler_names="export", demographics="tables", least_time=10,
    )  # fmt: skip
    one = folder(database, export)
    manifest = orjson.loads((one / "manifest.json").read_bytes())
    assert manifest["supersedes"] and manifest["changes"]["rows"]["judgments"]["removed"] == 1
    conditions = orjson.loads((one / "conditions.json").read_bytes())["projects"]
    assert any(month["people"] for each in conditions for month in each["months"]) and conditions[0]["changed_numbers"]
    assert orjson.loads((one / "people.json").read_bytes())["projects"][0]["table"]
    same_files(one, written_on_postgresql(database, export, postgresql_server, postgresql_database, tmp_path / "other"))
