"""Erasing a person: one act with one transaction, after which nothing of hers is used; `removing` takes the rows away.

What was an answer goes, in every version of it. What is owed is settled first and stays, under a made-up name.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, literal, select, update
from sqlalchemy.orm import Session

from labeler.accounts.models import ApiKey, ApiReply, SignInLink, SignInSession, User
from labeler.assignment.ending import Ended, end
from labeler.assignment.exposure import settle_lapsed
from labeler.assignment.models import Assignment, AssignmentState
from labeler.audit.service import Entry, record_all
from labeler.db import table
from labeler.erasure.models import Erasure
from labeler.erasure.removing import close_cases, remove_choices
from labeler.erasure.rules import CLOSED, made_up, no_address, reason_problems, without
from labeler.errors import Conflict, Invalid, Missing
from labeler.exports.withdrawn import mark_erased
from labeler.jobs.outbox import enqueue
from labeler.judgments.models import Judgment, Withdrawal
from labeler.pay.models import PayContest, PayLine, PayPeriod, TimeLine
from labeler.pay.settling import settle
from labeler.wellbeing.clock import lock, save_clock
from labeler.wellbeing.models import WorkClock
from labeler.wellbeing.policies import limits_now
from labeler.wellbeing.rules import rested
from labeler.wellbeing.service import finish_break, open_break
from labeler.workforce.models import Labeler

JOB = "erase_person"


def erase(
    session: Session, labeler_id: UUID, now: datetime, by: UUID | None = None, reason: str | None = None
) -> tuple[str, UUID]:
    """Erase a labeler, in all accounts that are hers: because she asks (`by` is None), or by an administrator who
    carries out a request that came otherwise, and says how it came.

    Her open task goes back, what she has done becomes pay, open cases are closed; finished versions with her answers
    are marked. With this transaction she can't sign in, nothing can be done in her name, and no version that is yet to
    be finished has anything of hers. Returns the made-up name under which her pay stays, and the id of the job that
    removes the rows. It can't be undone. Raises Missing, Conflict when it was done before, Invalid for the reason.
    """
    accounts = _held(session, labeler_id)
    ids = [account.id for account in accounts]
    users = session.scalars(select(User).where(User.id.in_(ids)).order_by(User.id)).all()
    names = [each for user in users for each in (user.email, user.name)]
    if by is not None:
        problems = reason_problems(reason or "", names)
        if problems:
            raise Invalid("This person's data can't be erased yet.", problems)
    for key in ids:
        _end_work(session, key, now)
    for key in ids:
        while settle(session, key, now, now).more:
            pass
    # While her answers can still be found: afterwards nothing tells in which versions they were.
    for key in ids:
        mark_erased(session, key, now)
    closed = close_cases(session, ids, now)
    name = made_up(secrets.token_hex(3))
    _close_pay(session, ids, by or labeler_id, names, name, now)
    _take_out(session, ids, now)
    remove_choices(session, ids)
    session.execute(delete(WorkClock).where(WorkClock.person_id == accounts[0].person_id))
    _forget_accounts(session, accounts, users, name, now)
    person = accounts[0].person_id
    session.add(Erasure(person_id=person, asked_at=now, by_id=by, reason=reason.strip() if by and reason else None))
    session.flush()
    job = enqueue(session, JOB, now, person=str(person))
    facts = {each.id: {"herself": by is None, "cases": closed[each.id]} for each in accounts}
    entries = [Entry("person.erase", by or each.id, each.id, each.vendor_id, facts[each.id]) for each in accounts]
    record_all(session, entries, now)
    return name, job.id


def _held(session: Session, labeler_id: UUID) -> Sequence[Labeler]:
    """All accounts of the person, locked. Whoever joins accounts locks them in the same way, and before any clock."""
    person = session.scalar(select(Labeler.person_id).where(Labeler.id == labeler_id))
    rows = session.scalars(
        select(Labeler)
        .where(Labeler.person_id == person)
        .order_by(Labeler.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    if labeler_id not in {row.id for row in rows}:
        raise Missing("There is no such labeler. Only the data of people who label are erased here.")
    if any(row.erased_at is not None for row in rows):
        raise Conflict("This person's data were erased before.")
    return rows


def _end_work(session: Session, labeler_id: UUID, now: datetime) -> None:
    """Her open task goes back to the others, and her time until now is written down, so that it can be paid."""
    locked = lock(session, labeler_id)
    settle_lapsed(session, locked, now, whoever=True)
    held = session.scalar(
        select(Assignment)
        .where(Assignment.labeler_id == labeler_id, Assignment.state == AssignmentState.HELD)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if held is not None:
        end(session, locked, held, Ended.REVOKED, now)
    pause = open_break(session, locked)
    if pause is not None:
        finish_break(session, locked, pause.id, now, limits_now(session, now).platform)
    save_clock(session, locked, rested(locked.clock, now))


def _close_pay(
    session: Session, ids: Sequence[UUID], actor: UUID, names: Sequence[str], instead: str, now: datetime
) -> None:
    """What she wrote about her pay goes; an objection that is open is closed. Lines and statements are kept, as the law
    asks, without her name in their notes."""
    hers = PayContest.labeler_id.in_(ids)
    session.execute(
        update(PayContest)
        .where(hers, PayContest.answered_at.is_(None))
        .values(answer=CLOSED, answered_at=now, answered_by=actor)
    )
    session.execute(update(PayContest).where(hers).values(says="", answer=CLOSED))
    for model, column in ((TimeLine, TimeLine.note), (PayLine, PayLine.note), (PayPeriod, PayPeriod.reference)):
        rows = session.execute(select(model.id, column).where(model.labeler_id.in_(ids), column != "")).all()
        for key, text in rows:
            plain = without(text or "", names, instead)
            if plain != text:
                session.execute(update(model).where(model.id == key).values({column.key: plain}))


def _take_out(session: Session, ids: Sequence[UUID], now: datetime) -> None:
    """From this moment no look and no page counts her answers: they stand as withdrawn until their rows are gone."""
    out = select(Withdrawal.assignment_id)
    hers = select(Judgment.assignment_id, Judgment.labeler_id, literal(now, Withdrawal.at.type)).where(
        Judgment.labeler_id.in_(ids), Judgment.version == 1, Judgment.assignment_id.not_in(out)
    )
    session.execute(insert(table(Withdrawal)).from_select(["assignment_id", "labeler_id", "at"], hers))


def _forget_accounts(
    session: Session, accounts: Sequence[Labeler], users: Sequence[User], name: str, now: datetime
) -> None:
    """Name, address, and everything that lets her in."""
    ids = [user.id for user in users]
    keys = select(ApiKey.id).where(ApiKey.user_id.in_(ids))
    session.execute(delete(ApiReply).where(ApiReply.api_key_id.in_(keys)))
    for model in (ApiKey, SignInLink, SignInSession):
        session.execute(delete(model).where(model.user_id.in_(ids)))
    for user in users:
        user.name, user.email, user.password_hash = name, no_address(user.id), None
        user.disabled_at = user.disabled_at or now
    for account in accounts:
        account.erased_at = now
        account.languages, account.time_zone, account.payroll_hash = [], "UTC", None
        last = max(now.date(), account.contract_from)
        account.contract_until = min(account.contract_until or last, last)
    session.flush()
