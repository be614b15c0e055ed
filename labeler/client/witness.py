"""A witness of the record: on another machine, it remembers how far the record went, and refuses what is not a
continuation of it.

Its folder has `key` (its own key, made at the first look), `last` (the newest checkpoint it has seen, with its own
signature below), `seen` (every one of them, in their order), once something was refused, `refused` and, once an auditor
has accepted that the record came back from a backup, `accepted`.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from labeler import clock
from labeler.audit.checking import Key
from labeler.audit.checkpoint import Checkpoint, Malformed, holds, read, signed
from labeler.audit.receipts import wrong
from labeler.audit.tree import consistent
from labeler.client.published import KEYS, NEWEST, RECOVERIES, Unreachable, fetch

RECOVERY = "record.recovery"
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)


class Refused(Exception):
    """The record is not what it was. The message says what is wrong; the witness remembers what it saw before."""


QUIET = timedelta(days=2)
"""How long a record may stand still: an installation that runs looks at itself each day, and writes what it found."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a look found: the size it had seen before and the one now, equal when nothing is new; and when, by this
    machine's clock, something new was seen last."""

    before: int
    now: int
    grew_at: datetime | None = field(default=None, compare=False)

    def stands_still(self, now: datetime) -> str:
        """In words, when nothing was new for so long that what is shown may not be all there is; "" otherwise."""
        if self.grew_at is None or now - self.grew_at <= QUIET:
            return ""
        return (
            f"Nothing new since {self.grew_at:%Y-%m-%d %H:%M} UTC, though it writes something each day. Does a worker"
            " run there, or is an old checkpoint shown?"
        )


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
        with self._alone():
            last = self._last()
            new, path, note = self._newest(last)
            if last is not None:
                self._compare(last, new, path, note)
            self._check(new, note)
            if last is None or new.size > last.size:
                self._remember(note)
            grew = datetime.fromtimestamp((self._folder / "last").stat().st_mtime, UTC)
            return Look(last.size if last else 0, new.size, grew)

    def accept_recovery(self) -> Look:
        """Go on with a record that came back from an older backup and says so itself: an auditor's decision, which is
        written to `accepted` with the checkpoint that is given up for it.

        What was seen up to the backup must be there as it was. Raises Refused when it is not, when the record names no
        recovery that was not accepted already, or when there is nothing to accept; Unreachable.
        """
        with self._alone():
            return self._accept()

    def _accept(self) -> Look:
        last = self._last()
        if last is None:
            raise Refused("Nothing was seen of this record yet: there is nothing to accept.")
        new, path, note = self._ask(last)
        if new.size >= last.size and consistent(last.size, new.size, last.root, new.root, path):
            raise Refused("The record goes on as it was: there is nothing to accept.")
        # What was accepted once explains nothing that was taken away since.
        known = [each for told in self._lines("accepted") for each in told["recoveries"]]
        named = [each for each in self._recoveries() if each not in known]
        if not named:
            raise Refused("The record names no recovery. What is between was taken away, and nobody says so.")
        until = min(each["found_size"] for each in named)
        kept = [said for said in self._path() if said.size <= until]
        base = max(kept, key=lambda said: said.size, default=None)
        if base is not None:
            new, path, note = self._ask(base)
        if new.origin != last.origin:
            self._refuse(f"It was {last.origin}, and says now that it is {new.origin}.", note)
        if base is not None and (
            new.size < base.size or not consistent(base.size, new.size, base.root, new.root, path)
        ):
            self._refuse(f"Its first {base.size} roots are not what they were: no backup of it is like that.", note)
        given_up = (self._folder / "last").read_text()
        told = {"given up": given_up, "recoveries": named, "until": until, "checkpoint": note}
        self._add("accepted", told)
        self._remember(note)
        return Look(last.size, new.size)

    def _ask(self, since: Checkpoint) -> tuple[Checkpoint, list[bytes], str]:
        """The newest checkpoint, signed by one of the record's keys, and the proof that it continues an older one."""
        new, path, note = self._newest(since)
        self._check(new, note)
        return new, path, note

    def _newest(self, since: Checkpoint | None) -> tuple[Checkpoint, list[bytes], str]:
        told = self._fetch(NEWEST if since is None else f"{NEWEST}?since={since.size}")
        try:
            note, path = str(told["checkpoint"]), [bytes.fromhex(each) for each in told["proof"]]
            return read(note)[0], path, note
        except (KeyError, TypeError, ValueError) as error:
            raise Unreachable(f"What answers there is no record: {error}") from None

    def _check(self, new: Checkpoint, note: str) -> None:
        """Refuse what none of the record's keys signed. What only a distrusted one did may be anybody's; another one
        signs within a minute."""
        signers = [key for key in self._keys(note) if holds(note, new.origin, key.public)]
        if not signers:
            self._refuse("Its newest checkpoint is signed by none of its keys.", note)
        if all(key.distrusted for key in signers):
            raise Unreachable(
                "Its newest checkpoint is signed by a key that it distrusts itself. Ask again in a minute."
            )

    def _recoveries(self) -> list[dict[str, Any]]:
        """What the record says of recoveries: the fields of entries whose receipts hold."""
        last = self._last()
        try:
            told = list(self._fetch(RECOVERIES)["recoveries"])
            keys = self._keys("")
            sound = [each for each in told if last is not None and wrong(each, last.origin, keys) is None]
            entries = [json.loads(each["entry"]) for each in sound]
            named = [json.loads(each["fields"]) for each in entries if each["act"] == RECOVERY]
            sizes = [each[size] for each in named for size in ("found_size", "remembered_size")]
            if not all(isinstance(size, int) for size in sizes):
                raise TypeError("a recovery has no sizes")
        except (KeyError, TypeError, ValueError) as error:
            raise Unreachable(f"What answers there is no record: {error}") from None
        return named

    def _named(self) -> str:
        """What the record itself says of what was taken away. Whatever it says, what is refused stays refused."""
        try:
            named = self._recoveries()
        except (Unreachable, Refused):
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

    def _lines(self, name: str) -> list[Any]:
        try:
            return [json.loads(line) for line in (self._folder / name).read_text().splitlines()]
        except FileNotFoundError:
            return []
        except ValueError:
            raise Refused(f"{self._folder / name} is not as it was written. Put it back from a backup.") from None

    def _path(self) -> list[Checkpoint]:
        """What was seen of the record as it is now, in order: without what was given up for a recovery."""
        restarts = [
            (told["checkpoint"], told.get("until", min(each["found_size"] for each in told["recoveries"])))
            for told in self._lines("accepted")
        ]
        path: list[Checkpoint] = []
        for note in self._lines("seen"):
            for begun, until in restarts:
                if note.startswith(begun):
                    path = [each for each in path if each.size <= until]
            path.append(read(note)[0])
        return path

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Of two looks into the same folder at once, the slower must not forget what the faster has seen."""
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

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

    def _keys(self, note: str) -> list[Key]:
        """The keys of the record. One that was seen before and is gone from the list is a reason to refuse."""
        kept = self._folder / "keys"
        before = set(json.loads(kept.read_text())) if kept.exists() else set()
        try:
            told = [each for each in self._fetch(KEYS)["keys"] if each["purpose"] == "record"]
            now = {str(each["public_key"]) for each in told}
            distrusted = {str(each["public_key"]) for each in told if each["distrusted"] is not None}
            loaded = [(load_pem_public_key(pem.encode()), pem in distrusted) for pem in sorted(now)]
        except (KeyError, TypeError, ValueError) as error:
            raise Unreachable(f"Its keys could not be read: {error}") from None
        if before - now:
            self._refuse("A key that it signed with is no longer among its keys.", note)
        if now - before:
            _write(kept, json.dumps(sorted(now)).encode())
        return [Key(key, ALWAYS, None, bad) for key, bad in loaded if isinstance(key, Ed25519PublicKey)]

    def _own_key(self) -> Ed25519PrivateKey:
        path = self._folder / "key"
        if not path.exists():
            _write(path, Ed25519PrivateKey.generate().private_bytes_raw())
        return Ed25519PrivateKey.from_private_bytes(path.read_bytes())

    def _fetch(self, path: str) -> Any:
        return fetch(self._base, path, self._timeout)


def watch(witness: Witness, pause: Callable[[], None], say: Callable[[str], None]) -> None:
    """Look again and again until something is refused, which is raised. `pause` waits between two looks."""
    while True:
        try:
            seen = witness.look()
            quiet = seen.stands_still(clock.now())
            say(
                f"{seen.now} roots"
                + ("" if seen.now > seen.before else ", as before")
                + (f". {quiet}" if quiet else "")
            )
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
