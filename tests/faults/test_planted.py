"""Faults that gates like this one have had elsewhere, planted one at a time: the checker must see each of them.

Each comes with the shortest story in which it matters. Without the fault the same story breaks no rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from labeler.assignment import exposure, service, stopping
from labeler.assignment import rules as lanes
from labeler.assignment.models import Assignment
from labeler.db import reading, transaction
from labeler.judgments import service as judgments
from labeler.judgments import storing
from labeler.projects.models import Lane, Task
from labeler.wellbeing import doses, limits, rules
from labeler.wellbeing import service as wellbeing
from labeler.wellbeing.clock import lock, set_clock
from labeler.wellbeing.doses import Run
from labeler.wellbeing.models import OptOut, WorkClock
from labeler.wellbeing.policies import limits_now
from labeler.wellbeing.rules import Touched
from labeler.workforce.models import Labeler
from tests.faults.care import MINUTE, Driver, Stage, found_in, rule_of, sqlite_stage
from tests.faults.checker import violations
from tests.faults.rows import read

HARD_FIRST, LIGHT_FIRST, DAY = 12, 0, 24 * 60
Plant = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture(scope="module")
def stage(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with sqlite_stage(sqlite_template, tmp_path_factory.mktemp("planted")) as made:
        yield made


class Story(Driver):
    """The driver, with minutes."""

    def begin(self, order: int, *yes: int, level: int = 3) -> None:
        self.do(("habit", 1, order))
        for who in yes:
            self.do(("yes_to_all", who, level))

    def after(self, minutes: float, what: str, who: int = 0, number: int = 0) -> None:
        self.now += minutes * MINUTE
        self.do((what, who, number))

    def number(self, name: str, value: int, project: int | None = None) -> None:
        self.write(name, value, None if project is None else self.world.projects[project], 256, signed=False)

    def see(self, minutes: float, who: int = 0) -> None:
        """A task with its text, from hand-out to answer."""
        self.after(0, "ask", who)
        self.after(0, "show", who)
        self.after(minutes, "answer", who)


# Stories


def sits_for_long(story: Story) -> None:
    story.begin(LIGHT_FIRST)
    for _ in range(9):
        story.after(8.5, "answer")


def reads_in_silence(story: Story) -> None:
    story.begin(LIGHT_FIRST)
    for _ in range(6):
        story.after(12, "answer")
    story.after(1, "ask")


def sees_hard_things(story: Story) -> None:
    story.begin(HARD_FIRST, 0)
    story.number("disturbing_day", 8)
    for _ in range(4):
        story.see(2.8)


def sees_hard_things_around_midnight(story: Story) -> None:
    story.begin(HARD_FIRST, 0)
    story.number("disturbing_day", 8)
    story.now = story.now.replace(hour=23, minute=50)
    for _ in range(2):
        story.see(2.4)
    story.after(20, "ask")
    story.see(2)
    story.see(2)


def sees_severe_things_around_the_weekend(story: Story) -> None:
    story.begin(HARD_FIRST, 0)
    story.number("severe_week", 12)
    story.now = (story.now + timedelta(days=6)).replace(hour=22)
    for _ in range(6):
        story.see(2.4)
    story.now += timedelta(hours=12)
    for _ in range(3):
        story.see(2.4)


def wants_more_than_is_left(story: Story) -> None:
    story.begin(HARD_FIRST, 0)
    story.number("severe_day", 6)
    for _ in range(5):
        story.see(1.5)


def holds_with_both_accounts(story: Story) -> None:
    story.begin(HARD_FIRST, 0, 1)
    story.number("severe_day", 6)
    for _ in range(3):
        story.see(0.1)
    story.after(0, "ask", 0)
    story.after(0, "ask", 1)
    story.after(0, "show", 1)


def leaves_with_the_text_open(story: Story) -> None:
    story.begin(HARD_FIRST, 0)
    story.number("disturbing_day", 20)
    story.after(0, "ask")
    story.after(0, "show")
    story.after(31, "sweep")
    story.after(30, "ask")


def comes_back_after_three_months(story: Story) -> None:
    story.begin(HARD_FIRST, 0)
    story.see(1)
    story.after(91 * DAY, "sweep")
    story.after(0, "ask")


def says_no_meanwhile(story: Story) -> None:
    story.begin(HARD_FIRST, 0)
    story.after(0, "ask")
    story.after(1, "no", number=2)
    story.after(1, "ask")


def takes_one_of_two_noes_back(story: Story) -> None:
    story.begin(HARD_FIRST, 0)
    story.after(0, "no", number=0)
    story.after(0, "no", number=3)
    story.after(1, "undo", number=0)
    story.after(1, "ask")


def hears_of_a_new_number(story: Story) -> None:
    story.begin(LIGHT_FIRST)
    story.after(0, "ask")
    story.after(8, "answer")
    story.number("break_stop", 20)
    for _ in range(4):
        story.after(8, "answer")


def works_under_two_accounts(story: Story) -> None:
    story.begin(LIGHT_FIRST)
    for n in range(12):
        story.after(7, "answer", n // 6)


def has_something_mild_between(story: Story) -> None:
    story.begin(HARD_FIRST, 0)
    story.number("run_minutes", 9)
    for _ in range(7):
        story.see(2.4)
    story.after(0, "no", number=3)
    story.after(0, "ask")
    story.after(1, "answer")
    story.after(0, "undo")
    story.after(0, "skip")
    story.see(1)


def wants_to_go_on_early(story: Story) -> None:
    story.begin(LIGHT_FIRST)
    for _ in range(9):
        story.after(8, "answer")
    story.after(2, "go_on")
    story.after(0, "ask")


def works_in_another_tab_in_a_break(story: Story) -> None:
    story.begin(LIGHT_FIRST)
    for _ in range(6):
        story.after(9, "answer")
    story.after(0, "rest")
    story.after(5, "answer")
    story.after(5.2, "go_on")
    story.after(0, "ask")
    story.after(1, "answer")
    story.after(6, "answer")


def meets_a_text_that_was_raised(story: Story) -> set[str]:
    story.begin(HARD_FIRST, 0, level=2)
    story.after(0, "ask")
    with transaction() as session:
        held = session.scalars(select(Assignment)).one()
        severe = session.scalars(select(Lane.id).where(Lane.profile == "W10:3")).one()
        session.execute(update(Task).where(Task.id == held.task_id).values(lane_id=severe))
    story.after(1, "show")
    with reading() as session:
        shown = session.scalars(select(Assignment.id).where(Assignment.revealed_at.is_not(None))).all()
    return {"EXP-13"} if shown else set()


def works_before_dawn(story: Story) -> None:
    story.begin(HARD_FIRST, 2)
    story.now = story.now.replace(hour=10, minute=20)
    for _ in range(5):
        story.see(1, who=2)


def works_for_a_lax_project(story: Story) -> None:
    story.begin(HARD_FIRST, 0)
    story.number("severe_day", 6)
    story.number("severe_day", 50, project=1)
    for _ in range(7):
        story.see(2)


# Faults


def gate_only_in_the_page(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(service, "stop_now", lambda *_, **__: None)


def clock_of_the_browser(patch: pytest.MonkeyPatch) -> None:
    asked, ahead = stopping.stop_now, 10 * MINUTE
    patch.setattr(service, "stop_now", lambda s, who, facts, now, **more: asked(s, who, facts, now + ahead, **more))


def cap_read_once(patch: pytest.MonkeyPatch) -> None:
    asked, known = stopping.seen, {}

    def cached(session: Session, person: Any, now: datetime) -> Any:
        return known.setdefault(person.person_id, asked(session, person, now))

    patch.setattr(stopping, "seen", cached)


class _Calendar:
    """A window that begins at midnight, so many weekdays ago."""

    def __init__(self, weekly: bool) -> None:
        self.weekly = weekly

    def __rsub__(self, now: datetime) -> datetime:
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight - timedelta(days=now.weekday()) if self.weekly else midnight


def days_of_the_calendar(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(exposure, "DAY", _Calendar(weekly=False))


def weeks_of_the_calendar(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(exposure, "WEEK", _Calendar(weekly=True))


def a_gap_is_a_rest_whatever_is_held(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "last_work", lambda clock, now: clock.active_at)


def reserve_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(lanes, "reserve", lambda estimate: 0)


def open_rows_not_counted(patch: pytest.MonkeyPatch) -> None:
    asked = stopping.seen

    def closed_only(session: Session, person: Any, now: datetime) -> Any:
        known = doses.summed(exposure.doses(session, person.person_id, now), now)
        return replace(
            asked(session, person, now), severe_day=known.severe_day, severe_week=known.severe_week,
            disturbing_day=known.disturbing_day,
        )  # fmt: skip

    patch.setattr(stopping, "seen", closed_only)


def lapse_forgets_what_was_shown(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(exposure, "seen_in", lambda seen_seconds, *_: seen_seconds)


def consent_for_ever(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "_agreed", lambda yes, level, now: yes is not None and yes.severity >= level)


def a_no_takes_nothing_away(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(service, "refuses", lambda *_: None)


def undo_takes_all_back(patch: pytest.MonkeyPatch) -> None:
    asked = service.undo_opt_out

    def all_of_them(session: Session, labeler_id: UUID, opt_out_id: UUID, now: datetime) -> None:
        asked(session, labeler_id, opt_out_id, now)
        session.execute(update(OptOut).where(OptOut.labeler_id == labeler_id).values(ended_at=now))

    patch.setattr("tests.faults.care.undo_opt_out", all_of_them)


def a_new_number_is_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    def keep(story: Driver, *given: Any, **more: Any) -> None:
        with reading() as session:
            kept = session.scalars(select(WorkClock.free_until)).one()
        written(story, *given, **more)
        with transaction() as session:
            session.execute(update(WorkClock).values(free_until=kept))

    written = Driver.write
    patch.setattr(Driver, "write", keep)


def every_account_has_its_own_clock(patch: pytest.MonkeyPatch) -> None:
    begun = Story.begin

    def apart(story: Story, *given: Any, **more: Any) -> None:
        begun(story, *given, **more)
        with transaction() as session:
            session.execute(update(Labeler).values(person_id=Labeler.id))

    patch.setattr(Story, "begin", apart)


def something_mild_ends_a_run(patch: pytest.MonkeyPatch) -> None:
    asked = judgments._write

    def forget(session: Session, locked: Any, question: Any, *given: Any, **more: Any) -> Any:
        if not question.sensitive:
            set_clock(session, locked, Touched(replace(locked.clock, run=Run())))
        return asked(session, locked, question, *given, **more)

    patch.setattr(judgments, "_write", forget)


def a_required_break_can_be_cut_short(patch: pytest.MonkeyPatch) -> None:
    def end(session: Session, labeler_id: UUID, now: datetime) -> bool:
        locked = lock(session, labeler_id)
        row = wellbeing.open_break(session, locked)
        if row is not None:
            wellbeing.finish_break(session, locked, row.id, now, limits_now(session, now).platform)
        return True

    patch.setattr(service, "end_break", end)


def work_in_a_break_is_not_seen(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(wellbeing, "was_rest", lambda clock, started_at, now, *_: now - started_at >= rules.REST)
    patch.setattr(storing, "touch", lambda clock, now, zone, busy: Touched(replace(clock, busy_until=None)))


def severity_as_it_was(patch: pytest.MonkeyPatch) -> None:
    asked = service.holding
    patch.setattr(service, "holding", lambda *given: (held := asked(*given)) and replace(held, profile={}, severity=2))


def night_where_the_server_is(patch: pytest.MonkeyPatch) -> None:
    asked = doses.is_night
    patch.setattr(doses, "is_night", lambda now, zone, *more: asked(now, "UTC", *more))


def a_project_may_loosen(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(limits, "_for_project", lambda base, own: base | {name: change.value for name, change in own.items()})


@dataclass(frozen=True)
class Planted:
    """A fault, the story in which it matters, and the rule that it breaks."""

    plant: Plant
    story: Callable[[Story], set[str] | None]
    rule: str


PLANTED = [
    Planted(gate_only_in_the_page, sits_for_long, "BRK-1"),
    Planted(clock_of_the_browser, wants_to_go_on_early, "BRK-0"),
    Planted(a_gap_is_a_rest_whatever_is_held, reads_in_silence, "BRK-1"),
    Planted(cap_read_once, sees_hard_things, "EXP-3"),
    Planted(days_of_the_calendar, sees_hard_things_around_midnight, "EXP-3"),
    Planted(weeks_of_the_calendar, sees_severe_things_around_the_weekend, "EXP-2"),
    Planted(reserve_ignored, wants_more_than_is_left, "EXP-1"),
    Planted(open_rows_not_counted, holds_with_both_accounts, "EXP-1"),
    Planted(lapse_forgets_what_was_shown, leaves_with_the_text_open, "EXP-3"),
    Planted(consent_for_ever, comes_back_after_three_months, "EXP-13"),
    Planted(a_no_takes_nothing_away, says_no_meanwhile, "OPT-2"),
    Planted(undo_takes_all_back, takes_one_of_two_noes_back, "OPT-2"),
    Planted(a_new_number_is_not_looked_at, hears_of_a_new_number, "BRK-1"),
    Planted(every_account_has_its_own_clock, works_under_two_accounts, "BRK-1"),
    Planted(something_mild_ends_a_run, has_something_mild_between, "EXP-5"),
    Planted(a_required_break_can_be_cut_short, wants_to_go_on_early, "BRK-1"),
    Planted(work_in_a_break_is_not_seen, works_in_another_tab_in_a_break, "BRK-1"),
    Planted(severity_as_it_was, meets_a_text_that_was_raised, "EXP-13"),
    Planted(night_where_the_server_is, works_before_dawn, "EXP-14"),
    Planted(a_project_may_loosen, works_for_a_lax_project, "EXP-1"),
]


def told(stage: Stage, story: Callable[[Story], set[str] | None]) -> set[str]:
    """The rules that the checker finds broken after a story. It knows that accounts 0 and 1 are one person's."""
    stage.reset()
    driver = Story(stage.world)
    seen_by_itself = story(driver) or set()
    with reading() as session:
        raw = read(session)
    first, second = stage.world.people[:2]
    raw.accounts[second] = replace(raw.accounts[second], person=raw.accounts[first].person)
    assert raw.acts, "something was done"
    return seen_by_itself | {each.rule for each in violations(raw)} | {rule_of(each) for each in found_in(driver)}


@pytest.mark.parametrize("planted", PLANTED, ids=lambda each: each.plant.__name__)
def test_a_planted_fault_is_seen(stage: Stage, monkeypatch: pytest.MonkeyPatch, planted: Planted) -> None:
    assert told(stage, planted.story) == set(), "without the fault the story breaks no rule"
    planted.plant(monkeypatch)
    assert planted.rule in told(stage, planted.story)
