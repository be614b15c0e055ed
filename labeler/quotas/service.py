"""Reading and setting the limits of one family, whatever they count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.accounts.models import User
from labeler.audit.service import record
from labeler.errors import FieldProblem, Invalid
from labeler.quotas import rules
from labeler.quotas.models import SetLimit
from labeler.quotas.rules import Limited, Q


@dataclass(frozen=True, slots=True)
class Standing(Generic[Q]):
    """One limit with what is used of it; `used` is None where that is a project's."""

    name: Q
    words: str
    unit: str
    limit: int | None
    usual: int | None
    used: int | None


@dataclass(frozen=True, slots=True)
class Family(Generic[Q]):
    """Limits that are kept in one table (`model`, with a column `name`) and shown together, in the order of `known`."""

    model: type[SetLimit]
    known: Mapping[Q, Limited]

    def limits(self, session: Session) -> dict[Q, int | None]:
        """The limits in force."""
        table: Any = self.model
        rows = session.execute(select(table.name, table.value).order_by(table.set_at, table.id))
        return rules.in_force(self.known, [(name, value) for name, value in rows])

    def set_limits(self, session: Session, actor: UUID, typed: Mapping[str, str], now: datetime) -> list[Q]:
        """Set the limits that are named in `typed`, as somebody typed them, from now on; those that changed.

        Raises Invalid with every problem.
        """
        names = {quota.value: quota for quota in self.known}
        problems, values = [], {}
        for name, text in typed.items():
            if name not in names:
                problems.append(FieldProblem(name, "There is no such limit."))
                continue
            try:
                values[names[name]] = rules.read_value(self.known[names[name]], text)
            except ValueError as wrong:
                problems.append(FieldProblem(name, str(wrong)))
        if problems:
            raise Invalid("The limits are as they were.", problems)
        before, table = self.limits(session), self.model
        changed = [quota for quota, value in values.items() if value != before[quota]]
        for quota in changed:
            made: dict[str, Any] = {"name": quota, "value": values[quota], "set_at": now, "set_by": actor}
            row = table(**made)
            session.add(row)
            session.flush()
            record(session, "limit.set", actor, row.id, now, name=quota, value=values[quota])
        return changed

    def standing(self, session: Session, used: Mapping[Q, int]) -> list[Standing[Q]]:
        """Every limit in force, and what is used of it."""
        allowed = self.limits(session)
        return [
            Standing(quota, limited.words, limited.unit, allowed[quota], limited.usual, used.get(quota))
            for quota, limited in self.known.items()
        ]


def hold(session: Session, actor: UUID) -> None:
    """Let nobody else count for this person until the transaction ends."""
    session.scalar(select(User.id).where(User.id == actor).with_for_update(key_share=True))
