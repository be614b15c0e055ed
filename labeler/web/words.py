"""The words of the desk's reasons and notices. Reading level B1; they never blame, hurry or frighten."""

from __future__ import annotations

from dataclasses import dataclass

from labeler.wellbeing.rules import Reason
from tasks.content import SENSITIVE, Profile, Severity


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


def notice(profile: Profile, share: float | None) -> str:
    """What is said before a sensitive text: kinds, how strong, how often, in which form (WRN-2); never a quote.

    At most `MOST_NOTICE_WORDS` words, the strongest kinds first; kinds that find no room are counted. `share` is the
    expected share of sensitive tasks, 0 to 1, None or 0 where nobody has said it.
    """
    named = sorted(
        ((code, level) for code, level in profile.items() if level >= SENSITIVE), key=lambda each: (-each[1], each[0])
    )
    parts = [f"{code.title} ({SEVERITIES.get(level, 'held back')})" for code, level in named]
    for shown in range(len(parts), 0, -1):
        more = len(parts) - shown
        kinds = f"{'; '.join(parts[:shown])}{f'; and {more} more' if more else ''}"
        sentence = f"This batch: {kinds}, {how_often(share)}, text only."
        if len(sentence.split()) <= MOST_NOTICE_WORDS:
            return sentence
    return f"This batch: {len(parts)} sensitive kinds, {how_often(share)}, text only."


def how_often(share: float | None) -> str:
    """A share of tasks in a few words: "about 1 in 5 tasks"."""
    if not share:
        return "amount not known"
    if share >= 0.95:
        return "nearly all tasks"
    if share > 0.5:
        return f"about {round(share * 10)} in 10 tasks"
    return f"about 1 in {round(1 / share)} tasks" if share >= 0.01 else "under 1 in 100 tasks"


def short_notice(profile: Profile) -> str:
    """The same in a line, for a task whose notice has been told before: the strongest kind, and how many more."""
    named = sorted(
        ((code, level) for code, level in profile.items() if level >= SENSITIVE), key=lambda each: (-each[1], each[0])
    )
    if not named:
        return "sensitive content"
    code, level = named[0]
    more = f" and {len(named) - 1} more" if len(named) > 1 else ""
    return f"{code.title} ({SEVERITIES.get(level, 'held back')}){more}"
