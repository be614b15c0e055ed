"""What is sent to a webhook, and how it is signed: Standard Webhooks (standardwebhooks.com). Pure.

A secret is not stored: it is worked out of a secret of the data folder, the webhook's id and a number. So it is in no
copy of the database, and a new one is a new number.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

EVENTS = ("export.done", "export.failed", "export.withdrawn", "export.approved")
"""What a project's address is told of."""
TEST = "webhook.test"
"""What a person sends to see whether the address answers."""
STOP_AFTER = 10
"""Failed attempts in a row after which nothing is sent any more."""
OVERLAP = timedelta(hours=24)
"""For how long the secret before the newest signs as well: time for the receiver to take the new one."""
KEPT = timedelta(days=90)
"""How long messages and attempts are kept."""
PREFIX = "whsec_"

_PURPOSE = b"labeler webhook secret, version 1"


def secret(root: bytes, webhook_id: UUID, number: int) -> bytes:
    """Secret `number` of a webhook, 32 bytes; `root` is the data folder's."""
    return hmac.digest(root, _PURPOSE + webhook_id.bytes + number.to_bytes(8), hashlib.sha256)


def shown(key: bytes) -> str:
    """A secret as its receiver is given it."""
    return PREFIX + b64encode(key).decode("ascii")


def numbers_now(number: int, old_until: datetime | None, now: datetime) -> tuple[int, ...]:
    """The numbers of the secrets that sign at a moment, the newest first."""
    return (number, number - 1) if old_until is not None and now < old_until and number > 1 else (number,)


def body(event: str, made_at: datetime, facts: Mapping[str, Any]) -> bytes:
    """What is sent: the same bytes at every attempt."""
    return orjson.dumps({"type": event, "timestamp": made_at, "data": dict(facts)}, option=orjson.OPT_UTC_Z)


def headers(message_id: UUID, sent: bytes, keys: Sequence[bytes], now: datetime) -> dict[str, str]:
    """The headers that sign `sent` at this attempt, once by each key."""
    name, moment = f"msg_{message_id.hex}", str(int(now.timestamp()))
    signed = f"{name}.{moment}.".encode() + sent
    signatures = [f"v1,{b64encode(hmac.digest(key, signed, hashlib.sha256)).decode('ascii')}" for key in keys]
    return {
        "Content-Type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": moment,
        "webhook-signature": " ".join(signatures),
    }
