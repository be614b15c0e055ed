"""A witness of the record: on another machine, it remembers how far the record went, and refuses what is not a
continuation of it.

Its folder has `key` (its own key, made at the first look), `last` (the newest checkpoint it has seen, with its own
signature below), `seen` (every one of them, in their order), once something was refused, `refused` and, once an auditor
has accepted that the record came back from a backup, `accepted`.
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
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from labeler.audit.checking import Key
from labeler.audit.checkpoint import Checkpoint, Malformed, holds, read, signed
from labeler.audit.receipts import wrong
from labeler.audit.tree import consistent

NEWEST = ".well-known/labeler-checkpoint"
RECOVERIES = ".well-known/labeler-recoveries.json"
RECOVERY = "record.recovery"
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
            self._remember(note)
        return Look(last.size if last else 0, new.size)

    def accept_recovery(self) -> Look:
        """Go on with a record that came back from an older backup and says so itself: an auditor's decision, which is
        written to `accepted` with the checkpoint that is given up for it.

        What was seen up to the backup must be there as it was. Raises Refused when it is not, when the record names no
        recovery, or when there is nothing to accept; Unreachable.
        """
        last = self._last()
        if last is None:
            raise Refused("Nothing was seen of this record yet: there is nothing to accept.")
        new, path, note = self._ask(last)
        if new.size >= last.size and consistent(last.size, new.size, last.root, new.root, path):
            raise Refused("The record goes on as it was: there is nothing to accept.")
        named = self._recoveries()
        if not named:
            raise Refused("The record names no recovery. What is between was taken away, and nobody says so.")
        until = min(int(each["found_size"]) for each in named)
        kept = [said for note in self._seen() if (said := read(note)[0]).size <= until]
        base = max(kept, key=lambda said: said.size, default=None)
        if base is not None:
            new, path, note = self._ask(base)
        if new.origin != last.origin:
            self._refuse(f"It was {last.origin}, and says now that it is {new.origin}.", note)
        if base is not None and (
            new.size < base.size or not consistent(base.size, new.size, base.root, new.root, path)
        ):
            self._refuse(f"Its first {base.size} roots are not what they were: no backup of it is like that.", note)
        told = {"given up": (self._folder / "last").read_text(), "recoveries": named, "checkpoint": note}
        self._add("accepted", told)
        self._remember(note)
        return Look(last.size, new.size)

    def _ask(self, since: Checkpoint) -> tuple[Checkpoint, list[bytes], str]:
        """The newest checkpoint, signed by one of the record's keys, and the proof that it continues an older one."""
        told = self._fetch(f"{NEWEST}?since={since.size}")
        try:
            note, path = str(told["checkpoint"]), [bytes.fromhex(each) for each in told["proof"]]
            new = read(note)[0]
        except (KeyError, TypeError, ValueError) as error:
            raise Unreachable(f"What answers there is no record: {error}") from None
        if not any(holds(note, new.origin, key) for key in self._keys(note)):
            self._refuse("Its newest checkpoint is signed by none of its keys.", note)
        return new, path, note

    def _recoveries(self) -> list[dict[str, Any]]:
        """What the record says of recoveries: the fields of entries whose receipts hold."""
        last, always = self._last(), datetime(1970, 1, 1, tzinfo=UTC)
        try:
            told = list(self._fetch(RECOVERIES)["recoveries"])
        except (KeyError, TypeError) as error:
            raise Unreachable(f"What answers there is no record: {error}") from None
        keys = [Key(key, always) for key in self._keys("")]
        sound = [each for each in told if last is not None and wrong(each, last.origin, keys) is None]
        entries = [json.loads(each["entry"]) for each in sound]
        return [json.loads(each["fields"]) for each in entries if each["act"] == RECOVERY]

    def _named(self) -> str:
        """What the record itself says of what was taken away."""
        try:
            named = self._recoveries()
        except Unreachable:
            named = []
        return "".join(
            f" It says itself that its database came back from a backup: with {each['found_size']} roots, where"
            f" {each['remembered_size']} had been signed."
            for each in named[-1:]
        )

    def _remember(self, note: str) -> None:
        own = self._own_key()
        name = f"witness/{base64.b32encode(own.public_key().public_bytes_raw())[:16].decode().lower()}"
        both = signed(note, name, own)
        self._add("seen", both)
        _write(self._folder / "last", both.encode())

    def _add(self, name: str, what: Any) -> None:
        """Add a line to a file that only grows."""
        with (self._folder / name).open("a") as file:
            file.write(f"{json.dumps(what)}\n")
            file.flush()
            os.fsync(file.fileno())

    def _seen(self) -> list[str]:
        try:
            return [str(json.loads(line)) for line in (self._folder / "seen").read_text().splitlines()]
        except FileNotFoundError:
            return []

    def _compare(self, last: Checkpoint, new: Checkpoint, path: list[bytes], note: str) -> None:
        if new.origin != last.origin:
            self._refuse(f"It was {last.origin}, and says now that it is {new.origin}.", note)
        if new.size < last.size:
            self._refuse(
                f"It had {last.size} roots, and has {new.size} now. What is between was taken away." + self._named(),
                note,
            )
        if not consistent(last.size, new.size, last.root, new.root, path):
            self._refuse(f"Its first {last.size} roots are no longer what they were." + self._named(), note)

    def _refuse(self, why: str, note: str) -> None:
        self._add("refused", {"why": why, "checkpoint": note})
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
