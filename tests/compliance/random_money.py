"""What a random vendor's record has of pay, decisions, data and governance: edges of every such rule, and breaches.

`add` writes what the services could have written, or what they would have had they been at fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from labeler.compliance.canary import about_of, token_of
from labeler.compliance.events import Period
from tests.compliance.events import key

if TYPE_CHECKING:
    from tests.compliance.random_vendor import World

PERIOD = Period.quarter(2026, 3)
MOMENT = timedelta(microseconds=1)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
DAY, WEEK = timedelta(days=1), timedelta(days=7)
MONDAY = PERIOD.start - PERIOD.start.weekday() * DAY
ADMIN, OFFICER, RESEARCHER, MANAGER, VOICE = key(1), key(2), key(4), key(5), key(6)
HOUR_OF = {"place": "Exampleland", "kind": "living", "household": "one", "measure": "gross"}


def add(world: World, people: Sequence[UUID], projects: Sequence[UUID], tasks: Sequence[UUID]) -> None:
    """More of everything: pay, decisions and their reviews, erasures, grievances, contracts, findings."""
    world.say(PERIOD.start - 50 * DAY, "user.add", ADMIN, MANAGER, role="vendor-manager")
    _runs(world)
    if world.maybe(0.3):
        _tidy(world)
        return
    _places(world)
    for who in people:
        _pay(world, who)
        _work(world, who, projects, tasks)
        if world.maybe(0.5):
            _marks(world, who, projects)
        if world.maybe(0.4):
            _restricted(world, who, projects)
        if world.maybe(0.4):
            _leaves(world, who)
        if world.maybe(0.5):
            _by_hand(world, who)
    if len(people) > 2 and world.maybe(0.3):
        world.say(_day(world), "labeler.payroll", ADMIN, people[1], person=people[0])
    _erasures(world)
    _contracts(world, people)
    _seat(world)
    _grievances(world)
    _signs(world)
    _published(world)
    _assessed(world)
    if world.maybe(0.4):
        _tidy(world)


def _day(world: World, first: int = -10, last: int = 100) -> datetime:
    """A moment in the quarter, or a little outside."""
    dice = world.dice
    return PERIOD.start + dice.randrange(first, last) * DAY + dice.choice([0, 0, dice.randrange(24)]) * HOUR


def _edge(world: World, limit: datetime) -> datetime:
    """A moment about a limit, often on it or right beside it."""
    beside = [-2 * DAY, -MOMENT, timedelta(), MOMENT, 2 * DAY, -DAY, -DAY]
    return limit + world.dice.choice(beside)


def _runs(world: World) -> None:
    dice = world.dice
    often, faults = dice.choice([1, 1, 7]), dice.choice([0, 0, 0.02])
    for check, platform in (("PAY-2", False), ("PAY-5", True), ("DEC-5", False), ("GRV-3", False)):
        for day in range(-3, 95, often):
            if world.maybe(0.03 if often > 1 else 0.01):
                continue
            world.say(
                PERIOD.start + day * DAY + 3 * HOUR, "check.run", None, key(0) if platform else world.vendor,
                platform=platform, check=check, version="0.1.0 ab", population=dice.randrange(50),
                exceptions=int(world.maybe(faults)), digest="11" * 32,
            )  # fmt: skip


def _places(world: World) -> None:
    dice = world.dice
    for _ in range(dice.randrange(3)):
        at = _day(world, -40)
        which = HOUR_OF | {"kind": dice.choice(["living", "minimum"])}
        world.say(
            at, "benchmark.add", ADMIN, world.new(), platform=True, **which, hours_week=40,
            per_hour=dice.choice([1_100, 1_200, 1_500]), currency=dice.choice(["XTS", "XTS", "XAU"]), source="made up",
            licence="none", dated=(at + dice.choice([-400, -364, -90, 0, 14]) * DAY).date().isoformat(),
        )  # fmt: skip
    if world.maybe(0.4):
        at = _day(world, -40)
        which = HOUR_OF | {"kind": dice.choice(["living", "minimum"]), "place": dice.choice(["Exampleland", "Nowhere"])}
        world.say(at, "place.set", ADMIN, world.new(), **which, from_at=dice.choice([at, MONDAY + 5 * WEEK]))


def _pay(world: World, who: UUID) -> None:
    dice = world.dice
    stated = _stated(world)
    bad = dice.choice([0, 0.1, 0.5])
    for number in range(-1, 15):
        week = MONDAY + number * WEEK
        if world.maybe(0.4) or (who, week) in stated:
            continue
        seconds = dice.choice([0, 600, 3_600, 40_000]) if world.maybe(bad) else dice.randrange(20_000, 60_000)
        rate = dice.choice([1_199, 1_200, 900, 1_500]) if world.maybe(bad) else 1_500
        base = -(-seconds * rate // 3_600)
        total = base or 500
        wild = world.maybe(bad)
        bonus = dice.choice([0, total // 4, total // 4 + 1, total]) if wild else 0
        correction = dice.choice([0, 0, -200, 300]) if wild else 0
        fee, cost = (dice.choice([0, 0, 7]), dice.choice([0, 0, 90])) if wild else (0, 0)
        allowance, top_up = dice.choice([0, 40]), dice.choice([0, 0, 100])
        statement, made = world.new(), week + WEEK + dice.choice([24, 25, 26, 24 * 5]) * HOUR
        earned = base + bonus + correction + top_up - fee - cost
        world.say(
            made, "pay.close", None, statement, labeler=who, week=week, until_at=week + WEEK, due_at=week + 2 * WEEK,
            seconds=seconds, currency=dice.choice(["XTS", "XAU"]) if wild else "XTS", floor=1_200, base=base,
            bonus=bonus, correction=correction, allowance=allowance, fee=fee, cost=cost, top_up=top_up,
            total=max(0, earned + cost + allowance),
        )  # fmt: skip
        if world.maybe(0.97):
            paid = week + 2 * WEEK if world.maybe(0.9) else _edge(world, week + 2 * WEEK)
            world.say(max(paid, made), "pay.pay", dice.choice([ADMIN, MANAGER]), statement, paid_at=paid - DAY)


def _stated(world: World) -> set[tuple[UUID, datetime]]:
    """The weeks that have a statement, by account."""
    return {(fields["labeler"], fields["week"]) for _, _, act, _, _, fields in world.said if act == "pay.close"}


def _tidy(world: World) -> None:
    """Every week with work has a statement, which is paid."""
    there = _stated(world)
    worked = {
        (who, at.replace(hour=0, minute=0, second=0, microsecond=0) - at.weekday() * DAY)
        for at, _, act, who, _, _ in world.said
        if act == "assignment.hand_out" and who is not None
    }
    for who, week in sorted(worked - there):
        statement, made = world.new(), week + WEEK + DAY
        world.say(
            made, "pay.close", None, statement, labeler=who, week=week, until_at=week + WEEK, due_at=week + 2 * WEEK,
            seconds=90_000, currency="XTS", floor=1_200, base=37_500, bonus=0, correction=0, allowance=90, fee=0,
            cost=0, top_up=0, total=37_590,
        )  # fmt: skip
        world.say(made + DAY, "pay.pay", ADMIN, statement, paid_at=made)


def _work(world: World, who: UUID, projects: Sequence[UUID], tasks: Sequence[UUID]) -> None:
    """Work about the end of a week, an answer after a lapse, an answer that was changed."""
    dice = world.dice
    for _ in range(dice.randrange(4)):
        at = MONDAY + dice.randrange(14) * WEEK - dice.choice([1, 10, 40]) * MINUTE + dice.randrange(3) * SECOND / 2
        given, answer = world.new(), world.new()
        world.say(
            at,
            "assignment.hand_out",
            who,
            given,
            task=dice.choice(tasks),
            fence=1,
            project=projects[0],
            profile="W06:3",
        )
        world.say(at + SECOND, "assignment.reveal", who, given, severity=3, profile="W06:3")
        at += dice.choice([59, 60, 61, 62, 1_200]) * SECOND
        if world.maybe(0.4):
            world.say(at, "assignment.hide", who, given, seconds=60)
            world.say(at, "assignment.expire", None, given)
            at += dice.choice([1, 200]) * MINUTE
            world.say(at, "assignment.resume", who, given, fence=2, profile="W06:3")
            at += dice.choice([5, 50]) * SECOND
        else:
            world.say(at, "assignment.hide", who, given, seconds=dice.choice([58, 59, 60, 61]))
        for version in range(1, dice.choice([2, 2, 3])):
            world.say(
                at, "judgment.submit", who, answer if version == 1 else world.new(), assignment=given, version=version,
                standing="counted", digest="00" * 32,
            )  # fmt: skip
            at += 2 * HOUR


def _marks(world: World, who: UUID, projects: Sequence[UUID]) -> None:
    dice = world.dice
    at, batch = _day(world), world.new()
    number = dice.choice([1, 2, 10, 11, 12])
    apart = dice.choice([1, 144, 145]) * MINUTE
    cases = []
    for _ in range(number):
        case, given, answer = world.new(), world.new(), world.new()
        worked = at - dice.choice([1, 3, 12]) * DAY
        world.say(worked, "assignment.hand_out", who, given, task=key(700), fence=1, project=projects[0], profile="")
        world.say(
            worked + MINUTE, "judgment.submit", who, answer, assignment=given, version=1, standing="counted",
            digest="00" * 32,
        )  # fmt: skip
        world.say(
            at, "not_used.mark", RESEARCHER, case, judgment=answer, code="wrong-language", guideline_version=1,
            labeler=who, assignment=given, batch=batch, evidence=dice.choice([20, 50]), rule=dice.choice([0, 9]),
            retry_until=at + WEEK,
        )  # fmt: skip
        cases.append((case, at))
        at += apart
    brake = None
    if world.maybe(0.5):
        brake = world.new()
        world.say(at, "hold.begin", None, brake, platform=world.maybe(0.3), batch=batch, decisions=number, answers=60)
        if world.maybe(0.8):
            _brake_ends(world, brake, at)
    for case, marked in cases:
        _what_follows(world, who, case, marked)


def _brake_ends(world: World, brake: UUID, at: datetime) -> None:
    done = _edge(world, at + WEEK)
    world.say(
        done, "review.decide", world.dice.choice([ADMIN, OFFICER, MANAGER, RESEARCHER]), world.new(), outcome="stands",
        platform=world.maybe(0.3), on_time=True, cause="brake", case=brake, first=[RESEARCHER], asked_at=at,
        due_at=at + WEEK, reasons=40,
    )  # fmt: skip


def _what_follows(world: World, who: UUID, case: UUID, marked: datetime) -> None:
    dice, effect = world.dice, marked + WEEK
    if world.maybe(0.2):
        effect = marked + dice.randrange(1, 6) * DAY
        if world.maybe(0.9):
            world.say(effect, "not_used.leave", who, case)
    elif world.maybe(0.2):
        effect = marked + dice.randrange(1, 20) * DAY
        if world.maybe(0.9):
            world.say(effect, "not_used.confirm", dice.choice([RESEARCHER, ADMIN]), case, reasons=dice.choice([20, 60]))
    elif world.maybe(0.2):
        effect = _edge(world, effect)
    if world.maybe(0.8):
        world.say(effect, "not_used.effect", None, case)
    elif world.maybe(0.5):
        world.say(effect, "not_used.end", RESEARCHER, case, ending="accepted")
    if world.maybe(0.4):
        _review(world, who, case, marked + dice.randrange(1, 30) * DAY, "labeler", [RESEARCHER])


def _review(world: World, who: UUID, case: UUID, asked: datetime, cause: str, first: list[UUID]) -> None:
    review, due = world.new(), asked + WEEK
    asker = ADMIN if cause == "safety" else who
    world.say(asked, "review.ask", asker, review, cause=cause, due_at=due, case=case, first=first)
    if world.maybe(0.9):
        done = asked + world.dice.choice([1, 2]) * DAY if world.maybe(0.7) else _edge(world, due)
        decider = world.dice.choice([OFFICER, OFFICER, OFFICER, key(3), key(3), MANAGER, ADMIN])
        world.say(
            done, "review.decide", decider, review, outcome=world.dice.choice(["changed", "stands"]),
            on_time=done <= due, cause=cause, case=case, first=first, asked_at=asked, due_at=due, reasons=40,
        )  # fmt: skip


def _restricted(world: World, who: UUID, projects: Sequence[UUID]) -> None:
    dice, at, case, what = world.dice, _day(world), world.new(), world.new()
    safety = world.maybe(0.2)
    begins = at if safety else _edge(world, at + 14 * DAY)
    project = dice.choice([None, projects[0]])
    decider = dice.choice([ADMIN, MANAGER])
    world.say(
        at, "restriction.make", decider if world.maybe(0.95) else None, case, restriction=what, project=project,
        from_at=begins, safety=safety, labeler=who, notice=int((begins - at).total_seconds()),
        reasons=dice.choice([20, 60]),
    )  # fmt: skip
    if safety:
        _review(world, who, case, at, "safety", [decider])
    if world.maybe(0.5):
        _review(world, who, case, at + dice.randrange(1, 5) * DAY, "labeler", [decider])
    if world.maybe(0.3):
        world.say(at + dice.choice([3, 16]) * DAY, "restriction.lift", ADMIN, case, restriction=what)
    if world.maybe(0.3):
        danger, said = world.new(), _day(world)
        world.say(said, "danger.report", who, danger)
        _review(world, who, danger, said, "danger", [])


def _leaves(world: World, who: UUID) -> None:
    """Her contract's end is moved, and her account is shut some day."""
    dice, at, zone = world.dice, _day(world), "Asia/Tokyo"
    ends = [None, *((at + number * DAY).date() for number in (1, 13, 14, 15, 60))]
    for _ in range(dice.randrange(1, 3)):
        until = dice.choice(ends)
        world.say(
            at, "labeler.change", dice.choice([ADMIN, MANAGER]), who, languages=["en"], time_zone=zone,
            contract_from="2026-01-01", contract_until=until and until.isoformat(), from_at=at,
        )  # fmt: skip
        at += dice.choice([1, 13, 14, 15, 16, 20]) * DAY
    if world.maybe(0.7):
        world.say(at, "user.disable", ADMIN if world.maybe(0.9) else None, who)


def _by_hand(world: World, who: UUID) -> None:
    dice, at = world.dice, _day(world)
    by = dice.choice([ADMIN, MANAGER, None])
    since = at - dice.choice([1, 24, 24 * 8]) * HOUR
    world.say(at, "pay.time", by, world.new(), kind=dice.choice(["fault", "rework"]), seconds=1_200, from_at=since)
    if world.maybe(0.3):
        world.say(at, "pay.own_decide", ADMIN, world.new(), seconds=dice.choice([0, 900]))


def _erasures(world: World) -> None:
    for number in range(world.dice.choice([0, 3, 5, 7])):
        who, at = key(900 + number), _day(world, -40, 80)
        world.say(PERIOD.start - 55 * DAY, "labeler.add", ADMIN, who, languages=["en"], time_zone="UTC",
                  contract_from="2026-01-01")  # fmt: skip
        world.say(at, "person.erase", who, who, herself=True, cases=0)
        if world.maybe(0.9):
            done = at + 10 * MINUTE if world.maybe(0.8) else _edge(world, at + 30 * DAY)
            world.say(done, "person.erased", None, who)


def _contracts(world: World, people: Sequence[UUID]) -> None:
    dice = world.dice
    for number in range(dice.choice([0, 1, 1, 2])):
        contract, at = world.new(), PERIOD.start - dice.choice([50, 14, -20]) * DAY
        world.say(at, "contract.add", ADMIN, contract, name=f"Contract {number}")
        until = at + 90 * DAY if world.maybe(0.2) else None
        for version in range(1, dice.choice([2, 2, 3, 4])):
            begins = at if version == 1 else at + dice.choice([14, 15, 30]) * DAY
            world.say(
                at, "contract.condition", ADMIN, contract, version=version, from_at=begins, until_at=until, tier=1,
                countries=["KE"], notice_days=14, paid_leave_days=20, ill_leave_days=10, confidentiality=False,
                carve_out=False, other_work_barred=False, payroll="vendor", texts={"en": "aa" * 32},
                digest=f"{version:02}" * 32,
            )  # fmt: skip
            for who in people:
                if world.maybe(0.9):
                    seen = begins + dice.choice([0, 1, 13, 14, 15, 40]) * DAY
                    world.say(seen, "contract.seen", who, contract, version=version, digest=f"{version:02}" * 32)
            at = begins + dice.choice([1, 20]) * DAY


def _seat(world: World) -> None:
    at = PERIOD.start - 50 * DAY
    for number in range(world.dice.choice([0, 1, 1, 1, 2, 3])):
        world.say(at, "user.add", ADMIN, key(60 + number), role="worker-representative")
        if number or world.maybe(0.4):
            at += world.dice.choice([10, 60, 80]) * DAY
            world.say(at, "user.disable", ADMIN, key(60 + number))
            at += world.dice.choice([1, 14, 15, 30]) * DAY


def _grievance(world: World, subject: UUID, at: datetime, good: float) -> None:
    world.say(at, "grievance.open", None, subject, platform=True)
    if not world.maybe(good):
        return
    read = at + DAY if world.maybe(0.8) else _edge(world, at + WEEK)
    world.say(read, "grievance.acknowledge", OFFICER, subject, platform=True)
    if world.maybe(good):
        done = read + 5 * DAY if world.maybe(0.8) else _edge(world, at + 90 * DAY)
        outcome = world.dice.choice(["substantiated", "not-substantiated", "passed-on"])
        world.say(done, "grievance.conclude", OFFICER, subject, platform=True, outcome=outcome)


def _grievances(world: World) -> None:
    dice = world.dice
    for _ in range(dice.choice([0, 1, 3])):
        _grievance(world, world.new(), _day(world, -100, 95).replace(minute=0), dice.choice([0.9, 1, 1]))
    for number in range(dice.choice([0, 1, 1, 2])):
        secret, run = bytes([number]) * 32, world.new()
        at = PERIOD.start + dice.choice([-80, 0, 0, 5]) * DAY + 2 * HOUR
        world.say(at, "canary.run", None, run, platform=True, kind="grievance", token=token_of(secret))
        sent = (at + dice.choice([1, 59]) * DAY).replace(minute=0)
        about = about_of("grievance", secret)
        _grievance(world, about, sent, dice.choice([0.9, 1, 1]))
        if world.maybe(0.8):
            wrong = world.maybe(0.1)
            world.say(
                sent + dice.choice([40, 91]) * DAY, "canary.answer", None, run, platform=True, kind="grievance",
                outcome=dice.choice(["answered", "late"]), seconds=3 * 86_400,
                about=world.new() if wrong else about, secret=secret.hex(),
            )  # fmt: skip


def _signs(world: World) -> None:
    dice = world.dice
    for _ in range(dice.choice([0, 0, 1, 3])):
        flag, at = world.new(), _day(world)
        world.say(at, "watch.flag", None, flag, sign=dice.choice(["closed", "restricted"]))
        seen = at + 2 * DAY if world.maybe(0.8) else _edge(world, at + WEEK)
        if world.maybe(0.9):
            world.say(seen, "watch.look", OFFICER, flag, state="new")
            if world.maybe(0.8):
                ending = dice.choice(["looked-at", "dismissed", "upheld"])
                world.say(seen + dice.choice([0, 10]) * DAY, "watch.look", OFFICER, flag, state=ending)


def _published(world: World) -> None:
    dice = world.dice
    for _ in range(dice.choice([0, 1, 2])):
        back = dice.choice([500, 366, 365, 100, 1])
        at = PERIOD.end - back * DAY + dice.choice([-MOMENT, timedelta(), MOMENT])
        if world.maybe(0.5):
            world.say(at, "report.publish", None, world.vendor, period="2025 Q2", digest="44" * 32)
        else:
            world.say(at, "disclosure.publish", ADMIN, world.new(), platform=True, period="2025", digest="55" * 32)


def _assessed(world: World) -> None:
    dice, audit = world.dice, world.new()
    if world.maybe(0.5):  # an older vendor
        place = next(place for place, each in enumerate(world.said) if each[2] == "vendor.add")
        at, *rest = world.said[place]
        world.said[place] = (PERIOD.end - dice.choice([367, 366, 365]) * DAY, *rest)
    for _ in range(dice.choice([0, 0, 1])):
        at = PERIOD.end - dice.choice([367, 366, 300, 20, -10]) * DAY
        assurance = dice.choice(["none", "limited", "reasonable"])
        world.say(at, "audit.sign", key(7), audit, report=world.new(), pack="66" * 32, assurance=assurance)
    for _ in range(dice.choice([0, 1, 3])):
        finding, at = world.new(), _day(world, -60, 90)
        due = (at + dice.choice([1, 20, 60]) * DAY).date()
        world.say(
            at, "finding.write", key(7), finding, audit=audit, control="LWS-14", severity="minor",
            due_on=dice.choice([due, PERIOD.start.date(), PERIOD.end.date()]).isoformat(),
        )  # fmt: skip
        midnight = datetime.combine(due, datetime.min.time(), at.tzinfo) + DAY
        if world.maybe(0.9):
            world.say(
                midnight + dice.choice([-HOUR, -HOUR, -HOUR, -MOMENT, timedelta(), HOUR]), "finding.reply", MANAGER,
                finding, remedy_on=(due + 9 * DAY).isoformat(),
            )  # fmt: skip
        if world.maybe(0.3):
            act = dice.choice(["finding.close", "finding.keep"])
            world.say(midnight + dice.choice([-2, -1, 1, 30]) * HOUR, act, key(7), finding)
