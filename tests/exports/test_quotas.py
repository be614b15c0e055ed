"""How much is made, taken and kept: refused with what the limit is, what is used, and when there is room again."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Permission, Role, may
from labeler.audit.models import AuditEntry
from labeler.db import reading, repeated, transaction
from labeler.errors import Invalid, OverQuota
from labeler.exports import service
from labeler.exports.models import Export, ExportState
from labeler.exports.quotas import rules
from labeler.exports.quotas import service as quotas
from labeler.exports.quotas.models import ExportTaking
from labeler.exports.quotas.rules import Quota
from labeler.projects.models import Project
from labeler.quotas.rules import in_force
from tests.exports.versions import add_version
from tests.support.build import NOW, add_project, add_user
from tests.support.database import Database

DAY = timedelta(days=1)
UNTIL_TOMORROW = 15 * 3600
"""Seconds from NOW, nine in the morning, to midnight."""


def limit(session: Session, **typed: str) -> None:
    quotas.set_limits(session, add_user(session, Role.ADMIN).id, typed, NOW)


def ask(session: Session, project: Project, by: UUID, now: datetime = NOW) -> Export:
    return service.request(session, by, project.id, {}, now)[0]


def take(
    session: Session, export: Export, by: UUID, span: tuple[int, int], file: str = "a", now: datetime = NOW
) -> None:
    service.download(session, by, export, file, now, way="api", size=span[1] - span[0], span=span)


def downloads(session: Session) -> int:
    return session.scalar(select(func.count()).where(AuditEntry.act == "export.download")) or 0


# -- rules -------------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40))))
def test_each_byte_is_counted_once_whatever_the_order(spans: list[tuple[int, int]]) -> None:
    found: list[list[int]] = []
    for span in spans:
        found = rules.merged(found, span)
    asked = {byte for start, end in spans for byte in range(start, end)}
    assert rules.total(found) == len(asked)
    assert found == sorted(found) and all(one[1] < two[0] for one, two in itertools.pairwise(found))


def test_without_anybodys_doing_there_are_the_usual_limits() -> None:
    assert in_force(rules.LIMITS, []) == {Quota.WRITING: 2, Quota.VERSIONS: 20, Quota.TAKEN: None, Quota.KEPT: None}
    assert in_force(rules.LIMITS, [(Quota.KEPT, 5), (Quota.WRITING, 3), (Quota.KEPT, None)])[Quota.KEPT] is None


@pytest.mark.parametrize(("now", "seconds"), [
    (datetime(2026, 3, 2, 0, 0, tzinfo=UTC), 86_400), (datetime(2026, 3, 2, 23, 59, 59, 1, tzinfo=UTC), 1),
])  # fmt: skip
def test_a_day_ends_at_midnight_utc(now: datetime, seconds: int) -> None:
    assert rules.until_tomorrow(now) == seconds


# -- services ----------------------------------------------------------------------------------------------------------


def test_who_sets_limits(session: Session) -> None:
    assert [role for role in Role if may(role, Permission.EXPORTS_LIMIT)] == [Role.ADMIN]
    with pytest.raises(Invalid) as wrong:
        limit(session, writing="0", versions_per_day="many", bytes_kept="-1", nonsense="3")
    assert [each.field for each in wrong.value.problems] == ["writing", "versions_per_day", "bytes_kept", "nonsense"]
    limit(session, writing="5", bytes_kept="1,000,000", versions_per_day="20")
    limit(session, bytes_kept="")
    assert quotas.limits(session)[Quota.WRITING] == 5 and quotas.limits(session)[Quota.KEPT] is None
    said = session.scalars(select(AuditEntry.fields).where(AuditEntry.act == "limit.set").order_by(AuditEntry.id))
    assert said.all() == [
        '{"name":"writing","value":5}', '{"name":"bytes_kept","value":1000000}', '{"name":"bytes_kept","value":null}',
    ]  # fmt: skip


def test_a_project_has_so_many_versions_written_at_once(session: Session) -> None:
    project, other = add_project(session), add_project(session)
    first = ask(session, project, project.created_by)
    ask(session, project, add_user(session).id)
    with pytest.raises(OverQuota, match=r"2 versions .* 2 at once are allowed.*Ask an administrator") as reached:
        ask(session, project, add_user(session).id)
    assert (reached.value.status, reached.value.retry_after) == (429, 60)
    ask(session, other, project.created_by)
    service.fail(session, first.id, "The disk is full.", NOW)
    assert ask(session, project, project.created_by).number == 3


def test_a_person_asks_for_so_many_versions_a_day(session: Session) -> None:
    limit(session, versions_per_day="2", writing="")
    one, two = add_project(session), add_project(session)
    me = one.created_by
    ask(session, one, me)
    ask(session, two, me)
    with pytest.raises(OverQuota, match=r"2 versions today, and 2 a day .* 00:00 UTC") as reached:
        ask(session, one, me)
    assert reached.value.retry_after == UNTIL_TOMORROW
    ask(session, one, two.created_by)
    ask(session, one, me, NOW + DAY)


def test_bytes_of_a_day_are_counted_once_and_limited(session: Session) -> None:
    export = add_version(session, add_project(session))
    me, other = add_user(session).id, add_user(session).id
    limit(session, bytes_per_day="100")
    take(session, export, me, (0, 60))
    take(session, export, me, (40, 90))  # it broke off at 60, and somebody went on from 40
    take(session, export, me, (0, 90))
    assert quotas.taken_today(session, me, NOW) == 90
    with pytest.raises(OverQuota, match=r"would take 20 bytes\. You have taken 90 of the 100") as reached:
        take(session, export, me, (0, 20), file="b")
    assert reached.value.retry_after == UNTIL_TOMORROW
    assert downloads(session) == 3, "what was refused is not on the record as taken"
    take(session, export, me, (0, 10), file="b")
    take(session, export, other, (0, 100))
    take(session, export, me, (0, 100), now=NOW + DAY)


def test_the_data_folder_holds_so_much(session: Session) -> None:
    project = add_project(session)
    add_version(session, project, bytes=70)
    made = add_version(session, project, state=ExportState.WRITING)
    limit(session, bytes_kept="100")
    with pytest.raises(OverQuota, match=r"This version has 31 bytes\. Finished versions hold 70 of the 100") as reached:
        quotas.keep(session, made.id, 31)
    assert reached.value.retry_after is None
    quotas.keep(session, made.id, 30)
    made.state = ExportState.DONE
    made.folder = "exports/x"
    session.flush()
    with pytest.raises(OverQuota, match="hold 100 of the 100"):
        ask(session, project, project.created_by)


def test_what_was_taken_is_forgotten_after_two_days(session: Session) -> None:
    take(session, add_version(session, add_project(session)), add_user(session).id, (0, 5))
    for days, left in ((1, 1), (2, 0)):
        quotas.forget(session, NOW + days * DAY)
        assert session.scalar(select(func.count()).select_from(ExportTaking)) == left


# -- at once -----------------------------------------------------------------------------------------------------------


def at_once(works: list[Callable[[Session], object]]) -> list[bool]:
    """Which of these, all begun at the same moment, were let through."""
    barrier = threading.Barrier(len(works))

    def start(work: Callable[[Session], object]) -> bool:
        barrier.wait()
        try:
            repeated(work)
        except OverQuota:
            return False
        return True

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(start, works))


def test_the_last_place_goes_to_one(database: Database) -> None:
    with transaction() as session:
        projects, me = [add_project(session) for _ in range(3)], add_user(session).id
        people = [add_user(session).id for _ in range(3)]
        ask(session, projects[0], me)
        limit(session, versions_per_day="2")
    done = at_once([lambda s, to=to: ask(s, to, me) for to in projects])  # type: ignore[misc]
    assert done.count(True) == 1, "a person's last version of the day"
    with transaction() as session:
        empty = add_project(session)
        ask(session, empty, add_user(session).id)
    done = at_once([lambda s, who=who: ask(s, empty, who) for who in people])  # type: ignore[misc]
    assert done.count(True) == 1, "a project's last place"


def test_the_last_bytes_go_to_one_request(database: Database) -> None:
    with transaction() as session:
        export, me = add_version(session, add_project(session)), add_user(session).id
        limit(session, bytes_per_day="100")

    def taking(file: str) -> Callable[[Session], None]:
        return lambda session: take(session, session.get_one(Export, export.id), me, (0, 60), file)

    assert at_once([taking(file) for file in "abc"]).count(True) == 1
    assert at_once([taking("a"), taking("a")]).count(True) in (0, 2), "the same bytes twice are those bytes once"
    with reading() as session:
        assert quotas.taken_today(session, me, NOW) == 60


def test_of_two_versions_that_are_done_at_once_one_has_the_room(database: Database) -> None:
    with transaction() as session:
        project = add_project(session)
        made = [add_version(session, project, state=ExportState.WRITING).id for _ in range(2)]
        limit(session, bytes_kept="100")

    def finishing(export_id: UUID) -> Callable[[Session], None]:
        def work(session: Session) -> None:
            quotas.keep(session, export_id, 60)
            export = session.get_one(Export, export_id)
            export.state, export.folder = ExportState.DONE, "exports/x"

        return work

    assert at_once([finishing(each) for each in made]).count(True) == 1
