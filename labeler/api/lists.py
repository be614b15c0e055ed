"""Lists a page at a time, newest first. A page starts after the last id of the one before: nothing is shown twice."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar
from uuid import UUID

from pydantic import Field
from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from labeler.api.bodies import Sent
from labeler.errors import FieldProblem, Invalid

Row = TypeVar("Row")


class PageQuery(Sent):
    """Which page of a list."""

    limit: Annotated[int, Field(ge=1, le=200, description="How many at most.")] = 50
    cursor: Annotated[str, Field(max_length=64, description="`next_cursor` of the page before.")] | None = None


def page(
    session: Session, wanted: Select[Row], key: InstrumentedAttribute[UUID], asked: PageQuery
) -> tuple[Sequence[Row], str | None]:
    """The rows of one page by falling `key` (a UUIDv7: the newest first), and the next one's cursor. Raises Invalid."""
    if asked.cursor is not None:
        wanted = wanted.where(key < _opened(asked.cursor))
    rows: Sequence[Any] = session.scalars(wanted.order_by(key.desc()).limit(asked.limit + 1)).all()
    if len(rows) <= asked.limit:
        return rows, None
    shown = rows[: asked.limit]
    return shown, base64.urlsafe_b64encode(getattr(shown[-1], key.key).bytes).decode().rstrip("=")


def _opened(cursor: str) -> UUID:
    try:
        return UUID(bytes=base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error) as error:
        raise Invalid(
            "This list can't be shown.", [FieldProblem("cursor", "Use the next_cursor of the page before, unchanged.")]
        ) from error
