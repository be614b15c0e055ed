"""The filter of the record: as it was typed, and what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.accounts.models import User
from labeler.accounts.permissions import Role
from labeler.audit.queries import COUNTED, LISTED, Wanted
from labeler.audit.rules import nickname
from labeler.errors import FieldProblem, Invalid
from labeler.web.people_forms import day_of, uuid_of
from labeler.web.record import ACCOUNT
from labeler.workforce.models import Labeler, Vendor

DAY = "Write the day like 2026-03-01."
NO_LOOKS = "no-looks"
"""What the filter says for every act but looks at the record, which would soon be most of what one sees."""
NOTHING = UUID(int=0)
"""A subject that no entry is about."""


@dataclass(frozen=True, slots=True)
class Sought:
    """A filter as it was typed; empty parts ask for all."""

    act: str = ""
    since: str = ""
    until: str = ""
    vendor: str = ""
    subject: str = ""

    @property
    def query(self) -> str:
        """The filter as the end of an address, without its question mark."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return urlencode({name: value for name, value in named.items() if value})


def sought_in(sent: Mapping[str, str]) -> Sought:
    """The filter in an address."""
    return Sought(**{field.name: sent.get(field.name, "")[:80].strip() for field in fields(Sought)})


def wanted_by(session: Session, sought: Sought, secret: bytes) -> Wanted:
    """What the filter means. Raises Invalid, naming everything that can't be read."""
    problems: list[FieldProblem] = []
    since, until = day_of(sought.since), day_of(sought.until)
    for name, text, found in (("since", sought.since, since), ("until", sought.until, until)):
        if text and found is None:
            problems.append(FieldProblem(name, DAY))
    if since and until and since > until:
        problems.append(FieldProblem("until", "The last day can't be before the first."))
    if sought.act in COUNTED:
        problems.append(FieldProblem("act", f"Entries of {sought.act} are counted only. Open the counts to see them."))
    elif sought.act not in ("", NO_LOOKS, *LISTED):
        problems.append(FieldProblem("act", "Choose an act from the list."))
    vendor = uuid_of(sought.vendor)
    if sought.vendor and (vendor is None or session.get(Vendor, vendor) is None):
        problems.append(FieldProblem("vendor", "Choose a vendor from the list."))
    subject = _subject(session, sought.subject, secret) if sought.subject else None
    if sought.subject and subject is None:
        problems.append(FieldProblem("subject", f"Write an id, or a name such as {ACCOUNT}-1f0c9a2b77d4."))
    if problems:
        raise Invalid("The filter can't be read.", problems)
    act = sought.act if sought.act in LISTED else None
    return Wanted(act, since, until, vendor, subject, looks=sought.act != NO_LOOKS)


def _subject(session: Session, text: str, secret: bytes) -> UUID | None:
    """The subject that a text names: an id, or the made-up name of a labeler's account. None for neither.

    A labeler's own id finds nothing: it would tie her made-up name to her.
    """
    if text.startswith(f"{ACCOUNT}-"):
        known = session.scalars(select(Labeler.id))
        return next((each for each in known if nickname(secret, ACCOUNT, each) == text), NOTHING)
    asked = uuid_of(text)
    if asked is None:
        return None
    return NOTHING if session.scalar(select(User.role).where(User.id == asked)) is Role.LABELER else asked
