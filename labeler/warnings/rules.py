"""Severity goes up at anybody's word and down only at a named person's (EXP-12). Pure."""

from __future__ import annotations

from collections.abc import Mapping

from labeler.errors import FieldProblem
from tasks.content import SENSITIVE, Category, Profile, Severity

REASON = 20
"""Characters that a reason has at least: who lowers a severity says why."""
LONGEST_REASON = 2000

SAYABLE = (Severity.MILD, Severity.DISTURBING, Severity.EGREGIOUS, Severity.FORBIDDEN)
"""What a labeler can say of a text; the last means that it must not be shown at all."""


def raised(profile: Profile, category: Category, severity: Severity) -> Profile:
    """The profile after somebody said that it has this category at this severity. Nothing ever gets lower."""
    known = {code: level for code, level in profile.items() if level}
    return {**known, category: max(severity, known.get(category, Severity.NONE))} if severity else known


def lowered(profile: Profile, wanted: Mapping[Category, Severity]) -> Profile:
    """The profile with the wanted levels where they are lower; what is not named stays. Nothing ever gets higher."""
    return {code: low for code, level in profile.items() if (low := min(level, wanted.get(code, level)))}


def too_often(reports: int, served: int, per_mille: int, least: int) -> bool:
    """Whether warnings are wrong so often that the project must pause (EXP-12): more than `per_mille` of `served`.

    Below `least` served tasks the share says nothing yet.
    """
    return served >= least and reports * 1000 > per_mille * served


def reason_problems(reason: str) -> list[FieldProblem]:
    """What is wrong with the reason for lowering a severity."""
    length = len(reason.strip())
    if length < REASON:
        return [FieldProblem("reason", f"Say why, in {REASON} characters or more. It is kept with your name.")]
    if length > LONGEST_REASON:
        return [FieldProblem("reason", f"Say why in at most {LONGEST_REASON:,} characters.")]
    return []


def needs_notice(profile: Profile) -> bool:
    """Whether a text of this profile is covered until its labeler asks for it."""
    return any(level >= SENSITIVE for level in profile.values())
