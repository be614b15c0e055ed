"""Counting answers task by task, and which groups of them may be shown."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.cells import cell
from labeler.quality import tally as counting
from labeler.quality.groups import merged, patterns, quantile, shown
from labeler.quality.tally import SECONDS, Reading, Tally
from tasks import kind

ASKS = kind("comparison")
MEASURES = ASKS.measures(ASKS.Options())


def said(
    task: str, labeler: str, preferred: int | None, margin: int = 1, order: str = "01", version: int = 1,
    batch: str = "b", language: str = "en", seconds: float = 40,
) -> Reading:  # fmt: skip
    """One answer: a preference by a margin, or a tie."""
    given = {"verdict": "tie" if preferred is None else "preference", "preferred": preferred}
    answer = orjson.dumps({**given, "margin": None if preferred is None else margin}).decode()
    return Reading(task, labeler, batch, language, version, order, answer, seconds)


def test_items_that_were_read_alike_are_counted_together_whoever_read_them() -> None:
    counts = Tally(MEASURES).count(
        [said("1", "a", 0), said("1", "b", 1), said("2", "c", 1), said("2", "d", 0), said("3", "a", None)]
    )
    assert patterns(counts, 0, None) == {(0, 1): 2, (2,): 1}
    assert (counts.tasks, counts.judgments) == (3, 5)


def test_a_group_has_the_items_and_the_people_of_its_own() -> None:
    counts = Tally(MEASURES).count(
        [said("1", "a", 0), said("1", "b", 0), said("2", "a", 1, language="sw", batch="c", order="10")]
    )
    assert patterns(counts, 0, 0, "sw") == {(1,): 1}
    assert patterns(counts, 0, 1, "b") == {(0, 0): 1}
    groups = merged(counts, lambda key: key[0])
    assert {name: dict(group.people) for name, group in groups.items()} == {"en": {"a": 1, "b": 1}, "sw": {"a": 1}}
    assert [(group.first, group.preferences) for group in groups.values()] == [(2, 2), (1, 1)]


def test_of_an_item_that_was_read_under_two_guidelines_each_has_its_own_readings() -> None:
    counts = Tally(MEASURES).count([said("1", "a", 0), said("1", "b", 1, version=2), said("1", "c", 1, version=2)])
    assert patterns(counts, 0, None) == {(0, 1, 1): 1}
    assert patterns(counts, 0, 2, 1) == {(0,): 1}
    assert patterns(counts, 0, 2, 2) == {(1, 1): 1}


def test_the_most_disputed_items_come_first_and_those_without_dispute_not_at_all() -> None:
    rows = [
        *(said("1", name, 0, 4) for name in "ab"),
        said("2", "a", 0, 4), said("2", "b", 1, 4),
        said("3", "a", 0, 1), said("3", "b", 1, 1),
    ]  # fmt: skip
    by_strength = Tally(MEASURES, about=1).count(rows).disputed
    assert [(each.task, round(each.apart, 3)) for each in by_strength] == [("2", 1.0), ("3", 0.143)]


def test_only_so_many_disputed_items_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "DISPUTED", 3)
    rows = [said(f"{n:02}", name, preferred) for n in range(9) for name, preferred in (("a", 0), ("b", 1))]
    rows += [said("99", name, preferred) for name, preferred in (("a", 0), ("b", 1), ("c", 0), ("d", 1))]
    found = Tally(MEASURES).count(rows).disputed
    assert [each.task for each in found] == ["00", "01", "02"]
    assert all(each.apart == 1 for each in found)


def test_the_sample_for_lengths_is_bounded_fair_and_the_same_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "SAMPLE", 50)
    rows = [said(f"{n:04}", "a", n % 2) for n in range(2000)] + [said("9999", "a", None)]
    one, other = (Tally(MEASURES).count(rows).sampled for _ in range(2))
    assert one == other
    assert len(one) == 50
    assert 800 < sum(int(each.task) for each in one) / 50 < 1200
    assert all(each.task != "9999" for each in one)


def test_the_one_shown_first_is_told_by_the_order_on_the_screen() -> None:
    rows = [said("1", "a", 0), said("1", "b", 0, order="10"), said("1", "c", 1, order="10"), said("1", "d", None)]
    group = merged(Tally(MEASURES).count(rows), lambda _: None)[None]
    assert (group.first, group.preferences) == (2, 3)


def test_times_are_told_in_buckets() -> None:
    times = [0] * (len(SECONDS) + 1)
    times[0], times[5], times[-1] = 1, 2, 1
    assert quantile(times, 0.25) == (0, 5)
    assert quantile(times, 0.5) == (30, 45)
    assert quantile(times, 0.9) == (1800, None)
    with pytest.raises(ValueError, match="nothing"):
        quantile([0, 0], 0.5)


def test_a_time_at_the_edge_of_a_bucket_belongs_to_the_one_that_begins_there() -> None:
    group = merged(Tally(MEASURES).count([said("1", "a", 0, seconds=30)]), lambda _: None)[None]
    assert group.times.index(1) == SECONDS.index(30) + 1


def test_a_group_of_few_people_is_not_shown_and_one_that_one_person_rules_neither() -> None:
    many = dict.fromkeys(range(30), 5)
    few, ruled = dict.fromkeys(range(9), 5), {0: 500, **dict.fromkeys(range(1, 20), 5)}
    assert shown({"many": many, "others": many, "few": few, "fewer": many}) >= {"many"}
    assert "few" not in shown({"many": many, "few": few})
    assert "ruled" not in shown({"many": many, "ruled": ruled})


def test_a_small_group_is_not_told_by_what_is_left_over() -> None:
    many = dict.fromkeys(range(30), 5)
    less = dict.fromkeys(range(30), 4)
    assert shown({"many": many, "less": less, "few": {99: 3}}) == {"many"}
    assert shown({"many": many, "less": less}) == {"many", "less"}


people = st.dictionaries(st.integers(0, 14), st.integers(1, 9), max_size=15)


@given(st.dictionaries(st.text("abcd", min_size=1, max_size=2), people, max_size=6))
def test_what_is_shown_and_what_is_left_over_are_cells(groups: dict[str, dict[int, int]]) -> None:
    open_ = shown(groups)
    rest: Counter[Any] = Counter()
    for name in groups.keys() - open_:
        rest.update(groups[name])
    assert all(cell(groups[name], 10) is not None for name in open_)
    assert not open_ or not rest or cell(rest, 10) is not None
