"""No number, complement, or difference of two reports lays fewer than k people bare."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import combinations
from uuid import UUID

from hypothesis import example, given, settings
from hypothesis import strategies as st

from labeler.compliance.disclosing import Shown, band, disclose
from labeler.compliance.outcome import Assessed, Assessment, Checked, Confirmed, Figure, Result, Row

K = 5
AT = datetime(2026, 8, 1, tzinfo=UTC)
VENDOR = UUID(int=99)
EVERYBODY = [UUID(int=100 + number) for number in range(16)]

people = st.sets(st.sampled_from(EVERYBODY))
counts = st.dictionaries(st.sampled_from(EVERYBODY), st.integers(1, 4))


def rows_of(number: dict[UUID, int], wrong: set[UUID]) -> list[Row]:
    return [
        Row(AT, person, VENDOR, place, "1", person in wrong and place == 0)
        for person, times in sorted(number.items())
        for place in range(times)
    ]


checks = st.builds(
    lambda number, wrong, private, behind: Checked(
        "OPT-1", rows_of(number, wrong), [Figure("share", 3, "‰", frozenset(behind), 10)], private=private
    ),
    counts, people, st.booleans(), people,
)  # fmt: skip


def assessment(checked: list[Checked], confirm: set[UUID] = frozenset()) -> Assessment:  # type: ignore[assignment]
    said = Confirmed("LWS-01", frozenset(confirm), frozenset())
    control = Assessed("LWS-01", Result.SATISFIED, "", checked, Result.SATISFIED, None, None, said)
    return Assessment(VENDOR, "V", frozenset(EVERYBODY), [control])


def told(shown: Shown, of: Assessment) -> list[tuple[str, frozenset[UUID]]]:
    """Every number that is told, and the people behind it."""
    found = []
    for check, rest in zip(shown.controls[0].checks, of.controls[0].checks, strict=True):
        if check.population is not None:
            found.append(("population", rest.people))
        if check.exceptions:
            found.append(("exceptions", rest.affected))
        found += [
            ("figure", figure.people)
            for figure, seen in zip(rest.figures, check.figures, strict=False)
            if seen.value is not None
        ]
    return [(what, behind) for what, behind in found if behind]


@given(st.lists(checks, min_size=1, max_size=4), st.lists(checks, min_size=1, max_size=4))
@settings(max_examples=300, deadline=None)
def test_no_number_and_no_difference_of_two_numbers_is_about_fewer_than_k_people(
    first: list[Checked], second: list[Checked]
) -> None:
    one, two = assessment(first), assessment(second)
    shown_first, shown_second = disclose(one, K), disclose(two, K, [one])
    numbers = told(shown_first, one) + told(shown_second, two)
    for what, behind in numbers:
        assert len(behind) >= K, what
    for (what, behind), (other, beside) in combinations(numbers, 2):
        assert not 0 < len(behind - beside) < K, (what, other)
        assert not 0 < len(beside - behind) < K, (what, other)


@given(checks)
@settings(max_examples=200, deadline=None)
def test_what_is_left_over_is_nobody_or_k_people_and_nobody_is_most_of_a_number(checked: Checked) -> None:
    of = assessment([checked])
    check = disclose(of, K).controls[0].checks[0]
    if check.population is not None and checked.people:
        assert len(EVERYBODY) - len(checked.people) not in range(1, K)
        assert 2 * max(Counter(row.person for row in checked.rows).values()) <= check.population
    if check.exceptions:
        assert len(checked.people) - len(checked.affected) not in range(1, K)


@given(checks)
@settings(max_examples=200, deadline=None)
@example(Checked("OPT-1", [], private=True))
def test_a_right_that_few_used_is_told_as_one_that_nobody_used(checked: Checked) -> None:
    if not checked.private or len(checked.people) >= K:
        return
    none = Checked("OPT-1", [], [], private=True)
    assert disclose(assessment([checked]), K) == disclose(assessment([none]), K)


@given(checks)
@settings(max_examples=200, deadline=None)
def test_a_breach_is_never_hidden_where_the_rows_are_no_private_choices(checked: Checked) -> None:
    shown = disclose(assessment([checked]), K).controls[0].checks[0]
    if not checked.private and checked.exceptions:
        assert shown.result is Result.NOT_SATISFIED
        assert shown.affected != "none"


def test_one_person_more_is_not_told_by_a_tighter_profile() -> None:
    """The same rows with a cap one minute lower have one person more among the exceptions: their number is not told."""
    number = dict.fromkeys(EVERYBODY, 2)
    loose = assessment([Checked("EXP-1", rows_of(number, set(EVERYBODY[:6])))])
    tight = assessment([Checked("EXP-1", rows_of(number, set(EVERYBODY[:7])))])
    assert disclose(loose, K).controls[0].checks[0].exceptions == 6
    after = disclose(tight, K, [loose]).controls[0].checks[0]
    assert (after.exceptions, after.affected, after.result) == (None, "5 or more", Result.NOT_SATISFIED)


def test_numbers_of_people_are_bands() -> None:
    assert [band(number, K) for number in (0, 1, 4, 5, 9, 10, 23)] == [
        "none", "fewer than 5", "fewer than 5", "5 or more", "5 or more", "10 or more", "20 or more",
    ]  # fmt: skip


@given(people)
@settings(deadline=None)
def test_one_voice_more_or_less_does_not_show_unless_it_completes_k(confirm: set[UUID]) -> None:
    shown = disclose(assessment([Checked("OPT-1")], confirm), K).controls[0].confirm
    assert shown is None or (shown % K == 0 and shown <= len(confirm))
    if len(confirm) < K:
        assert shown is None
