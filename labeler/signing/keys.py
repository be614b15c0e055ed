"""The keys this installation signs with: Ed25519, one line of them for each purpose, in the data folder.

keys/<purpose>/<n>.private   the private part, readable by its owner alone; gone once key n + 1 has taken over
keys/<purpose>/<n>.public    the public part and the moment it began, as JSON; kept for good
keys/<purpose>/<n>.stolen    that others may have had the private part, and when that was said; never taken back

The highest number signs. A key is retired from the moment that the next one began. Each file is written whole, put on
the disk and only then given its name, which fails where there is one: so two processes never make two first keys, and
two rotations at once make one new key.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from labeler.errors import Conflict, Missing
from labeler.storage import sync


class Purpose(StrEnum):
    """What a key signs. A key of one purpose is never used for another."""

    EXPORT = "export"
    RECORD = "record"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What everybody may know of a key. `until` is when the next one took over, None for the one that signs now;
    `distrusted` since when nothing it signed should be believed, None while all of it may be."""

    purpose: Purpose
    number: int
    key_id: str
    pem: str
    since: datetime
    until: datetime | None = None
    distrusted: datetime | None = None


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that signs. `made` is True for whoever made it just now."""

    public: PublicKey
    private: Ed25519PrivateKey
    made: bool = False

    def sign(self, data: bytes) -> bytes:
        """The signature of `data`, 64 bytes; the same each time."""
        return self.private.sign(data)


def fingerprint(key: Ed25519PublicKey) -> str:
    """The SHA-256 of the key in DER, as `openssl pkey -pubin -outform DER | sha256sum` tells it."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


class Keys:
    """The keys of one installation. `folder` is `Settings.folder`."""

    def __init__(self, folder: Path) -> None:
        self._root = folder / "keys"

    def known(self, purpose: Purpose) -> tuple[PublicKey, ...]:
        """Every key of a purpose there ever was, the oldest first; the last one signs. Empty before the first use."""
        told = [self._public(purpose, number) for number in self._numbers(purpose)]
        retired = [replace(old, until=new.since) for old, new in pairwise(told)]
        return (*retired, *told[-1:])

    def current(self, purpose: Purpose, now: datetime) -> SigningKey:
        """The key that signs now; at the first use of a purpose one is made. Raises Conflict when its private part is
        gone."""
        made = False
        while True:
            numbers = self._numbers(purpose)
            if not numbers:
                made = self._make(purpose, 1, now)
                continue
            try:
                private = self._private(purpose, numbers[-1])
            except FileNotFoundError:
                if self._numbers(purpose) != numbers:
                    continue  # it was rotated between the two looks
                raise Conflict(
                    f"The private part of the key that signs for {purpose} is gone ({self._place(purpose)}). Put it "
                    f"back from a backup, or go on with a new key: labeler key rotate {purpose}"
                ) from None
            return SigningKey(self._public(purpose, numbers[-1]), private, made)

    def rotate(self, purpose: Purpose, now: datetime) -> tuple[PublicKey, PublicKey | None]:
        """Let a new key sign from now on: the new one, and the one that is retired by it. The retired private part is
        destroyed. Raises Conflict when somebody else has rotated at the same moment."""
        numbers = self._numbers(purpose)
        old = self._public(purpose, numbers[-1]) if numbers else None
        number = (numbers or [0])[-1] + 1
        if not self._make(purpose, number, now):
            raise Conflict(
                "Somebody else has made a new key just now. `labeler key list` shows it; nothing was changed."
            )
        for each in numbers:
            (self._place(purpose) / f"{each}.private").unlink(missing_ok=True)
        sync(self._place(purpose))
        return self._public(purpose, number), old

    def distrust(self, key_id: str, now: datetime) -> tuple[PublicKey, bool]:
        """Say that others may have had a key: what it signed should not be believed any more. The key, and True when
        that is new. Raises Missing, and Conflict for the key that signs now: rotate first."""
        for key in (each for purpose in Purpose for each in self.known(purpose)):
            if key.key_id == key_id.lower():
                if key.until is None:
                    raise Conflict(
                        f"This key signs now. Let a new one take over first: labeler key rotate {key.purpose}"
                    )
                told = orjson.dumps({"distrusted": now.isoformat()})
                new = _put(self._place(key.purpose) / f"{key.number}.stolen", told)
                return next(each for each in self.known(key.purpose) if each.number == key.number), new
        raise Missing("There is no such key. `labeler key list` shows every one.")

    def _distrusted(self, purpose: Purpose, number: int) -> datetime | None:
        try:
            data = (self._place(purpose) / f"{number}.stolen").read_bytes()
        except FileNotFoundError:
            return None
        return datetime.fromisoformat(orjson.loads(data)["distrusted"])

    def _numbers(self, purpose: Purpose) -> list[int]:
        place = self._place(purpose)
        names = [re.fullmatch(r"(\d+)\.(?:private|public)", path.name) for path in place.glob("*.p*")]
        return sorted({int(found[1]) for found in names if found})

    def _make(self, purpose: Purpose, number: int, now: datetime) -> bool:
        """Make key `number`; False when it is there already, or was."""
        if number in self._numbers(purpose):
            return False
        private = Ed25519PrivateKey.generate()
        told = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        facts = {"since": now.isoformat(), "private_key": told}
        return _put(self._place(purpose) / f"{number}.private", orjson.dumps(facts))

    def _facts(self, purpose: Purpose, number: int) -> tuple[Ed25519PrivateKey, str]:
        path = self._place(purpose) / f"{number}.private"
        try:
            facts = orjson.loads(path.read_bytes())
            key = load_pem_private_key(facts["private_key"].encode(), None)
            if not isinstance(key, Ed25519PrivateKey):
                raise TypeError("another kind of key")
            return key, str(facts["since"])
        except FileNotFoundError:
            raise
        except OSError as error:
            raise _unreadable(path, error) from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Conflict(f"{path} is not a key as it was written. Put it back from a backup.") from None

    def _private(self, purpose: Purpose, number: int) -> Ed25519PrivateKey:
        return self._facts(purpose, number)[0]

    def _public(self, purpose: Purpose, number: int) -> PublicKey:
        path = self._place(purpose) / f"{number}.public"
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            # Its maker writes it here, too; a process that ended between the two files leaves it to the next look.
            key, since = self._facts(purpose, number)
            public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
            _put(path, orjson.dumps({"since": since, "public_key": public}))
            data = path.read_bytes()
        except OSError as error:
            raise _unreadable(path, error) from None
        try:
            facts = orjson.loads(data)
            public_key = load_pem_public_key(facts["public_key"].encode())
            if not isinstance(public_key, Ed25519PublicKey):
                raise TypeError("another kind of key")
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Conflict(f"{path} is not a key as it was written. Put it back from a backup.") from None
        return PublicKey(
            purpose,
            number,
            fingerprint(public_key),
            facts["public_key"],
            datetime.fromisoformat(facts["since"]),
            distrusted=self._distrusted(purpose, number),
        )

    def _place(self, purpose: Purpose) -> Path:
        return self._root / purpose


def _unreadable(path: Path, error: OSError) -> Conflict:
    return Conflict(f"{path} can't be read ({error.strerror}). It must belong to the account that runs this program.")


def _put(path: Path, data: bytes) -> bool:
    """Write a file that nobody else has written, whole or not at all; False when it is there."""
    for folder in (path.parent.parent, path.parent):  # `parents=True` would leave the upper one open to others
        folder.mkdir(mode=0o700, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(fresh)
    except FileExistsError:
        return False
    finally:
        fresh.unlink()
    sync(path.parent)
    return True
