"""README.md of an export: a dataset card whose header loaders read, and whose text people read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from labeler.exports import choices, yaml
from labeler.exports import rows as shapes
from labeler.exports.about import About
from labeler.exports.documents import conditions, licence, several, weaknesses
from labeler.exports.documents.about import Facts
from labeler.exports.documents.licence import OWN_TEXT
from labeler.exports.documents.measured import Measured
from labeler.exports.documents.words import quoted
from labeler.exports.screening import LABELS
from labeler.exports.source import Intake
from tasks.comparison_rows import PairView
from tasks.content import SENSITIVE, Profile, highest
from tasks.kind import Tally, View

PATHS = {"parquet": "data/{}.parquet", "jsonl": "data/{}.jsonl"}
"""Where a view's file lies, seen from the README of its format. A loader takes one format from one README."""

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
"""Upper ends in rows, and the card's name for that size."""


def card(
    about: About,
    form: str,
    views: Sequence[View],
    tallies: Mapping[str, Tally],
    intake: Intake,
    languages: Sequence[str],
    profile: Profile,
    measured: Measured,
    facts: Facts,
) -> str:
    """The README of the folder that holds the files of one format, `"parquet"` or `"jsonl"`."""
    header = yaml.lines(_header(about, form, views, tallies, languages, profile, facts))
    return "\n".join(
        [
            "---",
            *header,
            "---",
            "",
            *_text(about, form, views, tallies, intake, languages, profile, measured, facts),
            "",
        ]
    )


def _header(
    about: About,
    form: str,
    views: Sequence[View],
    tallies: Mapping[str, Tally],
    languages: Sequence[str],
    profile: Profile,
    facts: Facts,
) -> dict[str, Any]:
    most = max(tallies[view.name].rows for view in views)
    # loaders refuse a part without rows, and with it the whole folder
    filled = [view for view in views if tallies[view.name].rows]
    default = default_view(filled or views)
    return {
        "pretty_name": about.name,
        "license": licence.card_name(facts.answers),
        **({"license_name": "other", "license_link": "LICENSE"} if facts.answers.get("licence") in OWN_TEXT else {}),
        **({"language": list(languages)} if languages else {}),
        "size_categories": [next((name for end, name in SIZES if most < end), "n>1M")],
        "tags": ["human-feedback", about.kind, *(["not-for-all-audiences"] if highest(profile) >= SENSITIVE else [])],
        "configs": [
            {
                "config_name": view.name,
                **({"default": True} if view.name == default else {}),
                "data_files": _data_files(form, view.name, tallies[view.name].splits),
            }
            for view in filled
        ],
        "dataset_info": [{"config_name": view.name, "features": shapes.features(view.row)} for view in filled],
    }


def _data_files(form: str, view: str, splits: Mapping[str, int]) -> list[dict[str, str]]:
    """Where the rows of each split are; a split without rows is left out, since loaders refuse an empty part."""
    if not splits:
        return [{"split": "train", "path": PATHS[form].format(view)}]
    return [{"split": name, "path": PATHS[form].format(f"{view}/{name}")} for name, rows in splits.items() if rows]


def hard(profile: Profile) -> list[str]:
    """The content of severity 2 or more, in words."""
    found = [code for code in sorted(profile) if profile[code] >= SENSITIVE]
    return [f"{code.title} (severity {int(profile[code])})" for code in found]


def content_warning(profile: Profile) -> list[str]:
    """What a reader must know first, where there is content of severity 2 or more."""
    found = hard(profile)
    if not found:
        return []
    return [
        "> **Content warning.** Texts in this dataset may contain: " + "; ".join(found) + ".",
        "> Severity runs from 0 (none) to 4. Think of who will open it before you share or show it.",
        "",
    ]


def default_view(views: Sequence[View]) -> str:
    """The view a loader takes when none is named: the first that is made for training."""
    return next((view.name for view in views if view.name not in shapes.WHOLE), views[0].name)


def _text(
    about: About,
    form: str,
    views: Sequence[View],
    tallies: Mapping[str, Tally],
    intake: Intake,
    languages: Sequence[str],
    profile: Profile,
    measured: Measured,
    facts: Facts,
) -> list[str]:
    plan = about.plan
    filled = [view for view in views if tallies[view.name].rows]
    empty = [view.name for view in views if not tallies[view.name].rows]
    out = {name: intake.left_out(name) for name in ("withdrawn", "not_used", "unpaid")}
    made = content_warning(profile)
    made += [
        f"# {_line(about.name)}",
        "",
        f"{about.kind_title}, judged by people in the project{'s' * bool(about.several)} {several.slugs(about.slugs)}.",
        *(["", f"Purpose, in the project's own words: {_line(about.purpose)}"] if about.purpose else []),
        "",
        f"This is the state of {about.moment}. It is never rewritten; what came later is in a later export.",
        "",
        "## Load it",
        "",
        "```python",
        "from datasets import load_dataset",
        "",
        f'rows = load_dataset("path/to/this/folder", "{default_view(filled or views)}", split="train")',
        "```",
        *(["", f"Without rows, so not to be loaded: {', '.join(f'`{name}`' for name in empty)}."] if empty else []),
        "",
        "This folder holds JSON Lines; the folder above holds the same rows as Parquet."
        if form == "jsonl"
        else "This folder holds Parquet; `jsonl/` holds the same rows as JSON Lines, with a README of its own.",
        "Columns and their types stand in the header above, and in `schemas/` as JSON Schema.",
        "To check that every file is whole: `labeler verify FOLDER`, or `sha256sum -c SHA256SUMS`.",
        "",
        "## What went in, what came out",
        "",
        f"Read: {intake.judgments:,} judgments of {intake.tasks:,} tasks, of which {intake.late:,} came late. "
        f"{intake.older:,} earlier versions of revised judgments were replaced by their newest. "
        f"{out['not_used']:,} judgments are left out as not used: a reviewer's decision about them stood, after a paid "
        "second try.",
        f"Withdrawn by their labelers: {out['withdrawn']:,}. Nothing of these is here.",
        *_unpaid(out["unpaid"]),
        "",
        *choices.taken(intake.steps),
        *choices.taken_each(intake.steps_each if about.several else {}),
        "",
        "| View | Rows | Read by | What it leaves out |",
        "|---|---:|---|---|",
        *(f"| `{view.name}` | {tallies[view.name].rows:,} | {view.readers} | {view.lossy} |" for view in views),
        "",
        "| View | Left out | How many |",
        "|---|---|---:|",
        *(_dropped(views, tallies)),
        "",
        "## Conditions",
        "",
        "- Tasks: " + (f"{len(plan.batches)} batches, named in `manifest.json`." if plan.batches else "all batches."),
        "- Late judgments "
        + ("count in every view." if plan.late == "include" else "are in `judgments` only, marked.")
        + " A judgment is late when its task had gone to somebody else before it came.",
        f"- Views other than `judgments` have tasks with at least {plan.min_judgments} counted "
        + ("judgment." if plan.min_judgments == 1 else "judgments."),
        *_rules(about.rules, views),
        *choices.chosen(plan, about.rules, views, tallies),
        "- Languages: " + (", ".join(languages) or "none") + ".",
        "- Guidelines: "
        + "; ".join(map(several.of_guideline, about.guidelines))
        + ". Every judgment names its version.",
        *(f"- {each}" for each in _freezes(about)),
        *_people(about, intake),
        "",
        *_papers(form, measured, facts, tallies),
        "## Licence",
        "",
        licence.sentence(facts.answers),
    ]  # fmt: skip
    return made


def _papers(form: str, measured: Measured, facts: Facts, tallies: Mapping[str, Tally]) -> list[str]:
    """How people worked, what was measured, and what the owner says of uses: in short, with where the rest is."""
    up = "../" if form == "jsonl" else ""
    said = facts.answers
    known = weaknesses.measured(measured, tallies)
    return [
        "## How people worked",
        "",
        *conditions.page(facts.conditions),
        "",
        "## What was measured",
        "",
        *([f"- {each}" for each in known] or ["The figures show no weakness."]),
        "",
        f"Agreement, habits and time with their intervals: [{up}STATS.md]({up}STATS.md). Where all of this is from: "
        f"[{up}DATASHEET.md]({up}DATASHEET.md). What changed: [{up}CHANGELOG.md]({up}CHANGELOG.md). Settings for "
        f"trainers: `{up}recipes/`.",
        "",
        *(["## Weaknesses the owner knows", "", *quoted(said["weaknesses"]), ""] if "weaknesses" in said else []),
        *(["## Uses", "", *quoted(said["intended_uses"]), ""] if "intended_uses" in said else []),
        *(["Not for:", "", *quoted(said["out_of_scope_uses"]), ""] if "out_of_scope_uses" in said else []),
    ]


def _rules(rules: Mapping[str, Any], views: Sequence[View]) -> list[str]:
    """The rules that these views were made by."""
    told = []
    if "margin_map" in rules and any(
        isinstance(view, PairView) and "margin" in view.row.model_fields for view in views
    ):
        by = ", ".join(
            f"degree {degree} counts {strength:g}" for degree, strength in rules["margin_map"]["strengths"].items()
        )
        told.append(f"- Margins: map `{rules['margin_map']['name']}` ({by}).")
    if "label" in rules and any(view.name == "unpaired" for view in views):
        label = rules["label"]
        limit = f"above {label['above']:g}" if "above" in label else f"of at least {label['from']:g}"
        told.append(f"- Labels of `unpaired`: good is a mean {limit} on the scale `{label['scale']}`.")
    return told


def _people(about: About, intake: Intake) -> list[str]:
    """What rows say of the people who judged."""
    if about.plan.labeler_names == "task":
        names = "Labelers have a name on each task that is good for this task in this export only."
    else:
        names = (
            "Labelers have a name that is good in this export only. Habits show in many answers of one person: do not "
            "try to recognise anybody, and share it with nobody who would."
        )
    comments = "Comments are left out."
    if about.plan.comments == "screened":
        found = ", ".join(f"{intake.screened[label]:,} {label}" for label in LABELS if intake.screened[label])
        comments = (
            f"Comments were screened for personal data; replaced: {found or 'nothing'}. Names of people may be left."
        )
    told = [f"- {names}", f"- How long an answer took is told in buckets, when it came is not told. {comments}"]
    if about.people is not None:
        there = any(each["table"] for each in about.people.get("projects", [about.people]))
        table = "is in `people.json`" if there else "cannot be told at the moment (`people.json`)"
        told.append(f"- Who judged {table}: what labelers chose to say of themselves, of ten people or more.")
    return told


def _freezes(about: About) -> list[str]:
    if not about.several:
        return [_freeze(about.freeze_at, about.frozen)]
    return [f"`{of.slug}`: {_freeze(of.freeze_at, frozen)}" for of, frozen in about.freezes]


def _freeze(freeze_at: datetime | None, frozen: bool) -> str:
    if frozen:
        return f"Frozen since {freeze_at:%Y-%m-%d}: no judgment can be withdrawn by its labeler any more."
    until = "no last day is announced yet" if freeze_at is None else f"until {freeze_at:%Y-%m-%d}"
    return f"Not frozen: labelers may withdraw judgments ({until}), and a later export then has fewer. Use the newest."


def _unpaid(number: int) -> list[str]:
    if not number:
        return ["", "Every judgment in it has been settled with who gave it; none was left out because unpaid."]
    return ["", f"Left out because unpaid: {number:,}. Work that nobody has been paid for is not exported."]


def _dropped(views: Sequence[View], tallies: Mapping[str, Tally]) -> list[str]:
    made = [
        f"| `{view.name}` | {reason} | {number:,} |"
        for view in views
        for reason, number in sorted(tallies[view.name].dropped.items())
    ]
    return made or ["| all | nothing | 0 |"]


def _line(text: str) -> str:
    """A person's words on one line, so that they cannot pose as the card's own headings or table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
