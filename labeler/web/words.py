"""The words of the desk's reasons and notices. Reading level B1; they never blame, hurry or frighten."""

from __future__ import annotations

from dataclasses import dataclass

from labeler.wellbeing.rules import Reason
from tasks.content import SENSITIVE, Profile, Severity, highest


@dataclass(frozen=True, slots=True)
class Why:
    """Why there is no task now: the reason, what comes next, and what the labeler can do, each one sentence or two."""

    why: str
    next: str
    can: str = ""
    can_path: str = ""


REASONS: dict[Reason, Why] = {
    Reason.NONE_LEFT: Why("Your projects have enough answers for now.", "More tasks come when a project adds them."),
    Reason.ALREADY_ANSWERED: Why(
        "You have answered every open task of your projects. The rest needs other people's answers.",
        "More tasks come when a project adds them.",
    ),
    Reason.NOT_QUALIFIED: Why(
        "There is work, but its projects are open to other teams only.",
        "Your vendor can ask for a project to be opened to you.",
    ),
    Reason.LANGUAGE: Why(
        "There is work, but not in the languages we have for you.",
        "New tasks in your languages come as projects add them.",
        "See or correct your languages",
        "/account",
    ),
    Reason.CONTRACT: Why(
        "Your contract does not cover today, so we can't give you tasks.",
        "Your vendor can tell you when it begins or goes on. Work you have done stays paid.",
    ),
    Reason.CAP_DAY: Why(
        "You have reached the most hours for one day.", "You can start again when the hours have passed."
    ),
    Reason.CAP_SENSITIVE: Why(
        "You have reached the most sensitive content for now, and there is no other work open.",
        "Other work is offered first as soon as there is some.",
    ),
    Reason.BREAK: Why("It is time for a break. It is paid.", "You can go on after it."),
    Reason.YOUR_CHOICES: Why(
        "The open tasks have content that you did not say yes to, or that you declined.",
        "Nothing changes for your pay or rating. Other tasks come as projects add them.",
        "See my choices",
        "/me/choices",
    ),
    Reason.PAUSED: Why("Your projects are paused by their teams.", "Tasks come again when a project goes on."),
    Reason.IN_REVIEW: Why(
        "The open tasks are being looked at before anybody gets them.", "They come when that is done."
    ),
    Reason.FAULT: Why(
        "Something is broken on our side, so we can't give you tasks. This is not about you.",
        "We are told about it. Your answers are safe.",
    ),
}

SEVERITIES: dict[Severity, str] = {
    Severity.NONE: "none",
    Severity.MILD: "mild",
    Severity.DISTURBING: "disturbing",
    Severity.EGREGIOUS: "severe",
}
"""How strong content is, in a word."""

MOST_NOTICE_WORDS = 25
"""WRN-2: a notice is read in one breath."""


def notice_words(profile: Profile) -> list[tuple[str, str]]:
    """What a notice names: each sensitive kind and how strong it is; only the strongest where all would be too long."""
    named = sorted(
        ((code.title, level) for code, level in profile.items() if level >= SENSITIVE), key=lambda each: -each[1]
    )
    if sum(len(title.split()) + 1 for title, _ in named) > MOST_NOTICE_WORDS - 6:
        strongest = [each for each in named if each[1] == highest(profile)]
        named = strongest[:1]
    return [(title, SEVERITIES[level]) for title, level in named]
