"""Four labelers do whatever comes to mind, in any order, over days: a small model beside them knows what must hold.

The model is written from the promises, not from the code: who may be given what, when a break is owed, what a task may
be asked of whom. After each step the database is held against it.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event, select, update

from labeler import db
from labeler.assignment.models import Assignment, AssignmentState
from labeler.assignment.queries import on_the_desk, own_task
from labeler.assignment.service import (
    Handed,
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
)
from labeler.db import reading, repeated, transaction
from labeler.errors import Conflict
from labeler.judgments.models import Standing
from labeler.judgments.service import save_draft
from labeler.projects.models import Lane, Project, ProjectOffer, Task
from labeler.projects.rules import ProjectState
from labeler.web.desk import covered
from labeler.web.handing import answer_and_next, next_task
from labeler.wellbeing.models import OptOutScope
from labeler.wellbeing.rules import Reason
from labeler.wellbeing.service import end_break, end_consent, give_consent
from tasks.content import Category, parse_profile
from tasks.kind import AnswerRefused
from tests.faults.ledger import wrong
from tests.support.build import NOW, add_labeler, add_project, add_tasks, add_vendor

MINUTE = timedelta(minutes=1)
SITS, RESTS, LEASE, LATE, YES_LASTS = 60 * MINUTE, 10 * MINUTE, 30 * MINUTE, timedelta(hours=24), timedelta(days=90)
OF_HOURS = {Reason.BREAK, Reason.CAP_DAY, Reason.CAP_WEEK, Reason.REST_DAY, Reason.REST_WEEK}
OF_CONTENT = {Reason.CAP_SENSITIVE, Reason.CAP_RUN, Reason.CAP_SHARE}
FORMS = {"comparison": {"choice": ["a2"]}, "rating": {"cant_judge": ["yes"]}}
CATEGORIES = ("W06", "W10")

people = st.integers(0, 3)
categories = st.sampled_from(CATEGORIES)


@dataclass
class Asked:
    """What the model knows of a task."""

    project: UUID
    kind: str
    profile: dict[str, int]
    language: str
    overlap: int
    rank: tuple[object, ...]
    """Tasks of a lower rank are handed out first."""


@dataclass
class Given:
    """What the model knows of an assignment."""

    who: int
    task: UUID
    lease: datetime
    state: str = "held"
    counted: bool = False
    shown: bool = False
    seen: bool = False
    judgment: UUID | None = None


@dataclass
class Someone:
    """What the model knows of a labeler."""

    id: UUID
    vendor: UUID
    languages: tuple[str, ...]
    yes: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    no: dict[UUID, tuple[OptOutScope, object]] = field(default_factory=dict)
    signs: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    """Every sign of work since the last rest, with the end of the lease that she held after it."""
    rest: tuple[datetime, datetime | None] | None = None
    """The open break: since when, and until when where a rule asked for it."""


class Desk(RuleBasedStateMachine):
    """The machine. `template` is a SQLite file with the schema, `folder` a place for copies of it."""

    def __init__(self, template: Path, folder: Path) -> None:
        super().__init__()
        self.path = folder / f"{uuid4().hex}.db"
        shutil.copyfile(template, self.path)
        self.engine = db.connect(f"sqlite:///{self.path}")
        event.listen(self.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        self.now = NOW
        self.tasks: dict[UUID, Asked] = {}
        self.given: dict[UUID, Given] = {}
        self.offered: dict[UUID, UUID | None] = {}
        self.live: dict[UUID, bool] = {}

    def teardown(self) -> None:
        self.engine.dispose()
        for path in self.path.parent.glob(f"{self.path.name}*"):
            path.unlink()

    # What there is

    @initialize(data=st.data())
    def world(self, data: st.DataObject) -> None:
        with transaction() as session:
            lake, hill = add_vendor(session, "Lake"), add_vendor(session, "Hill")
            open_to_all = add_project(session, overlap=2, categories={"W04": 4, "W06": 3, "W10": 2})
            lake_only = add_project(session, overlap=1, categories={"W10": 2})
            urgent = add_project(session, kind="rating", overlap=1, priority=80, categories={"W10": 1})
            session.add(ProjectOffer(project_id=lake_only.id, vendor_id=lake.id))
            self.offered = {open_to_all.id: None, lake_only.id: lake.id, urgent.id: None}
            self.live = dict.fromkeys(self.offered, True)
            for project, profile, language in (
                (open_to_all, {}, "en"), (open_to_all, {}, "sw"), (open_to_all, {"W06": 2}, "en"),
                (open_to_all, {"W06": 3}, "en"), (open_to_all, {"W06": 2, "W10": 2}, "en"),
                (open_to_all, {"W04": 4}, "en"), (lake_only, {}, "en"), (lake_only, {"W10": 2}, "en"),
                (urgent, {"W10": 1}, "en-GB"),
            ):  # fmt: skip
                add_tasks(session, project, data.draw(st.integers(1, 3)), profile=profile, language=language)
            staff = ((lake, ("en",)), (lake, ("en", "sw")), (hill, ("en",)), (hill, ("sw",)))
            self.people = [
                Someone(add_labeler(session, vendor=vendor, languages=read).id, vendor.id, read)
                for vendor, read in staff
            ]
        self.learn_tasks()
        for who in range(len(self.people)):
            for code in CATEGORIES:
                level = data.draw(st.sampled_from([None, 2, 3, 3, 3]))
                if level is not None:
                    self.say_yes(who, code, level)

    def learn_tasks(self) -> None:
        """Take up tasks that the model does not know yet."""
        with reading() as session:
            rows = session.execute(
                select(
                    Task.id, Task.overlap, Lane.id, Lane.language, Lane.profile, Project.id, Project.kind,
                    Project.priority,
                )
                .join(Lane, Lane.id == Task.lane_id)
                .join(Project, Project.id == Lane.project_id)
            )  # fmt: skip
            for task, overlap, lane, language, text, project, kind, priority in rows.all():
                profile = {code.value: int(level) for code, level in parse_profile(text).items()}
                rank = (-priority, project, max(profile.values(), default=0), lane)
                self.tasks.setdefault(task, Asked(project, kind, profile, language, overlap, rank))

    # What the promises say

    def claims(self, task: UUID) -> int:
        return sum(each.task == task and (each.state == "held" or each.counted) for each in self.given.values())

    def is_open(self, task: UUID) -> bool:
        return self.claims(task) < self.tasks[task].overlap

    def allowed(self, me: Someone, task: UUID, *, later: bool = False) -> bool:
        """Whether her choices let her see this content. With `later`, a yes that ran out since still counts."""
        asked = self.tasks[task]
        said = list(me.no.values())
        strong = {code: level for code, level in asked.profile.items() if level >= 2}
        return not (
            max(asked.profile.values(), default=0) >= 4
            or (OptOutScope.PROJECT, asked.project) in said
            or any((OptOutScope.CATEGORY, code) in said for code in asked.profile)
            or (strong and (OptOutScope.SENSITIVE, None) in said)
            or any(
                code not in me.yes or me.yes[code][0] < level or (not later and me.yes[code][1] <= self.now)
                for code, level in strong.items()
            )
        )

    def reads(self, me: Someone, task: UUID) -> bool:
        language = self.tasks[task].language
        return language in me.languages or (language == "en-GB" and "en" in me.languages)

    def offers(self, me: Someone, task: UUID) -> bool:
        return self.offered[self.tasks[task].project] in (None, me.vendor)

    def may_get(self, who: int) -> list[UUID]:
        """Every task that she may be given now, breaks aside."""
        me = self.people[who]
        had = {each.task for each in self.given.values() if each.who == who}
        return [
            task
            for task, asked in self.tasks.items()
            if task not in had and self.is_open(task) and self.live[asked.project] and self.offers(me, task)
            and self.reads(me, task) and self.allowed(me, task)
        ]  # fmt: skip

    def sign(self, who: int) -> None:
        """A sign of work. What she holds counts as work until its lease ends, but not in a break."""
        me, key = self.people[who], self.held_by(who)
        me.signs.append((self.now, None if key is None or me.rest is not None else self.given[key].lease))

    def last_work(self, me: Someone) -> datetime | None:
        if not me.signs:
            return None
        at, lease = me.signs[-1]
        return at if lease is None else max(at, min(lease, self.now))

    def owes_a_rest(self, me: Someone) -> bool:
        """Whether she has sat for an hour without ten minutes' rest, and sits still."""
        start = last = self.now
        for at, lease in reversed(me.signs):
            if last - (at if lease is None else max(at, min(lease, last))) >= RESTS:
                break
            start = last = at
        return self.now - start >= SITS

    def stands_up(self, me: Someone) -> None:
        """Her break ends. Without a sign of work in its last ten minutes it was a rest."""
        assert me.rest is not None
        if self.now - max([me.rest[0], *(at for at, _ in me.signs[-1:])]) >= RESTS:
            me.signs = []
        me.rest = None

    def held_by(self, who: int) -> UUID | None:
        return next((key for key, each in self.given.items() if each.who == who and each.state == "held"), None)

    # What is done, each followed by what the model makes of it

    def sweep_seen(self) -> None:
        """Leases that the database has ended meanwhile must have run out."""
        with reading() as session:
            gone = session.scalars(select(Assignment.id).where(Assignment.state == AssignmentState.EXPIRED)).all()
        for key in gone:
            if self.given[key].state == "held":
                assert self.given[key].lease < self.now
                self.given[key].state = "expired"

    def check_next(self, who: int, result: Handed | Nothing) -> None:
        """Hold what the desk said against what it should say, and take it over."""
        me, held = self.people[who], self.held_by(who)
        if held is not None:
            assert result == Handed(held, new=False)
            if me.rest is None:
                self.sign(who)
            return
        if me.rest is not None and (me.rest[1] is None or self.now < me.rest[1]):
            assert isinstance(result, Nothing)
            assert (result.reason, result.until) == (Reason.BREAK, me.rest[1])
            return
        owes = False
        if me.rest is not None:
            self.stands_up(me)
        owes = self.owes_a_rest(me)
        if owes or (isinstance(result, Nothing) and result.reason in OF_HOURS):
            assert isinstance(result, Nothing)
            self.check_rest(who, result, owes=owes)
            return
        self.sign(who)
        before = self.may_get(who)
        self.sweep_seen()
        after = self.may_get(who)
        if isinstance(result, Nothing):
            assert not result.busy
            if result.reason in OF_CONTENT:
                assert result.rule and after and all(self.is_hard(task) for task in after)
                return
            assert after == [], f"{result.reason}, while there is something for her"
            self.check_reason(me, result.reason)
            return
        assert result.new
        with reading() as session:
            row = session.get_one(Assignment, result.assignment_id)
        choice = before or after
        assert row.task_id in choice
        sooner = [task for task in choice if self.tasks[task].rank < self.tasks[row.task_id].rank]
        assert all(self.is_hard(task) for task in sooner), "only a limit on hard content lets a task be passed by"
        assert row.lease_until == self.now + LEASE
        self.given[row.id] = Given(who, row.task_id, row.lease_until)
        self.sign(who)

    def is_hard(self, task: UUID) -> bool:
        return max(self.tasks[task].profile.values(), default=0) >= 2

    def check_rest(self, who: int, result: Nothing, *, owes: bool) -> None:
        """A rest comes first: after an hour at least ten minutes; other rules of hours name themselves."""
        me = self.people[who]
        assert result.rule is not None and result.until is not None and result.until > self.now
        assert owes or result.rule != "BRK-1"
        if result.reason is Reason.BREAK:
            assert result.until - self.now >= RESTS
            self.sign(who)
            me.rest = (self.now, result.until)

    def check_reason(self, me: Someone, reason: Reason) -> None:
        """The reason names something that is so."""
        work = [task for task in self.tasks if self.is_open(task)]
        live = [task for task in work if self.live[self.tasks[task].project] and self.offers(me, task)]
        so = {
            Reason.NONE_LEFT: not work,
            Reason.ALREADY_ANSWERED: any(self.reads(me, task) and self.allowed(me, task) for task in live),
            Reason.YOUR_CHOICES: any(not self.allowed(me, task) for task in live),
            Reason.LANGUAGE: any(not self.reads(me, task) for task in live),
            Reason.IN_REVIEW: any("W04" in self.tasks[task].profile for task in live),
            Reason.PAUSED: any(not self.live[self.tasks[task].project] and self.offers(me, task) for task in work),
            Reason.NOT_QUALIFIED: any(not self.offers(me, task) for task in work),
        }
        assert so[reason], f"{reason} is not so"

    def send(self, who: int, key: UUID) -> None:
        """Answer an assignment of hers, whatever became of it."""
        me, mine = self.people[who], self.given[key]
        asked = self.tasks[mine.task]
        strong = max(asked.profile.values(), default=0) >= 2
        form = FORMS[asked.kind]

        def press() -> object:
            return answer_and_next(me.id, key, form, f"the-key-{key.hex}", self.now)

        if mine.state == "judged":
            done = answer_and_next(me.id, key, form, f"the-key-{key.hex}", self.now)
            assert (done.submitted.new, done.submitted.judgment.id) == (False, mine.judgment)
            self.check_next(who, done.next)
            return
        gone = mine.state not in ("held", "expired") or (strong and not mine.shown and not mine.seen)
        if gone or (mine.state == "expired" and self.now >= mine.lease + LATE):
            with pytest.raises(Conflict):
                press()
            return
        counts = mine.state == "held" or self.is_open(mine.task)
        with pytest.raises(AnswerRefused):
            answer_and_next(me.id, key, {"choice": ["nonsense"]}, f"a-wrong-{key.hex}", self.now)
        done = answer_and_next(me.id, key, form, f"the-key-{key.hex}", self.now)
        assert done.submitted.new
        assert done.submitted.judgment.standing is (Standing.COUNTED if counts else Standing.LATE)
        mine.state, mine.counted, mine.judgment = "judged", counts, done.submitted.judgment.id
        self.sign(who)
        self.check_next(who, done.next)

    def work(self, who: int, tasks: int, minutes: int) -> None:
        """One task after the other, texts asked for where they are hidden."""
        for _ in range(tasks):
            key = self.held_by(who)
            if key is None:
                self.check_next(who, next_task(self.people[who].id, self.now))
                continue
            self.show(who)
            self.send(who, key)
            self.now += minutes * MINUTE

    def sit(self, who: int, beats: int) -> None:
        """Stay with a task and its page for long."""
        for _ in range(beats):
            self.now += 9 * MINUTE
            self.beat(who)

    def answer_any(self, who: int, data: st.DataObject) -> None:
        """From an old tab: answered before, skipped, lapsed, taken away."""
        mine = [key for key, each in self.given.items() if each.who == who]
        ended = [key for key in mine if self.given[key].state not in ("held", "judged")]
        if mine:
            self.send(who, data.draw(st.sampled_from(ended or mine)))

    def skip_it(self, who: int) -> None:
        key = self.held_by(who)
        if key is None:
            return
        repeated(lambda session: skip(session, self.people[who].id, key, self.now))
        self.given[key].state = "skipped"
        self.people[who].no[UUID(int=self.given[key].task.int)] = (OptOutScope.TASK, self.given[key].task)
        self.sign(who)

    def say_no(self, who: int, scope: OptOutScope, code: str, n: int) -> None:
        me, project = self.people[who], list(self.offered)[n]
        about = {OptOutScope.PROJECT: project, OptOutScope.CATEGORY: code, OptOutScope.SENSITIVE: None}[scope]
        said = repeated(lambda session: opt_out(session, me.id, scope, self.now, project_id=project, category=code))
        assert (said in me.no) == ((scope, about) in me.no.values()), "one no, however often it is said"
        me.no[said] = (scope, about)
        self.let_go(who)
        self.sign(who)

    def let_go(self, who: int) -> None:
        """What her choices forbid has been taken away from her."""
        key = self.held_by(who)
        if key is not None and not self.allowed(self.people[who], self.given[key].task):
            self.given[key].state = "revoked"

    def take_no_back(self, who: int, data: st.DataObject) -> None:
        me = self.people[who]
        known = [key for key, (scope, _) in me.no.items() if scope is not OptOutScope.TASK]
        if known:
            key = data.draw(st.sampled_from(known))
            repeated(lambda session: undo_opt_out(session, me.id, key, self.now))
            del me.no[key]

    def say_yes(self, who: int, code: str, level: int) -> None:
        me = self.people[who]
        repeated(lambda session: give_consent(session, me.id, code, level, self.now))
        gone = repeated(lambda session: withdraw_refused(session, me.id, self.now))  # as the page does
        me.yes[code] = (level, self.now + YES_LASTS)
        self.let_go(who)
        if gone:
            self.sign(who)

    def take_yes_back(self, who: int, code: str) -> None:
        me = self.people[who]
        repeated(lambda session: end_consent(session, me.id, code, self.now))
        gone = repeated(lambda session: withdraw_refused(session, me.id, self.now))
        me.yes.pop(code, None)
        self.let_go(who)
        if gone:
            self.sign(who)

    def show(self, who: int) -> None:
        key, me = self.held_by(who), self.people[who]
        if key is None:
            return
        mine = self.given[key]
        stop = repeated(lambda session: reveal(session, me.id, key, self.now))
        if me.rest is not None and (me.rest[1] is None or self.now < me.rest[1]):
            assert stop is not None and stop.reason is Reason.BREAK
            return
        if me.rest is not None:
            self.stands_up(me)
        owes = self.owes_a_rest(me)
        if stop is not None and stop.reason is Reason.BREAK:
            assert owes or stop.rule != "BRK-1"
            assert stop.until is not None and stop.until - self.now >= RESTS
            me.rest = (self.now, stop.until)
            self.sign(who)
            return
        if stop is not None:
            assert stop.reason in OF_HOURS | OF_CONTENT or not self.allowed(me, mine.task)
            mine.state = "revoked"
        else:
            assert not owes and self.allowed(me, mine.task)
            if not mine.shown:
                mine.shown, mine.lease = True, self.now + LEASE
        self.sign(who)

    def cover(self, who: int) -> None:
        key, me = self.held_by(who), self.people[who]
        if key is None:
            return
        mine = self.given[key]
        repeated(lambda session: hide(session, me.id, key, self.now))
        if mine.shown:
            self.was_covered(key)
            self.sign(who)

    def was_covered(self, key: UUID) -> None:
        with reading() as session:
            self.given[key].shown, self.given[key].seen = False, session.get_one(Assignment, key).seen_seconds > 0

    def rest(self, who: int) -> None:
        me, key = self.people[who], self.held_by(who)
        repeated(lambda session: take_break(session, me.id, self.now))
        if me.rest is None:
            if key is not None and self.given[key].shown:
                self.was_covered(key)
            me.rest = (self.now, None)
            self.sign(who)

    def go_on(self, who: int) -> None:
        me = self.people[who]
        went = repeated(lambda session: end_break(session, me.id, self.now))
        assert went == (me.rest is None or me.rest[1] is None or self.now >= me.rest[1])
        if went and me.rest is not None:
            self.stands_up(me)

    def beat(self, who: int) -> None:
        key, me = self.held_by(who), self.people[who]
        if key is not None:
            assert repeated(lambda session: heartbeat(session, me.id, key, self.now))
            if me.rest is None:
                self.given[key].lease = self.now + LEASE
                self.sign(who)

    def write_a_draft(self, who: int) -> None:
        key, me = self.held_by(who), self.people[who]
        if key is not None:
            assert repeated(lambda session: save_draft(session, me.id, key, {"choice": ["b1"]}, self.now))

    def sweep(self) -> None:
        repeated(lambda session: expire(session, self.now))
        for each in self.given.values():
            if each.state == "held" and each.lease < self.now:
                each.state = "expired"

    def pause_or_resume(self, n: int) -> None:
        project = list(self.offered)[n]
        self.live[project] = not self.live[project]
        state = ProjectState.LIVE if self.live[project] else ProjectState.PAUSED
        with transaction() as session:
            session.execute(update(Project).where(Project.id == project).values(state=state))

    def import_more(self, n: int, profile: dict[str, int]) -> None:
        if len(self.tasks) < 30:
            with transaction() as session:
                add_tasks(session, session.get_one(Project, list(self.offered)[n]), 1, profile=profile)
            self.learn_tasks()

    # Which of it comes next

    @rule(who=people, tasks=st.integers(1, 5), minutes=st.sampled_from([0, 1, 8]))
    def works(self, who: int, tasks: int, minutes: int) -> None:
        self.work(who, tasks, minutes)

    @rule(who=people, tasks=st.integers(1, 2), then=st.sampled_from(["skip_it", "show", "cover", "write_a_draft"]))
    def works_and(self, who: int, tasks: int, then: str) -> None:
        self.work(who, tasks, 1)
        getattr(self, then)(who)

    @rule(who=people, other=people, lapses=st.booleans())
    def gives_back_what_another_waits_for(self, who: int, other: int, lapses: bool) -> None:
        self.work(who, 1, 0)
        self.work(other, 6, 0)
        if lapses:
            self.now += 31 * MINUTE
            self.sweep()
        else:
            self.skip_it(who)
        self.work(other, 1, 0)

    @rule(who=people, beats=st.integers(1, 8), resting=st.booleans())
    def sits_and_goes_on(self, who: int, beats: int, resting: bool) -> None:
        self.work(who, 1, 0)
        if resting:
            self.rest(who)
        self.sit(who, beats)
        self.go_on(who)
        self.work(who, 1, 0)

    @rule(who=people, data=st.data())
    def comes_back_to_an_old_tab(self, who: int, data: st.DataObject) -> None:
        self.answer_any(who, data)

    @rule(who=people, scope=st.sampled_from([*OptOutScope][1:]), code=categories, n=st.integers(0, 2), data=st.data())
    def says_no_or_takes_it_back(self, who: int, scope: OptOutScope, code: str, n: int, data: st.DataObject) -> None:
        if data.draw(st.booleans()):
            self.say_no(who, scope, code, n)
        else:
            self.take_no_back(who, data)

    @rule(who=people, code=categories, level=st.sampled_from([None, 2, 3, 3]))
    def says_yes_or_takes_it_back(self, who: int, code: str, level: int | None) -> None:
        if level is None:
            self.take_yes_back(who, code)
        else:
            self.say_yes(who, code, level)

    @rule(who=people, what=st.sampled_from(["rest", "go_on", "go_on"]))
    def rests_or_goes_on(self, who: int, what: str) -> None:
        getattr(self, what)(who)

    @rule(minutes=st.sampled_from([1, 9, 12, 31, 65, 600, 24 * 60, 26 * 60, 91 * 24 * 60]), then=st.booleans())
    def time_goes_by(self, minutes: int, then: bool) -> None:
        self.now += minutes * MINUTE
        if then:
            self.sweep()

    @rule(n=st.integers(0, 2), profile=st.sampled_from([None, {}, {"W10": 2}, {"W06": 2}, {"W06": 3}]))
    def the_studio_acts(self, n: int, profile: dict[str, int] | None) -> None:
        if profile is None:
            self.pause_or_resume(n)
        else:
            self.import_more(n, profile)

    # What holds after every step

    @invariant()
    def the_books_are_right(self) -> None:
        with reading() as session:
            assert wrong(session) == []

    @invariant()
    def everybody_holds_what_the_model_says_and_sees_no_more_than_she_may(self) -> None:
        for who, me in enumerate(getattr(self, "people", [])):
            key = self.held_by(who)
            with reading() as session:
                _, held = on_the_desk(session, me.id, self.now)
                hers = [each for each, mine in self.given.items() if mine.who == who]
                old = [own_task(session, me.id, each, self.now) for each in hers[-1:]]
            assert (held.assignment_id if held else None) == key
            if held is not None and key is not None:
                mine = self.given[key]
                assert self.allowed(me, mine.task, later=True), "she holds what the gate refuses"
                strong = max(self.tasks[mine.task].profile.values(), default=0) >= 2
                assert (held.item is not None) == (not strong or (mine.shown and self.allowed(me, mine.task)))
            for each in old:
                page = covered(each)
                assert page is not None
                assert page.item is None or page.severity < 2, "an old page shows no sensitive text"

    @invariant()
    def nobody_got_a_task_twice_or_more_than_she_may_hold(self) -> None:
        pairs = Counter((each.who, each.task) for each in self.given.values())
        assert max(pairs.values(), default=1) == 1
        assert all(self.claims(task) <= asked.overlap for task, asked in self.tasks.items())


@pytest.mark.parametrize(
    ("examples", "steps"), [(25, 40), pytest.param(400, 80, marks=pytest.mark.slow)], ids=["some", "many"]
)
def test_whatever_labelers_do(sqlite_template: Path, tmp_path: Path, examples: int, steps: int) -> None:
    make: Callable[[], Desk] = lambda: Desk(sqlite_template, tmp_path)  # noqa: E731 -- the machine wants a maker
    run_state_machine_as_test(
        make,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


def test_categories_of_the_machine_are_real() -> None:
    assert set(CATEGORIES) <= {code.value for code in Category}
