"""The numbers that protect labelers, for whoever wants to check them: public facts, no key needed."""

from __future__ import annotations

from datetime import datetime

from flask import Response
from pydantic import BaseModel, Field

from labeler import clock
from labeler.api.door import bp
from labeler.api.writes import answer
from labeler.db import reading
from labeler.gate import public
from labeler.wellbeing.limits import STANDARD
from labeler.wellbeing.policies import history, limits_now


class PolicyNumber(BaseModel):
    """One number in force for everybody."""

    name: str
    rule: str
    value: int
    standard: int
    unit: str
    says: str


class PolicyChange(BaseModel):
    """One change of a number, as it was made."""

    name: str
    value: int
    from_at: datetime
    until_at: datetime | None = Field(description="When a looser number ends; null for any other.")
    made_at: datetime
    role: str = Field(description="What the person who made it is here. Names are not told.")
    one_project: bool = Field(description="Whether it is about one project only.")
    signed_by: str | None
    reason: str | None


class Policies(BaseModel):
    """Every number in force, and every change there ever was."""

    numbers: list[PolicyNumber]
    changes: list[PolicyChange]


@bp.get("/policies")
@public
def list_policies() -> Response:
    """The rules that protect labelers: what is in force, and every change. It names nobody, so anybody may read it."""
    with reading() as session:
        limits, told = limits_now(session, clock.now()).platform, history(session)
    numbers = [
        PolicyNumber(
            name=name, rule=number.rule, value=getattr(limits, name), standard=number.value, unit=number.unit.value,
            says=number.words,
        )
        for name, number in STANDARD.items()
    ]  # fmt: skip
    changes = [
        PolicyChange(
            name=each.change.name, value=each.change.value, from_at=each.change.from_at, until_at=each.change.until_at,
            made_at=each.made_at, role=each.role.value, one_project=each.project is not None, signed_by=each.signed_by,
            reason=each.reason,
        )
        for each in told
    ]  # fmt: skip
    return answer(Policies(numbers=numbers, changes=changes))
