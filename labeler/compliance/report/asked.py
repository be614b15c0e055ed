"""What a report was asked for: all that it is a function of, beside the record itself. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import orjson

from labeler.audit.checking import TIME
from labeler.audit.checkpoint import read
from labeler.compliance.events import Period
from labeler.compliance.standards import Profile, Standard

OURS = UUID("6d6b1f0e-0a51-5f0b-9a57-2f3f6f0f8a11")
"""The space of names that ids of reports are drawn from."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A report on the same quarter that was asked for before: what it told is not told again in another cut."""

    number: int
    profile: Profile
    vendor_size: int
    platform_size: int

    def told(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "number": self.number,
            "profile": self.profile.name,
            "values": dict(self.profile.values),
            "vendor_size": self.vendor_size,
            "platform_size": self.platform_size,
        }


@dataclass(frozen=True, slots=True)
class Asked:
    """Report `number` on a vendor's quarter. It rests on the first `vendor_size` leaves of the vendor's log and the
    first `platform_size` of the platform's, both under `checkpoint` (a signed note), and tells nothing of fewer than
    `k` people."""

    vendor: UUID
    number: int
    period: Period
    profile: Profile
    standard: Standard
    vendor_size: int
    platform_size: int
    checkpoint: str
    k: int = 5
    earlier: tuple[Earlier, ...] = ()

    @property
    def parameters(self) -> str:
        """The SHA-256 of everything that was asked for."""
        told = {
            "vendor": str(self.vendor),
            "number": self.number,
            "period": self.period.name,
            "profile": self.profile.digest,
            "standard": self.standard.digest,
            "vendor_size": self.vendor_size,
            "platform_size": self.platform_size,
            "checkpoint": hashlib.sha256(self.checkpoint.encode()).hexdigest(),
            "k": self.k,
            "earlier": [each.told() for each in self.earlier],
        }
        return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()

    def name(self, what: str) -> str:
        """The id of a part of this report: the same whenever it is made."""
        return str(uuid5(uuid5(OURS, self.parameters), what))

    @property
    def at(self) -> datetime:
        """When the checkpoint was signed: the only time of its making that a report knows."""
        line = next(each for each in read(self.checkpoint)[0].more if each.startswith(TIME))
        return datetime.fromisoformat(line.removeprefix(TIME)).astimezone(UTC)


def period_named(name: str) -> Period:
    """The quarter that is called so, such as `2026 Q3`. Raises ValueError."""
    year, space, number = name.partition(" Q")
    if not space or number not in ("1", "2", "3", "4") or not (year.isascii() and year.isdigit() and len(year) == 4):
        raise ValueError(f"{name!r} is no quarter; one is called 2026 Q3")
    return Period.quarter(int(year), int(number))


def in_utc(moment: datetime) -> str:
    """A moment as every file writes it: UTC, ending in Z, whole seconds where it has no others."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
