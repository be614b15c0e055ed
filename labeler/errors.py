"""The four ways a request can be wrong. Doors turn them into a page or a problem+json, each in one file.

An everyday no (a break is due, nothing is left) is not an error: services return it as a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One thing wrong with what was sent: the field, what to do about it, and the line where there is one."""

    field: str
    message: str
    line: int | None = None


class LabelerError(Exception):
    """A wrong request, with a sentence for the person who made it."""

    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Missing(LabelerError):
    """There is no such thing, or it is not yours to know of: the two look alike on purpose."""

    status = 404


class Forbidden(LabelerError):
    """The person is known and may not do this."""

    status = 403


class Conflict(LabelerError):
    """The thing has changed, or is in a state that does not allow this."""

    status = 409


class Invalid(LabelerError):
    """What was sent cannot be used; `problems` names every field, not the first only."""

    status = 422

    def __init__(self, message: str, problems: Sequence[FieldProblem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class OverQuota(LabelerError):
    """A limit is reached. `retry_after`: in how many seconds there is room; None when only a person makes room."""

    status = 429

    def __init__(self, message: str, retry_after: int | None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotNow(Exception):
    """A job meets a hindrance outside of this program that may pass: a network, a full disk. It is tried again later;
    the message is a sentence for whoever waits."""
