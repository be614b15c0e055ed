"""The words of fair decisions, and the personal link to a case. They say what happened and what one can do."""

from __future__ import annotations

import binascii
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

from flask import current_app, request

from labeler.cases.grievance_models import FlagState, GrievanceOutcome
from labeler.cases.models import CaseKind
from labeler.cases.rules import Code, Decider, Ending, EventKind, Outcome, Sign
from labeler.config import Settings
from labeler.errors import Missing
from labeler.gate import person

CODES: dict[Code, str] = {
    Code.INSTRUCTIONS: "The instructions were not followed",
    Code.LANGUAGE: "The answer is in another language than the task asks for",
    Code.EMPTY: "The answer is empty, or copied from somewhere",
    Code.BROKEN: "The task was broken, so no answer to it can be used",
    Code.DUPLICATE: "The same answer is there twice",
}

KINDS: dict[CaseKind, str] = {
    CaseKind.NOT_USED: "An answer was not used",
    CaseKind.RESTRICTION: "A restriction",
    CaseKind.DANGER: "A danger you reported",
    CaseKind.HOLD: "Decisions of a batch are held",
}

QUEUE: dict[CaseKind, str] = {**KINDS, CaseKind.DANGER: "A danger"}
"""The same as deciders read it."""

ENDINGS: dict[Ending, str] = {
    Ending.ACCEPTED: "Your new answer was taken. It counts.",
    Ending.CHANGED: "The review changed the decision. Your answer counts.",
    Ending.CANCELLED: "The decision was taken back. Your answer counts.",
}

OUTCOMES: dict[CaseKind, dict[Outcome, str]] = {
    CaseKind.NOT_USED: {
        Outcome.CHANGED: "The answer counts after all",
        Outcome.STANDS: "The decision stands: the answer is not used, and stays paid",
    },
    CaseKind.RESTRICTION: {
        Outcome.CHANGED: "The restriction ends now",
        Outcome.STANDS: "The restriction stands",
    },
    CaseKind.DANGER: {
        Outcome.CHANGED: "Something is changed to end the danger",
        Outcome.STANDS: "Nothing has to be changed",
    },
    CaseKind.HOLD: {
        Outcome.CHANGED: "Cancel the held decisions: these answers count",
        Outcome.STANDS: "Let the held decisions go on",
    },
}

FOUND: dict[GrievanceOutcome, str] = {
    GrievanceOutcome.SUBSTANTIATED: "What was said is right, and something is done",
    GrievanceOutcome.NOT_SUBSTANTIATED: "We could not find that it is so",
    GrievanceOutcome.PASSED_ON: "Somebody else has to decide it; we say whom to ask",
}

SIGNS: dict[Sign, str] = {
    Sign.NOT_USED: "More of her answers were marked not used",
    Sign.HAND_OUTS: "She was given fewer tasks",
    Sign.RESTRICTED: "She was restricted",
    Sign.CLOSED: "Her account was shut",
}

EVENTS: dict[EventKind, str] = {
    EventKind.OPT_OUT: "said no to something",
    EventKind.REVIEW: "asked for a review",
    EventKind.DANGER: "reported a danger",
}

STATES: dict[FlagState, str] = {
    FlagState.NEW: "new",
    FlagState.LOOKED_AT: "looked at, not settled",
    FlagState.UPHELD: "upheld: this looks like retaliation",
    FlagState.DISMISSED: "dismissed: there is another reason",
}


def decider() -> Decider:
    """Whoever is signed in, as the rules of fair decisions know her."""
    me = person()
    return Decider(me.id, me.role, me.vendor_id)


def token_of(case_id: UUID) -> str:
    """The token of a case's personal link: its id, and 128 bits that only we can make."""
    return urlsafe_b64encode(case_id.bytes + _seal(case_id)).rstrip(b"=").decode()


def case_under(token: str) -> UUID:
    """The case that a personal link names. Raises Missing for what we did not make."""
    try:
        raw = urlsafe_b64decode(token.encode("ascii") + b"=")
    except (UnicodeEncodeError, binascii.Error):
        raw = b""
    if len(raw) != 32 or not hmac.compare_digest(raw[16:], _seal(UUID(bytes=raw[:16]))):
        raise Missing("There is no case under this link. Check that all of it is there.")
    return UUID(bytes=raw[:16])


def link_to(case_id: UUID) -> str:
    """The whole address of a case's personal link."""
    settings: Settings = current_app.extensions["settings"]
    return f"{(settings.public_url or request.host_url).rstrip('/')}/cases/{token_of(case_id)}"


def _seal(case_id: UUID) -> bytes:
    settings: Settings = current_app.extensions["settings"]
    return hmac.digest(settings.key.encode(), b"case link " + case_id.bytes, "sha256")[:16]
