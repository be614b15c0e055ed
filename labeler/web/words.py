"""The words of the desk's reasons and notices. Reading level B1; they never blame, hurry or frighten."""

from __future__ import annotations

from dataclasses import dataclass

from labeler.wellbeing.rules import Reason, Stop
from tasks.content import SENSITIVE, Profile, Severity


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
