"""What a looser number needs: who signed for it, what was signed, why, and until when. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from datetime import datetime

from labeler.errors import FieldProblem
from labeler.wellbeing.limits import LONGEST_DEVIATION, Signer

SHORTEST_REASON = 20
"""Characters that the reason for a looser number has at least."""
LONGEST_TEXT = 500
"""Characters of a reason or a signature at most."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed (`signed_by`: name and office), as what, why, the SHA-256 of the signed document, and until when."""

    signer: Signer | None = None
    signed_by: str | None = None
    reason: str | None = None
    document: str | None = None
    until_at: datetime | None = None

    def tidied(self) -> Signature:
        """The same without needless space; a text of nothing else is none."""
        return replace(self, signed_by=_tidy(self.signed_by), reason=_tidy(self.reason), document=_tidy(self.document))


UNSIGNED = Signature()
"""What every number has that protects as much as the standard, or more."""


def _tidy(text: str | None) -> str | None:
    return " ".join(text.split()) or None if text else None


def signature_problems(loosens: bool, from_at: datetime, given: Signature) -> list[FieldProblem]:
    """What is wrong with the signature, the reason and the end that a looser number needs, and no other may have."""
    if not loosens:
        words = "This value does not protect less, so it needs no signature, no reason and no end. Leave this empty."
        return [FieldProblem(field.name, words) for field in fields(given) if getattr(given, field.name) is not None]
    found = []
    if given.signer is None:
        found.append(FieldProblem("signer", "Choose who signed: a clinician or the safety committee."))
    if given.signed_by is None or len(given.signed_by) < 5:
        found.append(
            FieldProblem("signed_by", "A looser value needs the name and office of the clinician or committee.")
        )
    if given.document is None or not re.fullmatch("[0-9a-f]{64}", given.document):
        words = "Give the SHA-256 of the signed document: 64 signs, as `sha256sum FILE` prints them."
        found.append(FieldProblem("document", words))
    if given.reason is None or len(given.reason) < SHORTEST_REASON:
        words = f"Say why, in {SHORTEST_REASON} characters or more. Everybody can read it, and every report prints it."
        found.append(FieldProblem("reason", words))
    for field, text in (("signed_by", given.signed_by), ("reason", given.reason)):
        if text is not None and (len(text) > LONGEST_TEXT or not text.isprintable()):
            found.append(FieldProblem(field, f"Use up to {LONGEST_TEXT} letters and signs, in one line."))
    most = f"{LONGEST_DEVIATION.days} days"
    if given.until_at is None:
        found.append(FieldProblem("until_at", f"A looser value needs an end, at most {most} after it begins."))
    elif not from_at < given.until_at <= from_at + LONGEST_DEVIATION:
        found.append(FieldProblem("until_at", f"The end must come after the beginning, and at most {most} after it."))
    return found
