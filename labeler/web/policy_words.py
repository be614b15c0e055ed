"""The numbers that protect labelers in plain words: what each says, what it protects, and how its value is read."""

from __future__ import annotations

from dataclasses import dataclass

from labeler.wellbeing.limits import STANDARD, Unit


@dataclass(frozen=True, slots=True)
class Said:
    """A number by its short name, as a sentence for `{value}`, and with what it protects."""

    title: str
    sentence: str
    protects: str


GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Breaks", ("break_ask", "break_stop", "break_length", "severe_break_after", "severe_break_length", "break_paid")),
    (
        "Hours and rest",
        (
            "day_rest_after", "day_rest_length", "day_hours", "week_hours", "week_hours_soft", "daily_rest",
            "weekly_rest",
        ),
    ),
    (
        "Hard content",
        (
            "severe_day", "severe_week", "disturbing_day", "run_minutes", "run_tasks", "run_quiet", "share_percent",
            "share_least", "severe_overlap", "night_from", "night_until", "stand_down_day", "severe_allowance",
        ),
    ),
    ("Saying yes, and being told", ("consent_days", "training_days", "surprise_per_mille", "surprise_least")),
)  # fmt: skip
"""Every number once, in the order of the page."""

_EYES = "Rest for eyes, back and head, before one is too tired to notice."
_HARM = "Harm from hard texts grows with the time spent on them."
_SLEEP = "Sleep, and time that is one's own."

WORDS: dict[str, Said] = {
    "break_ask": Said(
        "A break is suggested", "After {value} of work without a pause we say that a break is good.", _EYES
    ),
    "break_stop": Said("A break must come", "After {value} of work without a pause the next task waits.", _EYES),
    "break_length": Said("Length of that break", "The break lasts {value}. It is paid.", _EYES),
    "severe_break_after": Said(
        "A break from severe content", "After {value} of severe content the next task waits.", _HARM
    ),
    "severe_break_length": Said("Length of that break", "The break lasts {value}. It is paid.", _HARM),
    "break_paid": Said(
        "Paid part of your own break",
        "Of a break that you take yourself, the first {value} are paid.",
        "That a break costs nothing when one is needed.",
    ),
    "day_rest_after": Said(
        "A longer rest must come", "A day of more than {value} of work has a longer rest in it.", _EYES
    ),
    "day_rest_length": Said("Length of that rest", "The longer rest lasts {value}. It is paid.", _EYES),
    "day_hours": Said("Most work in a day", "Nobody works more than {value} in any 24 hours.", _SLEEP),
    "week_hours": Said("Most work in a week", "Nobody works more than {value} in any 7 days.", _SLEEP),
    "week_hours_soft": Said("A full week", "After {value} in 7 days we call the week full.", _SLEEP),
    "daily_rest": Said("Rest in each day", "Each day has {value} of rest without a gap.", _SLEEP),
    "weekly_rest": Said("Rest in each week", "Each week has {value} of rest without a gap.", _SLEEP),
    "severe_day": Said("Severe content in a day", "Nobody gets more than {value} of it in any 24 hours.", _HARM),
    "severe_week": Said("Severe content in a week", "Nobody gets more than {value} of it in any 7 days.", _HARM),
    "disturbing_day": Said(
        "Hard content of any sort in a day",
        "Nobody gets more than {value} of disturbing and severe content in any 24 hours.",
        _HARM,
    ),
    "run_minutes": Said("Longest run of severe content", "After {value} in a row a quiet time comes.", _HARM),
    "run_tasks": Said("Most severe tasks in a row", "After {value} in a row a quiet time comes.", _HARM),
    "run_quiet": Said("Length of the quiet time", "For {value} nothing comes that is more than mild.", _HARM),
    "share_percent": Said(
        "Largest share of one person",
        "Nobody gets more than {value} of what the middle one of all gets of severe content in 7 days.",
        "That hard work is shared, and not left to a few.",
    ),
    "share_least": Said(
        "A share that is never too large",
        "Up to {value} of severe content in 7 days are fine, whatever others get.",
        "That a small team can work at all.",
    ),
    "night_from": Said("Night begins", "From {value} of your own time no severe content comes.", _SLEEP),
    "night_until": Said("Night ends", "Until {value} of your own time no severe content comes.", _SLEEP),
    "stand_down_day": Said(
        "Paid waiting at a limit",
        "When a limit on hard content is reached and there is no other work, up to {value} in 24 hours are paid.",
        "That a limit costs nothing, so that nobody has a reason to get round it.",
    ),
    "consent_days": Said(
        "How long a yes lasts", "A yes to a kind of hard content is asked for again after {value}.", "A free choice."
    ),
    "training_days": Said(
        "How long the training is good",
        "The training for severe content is done again after {value}.",
        "Knowing what helps, before it is needed.",
    ),
    "severe_overlap": Said(
        "Most judgments of one severe task",
        "One severe task gets at most {value}.",
        "That no more people read a hard text than must.",
    ),
    "severe_allowance": Said(
        "Pay while a severe text is shown",
        "Each second with such a text on the screen is paid at {value} of the hour's rate.",
        "That hard work brings more, and never a reason to take more of it than the limits allow.",
    ),
    "surprise_per_mille": Said(
        "When a project pauses itself",
        "When more than {value} tasks are worse than they said, the project stops.",
        "That a notice can be believed.",
    ),
    "surprise_least": Said(
        "From how many tasks on",
        "That share is looked at once {value} were given out.",
        "That one mistake stops nobody.",
    ),
}


def span(minutes: int) -> str:
    """Minutes in words: "50 minutes", "11 hours", "1 hour 30 minutes"."""
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} hour{'s' if hours != 1 else ''}"] if hours and minutes >= 120 else []
    rest = rest if parts else minutes
    if rest or not parts:
        parts.append(f"{rest} minute{'s' if rest != 1 else ''}")
    return " ".join(parts)


def with_unit(name: str, value: int) -> str:
    """A value as it is read, with its unit."""
    match STANDARD[name].unit:
        case Unit.MINUTES:
            return span(value)
        case Unit.HOUR:
            return f"{value % 24:02}:00"
        case Unit.DAYS:
            return f"{value} days"
        case Unit.TASKS:
            return f"{value} tasks"
        case Unit.JUDGMENTS:
            return f"{value} judgment{'s' if value != 1 else ''}"
        case Unit.PERCENT:
            return f"{value} %"
        case _:
            return f"{value} of 1,000"


def sentence(name: str, value: int) -> str:
    """What a number says, as a sentence with its value."""
    return WORDS[name].sentence.format(value=with_unit(name, value))


UNITS = {
    Unit.MINUTES: "minutes", Unit.DAYS: "days", Unit.TASKS: "tasks", Unit.PERCENT: "per cent",
    Unit.PER_MILLE: "of 1,000", Unit.HOUR: "o'clock, a full hour", Unit.JUDGMENTS: "judgments",
}  # fmt: skip
"""What a form asks for."""
