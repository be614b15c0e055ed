"""A checkpoint: the size and root of the log of roots, signed, as text that other tools read. Pure.

The form is that of a signed note with a checkpoint in it (C2SP, tlog-checkpoint and signed-note): three lines or more,
an empty one, and a line for each signature. Witnesses add lines of their own and change nothing else.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

DASH = "— "
ED25519 = b"\x01"
"""The kind of signature, as the form numbers them."""
LONGEST = 64 * 1024
"""Bytes of a checkpoint that are read; ours have some hundred."""


class Malformed(ValueError):
    """This text is no checkpoint; the message says where it goes wrong."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One line below a checkpoint: whose it says it is, the first four bytes of the key's hash, and the signature."""

    name: str
    key_hash: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is signed: which log, how many leaves it has, their root, and further lines that are signed along."""

    origin: str
    size: int
    root: bytes
    more: tuple[str, ...] = ()

    @property
    def body(self) -> str:
        """The text that is signed. Raises Malformed for what the form cannot say."""
        lines = [self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.more]
        if not self.origin or any(not line or not line.isprintable() for line in lines):
            raise Malformed("A checkpoint's lines have text, and nothing that cannot be printed.")
        return "".join(f"{line}\n" for line in lines)


def key_hash(name: str, public: Ed25519PublicKey) -> bytes:
    """The four bytes by which a signature's line names a key."""
    return hashlib.sha256(f"{name}\n".encode() + ED25519 + public.public_bytes_raw()).digest()[:4]


def signed(text: str, name: str, key: Ed25519PrivateKey) -> str:
    """A checkpoint's `body`, or a whole note, with one more signature. Raises Malformed."""
    if not name or "+" in name or any(letter.isspace() for letter in name):
        raise Malformed("A signer's name has no spaces and no plus.")
    body, _, lines = text.partition("\n\n")
    body = body.rstrip("\n") + "\n"
    told = base64.b64encode(key_hash(name, key.public_key()) + key.sign(body.encode())).decode()
    return f"{body}\n{lines}{DASH}{name} {told}\n"


def read(text: str) -> tuple[Checkpoint, Sequence[Signature]]:
    """The checkpoint of a note, and its signatures, none of which is checked. Raises Malformed."""
    if len(text) > LONGEST:
        raise Malformed("This is too long for a checkpoint.")
    body, empty, lines = text.partition("\n\n")
    if not empty or not lines.endswith("\n"):
        raise Malformed("A checkpoint has an empty line, and signatures below it.")
    head = body.split("\n")
    if len(head) < 3:
        raise Malformed("A checkpoint begins with its log, its size and its root, a line each.")
    if not head[1].isascii() or not head[1].isdigit() or str(int(head[1][:20])) != head[1]:
        raise Malformed("The second line of a checkpoint is a size.")
    found = Checkpoint(head[0], int(head[1]), _bytes(head[2], "root"), tuple(head[3:]))
    if len(found.root) != 32 or found.body != f"{body}\n":
        raise Malformed("The third line of a checkpoint is a root of 32 bytes.")
    return found, [_signature(line) for line in lines[:-1].split("\n")]


def holds(text: str, name: str, public: Ed25519PublicKey) -> bool:
    """Whether a note is signed by this key under this name. Raises Malformed."""
    checkpoint, signatures = read(text)
    for each in signatures:
        if (each.name, each.key_hash) == (name, key_hash(name, public)):
            try:
                public.verify(each.signature, checkpoint.body.encode())
            except InvalidSignature:
                return False
            return True
    return False


def _signature(line: str) -> Signature:
    name, space, told = line.removeprefix(DASH).partition(" ")
    data = _bytes(told, "signature")
    if not line.startswith(DASH) or not space or not name or len(data) < 5:
        raise Malformed("A signature's line has a dash, a name and the signature.")
    return Signature(name, data[:4], data[4:])


def _bytes(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise Malformed(f"The {what} is not written in base64.") from None
