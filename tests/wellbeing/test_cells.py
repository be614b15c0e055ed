"""Numbers about several people: shown when they lay nobody bare (OPT-5)."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.cells import K_OTHERS, cell


def people(*values: int) -> dict[UUID, int]:
    return {UUID(int=n): value for n, value in enumerate(values)}


@pytest.mark.parametrize(
    ("values", "complement", "shown"),
    [
        ((1, 1, 1, 1, 1), 5, 5),
        ((1, 1, 1, 1, 1), 0, 5),
        ((1, 1, 1, 1, 1), None, 5),
        ((1, 1, 1, 1, 1), 4, None),
        ((1, 1, 1, 1), 5, None),
        ((1, 1, 1, 1, 0), 5, None),
        ((4, 1, 1, 1, 1), 5, 8),
        ((5, 1, 1, 1, 1), 5, None),
        ((), 0, None),
    ],
)
def test_what_is_shown(values: tuple[int, ...], complement: int | None, shown: int | None) -> None:
    assert cell(people(*values), K_OTHERS, complement) == shown


def test_a_part_is_a_count() -> None:
    with pytest.raises(ValueError, match="count"):
        cell(people(-1, 3), 2, None)


@given(st.lists(st.integers(0, 30), max_size=12), st.integers(1, 10), st.none() | st.integers(0, 12))
def test_nothing_is_shown_of_few_or_of_one_who_is_most_of_it(values: list[int], k: int, complement: int | None) -> None:
    shown = cell(people(*values), k, complement)
    parts = [value for value in values if value]
    if shown is not None:
        assert shown == sum(parts) and len(parts) >= k and max(parts) <= shown - max(parts)
        assert not complement or complement >= k
