"""Whoever prepares or reviews work is bound by the amounts too, on every page that shows a text (EXP-1, 2, 3, 9)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Role
from labeler.db import repeated, transaction
from labeler.errors import Conflict
from labeler.wellbeing.models import Exposure, ExposurePath
from labeler.wellbeing.showing import show
from tasks.content import Profile, parse_profile
from tests.support.build import NOW, add_user
from tests.support.database import Database

FORBIDDEN, SEVERE, DISTURBING, MILD = (parse_profile(text) for text in ("W13:4", "W06:3", "W05:2", "W05:1"))
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def reviewer(session: Session) -> UUID:
    return add_user(session, Role.RESEARCHER).id


def looks(session: Session, who: UUID, profile: Profile, minutes: int, at: object = NOW) -> None:
    show(session, who, ExposurePath.REVIEW, profile, minutes * 60, at)  # type: ignore[arg-type]  # moments, in short


def shown(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Exposure)) or 0


def test_a_reviewer_is_shown_sixty_minutes_of_severe_texts_a_day_and_no_more(session: Session, reviewer: UUID) -> None:
    for n in range(4):
        looks(session, reviewer, SEVERE, 15, NOW + n * HOUR)
    with pytest.raises(Conflict) as full:
        looks(session, reviewer, SEVERE, 1, NOW + 4 * HOUR)
    assert "Nothing was shown" in full.value.message and "60 in a day" in full.value.message
    assert "EXP-1" in full.value.message and shown(session) == 4
    looks(session, reviewer, MILD, 15, NOW + 4 * HOUR)
    looks(session, reviewer, DISTURBING, 15, NOW + 4 * HOUR)


def test_no_page_shows_a_text_of_severity_4_to_anybody(session: Session, reviewer: UUID) -> None:
    with pytest.raises(Conflict, match="held back from everybody"):
        looks(session, reviewer, FORBIDDEN, 1)
    assert shown(session) == 0


def test_there_is_room_again_when_the_refusal_said_so(session: Session, reviewer: UUID) -> None:
    began = NOW.replace(hour=9, minute=0, second=0, microsecond=0)
    for n in range(4):
        looks(session, reviewer, SEVERE, 15, began + n * HOUR)
    with pytest.raises(Conflict, match=r"again on \d+ \w+, 09:15 UTC"):
        looks(session, reviewer, SEVERE, 15, began + 4 * HOUR)
    again = began + DAY + 15 * MINUTE
    with pytest.raises(Conflict):
        looks(session, reviewer, SEVERE, 15, again - MINUTE)
    looks(session, reviewer, SEVERE, 15, again)


def test_a_week_has_its_own_bound_and_so_has_what_is_disturbing(session: Session, reviewer: UUID) -> None:
    days = 0
    with pytest.raises(Conflict, match="EXP-2") as full:
        for days in range(8):
            looks(session, reviewer, SEVERE, 60, NOW + days * (DAY + HOUR))
    assert "in a week" in full.value.message and 0 < days < 7
    other = add_user(session, Role.ADMIN).id
    with pytest.raises(Conflict, match="EXP-3"):
        for n in range(20):
            looks(session, other, DISTURBING, 15, NOW + n * 15 * MINUTE)


def test_of_two_tabs_that_ask_for_the_last_minutes_one_gets_them(database: Database) -> None:
    with transaction() as session:
        who = add_user(session, Role.RESEARCHER).id
        looks(session, who, SEVERE, 45)
    start = Barrier(8)

    def ask(_: int) -> bool:
        start.wait()
        try:
            repeated(lambda session: looks(session, who, SEVERE, 15, NOW + HOUR))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(8))) == 1
    with transaction() as session:
        assert shown(session) == 2
