"""Requests to one installation: sent with a key, repeated while that may help, refused in the server's own words."""

from __future__ import annotations

import json
import random
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

API = "api/v1/"
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which the same request may go well. A write carries an idempotency key: it is repeated as safely."""
MOST = 1 << 20
"""Bytes of a refusal that are read."""
HERE = frozenset({"localhost", "127.0.0.1", "::1"})


class ClientError(Exception):
    """What went wrong, in words. `status` is the reply's, None where there was none; `problems` names fields."""

    def __init__(self, words: str, status: int | None = None, problems: tuple[str, ...] = ()) -> None:
        super().__init__("\n".join([words, *problems]))
        self.status = status
        self.problems = problems


class Refused(ClientError):
    """The key opens nothing here, or not this: revoked, without the scope, or its person may no longer."""


class NotThere(ClientError):
    """There is no such project, version, view or file."""


class Away(ClientError):
    """The server could not be reached, or gave up, as often as we tried."""


class ExportFailed(ClientError):
    """The version will not come; the reason is the server's."""


class Withdrawn(ClientError):
    """The version should not be used any more. Whoever wants it all the same says `withdrawn="take"`."""


class WaitsForApproval(ClientError):
    """The version is made, and nobody takes it before a second person has approved it."""


class NotApproved(ClientError):
    """A second person has refused the version; nobody will take it. The reason is hers."""


class OverQuota(ClientError):
    """A limit of the installation is reached. `retry_after` is in how many seconds there is room again, as far as the
    server knows."""

    retry_after: int | None = None


class Broken(ClientError):
    """What arrived is not what the server says the file is."""


class _SamePlace(urllib.request.HTTPRedirectHandler):
    """A redirect is not followed: the key would go wherever it leads."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Wire:
    """One installation, and the key that opens it.

    `url` is the address of its first page. A key in clear text can be read by whoever is between, so `http://` is only
    taken for this machine, unless `in_the_clear` says that the network is trusted. `tries` is how often a request is
    sent before it is given up; between them is a pause of `pause` seconds, doubled each time. `timeout` is how many
    seconds a silent server is waited for.
    """

    url: str
    key: str = field(repr=False)
    timeout: float = 60.0
    tries: int = 5
    pause: float = 0.5
    in_the_clear: bool = False

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise ValueError(f"{self.url} is not the address of a server: https://labels.example")
        if parts.scheme == "http" and parts.hostname not in HERE and not self.in_the_clear:
            raise ValueError("The key would be sent unencrypted. Use https://, or say in_the_clear=True.")
        if not self.key.isascii() or not self.key.isprintable() or not self.key:
            raise ValueError("This is no API key. Make one under Me, API keys.")

    def ask(self, path: str, send: Mapping[str, Any] | None = None) -> Any:
        """The JSON that an address of the API gives; with `send`, what a write of it gives."""
        headers = {} if send is None else {"Content-Type": "application/json", "Idempotency-Key": str(uuid4())}
        body = None if send is None else json.dumps(send).encode()
        with closing(self.open(urljoin(API, path), headers, body)) as reply:
            return json.load(reply)

    def open(self, path: str, headers: Mapping[str, str] | None = None, body: bytes | None = None) -> Any:
        """The reply to one request, to be read and closed; sent again while that may help. Raises ClientError."""
        base = self.url if self.url.endswith("/") else f"{self.url}/"
        address = urljoin(base, path)
        if urlsplit(address)[:2] != urlsplit(base)[:2]:
            raise ClientError(f"The server named an address elsewhere: {address}. The key is not sent there.")
        asked = urllib.request.Request(  # noqa: S310 -- the scheme was looked at when the client was made
            address, data=body, headers={**(headers or {}), "Authorization": f"Bearer {self.key}"}
        )
        pause = self.pause
        for left in reversed(range(self.tries)):
            try:
                return urllib.request.build_opener(_SamePlace).open(asked, timeout=self.timeout)
            except urllib.error.HTTPError as reply:
                with reply:
                    wrong = _refusal(reply)
                    wanted = reply.headers.get("Retry-After", "")
                if isinstance(wrong, OverQuota):
                    wrong.retry_after = int(wanted) if wanted.isdigit() else None
                    raise wrong from None  # room comes in hours: whoever called decides whether to wait
                again = reply.code in AGAIN or (reply.code == HTTPStatus.CONFLICT and wanted)
                if not again or not left:
                    raise wrong from None
                wait = float(wanted) if wanted.isdigit() else pause
            except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
                if not left:
                    why = getattr(error, "reason", error)
                    raise Away(f"{self.url} could not be reached, {self.tries} times: {why}") from None
                wait = pause
            time.sleep(wait * random.uniform(1.0, 1.5))  # noqa: S311 -- only spreads the tries
            pause *= 2
        raise AssertionError("unreachable")


TYPE = "urn:labeler:problem:"
KINDS: dict[str, type[ClientError]] = {
    "withdrawn": Withdrawn,
    "waits-for-approval": WaitsForApproval,
    "refused": NotApproved,
    "over-quota": OverQuota,
}
"""What the words mean that a refusal carries for programs."""


def _refusal(reply: urllib.error.HTTPError) -> ClientError:
    try:
        told = json.loads(reply.read(MOST))
        words = str(told.get("detail") or told.get("title"))
        problems = tuple(f"{each['field']}: {each['message']}" for each in told.get("problems", ()))
        kind = str(told.get("type", "")).removeprefix(TYPE)
    except (ValueError, KeyError, TypeError, AttributeError, OSError):
        words, problems, kind = f"The server answered {reply.code} {reply.reason}.", (), ""
    if kind in KINDS:
        return KINDS[kind](words, reply.code, problems)
    if reply.code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return Refused(words, reply.code, problems)
    if reply.code == HTTPStatus.NOT_FOUND:
        return NotThere(words, reply.code, problems)
    return (Away if reply.code in AGAIN else ClientError)(words, reply.code, problems)
