"""What goes into a version's folder beside its rows: made of what the stream showed and of what the record knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import orjson

from labeler.exports import rows as shapes
from labeler.exports.documents import (
    changes,
    conditions,
    croissant,
    datasheet,
    differences,
    licence,
    provenance,
    recipes,
    statistics,
)
from labeler.exports.documents.about import Facts, Known
from labeler.exports.documents.croissant import Column, DataFile
from labeler.exports.documents.measured import Measured, Watch
from labeler.exports.formats import Written
from tasks.content import SENSITIVE, Profile
from tasks.kind import JudgedTask, Tally, View
from tasks.measures import Measure

if TYPE_CHECKING:
    from labeler.exports.about import About


class Papers:
    """The papers of one version. The tasks go through `seen` once; after the last one the rest may be asked for."""

    def __init__(self, known: Known, measures: tuple[Measure, ...], *, count_late: bool) -> None:
        self.known = known
        self._watch = Watch(measures, count_late=count_late)
        self._measured: Measured | None = None
        self._rows: dict[str, differences.Rows | str] | None = None

    def seen(self, tasks: Iterable[JudgedTask]) -> Iterator[JudgedTask]:
        """The same tasks, each counted as it goes by."""
        see = self._watch.see
        for task in tasks:
            see(task)
            yield task

    @property
    def measured(self) -> Measured:
        """The statistics; to be asked after the last task."""
        if self._measured is None:
            self._measured = self._watch.measured()
        return self._measured

    def compare(
        self, root: Path, about: About, views: Sequence[View], data: Sequence[Written], alive: Callable[[], None]
    ) -> None:
        """Hold the rows in `root`, which are whole, against those of the version before, where there is one."""
        before = self.known.previous
        if before is None:
            return
        files: dict[str, list[str]] = {}
        for each in data:
            if (of := view_of(views, each.path)) is not None:
                files.setdefault(of[0].name, []).append(each.path)
        earlier = differences.opened(before.folder, before.manifest_hash)
        self._rows = differences.compared(
            earlier, root, shapes.columns(views), about.rules, about.plan.late, files, alive
        )  # fmt: skip

    def facts(self, about: About, tasks: int, languages: Sequence[str], profile: Profile) -> Facts:
        """The version's own facts."""
        return Facts(
            export_id=str(about.export_id),
            number=about.number,
            slug=about.slug,
            name=about.name,
            purpose=about.purpose,
            kind=about.kind,
            kind_version=about.kind_version,
            kind_title=about.kind_title,
            question=self.known.question,
            options=about.project_options,
            plan=about.plan.model_dump(mode="json", exclude={"views"}),
            guidelines=about.guidelines,
            languages=languages,
            hard=[(code.title, int(profile[code])) for code in sorted(profile) if profile[code] >= SENSITIVE],
            overlap=self.known.overlap,
            began=self.known.began,
            moment=about.moment,
            tasks=tasks,
            people=conditions.people_told(self.measured.people),
            answers=self.known.answers,
            conditions=self.known.conditions,
            version=version("labeler"),
            several=about.several,
            groups=((about.people or {}).get("table") or {}).get("agreement", ()),
        )

    def texts(
        self,
        facts: Facts,
        views: Sequence[View],
        tallies: Mapping[str, Tally],
        counts: Mapping[str, Any],
        files: Sequence[Written],
        warning: Sequence[str],
    ) -> dict[str, bytes]:
        """Every further file of the folder, by its path. `files` are those written so far, the data among them."""
        changed = self.changed(facts, views, counts)
        before = _in_utc(self.known.previous)
        data = [each for each in files if each.rows is not None]
        with_rows = any(view.name == "judgments" for view in views)
        return {
            "stats.json": json(statistics.facts(self.measured, with_rows=with_rows)),
            "STATS.md": statistics.page(facts.name, self.measured, with_rows=with_rows).encode(),
            "conditions.json": json(facts.conditions),
            "DATASHEET.md": datasheet.page(facts, self.measured, tallies, warning).encode(),
            "LICENSE": licence.text(facts.answers).encode(),
            "CHANGELOG.md": changes.page(facts.number, facts.moment, changed, before).encode(),
            "croissant.json": json(croissant.document(facts, self.measured, tallies, described(views, data))),
            **recipes.texts(f"{facts.slug}-v{facts.number}", trained_on(views, data)),
        }

    def changed(self, facts: Facts, views: Sequence[View], counts: Mapping[str, Any]) -> Any:
        """What differs from the version before, for changelog and manifest; None for a first version."""
        return changes.facts(self.known.previous, [view.name for view in views], facts.plan, counts, self._rows)

    def manifest(self, facts: Facts, views: Sequence[View], counts: Mapping[str, Any]) -> dict[str, Any]:
        """The manifest's further keys."""
        return {
            "changes": self.changed(facts, views, counts),
            "licence": facts.answers.get("licence"),
            **({"licences": dict(self.known.licences)} if self.known.licences else {}),
            "provenance_standard": provenance.standard(
                version=facts.version,
                export_id=facts.export_id,
                name=facts.name,
                slugs=facts.slugs,
                number=facts.number,
                began=facts.began,
                moment=facts.moment,
                before=_in_utc(self.known.previous),
                kind_title=facts.kind_title,
                answers=facts.answers,
                hard=bool(facts.hard),
            ),
        }


def view_of(views: Sequence[View], path: str) -> tuple[View, str | None] | None:
    """Whose rows a Parquet file has, and of which split: `data/<view>.parquet` or `data/<view>/<split>.parquet`."""
    parts = PurePosixPath(path).with_suffix("").parts
    if parts[0] != "data" or not path.endswith(".parquet"):
        return None
    found = next((view for view in views if view.name == parts[1]), None)
    return None if found is None else (found, parts[2] if len(parts) == 3 else None)


def described(views: Sequence[View], data: Sequence[Written]) -> list[DataFile]:
    """The data files as Croissant describes them: the Parquet ones with their columns."""
    made = []
    for each in sorted(data, key=lambda file: file.path):
        of = view_of(views, each.path)
        if of is None:
            made.append(DataFile(each.path, each.bytes, each.sha256, None))
            continue
        view, split = of
        columns = [Column(column["name"], column) for column in shapes.features(view.row)]
        name = view.name if split is None else f"{view.name}_{split}"
        made.append(DataFile(each.path, each.bytes, each.sha256, name, columns))
    return made


def trained_on(views: Sequence[View], data: Sequence[Written]) -> dict[str, str]:
    """The Parquet file of each view that a trainer begins with: that of the split `train`, where there are splits."""
    made = {}
    for each in data:
        of = view_of(views, each.path)
        if of is not None and each.rows and of[1] in (None, "train"):
            made[of[0].name] = each.path
    return made


def _in_utc(previous: changes.Previous | None) -> str | None:
    return None if previous is None else previous.snapshot_at.isoformat().replace("+00:00", "Z")


def json(value: Any) -> bytes:
    """JSON for people and programs: indented, keys in the order given."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
