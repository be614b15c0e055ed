"""The interpreter's habits are as before when an export ends, also when it fails."""

from __future__ import annotations

import gc

import pytest

from labeler.exports import collecting


def test_cycles_are_looked_for_seldom_and_afterwards_as_before() -> None:
    usual = gc.get_threshold()
    with collecting.seldom():
        assert gc.get_threshold()[0] >= collecting.OBJECTS
    assert gc.get_threshold() == usual


def test_a_failure_leaves_nothing_changed() -> None:
    usual = gc.get_threshold()
    with pytest.raises(OSError, match="full"), collecting.seldom():
        raise OSError("full")
    assert gc.get_threshold() == usual
