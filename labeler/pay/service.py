"""What people add to pay: money beside the time, time the server can't see, objections and their answers.

Nothing here is told what a labeler declined (house rule 13), and nothing lowers the pay of finished work.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.errors import Conflict, FieldProblem, Forbidden, Invalid, Missing
from labeler.pay.beside import REPLYING, pay_asking
from labeler.pay.beside import add_time as add_time  # noqa: PLC0414 -- a verb of this room like those below
from labeler.pay.classes import PayKind
from labeler.pay.models import (
    OwnTime,
    PayContest,
    PayLine,
    PayPeriod,
    TimeLine,
)  # fmt: skip
from labeler.pay.rules import CLOSE_AFTER, WEEK, week_of
from labeler.pay.settling import hold, rates_of
from labeler.pay.sums import one_line
from labeler.workforce.models import Labeler, VendorManager

LONGEST_TEXT = 2_000
"""Characters of an objection, and of its answer."""
ANSWER_WITHIN = timedelta(days=7)
"""How soon an objection to a line is answered."""
MONEY_BY_HAND = (PayKind.BONUS, PayKind.FEE, PayKind.COST, PayKind.CORRECTION)


def add_money(
    session: Session,
    actor: UUID,
    labeler_id: UUID,
    kind: PayKind,
    amount: int | None,
    note: str,
    now: datetime,
    *,
    corrects: UUID | None = None,
) -> PayLine:
    """Add a bonus, a correction upwards, a fee or a cost to a labeler's present week.

    A correction names the line it corrects. There is none downwards: pay for finished work is not taken back (REJ-5).
    Raises Missing, Conflict without a rate, Invalid naming every problem.
    """
    if hold(session, labeler_id) is None:
        raise Missing("There is no such labeler.")
    problems = money_problems(kind, amount, note)
    time_line = session.get(TimeLine, corrects) if corrects else None
    pay_line = session.get(PayLine, corrects) if corrects and time_line is None else None
    line = time_line or pay_line
    if kind is PayKind.CORRECTION and (line is None or line.labeler_id != labeler_id):
        problems.append(FieldProblem("corrects", "Name the line that it corrects."))
    if problems or amount is None:
        raise Invalid("This line can't be added yet.", problems)
    rates = rates_of(session, labeler_id)
    if not rates:
        raise Conflict("There is no rate for this person yet. Set one first.")
    vendor_id = session.scalars(select(Labeler.vendor_id).where(Labeler.id == labeler_id)).one()
    made = PayLine(
        labeler_id=labeler_id,
        vendor_id=vendor_id,
        kind=kind,
        amount=amount,
        currency=rates[0].currency,
        period_from=week_of(now),
        written_at=now,
        by=actor,
        note=note.strip(),
        corrects_time_id=time_line.id if time_line else None,
        corrects_pay_id=pay_line.id if pay_line else None,
    )
    session.add(made)
    session.flush()
    record(session, "pay.line", actor, made.id, now, vendor_id, kind=kind, amount=amount)
    return made


def money_problems(kind: PayKind | None, amount: int | None, note: str) -> list[FieldProblem]:
    """What is wrong with a line of money by hand. Pure."""
    problems: list[FieldProblem] = []
    if kind not in MONEY_BY_HAND:
        problems.append(FieldProblem("kind", "Choose a bonus, a correction, a fee or a cost."))
    if amount is None or not 0 < amount < 10**12:
        problems.append(FieldProblem("amount", "Write an amount above zero. Pay is never lowered afterwards."))
    if not one_line(note):
        problems.append(FieldProblem("note", "Say in one line what it is for; the labeler reads it."))
    return problems


def say_own_time(session: Session, labeler_id: UUID, week: datetime, minutes: int | None, now: datetime) -> OwnTime:
    """Say how long a week was in all, by the labeler's own count: the present week, or the last until its statement.

    Raises Missing, Invalid for a length that no week has, Conflict for a week that is closed.
    """
    if hold(session, labeler_id) is None:
        raise Missing("There is no such labeler.")
    if minutes is None or not 1 <= minutes <= 7 * 24 * 60:
        raise Invalid("Write how long the week was.", [FieldProblem("hours", "Write it like 31:30.")])
    closed = session.scalar(select(PayPeriod.id).filter_by(labeler_id=labeler_id, from_at=week))
    if week != week_of(week) or week > now or now >= week + WEEK + CLOSE_AFTER or closed is not None:
        raise Conflict("This week has its statement already. If it lacks time, object to one of its lines.")
    said = OwnTime(labeler_id=labeler_id, period_from=week, seconds=minutes * 60, said_at=now)
    session.add(said)
    session.flush()
    vendor_id = session.scalars(select(Labeler.vendor_id).where(Labeler.id == labeler_id)).one()
    record(session, "pay.own", labeler_id, said.id, now, vendor_id, seconds=said.seconds)
    return said


def contest(session: Session, labeler_id: UUID, line_id: UUID, says: str, now: datetime) -> PayContest:
    """Object to a line of one's own, in paid time. An open objection to the same line is kept, not doubled.

    Raises Missing for a line that is not hers, Invalid for a text that is empty or too long.
    """
    time_line, pay_line = session.get(TimeLine, line_id), session.get(PayLine, line_id)
    line = time_line or pay_line
    if line is None or line.labeler_id != labeler_id:
        raise Missing("There is no such line of yours.")
    if not says.strip() or len(says) > LONGEST_TEXT or "\0" in says:
        problem = FieldProblem("words", f"Say what is wrong with this line, in at most {LONGEST_TEXT} characters.")
        raise Invalid("Say what is wrong.", [problem])
    hold(session, labeler_id)
    same = select(PayContest).where(
        (PayContest.time_line_id == line_id) | (PayContest.pay_line_id == line_id), PayContest.answered_at.is_(None)
    )
    if session.scalars(same).first() is not None:
        raise Conflict("You have objected to this line already. The answer comes on this page.")
    raised = PayContest(
        labeler_id=labeler_id,
        says=says.strip(),
        raised_at=now,
        due_at=now + ANSWER_WITHIN,
        time_line_id=time_line.id if time_line else None,
        pay_line_id=pay_line.id if pay_line else None,
    )
    session.add(raised)
    session.flush()
    record(session, "pay.contest", labeler_id, raised.id, now, line.vendor_id)
    pay_asking(session, labeler_id, raised.id, REPLYING, now)
    return raised


def answer_contest(
    session: Session, actor: UUID, contest_id: UUID, answer: str, now: datetime, *, amount: int | None = None
) -> PayContest:
    """Answer an objection, with a correction of `amount` where she is right. Who answers is not of her vendor.

    Raises Missing, Forbidden, Conflict when it has its answer, Invalid for an answer that is empty or too long.
    """
    raised = session.scalar(select(PayContest).where(PayContest.id == contest_id).with_for_update())
    if raised is None:
        raise Missing("There is no such objection.")
    vendor_id = session.scalars(select(Labeler.vendor_id).where(Labeler.id == raised.labeler_id)).one()
    if (
        actor == raised.labeler_id
        or session.get(VendorManager, actor) is not None
        or session.get(Labeler, actor) is not None
    ):
        raise Forbidden("An objection is answered by somebody who is not of the labeler's vendor.")
    if raised.answered_at is not None:
        raise Conflict("This objection has its answer already.")
    if not answer.strip() or len(answer) > LONGEST_TEXT or "\0" in answer:
        problem = FieldProblem("answer", f"Write the answer, in at most {LONGEST_TEXT} characters.")
        raise Invalid("Write an answer.", [problem])
    if amount is not None:
        line = raised.time_line_id or raised.pay_line_id
        made = add_money(
            session, actor, raised.labeler_id, PayKind.CORRECTION, amount, "After your objection", now, corrects=line
        )
        raised.correction_id = made.id
    raised.answer, raised.answered_at, raised.answered_by = answer.strip(), now, actor
    session.flush()
    record(session, "pay.answer", actor, raised.id, now, vendor_id, corrected=amount is not None)
    return raised
