"""What stands in the place of a person whose data were erased, and what an administrator may write about it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from labeler.errors import FieldProblem

LOOKS_AGAIN = timedelta(minutes=5)
"""How long after the act the rows are looked for once more: a request that was under way then has ended."""
NOTE = "Removed with the data of the person this was about."
"""What stands where reasons stood; they were about her."""
CLOSED = "Closed without an answer: the data of the person who wrote were erased."
"""What stands as the answer to an objection that was open."""
LONGEST_REASON = 500
"""Characters of an administrator's reason."""


def made_up(mark: str) -> str:
    """The name that pay and the record show from now on; `mark` is drawn, and tells nothing."""
    return f"Erased person {mark.upper()}"


def no_address(user_id: UUID) -> str:
    """What stands where an address has to stand; nobody can have it (RFC 2606)."""
    return f"{user_id.hex}@erased.invalid"


def reason_problems(reason: str, names: Sequence[str]) -> list[FieldProblem]:
    """What is wrong with the reason of an administrator: it stays, so it must not name who asked."""
    problems = []
    if not reason.strip() or len(reason) > LONGEST_REASON or "\0" in reason:
        words = f"Say how the request came, in at most {LONGEST_REASON} characters."
        problems.append(FieldProblem("reason", words))
    if any(name and name.casefold() in reason.casefold() for name in names):
        problems.append(FieldProblem("reason", "Leave her name and address out: this reason stays when they are gone."))
    return problems


def without(text: str, names: Sequence[str], instead: str) -> str:
    """A text of the pay record with every one of these names taken out, however it is written."""
    for name in sorted(filter(None, names), key=len, reverse=True):
        text = re.sub(re.escape(name), lambda _: instead, text, flags=re.IGNORECASE)
    return text
