"""The form that changes a number: what was typed, what is wrong with it, and the look at what it would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from labeler.assignment.trying import tried
from labeler.errors import FieldProblem, Invalid, Missing
from labeler.web.policy_words import GROUPS, UNITS, WORDS, sentence, with_unit
from labeler.wellbeing.dry_run import SMALLEST, TRIED, told
from labeler.wellbeing.limits import STANDARD, Signer
from labeler.wellbeing.policies import asked
from labeler.wellbeing.signatures import Signature

FIELDS = ("value", "from_at", "project", "signer", "signed_by", "document", "reason", "until_at")
SIGNERS = (
    ("", "Nobody: it is not looser"),
    (Signer.CLINICIAN, "A clinician"),
    (Signer.SAFETY_COMMITTEE, "The safety committee"),
)
UNREADABLE = "Write the moment like 2026-03-01 09:00, in UTC."


@dataclass(frozen=True, slots=True)
class Sent:
    """What was typed for one number, as text; `project` is a slug, empty for everybody."""

    name: str
    value: str = ""
    from_at: str = ""
    project: str = ""
    signer: str = ""
    signed_by: str = ""
    document: str = ""
    reason: str = ""
    until_at: str = ""

    def given(self, now: datetime) -> dict[str, Any]:
        """What the service is asked. Raises Invalid for moments that can't be read. No beginning is at once."""
        moments = {name: moment_of(getattr(self, name)) for name in ("from_at", "until_at")}
        unread = [name for name, moment in moments.items() if moment is None and getattr(self, name)]
        if unread:
            raise Invalid("This number can't be set yet.", [FieldProblem(name, UNREADABLE) for name in unread])
        return {
            "name": self.name,
            "value": int(self.value)
            if self.value.isdecimal() and self.value.isascii() and len(self.value) < 7
            else None,
            "from_at": moments["from_at"] or now,
            "now": now,
        }

    def signature(self) -> Signature:
        """The signature, the reason and the end, where they were given."""
        return Signature(
            signer=Signer(self.signer) if self.signer in set(Signer) else None,
            signed_by=self.signed_by or None,
            reason=self.reason or None,
            document=self.document.lower() or None,
            until_at=moment_of(self.until_at),
        )


def number_at(name: str) -> str:
    """The name of a number that an address holds. Raises Missing."""
    if name not in STANDARD:
        raise Missing("There is no such number.")
    return name


def read(name: str, form: Mapping[str, str]) -> Sent:
    """The form as it was sent."""
    return Sent(name, **{field: form.get(field, "").strip()[:2000] for field in FIELDS})


def moment_of(text: str) -> datetime | None:
    """A moment that was typed, in UTC; None for none, and for one that can't be read."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not 2020 <= moment.year <= 2200:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def look(session: Session, sent: Sent, project_id: UUID | None, now: datetime) -> dict[str, Any]:
    """What a page shows before a number is set: the old and the new value, and the day tried with both.

    Raises Invalid with everything that is wrong.
    """
    found = asked(session, **sent.given(now), signature=sent.signature(), project_id=project_id)
    day = tried(session, found, now) if sent.name in TRIED else None
    name = sent.name
    return {
        "asked": found,
        "before": with_unit(name, getattr(found.before, name)),
        "after": with_unit(name, found.change.value),
        "says": sentence(name, found.change.value),
        "day": day,
        "would": told(day.stopped_after) if day else "",
        "did": told(day.stopped_before) if day else "",
        "people": told(day.people) if day else "",
        "longest": day.longest.total_seconds() if day and day.stopped_after >= SMALLEST and day.longest else None,
        "fields": [(field, getattr(sent, field)) for field in FIELDS if getattr(sent, field)],
    }


def about(name: str) -> dict[str, Any]:
    """What every page about one number says of it."""
    number = STANDARD[name]
    return {
        "name": name,
        "number": number,
        "words": WORDS[name],
        "unit": UNITS[number.unit],
        "standard": with_unit(name, number.value),
        "stricter": "lower" if number.stricter < 0 else "higher",
        "signers": SIGNERS,
    }


def choices() -> list[tuple[str, list[tuple[str, str, str]]]]:
    """All numbers by group: name, title, rule."""
    return [(title, [(name, WORDS[name].title, STANDARD[name].rule) for name in names]) for title, names in GROUPS]
