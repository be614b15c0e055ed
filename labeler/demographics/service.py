"""Keeping and removing what a labeler says about herself, and making tables of it.

Nothing of it is on the record: an entry would outlive what was withdrawn.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from labeler.demographics import rules
from labeler.demographics.models import PeopleTable, SelfDescription
from labeler.workforce.models import Labeler

PIECE = 500
"""Keys in one statement."""
_AGREED = SelfDescription.text_version == rules.TEXT_VERSION
"""A yes to older words is none: it is used again when she saves the page as it is now."""


def mine(session: Session, labeler_id: UUID) -> SelfDescription | None:
    """What this labeler has said, for her own page."""
    return session.scalar(select(SelfDescription).where(SelfDescription.labeler_id == labeler_id))


def keep(session: Session, labeler_id: UUID, form: Mapping[str, str], now: datetime) -> bool:
    """Keep what the form says instead of what was there; False when it says nothing, and nothing is kept.

    Raises Invalid naming every problem.
    """
    described = rules.read(form)
    me = session.scalar(  # two tabs, one after another
        select(Labeler).where(Labeler.id == labeler_id).with_for_update().execution_options(populate_existing=True)
    )
    remove(session, labeler_id)
    if described.is_empty or me is None or me.erased_at is not None:
        return False
    session.add(
        SelfDescription(
            id=uuid4(),
            labeler_id=labeler_id,
            text_version=rules.TEXT_VERSION,
            agreed_on=now.date(),
            in_tables=described.in_tables,
            on_rows=described.on_rows,
            **described.columns,
        )
    )
    session.flush()
    return True


def remove(session: Session, labeler_id: UUID) -> None:
    """Withdraw: the row is deleted, not marked. Doing it twice is no harm."""
    session.execute(delete(SelfDescription).where(SelfDescription.labeler_id == labeler_id))


def renew_table(session: Session, project_id: UUID, people: Collection[UUID], now: datetime) -> None:
    """Make a project's next table of these people, everybody who judged in it, where it may have one.

    The caller holds the project's row. The last one stays until ten people came, or went, or changed what they say.
    """
    described = _of(session, people, SelfDescription.in_tables)
    counted = sorted(str(each.id) for each in described)
    earlier = session.scalars(
        select(PeopleTable.counted)
        .where(PeopleTable.project_id == project_id)
        .order_by(PeopleTable.made_at, PeopleTable.id)
    ).all()
    if (earlier and earlier[-1] == counted) or not rules.may_be_new(earlier, counted):
        return
    counts = rules.tables([rules.said(vars(each)) for each in described], _persons(session, people))
    if counts is not None:
        session.add(PeopleTable(project_id=project_id, made_at=now, counts=counts, counted=counted))
        session.flush()


def table(session: Session, project_id: UUID, asked_at: datetime) -> dict[str, Any] | None:
    """The project's table as an export asked for at `asked_at` tells it.

    None when there is none, and when somebody it counted has withdrawn or changed what she said: at once, and until
    ten people did so and it can be made anew.
    """
    last = _last(session, project_id, asked_at)
    if last is None:
        return None
    there = 0
    for ids in _pieces([UUID(each) for each in last.counted]):
        wanted = select(func.count()).select_from(SelfDescription).where(SelfDescription.id.in_(ids), _AGREED)
        there += session.execute(wanted).scalar_one()
    if there < len(last.counted):
        return None
    return {**rules.in_order(last.counts), "made_in": f"{last.made_at:%Y-%m}"}


def to_measure(
    session: Session, project_id: UUID, asked_at: datetime
) -> tuple[PeopleTable, dict[UUID, rules.Said]] | None:
    """The table that an export asked for at `asked_at` tells, where the agreement of its groups is not in it yet; with
    what each account says of those whom it counted, and of their other accounts. None where there is nothing to do."""
    if table(session, project_id, asked_at) is None:
        return None
    last = _last(session, project_id, asked_at)
    if last is None or rules.AGREEMENT in last.counts:
        return None
    said: dict[UUID, rules.Said] = {}
    for ids in _pieces([UUID(each) for each in last.counted]):
        described = select(SelfDescription, Labeler.person_id).join(Labeler, Labeler.id == SelfDescription.labeler_id)
        for each, person in session.execute(described.where(SelfDescription.id.in_(ids))):
            said[person] = rules.said(vars(each))
    accounts: dict[UUID, rules.Said] = {}
    for ids in _pieces(said):
        rows = session.execute(select(Labeler.id, Labeler.person_id).where(Labeler.person_id.in_(ids)))
        accounts |= {account: said[person] for account, person in rows}
    return last, accounts


def keep_agreement(session: Session, table_id: UUID, found: Any) -> None:
    """Put the agreement of its groups into a table, once: every later version repeats it."""
    last = session.get_one(PeopleTable, table_id, with_for_update=True, populate_existing=True)
    if rules.AGREEMENT not in last.counts:
        last.counts = {**last.counts, rules.AGREEMENT: found}
        session.flush()


def on_rows(session: Session, people: Mapping[UUID, str]) -> dict[str, dict[str, str | None]]:
    """What rows may say of those who agreed to it, by the names that the export has for them."""
    described = _of(session, people, SelfDescription.on_rows)
    return rules.generalised({people[each.labeler_id]: rules.said(vars(each)) for each in described})


def _last(session: Session, project_id: UUID, at: datetime) -> PeopleTable | None:
    return session.scalar(
        select(PeopleTable)
        .where(PeopleTable.project_id == project_id, PeopleTable.made_at <= at)
        .order_by(PeopleTable.made_at.desc(), PeopleTable.id.desc())
        .limit(1)
    )


def _of(session: Session, people: Collection[UUID], use: InstrumentedAttribute[bool]) -> list[SelfDescription]:
    """What these labelers say and allow for this use, once for each person: two accounts may be one (BRK-10)."""
    found: dict[UUID, SelfDescription] = {}
    for ids in _pieces(people):
        wanted = select(SelfDescription, Labeler.person_id).join(Labeler, Labeler.id == SelfDescription.labeler_id)
        for each, person in session.execute(wanted.where(SelfDescription.labeler_id.in_(ids), _AGREED, use)):
            if person not in found or each.labeler_id < found[person].labeler_id:
                found[person] = each
    return list(found.values())


def _persons(session: Session, people: Collection[UUID]) -> int:
    """How many persons these accounts are."""
    found: set[UUID] = set()
    for ids in _pieces(people):
        found.update(session.scalars(select(Labeler.person_id).where(Labeler.id.in_(ids))))
    return len(found)


def _pieces(keys: Collection[UUID]) -> Iterator[list[UUID]]:
    listed = sorted(keys)
    return (listed[n : n + PIECE] for n in range(0, len(listed), PIECE))
