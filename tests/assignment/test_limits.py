"""Each limit that protects a labeler, as the desk enforces it, on both databases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from labeler.assignment.models import Assignment, AssignmentState
from labeler.assignment.resuming import resume
from labeler.assignment.service import (
    Handed,
    Nothing,
    expire,
    hand_out,
    hand_out_locked,
    heartbeat,
    hide,
    opt_out,
    reveal,
    skip,
    take_break,
    undo_opt_out,
    work_on,
)
from labeler.errors import Conflict
from labeler.judgments.service import submit
from labeler.projects.models import Project
from labeler.projects.rules import ProjectState
from labeler.wellbeing.clock import lock
from labeler.wellbeing.models import (
    Break,
    Comfort,
    Exposure,
    ExposurePath,
    ExposurePool,
    OptOutScope,
    Policy,
    Stretch,
    Training,
    WorkClock,
)
from labeler.wellbeing.queries import today
from labeler.wellbeing.rules import Reason, Stop
from labeler.wellbeing.service import end_consent, give_consent
from labeler.workforce.models import Labeler, Restriction
from tests.support.build import NOW, add_labeler, add_project, add_tasks, add_user

SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=n) for n in (1, 60, 3_600, 86_400))


@dataclass
class Desk:
    """One labeler at her desk; each step says when it is done."""

    session: Session
    me: UUID
    now: datetime = NOW

    def ask(self, minutes: float = 0) -> Handed | Nothing:
        self.now += minutes * MINUTE
        return hand_out(self.session, self.me, self.now, wait=True)

    def given(self, minutes: float = 0) -> UUID:
        result = self.ask(minutes)
        assert isinstance(result, Handed), result
        return result.assignment_id

    def refused(self, minutes: float = 0) -> tuple[Reason, str | None]:
        result = self.ask(minutes)
        assert isinstance(result, Nothing), result
        return result.reason, result.rule

    def answer(self, minutes: float) -> Handed | Nothing:
        """Answer what she holds, so many minutes later, and ask for the next."""
        held = self.given()
        if self.session.get_one(Assignment, held).revealed_at is None:
            reveal(self.session, self.me, held, self.now)
        self.now += minutes * MINUTE
        done = submit(self.session, self.me, held, {"choice": ["a1"]}, f"key-{held}", self.now)
        self.session.expire_all()
        return hand_out_locked(self.session, done.locked, self.now, wait=True)

    def show(self, minutes: float = 0) -> Stop | None:
        held = self.given()
        self.now += minutes * MINUTE
        return reveal(self.session, self.me, held, self.now)

    def has_seen(self, minutes: float, ago: timedelta, severity: int = 3) -> None:
        ended = self.now - ago
        self.session.add(
            Exposure(person_id=self.me, path=ExposurePath.REVIEW, profile=f"W06:{severity}", severity=severity,
                     from_at=ended, seconds=round(minutes * 60), ended_at=ended)
        )  # fmt: skip
        self.session.flush()

    def has_worked(self, hours: float, ago: timedelta) -> None:
        """A stretch of work that ended so long ago."""
        until = self.now - ago
        self.session.add(
            Stretch(person_id=self.me, labeler_id=self.me, from_at=until - hours * HOUR, until_at=until)
        )  # fmt: skip
        self.session.flush()

    def number(self, name: str, value: int, project: Project | None = None, *, signed: bool = False) -> None:
        self.session.add(
            Policy(name=name, value=value, from_at=self.now, made_at=self.now, made_by=add_user(self.session).id,
                   project_id=project.id if project else None, signed_by="Dr. Example" if signed else None,
                   reason="A trial." if signed else None, until_at=self.now + 30 * DAY if signed else None)
        )  # fmt: skip
        self.session.execute(update(WorkClock).values(free_until=None))
        self.session.flush()


def desk(session: Session, profile: dict[str, int] | None = None, *, tasks: int = 40, **project: object) -> Desk:
    made = add_project(session, categories=profile or {}, **project)  # type: ignore[arg-type]
    add_tasks(session, made, tasks, profile=profile)
    me = add_labeler(session).id
    for code, level in (profile or {}).items():
        if 2 <= level <= 3:
            give_consent(session, me, code, level, NOW)
    return Desk(session, me)


@pytest.fixture
def light(session: Session) -> Desk:
    return desk(session)


@pytest.fixture
def hard(session: Session) -> Desk:
    """Severe tasks of a minute each, and nothing else."""
    return desk(session, {"W06": 3})


# What she has said yes and no to


@pytest.mark.parametrize("scope", [OptOutScope.PROJECT, OptOutScope.CATEGORY, OptOutScope.SENSITIVE])
def test_opt_2_a_no_takes_the_open_task_back_and_keeps_the_next_away_until_undone(
    hard: Desk, scope: OptOutScope
) -> None:
    held = hard.given()
    project = hard.session.scalars(select(Project.id)).one()
    said = opt_out(hard.session, hard.me, scope, hard.now, project_id=project, category="W06")
    assert hard.session.get_one(Assignment, held).state is AssignmentState.REVOKED
    assert hard.refused() == (Reason.YOUR_CHOICES, None)
    undo_opt_out(hard.session, hard.me, said, hard.now)
    assert hard.given() != held


def test_exp_4_severity_4_is_served_to_nobody(session: Session) -> None:
    assert desk(session, {"W04": 4}).refused() == (Reason.IN_REVIEW, None)


def test_exp_13_a_yes_ends_after_ninety_days(hard: Desk) -> None:
    assert hard.refused(90 * 24 * 60) == (Reason.YOUR_CHOICES, None)


def test_exp_13_a_yes_taken_back_hides_a_text_before_it_is_shown(hard: Desk) -> None:
    held = hard.given()
    end_consent(hard.session, hard.me, "W06", hard.now)
    stop = reveal(hard.session, hard.me, held, hard.now)
    assert stop is not None
    assert stop.reason is Reason.YOUR_CHOICES


# Exposure


def test_exp_1_an_hour_of_severe_content_in_a_day_with_the_reserve(hard: Desk) -> None:
    hard.has_seen(59, 2 * HOUR)
    hard.given()
    assert hard.answer(0.5) == Nothing(Reason.CAP_SENSITIVE, NOW + 22 * HOUR, "EXP-1", 60)


def test_exp_1_room_comes_back_a_day_after_it_was_used(hard: Desk) -> None:
    hard.session.add(ExposurePool(median_seconds=5 * 3600, people=5, at=NOW))
    hard.has_seen(60, 2 * HOUR)
    assert hard.refused(22 * 60 - 1) == (Reason.CAP_SENSITIVE, "EXP-1")
    hard.given(1)


def test_exp_1_midnight_gives_nothing_back(hard: Desk) -> None:
    hard.now = NOW.replace(hour=23, minute=58)
    hard.has_seen(60, MINUTE * 20)
    assert hard.refused(4) == (Reason.CAP_SENSITIVE, "EXP-1")


def test_exp_2_five_hours_of_severe_content_in_seven_days(hard: Desk) -> None:
    hard.session.add(ExposurePool(median_seconds=5 * 3600, people=5, at=NOW))
    for day in range(1, 7):
        hard.has_seen(50, day * DAY + HOUR)
    assert hard.refused() == (Reason.CAP_SENSITIVE, "EXP-2")


def test_exp_3_two_hours_of_hard_content_of_any_sort_in_a_day(session: Session) -> None:
    her = desk(session, {"W06": 2})
    her.has_seen(40, 3 * HOUR)
    her.has_seen(79.5, 2 * HOUR, severity=2)
    assert her.refused() == (Reason.CAP_SENSITIVE, "EXP-3")


def test_exp_3_leaves_room_for_what_is_light(session: Session) -> None:
    her = desk(session, {"W06": 2})
    her.has_seen(120, 2 * HOUR, severity=2)
    add_tasks(session, add_project(session), 1)
    her.given()


def test_exp_5_a_run_of_severe_content_lasts_a_quarter_of_an_hour(hard: Desk) -> None:
    for _ in range(5):
        hard.given()
        result = hard.answer(2.9)
    assert isinstance(result, Nothing)
    assert (result.reason, result.rule, result.until) == (Reason.CAP_RUN, "EXP-5", hard.now + 15 * MINUTE)
    assert hard.refused(14) == (Reason.CAP_RUN, "EXP-5")
    hard.given(1)


def test_exp_5_a_run_has_twenty_tasks_at_most(hard: Desk) -> None:
    for _ in range(20):
        hard.given()
        result = hard.answer(0.2)
    assert isinstance(result, Nothing)
    assert (result.rule, result.number) == ("EXP-5", 20)


def test_exp_5_what_was_seen_under_another_account_is_no_quiet_time(hard: Desk) -> None:
    other = add_labeler(hard.session)
    other.person_id = hard.me
    give_consent(hard.session, other.id, "W06", 3, NOW)
    hard.answer(13)
    skip(hard.session, hard.me, hard.given(), hard.now)
    second = Desk(hard.session, other.id, hard.now)
    held = second.given()
    assert second.show() is None
    hide(hard.session, other.id, held, second.now + MINUTE)
    hard.now += 15.2 * MINUTE  # a quarter of an hour after her own text, less than that after the other
    hard.given()
    assert hard.show() is None
    result = hard.answer(1)
    assert isinstance(result, Nothing)
    assert result.rule == "EXP-5"


def test_exp_6_nobody_sees_more_than_twice_the_median(hard: Desk) -> None:
    hard.session.add(ExposurePool(median_seconds=45 * 60, people=9, at=NOW))
    for day in (2, 3):
        hard.has_seen(44.9, day * DAY)
    assert hard.refused() == (Reason.CAP_SHARE, "EXP-6")


def test_exp_7_a_hard_task_comes_once_to_a_person_whatever_account(session: Session) -> None:
    her = desk(session, {"W06": 2}, tasks=1)
    skip(session, her.me, her.given(), her.now)
    other = add_labeler(session)
    other.person_id = her.me
    session.flush()
    give_consent(session, other.id, "W06", 2, NOW)
    assert Desk(session, other.id).refused()[0] is not None
    assert session.scalars(select(Assignment.id)).all() != []
    assert len(session.scalars(select(Assignment.id)).all()) == 1


@pytest.mark.parametrize(("zone", "hour", "rule"), [
    ("Europe/Berlin", 21, "EXP-14"), ("Europe/Berlin", 20, None), ("Europe/Berlin", 4, "EXP-14"),
    ("Europe/Berlin", 5, None), ("America/New_York", 10, "EXP-14"),
])  # fmt: skip
def test_exp_14_severe_content_does_not_come_at_night_where_she_lives(
    hard: Desk, zone: str, hour: int, rule: str | None
) -> None:
    hard.session.execute(update(Labeler).where(Labeler.id == hard.me).values(time_zone=zone))
    hard.session.execute(update(Comfort).where(Comfort.labeler_id == hard.me).values(night=None))
    hard.now = datetime(2026, 3, 3, hour, 30, tzinfo=NOW.tzinfo)
    result = hard.ask()
    assert (result.rule if isinstance(result, Nothing) else None) == rule


def test_exp_14_a_text_is_not_shown_once_night_has_come(hard: Desk) -> None:
    hard.session.execute(update(Comfort).where(Comfort.labeler_id == hard.me).values(night=False))
    hard.now = NOW.replace(hour=21, minute=55)
    hard.given()
    stop = hard.show(6)
    assert stop is not None
    assert (stop.reason, stop.rule) == (Reason.NIGHT, "EXP-14")


def test_wrn_4_severe_content_comes_after_the_training(hard: Desk) -> None:
    hard.session.execute(update(Training).values(expires_at=NOW))
    assert hard.refused() == (Reason.TRAINING, "WRN-4")


def test_the_text_of_a_lapsed_task_counts_to_the_end_of_its_lease(hard: Desk) -> None:
    hard.given()
    assert hard.show() is None
    expire(hard.session, hard.now + HOUR)
    hard.session.expire_all()
    hard.ask(60)
    row = hard.session.scalars(select(Exposure).order_by(Exposure.from_at)).first()
    assert row is not None
    assert (row.seconds, row.ended_at) == (1800, NOW + 30 * MINUTE)


def test_a_clock_set_back_while_a_text_is_shown_counts_at_least_its_reserve(hard: Desk) -> None:
    held = hard.given()
    assert hard.show() is None
    hide(hard.session, hard.me, held, NOW - 5 * MINUTE)
    assert hard.session.get_one(Assignment, held).seen_seconds == 60


# Breaks and hours


def test_brk_1_a_break_of_ten_minutes_after_an_hour(light: Desk) -> None:
    light.given()
    for _ in range(7):
        result = light.answer(8.6)
    assert result == Nothing(Reason.BREAK, light.now + 10 * MINUTE, "BRK-1", 10)
    assert not work_on(light.session, light.me, light.now + 9 * MINUTE)
    assert work_on(light.session, light.me, light.now + 10 * MINUTE)
    light.given(10)


def test_brk_1_silence_with_a_task_open_is_no_rest(light: Desk) -> None:
    light.given()
    for _ in range(5):
        result = light.answer(12)
    assert isinstance(result, Nothing)
    assert result.rule == "BRK-1"


def test_brk_1_silence_before_a_task_is_given_back_is_no_rest(light: Desk) -> None:
    light.given()
    for _ in range(4):
        light.answer(12)
    light.now += 12 * MINUTE
    skip(light.session, light.me, light.given(), light.now)
    assert light.refused() == (Reason.BREAK, "BRK-1")


def test_brk_1_a_moment_of_a_break_does_not_make_the_silence_after_it_a_rest(light: Desk) -> None:
    light.given()
    for _ in range(5):
        light.answer(9)
    take_break(light.session, light.me, light.now)
    assert work_on(light.session, light.me, light.now + MINUTE)
    light.now += MINUTE
    result = light.answer(15)
    assert isinstance(result, Nothing)
    assert result.rule == "BRK-1"


def test_brk_1_a_clock_that_is_set_back_makes_no_break_later(light: Desk) -> None:
    light.given()
    for _ in range(5):
        light.answer(9)
    light.now -= 5 * MINUTE
    light.answer(0)
    result = light.answer(15)
    assert isinstance(result, Nothing)
    assert result.rule == "BRK-1"


def test_brk_2_a_break_after_thirty_severe_minutes(session: Session) -> None:
    her = desk(session, {"W06": 3})
    project = session.scalars(select(Project)).one()
    her.number("run_minutes", 60, project, signed=True)
    her.given()
    for _ in range(4):
        result = her.answer(7.6)
    assert result == Nothing(Reason.BREAK, her.now + 10 * MINUTE, "BRK-2", 10)


def test_brk_2_a_task_that_was_open_before_the_break_asks_for_no_second_one(hard: Desk) -> None:
    held = hard.given()
    assert hard.show() is None
    for _ in range(3):
        hard.now += 10 * MINUTE
        heartbeat(hard.session, hard.me, held, hard.now)
    stop = hard.show(5)
    assert stop is not None and stop.rule == "BRK-2"
    assert hard.show(11) is None


def test_brk_2_a_projects_own_number_counts_what_is_open_under_another_account(hard: Desk) -> None:
    other = add_labeler(hard.session)
    other.person_id = hard.me
    give_consent(hard.session, other.id, "W06", 3, NOW)
    hard.number("severe_break_after", 5, hard.session.scalars(select(Project)).one())
    hard.given()
    assert hard.show() is None
    second = Desk(hard.session, other.id, NOW)
    assert second.refused(5) == (Reason.BREAK, "BRK-2")


def test_brk_2_what_is_open_under_another_account_counts(session: Session) -> None:
    her = desk(session, {"W06": 3}, tasks=3)
    her.number("run_minutes", 60, session.scalars(select(Project)).one(), signed=True)
    other = add_labeler(session)
    other.person_id = her.me
    session.flush()
    her.given()
    assert her.show() is None
    for _ in range(4):
        her.now += 8 * MINUTE
        heartbeat(session, her.me, her.given(), her.now)
    assert Desk(session, other.id, her.now).refused() == (Reason.BREAK, "BRK-2")
    shown = session.scalars(select(Assignment.revealed_at)).all()
    assert shown == [None], "her break hides the text under the other account too"


def test_brk_5_half_an_hour_of_rest_when_the_day_passes_six_hours(light: Desk) -> None:
    for n in range(7):
        light.has_worked(0.88, timedelta(minutes=11 + n * 64))
    assert light.refused() == (Reason.BREAK, "BRK-5")
    (pause,) = light.session.scalars(select(Break))
    assert pause.until == light.now + 30 * MINUTE


def test_brk_6_eleven_hours_of_rest_in_each_day(light: Desk) -> None:
    for n in range(13):
        light.has_worked(0.3, timedelta(minutes=42 + n * 60))
    light.number("day_rest_after", 480)
    assert light.refused() == (Reason.REST_DAY, "BRK-6")


def test_brk_7_thirty_five_hours_of_rest_in_each_week(light: Desk) -> None:
    for n in range(7):
        light.has_worked(1, timedelta(hours=20 + n * 23))
    assert light.refused() == (Reason.REST_WEEK, "BRK-7")


def test_brk_8_forty_eight_hours_in_seven_days(light: Desk) -> None:
    for n in range(6):
        light.has_worked(8, timedelta(hours=36 + n * 24) if n > 2 else timedelta(hours=13 + n * 21))
    light.number("weekly_rest", 1440)
    assert light.refused()[1] in ("BRK-7", "BRK-8")


def test_brk_9_eight_hours_in_any_day(light: Desk) -> None:
    light.has_worked(4, timedelta(hours=6))
    light.has_worked(4, timedelta(minutes=40))
    result = light.ask()
    assert isinstance(result, Nothing)
    assert (result.reason, result.rule) == (Reason.CAP_DAY, "BRK-9")
    assert result.until is not None


def test_a_break_hides_the_text_and_gives_nothing_out(hard: Desk) -> None:
    held = hard.given()
    assert hard.show() is None
    take_break(hard.session, hard.me, hard.now + MINUTE)
    assert hard.session.get_one(Assignment, held).revealed_at is None
    stop = hard.show(2)
    assert stop is not None
    assert stop.reason is Reason.BREAK


def test_a_break_that_comes_due_hides_the_text(hard: Desk) -> None:
    hard.number("run_minutes", 60, hard.session.scalars(select(Project)).one(), signed=True)
    held = hard.given()
    assert hard.show() is None
    for _ in range(8):
        hard.now += 8 * MINUTE
        heartbeat(hard.session, hard.me, held, hard.now)
    stop = hard.show()
    assert stop is not None
    assert stop.reason is Reason.BREAK
    assert hard.session.get_one(Assignment, held).revealed_at is None


def test_an_answer_from_another_tab_in_a_break_is_taken_and_the_break_is_no_rest(light: Desk) -> None:
    light.given()
    for _ in range(5):
        light.answer(9)
    take_break(light.session, light.me, light.now)
    held = light.session.scalars(select(Assignment).where(Assignment.state == AssignmentState.HELD)).one()
    light.now += 8 * MINUTE
    assert submit(light.session, light.me, held.id, {"choice": ["a1"]}, f"key-{held.id}", light.now).new
    assert light.refused() == (Reason.BREAK, None)
    assert work_on(light.session, light.me, light.now + 3 * MINUTE)
    light.given(3)
    assert light.answer(9).reason is Reason.BREAK  # type: ignore[union-attr]


@pytest.mark.parametrize(("minutes", "rests"), [(10, False), (10.1, True)])
def test_brk_2_the_second_in_which_an_answer_comes_is_not_part_of_a_break(
    hard: Desk, minutes: float, rests: bool
) -> None:
    hard.number("severe_break_after", 5)
    held = hard.given()
    assert hard.show() is None
    hard.now += 6 * MINUTE
    take_break(hard.session, hard.me, hard.now)
    hard.now += minutes * MINUTE
    assert submit(hard.session, hard.me, held, {"choice": ["a1"]}, f"key-{held}", hard.now).new
    assert work_on(hard.session, hard.me, hard.now)
    found = hand_out(hard.session, hard.me, hard.now)
    assert isinstance(found, Handed) if rests else found == Nothing(Reason.BREAK, hard.now + 10 * MINUTE, "BRK-2", 10)


# Numbers that were changed, decisions of people, and tasks that lapsed


def test_a_project_may_be_tighter_and_not_looser(session: Session) -> None:
    her = desk(session, {"W06": 3})
    project = session.scalars(select(Project)).one()
    her.has_seen(30, 2 * HOUR)
    her.number("severe_day", 100, project)
    her.given()
    skip(session, her.me, her.given(), her.now)
    her.now += MINUTE
    her.number("severe_day", 30, project)
    assert her.refused() == (Reason.CAP_SENSITIVE, "EXP-1")


def test_the_desk_mentions_a_break_by_the_numbers_in_force(light: Desk) -> None:
    light.given()
    light.now += 35 * MINUTE
    assert not today(light.session, light.me, light.now).break_wanted
    light.number("break_ask", 30)
    assert today(light.session, light.me, light.now).break_wanted
    light.number("break_stop", 40)
    assert today(light.session, light.me, light.now).break_by == NOW + 40 * MINUTE


def test_a_signed_deviation_loosens_until_it_ends(hard: Desk) -> None:
    hard.number("severe_day", 100, signed=True)
    hard.number("share_least", 300, signed=True)
    hard.has_seen(80, 2 * HOUR)
    skip(hard.session, hard.me, hard.given(), hard.now)
    hard.now = NOW + 31 * DAY
    hard.has_seen(80, 2 * HOUR)
    assert hard.refused() == (Reason.CAP_SENSITIVE, "EXP-1")


def test_a_tighter_number_binds_who_is_at_work_already(light: Desk) -> None:
    light.given()
    for _ in range(3):
        light.answer(9)
    light.number("break_stop", 30)
    result = light.answer(5)
    assert isinstance(result, Nothing)
    assert result.rule == "BRK-1"


def test_a_shorter_break_of_a_signed_number_is_a_rest(light: Desk) -> None:
    light.number("break_length", 5, signed=True)
    light.given()
    for _ in range(7):
        light.answer(8.6)
    assert work_on(light.session, light.me, light.now + 5 * MINUTE)
    light.given(5)


def test_a_project_with_tighter_breaks_shows_no_text_when_one_is_due(session: Session) -> None:
    her = desk(session, {"W06": 3})
    her.number("break_stop", 20, session.scalars(select(Project)).one())
    held = her.given()
    for _ in range(3):
        her.now += 8 * MINUTE
        heartbeat(session, her.me, held, her.now)
    stop = her.show()
    assert stop is not None
    assert (stop.reason, stop.rule) == (Reason.BREAK, "BRK-1")
    assert session.get_one(Assignment, held).state is AssignmentState.HELD


def test_a_project_with_a_longer_break_after_severe_content_asks_for_it(session: Session) -> None:
    her = desk(session, {"W06": 3}, tasks=1)
    her.show()
    her.answer(31)
    slow = add_project(session, slug="slow")
    add_tasks(session, slow, 2)
    her.number("severe_break_length", 15, slow)
    rest = session.scalars(select(Break)).one()
    assert work_on(session, her.me, her.now + 10 * MINUTE) and rest.rule == "BRK-2"
    assert her.refused(10) == (Reason.BREAK, "BRK-2"), "ten minutes are enough for other projects, not for this one"
    assert her.refused(14) == (Reason.BREAK, "BRK-2"), "there is no other work, so its own break begins, and is paid"
    her.given(1)


def test_a_restriction_keeps_its_project_away_until_it_ends(light: Desk) -> None:
    project = light.session.scalars(select(Project.id)).one()
    light.session.add(Restriction(labeler_id=light.me, from_at=NOW, project_id=project, until_at=NOW + HOUR))
    light.session.flush()
    assert light.refused() == (Reason.RESTRICTED, None)
    light.given(60)


def test_a_paused_project_gives_nothing_and_its_lapsed_task_waits(light: Desk) -> None:
    held = light.given()
    expire(light.session, NOW + HOUR)
    light.session.execute(update(Project).values(state=ProjectState.PAUSED))
    light.session.expire_all()
    with pytest.raises(Conflict):
        resume(light.session, light.me, held, NOW + HOUR)
    assert light.refused(60) == (Reason.PAUSED, None)


def test_a_lapsed_task_is_not_gone_on_with_at_a_cap(hard: Desk) -> None:
    held = hard.given()
    expire(hard.session, NOW + HOUR)
    hard.session.expire_all()
    hard.now += HOUR
    hard.has_seen(60, 20 * MINUTE)
    stop = resume(hard.session, hard.me, held, hard.now)
    assert isinstance(stop, Stop)
    assert stop.rule == "EXP-1"


def test_brk_10_two_accounts_of_one_person_have_one_clock(light: Desk) -> None:
    other = add_labeler(light.session)
    other.person_id = light.me
    light.session.flush()
    light.given()
    for _ in range(4):
        light.answer(9)
    second = Desk(light.session, other.id, light.now)
    second.given()
    for _ in range(3):
        result = second.answer(8.5)
    assert isinstance(result, Nothing)
    assert result.rule == "BRK-1"


def test_brk_10_a_task_held_under_the_other_account_is_work(light: Desk) -> None:
    other = add_labeler(light.session)
    other.person_id = light.me
    light.session.flush()
    second = Desk(light.session, other.id)
    light.given()
    for _ in range(4):
        second.now = light.now = light.now + 12 * MINUTE
        heartbeat(light.session, light.me, light.given(), light.now)
        skip(light.session, other.id, second.given(), second.now)
    assert second.refused(12) == (Reason.BREAK, "BRK-1")
    assert lock(light.session, other.id).person.joined
