"""Writes that may be sent again: one effect for one `Idempotency-Key`, however often and however much at once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import orjson
from flask import Response, request
from pydantic import BaseModel
from sqlalchemy.orm import Session

from labeler import clock
from labeler.accounts.replies import Overtaken, UnderWay, claim, given, keep
from labeler.api.problems import KeyMissing
from labeler.api.scopes import caller
from labeler.db import repeated, transaction

HEADER = "Idempotency-Key"
REPEAT = "Idempotent-Replay"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a write answers: the thing as it is now, and for a new thing its address."""

    body: BaseModel
    status: int = 200
    location: str | None = None


def answer(shown: BaseModel, status: int = 200) -> Response:
    """Facts as JSON."""
    return Response(shown.model_dump_json(), status, content_type="application/json")


def idempotency_key() -> str:
    """The key this write goes by. Raises KeyMissing: a script that loses a reply must be able to ask again."""
    sent = request.headers.get(HEADER, "")
    if not _KEY.fullmatch(sent):
        raise KeyMissing(
            f"Send a header {HEADER} with every write: 1 to 255 visible ASCII characters, such as a fresh UUID. "
            "When the reply is lost, send the same request with the same key: it has one effect."
        )
    return sent


def fingerprint(content: bytes) -> bytes:
    """What makes two writes the same: method, address, query and content."""
    address = f"{request.method} {request.path}?{request.query_string.decode('ascii', 'replace')}"
    return hashlib.sha256(hashlib.sha256(address.encode()).digest() + hashlib.sha256(content).digest()).digest()


def meaning(sent: BaseModel) -> bytes:
    """A read body as bytes: the same for the same content, whatever its spaces and the order of its fields."""
    return orjson.dumps(sent.model_dump(mode="json", exclude_unset=True), option=orjson.OPT_SORT_KEYS)


def once(content: bytes, work: Callable[[Session, datetime], Reply]) -> Response:
    """Do `work` in a transaction that also keeps its reply; a repeat gets that reply again and changes nothing.

    What is refused leaves nothing behind, so a corrected request may use the key again.
    Raises KeyMissing, KeyReused, UnderWay, and whatever `work` raises.
    """
    key, mark, who = idempotency_key(), fingerprint(content), caller()

    def carry_out(session: Session) -> Response:
        now = clock.now()
        before = given(session, who.key_id, key, mark)
        if before is not None:
            return _stored(before.status, before.body, again=True)
        slot = claim(session, who.key_id, key, mark, now)
        reply = work(session, now)
        kept = {"body": reply.body.model_dump_json(), "location": reply.location}
        keep(slot, reply.status, kept)
        return _stored(reply.status, kept, again=False)

    try:
        return repeated(carry_out)
    except Overtaken:
        with transaction() as session:
            before = given(session, who.key_id, key, mark)
            if before is None:
                raise UnderWay("This request was being carried out already. Send it again in a few seconds.") from None
            return _stored(before.status, before.body, again=True)


def _stored(status: int, kept: dict[str, str | None], *, again: bool) -> Response:
    reply = Response(kept["body"] or "", status, content_type="application/json")
    if kept["location"]:
        reply.headers["Location"] = kept["location"]
    if again:
        reply.headers[REPEAT] = "true"
    return reply


def was_repeat(reply: Response) -> bool:
    """Whether a reply of `once` is one that was given before: this request changed nothing."""
    return REPEAT in reply.headers
