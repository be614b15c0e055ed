"""One export as a folder: data files, card, schemas, manifest, checksums. The same input gives the same bytes.

README.md            card and header for the Parquet files
data/<view>.parquet
jsonl/README.md      card and header for the JSON Lines files
jsonl/data/<view>.jsonl
schemas/<view>.json  JSON Schema of a row
people.json          who judged, where it was asked for: numbers of ten people or more
manifest.json        what is inside, of what, under which conditions, with every file's SHA-256
SHA256SUMS           of all files above, for `sha256sum -c`
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from labeler.exports import collecting, screening
from labeler.exports import rows as shapes
from labeler.exports.card import About, card, in_utc
from labeler.exports.formats import ViewFiles, Written, sync_folders, write_text
from labeler.exports.source import Intake
from tasks.content import Profile, Severity
from tasks.kind import JudgedTask, Tally, View

FORMAT = "labeler-export/1"
"""Raised when the layout or the manifest changes its meaning; `verify` reads what it knows."""

STEP_TASKS = 1_000
"""Tasks between two signs of life."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A finished folder: the SHA-256 of its manifest, and the counts in and out that the manifest has."""

    manifest_hash: str
    counts: dict[str, Any]
    versions_read: int


def write(
    root: Path,
    about: About,
    views: Sequence[View],
    tasks: Iterable[JudgedTask],
    intake: Intake,
    alive: Callable[[int], None],
) -> Bundle:
    """Write everything into the empty folder `root`. `alive` hears now and then how many stored versions were read."""
    with collecting.seldom():
        tallies, files, languages, profile = _data(root, about, views, tasks, intake, alive)
    for view in views:
        schema = orjson.dumps(shapes.json_schema(view), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        files.append(write_text(root, f"schemas/{view.name}.json", schema))
    if about.people is not None:
        files.append(write_text(root, "people.json", _json(about.people)))
    for form, folder in (("parquet", ""), ("jsonl", "jsonl/")):
        text = card(about, form, views, tallies, intake, languages, profile)
        files.append(write_text(root, f"{folder}README.md", text))
    counts = {
        "in": {
            "judgments": intake.judgments,
            "tasks": intake.tasks,
            "late": intake.late,
            "replaced_versions": intake.older,
            "withdrawn": intake.withdrawn,
            "not_used": intake.not_used,
            "unpaid": intake.unpaid,
        },
        "views": {
            name: {"rows": tally.rows, "dropped": dict(sorted(tally.dropped.items()))}
            for name, tally in tallies.items()
        },
    }
    files.sort(key=lambda file: file.path)
    manifest = write_text(root, "manifest.json", _json(_manifest(about, views, intake, counts, files)))
    sums = "".join(f"{file.sha256}  {file.path}\n" for file in sorted([*files, manifest], key=lambda file: file.path))
    write_text(root, "SHA256SUMS", sums)
    sync_folders(root)
    return Bundle(manifest.sha256, counts, intake.fingerprint.number)


def _data(
    root: Path,
    about: About,
    views: Sequence[View],
    tasks: Iterable[JudgedTask],
    intake: Intake,
    alive: Callable[[int], None],
) -> tuple[dict[str, Tally], list[Written], list[str], Profile]:
    choice = shapes.Choice(count_late=about.plan.late == "include", at_least=about.plan.min_judgments)
    tallies = {view.name: Tally() for view in views}
    languages: set[str] = set()
    profile: Profile = {}
    files: list[Written] = []
    with ExitStack() as open_files:
        outputs = [
            (view, tallies[view.name], open_files.enter_context(ViewFiles(root, view.name, view.row, len(views))))
            for view in views
        ]
        for task in tasks:
            languages.add(task.language)
            for category, severity in task.categories.items():
                profile[category] = max(profile.get(category, Severity.NONE), severity)
            for view, tally, output in outputs:
                for row in choice.rows(view, task, tally):
                    output.add(row)
            if intake.tasks % STEP_TASKS == 0:
                alive(intake.fingerprint.number)
        for view, tally, output in outputs:
            for row in view.last(tally):
                output.add(row)
            files += output.finish()
            tally.rows = output.rows
            alive(intake.fingerprint.number)
    return tallies, files, sorted(languages), profile


def _manifest(
    about: About, views: Sequence[View], intake: Intake, counts: dict[str, Any], files: Sequence[Written]
) -> dict[str, Any]:
    plan = about.plan.model_dump(mode="json")
    return {
        "format": FORMAT,
        "id": str(about.export_id),
        "number": about.number,
        "created_at": about.moment,
        "made_with": {"labeler": version("labeler"), "pyarrow": pa.__version__},
        "project": {
            "id": str(about.project_id),
            "slug": about.slug,
            "name": about.name,
            "kind": about.kind,
            "kind_version": about.kind_version,
            "options": about.project_options,
        },
        "snapshot": {
            "at": about.moment,
            "versions_read": intake.fingerprint.number,
            "ids_sha256": intake.fingerprint.hexdigest(),
        },
        "freeze": {"announced_for": about.freeze_at and in_utc(about.freeze_at), "frozen": about.frozen},
        "options": plan,
        "rules": about.rules,
        "screening": _screening(about, intake),
        "options_sha256": hashlib.sha256(about.plan.text.encode()).hexdigest(),
        "guidelines": list(about.guidelines),
        "batches": list(about.batches),
        "counts": counts,
        "columns": {
            view.name: {field.name: str(field.type) for field in shapes.schema(view.row)} for view in views
        },
        "files": [asdict(file) for file in files],
    }  # fmt: skip


def _screening(about: About, intake: Intake) -> dict[str, Any] | None:
    """What was looked for in comments and how often it was replaced; None where comments are left out."""
    if about.plan.comments == "leave_out":
        return None
    return {"version": screening.VERSION, "replaced": {label: intake.screened[label] for label in screening.LABELS}}


def _json(value: dict[str, Any]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
