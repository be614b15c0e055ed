"""What an attestation must look like, what a document is by its content, and which quarter is spoken about. Pure."""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from labeler.compliance.events import Period
from labeler.compliance.standards import latest_expiry
from labeler.errors import FieldProblem

LONGEST_NAME = 120
"""Characters of a signer's name, and of her function."""
LARGEST = 10 * 1024 * 1024
"""Bytes of a document: a scanned policy of some dozen pages fits."""
WARNED_BEFORE = timedelta(days=30)
"""How long before an attestation runs out its vendor is reminded."""
EARLIEST = date(2000, 1, 1)

_MARKS = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
ENDINGS = {"application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg", "text/plain": ".txt"}
"""The types of documents that are taken, each with the ending it gets on the way out."""


def media_of(pieces: Iterable[bytes]) -> str | None:
    """What a document is by its content, whatever it is called: one of `ENDINGS`, None for anything else.

    `pieces` are its bytes in order. Text is UTF-8 without control characters but line ends, tabs and form feeds.
    """
    reads = codecs.getincrementaldecoder("utf-8")()
    begun = False
    try:
        for piece in pieces:
            if not begun and (named := next((media for mark, media in _MARKS if piece.startswith(mark)), None)):
                return named
            begun = begun or bool(piece)
            if _NO_TEXT.search(reads.decode(piece)):
                return None
        reads.decode(b"", final=True)
    except UnicodeDecodeError:
        return None
    return "text/plain" if begun else None


def attestation_problems(
    control: str,
    asked: Collection[str],
    signer: str,
    position: str,
    dated: date | None,
    expires: date | None,
    months: int,
    today: date,
) -> list[FieldProblem]:
    """Everything wrong with what an attestation says; `asked` are the controls that ask for one. `expires` is the last
    day on which it holds."""
    problems: list[FieldProblem] = []
    if control not in asked:
        problems.append(FieldProblem("control", "Choose the control that this is about."))
    for name, text in (("signer", signer), ("position", position)):
        if not text.strip() or len(text) > LONGEST_NAME or not text.isprintable():
            problems.append(FieldProblem(name, f"Write it in one line of 1 to {LONGEST_NAME} characters."))
    if dated is None or not EARLIEST <= dated <= today:
        problems.append(FieldProblem("dated", "Write the day on which it was signed, not in the future."))
        return problems
    last = latest_expiry(dated, months)
    if last < today:
        words = f"This was signed too long ago: an attestation holds for {months} months. Have a new one signed."
        problems.append(FieldProblem("dated", words))
    elif expires is None or not today <= expires <= last:
        words = f"Write the last day on which it holds: from today until {last.isoformat()}, {months} months at most."
        problems.append(FieldProblem("expires", words))
    return problems


def moment(day: date) -> datetime:
    """A day's first moment, UTC."""
    return datetime.combine(day, time(), UTC)


class State(StrEnum):
    """How things stand with what a vendor attested about one control."""

    NONE = "nothing attested"
    HOLDS = "holds"
    SOON = "runs out soon"
    OVER = "run out"
    ENDED = "withdrawn"


def state_of(expires_at: datetime | None, ended_at: datetime | None, now: datetime) -> State:
    """The state of the newest attestation about a control; both None for none."""
    if expires_at is None:
        return State.NONE
    if ended_at is not None:
        return State.ENDED
    if expires_at <= now:
        return State.OVER
    return State.SOON if expires_at - now <= WARNED_BEFORE else State.HOLDS


def last_quarter(now: datetime) -> Period:
    """The last quarter that is over: what labelers can speak about now."""
    here = now.astimezone(UTC)
    number = (here.month - 1) // 3
    return Period.quarter(here.year, number) if number else Period.quarter(here.year - 1, 4)
