"""What a random vendor's entries need for the looks of the product at itself, and for what stands above the checks."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from labeler.audit.logs import PLATFORM
from labeler.compliance.canary import SENT_WITHIN, SEVERITY, about_of, token_of
from labeler.compliance.events import Period
from labeler.compliance.selfchecks import OF_PRODUCT, OF_VENDORS
from labeler.compliance.standards import read
from tests.compliance.events import key

if TYPE_CHECKING:
    from tests.compliance.random_vendor import World

PERIOD = Period.quarter(2026, 3)
MINUTE, HOUR, DAY, WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(days=7)
QUARTERS = (Period.quarter(2026, 2), PERIOD, Period.quarter(2026, 4))
ASKED = [each.id for each in read().controls if each.asks]
CHIEF, OTHER = key(4), key(5)


def add(world: World, people: list[UUID], projects: list[UUID], tasks: list[UUID]) -> None:
    """Self-checks, trials of the way to the named person, attestations, what labelers say, and gaps."""
    _looks(world)
    for name in (CHIEF, OTHER) if world.maybe(0.3) else (CHIEF,):
        world.say(PERIOD.start - 50 * DAY + (name is OTHER) * 80 * DAY, "escalation.name", key(1), name, platform=True)
    for quarter in QUARTERS:
        if world.maybe(0.8):
            _trial(world, quarter, people, projects)
    _attested(world)
    _said(world, people)
    _signed(world, projects)
    _odd(world, people, projects, tasks)


def _looks(world: World) -> None:
    """Each look runs on its day in the week; some vendors' job was switched off for a while, some looks find things."""
    dice = world.dice
    off = PERIOD.start + dice.randrange(-100, 200) * DAY
    bad = {name: dice.randrange(-13, 26) for name in (*OF_PRODUCT, *OF_VENDORS) if world.maybe(0.5)}
    seldom = {name for name in (*OF_PRODUCT, *OF_VENDORS) if world.maybe(0.1)}
    for week in range(-13, 27):
        at = PERIOD.start + week * WEEK + dice.choice([timedelta(), HOUR, 3 * DAY, WEEK - timedelta(microseconds=1)])
        if off <= at < off + 3 * WEEK:
            continue
        for name in (*OF_PRODUCT, *OF_VENDORS):
            if name in seldom and world.maybe(0.2):
                continue
            platform = name in OF_PRODUCT
            found = dice.randrange(1, 4) if bad.get(name) == week else 0
            world.say(
                at, "check.run", None, PLATFORM if platform else world.vendor, platform=platform, check=name,
                version=f"0.1.0 {'ab' * 32}", population=dice.randrange(found, 50), exceptions=found,
                digest="11" * 32,
            )  # fmt: skip


def _trial(world: World, quarter: Period, people: list[UUID], projects: list[UUID]) -> None:
    """A placeholder at severity 4, as the product makes one: announced, sent, decided about, and told of."""
    dice, canary = world.dice, world.new()
    secret = hashlib.sha256(canary.bytes + world.vendor.bytes).digest()
    made = quarter.start + dice.choice([timedelta(), HOUR, 20 * DAY, 80 * DAY, 92 * DAY - MINUTE]) % (
        quarter.end - quarter.start
    )
    world.say(made, "canary.run", None, canary, platform=True, kind=SEVERITY, token=token_of(secret))
    latest = min(made + SENT_WITHIN, quarter.end) - made
    sent = made + dice.choice([timedelta(microseconds=dice.randrange(3_000)), latest * dice.random()])
    about = about_of(SEVERITY, secret, sent)
    on_the_edge = 7 * DAY + timedelta(microseconds=dice.randrange(2_000))
    after = dice.choice([HOUR, HOUR, DAY, DAY, 2 * DAY, 7 * DAY, on_the_edge, 9 * DAY, None])
    decision = dice.choice(["stays"] * 8 + ["allowed"])
    if after is not None:
        world.say(
            sent + after, "escalation.decide", dice.choice([CHIEF] * 8 + [OTHER]), about, platform=True,
            decision=decision, severity=0 if decision == "allowed" else None,
        )  # fmt: skip
    if world.maybe(0.05):
        given = world.new()
        world.say(
            sent + HOUR, "assignment.hand_out", people[0], given, task=about, fence=1, project=projects[0],
            profile=dice.choice(["", "W06:2", "W02:4"]),
        )  # fmt: skip
        world.say(sent + HOUR + MINUTE, "assignment.reveal", people[0], given, severity=2, profile="W06:2")
    if world.maybe(0.85):
        late = after is None or after > 7 * DAY
        ended = 7 * DAY if after is None else after
        told = about_of(SEVERITY, bytes(32), sent) if world.maybe(0.05) else about
        world.say(
            sent + max(ended, HOUR) + HOUR, "canary.answer", None, canary, platform=True, kind=SEVERITY,
            outcome="allowed" if decision == "allowed" else "late" if late else "answered",
            seconds=int(ended.total_seconds()), about=told, secret=secret.hex(),
        )  # fmt: skip


def _attested(world: World) -> None:
    """Attestations that stand, run out, are withdrawn, come twice, or too late."""
    dice, likely = world.dice, world.dice.choice([0.5, 0.98])
    for control in ASKED:
        for _ in range(dice.choice([1, 1, 2])):
            if not world.maybe(likely):
                continue
            day = dice.choice([PERIOD.start - 300 * DAY, PERIOD.start - 30 * DAY, PERIOD.end - DAY, PERIOD.end])
            made = dice.choice([day, day, day + 5 * HOUR])
            last = dice.choice([PERIOD.end - day, timedelta(), 30 * DAY, 200 * DAY, 365 * DAY])
            said = world.new()
            if last < timedelta():
                continue
            world.say(
                made, "attestation.add", key(9), said, control=control, signer="M. Anager, director", dated=day,
                expires_at=day + last, digest="ab" * 32,
            )  # fmt: skip
            if world.maybe(0.08):
                world.say(
                    dice.choice([made + HOUR, PERIOD.end, PERIOD.end + DAY]), "attestation.withdraw", key(9), said
                )


def _said(world: World, people: list[UUID]) -> None:
    """Labelers confirm and contest, and change their minds."""
    dice = world.dice
    for who in people:
        for control in read().controls:
            for _ in range(dice.choice([0, 0, 1, 2])):
                quarter = dice.choice(QUARTERS)
                at = quarter.end + dice.randrange(80) * DAY + dice.randrange(86_400) * timedelta(seconds=1)
                world.say(
                    at, "confirmation.say", who, who, control=control.id, period=quarter.name,
                    says=dice.choice(["confirm", "confirm", "contest"]),
                )  # fmt: skip


def _signed(world: World, projects: list[UUID]) -> None:
    """Looser numbers, signed by two, at every edge of the periods; and tighter ones."""
    dice = world.dice
    for name, looser, tighter in (("severe_week", 400, 200), ("consent_days", 120, 30), ("run_quiet", 10, 20)):
        for project in (None, projects[0]):
            if not world.maybe(0.3):
                continue
            begins = PERIOD.start + dice.choice([-90, -20, 0, 30, 92]) * DAY
            lasts, made = dice.choice([20, 90]) * DAY, world.new()
            world.say(
                begins - dice.choice([0, 5]) * DAY, "policy.set", key(1), made, platform=True, name=name, value=looser,
                from_at=begins, until_at=begins + lasts, signed=True, project=project,
            )  # fmt: skip
            signer = dice.choice(["clinician", "safety-committee"])
            world.say(
                begins, "policy.sign", key(2), made, platform=True, signer=signer, document="cd" * 32,
                reason="A pilot of shorter tasks.",
            )  # fmt: skip
            if world.maybe(0.3):
                then = begins + dice.randrange(1, 20) * DAY
                world.say(
                    then, "policy.set", key(1), world.new(), platform=True, name=name, value=tighter, from_at=then,
                    until_at=None, signed=False, project=project,
                )  # fmt: skip


def _odd(world: World, people: list[UUID], projects: list[UUID], tasks: list[UUID]) -> None:
    """A text that is forbidden or can't be read; a database that came back; entries that were written late."""
    dice = world.dice
    if world.maybe(0.15):
        at, given = PERIOD.start + dice.randrange(80) * DAY, world.new()
        profile = dice.choice(["W02:4", "W06:2,W04:4"])
        world.say(
            at, "assignment.hand_out", people[-1], given, task=tasks[0], fence=1, project=projects[0], profile=profile
        )
        world.say(at + 30 * MINUTE, "assignment.expire", None, given)
        again = at + 31 * MINUTE
        world.say(again, "assignment.resume", people[-1], given, fence=2, profile=dice.choice([profile, "W06:2"]))
    for _ in range(dice.choice([0, 0, 0, 0, 1, 2])):
        world.say(
            PERIOD.start + dice.choice([-5, 0, 40, 92]) * DAY, "record.recovery", None, PLATFORM, platform=True,
            remembered_size=900, remembered_root="ef" * 32, found_size=800, checkpoint=None,
        )  # fmt: skip
    if world.maybe(0.3):
        for _ in range(dice.randrange(1, 5)):
            world.late[dice.randrange(len(world.said))] = dice.choice(
                [MINUTE, 15 * MINUTE, 15 * MINUTE + timedelta(microseconds=1), HOUR, 3 * DAY]
            )
