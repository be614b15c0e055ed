"""The numbers in force, from the rows of `policy`, and the one way to change a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from labeler.accounts.models import User
from labeler.accounts.permissions import Permission, Role, may
from labeler.audit.service import record
from labeler.db import table
from labeler.errors import Conflict, FieldProblem, Forbidden, Invalid, Missing
from labeler.projects.models import Project
from labeler.wellbeing.limits import STANDARD, Change, InForce, Limits, in_force, problems
from labeler.wellbeing.models import Policy, WorkClock
from labeler.wellbeing.signatures import UNSIGNED, Signature, signature_problems
from labeler.workforce.joining import same_person

TAKEN = "Somebody set this number from the very same moment. Look at it, then choose another moment."


_CHANGES = select(Policy).order_by(Policy.from_at, Policy.id)


def changes(session: Session) -> list[Change]:
    """Every change of a number there ever was or will be, the oldest first."""
    return [change_of(row) for row in session.scalars(_CHANGES)]


def change_of(row: Policy) -> Change:
    """A row of `policy` as the rules know it."""
    return Change(row.name, row.value, row.from_at, row.project_id, row.until_at, row.signed_by is not None)


def limits_now(session: Session, now: datetime) -> InForce:
    """The numbers in force at `now`."""
    return in_force(changes(session), now)


@dataclass(frozen=True, slots=True)
class Asked:
    """A change of a number before it is written, and what it would do."""

    change: Change
    signature: Signature
    """What it has of a signature, tidied."""
    before: Limits
    """The numbers in force from that moment on for whom it is about, without it."""
    loosens: bool
    """Whether it protects less than the standard or, for a project, than what is in force for everybody."""

    @property
    def after(self) -> Limits:
        """The numbers with it."""
        return Limits(**{**_as_dict(self.before), self.change.name: self.change.value})


def _as_dict(limits: Limits) -> dict[str, int]:
    return {name: getattr(limits, name) for name in STANDARD}


def asked(
    session: Session,
    name: str,
    value: int | None,
    from_at: datetime | None,
    now: datetime,
    *,
    project_id: UUID | None = None,
    signature: Signature = UNSIGNED,
) -> Asked:
    """Look at a change without making it. Raises Invalid with everything that is wrong, by field; Missing."""
    if project_id is not None and session.get(Project, project_id) is None:
        raise Missing("There is no such project.")
    signature = signature.tidied()
    found = _form_problems(name, value, from_at, now)
    if name not in STANDARD or value is None or from_at is None:
        raise Invalid("This number can't be set yet.", found)
    known = changes(session)
    number, there = STANDARD[name], in_force(known, from_at)
    than = number.value if project_id is None else getattr(there.platform, name)
    loosens = number.loosens(value, than)
    found += signature_problems(loosens, from_at, signature)
    change = Change(name, value, from_at, project_id, signature.until_at, signature.signed_by is not None)
    found += [FieldProblem("value", words) for words in _clashes(known, change)]
    if found:
        raise Invalid("This number can't be set yet.", found)
    before = there.platform if project_id is None else there.of(project_id)
    return Asked(change, signature, before, loosens)


def _form_problems(name: str, value: int | None, from_at: datetime | None, now: datetime) -> list[FieldProblem]:
    found = []
    if name not in STANDARD:
        found.append(FieldProblem("name", "Choose one of the numbers."))
    if value is None:
        found.append(FieldProblem("value", "Write a whole number."))
    if from_at is None:
        found.append(FieldProblem("from_at", "Say from when, like 2026-03-01 09:00."))
    elif from_at < now:
        found.append(FieldProblem("from_at", "This moment is over. A number can only change from now on."))
    return found


def _clashes(known: Sequence[Change], change: Change) -> list[str]:
    """What does not go together with the change: at its beginning, and at each later moment at which a number turns."""
    found: list[str] = []
    rows = [*known, change]
    turns = {moment for row in rows for moment in (row.from_at, row.until_at) if moment is not None}
    for moment in sorted(turn for turn in turns if turn >= change.from_at):
        there = in_force(rows, moment)
        numbers = there.platform if change.project_id is None else there.of(change.project_id)
        value = change.value if moment == change.from_at else getattr(numbers, change.name)
        found += [words for words in problems(change.name, value, numbers) if words not in found]
    return found


def set_number(
    session: Session,
    actor: UUID,
    name: str,
    value: int | None,
    from_at: datetime | None,
    now: datetime,
    *,
    project_id: UUID | None = None,
    signature: Signature = UNSIGNED,
    second: UUID | None = None,
) -> UUID:
    """Set a number from `from_at` on, for everybody or for one project; rows are never changed, a newer one replaces.

    A value looser than the standard (for a project: than what is in force for everybody) needs who signed, the digest
    of what was signed, a reason of at least 20 characters, an end within 90 days and a `second` person who belongs to
    no vendor (`deviations` asks her); any other value must have none of them. Whatever was worked out from older
    numbers is forgotten with it. Raises Invalid with every problem by field, Missing, Conflict, Forbidden.
    """
    looked = asked(session, name, value, from_at, now, project_id=project_id, signature=signature)
    change, signed = looked.change, looked.signature
    if looked.loosens:
        _is_second(session, actor, second)
    row = Policy(
        name=change.name,
        value=change.value,
        from_at=change.from_at,
        made_at=now,
        made_by=actor,
        project_id=project_id,
        signed_by=signed.signed_by,
        reason=signed.reason,
        until_at=signed.until_at,
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError as same:
        raise Conflict(TAKEN) from same
    # All rows, empty ones too: whoever is at work at this moment reads the numbers after this or before her clock.
    session.execute(update(table(WorkClock)).values(free_until=None))
    record(
        session, "policy.set", actor, row.id, now, name=name, value=value, from_at=from_at, project=project_id,
        until_at=row.until_at, signed=row.signed_by is not None,
    )  # fmt: skip
    if looked.loosens:
        record(
            session, "policy.sign", second, row.id, now,
            signer=signed.signer, document=signed.document, reason=signed.reason,
        )  # fmt: skip
    return row.id


def _is_second(session: Session, actor: UUID, second: UUID | None) -> None:
    # The roles that may confirm are of no vendor: its people have roles of their own, and everybody has one.
    who = None if second is None else session.get(User, second)
    fit = who is not None and who.disabled_at is None and may(who.role, Permission.POLICIES_CONFIRM)
    if second is None or not fit or same_person(session, actor, second):
        raise Forbidden("A looser number needs a second person who is of no vendor: she confirms it by herself.")


def tighten(
    session: Session,
    actor: UUID,
    name: str,
    value: int | None,
    from_at: datetime | None,
    now: datetime,
    *,
    project_id: UUID,
) -> UUID:
    """What the researcher of a project may: a number of her own project that protects as much as the others', or more.

    Raises Forbidden for somebody else's project, and Invalid for a value below one that somebody else has set for it.
    """
    may_tighten(session, actor, project_id)
    _keeps(session, actor, name, value, from_at, project_id)
    return set_number(session, actor, name, value, from_at, now, project_id=project_id)


def may_tighten(session: Session, actor: UUID, project_id: UUID) -> None:
    """Raises Missing, or Forbidden when the project is another researcher's."""
    project = session.get(Project, project_id)
    if project is None:
        raise Missing("There is no such project.")
    if project.created_by != actor:
        raise Forbidden("Only the researcher who made this project, or an administrator, can set its limits.")


def _keeps(
    session: Session, actor: UUID, name: str, value: int | None, from_at: datetime | None, project_id: UUID
) -> None:
    """Refuse to go behind a number that somebody else has set for the project."""
    if name not in STANDARD or value is None or from_at is None:
        return
    row = session.scalars(
        select(Policy)
        .where(Policy.project_id == project_id, Policy.name == name, Policy.from_at <= from_at)
        .order_by(Policy.from_at.desc(), Policy.id.desc())
        .limit(1)
    ).one_or_none()
    if row is not None and row.made_by != actor and STANDARD[name].loosens(value, row.value):
        words = f"An administrator has set {row.value} for this project. You can go further, not back."
        raise Invalid("This number can't be set yet.", [FieldProblem("value", words)])


@dataclass(frozen=True, slots=True)
class Told:
    """A change as everybody may read it: who made it by her role, never by her name. `project` is its name."""

    change: Change
    made_at: datetime
    role: Role
    signed_by: str | None
    reason: str | None
    project: str | None

    def public(self) -> Told:
        """The same without the project's name: which projects there are is not everybody's to know."""
        return replace(self, project="one project" if self.project is not None else None)


def history(session: Session) -> list[Told]:
    """Every change ever made, the newest first."""
    rows = session.execute(
        select(Policy, User.role, Project.name)
        .join(User, User.id == Policy.made_by)
        .outerjoin(Project, Project.id == Policy.project_id)
        .order_by(Policy.made_at.desc(), Policy.id.desc())
    )
    return [Told(change_of(row), row.made_at, role, row.signed_by, row.reason, name) for row, role, name in rows]
