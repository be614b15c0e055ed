"""A small world in which people work, choose, rest and come back, and the steps they can take in it.

Steps are plain tuples drawn beforehand, so that a run can be told again from its seed, and shortened when it fails.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, event, select, update

from labeler import db
from labeler.assignment.models import Assignment, AssignmentState
from labeler.assignment.resuming import resume
from labeler.assignment.service import (
    Nothing,
    expire,
    heartbeat,
    hide,
    opt_out,
    reveal,
    skip,
    take_break,
    undo_opt_out,
    withdraw_refused,
    work_on,
)
from labeler.db import glancing, reading, repeated, transaction
from labeler.errors import Conflict, Missing
from labeler.ids import new_id
from labeler.models import metadata
from labeler.projects.models import Lane, Project, Task
from labeler.projects.rules import ProjectState
from labeler.projects.service import pause
from labeler.projects.service import resume as open_again
from labeler.web.handing import answer_and_next, next_task
from labeler.wellbeing.models import Comfort, ExposurePool, OptOut, OptOutScope, Policy, Training, WorkClock
from labeler.wellbeing.rules import Stop
from labeler.wellbeing.service import end_consent, give_consent
from labeler.workforce.models import Restriction
from tests.faults.checker import Act, Violation
from tests.faults.invariants import broken
from tests.faults.rows import check
from tests.support.build import NOW, add_labeler, add_project, add_tasks, add_user, add_vendor
from tests.support.database import Database

SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=n) for n in (1, 60, 3_600, 86_400))
FORM = {"choice": ["a2"]}
CODES = ("W06", "W10")
STARTS = (NOW, datetime(2026, 3, 28, 19, 0, tzinfo=UTC), datetime(2026, 10, 24, 21, 30, tzinfo=UTC))
"""A Monday morning, and the evenings before the clocks change in Berlin."""
WAITS = {
    "brisk": (20, 60, 150, 300, 420, 590, 601, 960),
    "steady": (120, 400, 540, 540, 590, 601, 700, 1_000, 1_799, 1_860),
    "days": (300, 590, 601, 1_860, 2 * 3_600, 11 * 3_600, 25 * 3_600, 36 * 3_600, 100 * 3_600),
    "jumpy": (60, 540, 590, 601, -20, -120, -290, 1_700),
}
TIGHT = (
    ("break_stop", 20), ("break_stop", 45), ("break_length", 20), ("severe_break_after", 5),
    ("severe_break_length", 15), ("day_rest_after", 60), ("day_rest_length", 45), ("day_hours", 45), ("day_hours", 120),
    ("week_hours", 90),
    ("daily_rest", 800), ("weekly_rest", 4_000), ("severe_day", 4), ("severe_day", 15), ("severe_week", 12),
    ("disturbing_day", 8), ("run_minutes", 3), ("run_tasks", 2), ("run_quiet", 30), ("share_least", 5),
    ("night_from", 18), ("night_until", 10), ("consent_days", 1),
)  # fmt: skip
LOOSE = (
    ("break_stop", 90), ("break_length", 5), ("severe_break_after", 45), ("severe_break_length", 5),
    ("day_hours", 600), ("severe_day", 120), ("run_minutes", 30), ("run_quiet", 5), ("night_from", 24),
    ("daily_rest", 500), ("day_rest_length", 20), ("share_least", 200),
)  # fmt: skip

Step = tuple[str, int, int]
"""What is done, by which account, and a number that says more."""

WEIGHTS = {
    "wait": 26, "ask": 7, "task": 13, "answer": 7, "show": 6, "hide": 4, "beat": 4, "skip": 2, "no": 2, "undo": 3,
    "yes": 2, "end_yes": 1, "rest": 2, "go_on": 4, "tight": 2, "loose": 1, "restrict": 1, "lift": 1, "sweep": 3,
    "resume": 2, "pause": 1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class World:
    """Who and what there is. Accounts 0 and 1 are one person's."""

    people: tuple[UUID, ...]
    projects: tuple[UUID, ...]
    admin: UUID


def settle_the_world() -> World:
    """Make it, once."""
    with transaction() as session:
        vendor, admin = add_vendor(session, "Lake"), add_user(session)
        light = add_project(
            session, overlap=3, categories={"W06": 3, "W04": 4}, seconds_estimate=60, sensitive_share=0.5
        )
        hard = add_project(
            session, overlap=3, categories={"W10": 3, "W06": 2}, seconds_estimate=200, sensitive_share=0.5
        )
        for project, profile, n in (
            (light, {}, 10), (light, {"W06": 2}, 4), (light, {"W06": 3}, 16), (light, {"W04": 4}, 3),
            (hard, {"W10": 2}, 3), (hard, {"W10": 3}, 18), (hard, {"W06": 2, "W10": 3}, 6),
        ):  # fmt: skip
            add_tasks(session, project, n, profile=profile)
        zones = ("Europe/Berlin", "Europe/Berlin", "America/New_York", "UTC")
        people = [add_labeler(session, vendor=vendor, time_zone=zone, ready=False) for zone in zones]
        people[1].person_id = people[0].id
        people[3].contract_until = date(2026, 4, 20)
        for each, night in zip(people, (True, True, False, None), strict=True):
            session.add(Comfort(labeler_id=each.id, night=night))
        for each, days in zip(people, (900, 900, 900, 3), strict=True):
            session.add(Training(labeler_id=each.id, version=1, started_at=NOW, finished_at=NOW,
                                 expires_at=NOW + days * DAY))  # fmt: skip
        return World(tuple(each.id for each in people), (light.id, hard.id), admin.id)


class Stage:
    """A database that is set back to the world as it was made, before each run."""

    world: World

    def reset(self) -> None:
        """Forget what was done."""
        raise NotImplementedError


class SqliteStage(Stage):
    """One file that is overwritten from a copy in memory."""

    def __init__(self, template: Path, path: Path) -> None:
        path.write_bytes(template.read_bytes())
        self.engine = db.connect(f"sqlite:///{path}", pool=1)
        event.listen(self.engine, "connect", _hurry)
        self.world = settle_the_world()
        self.kept = sqlite3.connect(":memory:")
        with self.engine.connect() as connection:
            self._raw(connection).backup(self.kept)

    @staticmethod
    def _raw(connection: Any) -> sqlite3.Connection:
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        if raw.in_transaction:
            raw.execute("COMMIT")
        return raw

    def reset(self) -> None:
        raw = self.engine.raw_connection()
        try:
            assert isinstance(raw.driver_connection, sqlite3.Connection)
            self.kept.backup(raw.driver_connection)
        finally:
            raw.close()


def _hurry(connection: Any, _record: object) -> None:
    for pragma in ("synchronous=OFF", "journal_mode=MEMORY", "locking_mode=EXCLUSIVE", "cache_size=-16000"):
        connection.execute(f"PRAGMA {pragma}")


class AnyStage(Stage):
    """Any connected database: rows of a run are deleted, and what it changed is set back."""

    FRESH = ("task", "lane", "project", "labeler", "comfort", "training", "vendor", "user_account", "guideline",
             "batch", "task_content")  # fmt: skip

    def __init__(self, database: Database) -> None:
        self.database = database
        self.world = settle_the_world()
        with reading() as session:
            self.places = dict(session.execute(select(Task.id, Task.position)).all())
            self.tails = dict(session.execute(select(Lane.id, Lane.tail)).all())

    def reset(self) -> None:
        with self.database.in_hand() as session:
            for each in reversed(metadata.sorted_tables):
                if each.name not in self.FRESH:
                    session.execute(delete(each))
            session.execute(update(Project).values(state=ProjectState.LIVE))
            changed = session.scalars(select(Task).where(Task.handed > 0)).all()
            for task in changed:
                task.claims = task.handed = 0
                task.position = self.places[task.id]
            for lane in session.scalars(select(Lane)):
                lane.tail = self.tails[lane.id]


@contextmanager
def sqlite_stage(template: Path, folder: Path) -> Iterator[SqliteStage]:
    """A stage on SQLite in memory-backed storage where there is one."""
    fast = Path("/dev/shm")
    path = (fast if fast.is_dir() else folder) / f"care-{random.getrandbits(64):x}.db"
    stage = SqliteStage(template, path)
    try:
        yield stage
    finally:
        stage.engine.dispose()
        stage.kept.close()
        for left in path.parent.glob(f"{path.name}*"):
            left.unlink()


def draw(dice: random.Random, length: int = 50) -> list[Step]:
    """A run: how it is set up, and so many steps."""
    kinds, weights = list(WEIGHTS), list(WEIGHTS.values())
    busy = dice.choice(((0,), (0, 1), (0, 0, 1), (2,), (2, 3), (0, 1, 2, 3)))
    setup: list[Step] = [
        ("habit", dice.randrange(len(WAITS)), dice.getrandbits(16)),
        *(("yes_to_all", who, dice.choice((3, 3, 3, 2))) for who in range(4) if dice.random() < 0.85),
        *(("tight", 0, dice.getrandbits(16)) for _ in range(dice.choice((0, 1, 1, 2, 3)))),
    ]
    steps = dice.choices(kinds, weights, k=length)
    return setup + [(kind, dice.choice(busy), dice.getrandbits(16)) for kind in steps]


_HELD = select(Assignment.id).where(Assignment.labeler_id == bindparam("me"), Assignment.state == AssignmentState.HELD)


class Driver:
    """Does the steps of one run. `now` is the server's clock."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.now = NOW
        self.waits = WAITS["steady"]
        self.made = 0
        self.beats: list[Act] = []
        self.met: set[str | None] = set()
        """The rules that a refusal has named."""

    def run(self, steps: Sequence[Step]) -> None:
        for step in steps:
            self.do(step)

    def do(self, step: Step) -> None:
        """One step. That something is gone, taken or can't be done now is an answer like any other."""
        kind, who, number = step
        if kind not in ("habit", "wait"):
            self.now += SECOND
        try:
            getattr(self, kind)(who, number)
        except (Missing, Conflict):
            return

    def me(self, who: int) -> UUID:
        return self.world.people[who]

    def held(self, who: int) -> UUID | None:
        with glancing() as session:
            return session.scalar(_HELD, {"me": self.me(who)})

    def on_held(self, who: int, what: Callable[..., object]) -> object:
        key = self.held(who)
        return key and repeated(lambda session: what(session, self.me(who), key, self.now))

    # What a run begins with

    def habit(self, who: int, number: int) -> None:
        self.waits = list(WAITS.values())[who]
        self.now = STARTS[number % 3]
        with transaction() as session:
            first = 80 if number & 4 else 20
            session.execute(update(Project).where(Project.id == self.world.projects[1]).values(priority=first))
            if number & 8:
                session.add(ExposurePool(median_seconds=(number & 48) * 60, people=5, at=self.now))

    def yes_to_all(self, who: int, number: int) -> None:
        with transaction() as session:
            for code in CODES:
                give_consent(session, self.me(who), code, number, self.now)

    # Steps

    def wait(self, who: int, number: int) -> None:
        self.now += self.waits[number % len(self.waits)] * SECOND

    def ask(self, who: int, number: int) -> None:
        self.hear(next_task(self.me(who), self.now))

    def answer(self, who: int, number: int) -> None:
        key = self.held(who)
        if key is None:
            self.ask(who, number)
        else:
            self.hear(answer_and_next(self.me(who), key, FORM, f"the-key-{key.hex}", self.now).next)

    def hear(self, said: object) -> None:
        if isinstance(said, Nothing | Stop):
            self.met.add(said.rule)

    def task(self, who: int, number: int) -> None:
        """One task from its beginning to its end, its text shown, with time between."""
        if self.held(who) is None:
            self.ask(who, number)
        self.show(who, number)
        self.wait(who, number)
        self.answer(who, number)

    def show(self, who: int, number: int) -> None:
        self.hear(self.on_held(who, reveal))

    def hide(self, who: int, number: int) -> None:
        self.on_held(who, hide)

    def beat(self, who: int, number: int) -> None:
        key = self.held(who)
        if key is not None and repeated(lambda session: heartbeat(session, self.me(who), key, self.now)):
            self.beats.append(Act(new_id().int, self.now.timestamp(), "beat", self.me(who), key))

    def skip(self, who: int, number: int) -> None:
        self.on_held(who, skip)

    def no(self, who: int, number: int) -> None:
        scope = (OptOutScope.PROJECT, OptOutScope.CATEGORY, OptOutScope.SENSITIVE)[number % 3]
        project, code = self.world.projects[number // 3 % 2], CODES[number // 6 % 2]
        repeated(lambda session: opt_out(session, self.me(who), scope, self.now, project_id=project, category=code))

    def undo(self, who: int, number: int) -> None:
        with reading() as session:
            said = session.scalars(
                select(OptOut.id).where(
                    OptOut.labeler_id == self.me(who), OptOut.ended_at.is_(None), OptOut.scope != OptOutScope.TASK
                )
            ).all()
        if said:
            repeated(lambda session: undo_opt_out(session, self.me(who), said[number % len(said)], self.now))

    def yes(self, who: int, number: int) -> None:
        repeated(lambda session: give_consent(session, self.me(who), CODES[number % 2], 2 + number // 2 % 2, self.now))
        repeated(lambda session: withdraw_refused(session, self.me(who), self.now))  # as the page does

    def end_yes(self, who: int, number: int) -> None:
        repeated(lambda session: end_consent(session, self.me(who), CODES[number % 2], self.now))
        repeated(lambda session: withdraw_refused(session, self.me(who), self.now))

    def rest(self, who: int, number: int) -> None:
        repeated(lambda session: take_break(session, self.me(who), self.now))

    def go_on(self, who: int, number: int) -> None:
        repeated(lambda session: work_on(session, self.me(who), self.now))

    def tight(self, who: int, number: int) -> None:
        name, value = TIGHT[number % len(TIGHT)]
        project = (None, None, None, *self.world.projects)[number // 32 % 5]
        self.write(name, value, project, number, signed=False)

    def loose(self, who: int, number: int) -> None:
        name, value = LOOSE[number % len(LOOSE)]
        self.write(name, value, (None, self.world.projects[1])[number // 32 % 2], number, signed=True)

    def write(self, name: str, value: int, project: UUID | None, number: int, *, signed: bool) -> None:
        """A row of `policy`, as its service writes one; now and then from a later moment on."""
        self.made += 1
        begins = self.now + (number // 256 % 4 == 0) * 20 * MINUTE + timedelta(microseconds=self.made)
        with transaction() as session:
            session.add(
                Policy(
                    name=name, value=value, from_at=begins, made_at=self.now, made_by=self.world.admin,
                    project_id=project, signed_by="Dr. Example" if signed else None,
                    reason="A test." if signed else None, until_at=begins + 3 * HOUR if signed else None,
                )
            )  # fmt: skip
            session.execute(update(WorkClock).values(free_until=None))

    def restrict(self, who: int, number: int) -> None:
        project = (None, self.world.projects[number % 2])[number // 2 % 2]
        with transaction() as session:
            session.add(Restriction(labeler_id=self.me(who), from_at=self.now, project_id=project))

    def lift(self, who: int, number: int) -> None:
        with transaction() as session:
            for row in session.scalars(
                select(Restriction).where(Restriction.labeler_id == self.me(who), Restriction.until_at.is_(None))
            ):
                row.until_at = max(row.from_at, self.now)

    def sweep(self, who: int, number: int) -> None:
        repeated(lambda session: expire(session, self.now))

    def resume(self, who: int, number: int) -> None:
        with reading() as session:
            key = session.scalar(
                select(Assignment.id)
                .where(Assignment.labeler_id == self.me(who), Assignment.state == AssignmentState.EXPIRED)
                .order_by(Assignment.lease_until.desc())
                .limit(1)
            )
        if key is not None:
            repeated(lambda session: resume(session, self.me(who), key, self.now))

    def pause(self, who: int, number: int) -> None:
        project = self.world.projects[number % 2]
        with transaction() as session:
            if session.get_one(Project, project).state is ProjectState.LIVE:
                pause(session, self.world.admin, project, self.now)
            else:
                open_again(session, self.world.admin, project, self.now)


def played(stage: Stage, steps: Sequence[Step]) -> list[Violation | str]:
    """Do a run from the beginning, and hold the rows against the limits."""
    stage.reset()
    driver = Driver(stage.world)
    driver.run(steps)
    return found_in(driver)


def found_in(driver: Driver) -> list[Violation | str]:
    """The rows that a driver has left, held against the limits."""
    with reading() as session:
        jumped = any(seconds < 0 for seconds in driver.waits)
        return [*check(session, driver.beats), *broken(session, driver.now, jumped=jumped)]


def shortened(stage: Stage, steps: list[Step], rule: str) -> list[Step]:
    """The run without the steps that are not needed to break this rule."""
    size = max(1, len(steps) // 2)
    while size:
        at = 0
        while at < len(steps):
            fewer = steps[:at] + steps[at + size :]
            if any(rule_of(each) == rule for each in played(stage, fewer)):
                steps = fewer
            else:
                at += size
        size //= 2
    return steps


def rule_of(found: Violation | str) -> str:
    """What a finding is about."""
    return found.rule if isinstance(found, Violation) else found.split(":")[0]


def story(stage: Stage, steps: list[Step], found: list[Violation | str], seed: object) -> str:
    """What to say of a run that broke a rule."""
    rule = rule_of(found[0])
    short = shortened(stage, steps, rule)
    told = "\n".join(f"  {step!r}," for step in short)
    again = "\n".join(f"  {each}" for each in played(stage, short))
    return f"seed {seed}: {len(found)} findings, the first: {found[0]}\nshortened for {rule}:\n{told}\n{again}"
