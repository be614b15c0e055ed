"""Random vendors: a quarter's entries of both logs, in the order of time, with breaches here and there.

Nothing here knows a check. It writes what could stand in the record, likely and unlikely, so that two ways of counting
can be held against each other.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from labeler.audit.acts import ACTS
from labeler.compliance.events import Period
from tests.compliance import random_controls, random_day, random_money
from tests.compliance.events import Log, key

PERIOD = Period.quarter(2026, 3)
MINUTE, HOUR, DAY, WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(days=7)
PROFILES = ("", "", "", "W13:1", "W06:2", "W05:2,W06:3", "W06:3", "W04:4")


@dataclass
class World:
    """Who there is, and what was said until now, kept to be put in order at the end."""

    dice: random.Random
    vendor: UUID
    said: list[tuple[datetime, bool, str, UUID | None, UUID, dict[str, Any]]] = field(default_factory=list)
    ids: int = 10_000
    late: dict[int, timedelta] = field(default_factory=dict)
    """How long after its own time an entry of `said` was written, by its place there."""

    def new(self) -> UUID:
        self.ids += 1
        return key(self.ids)

    def say(
        self, at: datetime, act: str, actor: UUID | None, subject: UUID, *, platform: bool = False, **fields: Any
    ) -> None:
        """An entry. Fields that the act does not declare (any more) are left out, those that lack are empty."""
        whole = {name: fields.get(name) for name in ACTS[act]}
        self.said.append((at, platform, act, actor, subject, whole))

    def maybe(self, chance: float) -> bool:
        return self.dice.random() < chance


def make(seed: int, *, labelers: int | None = None, days: int = 4) -> tuple[Log, Log]:
    """The vendor's log and the platform's, of a random vendor."""
    dice = random.Random(seed)
    world = World(dice, key(50_000 + seed))
    admin, officer, second = key(1), key(2), key(3)
    people = [key(500 + number) for number in range(labelers or dice.randrange(2, 12))]
    projects = [key(600 + number) for number in range(2)]
    tasks = [key(700 + number) for number in range(60)]
    _found(world, admin, people, projects)
    for who in people:
        _choices(world, who, projects)
        for day in sorted(dice.sample(range(91), days)):
            _shift(world, who, PERIOD.start + day * DAY + dice.randrange(5, 20) * HOUR, projects, tasks, days)
        _money(world, who, admin)
        if world.maybe(0.4):
            _decided(world, who, admin, officer, second, projects[0])
    _watched(world, officer)
    random_day.add(world, people, projects, tasks)
    random_money.add(world, people, projects, tasks)
    random_controls.add(world, people, projects, tasks)
    return _in_order(world)


def _in_order(world: World) -> tuple[Log, Log]:
    own, platform = Log(world.vendor), Log()
    written = sorted(enumerate(world.said), key=lambda each: each[1][0] + world.late.get(each[0], timedelta()))
    for _, (at, of_platform, act, actor, subject, fields) in written:
        (platform if of_platform else own).add(act, at, actor, subject, **fields)
    return own, platform


def _found(world: World, admin: UUID, people: list[UUID], projects: list[UUID]) -> None:
    at = PERIOD.start - 60 * DAY
    world.say(at, "vendor.add", admin, world.vendor, name=f"Vendor {world.vendor.int % 1_000}")
    for who in people:
        world.say(
            at, "labeler.add", admin, who, languages=["en"], time_zone=world.dice.choice(["UTC", "Africa/Nairobi"]),
            contract_from="2026-01-01",
        )  # fmt: skip
        if world.maybe(0.1):
            world.say(at + HOUR, "labeler.payroll", admin, who, person=people[0])
    for project in projects:
        world.say(at, "project.create", admin, project, platform=True, slug=f"p{project.int % 100}", kind="comparison")
        world.say(at + HOUR, "project.publish", admin, project, platform=True, guideline_version=1)
    world.say(
        at, "benchmark.add", admin, world.new(), platform=True, place="Exampleland", kind="living", household="one",
        measure="gross", per_hour=1_200, currency="XTS", dated=world.dice.choice(["2026-05-01", "2024-05-01"]),
        hours_week=40, source="made up", licence="none",
    )  # fmt: skip
    world.say(
        at, "place.set", admin, world.new(), place="Exampleland", kind="living", household="one", measure="gross",
        from_at=at,
    )  # fmt: skip
    for name, value, signed in (("severe_day", 90, True), ("break_stop", 55, False)):
        if world.maybe(0.3):
            begins = PERIOD.start + world.dice.randrange(60) * DAY
            world.say(
                begins, "policy.set", admin, world.new(), platform=True, name=name, value=value, from_at=begins,
                until_at=begins + 20 * DAY if signed else None, signed=signed,
            )  # fmt: skip


def _choices(world: World, who: UUID, projects: list[UUID]) -> None:
    at = PERIOD.start - 10 * DAY + world.dice.randrange(30) * DAY
    if world.maybe(0.8):
        world.say(
            at, "training.finish", who, world.new(), version=1, expires_at=at + world.dice.choice([20, 365]) * DAY
        )
    for category in ("W05", "W06"):
        if world.maybe(0.8):
            given = world.new()
            world.say(
                at, "consent.give", who, given, category=category, severity=world.dice.choice([2, 3]), text_version=1,
                expires_at=at + 90 * DAY,
            )  # fmt: skip
            if world.maybe(0.2):
                world.say(at + 30 * DAY, "consent.end", who, given)
    if world.maybe(0.5):
        no = world.new()
        scope, target = world.dice.choice(
            [("sensitive", None), ("category", "W06"), ("project", str(projects[0])), ("task", str(key(701)))]
        )
        world.say(at, "opt_out.say", who, no, scope=scope, target=target)
        if world.maybe(0.4):
            world.say(at + 20 * DAY, "opt_out.undo", who, no)


def _shift(world: World, who: UUID, start: datetime, projects: list[UUID], tasks: list[UUID], days: int) -> None:
    at, dice = start, world.dice
    for _ in range(dice.randrange(3, 12)):
        at = _task(world, who, at, dice.choice(projects), dice.choice(tasks))
        if world.maybe(0.15):
            at = _pause(world, who, at)
        if world.maybe(0.03):
            world.say(at, "stand_down.start", who, (idle := world.new()), rule="EXP-1", until=at + HOUR)
            at += 20 * MINUTE
            world.say(at, "stand_down.end", who, idle)
    if world.maybe(0.95):
        world.say(at, "stretch.close", who, world.new(), from_at=start, until_at=at)


def _task(world: World, who: UUID, at: datetime, project: UUID, task: UUID) -> datetime:
    dice, given = world.dice, world.new()
    profile = dice.choice(PROFILES[:7] if world.maybe(0.998) else PROFILES)
    severity = max((int(each.split(":")[1]) for each in profile.split(",") if each), default=0)
    world.say(at, "assignment.hand_out", who, given, task=task, fence=1, project=project, profile=profile)
    shown = severity >= 2 and world.maybe(0.95)
    if shown:
        at += 3 * timedelta(seconds=1)
        world.say(at, "assignment.reveal", who, given, severity=severity, profile=profile)
    spent = dice.choice([40, 60, 90, 200, 1_500])
    at += timedelta(seconds=spent)
    if shown:
        world.say(at, "assignment.hide", who, given, seconds=spent)
    ending = dice.choice(["judgment.submit"] * 8 + ["assignment.skip", "assignment.revoke", "assignment.expire"])
    if ending == "judgment.submit":
        world.say(at, ending, who, world.new(), assignment=given, version=1, standing="counted", digest="00" * 32)
    else:
        world.say(at, ending, None if ending == "assignment.expire" else who, given)
    if world.maybe(0.04):
        world.say(
            at, "report.say", who, world.new(), task=task, category="W06", severity=dice.choice([2, 3]),
            raised=world.maybe(0.5),
        )  # fmt: skip
    return at


def _pause(world: World, who: UUID, at: datetime) -> datetime:
    rest, rule = world.new(), world.dice.choice([None, "BRK-1", "BRK-2"])
    until = at + 10 * MINUTE if rule else None
    world.say(at, "break.start", who, rest, rule=rule, until=until, paid_until=at + 30 * MINUTE)
    at += world.dice.choice([6, 10, 11, 12, 30]) * MINUTE
    if world.maybe(0.95):
        world.say(at, "break.end", who, rest)
    return at


def _money(world: World, who: UUID, admin: UUID) -> None:
    week = PERIOD.start - (PERIOD.start.weekday() * DAY)
    while week < PERIOD.end:
        if world.maybe(0.5):
            seconds, statement, made = world.dice.randrange(1, 40_000), world.new(), week + WEEK + HOUR
            floor = world.dice.choice([1_200, 1_200, 1_200, None])
            base = seconds * world.dice.choice([1_500, 1_500, 1_500, 900]) // 3_600
            world.say(
                made, "pay.close", None, statement, labeler=who, week=week, until_at=week + WEEK,
                due_at=week + 2 * WEEK, seconds=seconds, currency="XTS", floor=floor, base=base, bonus=0,
                correction=0, allowance=0, fee=world.dice.choice([0, 0, 0, 5]), cost=0, top_up=0, total=base,
            )  # fmt: skip
            if world.maybe(0.9):
                paid = week + WEEK + world.dice.choice([2, 3, 5, 20]) * DAY
                world.say(max(paid, made) + HOUR, "pay.pay", admin, statement, paid_at=paid)
        week += WEEK


def _decided(world: World, who: UUID, admin: UUID, officer: UUID, second: UUID, project: UUID) -> None:
    dice, at, case, review = world.dice, PERIOD.start + world.dice.randrange(60) * DAY, world.new(), world.new()
    if world.maybe(0.6):
        world.say(
            at, "not_used.mark", admin, case, judgment=world.new(), code="not-read", guideline_version=1, labeler=who,
            assignment=world.new(), batch=world.new(), evidence=dice.choice([0, 30]), rule=3,
            retry_until=at + 7 * DAY,
        )  # fmt: skip
        world.say(at + 8 * DAY, "not_used.effect", None, case)
    else:
        world.say(
            at, "restriction.make", admin, case, restriction=world.new(), project=project,
            from_at=at + dice.choice([1, 14]) * DAY, safety=False, labeler=who, notice=dice.choice([1, 14]) * 86_400,
            reasons=40,
        )  # fmt: skip
    if world.maybe(0.7):
        asked = at + DAY
        world.say(asked, "review.ask", who, review, cause="labeler", due_at=asked + 7 * DAY, case=case, first=admin)
        decided = asked + dice.choice([2, 6, 9]) * DAY
        world.say(
            decided, "review.decide", dice.choice([officer, second, admin]), review, outcome="changed",
            on_time=decided <= asked + 7 * DAY, cause="labeler", case=case, first=admin, asked_at=asked,
            due_at=asked + 7 * DAY, reasons=50,
        )  # fmt: skip


def _watched(world: World, officer: UUID) -> None:
    dice = world.dice
    if world.maybe(0.8):
        at, canary = PERIOD.start + 5 * DAY, world.new()
        world.say(at, "canary.run", None, canary, platform=True, kind="grievance", token="22" * 32)
        if world.maybe(0.8):
            world.say(
                at + 3 * DAY, "canary.answer", officer, canary, platform=True, kind="grievance", outcome="answered",
                seconds=259_200, about=str(canary), secret="33" * 16,
            )  # fmt: skip
    if world.maybe(0.5):
        at, grievance = PERIOD.start + dice.randrange(40) * DAY, world.new()
        world.say(at, "grievance.open", None, grievance, platform=True)
        if world.maybe(0.8):
            world.say(at + dice.choice([2, 9]) * DAY, "grievance.acknowledge", officer, grievance, platform=True)
            world.say(at + 30 * DAY, "grievance.conclude", officer, grievance, platform=True, outcome="passed-on")
