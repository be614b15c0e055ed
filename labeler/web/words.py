"""The words of the desk's reasons and notices. Reading level B1; they never blame, hurry or frighten."""

from __future__ import annotations

from dataclasses import dataclass

from labeler.wellbeing.rules import Reason, Stop
from tasks.content import SENSITIVE, Profile, Severity, highest


@dataclass(frozen=True, slots=True)
class Why:
    """Why there is no task now: the reason, what comes next, and what the labeler can do, each one sentence or two."""

    why: str
    next: str
    can: str = ""
    can_path: str = ""


MY_LIMITS = ("See my limits", "/me/limits")

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
    Reason.RESTRICTED: Why(
        "A person has decided that you can't be given these tasks now. The reason was written down for you.",
        "You can ask for a review by somebody else. Work you have done stays paid.",
        "See the decision",
        "/me/cases",
    ),
    Reason.CAP_DAY: Why(
        "You have worked the most hours for one day.",
        "You are free now. Nothing is lost, and nobody counts this against you.",
        *MY_LIMITS,
    ),
    Reason.CAP_WEEK: Why(
        "You have worked the most hours for one week.",
        "You are free now. Nothing is lost, and nobody counts this against you.",
        *MY_LIMITS,
    ),
    Reason.REST_DAY: Why(
        "Your day has been long, and the rest of the day is yours.",
        "You are free now. Nothing is lost, and nobody counts this against you.",
        *MY_LIMITS,
    ),
    Reason.REST_WEEK: Why(
        "You have worked for most of a week without a long rest, so one is yours now.",
        "You are free now. Nothing is lost, and nobody counts this against you.",
        *MY_LIMITS,
    ),
    Reason.CAP_SENSITIVE: Why(
        "You have reached the most sensitive content for now, and there is no other work open.",
        "Other work is offered first as soon as there is some.",
        *MY_LIMITS,
    ),
    Reason.CAP_RUN: Why(
        "You have read severe content for a while, so a quiet time comes first. There is no other work open.",
        "You can go on after it. Other work is offered as soon as there is some.",
        *MY_LIMITS,
    ),
    Reason.CAP_SHARE: Why(
        "You have read more severe content this week than most people here, and there is no other work open.",
        "These tasks wait for other people. Other work is offered as soon as there is some.",
        *MY_LIMITS,
    ),
    Reason.NIGHT: Why(
        "The open tasks have severe content, and it is night where you are.",
        "They come in the morning. You can allow them at night if that suits you.",
        "Choose what may come at night",
        "/me/comfort",
    ),
    Reason.TRAINING: Why(
        "The open tasks have severe content. A short training comes before them; it is paid.",
        "You can do it now, or leave these tasks to others: that changes nothing for you.",
        "Open the training",
        "/me/training",
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

RULES: dict[str, str] = {
    "BRK-1": "After work without a pause comes a break of {n} minutes.",
    "BRK-2": "After severe content comes a break of {n} minutes.",
    "BRK-5": "A long day has a rest of {n} minutes in it.",
    "BRK-6": "Each day has {h} of rest without a gap.",
    "BRK-7": "Each week has {h} of rest without a gap.",
    "BRK-8": "Nobody works more than {h} in any 7 days.",
    "BRK-9": "Nobody works more than {h} in any 24 hours.",
    "EXP-1": "Nobody gets more than {n} minutes of severe content in any 24 hours.",
    "EXP-2": "Nobody gets more than {n} minutes of severe content in any 7 days.",
    "EXP-3": "Nobody gets more than {n} minutes of hard content in any 24 hours.",
    "EXP-5": "A run of severe content ends in a quiet time.",
    "EXP-6": "Nobody gets more than {n} % of the severe content that the middle one of all gets.",
    "EXP-14": "No severe content at night, before {n}:00 of your time.",
    "WRN-4": "Severe content comes after a training, which is good for {n} days.",
}
"""What each rule says, with the number that it has now."""


def rule_words(stop: Stop) -> str:
    """The rule behind a refusal, with its number and its id; empty where no rule but a choice stands behind it."""
    if stop.rule not in RULES or stop.number is None:
        return ""
    hours = f"{stop.number // 60} hours" + (f" {stop.number % 60} minutes" if stop.number % 60 else "")
    return f"{RULES[stop.rule].format(n=stop.number, h=hours)} ({stop.rule})"


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
