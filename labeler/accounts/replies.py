"""Replies kept under the idempotency key of the request they answer, so that a repeat has one effect."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from labeler.accounts.models import ApiReply
from labeler.errors import Conflict, LabelerError


class KeyReused(LabelerError):
    """The idempotency key stands for another request."""

    status = 422


class UnderWay(Conflict):
    """The same request is being carried out at this moment."""


class Overtaken(Exception):
    """Another request with this key has ended between our look and our claim. Look again in a new transaction."""


def given(session: Session, api_key_id: UUID, idempotency_key: str, fingerprint: bytes) -> ApiReply | None:
    """The reply that this request got before. Raises KeyReused when the key was used for another request."""
    found = session.scalar(
        select(ApiReply).where(ApiReply.api_key_id == api_key_id, ApiReply.idempotency_key == idempotency_key)
    )
    if found is not None and found.fingerprint != fingerprint:
        raise KeyReused(
            "This Idempotency-Key was used for another request. Nothing was changed. Make a new key for a new request."
        )
    return found


def claim(session: Session, api_key_id: UUID, idempotency_key: str, fingerprint: bytes, now: datetime) -> ApiReply:
    """Take the key for the request that this transaction carries out; `keep` fills in the reply.

    Of two at once the database lets one wait for the other. Raises Overtaken when the other has ended, UnderWay when it
    has not within the time a lock is waited for.
    """
    reply = ApiReply(
        api_key_id=api_key_id, idempotency_key=idempotency_key, fingerprint=fingerprint, at=now, status=0, body={}
    )
    session.add(reply)
    try:
        session.flush()
    except IntegrityError as error:
        raise Overtaken from error
    except OperationalError as error:
        raise UnderWay("This request is being carried out already. Send it again in a few seconds.") from error
    return reply


def keep(reply: ApiReply, status: int, body: dict[str, Any]) -> None:
    """Store what the request was answered, with the change itself."""
    reply.status = status
    reply.body = body
