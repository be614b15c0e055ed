"""What stands beside the controls: what each rule says, what others ask for, and where their points are answered. Pure.

These files may grow and be mended, unlike a published standard: no figure of a report rests on them.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any


class Known(StrEnum):
    """How sure we are of what somebody else's text says."""

    READ = "read"
    SECONDARY = "secondary"
    RECALLED = "recalled"


KNOWN_WORDS = {
    Known.READ: "read at the source",
    Known.SECONDARY: "from others' summaries, not read at the source",
    Known.RECALLED: "from memory, not looked up again",
}
BY_DEFAULT = "intersects-with"
"""How a control stands to a point unless the standard says otherwise: they share something, and each has more."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: what it says, where it is enforced, and its source with how sure we are of that."""

    id: str
    says: str
    at: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Point:
    """A point of somebody else's text, in our own words."""

    id: str
    says: str
    known: Known


@dataclass(frozen=True, slots=True)
class Framework:
    """Somebody else's text, by its points."""

    id: str
    title: str
    points: Mapping[str, Point]


class How(StrEnum):
    """What is done about a parameter of a framework of standards."""

    TESTED = "tested"
    ATTESTED = "attested"
    NOT_COVERED = "not covered"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter by which a framework compares standards: our controls that answer it, and why not more."""

    name: str
    how: How
    controls: tuple[str, ...]
    why: str


@functools.cache
def rules() -> Mapping[str, Rule]:
    """Every rule by its id."""
    return {
        name: Rule(name, each["says"], tuple(each["at"]), each["source"]) for name, each in _file("rules.toml").items()
    }


@functools.cache
def frameworks() -> Mapping[str, Framework]:
    """What others ask for, by the names that controls' crosswalks use."""
    return {
        name: Framework(
            name,
            each["title"],
            {point: Point(point, told["says"], Known(told["known"])) for point, told in each["points"].items()},
        )
        for name, each in _file("frameworks/crosswalks.toml").items()
    }


@functools.cache
def techequity() -> tuple[Parameter, ...]:
    """The 41 parameters of TechEquity's framework of data-work standards, in its order."""
    return tuple(
        Parameter(each["name"], How(each["how"]), tuple(each.get("controls", ())), each["why"])
        for each in _file("frameworks/techequity.toml")["parameters"]
    )


def _file(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__ or __name__).joinpath(name).read_text())
