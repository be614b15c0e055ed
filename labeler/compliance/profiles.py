"""Buyers' profiles: tighter numbers under a name, made once and never changed.

Whoever buys labels may hold vendors to more than the standard, never to less. A profile's values stand in its entry of
the platform's log, so a report made by it is still a function of the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from labeler.accounts.models import User
from labeler.audit.logs import PLATFORM
from labeler.audit.models import AuditEntry, LogLeaf
from labeler.audit.service import record
from labeler.compliance.profile_models import BuyerProfile
from labeler.compliance.report.source import of_the_standard
from labeler.compliance.standards import LATEST, Profile, Standard, as_published, read, tightened
from labeler.errors import Conflict, FieldProblem, Invalid, Missing

LONGEST_NAME = 80
"""Characters of a profile's name at most."""
REFUSED = "This profile can't be made yet."
TAKEN = "There is a profile of this name already. Profiles are never changed: choose another, such as one with a year."


@dataclass(frozen=True, slots=True)
class Kept:
    """A profile as it was made. `tighter` are the numbers that differ from the standard's; `by` is who made it."""

    profile: Profile
    standard: Standard
    tighter: Mapping[str, int]
    made_at: datetime
    by: str


def get_profile(session: Session, name: str) -> Profile:
    """A profile by its name: a buyer's, or `LWS 1.0` for the standard itself. Raises Missing."""
    itself = as_published(read(LATEST))
    return itself if name == itself.name else find(session, name).profile


def find(session: Session, name: str) -> Kept:
    """A buyer's profile by its name, with who made it and when. Raises Missing."""
    kept = next((each for each in profiles(session) if each.profile.name == name), None)
    if kept is None:
        raise Missing(f"There is no profile called {name}. `labeler standard profiles` lists those there are.")
    return kept


def profiles(session: Session) -> list[Kept]:
    """Every buyer's profile, the newest first."""
    rows = session.execute(
        select(BuyerProfile, User.name)
        .join(User, User.id == BuyerProfile.made_by)
        .order_by(BuyerProfile.made_at.desc(), BuyerProfile.id.desc())
    )
    return [_kept(row, by) for row, by in rows]


def _kept(row: BuyerProfile, by: str) -> Kept:
    standard, tighter = read(row.standard), orjson.loads(row.numbers)
    made = tightened(standard, row.name, tighter)
    if made.digest != row.digest:
        raise Conflict(
            f"The profile {row.name} is not what it was when it was made: its row in the database was changed. Tell "
            "whoever runs this installation: the record has it as it was made."
        )
    return Kept(made, standard, tighter, row.made_at, by)


def add_profile(
    session: Session, actor: UUID, name: str, values: Mapping[str, int | None], now: datetime, *, version: str = LATEST
) -> Profile:
    """Make a profile from `values`, the buyer's numbers by name; those left out, or as the standard has them, are the
    standard's. Raises Invalid with every problem by field (the name of the number, or `name`), Conflict when the name
    is taken."""
    standard, name = read(version), " ".join(name.split())
    problems = name_problems(name) + number_problems(standard, values)
    tighter = {
        each: value
        for each, value in sorted(values.items())
        if value is not None and each in standard.numbers and value != standard.numbers[each].value
    }
    if not tighter and not problems:
        words = (
            "Make at least one number tighter. As it stands this is the standard itself, which has a profile already."
        )
        problems.append(FieldProblem("name", words))
    if problems:
        raise Invalid(REFUSED, problems)
    made = tightened(standard, name, tighter)
    row = BuyerProfile(
        name=name,
        standard=version,
        numbers=orjson.dumps(tighter).decode(),
        digest=made.digest,
        made_at=now,
        made_by=actor,
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError as same:
        raise Conflict(TAKEN) from same
    record(
        session, "profile.add", actor, row.id, now, name=name, digest=made.digest, values=dict(made.values),
        standard=standard.digest,
    )  # fmt: skip
    return made


def refuse_pretence(session: Session, profile: Profile, platform_size: int) -> None:
    """Refuse a report by numbers that go under another's name. The first `platform_size` leaves of the platform's log
    are what it would rest on.

    Raises Invalid for a name of the standard's or of a buyer's profile with other numbers, and Conflict for a buyer's
    profile whose entry is not among those leaves yet.
    """
    if profile.digest == as_published(read(LATEST)).digest:
        return
    problems = name_problems(profile.name)
    for row_id, name, digest in session.execute(select(BuyerProfile.id, BuyerProfile.name, BuyerProfile.digest)):
        if digest == profile.digest:
            entry = select(LogLeaf.number).join(AuditEntry, AuditEntry.id == LogLeaf.entry_id).where(
                LogLeaf.log_id == PLATFORM, LogLeaf.number < platform_size, AuditEntry.act == "profile.add",
                AuditEntry.subject_id == row_id,
            )  # fmt: skip
            if session.scalar(entry) is None:
                raise Conflict("This profile is not sealed yet. A worker seals it within a minute or two.")
            return
        if name.casefold() == profile.name.casefold():
            words = f"The record has a profile called {name}, with other numbers. Give yours another name."
            problems.append(FieldProblem("profile", words))
    if problems:
        raise Invalid("No report can be made by this profile.", problems)


def name_problems(name: str) -> list[FieldProblem]:
    """What is wrong with a profile's name."""
    found = []
    if len(name) < 3 or len(name) > LONGEST_NAME or not name.isprintable():
        found.append(FieldProblem("name", f"Give it a name of 3 to {LONGEST_NAME} letters and signs, in one line."))
    if of_the_standard(name):
        found.append(FieldProblem("name", "Names that begin with LWS are the standard's own. Begin with the buyer's."))
    return found


def number_problems(standard: Standard, values: Mapping[str, int | None]) -> list[FieldProblem]:
    """What is wrong with each number: unknown, no whole number, looser than the standard, or out of bounds."""
    found = []
    for name, value in values.items():
        known = standard.numbers.get(name)
        if known is None:
            found.append(FieldProblem(name, f"The standard has no number {name}."))
        elif value is None:
            found.append(FieldProblem(name, "Write a whole number, or leave it as it is."))
        elif known.loosens(value):
            words = (
                f"{value} {known.unit} protects less than the standard's {known.value}. A profile may only be tighter."
            )
            found.append(FieldProblem(name, words))
        elif not known.least <= value <= known.most:
            found.append(FieldProblem(name, f"Choose a number from {known.least} to {known.most} ({known.unit})."))
    return found
