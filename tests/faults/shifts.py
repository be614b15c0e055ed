"""Shifts without a database: the pure rules, asked in the order in which the gate asks them, and people with habits."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from labeler.wellbeing import doses, hours
from labeler.wellbeing.doses import Dose, Seen, reserve, summed
from labeler.wellbeing.hours import WEEK, Span, minutes
from labeler.wellbeing.limits import THE_STANDARD
from labeler.wellbeing.rules import (
    Clock,
    Stop,
    Touched,
    last_work,
    rested,
    severe_rest,
    stop_for,
    stop_of,
    stops_all,
    touch,
    was_rest,
)
from labeler.wellbeing.rules import Pause as Resting
from tests.faults.checker import Account, Act, Asked, Raw
from tests.support.build import NOW

LEASE, MINUTE = timedelta(minutes=30), timedelta(minutes=1)
FOR_EVER = NOW + timedelta(days=3650)


@dataclass
class Held:
    """A task that is held, as an assignment and its exposure row."""

    id: UUID
    severity: int
    reserve: int
    given: datetime
    lease: datetime
    shown: datetime | None = None
    seen: int = 0

    def seconds(self, now: datetime) -> int:
        if self.shown is None:
            return self.seen
        return self.seen + max(0, round((min(now, self.lease) - self.shown).total_seconds()))


@dataclass
class Desk:
    """One person's desk: what the services keep in tables, kept in memory; the record goes to `raw`."""

    zone: str = "UTC"
    night: bool = False
    median: int = 0
    accounts: int = 1
    clock: Clock = field(default_factory=Clock)
    spans: list[Span] = field(default_factory=list)
    closed: list[Dose] = field(default_factory=list)
    resting: tuple[UUID, datetime, str | None, datetime | None] | None = None
    held: dict[int, Held] = field(default_factory=dict)
    raw: Raw = field(default_factory=Raw)
    refusals: set[str] = field(default_factory=set)
    ids: count[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        for who in range(self.accounts):
            self.raw.accounts[UUID(int=who)] = Account(UUID(int=0), self.zone, self.night, FOR_EVER.timestamp())
            self.record("consent.give", who, self.new(), NOW - timedelta(days=30), category="W06", severity=3,
                        expires_at=FOR_EVER.timestamp())  # fmt: skip
        self.raw.median = self.median

    def new(self) -> UUID:
        return UUID(int=1000 + next(self.ids))

    def record(self, act: str, who: int | None, subject: UUID, at: datetime, **fields: object) -> None:
        actor = None if who is None else UUID(int=who)
        self.raw.acts.append(Act(next(self.ids), at.timestamp(), act, actor, subject, fields))

    # The clock

    def keep(self, touched: Touched) -> None:
        if touched.closed is not None and touched.closed.from_at < touched.closed.until_at:
            self.spans = [span for span in self.spans if span.until_at > touched.closed.until_at - WEEK]
            self.spans.append(touched.closed)
        self.clock = touched.clock

    def elsewhere(self, who: int) -> datetime | None:
        return max((held.lease for other, held in self.held.items() if other != who), default=None)

    def sign(self, who: int, now: datetime, busy: datetime | None) -> None:
        busy = max(filter(None, (busy, self.elsewhere(who))), default=None)
        self.keep(touch(self.clock, now, self.zone, busy))

    def seen(self, now: datetime) -> Seen:
        self.closed = [dose for dose in self.closed if dose.ended_at is None or dose.ended_at > now - WEEK]
        still = [Dose(h.severity, max(h.reserve, h.seconds(now)), None) for h in self.held.values() if h.severity > 1]
        return replace(summed([*self.closed, *still], now), pool_median=self.median, trained_until=FOR_EVER,
                       night=self.night)  # fmt: skip

    # The gate

    def stop(self, who: int, now: datetime, own: int = 0) -> Stop | None:
        pause = self.resting and Resting(self.resting[0], self.resting[2], self.resting[3])
        stop = stops_all(pause, None, now)
        if stop is not None:
            return stop
        if self.resting is not None:
            self.end_break(who, now)
        own += sum(h.seconds(now) for other, h in self.held.items() if other != who and h.severity > 2)
        touched = touch(self.clock, now, self.zone)
        rest = severe_rest(touched.clock, now, THE_STANDARD, own)
        free = touched.clock.free_until
        if free is None or now >= free:
            spans = [s for s in self.spans if s.until_at > now - WEEK]
            spans += [touched.closed] if touched.closed is not None else []
            began = touched.clock.stretch_from
            spans += [Span(began, now)] if began is not None and began < now else []
            longer = hours.owed(spans, now)
            if longer is not None and (rest is None or longer.until >= rest.until):
                rest = longer
            else:
                free = hours.free_until(spans, now)
        if rest is None:
            self.keep(Touched(replace(touched.clock, free_until=free), touched.closed))
            return None
        if rest.is_break:
            self.begin_break(who, now, rest.rule, rest.until)
        return stop_for(rest)

    def settle(self, now: datetime) -> None:
        for who, held in list(self.held.items()):
            if held.lease < now:
                self.close(held, held.lease)
                self.record("assignment.expire", None, held.id, now)
                del self.held[who]

    def close(self, held: Held, at: datetime) -> None:
        seconds = held.seconds(at)
        held.shown, held.seen = None, seconds
        if held.severity < 2:
            return
        self.closed.append(Dose(held.severity, seconds, at))
        others = [h.given for h in self.held.values() if h is not held and h.severity > 1 and h.seconds(at)]
        run = doses.after(self.clock.run, held.severity, seconds, min([held.given, *others]), at)
        severe = self.clock.severe_seconds + (seconds if held.severity > 2 else 0)
        self.clock = replace(self.clock, run=run, severe_seconds=severe)

    def ask(self, who: int, severity: int, estimate: int, now: datetime) -> Stop | None:
        """The next task, of this severity, if the gate allows it."""
        self.settle(now)
        if who in self.held:
            if self.resting is None:
                self.sign(who, now, self.held[who].lease)
            return None
        stop = self.stop(who, now)
        if stop is None and severity > 1:
            run = self.clock.run
            for other, h in self.held.items():
                if other != who and h.severity > 1:
                    run = doses.after(run, h.severity, h.seconds(now), h.given, now)
            refused = doses.refused(severity, reserve(estimate), self.seen(now), run, now, self.zone)
            if refused is not None:
                self.sign(who, now, None)
                stop = stop_of(refused)
        if stop is not None:
            self.refusals.add(stop.rule or stop.reason)
            return stop
        task, key = self.new(), self.new()
        self.raw.tasks[task] = Asked(UUID(int=9), {"W06": severity} if severity else {}, reserve(estimate))
        self.raw.task_of[key] = task
        self.held[who] = Held(key, severity, reserve(estimate), now, now + LEASE)
        self.sign(who, now, now + LEASE)
        self.record("assignment.hand_out", who, key, now)
        return None

    def show(self, who: int, now: datetime) -> Stop | None:
        held = self.held[who]
        stop = self.stop(who, now, held.seconds(now) if held.severity > 2 else 0)
        if stop is not None and stop.reason == "break":
            return stop
        full = doses.used_up(held.severity, self.seen(now), now, self.zone)
        if stop is not None or full is not None:
            self.give_back(who, now, "assignment.revoke")
            return stop or stop_of(full)  # type: ignore[arg-type]
        held.shown, held.lease = now, now + LEASE
        self.sign(who, now, held.lease)
        self.record("assignment.reveal", who, held.id, now, severity=held.severity)
        return None

    def answer(self, who: int, now: datetime) -> None:
        held = self.held.pop(who)
        self.close(held, now)
        touched = touch(self.clock, now, self.zone, now)
        if touched.clock.stretch_from == now:
            began = touch(self.clock, now - timedelta(seconds=1), self.zone, now)
            touched = replace(touch(began.clock, now, self.zone, now), closed=began.closed)
        self.keep(touched)
        self.sign(who, now, None)
        self.record("judgment.submit", who, self.new(), now, assignment=str(held.id))

    def give_back(self, who: int, now: datetime, act: str) -> None:
        held = self.held.pop(who)
        self.close(held, now)
        self.sign(who, now, None)
        self.record(act, who, held.id, now)

    def begin_break(self, who: int, now: datetime, rule: str | None, until: datetime | None) -> None:
        self.keep(touch(self.clock, now, self.zone, None))
        for other, held in self.held.items():
            if held.shown is not None:
                held.seen, held.shown = held.seconds(now), None
                self.record("assignment.hide", other, held.id, now, seconds=0)
        key = self.new()
        self.resting = (key, now, rule, until)
        self.raw.breaks[key] = (rule, now.timestamp(), until and until.timestamp())
        self.record("break.start", who, key, now, due=rule is not None)

    def end_break(self, who: int, now: datetime) -> bool:
        assert self.resting is not None
        key, began, _, until = self.resting
        if until is not None and now < until:
            return False
        if was_rest(self.clock, began, now):
            self.keep(rested(self.clock, now))
        self.resting = None
        self.record("break.end", who, key, now)
        if who in self.held or self.accounts > 1:  # under another account she may hold one too
            self.sign(who, now, self.held[who].lease if who in self.held else None)
        return True

    def at_work(self, now: datetime) -> datetime | None:
        """The last moment of work, for people who look at their clock."""
        return last_work(self.clock, now)


HABITS = ("steady", "sitter", "night", "two accounts", "at the caps", "restless")


def work_week(dice: random.Random, shifts: int) -> tuple[Desk, int]:
    """A person's shifts, one after the other. Returns her desk, and how many tasks she was given."""
    habit = dice.choice(HABITS)
    desk = Desk(
        dice.choice(("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata")), dice.random() < 0.3,
        dice.choice((0, 0, 45 * 60, 200 * 60)), 2 if habit == "two accounts" else 1,
    )  # fmt: skip
    hardness = {"at the caps": (0, 1, 3, 3, 3, 3), "sitter": (0, 0, 0, 2)}.get(habit, (0, 0, 1, 2, 3))
    now = NOW + timedelta(hours=12 if habit == "night" else 0, minutes=dice.randrange(600))
    given = 0
    for _ in range(shifts):
        end = now + timedelta(hours=dice.choice((4, 8, 8, 10, 14)) + (4 if habit == "sitter" else 0))
        while now < end:
            now, more = _a_while(dice, desk, habit, hardness, now)
            given += more
        now += timedelta(hours=dice.choice((7, 10, 11.1, 12, 14, 36)))
    return desk, given


def _a_while(
    dice: random.Random, desk: Desk, habit: str, hardness: tuple[int, ...], now: datetime
) -> tuple[datetime, int]:
    """One task, or what she does when there is none."""
    who = dice.randrange(desk.accounts)
    if desk.resting is not None and dice.random() < 0.5:
        desk.end_break(who, now)
    stop = desk.ask(who, dice.choice(hardness), dice.choice((40, 60, 120, 240)), now)
    if who not in desk.held:
        assert stop is not None
        if stop.reason in ("rest-day", "rest-week", "cap-day", "cap-week"):
            return now + timedelta(hours=dice.choice((0.2, 3, 9))), 0
        wait = dice.choice((1, 3, 10, 11)) if stop.reason == "break" else dice.choice((0, 0.2, 5))
        return now + wait * MINUTE + timedelta(seconds=1), 0
    held = desk.held[who]
    if held.severity > 1 and held.shown is None and desk.show(who, now) is not None:
        return now + dice.choice((1, 4, 10)) * MINUTE + timedelta(seconds=1), 0
    longest = 28 if habit in ("sitter", "at the caps") else 12
    now += minutes(1) * dice.choice((0.5, 1, 2, 3, 5, 9, dice.uniform(5, longest)))
    now = now.replace(microsecond=0)
    what = dice.random()
    if what < 0.04 or (habit == "restless" and what < 0.15):
        if desk.resting is None:
            desk.begin_break(who, now, None, None)
        return now + dice.choice((1, 4, 9, 10, 31)) * MINUTE, 1
    if what < 0.06:
        return now + dice.choice((11, 29, 31, 50)) * MINUTE, 1  # she goes away with the task open
    if what < 0.1:
        desk.settle(now)
        if who in desk.held:
            desk.give_back(who, now, "assignment.skip")
        return now, 1
    desk.settle(now)
    if who in desk.held and (held.severity < 2 or held.seconds(now)):
        desk.answer(who, now)
    return now, 1
