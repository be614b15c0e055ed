"""What only the owner of a dataset can say of it: the questions, what may be answered, what lacks. Pure.

They are what the question lists of Datasheets for Datasets (Gebru et al.) and CrowdWorkSheets (Díaz et al.) ask and no
record can answer, in our own words. What the record can answer is in `datasheet`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from labeler.errors import FieldProblem, Invalid

MOST = 4_000
"""Characters of an answer."""
MOST_LICENCE = 50_000
"""Characters of a licence's own text."""

LICENCES: dict[str, str] = {
    "CC0-1.0": "Creative Commons Zero 1.0: no rights kept",
    "CC-BY-4.0": "Creative Commons Attribution 4.0",
    "CC-BY-SA-4.0": "Creative Commons Attribution-ShareAlike 4.0",
    "CC-BY-NC-4.0": "Creative Commons Attribution-NonCommercial 4.0",
    "CC-BY-NC-SA-4.0": "Creative Commons Attribution-NonCommercial-ShareAlike 4.0",
    "CC-BY-ND-4.0": "Creative Commons Attribution-NoDerivatives 4.0",
    "CDLA-Permissive-2.0": "Community Data License Agreement, Permissive 2.0",
    "CDLA-Sharing-1.0": "Community Data License Agreement, Sharing 1.0",
    "ODC-By-1.0": "Open Data Commons Attribution 1.0",
    "ODbL-1.0": "Open Data Commons Open Database License 1.0",
    "PDDL-1.0": "Open Data Commons Public Domain Dedication 1.0",
    "Apache-2.0": "Apache License 2.0",
    "MIT": "MIT License",
}
"""Usual licences of data by their SPDX identifier, and what each is in a few words."""

OTHER = "other"
"""A licence of one's own, or none that lets anybody do anything: then its text is asked for."""


SEVERAL = "several"
"""Not to be chosen: what a version says that takes in projects whose licences differ. Its text says which is whose."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `name` is its field; without an answer to a `required` one no version is published."""

    name: str
    title: str
    help: str
    required: bool = True


QUESTIONS: tuple[Question, ...] = (
    Question(
        "motivation",
        "What was this dataset made for?",
        "The task or the gap behind it, so that a reader can see whether hers is the same.",
    ),
    Question(
        "creator",
        "Who made it, and who paid for that?",
        "The team and its organisation, and the funder. Not the names of labelers.",
    ),
    Question(
        "sources",
        "Where do the prompts and the completions come from?",
        "Who wrote the prompts or where they were collected; which models gave the completions, under which settings.",
    ),
    Question(
        "people_in_texts",
        "Are there people in the texts, and did they agree?",
        "Whether prompts were written by or tell of real people, what they were told, how they can say no. If there "
        "are none, say so, and how you know.",
    ),
    Question(
        "intended_uses",
        "What may it be used for?",
        "The uses you made it for and would stand behind.",
    ),
    Question(
        "out_of_scope_uses",
        "What should it not be used for?",
        "Uses that would harm somebody, or that these judgments cannot carry.",
    ),
    Question(
        "weaknesses",
        "Which weaknesses do you know?",
        "What is missing, skewed or unsure: topics, languages, whose views are not in it. What was measured is added.",
    ),
    Question(
        "contact",
        "Whom does one ask about it?",
        "An address that will still be read in some years.",
    ),
    Question(
        "maintenance",
        "Who keeps it up, and how?",
        "Whether corrections and new versions will come, how somebody learns of them, what becomes of old versions.",
    ),
    Question(
        "choice_of_annotators",
        "How were the people who judged chosen, and what would have been different with others?",
        "Which views were wanted, which were not at hand.",
        required=False,
    ),
    Question(
        "disagreement",
        "How should disagreement be read?",
        "Where people may rightly differ, and where a difference is a mistake.",
        required=False,
    ),
    Question(
        "social_impact",
        "Which effects on people did you think of?",
        "Good and bad ones, of training on it and of sharing it.",
        required=False,
    ),
    Question(
        "geography",
        "From which countries or regions does the data come?",
        "Of the texts, not of single people. For the checklists of those who buy data.",
        required=False,
    ),
)  # fmt: skip

BY_NAME = {each.name: each for each in QUESTIONS}
FIELDS = (*BY_NAME, "licence", "licence_text")

Answers = Mapping[str, str]
"""By field; a field that is not answered is not in it."""


def read(sent: Mapping[str, Any]) -> dict[str, str]:
    """The answers in a form or a body: trimmed, empty ones left out.

    Raises Invalid with every field that cannot be kept. That something lacks is no fault here: it may come later.
    """
    found: dict[str, str] = {}
    problems: list[FieldProblem] = []
    for name in sorted(sent.keys() - set(FIELDS)):
        problems.append(FieldProblem(name, "There is no such question."))
    for name in FIELDS:
        given = sent.get(name)
        if given is None:
            continue
        most = MOST_LICENCE if name == "licence_text" else MOST
        text = given.replace("\r\n", "\n").strip() if isinstance(given, str) else None
        if text is None:
            problems.append(FieldProblem(name, "Write a text."))
        elif "\0" in text:
            problems.append(FieldProblem(name, "Take out the character U+0000."))
        elif len(text) > most:
            problems.append(FieldProblem(name, f"Write {most:,} characters at most. These are {len(text):,}."))
        elif text:
            found[name] = text
    if (licence := found.get("licence")) is not None and licence not in LICENCES and licence != OTHER:
        problems.append(FieldProblem("licence", f"Choose one of {', '.join(LICENCES)}, or {OTHER}."))
    if problems:
        raise Invalid("These answers can't be kept. Nothing was changed.", problems)
    if found.get("licence") != OTHER:
        found.pop("licence_text", None)
    return found


def lacking(answers: Answers) -> list[FieldProblem]:
    """What must be answered before a version is published, one for each field."""
    found = [
        FieldProblem(each.name, f"Not answered: {each.title}")
        for each in QUESTIONS
        if each.required and each.name not in answers
    ]
    if "licence" not in answers:
        found.append(FieldProblem("licence", "Not chosen: the licence."))
    elif answers["licence"] == OTHER and "licence_text" not in answers:
        found.append(FieldProblem("licence_text", "Not written: the text of your own licence."))
    return found


def changed(before: Answers, after: Answers) -> list[str]:
    """The fields that differ, in the order in which they are asked."""
    return [name for name in FIELDS if before.get(name) != after.get(name)]


def many(problems: Iterable[FieldProblem]) -> str:
    """How many lack, in words."""
    number = len(list(problems))
    return "1 answer" if number == 1 else f"{number} answers"
