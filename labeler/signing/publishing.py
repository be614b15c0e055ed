"""Public keys as strangers get them: by `/.well-known/labeler-keys.json`, and in the bundle of a report."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from labeler.signing.keys import PublicKey


def published(known: Iterable[Iterable[PublicKey]]) -> dict[str, Any]:
    """Keys, those of one purpose together: fingerprint, algorithm, PEM, from when until when each signed, and since
    when it should not be believed."""
    return {"format": "labeler-keys/1", "keys": [_told(key) for keys in known for key in keys]}


def _told(key: PublicKey) -> dict[str, str | None]:
    return {
        "purpose": key.purpose,
        "key_id": key.key_id,
        "algorithm": "Ed25519",
        "public_key": key.pem,
        "from": _in_utc(key.since),
        "until": _in_utc(key.until) if key.until else None,
        "distrusted": _in_utc(key.distrusted) if key.distrusted else None,
    }


def _in_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
