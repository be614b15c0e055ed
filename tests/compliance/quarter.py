"""A quarter of work by several vendors, done by the services as people and clocks would do it, and sealed.

Labelers work one after the other, so that the record is in the order of time. Whoever cheats does so around the
product, by hand in the database, or by what its roles allow: see `test_cheats`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Role
from labeler.accounts.service import add_user
from labeler.assignment.leaving import close_left
from labeler.assignment.models import Assignment
from labeler.assignment.service import Handed, hand_out, opt_out, reveal, take_break, work_on
from labeler.audit.logs import PLATFORM
from labeler.cli.demo_past import pay_day, pay_days
from labeler.compliance.events import Period
from labeler.db import transaction
from labeler.jobs.seal import seal_record
from labeler.judgments.service import submit
from labeler.pay.classes import FloorKind, Measure
from labeler.pay.terms import add_benchmark, set_place, set_rate
from labeler.projects.models import Lane, Project, Task
from labeler.wellbeing import training
from labeler.wellbeing.models import OptOutScope
from labeler.wellbeing.service import give_consent
from labeler.workforce.service import add_labeler, add_representative, add_vendor, add_vendor_manager
from tests.support.build import add_project, add_tasks

PERIOD = Period.quarter(2026, 3)
FOUNDED = PERIOD.start - timedelta(days=20)
CHOICE = {"choice": ["a2"]}
HARD = {"W06": 3}


@dataclass
class Firm:
    """A vendor and its people."""

    id: UUID
    name: str
    manager: UUID
    representative: UUID
    labelers: list[UUID]


@dataclass
class Quarter:
    """Who there is, and what time it is in the story."""

    folder: Path
    admin: UUID
    second: UUID
    researcher: UUID
    auditor: UUID
    officer: UUID
    firms: list[Firm] = field(default_factory=list)
    easy: UUID = PLATFORM
    hard: UUID = PLATFORM
    now: datetime = FOUNDED
    dice: random.Random = field(default_factory=lambda: random.Random(5))

    def seal(self) -> None:
        """Seal all that was written until now."""
        seal_record(self.now, folder=self.folder)


def found(folder: Path, sizes: Sequence[int], tasks: int = 4_000, *, easy: int = 40) -> Quarter:
    """People, vendors with so many labelers each, two projects: one with hard content, of priority 50, and an
    easy one of priority `easy`."""
    at = FOUNDED
    with transaction() as session:
        staff = {
            name: add_user(session, None, f"{name}@example.org", name.title(), role, at).id
            for name, role in (
                ("admin", Role.ADMIN), ("second", Role.ADMIN), ("researcher", Role.RESEARCHER),
                ("auditor", Role.AUDITOR), ("officer", Role.WELLBEING_OFFICER),
            )
        }  # fmt: skip
        made = Quarter(folder, staff["admin"], staff["second"], staff["researcher"], staff["auditor"], staff["officer"])
        floor = add_benchmark(
            session, made.admin, "Exampleland", FloorKind.LIVING, "one adult, made up", Measure.GROSS, 40, 1200, "XTS",
            date(2026, 5, 1), "Made up", "none", at,
        )  # fmt: skip
        for number, size in enumerate(sizes, 1):
            made.firms.append(_firm(session, made, number, size, floor.id, at))
        bread = add_project(session, overlap=1, name="Bread", created_by=made.researcher, now=at, priority=easy)
        hard = add_project(
            session, overlap=1, name="Harsh words", created_by=made.researcher, categories=HARD, sensitive_share=0.2,
            now=at, priority=50,
        )  # fmt: skip
        made.easy, made.hard = bread.id, hard.id
        add_tasks(session, bread, tasks, now=at)
        add_tasks(session, hard, tasks // 4, profile=HARD, now=at)
    made.seal()
    return made


def _firm(session: Session, made: Quarter, number: int, size: int, floor: UUID, at: datetime) -> Firm:
    vendor = add_vendor(session, made.admin, f"Vendor {number}", at)
    manager = add_vendor_manager(session, made.admin, f"manager{number}@example.org", f"Manager {number}", vendor, at)
    speaker = add_representative(session, made.admin, f"voice{number}@example.org", f"Voice {number}", vendor, at)
    set_rate(session, made.admin, vendor.id, 1500, "XTS", at + timedelta(minutes=1), at)
    set_place(session, made.admin, vendor.id, floor, at + timedelta(minutes=1), at)
    people = [
        add_labeler(
            session, made.admin, f"labeler{number}-{each}@example.org", f"L{number}-{each}", vendor, ["en"], at,
            contract_from=at.date(),
        ).id
        for each in range(size)
    ]  # fmt: skip
    return Firm(vendor.id, vendor.name, manager.id, speaker.id, people)


def prepare(made: Quarter, *, opted_out: int = 0) -> None:
    """Every labeler is trained and says yes to hard content, but the first `opted_out` of each firm opt out of it."""
    for firm in made.firms:
        for place, who in enumerate(firm.labelers):
            made.now += timedelta(minutes=7)
            with transaction() as session:
                training.start(session, who, made.now)
            made.now += timedelta(minutes=6)
            with transaction() as session:
                training.finish(session, who, made.now)
                give_consent(session, who, "W06", 3, made.now)
                if place < opted_out:
                    opt_out(session, who, OptOutScope.SENSITIVE, made.now)
    made.seal()


def run(
    made: Quarter, days: Sequence[int], *, answers: int = 5, late: Sequence[UUID] = (), until: datetime | None = None
) -> None:
    """The quarter. On each of these days (0 is its first) every labeler comes once, one after the other; each week has
    a pay day, two days after it, on which what is due is paid: a month after its week by vendors in `late`."""
    agenda: list[tuple[datetime, bool]] = [(PERIOD.start + timedelta(days=day, hours=6), True) for day in days]
    agenda += [(at, False) for at in pay_days(PERIOD.start, until or PERIOD.end + timedelta(days=49))]
    for at, working in sorted(agenda):
        made.now = max(made.now, at)
        if working:
            for who in everybody(made):
                a_shift(made, who, answers)
            made.now += timedelta(minutes=62)
            for who in everybody(made):
                with transaction() as session:
                    close_left(session, who, made.now)
        else:
            pay_what_is_due(made, late)
    made.seal()


def everybody(made: Quarter) -> list[UUID]:
    """Every labeler."""
    return [who for firm in made.firms for who in firm.labelers]


def a_shift(made: Quarter, who: UUID, answers: int, *, rests: bool = True) -> None:
    """A short shift of one labeler: some answers, a break of her own in the middle, and home."""
    for number in range(answers):
        if not _answers_one(made, who):
            break
        if rests and number == answers // 2:
            with transaction() as session:
                take_break(session, who, made.now)
            made.now += timedelta(minutes=11)
            with transaction() as session:
                work_on(session, who, made.now)


def _answers_one(made: Quarter, who: UUID) -> bool:
    made.now += timedelta(seconds=2)
    with transaction() as session:
        handed = hand_out(session, who, made.now)
        if not isinstance(handed, Handed):
            return False
        severity = session.scalars(
            select(Lane.severity)
            .join(Task, Task.lane_id == Lane.id)
            .join(Assignment, Assignment.task_id == Task.id)
            .where(Assignment.id == handed.assignment_id)
        ).one()
    if severity >= 2:
        made.now += timedelta(seconds=4)
        with transaction() as session:
            assert reveal(session, who, handed.assignment_id, made.now) is None
    made.now += timedelta(seconds=made.dice.randrange(40, 90))
    with transaction() as session:
        submit(session, who, handed.assignment_id, CHOICE, f"key-{handed.assignment_id.hex}", made.now)
    return True


def pay_what_is_due(made: Quarter, late: Sequence[UUID] = ()) -> None:
    """A pay day."""
    pay_day(made.now, [(firm.id, firm.manager) for firm in made.firms], everybody(made), late)


def more_work(made: Quarter, project: UUID, number: int) -> None:
    """More tasks for a project."""
    with transaction() as session:
        add_tasks(session, session.get_one(Project, project), number, now=made.now)


def in_utc(year: int, month: int, day: int, hour: int = 0) -> datetime:
    """A moment."""
    return datetime(year, month, day, hour, tzinfo=UTC)
