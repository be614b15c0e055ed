"""What people say in a report, in their own words: by kind, under the digest that the record has of it. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import orjson

from labeler.compliance.events import Event, Facts


class TextKind(StrEnum):
    """Whose words, and in which part of the report."""

    STATEMENT = "statement"
    """I: the assessor's."""
    ASSERTION = "assertion"
    """II: the vendor's."""
    RESPONSE = "response"
    """V: the vendor's answer to the exceptions."""
    REPRESENTATIVE = "representative"
    """VIII: the worker representative's own page, which nobody edits."""


LONGEST = 20_000
"""Characters of a text."""


@dataclass(frozen=True, slots=True)
class Said:
    """A text as it stands in a report. `number` is its leaf in the vendor's log."""

    kind: TextKind
    signer: str
    text: str
    at: datetime
    number: int


def digest(kind: TextKind, period: str, signer: str, text: str) -> str:
    """The SHA-256 by which the record names a text: over its kind, its quarter, who signs it, and every character."""
    told = {"kind": kind.value, "period": period, "signer": signer, "text": text}
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


def newest(facts: Facts) -> dict[TextKind, Event]:
    """Of each kind the last text on this quarter that was sealed in the prefix."""
    return {
        TextKind(event.fields["kind"]): event
        for event in facts.of("report.text")
        if event.log == facts.vendor and event.fields["period"] == facts.period.name
    }
