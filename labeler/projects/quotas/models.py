"""How much requesters may import and publish."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from labeler.projects.quotas.rules import RequesterQuota
from labeler.quotas.models import SetLimit


class RequesterLimit(SetLimit):
    """A limit on requesters."""

    __tablename__ = "requester_limit"

    name: Mapped[RequesterQuota]
