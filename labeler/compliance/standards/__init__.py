"""The standard as data: its controls, its numbers, and a buyer's tighter ones. Pure.

A standard is a file that is never changed once it is published: a new version is a new file. `read` gives it as values;
its digest stands in every report that was made by it. What its rules say, and what others ask for, is in `catalogue`.
"""

from __future__ import annotations

import calendar
import functools
import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from typing import Any

import orjson

from labeler.wellbeing.limits import STANDARD, Number, Unit

LATEST = "1.0"


@dataclass(frozen=True, slots=True)
class Control:
    """One point of the standard. `rules` are checked over events (empty: nothing is); `asks` is what must be attested
    (empty: nothing), by which `document`. `core`: needed for "meets". `depends` names controls without which this one
    never passes. `parameters` are names of numbers. `crosswalk` has, by framework, the points that it answers in part;
    `relations` tells of those where it is more than that, by (framework, point): `subset-of` or `superset-of`.
    """

    id: str
    title: str
    statement: str
    core: bool
    rules: tuple[str, ...]
    asks: str
    parameters: tuple[str, ...]
    depends: tuple[str, ...] = ()
    crosswalk: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    document: str = ""
    relations: Mapping[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standard:
    """A published version. `numbers` are all numbers that it has, those of `wellbeing.limits` among them."""

    id: str
    version: str
    title: str
    controls: tuple[Control, ...]
    numbers: Mapping[str, Number]
    digest: str
    published: date
    """The day on which it came out."""

    def control(self, name: str) -> Control:
        """A control by its id. Raises KeyError."""
        return next(each for each in self.controls if each.id == name)


@dataclass(frozen=True, slots=True)
class Profile:
    """A buyer's numbers: those of the standard, or tighter ones. `name` is `LWS 1.0` for the standard itself."""

    name: str
    values: Mapping[str, int]

    @property
    def digest(self) -> str:
        """The SHA-256 of its name and numbers."""
        told = orjson.dumps({"name": self.name, "values": dict(self.values)}, option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(told).hexdigest()

    def __hash__(self) -> int:
        return hash(self.digest)


def latest_expiry(dated: date, months: int) -> date:
    """The last day on which an attestation holds: so many months after it was signed, or the end of a shorter month."""
    year, month = divmod(dated.year * 12 + dated.month - 1 + months, 12)
    return date(year, month + 1, min(dated.day, calendar.monthrange(year, month + 1)[1]))


def text(version: str = LATEST) -> bytes:
    """The file of a version, as it was published. Raises FileNotFoundError."""
    return files(__name__).joinpath(f"lws-{version}.toml").read_bytes()


@functools.lru_cache(maxsize=8)
def read(version: str = LATEST) -> Standard:
    """A published version of the standard. Raises FileNotFoundError for one that there is not."""
    data = text(version)
    told: dict[str, Any] = tomllib.loads(data.decode())
    own = {
        name: Number(
            each["rule"],
            each["value"],
            Unit(each["unit"]),
            each["stricter"],
            each["words"],
            each["least"],
            each["most"],
        )
        for name, each in told["numbers"].items()
    }
    return Standard(
        id=told["id"],
        version=told["version"],
        title=told["title"],
        controls=tuple(_control(each) for each in told["controls"]),
        numbers=STANDARD | own,
        digest=hashlib.sha256(data).hexdigest(),
        published=told["published"],
    )


def _control(told: dict[str, Any]) -> Control:
    refs = {to: [ref.partition(" ") for ref in each] for to, each in told.get("crosswalk", {}).items()}
    return Control(
        id=told["id"],
        title=told["title"],
        statement=told.get("statement", ""),
        core=told.get("core", False),
        rules=tuple(told.get("rules", ())),
        asks=told.get("asks", ""),
        parameters=tuple(told.get("parameters", ())),
        depends=tuple(told.get("depends", ())),
        crosswalk={to: tuple(point for point, _, _ in each) for to, each in refs.items()},
        document=told.get("document", ""),
        relations={(to, point): how for to, each in refs.items() for point, _, how in each if how},
    )


def as_published(standard: Standard) -> Profile:
    """The profile that is the standard itself."""
    return Profile(f"{standard.id} {standard.version}", {name: each.value for name, each in standard.numbers.items()})


def tightened(standard: Standard, name: str, values: Mapping[str, int]) -> Profile:
    """A buyer's profile. Raises ValueError for a number that is unknown, looser than the standard's, or out of its
    bounds."""
    for number, value in values.items():
        known = standard.numbers.get(number)
        if known is None:
            raise ValueError(f"the standard has no number {number}")
        if known.loosens(value):
            raise ValueError(f"{number} may be made tighter only: {value} protects less than {known.value}")
        if not known.least <= value <= known.most:
            raise ValueError(f"{number} lies between {known.least} and {known.most}")
    return Profile(name, dict(as_published(standard).values) | dict(values))
