"""The real server under a clock that is moved from outside: a break is neither shortened nor skipped by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import select, text

from labeler.db import reading, transaction
from labeler.wellbeing.models import Break, Stretch
from tests.faults.robots import Journal, Robot, form_of, has_task, reason_of, sign_in
from tests.faults.rows import check
from tests.faults.serving import serving
from tests.support.build import add_labeler, add_project, add_tasks
from tests.support.database import Database

MINUTE = timedelta(minutes=1)
LIBRARY = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)
BEFORE_SUMMER_TIME = datetime(2027, 3, 28, 0, 35, tzinfo=UTC)
"""In Berlin the clock jumps from 2 to 3 half an hour later."""


@dataclass
class Walk:
    """A labeler at a browser, and the hand on the server's clock."""

    robot: Robot
    file: Path
    now: datetime

    def later(self, minutes: float) -> None:
        self.now += minutes * MINUTE
        offset = self.now - datetime.now(UTC)
        self.file.write_text(f"{offset.total_seconds():+.3f}s\n")

    def works(self, times: int, minutes: float) -> str:
        """So many answers, so many minutes apart; ends early on the page of a break."""
        page = self.robot.look()
        if not has_task(page):
            page = self.robot.press(page, "/work/next")
        for _ in range(times):
            self.later(minutes)
            page = self.robot.answer(page)
            if not has_task(page):
                break
        return page

    def asks_to_go_on(self) -> int:
        action, form = form_of(self.robot.look(), "/breaks/end", self.robot.dice)
        return self.robot.surely(lambda: self.robot.send("POST", action, form)).status


@pytest.fixture(params=[datetime(2027, 1, 11, 9, 0, tzinfo=UTC), BEFORE_SUMMER_TIME], ids=["monday", "summer-time"])
def walk(
    request: pytest.FixtureRequest, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Walk]:
    if LIBRARY is None:
        pytest.skip("libfaketime is not here: install the package to run this")
    began, file = request.param, tmp_path / "clock"
    with time_machine.travel(began, tick=False):
        with transaction() as session:
            add_tasks(session, add_project(session), 30)
            labeler = add_labeler(session, time_zone="Europe/Berlin").id
        (cookie,) = sign_in(database, [labeler])
    for name, value in {
        "LD_PRELOAD": str(LIBRARY),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
    }.items():
        monkeypatch.setenv(name, value)
    file.write_text(f"{(began - datetime.now(UTC)).total_seconds():+.3f}s\n")
    with serving(database, workers=1) as served:
        robot = Robot(served.port, labeler, cookie, Journal(), 7)
        walk = Walk(robot, file, began)
        walk.later(0)
        yield walk
        robot.hang_up()
    assert not robot.journal.lost


def breaks() -> list[Break]:
    with reading() as session:
        return list(session.scalars(select(Break).order_by(Break.started_at)))


def nothing_is_wrong() -> None:
    with reading() as session:
        assert [str(each) for each in check(session)] == []
        assert session.scalars(select(Stretch.id).where(Stretch.until_at < Stretch.from_at)).all() == []
        assert session.scalars(text("SELECT id FROM judgment WHERE shown_seconds < 0")).all() == []
        assert session.scalars(text("SELECT day_seconds FROM work_clock WHERE day_seconds < 0")).all() == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_break_comes_after_an_hour_and_lasts_ten_minutes(walk: Walk) -> None:
    page = walk.works(12, 8.7)
    assert reason_of(page) == "break" or "/breaks/end" in page
    (pause,) = breaks()
    assert pause.rule == "BRK-1"
    assert pause.until is not None
    assert abs(pause.until - pause.started_at - 10 * MINUTE) < timedelta(seconds=1)
    walk.later(5)
    assert walk.asks_to_go_on() == 409
    walk.later(5.1)
    assert walk.asks_to_go_on() == 303
    assert has_task(walk.robot.look())
    (pause,) = breaks()
    assert pause.ended_at is not None
    assert pause.ended_at >= pause.until
    nothing_is_wrong()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_clock_set_back_puts_no_break_off_and_cuts_none_short(walk: Walk) -> None:
    began = walk.now
    walk.works(4, 9)
    walk.later(-5)
    page = walk.works(12, 8)
    assert not has_task(page)
    (pause,) = breaks()
    real = pause.started_at - began + 5 * MINUTE
    assert 60 * MINUTE <= real <= 69 * MINUTE, "after an hour and the task that was open, whatever the clock said"
    walk.later(8)
    walk.later(-5)
    walk.later(6.5)
    assert walk.asks_to_go_on() == 409
    walk.later(5)
    assert walk.asks_to_go_on() == 303
    nothing_is_wrong()
