"""How sign-in is slowed down, how long a session lasts, and what a password must be. Pure."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import timedelta

from labeler.errors import FieldProblem

SESSION_IDLE = timedelta(hours=2)
"""A session nobody has used for this long is over: longer than any break that the day asks for."""
SESSION_LASTS = timedelta(hours=12)
"""However it is used, a session is over after this long."""
SEEN_EVERY = timedelta(minutes=1)
"""How precisely the last use of a session is known; a write on every request would cost the desk."""
INVITATION_LASTS = timedelta(days=7)
LINK_LASTS = timedelta(hours=1)

SHORTEST, LONGEST = 12, 256
"""Characters of a password. Length is what protects it, so nothing is asked of its letters."""

WINDOW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Failures:
    """Failed and unfinished sign-ins of the last five minutes: for this account, from this address, and in all."""

    account: int
    address: int
    all: int


LIMITS = Failures(account=10, address=300, all=1000)
"""Only failures count, so a shift of 200 people behind one office address signs in unhindered."""


def throttled(failures: Failures) -> bool:
    """Whether one more try must wait."""
    return failures.account >= LIMITS.account or failures.address >= LIMITS.address or failures.all >= LIMITS.all


LONGEST_NAME = 120
"""Characters of the name by which pages call a person."""


_UNWRITTEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Characters that no name has: controls, halves of characters, ends of lines. Joiners belong to letters and stay."""


def one_line(text: str) -> bool:
    """Whether a text can be written on one line, and kept by every database."""
    return not any(unicodedata.category(char) in _UNWRITTEN for char in text)


def account_problems(email: str, name: str) -> list[FieldProblem]:
    """Everything wrong with the address and the name of a new account; an empty name is taken from the address."""
    problems: list[FieldProblem] = []
    if "@" not in email[1:-1] or len(email) > 254 or any(char.isspace() or not char.isprintable() for char in email):
        problems.append(FieldProblem("email", "Write it like name@example.org."))
    if len(name) > LONGEST_NAME or not one_line(name):
        problems.append(FieldProblem("name", f"Use at most {LONGEST_NAME} characters, in one line."))
    return problems


_COMMON = frozenset(
    {
        "password", "passwort", "contraseña", "motdepasse", "123456789012", "qwertyuiop", "iloveyou", "letmein",
        "administrator", "welcome", "changeme", "labeler", "labeller", "annotation",
    }
)  # fmt: skip


def password_problem(password: str, email: str) -> str | None:
    """What is wrong with a new password, in a sentence, or None."""
    if len(password) < SHORTEST:
        return f"Use at least {SHORTEST} characters. A few words in a row are easy to remember and hard to guess."
    if len(password) > LONGEST:
        return f"Use at most {LONGEST} characters."
    plain = password.casefold()
    if len(set(plain)) < 5:
        return "This repeats too few different characters. A few words in a row are better."
    stem = plain.rstrip("0123456789!?.")
    if plain in _COMMON or stem in _COMMON or stem == email.partition("@")[0].casefold():
        return "This is among the first that a stranger would guess. A few words in a row are better."
    return None
