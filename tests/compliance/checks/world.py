"""A quarter of made-up work in which every rule of the day is met, and the acts by which a test changes that."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from labeler.compliance.events import Event, Facts
from labeler.wellbeing.pool import POOL
from tests.compliance.events import MONDAY, QUARTER, Log, facts_from, key

VENDOR, ADMIN, PROJECT = key(1), key(2), key(3)
PEOPLE = tuple(key(100 + number) for number in range(12))
LENA, MIRA = PEOPLE[0], PEOPLE[1]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LATER = MONDAY + 14 * DAY
"""A Monday on which nobody works unless a test says so."""
SEVERE, DISTURBING = "W06:3", "W06:2"
REVIEWER = key(4)


class World:
    """Two logs, and whoever writes into them as the services would."""

    def __init__(self) -> None:
        self.vendor, self.platform = Log(VENDOR), Log()
        self.ids = count(10_000)
        self._begin()
        for number, who in enumerate(PEOPLE):
            self.work_day(who, MONDAY + number * MINUTE, number)
        evening = MONDAY + 10 * HOUR
        self.platform.add("project.pause", evening, ADMIN, PROJECT)
        self.platform.add("project.publish", evening + HOUR, ADMIN, PROJECT, guideline_version=1)
        for who in PEOPLE:
            self.works(who, MONDAY + DAY, ["", ""])
        self.works(MIRA, QUARTER.end - 3 * DAY, [""])  # the record goes on long after what a test adds

    def facts(self, without: Iterable[str] = ()) -> Facts:
        """The facts so far; `without` acts that nobody did."""
        gone = frozenset(without)
        for log in (self.vendor, self.platform):
            log.events = [event for event in log.events if event.act not in gone]
        return facts_from(self.vendor, self.platform, vendor=VENDOR)

    def new(self) -> UUID:
        return key(next(self.ids))

    def _begin(self) -> None:
        before = QUARTER.start - 20 * DAY
        add = self.vendor.add
        add("vendor.add", before, ADMIN, VENDOR, name="Lake")
        self.project(PROJECT, QUARTER.start + DAY)
        self.platform.add("pool.measure", before, None, POOL, median=12_000, people=12)
        for who in PEOPLE:
            add("labeler.add", before, ADMIN, who, languages=["en"], time_zone="UTC",
                contract_from=before.date().isoformat(), contract_until=None)  # fmt: skip
            add("labeler.payroll", before, ADMIN, who, person=who)
            self.trained(who, before)
            self.yes(who, QUARTER.start)

    def project(self, project: UUID, live: datetime, *, checked: bool = True, version: int = 1) -> None:
        """A project that goes live, as its owner makes one."""
        self.platform.add("guideline.add", live - 2 * HOUR, ADMIN, project, version=1, digest="")
        if checked:
            self.platform.add("project.check", live - HOUR, ADMIN, project)
        self.platform.add("project.publish", live, ADMIN, project, guideline_version=version)

    def trained(self, who: UUID, at: datetime, days: int = 365) -> None:
        self.vendor.add("training.finish", at, who, self.new(), version=1, expires_at=at + days * DAY)

    def yes(self, who: UUID, at: datetime, category: str = "W06", severity: int = 3, days: int = 90) -> UUID:
        consent = self.new()
        self.vendor.add("consent.give", at, who, consent, category=category, severity=severity, text_version=1,
                        expires_at=at + days * DAY)  # fmt: skip
        return consent

    def no(self, who: UUID, at: datetime, scope: str, target: UUID | str | None = None) -> UUID:
        said = self.new()
        self.vendor.add("opt_out.say", at, who, said, scope=scope, target=target)
        return said

    def policy(self, name: str, value: int, *, signed: bool = False) -> None:
        start = QUARTER.start - DAY
        until = QUARTER.end if signed else None
        self.platform.add("policy.set", start, ADMIN, self.new(), name=name, value=value, from_at=start, project=None,
                          until_at=until, signed=signed)  # fmt: skip

    def give(
        self, who: UUID, at: datetime, profile: str = "", task: UUID | None = None, project: UUID = PROJECT
    ) -> UUID:
        held = self.new()
        self.vendor.add("assignment.hand_out", at, who, held, task=task or self.new(), fence=1, project=project,
                        profile=profile)  # fmt: skip
        return held

    def show(self, who: UUID, at: datetime, held: UUID, profile: str) -> Event:
        return self.vendor.add("assignment.reveal", at, who, held, severity=int(profile[-1:] or 0), profile=profile)

    def answer(self, who: UUID, at: datetime, held: UUID) -> None:
        self.vendor.add(
            "judgment.submit", at, who, self.new(), assignment=held, version=1, standing="counted", digest=""
        )

    def end(self, act: str, who: UUID | None, at: datetime, held: UUID) -> None:
        self.vendor.add(act, at, who, held)

    def stretch(self, who: UUID, since: datetime, until: datetime) -> None:
        self.vendor.add("stretch.close", until, who, self.new(), from_at=since, until_at=until)

    def works(
        self, who: UUID, start: datetime, profiles: Iterable[str], seconds: int = 120, *, project: UUID = PROJECT,
        task: UUID | None = None,
    ) -> datetime:  # fmt: skip
        """One task after the other, in one stretch of work. Returns its end."""
        now = start
        for profile in profiles:
            held = self.give(who, now, profile, task, project)
            if profile[-1:] not in ("", "1"):
                self.show(who, now, held, profile)
            now += timedelta(seconds=seconds)
            self.answer(who, now, held)
        self.stretch(who, start, now)
        return now

    def rest(self, who: UUID, at: datetime, lasts: timedelta, rule: str | None = None, planned: int = 10) -> None:
        pause = self.new()
        until = at + planned * MINUTE if rule else None
        self.vendor.add("break.start", at, who, pause, rule=rule, until=until, paid_until=until or at + 30 * MINUTE)
        self.vendor.add("break.end", at + lasts, who, pause)

    def waits(self, who: UUID, at: datetime, lasts: timedelta, *, cut: bool = False) -> None:
        waiting = self.new()
        self.vendor.add("stand_down.start", at, who, waiting, rule="EXP-1", until=at + lasts)
        if cut:
            self.vendor.add("stand_down.end", at + lasts / 2, who, waiting)

    def danger(self, who: UUID, at: datetime, *, decided: timedelta | None) -> None:
        case, review = self.new(), self.new()
        self.vendor.add("danger.report", at, who, case)
        self.vendor.add("review.ask", at, who, review, cause="danger", due_at=at + 7 * DAY, case=case, first=[])
        if decided is not None:
            self.vendor.add(
                "review.decide", at + decided, REVIEWER, review, outcome="upheld", on_time=True, cause="danger",
                case=case, first=[], asked_at=at, due_at=at + 7 * DAY, reasons=40,
            )  # fmt: skip

    def says(self, who: UUID, at: datetime, held_task: UUID, severity: int) -> None:
        self.vendor.add(
            "report.say", at, who, self.new(), task=held_task, category="W06", severity=severity, raised=True
        )

    def work_day(self, who: UUID, start: datetime, number: int) -> None:
        """A day with some of everything: five tasks, a break of her own, a skip, a no."""
        end = self.works(who, start, ["", SEVERE, "", DISTURBING, "", ""])
        self.rest(who, end, 12 * MINUTE)
        again = end + 12 * MINUTE
        held = self.give(who, again)
        self.end("assignment.skip", who, again + MINUTE, held)
        self.stretch(who, again, again + MINUTE)
        self.waits(who, again + MINUTE, 20 * MINUTE)
        if number % 2:
            self.no(who, again + 30 * MINUTE, "category", "W10")
        if number % 2 == 0:
            self.danger(who, again + HOUR, decided=2 * DAY)
