"""The limits on dataset versions, and what the caller uses of them."""

from __future__ import annotations

from datetime import datetime

from flask import Response
from pydantic import BaseModel, Field

from labeler import clock
from labeler.accounts.permissions import Scope
from labeler.api.door import bp
from labeler.api.exports import TAG
from labeler.api.openapi import documented
from labeler.api.scopes import caller, requires_scope
from labeler.api.writes import answer
from labeler.db import reading
from labeler.exports.quotas import service
from labeler.exports.quotas.rules import Quota


class ExportLimitFacts(BaseModel):
    """One limit, and what is used of it."""

    name: Quota
    words: str
    unit: str
    limit: int | None = Field(description="Null: there is none.")
    usual: int | None
    used: int | None = Field(description="By you today, or held now; null for `writing`, which each project has.")


class ExportLimits(BaseModel):
    """Every limit in force. One that is reached refuses with 429 and the word `over-quota`."""

    as_of: datetime
    limits: list[ExportLimitFacts]


@bp.get("/exports/limits")
@documented(TAG, ExportLimits)
@requires_scope(Scope.EXPORTS_READ)
def get_export_limits() -> Response:
    """How much may be made, taken and kept of dataset versions, and what you use of it today (UTC)."""
    now = clock.now()
    with reading() as session:
        standing = service.standing(session, caller().user_id, now)
    told = [
        ExportLimitFacts(
            name=each.name, words=each.words, unit=each.unit, limit=each.limit, usual=each.usual, used=each.used
        )
        for each in standing
    ]
    return answer(ExportLimits(as_of=now, limits=told))
