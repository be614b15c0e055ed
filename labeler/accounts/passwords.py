"""Passwords as argon2id hashes, and the cost of guessing one."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher(time_cost=2, memory_cost=32 * 1024, parallelism=1)
"""32 MiB, two passes: above OWASP's floor of 19 MiB, and cheap enough for a shift of 200 to sign in within a minute."""

_turns = threading.BoundedSemaphore(4)
"""At most four hashes at once in a process, so that a flood of sign-ins can take neither memory nor the desk."""

_NOBODY = _hasher.hash("nobody has this password")
"""What an unknown name is checked against, so that it takes as long as a known one."""


def hashed(password: str) -> str:
    """The argon2id hash of a new password."""
    with _turns:
        return _hasher.hash(password)


def fits(password: str, password_hash: str | None) -> bool:
    """Whether the password is the one of the hash; with no hash, False after the same work."""
    with _turns:
        try:
            _hasher.verify(password_hash or _NOBODY, password)
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None
