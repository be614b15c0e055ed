"""`DATASHEET.md`: the questions that readers, reviewers and buyers ask of a dataset, each with who answered it. Pure.

The questions are those of Datasheets for Datasets (Gebru et al. 2021) and CrowdWorkSheets (Díaz et al. 2022), in our
own words. What the record knows is filled in; what only the owner knows is hers to say, or stands as not answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labeler.exports.documents import conditions, licence, several, statistics, weaknesses
from labeler.exports.documents.about import Facts
from labeler.exports.documents.measured import Measured
from labeler.exports.documents.questions import BY_NAME
from labeler.exports.documents.words import one_line, quoted, table
from tasks.kind import Tally

RECORD, OWNER, NOBODY = "from the record", "from the owner", "not answered"


@dataclass(frozen=True, slots=True)
class Answer:
    """A question with its answer, as lines of Markdown, and who gave it."""

    question: str
    lines: Sequence[str]
    by: str


def page(facts: Facts, found: Measured, tallies: Mapping[str, Tally], warning: Sequence[str]) -> str:
    """The file. `warning` is what a reader must know first."""
    lines = [*warning, f"# Datasheet of {one_line(facts.name)}, version {facts.number}", ""]
    lines += [
        f"Each answer says where it is from: *{RECORD}* was filled in from what the platform wrote down, *{OWNER}* is "
        f"the owner's own word, *{NOBODY}* means that nobody has said it.",
    ]
    for title, answers in parts(facts, found, tallies):
        lines += ["", f"## {title}"]
        for each in answers:
            lines += ["", f"### {each.question}", "", f"*{each.by}*", "", *each.lines]
    return "\n".join([*lines, ""])


def parts(facts: Facts, found: Measured, tallies: Mapping[str, Tally]) -> list[tuple[str, list[Answer]]]:
    """All questions, by part."""

    def owner(name: str) -> Answer:
        return _owner(facts.answers, name)

    return [
        ("Why it was made", [owner("motivation"), _purpose(facts), owner("creator")]),
        ("What is in it", [_composition(facts, found, tallies), owner("sources"), owner("people_in_texts"),
                           _hard(facts), _privacy(facts)]),
        ("The task", [_task(facts), _instructions(facts), _per_item(facts)]),
        ("The people who judged", [_people(facts), owner("choice_of_annotators"), _conditions(facts)]),
        ("The platform", [_platform(facts)]),
        ("Agreement and disagreement", [_analysis(found), owner("disagreement")]),
        ("What was done to the data", [_processing(facts)]),
        ("Uses", [owner("intended_uses"), owner("out_of_scope_uses"), owner("social_impact")]),
        ("Weaknesses", [_measured(found, tallies), owner("weaknesses")]),
        ("Release and upkeep", [_licence(facts), _release(facts), owner("maintenance"), owner("contact")]),
    ]  # fmt: skip


def _owner(answers: Mapping[str, Any], name: str) -> Answer:
    said = answers.get(name)
    question = BY_NAME[name].title
    return (
        Answer(question, ["Nobody has said this."], NOBODY) if said is None else Answer(question, quoted(said), OWNER)
    )


def _record(question: str, *lines: str) -> Answer:
    return Answer(question, lines, RECORD)


def _purpose(facts: Facts) -> Answer:
    question = "What were labelers told that it is for?"
    if not facts.purpose:
        return Answer(question, ["The project has no purpose written down."], NOBODY)
    return _record(question, *quoted(facts.purpose))


def _composition(facts: Facts, found: Measured, tallies: Mapping[str, Tally]) -> Answer:
    return _record(
        "What is a row, and how many are there?",
        f"Judgments of tasks: {facts.kind_title}. {found.statistics.given:,} judgments of {facts.tasks:,} tasks.",
        "",
        *(f"- `{name}`: {tally.rows:,} rows" for name, tally in tallies.items()),
        "",
        f"Languages: {', '.join(facts.languages) or 'none'}. What each view leaves out is in `README.md`.",
    )


def _hard(facts: Facts) -> Answer:
    if not facts.hard:
        return _record("Is there content that may distress?", "Nothing of severity 2 or more was marked.")
    listed = [f"- {title}, up to severity {level}" for title, level in facts.hard]
    return _record("Is there content that may distress?", "Yes; severity runs from 0 (none) to 4:", "", *listed)


def _privacy(facts: Facts) -> Answer:
    return _record(
        "What does it say of the people who judged?",
        "A made-up name, which cannot be followed to another dataset, and how long an answer took, in buckets. No "
        "address, no account, no moment of an answer.",
    )


def _task(facts: Facts) -> Answer:
    if facts.several:
        options = ["Options of each project:", "", *(f"- `{of.slug}`: {_options(of.options)}" for of in facts.several)]
    else:
        options = [f"Options of the project: {_options(facts.options)}."]
    return _record(
        "What were people asked, and how could they answer?",
        f"{facts.kind_title} (kind `{facts.kind}`, version {facts.kind_version}): {one_line(facts.question)}",
        "",
        *options,
        *([""] if facts.several else []),
        "Completions were shown in an order drawn for each person, which `judgments` has. Nothing was preselected, "
        "and which model wrote what was not shown.",
    )


def _instructions(facts: Facts) -> Answer:
    listed = [f"- {several.of_guideline(each)}" for each in facts.guidelines]
    return _record(
        "Which instructions did they have?",
        *(listed or ["None were written."]),
        "",
        "Every judgment names the version its labeler had read. Reading instructions is paid.",
    )


def _options(options: Mapping[str, Any]) -> str:
    return ", ".join(f"`{name}`: {_plain(value)}" for name, value in options.items()) or "none"


def _per_item(facts: Facts) -> Answer:
    overlaps = [f"{of.overlap} in `{of.slug}`" for of in facts.several]
    if len({of.overlap for of in facts.several}) > 1:
        return _record(
            "How many people judged each task?",
            f"Each task was to be judged by so many people, each at most once: {', '.join(overlaps)}. They did not see "
            "each other's answers.",
        )
    return _record(
        "How many people judged each task?",
        f"Each task was to be judged by {facts.overlap} "
        + ("person." if facts.overlap == 1 else "people, each at most once.")
        + " They did not see each other's answers.",
    )


def _people(facts: Facts) -> Answer:
    told = "fewer than 10, so the number is not told" if facts.people is None else f"at least {facts.people}"
    return _record(
        "Who are they, as far as may be told?",
        f"People who judged in this version: {told}. They work for vendors, under contracts, in the languages named "
        "above. Nothing about single people is told; tables need ten people or more.",
        *_within(facts),
    )


def _within(facts: Facts) -> list[str]:
    """How far groups of those agree who chose to say something of themselves, and to be counted."""
    told: list[str] = []
    for measure in facts.groups:
        rows = [
            (each["by"], one_line(each["value"]), _figure(each["alpha"]), _figure({"value": each["with_others"]}))
            for each in measure["groups"]
        ]
        if rows:
            heads = ("Said of", "Group", "Alpha within", "Reliability with all others")
            told += [
                "",
                f"{one_line(measure['title'])}, by what they chose to say of themselves:",
                "",
                *table(heads, rows),
            ]
    return told


def _figure(found: Mapping[str, Any] | None) -> str:
    if found is None or found["value"] is None:
        return "not defined"
    ends = [found.get("low"), found.get("high")]
    interval = "" if None in ends else f" [{ends[0]:.2f}, {ends[1]:.2f}]"
    return f"{found['value']:.2f}{interval}"


def _conditions(facts: Facts) -> Answer:
    return _record("How were they paid and protected?", *conditions.page(facts.conditions))


def _platform(facts: Facts) -> Answer:
    return _record(
        "Which platform was it, and what does it do for the people who judge?",
        f"labeler {facts.version}. All time is paid, breaks among it. Content warnings, consent by category, limits of "
        "hard content, breaks and hours are enforced by the server. Declining needs no reason and costs nothing. "
        "A decision about a person has written reasons and can be reviewed by somebody else. Work that nobody was paid "
        "for is not exported.",
    )


def _analysis(found: Measured) -> Answer:
    of = found.statistics
    told = [f"- {one_line(each.measure.title)}: {_alpha(each)}" for each in of.measured]
    return _record(
        "How far did people agree?",
        *(told or ["This kind of task has nothing to agree on."]),
        "",
        "Intervals, other figures, groups and habits are in `STATS.md`. Single judgments are kept, not only what most "
        "said: `judgments` has each.",
    )


def _alpha(each: Any) -> str:
    from_items = f"{each.agreement.compared:,} tasks read twice or more"
    parts = [f"alpha ({level.value}) {statistics.estimate(value)}" for level, value in each.agreement.alpha.items()]
    return "; ".join([*parts, f"AC1 {statistics.estimate(each.agreement.ac1)}", from_items])


def _processing(facts: Facts) -> Answer:
    return _record(
        "What was filtered, merged or changed?",
        "Texts are as they were imported. Every step with its count is in `README.md` and in `manifest.json`: what was "
        "withdrawn, not used, unpaid, late, tied or divided. Options of this version: "
        + (", ".join(f"`{name}`: {_plain(value)}" for name, value in facts.plan.items()) or "none")
        + ".",
    )


def _measured(found: Measured, tallies: Mapping[str, Tally]) -> Answer:
    told = weaknesses.measured(found, tallies)
    return _record("Which weaknesses were measured?", *([f"- {each}" for each in told] or ["The figures show none."]))


def _licence(facts: Facts) -> Answer:
    by = OWNER if "licence" in facts.answers else NOBODY
    return Answer("Under which licence?", [licence.sentence(facts.answers)], by)


def _release(facts: Facts) -> Answer:
    return _record(
        "When was it made, and can it change?",
        f"The state of {facts.moment}; work began {facts.began}. A version is never rewritten: what is corrected or "
        "withdrawn later is in a later one. `SHA256SUMS` lists every file.",
    )


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value)) or "none"
    if isinstance(value, dict):
        return one_line(str(value.get("name", "…")))
    return "none" if value is None else one_line(str(value))
