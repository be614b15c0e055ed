"""What a labeler's languages, time zone and contract, and a vendor's name, must look like."""

from __future__ import annotations

from datetime import date

import pytest

from labeler.workforce.rules import is_tag, labeler_problems, notice_problems, tidy_tag, tidy_tags, vendor_problems

FIRST = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("typed", "tidy"), [("EN-gb", "en-GB"), (" sw ", "sw"), ("zh_hans", "zh-Hans"), ("ZH-HANT-tw", "zh-Hant-TW")]
)
def test_a_language_is_written_in_its_usual_letters(typed: str, tidy: str) -> None:
    assert tidy_tag(typed) == tidy
    assert is_tag(tidy)


def test_each_language_is_kept_once_and_in_order() -> None:
    assert tidy_tags(["sw", "EN", "", "en", " "]) == ["sw", "en"]


@pytest.mark.parametrize("tag", ["english", "e", "en-", "en-GBR", "12", "<b>"])
def test_what_names_no_language_is_refused(tag: str) -> None:
    assert [problem.field for problem in labeler_problems([tag], "UTC", FIRST, None)] == ["languages"]


def test_a_labeler_needs_a_language() -> None:
    assert [problem.field for problem in labeler_problems([], "UTC", FIRST, None)] == ["languages"]


@pytest.mark.parametrize("zone", ["", "Nairobi", "Africa/Atlantis", "../etc/passwd", "localtime"])
def test_a_time_zone_is_one_that_exists(zone: str) -> None:
    assert [problem.field for problem in labeler_problems(["en"], zone, FIRST, None)] == ["time_zone"]


def test_a_contract_of_one_day_is_fine() -> None:
    assert labeler_problems(["en"], "Africa/Nairobi", FIRST, FIRST) == []


def test_everything_wrong_is_said_at_once() -> None:
    found = labeler_problems(["english"], "Nairobi", FIRST, date(2026, 2, 28))
    assert [problem.field for problem in found] == ["languages", "time_zone", "contract_until"]


def test_a_contract_is_ended_with_fourteen_days_notice() -> None:
    before, today = (FIRST, None), date(2026, 3, 10)
    assert notice_problems(before, (FIRST, date(2026, 3, 24)), today) == []
    [problem] = notice_problems(before, (FIRST, date(2026, 3, 23)), today)
    assert problem.field == "contract_until" and "2026-03-24 is the first" in problem.message


def test_what_ends_sooner_as_it_is_may_stay_or_end_later() -> None:
    today, soon = date(2026, 3, 10), date(2026, 3, 12)
    assert notice_problems((FIRST, soon), (FIRST, soon), today) == []
    assert notice_problems((FIRST, soon), (FIRST, None), today) == []
    assert len(notice_problems((FIRST, soon), (FIRST, date(2026, 3, 11)), today)) == 1


def test_a_contract_that_has_begun_does_not_begin_later() -> None:
    today = date(2026, 3, 10)
    assert [each.field for each in notice_problems((today, None), (date(2026, 3, 11), None), today)] == [
        "contract_from"
    ]
    assert notice_problems((today, None), (FIRST, None), today) == []
    assert notice_problems((FIRST, None), (today, None), today) == []
    assert notice_problems((date(2026, 3, 11), None), (date(2026, 6, 1), None), today) == []


@pytest.mark.parametrize("name", ["", "x" * 121, "Lake\nVendor", "Lake\0"])
def test_a_vendor_without_a_usable_name_is_refused(name: str) -> None:
    assert [problem.field for problem in vendor_problems(name)] == ["name"]


@pytest.mark.parametrize("name", ["Lakeside", "Λίμνη & Υιοί", "بحيرة", "x" * 120])
def test_a_vendor_may_be_named_in_any_script(name: str) -> None:
    assert vendor_problems(name) == []
