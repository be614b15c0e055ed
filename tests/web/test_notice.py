"""The words of the notice (WRN-2): short, specific, about the content and never of it."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.web.words import MOST_NOTICE_WORDS, how_often, notice, short_notice
from tasks.content import Category, Profile, Severity

SHOWN = (Severity.MILD, Severity.DISTURBING, Severity.EGREGIOUS)
SHARES = (None, 0.0, 0.001, 0.009, 0.01, 0.05, 0.2, 0.3, 0.5, 0.51, 0.7, 0.94, 0.95, 1.0)


def test_it_reads_like_this() -> None:
    assert notice({Category.W06: Severity.EGREGIOUS}, 0.2) == (
        "This batch: hate and slurs (severe), about 1 in 5 tasks, text only."
    )
    assert notice({Category.W06: Severity.DISTURBING, Category.W05: Severity.EGREGIOUS}, 0.7) == (
        "This batch: suicide, self-harm or eating disorders (severe); hate and slurs (disturbing), "
        "about 7 in 10 tasks, text only."
    )


@pytest.mark.parametrize("size", [1, 2, 3])
def test_it_is_read_in_one_breath_whatever_a_task_has(size: int) -> None:
    for codes in combinations(Category, size):
        for share in SHARES:
            said = notice(dict.fromkeys(codes, Severity.EGREGIOUS), share)
            assert len(said.split()) <= MOST_NOTICE_WORDS
            assert "(severe)" in said and how_often(share) in said and said.endswith("text only.")


@given(
    st.dictionaries(st.sampled_from(list(Category)), st.sampled_from(SHOWN), min_size=1),
    st.none() | st.floats(0, 1),
)
def test_every_profile_and_every_share_keep_to_the_length(profile: Profile, share: float | None) -> None:
    for said in (notice(profile, share), short_notice(profile)):
        assert len(said.split()) <= MOST_NOTICE_WORDS
    named = {code for code, level in profile.items() if level >= Severity.DISTURBING}
    said = notice(profile, share)
    shown = {code for code in named if code.title in said}
    assert bool(shown) == bool(named)
    left = len(named) - len(shown)
    assert (f"and {left} more" in said) == (left > 0)  # what finds no room is counted, not left out
    worst = max((profile[code] for code in named), default=Severity.NONE)
    assert not named or any(profile[code] == worst for code in shown)


def test_all_fifteen_kinds_at_once() -> None:
    said = notice(dict.fromkeys(Category, Severity.EGREGIOUS), 1.0)
    assert len(said.split()) <= MOST_NOTICE_WORDS and "more" in said
