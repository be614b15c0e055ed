"""What an installation publishes of its record, asked for over HTTP by whoever does not trust it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from contextlib import closing
from http.client import HTTPException
from typing import Any
from urllib.parse import urljoin

NEWEST = ".well-known/labeler-checkpoint"
RECOVERIES = ".well-known/labeler-recoveries.json"
KEYS = ".well-known/labeler-keys.json"
MOST = 1 << 20
"""Bytes of a reply that are read; ours have some thousand."""


class Unreachable(Exception):
    """Nothing was learned: the record could not be asked, or did not answer as one. Ask again later."""


def fetch(base: str, path: str, timeout: float) -> Any:
    """JSON that lies at `path` below `base`, whose scheme is http or https.

    Whatever is answered, however broken, raises nothing but Unreachable: a witness that a reply ends looks no more.
    """
    asked = urllib.request.Request(urljoin(base, path))  # noqa: S310 -- the scheme was looked at
    try:
        with closing(urllib.request.urlopen(asked, timeout=timeout)) as reply:  # noqa: S310
            return json.loads(reply.read(MOST + 1)[: MOST + 1])
    except urllib.error.HTTPError as error:
        with error:
            raise Unreachable(f"{base} answers {error.code} to {path}.") from None
    except (OSError, HTTPException) as error:
        raise Unreachable(f"{base} could not be reached: {getattr(error, 'reason', error)}") from None
    except (ValueError, RecursionError):
        raise Unreachable(f"What {base} answers to {path} is not JSON.") from None
