"""How severe content is spread over those who may be given it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from labeler.wellbeing.models import Consent, Exposure, ExposurePath
from labeler.wellbeing.pool import refresh_pool
from tests.support.build import NOW, add_labeler

HOUR = timedelta(hours=1)


def willing(session: Session, minutes: int, *, severity: int = 3, hours_ago: int = 1) -> None:
    """A labeler who has said yes to severe content, with this much of it behind her."""
    labeler = add_labeler(session)
    session.add(
        Consent(
            labeler_id=labeler.id, category="W06", severity=severity, text_version=1, from_at=NOW,
            expires_at=NOW + 24 * HOUR,
        )
    )  # fmt: skip
    if minutes:
        ended = NOW - hours_ago * HOUR
        session.add(
            Exposure(
                person_id=labeler.person_id, path=ExposurePath.DESK, profile="W06:3", severity=3, seconds=minutes * 60,
                from_at=ended - HOUR, ended_at=ended,
            )
        )  # fmt: skip
    session.flush()


def test_the_middle_one_of_all_who_may_be_given_severe_content(session: Session) -> None:
    assert refresh_pool(session, NOW).median_seconds == 0
    for minutes in (10, 20, 90):
        willing(session, minutes)
    pool = refresh_pool(session, NOW)
    assert (pool.median_seconds, pool.people) == (20 * 60, 3)


def test_who_has_had_none_counts_and_who_does_not_want_it_does_not(session: Session) -> None:
    for minutes in (30, 0, 0):
        willing(session, minutes)
    willing(session, 60, severity=2)
    pool = refresh_pool(session, NOW)
    assert (pool.median_seconds, pool.people) == (0, 3)


def test_what_is_older_than_a_week_counts_no_more(session: Session) -> None:
    willing(session, 30, hours_ago=169)
    assert refresh_pool(session, NOW).median_seconds == 0
