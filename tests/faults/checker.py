"""Whether anybody was given what the limits forbid: recomputed from the raw rows, and written apart from the gate.

Nothing of the rules is imported here. The numbers are restated by hand, time is plain seconds, and everything is worked
out anew for each moment at which something was given: what the gate keeps on its clock is not looked at. Where rows
alone can't say how long somebody worked, the least that is certain is taken (a heartbeat leaves no entry; who drives a
run may add it as a `beat`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

MINUTE, HOUR, DAY, WEEK = 60, 3_600, 86_400, 604_800
LEASE, GAP = 30 * MINUTE, 10 * MINUTE

NUMBERS = {
    "break_stop": 60, "break_length": 10, "severe_break_after": 30, "severe_break_length": 10,
    "day_rest_after": 360, "day_rest_length": 30, "day_hours": 480, "week_hours": 2_880, "daily_rest": 660,
    "weekly_rest": 2_100, "severe_day": 60, "severe_week": 300, "disturbing_day": 120, "run_minutes": 15,
    "run_tasks": 20, "run_quiet": 15, "share_percent": 200, "share_least": 60, "night_from": 22, "night_until": 6,
    "stand_down_day": 120,
}  # fmt: skip
"""Minutes, but for percents, tasks and hours of the day."""
LARGER_PROTECTS = {"break_length", "severe_break_length", "day_rest_length", "daily_rest", "weekly_rest", "run_quiet",
                   "night_until", "stand_down_day"}  # fmt: skip
LENGTH_OF = {"BRK-1": "break_length", "BRK-2": "severe_break_length", "BRK-5": "day_rest_length"}


@dataclass(frozen=True, slots=True)
class Act:
    """One entry of the record. `n` orders entries as they were made, whatever the clock said."""

    n: int
    at: float
    act: str
    who: UUID | None
    subject: UUID
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """A task as the limits see it; `reserve` in seconds."""

    project: UUID
    profile: Mapping[str, int]
    reserve: int

    @property
    def severity(self) -> int:
        return max(self.profile.values(), default=0)


@dataclass(frozen=True, slots=True)
class Account:
    """An account and the person behind it."""

    person: UUID
    zone: str = "UTC"
    night: bool = False
    trained_until: float = 0.0
    contract: tuple[date, date | None] = (date.min, None)


@dataclass(frozen=True, slots=True)
class Number:
    """A row of `policy`; `n` as in `Act`."""

    n: int
    name: str
    value: int
    from_at: float
    until_at: float | None = None
    project: UUID | None = None
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A row of `restriction`."""

    n: int
    who: UUID
    project: UUID | None
    from_at: float
    until_at: float | None


@dataclass
class Raw:
    """The rows, as they are."""

    acts: list[Act] = field(default_factory=list)
    accounts: dict[UUID, Account] = field(default_factory=dict)
    tasks: dict[UUID, Asked] = field(default_factory=dict)
    task_of: dict[UUID, UUID] = field(default_factory=dict)
    """Assignment to task."""
    given_as: dict[UUID, Mapping[str, int]] = field(default_factory=dict)
    """Assignment to what its sensitive task was said to hold when it was given: it may have been raised since."""
    opt_outs: dict[UUID, tuple[str, UUID | None, UUID | None, str | None]] = field(default_factory=dict)
    """Scope, task, project, category."""
    breaks: dict[UUID, tuple[str | None, float, float | None]] = field(default_factory=dict)
    """Rule, start, until when a rule wants it."""
    numbers: list[Number] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    stood_down: list[tuple[UUID, float, float]] = field(default_factory=list)
    """Person, from, until it ended."""
    median: int = 0


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that did not hold."""

    rule: str
    person: UUID
    at: datetime
    words: str

    def __str__(self) -> str:
        return f"{self.rule} {self.at:%d %H:%M:%S} {str(self.person)[-4:]}: {self.words}"


@dataclass
class Life:
    """What one person did up to now, over all accounts."""

    pieces: list[tuple[float, float]] = field(default_factory=list)
    """Time at work that is over: a task held outside a break; a sign of work is a piece of no length."""
    holds: dict[UUID, tuple[UUID, float, float]] = field(default_factory=dict)
    """Held assignments: account, since when (or since the last break), least end of the lease."""
    breaks: list[tuple[float, float]] = field(default_factory=list)
    resting: tuple[UUID, float] | None = None
    views: list[tuple[float, float, UUID, int]] = field(default_factory=list)
    shown: dict[UUID, float] = field(default_factory=dict)
    had: dict[UUID, UUID] = field(default_factory=dict)
    """Sensitive tasks that were handed out, and the assignment."""
    last: float = 0.0
    stepped: float = 0.0
    """How far the clock has been set back between her acts: no duration is surer than that."""


@dataclass
class Said:
    """The standing choices of one account."""

    no: set[UUID] = field(default_factory=set)
    yes: dict[UUID, tuple[str, int, float]] = field(default_factory=dict)
    owed: set[UUID] = field(default_factory=set)
    """Assignments that the last no forbids: the next entry must end them."""


def violations(raw: Raw) -> list[Violation]:
    """Everything that was given, shown or cut short against a rule."""
    return Checker(raw).run()


class Checker:
    """One pass over the record, in the order in which it was written."""

    def __init__(self, raw: Raw) -> None:
        self.raw = raw
        self.found: list[Violation] = []
        self.lives: defaultdict[UUID, Life] = defaultdict(Life)
        self.said: defaultdict[UUID, Said] = defaultdict(Said)
        self.paused: set[UUID] = set()

    def run(self) -> list[Violation]:
        for act in sorted(self.raw.acts, key=lambda each: each.n):
            self.take(act)
        for person, life in self.lives.items():
            if life.resting is not None and life.shown:
                self.say("BRK-4", person, life.resting[1], "a text is on the screen in a break")
        for who, said in self.said.items():
            if said.owed:
                self.say("OPT-2", who, 0.0, f"{len(said.owed)} tasks stayed after a no")
        self.stand_downs()
        return self.found

    def say(self, rule: str, who: UUID, at: float, words: str) -> None:
        person = self.raw.accounts[who].person if who in self.raw.accounts else who
        self.found.append(Violation(rule, person, datetime.fromtimestamp(at, UTC), words))

    # Reading the record

    def take(self, act: Act) -> None:
        who = act.who
        if act.act in ("project.pause", "project.close"):
            self.paused.add(act.subject)
        elif act.act == "project.publish":
            self.paused.discard(act.subject)
        elif act.act == "assignment.expire":
            self.expire(act)
        if who is None or who not in self.raw.accounts:
            return
        life, said = self.lives[self.raw.accounts[who].person], self.said[who]
        life.stepped += max(0.0, life.last - act.at)
        life.last = act.at
        # Before it is given back its text is covered, and what she did until then may end as a stretch of work.
        if said.owed and act.act not in ("assignment.skip", "assignment.revoke", "assignment.hide", "stretch.close"):
            self.say("OPT-2", who, act.at, f"a task was kept after a no, until {act.act}")
            said.owed.clear()
        match act.act:
            case "assignment.hand_out" | "assignment.resume":
                self.give(life, who, act)
            case "assignment.reveal":
                self.check(life, who, act, act.subject)
                life.shown[act.subject] = act.at
                self.sign(life, act.at, act.subject)
            case "beat":
                if life.resting is None:
                    self.sign(life, act.at, act.subject)
            case "assignment.hide":
                self.cover(life, act.subject, act.at)
                self.sign(life, act.at, None)
            case "assignment.skip" | "assignment.revoke":
                said.owed.discard(act.subject)
                self.let_go(life, act.subject, act.at)
                if act.act == "assignment.skip":
                    self.sign(life, act.at, None)
            case "judgment.submit":
                self.let_go(life, UUID(str(act.fields["assignment"])), act.at)
                life.pieces.append((act.at - 1, act.at))  # an answer is work, whenever it comes
            case "break.start":
                self.rest(life, who, act)
            case "break.end":
                self.go_on(life, who, act)
            case "consent.give":
                said.yes[act.subject] = (act.fields["category"], act.fields["severity"], act.fields["expires_at"])
            case "consent.end":
                said.yes.pop(act.subject, None)
            case "opt_out.say":
                said.no.add(act.subject)
                self.sign(life, act.at, None)
                said.owed = {
                    key
                    for key, hold in life.holds.items()
                    if hold[0] == who and self.refused(who, key, act.at, yes=False)
                }
            case "opt_out.undo":
                said.no.discard(act.subject)

    def sign(self, life: Life, at: float, held: UUID | None) -> None:
        life.pieces.append((at, at))
        if held is not None and held in life.holds:
            who, since, lease = life.holds[held]
            if at > lease:  # it had lapsed meanwhile, and nobody had swept it
                life.pieces.append((since, max(since, lease)))
                since = at
            life.holds[held] = (who, since, max(lease, at + LEASE))

    def give(self, life: Life, who: UUID, act: Act) -> None:
        asked = self.asked(act.subject)
        task = self.raw.task_of[act.subject]
        if asked.project in self.paused:
            self.say("paused", who, act.at, "work of a paused project was handed out")
        if asked.severity >= 2 and life.had.setdefault(task, act.subject) != act.subject:
            self.say("EXP-7", who, act.at, "a sensitive task came twice")
        self.check(life, who, act, None)
        life.holds[act.subject] = (who, act.at, act.at + LEASE)
        self.sign(life, act.at, None)

    def let_go(self, life: Life, key: UUID, at: float) -> None:
        _, _, lease = held = life.holds.get(key, (key, at, at))
        self.cover(life, key, at)
        if life.holds.pop(key, None) is not None and life.resting is None:
            life.pieces.append((held[1], max(held[1], min(at, lease))))

    def cover(self, life: Life, key: UUID, at: float) -> None:
        since = life.shown.pop(key, None)
        if since is not None and life.resting is not None and at > life.resting[1]:
            self.say("BRK-4", self.holder(life, key), at, "a text was on the screen in a break")
        at = min(at, life.holds[key][2]) if key in life.holds else at
        if since is not None and at > since:
            life.views = [view for view in life.views if view[1] > at - 2 * WEEK]
            life.views.append((since, at, key, self.asked(key).severity))

    @staticmethod
    def holder(life: Life, key: UUID) -> UUID:
        return life.holds[key][0] if key in life.holds else key

    def expire(self, act: Act) -> None:
        for life in self.lives.values():
            if act.subject in life.holds:
                self.let_go(life, act.subject, act.at)

    def rest(self, life: Life, who: UUID, act: Act) -> None:
        rule, start, until = self.raw.breaks[act.subject]
        if rule is not None and until is not None:
            # A project may have a number of its own for the rest that its own rule asks for: the shortest is the least.
            projects = {None, *(asked.project for asked in self.raw.tasks.values())}
            wanted = min(self.limits(act, each)[LENGTH_OF[rule]] for each in projects) * MINUTE
            if until - start < wanted:
                self.say(rule, who, act.at, f"a break of {until - start:.0f} s, not {wanted}")
        for key, (owner, since, lease) in life.holds.items():
            life.pieces.append((since, max(since, min(act.at, lease))))
            life.holds[key] = (owner, since, lease)
        life.resting = (act.subject, act.at)

    def go_on(self, life: Life, who: UUID, act: Act) -> None:
        rule, _, until = self.raw.breaks[act.subject]
        if until is not None and act.at < until:
            self.say(rule or "BRK", who, act.at, f"a break ended {until - act.at:.0f} s early")
        if life.resting is not None:
            life.breaks.append((life.resting[1], act.at))
        life.resting = None
        for key, (owner, _, lease) in life.holds.items():
            life.holds[key] = (owner, act.at, lease)

    # What was worked

    def work(self, life: Life, now: float) -> list[tuple[float, float]]:
        """Blocks of work up to now, in order. A lone sign, like a look at an empty desk, is none by itself."""
        life.pieces = self.merged(life.pieces)
        pieces = [(a, min(b, now)) for a, b in life.pieces if a <= now]
        if life.resting is None:
            pieces += [(a, max(a, min(lease, now))) for _, a, lease in life.holds.values() if a <= now]
        pieces.append((now, now))
        blocks = self.merged(pieces)
        gap = GAP - life.stepped
        return [
            (a, b)
            for i, (a, b) in enumerate(blocks)
            if b > a or i == len(blocks) - 1 or (i and a - blocks[i - 1][1] < gap) or blocks[i + 1][0] - b < gap
        ]

    @staticmethod
    def merged(pieces: list[tuple[float, float]]) -> list[tuple[float, float]]:
        """Pieces that touch each other, as one."""
        blocks: list[tuple[float, float]] = []
        for a, b in sorted(pieces):
            if blocks and a <= blocks[-1][1]:
                blocks[-1] = (blocks[-1][0], max(blocks[-1][1], b))
            else:
                blocks.append((a, b))
        return blocks

    @staticmethod
    def since_rest(blocks: list[tuple[float, float]], length: float) -> float:
        """When work began after the last gap of at least `length`."""
        start = blocks[0][0]
        for (_, end), (begin, _) in pairwise(blocks):
            if begin - end >= length:
                start = begin
        return start

    @staticmethod
    def worked(life: Life, blocks: list[tuple[float, float]], since: float) -> float:
        """Seconds of work after a moment: the blocks, and gaps under ten minutes between them but for breaks."""
        total = sum(b - max(a, since) for a, b in blocks if b > since)
        for (_, end), (begin, _) in pairwise(blocks):
            if begin - end < GAP - life.stepped and begin > since:
                a = max(end, since)
                first = bisect_right(life.breaks, a, key=lambda pause: pause[1])
                total += begin - a
                for c, d in life.breaks[first:]:
                    if c >= begin:
                        break
                    total -= max(0.0, min(begin, d) - max(a, c))
        return total

    # What was in force

    def limits(self, act: Act, project: UUID | None) -> dict[str, int]:
        """The numbers for a project, or for everybody, when this was written."""

        def live(wanted: UUID | None) -> Iterable[Number]:
            rows = [row for row in self.raw.numbers if row.project == wanted and row.n < act.n]
            return sorted(
                (r for r in rows if r.from_at <= act.at and (r.until_at is None or act.at < r.until_at)),
                key=lambda row: row.from_at,
            )

        values = dict(NUMBERS)
        for row in live(None):
            values[row.name] = row.value
        if project is not None:
            base, own = dict(values), {row.name: row for row in live(project)}
            for name, row in own.items():
                stricter = max if name in LARGER_PROTECTS else min
                values[name] = row.value if row.signed else stricter(row.value, base.get(name, row.value))
        return values

    def asked(self, assignment: UUID, severity: int | None = None) -> Asked:
        """What was asked, as it was when it was given; or as it is now, if it was shown as that."""
        task = self.raw.tasks[self.raw.task_of[assignment]]
        given = self.raw.given_as.get(assignment, task.profile)
        return task if severity == task.severity else Asked(task.project, given, task.reserve)

    def refused(self, who: UUID, assignment: UUID, at: float, *, yes: bool = True) -> tuple[str, str] | None:
        """The choice of hers that forbids this content: rule and words."""
        asked, said = self.asked(assignment), self.said[who]
        for key in said.no:
            scope, task, project, category = self.raw.opt_outs[key]
            if (
                (scope == "task" and task == self.raw.task_of[assignment])
                or (scope == "project" and project == asked.project)
                or (scope == "category" and asked.profile.get(category or "", 0))
                or (scope == "sensitive" and asked.severity >= 2)
            ):
                return "OPT-2", f"she has said no ({scope})"
        for category, level in asked.profile.items() if yes else ():
            agreed = [most for code, most, ends in said.yes.values() if code == category and at < ends]
            if level >= 2 and max(agreed, default=0) < level:
                return "EXP-13", f"no consent to {category} of severity {level}"
        return None

    # What was allowed

    def check(self, life: Life, who: UUID, act: Act, shown: UUID | None) -> None:
        """Hold what is given (`shown` None) or shown at this moment against every rule."""
        asked, at = self.asked(act.subject, act.fields.get("severity")), act.at
        if asked.severity >= 4:
            self.say("EXP-4", who, at, "severity 4 was served")
        if life.resting is not None:
            self.say("break", who, at, f"{act.act} in a break")
        refused = self.refused(who, act.subject, at)
        if refused is not None:
            self.say(refused[0], who, at, f"{act.act}: {refused[1]}")
        account = self.raw.accounts[who]
        here = datetime.fromtimestamp(at, ZoneInfo(account.zone))
        first, last = account.contract
        if not first <= here.date() or (last is not None and here.date() > last):
            self.say("contract", who, at, f"{act.act} outside the contract")
        for row in self.raw.kept:
            live = row.who == who and row.n < act.n and row.from_at <= at
            if live and (row.until_at is None or at < row.until_at) and row.project in (None, asked.project):
                self.say("DEC-1", who, at, f"{act.act} under a restriction")
        self.hours(life, who, act, self.limits(act, asked.project))
        if asked.severity >= 2:
            self.exposure(life, who, act, shown, self.limits(act, asked.project), here.hour)

    def hours(self, life: Life, who: UUID, act: Act, most: dict[str, int]) -> None:
        """A clock that was set back folds the record: a rest may look shorter by what it lost, and one as short as that
        can't be told from work. So much is allowed for, and no more.
        """
        now = act.at
        blocks, slack = self.work(life, now), life.stepped
        sat = now - slack - self.since_rest(blocks, most["break_length"] * MINUTE - slack)
        if sat >= most["break_stop"] * MINUTE and slack < most["break_length"] * MINUTE:
            self.say("BRK-1", who, now, f"{act.act} after {sat / MINUTE:.1f} minutes without a rest")
        day = self.worked(life, blocks, self.since_rest(blocks, most["day_rest_length"] * MINUTE - slack)) - slack
        if day >= most["day_rest_after"] * MINUTE and slack < most["day_rest_length"] * MINUTE:
            self.say("BRK-5", who, now, f"{act.act} after {day / HOUR:.2f} hours without the longer rest")
        hard = self.seen(life, now, self.since_rest(blocks, most["severe_break_length"] * MINUTE - slack), 3)
        if hard >= most["severe_break_after"] * MINUTE and slack < most["severe_break_length"] * MINUTE:
            self.say("BRK-2", who, now, f"{act.act} after {hard / MINUTE:.1f} severe minutes without a rest")
        for rule, name, window in (("BRK-6", "daily_rest", DAY), ("BRK-7", "weekly_rest", WEEK)):
            rest = most[name] * MINUTE
            up = now - slack - self.since_rest(blocks, rest - slack)
            if up >= window - rest:
                self.say(rule, who, now, f"{act.act} {up / HOUR:.2f} hours after the last rest")
        for rule, name, window in (("BRK-9", "day_hours", DAY), ("BRK-8", "week_hours", WEEK)):
            done = self.worked(life, blocks, now - window) - slack
            if done >= most[name] * MINUTE:
                self.say(rule, who, now, f"{act.act} after {done / HOUR:.2f} hours of work")

    def on_screen(self, life: Life, now: float, key: UUID) -> float:
        """Until when an open text counts: now, or the end of its lease."""
        return min(now, life.holds[key][2]) if key in life.holds else now

    def all_views(self, life: Life, now: float, least: int) -> list[tuple[float, float, UUID, int]]:
        views = [view for view in life.views if view[3] >= least]
        for key, since in life.shown.items():
            severity = self.asked(key).severity
            if severity >= least:
                views.append((since, self.on_screen(life, now, key), key, severity))
        return views

    def seen(self, life: Life, now: float, since: float, least: int, but: Iterable[UUID] = ()) -> float:
        """Seconds of texts of at least this severity on the screen after a moment, but for some assignments."""
        return sum(
            max(0.0, min(b, now) - max(a, since)) for a, b, key, _ in self.all_views(life, now, least) if key not in but
        )

    def used(self, life: Life, now: float, window: float, least: int) -> float:
        """What counts in a window: seconds seen, and of what is held its reserve at least."""
        held = [key for key in life.holds if self.asked(key).severity >= least]
        spent = self.seen(life, now, now - window, least, held)
        for key in held:
            own = sum(max(0.0, min(b, now) - a) for a, b, k, _ in self.all_views(life, now, least) if k == key)
            spent += max(self.asked(key).reserve, own)
        return spent

    def exposure(self, life: Life, who: UUID, act: Act, shown: UUID | None, most: dict[str, int], hour: int) -> None:
        now, asked, account = act.at, self.asked(act.subject), self.raw.accounts[who]
        more = asked.reserve if shown is None else 0
        caps = [("EXP-3", "disturbing_day", DAY, 2)]
        if asked.severity >= 3:
            caps += [("EXP-1", "severe_day", DAY, 3), ("EXP-2", "severe_week", WEEK, 3)]
            if not account.night and (hour >= most["night_from"] or hour < most["night_until"]):
                self.say("EXP-14", who, now, f"{act.act} at {hour} o'clock in {account.zone}")
            if shown is None and account.trained_until <= now:
                self.say("WRN-4", who, now, "severe work without training")
        for rule, name, window, least in caps:
            used = self.used(life, now, window, least)
            if used + more > most[name] * MINUTE:
                self.say(rule, who, now, f"{act.act}: {used:.0f} s used, {more} s more, of {most[name] * MINUTE}")
        if shown is not None:
            return
        if asked.severity >= 3:
            share = max(most["share_least"] * MINUTE, self.raw.median * most["share_percent"] // 100)
            used = self.used(life, now, WEEK, 3)
            if used + more > share:
                self.say("EXP-6", who, now, f"{used:.0f} s used, {more} s more, of a share of {share}")
        self.run_of_hard(life, who, act, more if asked.severity >= 3 else 0, most)

    def run_of_hard(self, life: Life, who: UUID, act: Act, more: int, most: dict[str, int]) -> None:
        now, quiet = act.at, most["run_quiet"] * MINUTE - life.stepped
        views = sorted(view for view in self.all_views(life, now, 2) if view[0] <= now)
        start, end = now, None
        for a, b, _, _ in views:
            if end is None or a - end >= quiet:
                start = a
            end = max(end or 0.0, min(b, now))
        if end is None or now - end >= quiet:
            return
        severe = [(min(b, now) - a, key) for a, b, key, severity in views if a >= start and severity >= 3]
        seconds, tasks = sum(length for length, _ in severe), len({key for _, key in severe})
        if tasks >= most["run_tasks"] or (
            seconds and (seconds >= most["run_minutes"] * MINUTE or seconds + more > most["run_minutes"] * MINUTE)
        ):
            self.say("EXP-5", who, now, f"{act.act} in a run of {seconds:.0f} s, {tasks} tasks; {more} s more")

    def stand_downs(self) -> None:
        """Paid waiting is no more than two hours in any 24 (EXP-11), unless a number says otherwise."""
        rows = sorted(self.raw.stood_down, key=lambda row: row[1])
        most = max([NUMBERS["stand_down_day"], *(r.value for r in self.raw.numbers if r.name == "stand_down_day")])
        for person, _, until in rows:
            spent = sum(max(0.0, min(b, until) - max(a, until - DAY)) for who, a, b in rows if who == person)
            if spent > most * MINUTE + 1:
                self.say("EXP-11", person, until, f"{spent:.0f} s of paid waiting in a day")
