"""Kept as she wrote it, gone when she withdraws, and told of ten people only; on both databases."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from labeler.accounts.models import User
from labeler.audit.models import AuditEntry
from labeler.db import reading, transaction
from labeler.demographics import service
from labeler.demographics.models import PeopleTable, SelfDescription
from labeler.errors import Invalid
from labeler.jobs import retention
from labeler.workforce.models import Labeler
from tests.support.build import NOW, add_labeler, add_project
from tests.support.database import Database

DAY = timedelta(days=1)
WOMAN = {"gender": "woman", "in_tables": "yes"}


def labelers(session: Session, number: int) -> list[UUID]:
    return [add_labeler(session, ready=False).id for _ in range(number)]


def test_it_is_kept_changed_and_deleted_and_nothing_is_on_the_record(session: Session) -> None:
    (me,) = labelers(session, 1)
    before = session.scalar(select(func.count(AuditEntry.id)))
    assert service.mine(session, me) is None
    assert service.keep(session, me, {**WOMAN, "origin_words": "from the coast"}, NOW)
    first = service.mine(session, me)
    assert first is not None
    assert (first.gender, first.origin_words, first.agreed_on) == ("woman", "from the coast", NOW.date())
    assert service.keep(session, me, {"age": "65+", "on_rows": "yes"}, NOW)
    session.expire_all()
    again = service.mine(session, me)
    assert again is not None and (again.gender, again.age, again.in_tables) == (None, "65+", False)
    with pytest.raises(Invalid):
        service.keep(session, me, {"age": "65+"}, NOW)
    assert service.mine(session, me) is not None, "what was refused changes nothing"
    service.remove(session, me)
    service.remove(session, me)
    assert session.scalar(select(func.count()).select_from(SelfDescription)) == 0
    assert session.scalar(select(func.count(AuditEntry.id))) == before


def test_an_empty_form_keeps_nothing(session: Session) -> None:
    (me,) = labelers(session, 1)
    service.keep(session, me, WOMAN, NOW)
    assert not service.keep(session, me, {"gender": "", "in_tables": "yes"}, NOW)
    assert service.mine(session, me) is None


def test_a_table_is_of_those_who_agreed_and_goes_at_once_with_one_of_them(session: Session) -> None:
    project = add_project(session).id
    people = labelers(session, 14)
    for me in people[:9]:
        service.keep(session, me, WOMAN, NOW)
    for me in people[10:12]:
        service.keep(session, me, {"gender": "woman", "on_rows": "yes"}, NOW)
    service.renew_table(session, project, people, NOW)
    assert service.table(session, project, NOW) is None, "nine allowed it"
    service.keep(session, people[9], WOMAN, NOW)
    service.renew_table(session, project, people, NOW + DAY)
    made = service.table(session, project, NOW + DAY)
    assert made is not None
    assert (made["people"], made["values"]["gender"]) == (15, []), "four would be left over"
    assert service.table(session, project, NOW) is None, "it was made later"
    more = labelers(session, 10)
    for me in more[:9]:
        service.keep(session, me, WOMAN, NOW)
    service.renew_table(session, project, people + more, NOW + 2 * DAY)
    assert service.table(session, project, NOW + 2 * DAY) == made, "nine more change nothing"
    service.keep(session, more[9], WOMAN, NOW)
    service.renew_table(session, project, people + more + labelers(session, 6), NOW + 3 * DAY)
    newer = service.table(session, project, NOW + 3 * DAY)
    assert newer is not None and newer["values"]["gender"] == [{"value": "woman", "people": 20}]
    service.remove(session, more[3])
    assert service.table(session, project, NOW + 3 * DAY) is None
    service.renew_table(session, project, people + more, NOW + 4 * DAY)
    assert service.table(session, project, NOW + 4 * DAY) is None, "a new one would differ by her alone"
    assert session.scalar(select(func.count(PeopleTable.id))) == 2


def test_rows_are_told_of_those_who_agreed_and_are_ten_alike(session: Session) -> None:
    people = labelers(session, 13)
    for me in people[:10]:
        service.keep(session, me, {"gender": "woman", "on_rows": "yes"}, NOW)
    service.keep(session, people[10], {"gender": "man", "on_rows": "yes"}, NOW)
    service.keep(session, people[11], WOMAN, NOW)
    names = {me: f"name-{n}" for n, me in enumerate(people)}
    told = service.on_rows(session, names)
    assert told.keys() == {f"name-{n}" for n in range(11)}
    assert {row["gender"] for row in told.values()} == {None}, "one man would be left: he hides among the others"
    service.remove(session, people[10])
    told = service.on_rows(session, names)
    assert [row["gender"] for row in told.values()] == ["woman"] * 10
    service.remove(session, people[0])
    assert service.on_rows(session, names) == {}


def test_two_accounts_of_one_person_count_once(session: Session) -> None:
    project = add_project(session).id
    people = labelers(session, 10)
    for me in people:
        service.keep(session, me, {**WOMAN, "on_rows": "yes"}, NOW)
    names = {me: f"name-{n}" for n, me in enumerate(people)}
    assert len(service.on_rows(session, names)) == 10
    session.execute(update(Labeler).where(Labeler.id == people[9]).values(person_id=people[0]))
    assert service.on_rows(session, names) == {}
    service.renew_table(session, project, people, NOW)
    assert service.table(session, project, NOW) is None


def test_a_yes_to_older_words_is_none(session: Session) -> None:
    project = add_project(session).id
    people = labelers(session, 30)
    for me in people[:20]:
        service.keep(session, me, {**WOMAN, "on_rows": "yes"}, NOW)
    service.renew_table(session, project, people, NOW)
    names = {me: f"name-{n}" for n, me in enumerate(people)}
    assert service.table(session, project, NOW) and service.on_rows(session, names)
    session.execute(update(SelfDescription).values(text_version=0))
    assert service.table(session, project, NOW) is None
    assert service.on_rows(session, names) == {}


def test_it_is_deleted_when_the_account_has_been_closed_for_thirty_days(database: Database) -> None:
    with transaction() as session:
        me, other = labelers(session, 2)
        for each in (me, other):
            service.keep(session, each, WOMAN, NOW)
        session.execute(update(User).where(User.id == me).values(disabled_at=NOW))
    retention.forget(NOW + 29 * DAY)
    with reading() as session:
        assert service.mine(session, me) is not None
    retention.forget(NOW + 31 * DAY)
    with reading() as session:
        assert service.mine(session, me) is None
        assert service.mine(session, other) is not None
