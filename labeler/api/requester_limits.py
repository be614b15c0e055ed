"""The limits on requesters, and what the caller uses of them."""

from __future__ import annotations

from datetime import datetime

from flask import Response
from pydantic import BaseModel, Field

from labeler import clock
from labeler.accounts.permissions import Scope
from labeler.api.door import bp
from labeler.api.openapi import documented
from labeler.api.projects import TAG
from labeler.api.scopes import caller, requires_scope
from labeler.api.writes import answer
from labeler.db import reading
from labeler.projects.quotas import service
from labeler.projects.quotas.rules import RequesterQuota


class RequesterLimitFacts(BaseModel):
    """One limit, and what is used of it."""

    name: RequesterQuota
    words: str
    unit: str
    limit: int | None = Field(description="Null: there is none.")
    usual: int | None
    used: int | None = Field(description="By you; null for those that each project has.")


class RequesterLimits(BaseModel):
    """Every limit in force. One that is reached refuses with 429 and the word `over-quota`."""

    as_of: datetime
    limits: list[RequesterLimitFacts]


@bp.get("/requester-limits")
@documented(TAG, RequesterLimits)
@requires_scope(Scope.PROJECTS_READ)
def get_requester_limits() -> Response:
    """How much may be imported and published in a day or a week (UTC), and what you use of it."""
    now = clock.now()
    with reading() as session:
        standing = service.standing(session, caller().user_id, now)
    told = [RequesterLimitFacts.model_validate(each, from_attributes=True) for each in standing]
    return answer(RequesterLimits(as_of=now, limits=told))
