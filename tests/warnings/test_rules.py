"""Severity goes up at anybody's word, and down only with a reason: without a database."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.warnings.rules import (
    REASON,
    lowered,
    needs_notice,
    raised,
    reason_problems,
    too_often,
)
from labeler.wellbeing.limits import THE_STANDARD
from tasks.content import Category, Profile, Severity

PROFILES = st.dictionaries(st.sampled_from(list(Category)), st.sampled_from(list(Severity)))
W05, W06 = Category.W05, Category.W06


@given(PROFILES, st.sampled_from(list(Category)), st.sampled_from(list(Severity)))
def test_a_report_never_lowers_anything(profile: Profile, category: Category, severity: Severity) -> None:
    after = raised(profile, category, severity)
    assert all(after.get(code, 0) >= level for code, level in profile.items())
    assert after.get(category, 0) >= severity
    assert {code for code in after if after[code] != profile.get(code, 0)} <= {category}
    assert raised(after, category, severity) == after


@given(PROFILES, PROFILES)
def test_a_review_never_raises_anything(profile: Profile, wanted: Profile) -> None:
    after = lowered(profile, wanted)
    assert all(level <= profile.get(code, 0) for code, level in after.items())
    assert all(after.get(code, 0) in (level, wanted.get(code, level)) for code, level in profile.items())


def test_what_a_profile_becomes() -> None:
    assert raised({}, W06, Severity.DISTURBING) == {W06: Severity.DISTURBING}
    assert raised({W06: Severity.EGREGIOUS}, W06, Severity.MILD) == {W06: Severity.EGREGIOUS}
    assert raised({W06: Severity.MILD}, W05, Severity.FORBIDDEN) == {W06: Severity.MILD, W05: Severity.FORBIDDEN}
    assert lowered({W06: Severity.EGREGIOUS, W05: Severity.DISTURBING}, {W06: Severity.NONE}) == {
        W05: Severity.DISTURBING
    }


@pytest.mark.parametrize(
    ("reports", "served", "pause"), [(1, 49, False), (49, 49, False), (0, 50, False), (1, 100, False), (1, 99, True),
                                     (1, 50, True), (2, 200, False), (3, 299, True)],
)  # fmt: skip
def test_a_project_pauses_above_one_in_a_hundred_of_at_least_fifty(reports: int, served: int, pause: bool) -> None:
    assert too_often(reports, served, THE_STANDARD.surprise_per_mille, THE_STANDARD.surprise_least) is pause


def test_the_numbers_can_be_tightened() -> None:
    assert too_often(1, 10, per_mille=10, least=10)
    assert not too_often(1, 10, per_mille=100, least=10)


def test_a_reason_says_something() -> None:
    assert reason_problems(" " * 40) and reason_problems("x" * (REASON - 1) + "   ")
    assert reason_problems("x" * 20) == reason_problems("x" * 2_000) == []
    assert reason_problems("x" * 19) and reason_problems("x" * 2_001)


def test_only_what_is_sensitive_is_covered() -> None:
    assert not needs_notice({W06: Severity.MILD}) and needs_notice({W06: Severity.DISTURBING})
