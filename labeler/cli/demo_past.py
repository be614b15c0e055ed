"""The demo's last quarter: two made-up vendors at work, so that there is something to report on and to audit.

People work one after the other, by the same services as everybody; only the time is told to them. One vendor keeps to
the standard as far as it can here, the other pays late.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.assignment.leaving import close_left
from labeler.assignment.models import Assignment
from labeler.assignment.service import Handed, hand_out, opt_out, reveal, take_break, work_on
from labeler.db import transaction
from labeler.jobs import looking_at_itself
from labeler.jobs.retention import coarsen_timings
from labeler.judgments.service import submit
from labeler.pay import closing, settling
from labeler.pay.models import PayPeriod
from labeler.projects.models import Lane, Task
from labeler.wellbeing import training
from labeler.wellbeing.models import OptOutScope
from labeler.wellbeing.service import give_consent
from labeler.workforce.models import Vendor
from labeler.workforce.service import add_labeler
from tasks.content import SENSITIVE

LAKESIDE = ("Lena", "Luis", "Lindiwe", "Lotte", "Lamin", "Leila", "Lorenzo", "Lusia", "Liang", "Ludo", "Lulu", "Laszlo")
HARBOUR = ("Hana", "Hugo", "Halima", "Henrik", "Hoa", "Hector", "Helmi")
ZONES = {"Lena": "Europe/Berlin", "Luis": "America/Bogota", "Lindiwe": "Africa/Johannesburg"}
DAYS = (8, 31, 52, 73)
"""On which days of the quarter everybody comes."""
ANSWERS = 4
COPIES, EASY = 6, 2
"""How often each task is asked in the quarter, with other numbers: the hard ones, and the easy ones."""
HARD_SHARE = 0.3
"""Five of forty tasks are hard: 30 of 100 when hard ones come six times and easy ones twice."""
WEEK = timedelta(days=7)


@dataclass
class Story:
    """What time it is in the story, and who pays late."""

    now: datetime
    start: datetime
    end: datetime
    secret: bytes
    """What made-up names in the self-checks are made with."""
    late: frozenset[UUID] = frozenset()
    answers: int = 0


def people(session: Session, admin: UUID, vendor: Vendor, names: Sequence[str], at: datetime) -> list[UUID]:
    """Labelers of a vendor. Who is named in the demo's own list keeps its address."""
    return [
        add_labeler(
            session, admin, f"{name.lower()}@example.org", name, vendor, ["en"], at, contract_from=at.date(),
            time_zone=ZONES.get(name, "UTC"),
        ).id
        for name in names
    ]  # fmt: skip


def rows(plain: str) -> Iterator[str]:
    """The demo's comparison tasks several times over, each copy with a number: enough for a quarter."""
    for number in range(1, COPIES + 1):
        for row in map(orjson.loads, plain.splitlines()):
            if number > EASY and not row["categories"]:
                continue
            row["id"] = f"past-{number}-{row['id']}"
            row["prompt"][-1]["content"] += f"\n\n(Made up; question {number} like it.)"
            yield orjson.dumps(row).decode() + "\n"


def prepare(story: Story, labelers: Sequence[UUID], *, opted_out: int) -> None:
    """Everybody is trained and says yes to hard content; the last of them opt out of it."""
    for place, who in enumerate(labelers):
        with transaction() as session:
            training.start(session, who, story.now)
        story.now += timedelta(minutes=6)
        with transaction() as session:
            training.finish(session, who, story.now)
            for category in ("W01", "W05", "W06", "W10"):
                give_consent(session, who, category, 2, story.now)
            if place >= len(labelers) - opted_out:
                opt_out(session, who, OptOutScope.SENSITIVE, story.now)


def run(story: Story, vendors: Sequence[tuple[UUID, UUID]], labelers: Sequence[UUID], upto: datetime) -> None:
    """The quarter, and what is paid for it until `upto`: on `DAYS` everybody works, and then the product looks at
    itself; each week has its pay day.

    `vendors` are vendors and who marks their statements as paid.
    """
    agenda = [(story.start + timedelta(days=day, hours=7), "work") for day in DAYS]
    agenda += [(at, "pay") for at in pay_days(story.start, min(upto, story.end + 7 * WEEK))]
    agenda += [(at + timedelta(hours=12), "look") for at, _ in agenda[: len(DAYS)]]
    for at, what in sorted(agenda):
        story.now = max(story.now, at)
        if what == "work":
            _work(story, labelers)
        elif what == "pay":
            pay_day(story.now, vendors, labelers, story.late)
        else:
            coarsen_timings(story.now)
            looking_at_itself.look(story.now, story.secret)


def _work(story: Story, labelers: Sequence[UUID]) -> None:
    for who in labelers:
        _shift(story, who)
    story.now += timedelta(minutes=62)
    for who in labelers:
        with transaction() as session:
            close_left(session, who, story.now)
    _settle(story.now, labelers)


def _shift(story: Story, who: UUID) -> None:
    for number in range(ANSWERS):
        if not _answer(story, who):
            return
        if number == ANSWERS // 2:
            with transaction() as session:
                take_break(session, who, story.now)
            story.now += timedelta(minutes=11)
            with transaction() as session:
                work_on(session, who, story.now)


def _answer(story: Story, who: UUID) -> bool:
    story.now += timedelta(seconds=2)
    with transaction() as session:
        handed = hand_out(session, who, story.now)
        if not isinstance(handed, Handed):
            return False
        severity = session.scalars(
            select(Lane.severity)
            .join(Task, Task.lane_id == Lane.id)
            .join(Assignment, Assignment.task_id == Task.id)
            .where(Assignment.id == handed.assignment_id)
        ).one()
    if severity >= SENSITIVE:
        story.now += timedelta(seconds=4)
        with transaction() as session:
            reveal(session, who, handed.assignment_id, story.now)
    story.answers += 1
    story.now += timedelta(
        seconds=40 + story.answers * 37 % 70
    )  # neither all alike nor drawn: the demo is the same each time
    with transaction() as session:
        choice = {"choice": [("a2", "b1", "a1", "b2")[story.answers * 7 % 4]]}
        submit(session, who, handed.assignment_id, choice, f"demo-{handed.assignment_id.hex}", story.now)
    return True


def pay_days(start: datetime, until: datetime) -> Iterator[datetime]:
    """When the weeks from `start` on are paid: each on the Wednesday after it."""
    at = start - timedelta(days=start.weekday()) + WEEK + timedelta(days=2, hours=6)
    while at < until:
        yield at
        at += WEEK


def pay_day(
    now: datetime, vendors: Sequence[tuple[UUID, UUID]], labelers: Sequence[UUID], late: Collection[UUID]
) -> None:
    """A pay day: the statements of the weeks that are over are made, and paid two days after the week; by vendors that
    pay late, a month after. `vendors` are vendors and who marks their statements as paid."""
    _settle(now, labelers)
    with transaction() as session:
        for who in labelers:
            closing.close(session, who, now)
    for vendor_id, manager in vendors:
        after = timedelta(days=33 if vendor_id in late else 2)
        with transaction() as session:
            due = select(PayPeriod.id).where(
                PayPeriod.vendor_id == vendor_id, PayPeriod.paid_at.is_(None), PayPeriod.until_at <= now - after
            )
            for statement in session.scalars(due.order_by(PayPeriod.until_at)).all():
                closing.mark_paid(session, manager, statement, now, "made-up transfer", now)


def _settle(now: datetime, labelers: Sequence[UUID]) -> None:
    """Time becomes lines of pay, as it does each half minute."""
    with transaction() as session:
        settling.add_marks(session)
        for who in labelers:
            while settling.settle(session, who, now, now).more:
                pass
