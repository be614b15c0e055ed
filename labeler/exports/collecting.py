"""How often Python looks for cycles of objects, while much is read and written in one stream."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

OBJECTS = 50_000
"""New objects between two looks. Rows make no cycles, and thousands of them wait to be looked through in vain: with
Python's own 700 an export takes about a fifth longer."""


@contextmanager
def seldom() -> Iterator[None]:
    """Inside, the interpreter looks for cycles seldom; afterwards as before. For one stream at a time in a process."""
    usual = gc.get_threshold()
    gc.set_threshold(max(OBJECTS, usual[0]), *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
