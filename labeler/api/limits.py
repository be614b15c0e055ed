"""The limits on dataset versions and on requesters, and what the caller uses of them."""

from __future__ import annotations

from datetime import datetime

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from labeler import clock
from labeler.accounts.permissions import Scope
from labeler.api import exports, projects
from labeler.api.door import bp
from labeler.api.openapi import documented
from labeler.api.scopes import caller, requires_scope
from labeler.api.writes import answer
from labeler.db import reading
from labeler.exports.quotas import service
from labeler.exports.quotas.rules import Quota
from labeler.projects.quotas import service as requesters
from labeler.projects.quotas.rules import RequesterQuota


class LimitFacts(BaseModel):
    """One limit."""

    model_config = ConfigDict(from_attributes=True)

    words: str
    unit: str
    limit: int | None = Field(description="Null: there is none.")
    usual: int | None


class ExportLimitFacts(LimitFacts):
    """One limit on dataset versions, and what is used of it."""

    name: Quota
    used: int | None = Field(description="By you today, or held now; null for `writing`, which each project has.")


class RequesterLimitFacts(LimitFacts):
    """One limit on requesters, and what is used of it."""

    name: RequesterQuota
    used: int | None = Field(description="By you; null for those that each project has.")


class ExportLimits(BaseModel):
    """Every limit in force. One that is reached refuses with 429 and the word `over-quota`."""

    as_of: datetime
    limits: list[ExportLimitFacts]


class RequesterLimits(BaseModel):
    """Every limit in force. One that is reached refuses with 429 and the word `over-quota`."""

    as_of: datetime
    limits: list[RequesterLimitFacts]


@bp.get("/exports/limits")
@documented(exports.TAG, ExportLimits)
@requires_scope(Scope.EXPORTS_READ)
def get_export_limits() -> Response:
    """How much may be made, taken and kept of dataset versions, and what you use of it today (UTC)."""
    now = clock.now()
    with reading() as session:
        standing = service.standing(session, caller().user_id, now)
    return answer(ExportLimits(as_of=now, limits=[ExportLimitFacts.model_validate(each) for each in standing]))


@bp.get("/requester-limits")
@documented(projects.TAG, RequesterLimits)
@requires_scope(Scope.PROJECTS_READ)
def get_requester_limits() -> Response:
    """How much may be imported and published in a day or a week (UTC), and what you use of it."""
    now = clock.now()
    with reading() as session:
        standing = requesters.standing(session, caller().user_id, now)
    return answer(RequesterLimits(as_of=now, limits=[RequesterLimitFacts.model_validate(each) for each in standing]))
