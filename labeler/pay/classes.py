"""The classes of paid time, the kinds of money lines, and which wage a floor is. Pure."""

from __future__ import annotations

from enum import StrEnum


class TimeClass(StrEnum):
    """What a paid second was spent on (R14). `own` is what the labeler adds to a week herself.

    Nothing in the product asks for a qualification test so far: that class is there for time written by hand.
    """

    TASK = "task"
    WARNING = "warning"
    INSTRUCTIONS = "instructions"
    TRAINING = "training"
    QUALIFICATION = "qualification"
    BREAK = "break"
    FAULT = "fault"
    REWORK = "rework"
    APPEAL = "appeal"
    STAND_DOWN = "stand-down"
    WAITING = "waiting"
    OWN = "own"


class PayKind(StrEnum):
    """What a line of money is for. Fees are taken off what is paid; costs are what she had to buy for the work."""

    ALLOWANCE = "allowance"
    BONUS = "bonus"
    CORRECTION = "correction"
    TOP_UP = "top-up"
    FEE = "fee"
    COST = "cost"


class FloorKind(StrEnum):
    """Which wage a floor is: one to live on, or, where nobody has computed that, the least the law allows."""

    LIVING = "living"
    MINIMUM = "minimum"


class Measure(StrEnum):
    """Whether a benchmark is before or after taxes and dues."""

    GROSS = "gross"
    NET = "net"
