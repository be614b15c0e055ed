"""One export as a folder: data files, card, schemas, manifest, checksums. The same input gives the same bytes.

README.md            card and header for the Parquet files
data/<view>.parquet  with splits: data/<view>/train.parquet and data/<view>/test.parquet
jsonl/README.md      card and header for the JSON Lines files
jsonl/data/<view>.jsonl, or <view>/train.jsonl and <view>/test.jsonl
schemas/<view>.json  JSON Schema of a row
people.json          who judged, where it was asked for: numbers of ten people or more
stats.json STATS.md conditions.json DATASHEET.md LICENSE CHANGELOG.md croissant.json recipes/   papers (`documents/`)
manifest.json        what is inside, of what, under which conditions, with every file's SHA-256
SHA256SUMS           of all files above, for `sha256sum -c`
attestation.dsse.json, signing-key.pub   who says so (`attestation.py`)
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

from labeler.exports import attestation, collecting, screening
from labeler.exports import rows as shapes
from labeler.exports.about import About, in_utc
from labeler.exports.card import card, content_warning
from labeler.exports.documents.papers import Papers
from labeler.exports.formats import ViewFiles, Written, sync_folders, write_text
from labeler.exports.placing import Placement
from labeler.exports.source import Intake
from labeler.exports.standalone.verify_dataset import SIGNED
from labeler.signing.keys import SigningKey
from tasks.content import Profile, Severity
from tasks.kind import JudgedTask, Tally, View

FORMAT = SIGNED
"""Raised when the layout or the manifest changes its meaning; `verify` reads what it knows."""

STEP_TASKS = 1_000
"""Tasks between two signs of life."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A finished folder: the SHA-256 of its manifest, the key that signed it, and the counts that the manifest has."""

    manifest_hash: str
    key_id: str
    counts: dict[str, Any]
    versions_read: int
    erased: int = 0
    """How many accounts of erased people there were when it was read."""


def write(
    root: Path,
    about: About,
    views: Sequence[View],
    tasks: Iterable[JudgedTask],
    intake: Intake,
    placement: Placement,
    papers: Papers,
    alive: Callable[[int], None],
    key: SigningKey,
) -> Bundle:
    """Write everything into the empty folder `root`, and sign it with `key`. `alive` hears now and then how many stored
    versions were read."""
    with collecting.seldom():
        tallies, files, languages, profile = _data(root, about, views, papers.seen(tasks), intake, placement, alive)
    for view in views:
        schema = orjson.dumps(shapes.json_schema(view), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        files.append(write_text(root, f"schemas/{view.name}.json", schema))
    if about.people is not None:
        files.append(write_text(root, "people.json", _json(about.people)))
    counts = {
        "in": {
            "judgments": intake.judgments,
            "tasks": intake.tasks,
            "late": intake.late,
            "replaced_versions": intake.older,
            **{name: intake.left_out(name) for name in ("withdrawn", "not_used", "unpaid")},
        },
        "steps": [asdict(step) for step in intake.steps],
        **(
            {"projects": {slug: [asdict(step) for step in of] for slug, of in intake.steps_each.items()}}
            if about.several
            else {}
        ),
        "views": {
            name: {
                "rows": tally.rows,
                "dropped": dict(sorted(tally.dropped.items())),
                **({"splits": tally.splits} if tally.splits else {}),
            }
            for name, tally in tallies.items()
        },
    }
    papers.compare(root, about, views, files, lambda: alive(intake.fingerprint.number))
    facts = papers.facts(about, intake.tasks, languages, profile)
    warning = content_warning(profile)
    for form, folder in (("parquet", ""), ("jsonl", "jsonl/")):
        text = card(about, form, views, tallies, intake, languages, profile, papers.measured, facts)
        files.append(write_text(root, f"{folder}README.md", text))
    texts = papers.texts(facts, views, tallies, counts, files, warning)
    files += [write_text(root, path, text) for path, text in texts.items()]
    files.sort(key=lambda file: file.path)
    told = {**_manifest(about, views, intake, counts, files), **papers.manifest(facts, views, counts)}
    manifest = write_text(root, "manifest.json", _json(told))
    sums = "".join(f"{file.sha256}  {file.path}\n" for file in sorted([*files, manifest], key=lambda file: file.path))
    write_text(root, "SHA256SUMS", sums)
    attestation.sign(root, told, {file.path: file.sha256 for file in [*files, manifest]}, key)
    sync_folders(root)
    return Bundle(manifest.sha256, key.public.key_id, counts, intake.fingerprint.number)


def _data(
    root: Path,
    about: About,
    views: Sequence[View],
    tasks: Iterable[JudgedTask],
    intake: Intake,
    placement: Placement,
    alive: Callable[[int], None],
) -> tuple[dict[str, Tally], list[Written], list[str], Profile]:
    choice = shapes.Choice(count_late=about.plan.late == "include", at_least=about.plan.min_judgments)
    tallies = {view.name: Tally() for view in views}
    languages: set[str] = set()
    profile: Profile = {}
    files: list[Written] = []
    splits, split_of = placement.splits, placement.split_of
    with ExitStack() as open_files:
        outputs = [
            (view, tallies[view.name], *_opened(root, view, splits, len(views) * max(1, len(splits)), open_files))
            for view in views
        ]
        for task in tasks:
            languages.add(task.language)
            for category, severity in task.categories.items():
                profile[category] = max(profile.get(category, Severity.NONE), severity)
            split = split_of(task.id) if splits else None
            for view, tally, output, by_row in outputs:
                for row in choice.rows(view, task, tally):
                    output[split_of(row["id"]) if by_row else split].add(row)
            if intake.tasks % STEP_TASKS == 0:
                alive(intake.fingerprint.number)
        for view, tally, output, by_row in outputs:
            for row in view.last(tally):
                output[split_of(row["id"]) if by_row else None].add(row)
            for name, file in output.items():
                files += file.finish()
                tally.rows += file.rows
                if name is not None:
                    tally.splits[name] = file.rows
            alive(intake.fingerprint.number)
    return tallies, files, sorted(languages), profile


def _opened(
    root: Path, view: View, splits: Sequence[str], many: int, open_files: ExitStack
) -> tuple[dict[str | None, ViewFiles], bool]:
    """A view's files, one for each split, under None where there is none; and whether each row is to be asked where it
    belongs: of a view that tells some rows later, with the next task or after the last, by the id of their own task.
    A view whose rows are of no task is not split."""
    if not view.of_tasks:
        splits = ()
    paths: dict[str | None, str] = {split: f"{view.name}/{split}" for split in splits} or {None: view.name}
    made = {split: open_files.enter_context(ViewFiles(root, path, view.row, many)) for split, path in paths.items()}
    return made, bool(splits) and type(view).last is not View.last


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
        **_several(about),
        "snapshot": {
            "at": about.moment,
            "versions_read": intake.fingerprint.number,
            "ids_sha256": intake.fingerprint.hexdigest(),
        },
        "freeze": {"announced_for": about.freeze_at and in_utc(about.freeze_at), "frozen": about.frozen},
        "supersedes": list(about.supersedes),
        "options": plan,
        "rules": about.rules,
        "screening": _screening(about, intake),
        "options_sha256": hashlib.sha256(about.plan.text.encode()).hexdigest(),
        "guidelines": list(about.guidelines),
        "batches": list(about.batches),
        "counts": counts,
        "columns": shapes.columns(views),
        "files": [asdict(file) for file in files],
    }  # fmt: skip


def _several(about: About) -> dict[str, Any]:
    """Each project, where there are several: what it is, and until when its answers may be withdrawn."""
    if not about.several:
        return {}
    return {
        "projects": [
            {
                "id": str(of.id),
                "slug": of.slug,
                "name": of.name,
                "purpose": of.purpose,
                "options": of.options,
                "overlap": of.overlap,
                "pay_told_to_labelers": of.pay,
                "freeze": {"announced_for": of.freeze_at and in_utc(of.freeze_at), "frozen": frozen},
            }
            for of, frozen in about.freezes
        ]
    }


def _screening(about: About, intake: Intake) -> dict[str, Any] | None:
    """What was looked for in comments and how often it was replaced; None where comments are left out."""
    if about.plan.comments == "leave_out":
        return None
    return {"version": screening.VERSION, "replaced": {label: intake.screened[label] for label in screening.LABELS}}


def _json(value: dict[str, Any]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
