"""What lines come to: exact sums in whole numbers, the effective hourly rate, the floor and its top-up. Pure.

A line of time is worth `seconds * per_hour` parts, 3,600 of which are one minor unit. Parts are added up exactly; a
week's pay is rounded once, up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from labeler.pay.classes import PayKind
from labeler.wellbeing.limits import THE_STANDARD

PARTS = 3600
"""Parts of a minor unit that a second brings at a rate of one minor unit an hour."""

OWN_TIME_FREELY = (5, 4)
"""Her own count of a week is taken as it stands up to five quarters of the server's; beyond it a person looks."""

LONGEST_NAME = 120
"""Characters of a place, a source, a note."""

SMALLEST = 5
"""People behind a number before a vendor sees it (k)."""

_AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,3})?")
_NO_DIGITS = frozenset({"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV",
                        "XAF", "XOF", "XPF"})  # fmt: skip
_THREE_DIGITS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


def digits_of(currency: str) -> int:
    """How many digits a currency has after its point (ISO 4217)."""
    return 0 if currency in _NO_DIGITS else 3 if currency in _THREE_DIGITS else 2


def is_currency(text: str) -> bool:
    """Whether a text can be the code of a currency."""
    return len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()


def one_line(text: str) -> bool:
    """Whether a text says something, in one line that every database keeps."""
    return bool(text.strip()) and len(text) <= LONGEST_NAME and text.isprintable()


def money(amount: int, currency: str) -> str:
    """An amount of minor units as people write it: "12.50 EUR"."""
    return f"{plain(amount, currency)} {currency}"


def plain(amount: int, currency: str) -> str:
    """An amount of minor units as a number with the currency's digits: "1250" is "12.50" of EUR."""
    digits = digits_of(currency)
    return f"{Decimal(amount).scaleb(-digits):.{digits}f}"


def minor(text: str, currency: str) -> int | None:
    """The minor units that somebody typed ("12.50"); None for no amount above zero with the currency's digits."""
    typed = text.strip().replace(",", ".")
    if _AMOUNT.fullmatch(typed) is None:
        return None
    amount = Decimal(typed).scaleb(digits_of(currency))
    return int(amount) if amount > 0 and amount == amount.to_integral_value() else None


def up(parts: int) -> int:
    """Parts in minor units, rounded up: in her favour."""
    return -(-parts // PARTS)


def shown(parts: int, currency: str) -> str:
    """Parts as money to a hundredth of a minor unit, for a single line: "0.1042 EUR"."""
    exact = Decimal(parts * 100 // PARTS).scaleb(-2 - digits_of(currency))
    return f"{exact:.{2 + digits_of(currency)}f} {currency}"


def allowance(severe_seconds: int, per_hour: int, percent: int = THE_STANDARD.severe_allowance) -> int:
    """PAY-8: what seconds with severe texts bring beside their rate, in minor units, rounded up.

    `percent` of the rate is what such a second brings in all. It is a rate of time, never of a text, and the limits of
    exposure bind first.
    """
    return -(-severe_seconds * per_hour * (percent - 100) // (PARTS * 100))


@dataclass(frozen=True, slots=True)
class Floor:
    """What an hour must bring at least: minor units, of a benchmark of this date."""

    per_hour: int
    currency: str
    dated: date


@dataclass(frozen=True, slots=True)
class Sums:
    """A week of one labeler: seconds of all classes, what they are worth in parts, and money by kind in minor units."""

    seconds: int = 0
    parts: int = 0
    money: Mapping[PayKind, int] = field(default_factory=dict)

    def of(self, kind: PayKind) -> int:
        """The money of one kind."""
        return self.money.get(kind, 0)

    @property
    def base(self) -> int:
        """What the time brings, in minor units, rounded up once."""
        return up(self.parts)

    @property
    def earned(self) -> int:
        """What the formula of the effective rate divides by all time (PAY-1): base, bonus and top-up, corrections among
        them, less fees and what the work made her buy. The allowance for severe texts is left out: it is no part of
        what an hour must bring.
        """
        kept = (PayKind.BONUS, PayKind.TOP_UP, PayKind.CORRECTION)
        return self.base + sum(self.of(kind) for kind in kept) - self.of(PayKind.FEE) - self.of(PayKind.COST)

    @property
    def total(self) -> int:
        """What is to be paid out, never below nothing."""
        return max(0, self.earned + self.of(PayKind.COST) + self.of(PayKind.ALLOWANCE))

    @property
    def effective(self) -> int | None:
        """The effective hourly rate in minor units, rounded down; None without time."""
        return self.earned * PARTS // self.seconds if self.seconds else None

    def top_up(self, floor: Floor | None) -> int:
        """What lacks to the floor over all seconds, in minor units, rounded up; 0 when nothing does (PAY-1)."""
        if floor is None or not self.seconds:
            return 0
        return max(0, up(floor.per_hour * self.seconds) - self.earned)


def sums(time: Iterable[tuple[int, int]], amounts: Iterable[tuple[PayKind, int]]) -> Sums:
    """Add up lines of time (seconds, per_hour) and of money (kind, amount)."""
    seconds = parts = 0
    for length, per_hour in time:
        seconds += length
        parts += length * per_hour
    by_kind: dict[PayKind, int] = {}
    for kind, amount in amounts:
        by_kind[kind] = by_kind.get(kind, 0) + amount
    return Sums(seconds, parts, by_kind)


def own_extra(said: int, counted: int) -> int | None:
    """Seconds that her own count of a week adds to the server's; None when a person must look at it first."""
    most, of = OWN_TIME_FREELY
    if said <= counted:
        return 0
    return said - counted if said * of <= counted * most else None


def stale(dated: date, today: date) -> bool:
    """PAY-9: whether a benchmark is older than twelve months."""
    return (today.year, today.month, today.day) > (dated.year + 1, dated.month, dated.day)
