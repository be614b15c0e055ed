"""What an attestation and its document must be, and which quarter is spoken about. No database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from labeler.compliance.standards import latest_expiry
from labeler.evidence.rules import State, attestation_problems, last_quarter, media_of, state_of

TODAY = date(2026, 3, 2)
FINE = ("LWS-22", {"LWS-22"}, "Vera Lakeside", "director", TODAY, date(2027, 3, 2), 12, TODAY)


def fields(*said: object) -> list[str]:
    return [each.field for each in attestation_problems(*said)]  # type: ignore[arg-type]


def test_one_that_says_all_of_it_is_fine() -> None:
    assert fields(*FINE) == []


def test_everything_wrong_is_said_at_once() -> None:
    assert fields("LWS-01", {"LWS-22"}, " ", "two\nlines", None, None, 12, TODAY) == [
        "control", "signer", "position", "dated",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("dated", "expires", "wrong"),
    [
        (date(2026, 3, 3), date(2026, 4, 1), ["dated"]),  # signed tomorrow
        (date(2025, 3, 1), date(2026, 3, 2), ["dated"]),  # over twelve months ago: nothing is left of it
        (date(2025, 3, 2), date(2026, 3, 2), []),  # today is its last day
        (TODAY, date(2027, 3, 3), ["expires"]),  # a day too long
        (TODAY, date(2026, 3, 1), ["expires"]),  # over before it is said
        (TODAY, None, ["expires"]),
    ],
)
def test_it_holds_for_twelve_months_from_its_signature(dated: date, expires: date | None, wrong: list[str]) -> None:
    assert fields(*FINE[:4], dated, expires, 12, TODAY) == wrong


def test_months_end_where_a_month_is_shorter() -> None:
    assert latest_expiry(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert latest_expiry(date(2025, 11, 30), 3) == date(2026, 2, 28)
    assert latest_expiry(date(2025, 12, 31), 12) == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("pieces", "media"),
    [
        ([b"%PDF-1.7\nrest \x00\xff"], "application/pdf"),
        ([b"\x89PNG\r\n\x1a\n\x00"], "image/png"),
        ([b"\xff\xd8\xff\xe0"], "image/jpeg"),
        ([b"Na\xc3", b"\xafve text\n"], "text/plain"),  # a letter that two pieces share
        ([b"plain\x00"], None),
        ([b"\xc3"], None),  # half a letter
        ([b"text first", b"%PDF-"], "text/plain"),
        ([b"MZ\x90\x00"], None),
        ([b"PK\x03\x04"], None),
        ([b"<svg onload=alert(1)>"], "text/plain"),  # text, and never shown: it leaves as a download
        ([], None),
    ],
)
def test_a_document_is_what_its_content_says(pieces: list[bytes], media: str | None) -> None:
    assert media_of(pieces) == media


def test_thirty_days_before_its_end_a_vendor_is_reminded() -> None:
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert state_of(None, None, now) is State.NONE
    assert state_of(now + timedelta(days=31), None, now) is State.HOLDS
    assert state_of(now + timedelta(days=30), None, now) is State.SOON
    assert state_of(now, None, now) is State.OVER
    assert state_of(now + timedelta(days=31), now, now) is State.ENDED


def test_the_last_quarter_is_one_that_is_over() -> None:
    assert last_quarter(datetime(2026, 3, 31, 23, 59, tzinfo=UTC)).name == "2025 Q4"
    assert last_quarter(datetime(2026, 4, 1, tzinfo=UTC)).name == "2026 Q1"
    assert last_quarter(datetime(2026, 12, 31, tzinfo=UTC)).name == "2026 Q3"
