"""A witness of the record: on another machine, it remembers how far the record went, and refuses what is not a
continuation of it.

Its folder has `key` (its own key, made at the first look), `last` (the newest checkpoint it has seen, with its own
signature below), `seen` (every one of them, in their order) and, once something was refused, `refused`.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from labeler.audit.checkpoint import Checkpoint, Malformed, holds, read, signed
from labeler.audit.tree import consistent

NEWEST = ".well-known/labeler-checkpoint"
KEYS = ".well-known/labeler-keys.json"
MOST = 1 << 20
"""Bytes of a reply that are read; ours have some thousand."""


class Refused(Exception):
    """The record is not what it was. The message says what is wrong; the witness remembers what it saw before."""


class Unreachable(Exception):
    """Nothing was learned: the record could not be asked, or did not answer as one. Ask again later."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a look found: the size it had seen before and the one now, equal when nothing is new."""

    before: int
    now: int


class Witness:
    """Looks at the record of the installation at `url`; what it remembers lies in `folder`."""

    def __init__(self, url: str, folder: Path, timeout: float = 30.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise ValueError(f"{url} is not the address of an installation: https://labels.example")
        self._base = url if url.endswith("/") else f"{url}/"
        self._folder, self._timeout = folder, timeout
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def look(self) -> Look:
        """See how far the record is now. Raises Refused when it is no continuation of what was seen before, and
        Unreachable; in both cases what is remembered stays as it is."""
        last = self._last()
        told = self._fetch(NEWEST if last is None else f"{NEWEST}?since={last.size}")
        try:
            note, path = str(told["checkpoint"]), [bytes.fromhex(each) for each in told["proof"]]
            new = read(note)[0]
        except (KeyError, TypeError, ValueError) as error:
            raise Unreachable(f"What answers there is no record: {error}") from None
        if last is not None:
            self._compare(last, new, path, note)
        if not any(holds(note, new.origin, key) for key in self._keys(note)):
            self._refuse("Its newest checkpoint is signed by none of its keys.", note)
        if last is None or new.size > last.size:
            own = self._own_key()
            name = f"witness/{base64.b32encode(own.public_key().public_bytes_raw())[:16].decode().lower()}"
            both = signed(note, name, own)
            with (self._folder / "seen").open("a") as seen:
                seen.write(f"{json.dumps(both)}\n")
                seen.flush()
                os.fsync(seen.fileno())
            _write(self._folder / "last", both.encode())
        return Look(last.size if last else 0, new.size)

    def _compare(self, last: Checkpoint, new: Checkpoint, path: list[bytes], note: str) -> None:
        if new.origin != last.origin:
            self._refuse(f"It was {last.origin}, and says now that it is {new.origin}.", note)
        if new.size < last.size:
            self._refuse(f"It had {last.size} roots, and has {new.size} now. What is between was taken away.", note)
        if not consistent(last.size, new.size, last.root, new.root, path):
            self._refuse(f"Its first {last.size} roots are no longer what they were.", note)

    def _refuse(self, why: str, note: str) -> None:
        with (self._folder / "refused").open("a") as kept:
            kept.write(f"{json.dumps({'why': why, 'checkpoint': note})}\n")
        raise Refused(why)

    def _last(self) -> Checkpoint | None:
        try:
            return read((self._folder / "last").read_text())[0]
        except FileNotFoundError:
            return None
        except Malformed:
            raise Refused(f"{self._folder / 'last'} is not as it was written. Put it back from a backup.") from None

    def _keys(self, note: str) -> list[Ed25519PublicKey]:
        """The keys of the record. One that was seen before and is gone from the list is a reason to refuse."""
        kept = self._folder / "keys"
        before = set(json.loads(kept.read_text())) if kept.exists() else set()
        try:
            now = {str(each["public_key"]) for each in self._fetch(KEYS)["keys"] if each["purpose"] == "record"}
            loaded = [load_pem_public_key(pem.encode()) for pem in sorted(now)]
        except (KeyError, TypeError, ValueError) as error:
            raise Unreachable(f"Its keys could not be read: {error}") from None
        if before - now:
            self._refuse("A key that it signed with is no longer among its keys.", note)
        if now - before:
            _write(kept, json.dumps(sorted(now)).encode())
        return [key for key in loaded if isinstance(key, Ed25519PublicKey)]

    def _own_key(self) -> Ed25519PrivateKey:
        path = self._folder / "key"
        if not path.exists():
            _write(path, Ed25519PrivateKey.generate().private_bytes_raw())
        return Ed25519PrivateKey.from_private_bytes(path.read_bytes())

    def _fetch(self, path: str) -> Any:
        asked = urllib.request.Request(urljoin(self._base, path))  # noqa: S310 -- the scheme was looked at
        try:
            with closing(urllib.request.urlopen(asked, timeout=self._timeout)) as reply:  # noqa: S310
                return json.loads(reply.read(MOST + 1)[: MOST + 1])
        except urllib.error.HTTPError as error:
            with error:
                raise Unreachable(f"{self._base} answers {error.code} to {path}.") from None
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            raise Unreachable(f"{self._base} could not be reached: {getattr(error, 'reason', error)}") from None
        except ValueError:
            raise Unreachable(f"What {self._base} answers to {path} is not JSON.") from None


def watch(witness: Witness, pause: Callable[[], None], say: Callable[[str], None]) -> None:
    """Look again and again until something is refused, which is raised. `pause` waits between two looks."""
    while True:
        try:
            seen = witness.look()
            say(f"{seen.now} roots" + ("" if seen.now > seen.before else ", as before"))
        except Unreachable as why:
            say(str(why))
        pause()


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; readable by its owner alone."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
