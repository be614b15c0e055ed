"""What a random vendor's days have beside the ordinary: edges of every rule of the day, and breaches of it.

`add` writes what the services could have written, or what they would have had they been at fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from labeler.compliance.events import Period
from labeler.wellbeing.pool import POOL
from tests.compliance.events import key

if TYPE_CHECKING:
    from tests.compliance.random_vendor import World

PERIOD = Period.quarter(2026, 3)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ADMIN, REVIEWER = key(1), key(2)
ZONES = ("UTC", "Asia/Tokyo", "America/New_York", "Asia/Kathmandu")
NUMBERS = (
    ("severe_day", (20, 50)), ("severe_week", (40, 200)), ("disturbing_day", (30, 100)), ("run_minutes", (5, 30)),
    ("run_tasks", (2, 40)), ("run_quiet", (5, 30)), ("share_percent", (100, 300)), ("share_least", (0, 30)),
    ("severe_overlap", (1, 2)), ("surprise_per_mille", (0, 50)), ("surprise_least", (1, 20)),
    ("consent_days", (20, 120)), ("night_from", (20, 23)), ("night_until", (5, 8)), ("training_days", (30, 60)),
    ("break_stop", (51, 90)), ("break_length", (5, 20)), ("severe_break_after", (10, 45)),
    ("severe_break_length", (5, 20)), ("day_rest_after", (120, 400)), ("day_rest_length", (20, 60)),
    ("day_hours", (120, 600)), ("week_hours", (300, 3_000)), ("daily_rest", (600, 900)),
    ("weekly_rest", (1_500, 3_000)), ("break_paid", (20, 40)),
)  # fmt: skip
"""Numbers of the standard, and two that somebody may set: one of them is often looser."""


def add(world: World, people: Sequence[UUID], projects: Sequence[UUID], tasks: Sequence[UUID]) -> None:
    """More of everything: other numbers, other projects, and days that go wrong in one way or another."""
    dice = world.dice
    if world.maybe(0.35):
        _calm(world)
        return
    mine = [*projects, *_projects(world)]
    _numbers(world, mine)
    _pool(world)
    for number, who in enumerate(people):
        _herself(world, who)
        if number and world.maybe(0.3):
            _joined(world, people[0], who)
        for kind in dice.sample(DAYS, 4):
            day = dice.choice([-6, -2, -1, *range(91), 90, 91, 92])
            start = PERIOD.start + day * DAY + dice.randrange(24) * HOUR + dice.randrange(3) * SECOND / 2
            kind(world, who, start, mine, tasks)


def _projects(world: World) -> list[UUID]:
    """A few more projects, each of which began in its own way."""
    made = []
    for _ in range(world.dice.randrange(3)):
        project, at = world.new(), PERIOD.start + world.dice.randrange(-3, 60) * DAY
        made.append(project)
        world.say(at, "project.create", ADMIN, project, platform=True, slug="p", kind="comparison")
        if world.maybe(0.9):
            world.say(at + HOUR, "guideline.add", ADMIN, project, platform=True, version=1, digest="00")
        if world.maybe(0.8):
            world.say(at + 2 * HOUR, "project.check", ADMIN, project, platform=True)
        if world.maybe(0.3):
            world.say(at + 3 * HOUR, "project.change", ADMIN, project, platform=True, fields=["purpose"])
            if world.maybe(0.5):
                world.say(at + 4 * HOUR, "project.check", ADMIN, project, platform=True)
        if world.maybe(0.9):
            version = world.dice.choice([1, 1, 1, 2])
            world.say(at + 5 * HOUR, "project.publish", ADMIN, project, platform=True, guideline_version=version)
            _goes_on(world, project, at + 6 * HOUR)
    return made


def _goes_on(world: World, project: UUID, at: datetime) -> None:
    for _ in range(world.dice.randrange(3)):
        at += world.dice.randrange(1, 20) * DAY
        act = world.dice.choice(["project.pause", "project.pause", "project.stop", "project.lapse", "project.close"])
        fields = {"rule": "EXP-12", "reports": 1, "served": 50} if act == "project.stop" else {"fields": ["purpose"]}
        world.say(at, act, None if act == "project.stop" else ADMIN, project, platform=True, **fields)
        if act == "project.close":
            return
        if act == "project.stop":
            world.say(at + HOUR, "project.stop_end", ADMIN, project, platform=True, rule="EXP-12")
        if world.maybe(0.4):
            world.say(at + 2 * HOUR, "project.change", ADMIN, project, platform=True, fields=["pay_rate"])
        version = 1
        if world.maybe(0.4):
            version = 2
            world.say(at + 2 * HOUR, "guideline.add", ADMIN, project, platform=True, version=2, digest="00")
        world.say(at + 3 * HOUR, "project.publish", ADMIN, project, platform=True, guideline_version=version)


def _numbers(world: World, projects: Sequence[UUID]) -> None:
    for name, values in NUMBERS:
        if not world.maybe(0.15):
            continue
        at = PERIOD.start + world.dice.randrange(-20, 80) * DAY
        project = world.dice.choice([None, None, *projects])
        signed = world.maybe(0.6)
        until = at + world.dice.randrange(1, 80) * DAY if signed else None
        world.say(
            at, "policy.set", ADMIN, world.new(), platform=True, name=name, value=world.dice.choice(values),
            from_at=at, project=project, until_at=until, signed=signed,
        )  # fmt: skip


def _pool(world: World) -> None:
    for _ in range(world.dice.randrange(4)):
        at = PERIOD.start + world.dice.randrange(-20, 90) * DAY
        median = world.dice.choice([60, 300, 900, 1_770, 3_600])
        world.say(at, "pool.measure", None, POOL, platform=True, median=median, people=5)


def _herself(world: World, who: UUID) -> None:
    """What she said of herself: where she lives, nights, training, yes, no, dangers."""
    dice = world.dice
    for _ in range(dice.randrange(3)):
        at = PERIOD.start + dice.randrange(-20, 80) * DAY + 7 * HOUR
        world.say(
            at, "labeler.change", dice.choice([ADMIN, who]), who, languages=["en"], time_zone=dice.choice(ZONES),
            contract_from="2026-01-01", from_at=at,
        )  # fmt: skip
    for _ in range(dice.randrange(3)):
        at = PERIOD.start + dice.randrange(-20, 80) * DAY
        world.say(at, "comfort.choose", who, who, night=dice.choice([True, True, False, None]))
    if world.maybe(0.5):
        at = PERIOD.start + dice.randrange(-60, 60) * DAY
        world.say(at, "training.finish", who, world.new(), version=1, expires_at=at + 365 * DAY)
    for category in ("W04", "W05", "W06", "W06"):
        at, given = PERIOD.start + dice.randrange(-100, 60) * DAY, world.new()
        world.say(
            at, "consent.give", who, given, category=category, severity=dice.choice([2, 3, 3]), text_version=1,
            expires_at=at + dice.choice([20, 90, 180]) * DAY,
        )  # fmt: skip
        if world.maybe(0.2):
            world.say(at + dice.randrange(40) * DAY, "consent.end", who, given)
    if world.maybe(0.5):
        _danger(world, who, PERIOD.start + dice.randrange(-10, 91) * DAY + dice.randrange(24) * HOUR)


def _danger(world: World, who: UUID, at: datetime) -> None:
    case, review, dice = world.new(), world.new(), world.dice
    world.say(at, "danger.report", who, case)
    world.say(at, "review.ask", who, review, cause="danger", due_at=at + 7 * DAY, case=case, first=[])
    if world.maybe(0.9):
        decided = at + dice.choice([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) * DAY + dice.choice([-HOUR, timedelta(0), SECOND])
        world.say(
            max(at, decided), "review.decide", dice.choice([REVIEWER] * 8 + [who]), review, outcome="upheld",
            on_time=True, cause="danger", case=case, first=[], asked_at=at, due_at=at + 7 * DAY, reasons=40,
        )  # fmt: skip


def _joined(world: World, one: UUID, other: UUID) -> None:
    at = PERIOD.start + world.dice.randrange(-5, 80) * DAY
    world.say(at, "labeler.payroll", ADMIN, one, person=one)
    world.say(at, "labeler.payroll", ADMIN, other, person=one)
    if world.maybe(0.4):
        later = world.dice.choice([one, other])
        world.say(at + 20 * DAY, "labeler.payroll", ADMIN, other, person=later)


# ---- days


def give(world: World, who: UUID, at: datetime, project: UUID, task: UUID, profile: str) -> UUID:
    held = world.new()
    world.say(at, "assignment.hand_out", who, held, task=task, fence=1, project=project, profile=profile)
    return held


def show(world: World, who: UUID, at: datetime, held: UUID, profile: str) -> None:
    level = max((int(part.split(":")[1]) for part in profile.split(",") if part), default=0)
    world.say(at, "assignment.reveal", who, held, severity=level, profile=profile)


def answer(world: World, who: UUID, at: datetime, held: UUID, standing: str = "counted") -> UUID:
    judgment = world.new()
    world.say(
        at, "judgment.submit", who, judgment, assignment=held, version=1, standing=standing, digest="00" * 32
    )  # fmt: skip
    return judgment


def stretch(world: World, who: UUID, since: datetime, until: datetime) -> None:
    if since < until:
        world.say(until, "stretch.close", who, world.new(), from_at=since, until_at=until)


def one(world: World, who: UUID, at: datetime, project: UUID, task: UUID, profile: str, spent: timedelta) -> datetime:
    """A task that is given, shown if it must be, and answered."""
    held = give(world, who, at, project, task, profile)
    if profile[-1:] in ("2", "3", "4"):
        show(world, who, at, held, profile)
    answer(world, who, at + spent, held)
    return at + spent


def _severe_day(world: World, who: UUID, at: datetime, projects: Sequence[UUID], tasks: Sequence[UUID]) -> None:
    """Severe texts up to the very number of a day, in runs and rests of the very length."""
    dice = world.dice
    for _ in range(dice.choice([1, 3, 6])):
        start = at
        spent = dice.choice([60, 90, 120, 150, 300]) * SECOND
        for _ in range(dice.choice([3, 6, 7])):
            profile = dice.choice(["W06:3", "W06:3", "W05:3,W06:2", "W06:2"])
            at = one(world, who, at, dice.choice(projects), world.new(), profile, spent)
            if world.maybe(0.1):
                at += dice.choice([SECOND, 5 * MINUTE])
        stretch(world, who, start, at)
        at += dice.choice([10, 15, 15, 16, 30]) * MINUTE + dice.choice([-SECOND, 0 * SECOND, SECOND])


def _severe_again_next_day(
    world: World, who: UUID, at: datetime, projects: Sequence[UUID], tasks: Sequence[UUID]
) -> None:
    """What a day before has its end in the window, or on its edge."""
    dice = world.dice
    for day in range(dice.choice([2, 8])):
        start = now = at + day * DAY + dice.choice([-MINUTE, 0 * SECOND, SECOND, 90 * SECOND])
        for _ in range(dice.choice([4, 8])):
            now = one(world, who, now, projects[0], world.new(), "W06:3", 450 * SECOND)
        stretch(world, who, start, now)


def _long_day(world: World, who: UUID, at: datetime, projects: Sequence[UUID], tasks: Sequence[UUID]) -> None:
    """Hour after hour, with breaks of the very length, or a second less."""
    dice = world.dice
    length = dice.choice([10, 10, 11, 30]) * MINUTE - dice.choice([0, 0, 1]) * SECOND
    for _ in range(dice.choice([2, 8, 12])):
        start = at
        spent = dice.choice([5, 6, 10, 12]) * MINUTE
        until = at + dice.choice([50, 55, 60]) * MINUTE
        while at < until:
            at = one(world, who, at, dice.choice(projects), world.new(), "", spent)
        stretch(world, who, start, at)
        at += length


def _week(world: World, who: UUID, at: datetime, projects: Sequence[UUID], tasks: Sequence[UUID]) -> None:
    """A week without a day of rest, or with one of the very length."""
    dice = world.dice
    for day in range(dice.choice([6, 7, 8])):
        hours = dice.choice([1, 6, 9, 13])
        now = at + day * DAY
        for hour in range(hours):
            start = now + hour * HOUR
            end = one(world, who, start, projects[0], world.new(), "", 20 * MINUTE)
            end = one(world, who, end, projects[0], world.new(), "", dice.choice([10, 29, 30]) * MINUTE)
            stretch(world, who, start, end)
        if world.maybe(0.3):
            at += dice.choice([3, 11, 12]) * HOUR


def _breaks(world: World, who: UUID, at: datetime, projects: Sequence[UUID], tasks: Sequence[UUID]) -> None:
    """Breaks of every sort, with a task in her hands or not."""
    dice = world.dice
    for _ in range(dice.randrange(1, 5)):
        start = at
        held = give(world, who, at, dice.choice(projects), world.new(), profile := dice.choice(["", "", "W06:3"]))
        if profile and world.maybe(0.8):
            show(world, who, at, held, profile)
            at += 5 * MINUTE
            world.say(at, "assignment.hide", who, held, seconds=300)
        at += dice.choice([0, 50, 55, 60]) * MINUTE if world.maybe(0.3) else 4 * MINUTE
        if world.maybe(0.7):
            answer(world, who, at, held)
            held = None  # type: ignore[assignment]
        stretch(world, who, start, at)
        rule = dice.choice([None, None, "BRK-1", "BRK-2", "BRK-5"])
        asked = dice.choice([5, 10, 10, 20, 30, 30]) * MINUTE
        rest = world.new()
        until = at + asked if rule else None
        paid = until or at + dice.choice([30, 30, 30, 10, 45]) * MINUTE
        if rule and world.maybe(0.1):
            paid -= MINUTE
        world.say(at, "break.start", dice.choice([who] * 12 + [ADMIN]), rest, rule=rule, until=until, paid_until=paid)
        lasts = dice.choice([asked, asked, asked, asked - SECOND, asked + 7 * MINUTE])
        if world.maybe(0.15):
            came = at + dice.choice([SECOND, 2 * SECOND, 3 * SECOND, lasts])
            answer(world, who, came + MINUTE, give(world, who, came, dice.choice(projects), world.new(), ""))
        if world.maybe(0.95):
            world.say(at + lasts, "break.end", who, rest)
        at += max(lasts, 2 * MINUTE)
        if held is not None:
            if world.maybe(0.5):
                again = at + dice.choice([0, 4]) * MINUTE
                if profile:
                    show(world, who, again, held, profile)
                answer(world, who, again + 2 * MINUTE, held)
                stretch(world, who, again, again + 2 * MINUTE)
                at = again + 2 * MINUTE
            else:
                at += 31 * MINUTE
                world.say(at, "assignment.expire", None, held)
        at += dice.choice([0, 3, 12]) * MINUTE


def _lapses(world: World, who: UUID, at: datetime, projects: Sequence[UUID], tasks: Sequence[UUID]) -> None:
    """Tasks that lapse, are taken up again or answered late, and texts that stood until then."""
    dice = world.dice
    for _ in range(dice.randrange(1, 4)):
        profile = dice.choice(["", "W06:2", "W06:3"])
        held = give(world, who, at, dice.choice(projects), world.new(), profile)
        start, shown = at, bool(profile) and world.maybe(0.8)
        if shown:
            show(world, who, at + MINUTE, held, profile)
            at += MINUTE
        lapsed = at + dice.choice([30 * MINUTE, 30 * MINUTE + 40 * SECOND, 45 * MINUTE])
        world.say(lapsed, "assignment.expire", None, held)
        stretch(world, who, start, at + 30 * MINUTE)
        at = lapsed + dice.choice([MINUTE, 20 * MINUTE, 3 * HOUR])
        how = dice.choice(["resume", "late", "gone"])
        if shown and how != "late":
            world.say(at, "assignment.hide", who, held, seconds=round((lapsed - start - MINUTE).total_seconds()) // 2)
        if how == "resume":
            world.say(at, "assignment.resume", who, held, fence=2, profile=profile)
            if profile:
                show(world, who, at + 10 * SECOND, held, profile)
            answer(world, who, at + 2 * MINUTE, held)
            stretch(world, who, at, at + 2 * MINUTE)
        if how == "late":
            if shown:
                world.say(at, "assignment.hide", who, held, seconds=1_700)
            answer(world, who, at, held, dice.choice(["late", "counted"]))
        at += dice.choice([3, 40]) * MINUTE


def _tagged(world: World, who: UUID, at: datetime, projects: Sequence[UUID], tasks: Sequence[UUID]) -> None:
    """Reports that a text is worse than it said, reviewers who lower it or not, and the same tasks for others."""
    dice = world.dice
    for _ in range(dice.randrange(1, 6)):
        task, before = dice.choice(tasks), dice.choice(["", "W06:1", "W06:2", "W06:3"])
        held = give(world, who, at, projects[0], task, before)
        if before[-1:] in ("2", "3"):
            show(world, who, at, held, before)
        category = dice.choice(["W06", "W05"])
        known = dict(part.split(":") for part in before.split(",") if part)
        level = dice.choice([1, 2, 3, 3])
        rises = int(known.get(category, 0)) < level
        world.say(
            at + MINUTE, "report.say", who, world.new(), task=task, category=category, severity=level, raised=rises
        )
        now = ",".join(f"{c}:{v}" for c, v in sorted((known | ({category: str(level)} if rises else {})).items()))
        how = dice.choice(["answer", "show", "revoke"])
        if how == "revoke":
            world.say(at + MINUTE, "assignment.revoke", who, held)
        elif how == "show" and rises:
            if before[-1:] in ("2", "3"):
                world.say(at + MINUTE, "assignment.hide", who, held, seconds=60)
            show(world, who, at + MINUTE + 10 * SECOND, held, dice.choice([now, now, before or now]))
            answer(world, who, at + 3 * MINUTE, held)
        else:
            answer(world, who, at + 3 * MINUTE, held)
        stretch(world, who, at, at + 3 * MINUTE)
        if rises and world.maybe(0.4):
            act = dice.choice(["severity.lower", "severity.lower", "severity.confirm"])
            new = dice.choice([before, "W06:1"])
            world.say(at + HOUR, act, REVIEWER, task, platform=True, old=now, new=new, profile=now)
            now = new if act == "severity.lower" else now
        if world.maybe(0.6):
            one(world, who, at + 2 * HOUR, projects[0], task, dice.choice([now, before, now]), MINUTE)
        at += DAY


def _noes(world: World, who: UUID, at: datetime, projects: Sequence[UUID], tasks: Sequence[UUID]) -> None:
    """Noes of every scope, with a task in her hands, taken back by her or by somebody else."""
    dice = world.dice
    for _ in range(dice.randrange(1, 4)):
        task, project, profile = world.new(), dice.choice(projects), dice.choice(["", "W06:1", "W06:2", "W05:1,W06:3"])
        start, held = at, give(world, who, at, project, task, profile)
        if profile[-1:] in ("2", "3"):
            show(world, who, at + SECOND, held, profile)
        at += 2 * MINUTE
        scope, target = dice.choice(
            [("sensitive", None), ("category", "W06"), ("project", project), ("task", task), ("category", "W13")]
        )
        no = world.new()
        world.say(at, "opt_out.say", dice.choice([who] * 15 + [ADMIN]), no, scope=scope, target=target)
        taken = at + dice.choice([0, 0, 0, 1, 2, 40]) * SECOND
        act = dice.choice(["assignment.revoke", "assignment.skip", "judgment.submit"])
        if act == "judgment.submit":
            answer(world, who, taken, held)
        else:
            world.say(taken, act, dice.choice([who] * 15 + [ADMIN]), held)
        stretch(world, who, start, taken)
        at = taken
        for _ in range(dice.randrange(3)):
            at += dice.choice([SECOND, MINUTE])
            again = dice.choice([task, world.new()])
            at = one(world, who, at, dice.choice(projects), again, dice.choice(["", "W06:1", "W05:2"]), MINUTE)
        if world.maybe(0.5):
            world.say(at, "opt_out.undo", dice.choice([who] * 9 + [ADMIN]), no)
            at = one(world, who, at + dice.choice([0, 1]) * SECOND, project, task, profile, MINUTE)
        at += HOUR


def _waits(world: World, who: UUID, at: datetime, projects: Sequence[UUID], tasks: Sequence[UUID]) -> None:
    """Waiting at a limit, for its time or not, and asking in vain."""
    dice = world.dice
    for _ in range(dice.randrange(1, 4)):
        waiting, until = world.new(), at + dice.choice([0, 10, 10, 30]) * MINUTE
        world.say(at, "stand_down.start", who, waiting, rule="EXP-1", until=until)
        begun = at
        ends = min(until, at + dice.choice([5, 10, 40]) * MINUTE)
        if world.maybe(0.5):
            world.say(ends, "stand_down.end", who, waiting)
            if world.maybe(0.6):
                ends = one(world, who, ends, projects[0], world.new(), "", 4 * MINUTE)
        stretch(world, who, begun, ends)
        at = ends + dice.choice([0, 40, 300]) * MINUTE


def _idle(world: World, who: UUID, at: datetime, projects: Sequence[UUID], tasks: Sequence[UUID]) -> None:
    """A stretch with little in it: she asks, and there is nothing."""
    until = at + world.dice.choice([20, 50]) * MINUTE
    if world.maybe(0.5):
        one(world, who, at, projects[0], world.new(), "", 5 * MINUTE)
    stretch(world, who, at, until)


def _elsewhere(world: World, who: UUID, at: datetime, projects: Sequence[UUID], tasks: Sequence[UUID]) -> None:
    """Texts on another page than the desk count as well."""
    dice = world.dice
    for _ in range(dice.randrange(1, 5)):
        seconds = dice.choice([60, 120, 600])
        world.say(at, "exposure.show", who, world.new(), path="review", severity=dice.choice([2, 3]), seconds=seconds)
        at += dice.choice([seconds, 30, 900]) * SECOND
        if world.maybe(0.5):
            start, at = at, one(world, who, at, projects[0], world.new(), "W06:3", MINUTE)
            stretch(world, who, start, at)


def _again(world: World, who: UUID, at: datetime, projects: Sequence[UUID], tasks: Sequence[UUID]) -> None:
    """The same tasks for one after the other, answers taken back, and answers mended."""
    dice = world.dice
    for _ in range(dice.randrange(1, 6)):
        start, task, profile = at, dice.choice(tasks[:8]), dice.choice(["W06:3", "W06:3", "W06:2"])
        held = give(world, who, at, projects[0], task, profile)
        if world.maybe(0.9):
            show(world, who, at + SECOND, held, profile)
        said = answer(world, who, at + MINUTE, held)
        if world.maybe(0.2):
            world.say(at + 5 * MINUTE, "withdrawal.make", who, said, given_back=True)
        elif world.maybe(0.2):
            world.say(
                at + 2 * MINUTE, "judgment.submit", who, world.new(), assignment=held, version=2, standing="counted",
                digest="00" * 32,
            )  # fmt: skip
        at += dice.choice([2, 30, 2_000]) * MINUTE
        stretch(world, who, start, start + MINUTE)


def _at_once(world: World, who: UUID, at: datetime, projects: Sequence[UUID], tasks: Sequence[UUID]) -> None:
    """Two accounts of one person at once: what she holds under one is open while she is given more under the other."""
    dice, other = world.dice, world.new()
    world.say(at - 20 * DAY, "labeler.add", ADMIN, other, languages=["en"], time_zone="UTC", contract_from="2026-01-01")
    told = [each[5]["person"] for each in world.said if each[2] == "labeler.payroll" and each[4] == who]
    world.say(at - dice.choice([-1, 0, 1, 20]) * DAY, "labeler.payroll", ADMIN, other, person=(told or [who])[-1])
    for _ in range(dice.randrange(1, 5)):
        start, profile = at, dice.choice(["", "W06:2", "W06:3"])
        held = give(world, other, at, dice.choice(projects), dice.choice([world.new(), *tasks[:3]]), profile)
        shown = bool(profile) and world.maybe(0.7)
        if shown:
            show(world, other, at + 5 * SECOND, held, profile)
        for _ in range(dice.randrange(1, 4)):
            at += dice.choice([5, 30, 70, 300]) * SECOND
            task = dice.choice([world.new(), *tasks[:3]])
            at = one(world, who, at, dice.choice(projects), task, dice.choice(["", "W06:2", "W06:3"]), MINUTE)
        if world.maybe(0.3):
            world.say(at, "opt_out.say", dice.choice([who, other]), world.new(), scope="sensitive", target=None)
        if world.maybe(0.3):
            rest = world.new()
            if shown:
                world.say(at, "assignment.hide", other, held, seconds=round((at - start).total_seconds()) - 5)
            world.say(at, "break.start", who, rest, rule=None, until=None, paid_until=at + 30 * MINUTE)
            at += dice.choice([3, 10, 25]) * MINUTE
            world.say(at, "break.end", other, rest)
        at += dice.choice([0, 20, 90]) * SECOND
        if world.maybe(0.8):
            answer(world, other, at, held)
        else:
            world.say(at, "assignment.revoke", who, held)
        stretch(world, dice.choice([who, other]), start, at)
        at += dice.choice([0, 9, 10, 200]) * MINUTE


def _looks(world: World, who: UUID, at: datetime, projects: Sequence[UUID], tasks: Sequence[UUID]) -> None:
    """Tasks that are given back in the moment they come, beside others, and somewhere in a rest."""
    dice = world.dice
    for _ in range(dice.randrange(1, 6)):
        held = give(world, who, at, projects[0], world.new(), "")
        if world.maybe(0.5):
            world.say(at, "assignment.skip", who, held)
        else:
            at += dice.choice([20, 31]) * MINUTE
            world.say(at, "assignment.expire" if world.maybe(0.5) else "assignment.skip", who, held)
        at += dice.choice([0, 5, 11, 400]) * MINUTE


def _undeclared(world: World, who: UUID, at: datetime, projects: Sequence[UUID], tasks: Sequence[UUID]) -> None:
    """Nobody declared this work, or she declared too little of it."""
    start = at
    for _ in range(world.dice.randrange(1, 8)):
        at = one(world, who, at, projects[0], world.new(), world.dice.choice(["", "W06:2"]), 10 * MINUTE)
    if world.maybe(0.5):
        stretch(world, who, start + MINUTE, at - 12 * MINUTE)


DAYS = (
    _severe_day, _severe_again_next_day, _long_day, _week, _breaks, _lapses, _tagged, _noes, _waits, _idle, _elsewhere,
    _again, _undeclared, _looks, _at_once,
)  # fmt: skip


# ---- a quarter in which every rule is met


def _calm(world: World) -> None:
    """Nothing of the days and choices so far, but a quarter in which twelve people have some of everything."""
    gone = (
        "assignment.",
        "judgment.",
        "break.",
        "stretch.",
        "stand_down.",
        "opt_out.",
        "consent.",
        "report.say",
        "policy.",
    )
    world.said[:] = [each for each in world.said if not each[2].startswith(gone)]
    project, live = world.new(), PERIOD.start + DAY
    world.say(live - 2 * HOUR, "guideline.add", ADMIN, project, platform=True, version=1, digest="00")
    world.say(live - HOUR, "project.check", ADMIN, project, platform=True)
    world.say(live, "project.publish", ADMIN, project, platform=True, guideline_version=1)
    starved = world.vendor.int % 2 == 1
    world.say(live, "pool.measure", None, POOL, platform=True, median=12_000, people=12)
    monday = PERIOD.start + 5 * DAY + 8 * HOUR
    for number in range(12):
        who, before = world.new(), PERIOD.start - 20 * DAY
        world.say(before, "labeler.add", ADMIN, who, languages=["en"], time_zone="UTC", contract_from="2026-01-01")
        world.say(before, "labeler.payroll", ADMIN, who, person=who)
        world.say(before, "training.finish", who, world.new(), version=1, expires_at=before + 365 * DAY)
        world.say(
            PERIOD.start, "consent.give", who, world.new(), category="W06", severity=3, text_version=1,
            expires_at=PERIOD.start + 90 * DAY,
        )  # fmt: skip
        _good_day(world, who, monday + number * MINUTE, project, number)
        second = monday + DAY
        stretch(world, who, second, one(world, who, second, project, world.new(), "", 2 * MINUTE))
        third = monday + 8 * DAY
        for _ in range(4):  # enough of them for the share of wrong warnings to be looked at
            third = one(world, who, third, project, world.new(), "", MINUTE)
        stretch(world, who, third - 4 * MINUTE, third)
        if starved and number % 2:  # whoever said no is there as long as the others, and is given nothing
            stretch(world, who, third + HOUR, third + 2 * HOUR)
    world.say(monday + 10 * HOUR, "project.pause", ADMIN, project, platform=True)
    world.say(monday + 11 * HOUR, "project.publish", ADMIN, project, platform=True, guideline_version=1)


def _good_day(world: World, who: UUID, at: datetime, project: UUID, number: int) -> None:
    start = at
    for profile in ("", "W06:3", "", "W06:2", "", ""):
        at = one(world, who, at, project, world.new(), profile, 2 * MINUTE)
    stretch(world, who, start, at)
    rest = world.new()
    world.say(at, "break.start", who, rest, rule=None, until=None, paid_until=at + 30 * MINUTE)
    at += 12 * MINUTE
    world.say(at, "break.end", who, rest)
    held = give(world, who, at, project, world.new(), "")
    world.say(at + MINUTE, "assignment.skip", who, held)
    stretch(world, who, at, at + MINUTE)
    world.say(at + MINUTE, "stand_down.start", who, world.new(), rule="EXP-1", until=at + 21 * MINUTE)
    if number % 2:
        world.say(at + HOUR, "opt_out.say", who, world.new(), scope="category", target="W10")
    else:
        case, review, told = world.new(), world.new(), at + HOUR
        world.say(told, "danger.report", who, case)
        world.say(told, "review.ask", who, review, cause="danger", due_at=told + 7 * DAY, case=case, first=[])
        world.say(
            told + DAY, "review.decide", REVIEWER, review, outcome="upheld", on_time=True, cause="danger", case=case,
            first=[], asked_at=told, due_at=told + 7 * DAY, reasons=40,
        )  # fmt: skip
