"""From judgments to dataset rows: a view's columns in each format, who is called what, and which judgments count.

Pure: values in, values out.
"""

from __future__ import annotations

import hashlib
import types
import typing
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

import pyarrow as pa
from pydantic import BaseModel

from tasks.kind import JudgedTask, Tally, View

FEW = "tasks with fewer judgments than this export asks for"

WHOLE = frozenset({"judgments", "labelers"})
"""Views that no choice of judgments makes smaller."""

SCALARS: dict[Any, tuple[str, pa.DataType]] = {
    str: ("string", pa.string()),
    int: ("int64", pa.int64()),
    float: ("float64", pa.float64()),
    bool: ("bool", pa.bool_()),
}
"""The types a column may have, as a dataset card and as Parquet name them."""


Key = UUID | str
"""An id as the driver gives it: PostgreSQL's makes UUIDs, SQLite's the 32 digits. Most are never shown."""


class Given(NamedTuple):
    """One stored version of an answer, as the database gives it. `answer` is JSON text of the kind's own answer."""

    id: Key
    task_id: Key
    assignment_id: Key
    labeler_id: Key
    version: int
    order: str
    answer: str
    standing: str
    guideline_version: int
    kind_version: int
    seconds: float
    submitted_at: datetime


def digits(key: Key) -> str:
    """An id's 32 hexadecimal digits."""
    return key if isinstance(key, str) else key.hex


def dashed(key: Key) -> str:
    """An id as people and addresses write it."""
    if not isinstance(key, str):
        return str(key)
    return f"{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:]}"


def schema(row: type[BaseModel]) -> pa.Schema:
    """The Parquet schema of a view's columns. No loader's own metadata is added: other loaders stumble over it."""
    return pa.schema([pa.field(name, _arrow(annotation)) for name, annotation in _columns(row)])


def features(row: type[BaseModel]) -> list[dict[str, Any]]:
    """The same columns as a dataset card declares them, so that a loader has nothing to guess from the first rows."""
    return [{"name": name, **_feature(annotation)} for name, annotation in _columns(row)]


def columns(views: Iterable[View]) -> dict[str, dict[str, str]]:
    """Each view's columns and their types, as a manifest lists them."""
    return {view.name: {field.name: str(field.type) for field in schema(view.row)} for view in views}


def json_schema(view: View) -> dict[str, Any]:
    """The same columns as a JSON Schema, for checks in any language."""
    made = view.row.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": view.name}


def _columns(row: type[BaseModel]) -> list[tuple[str, Any]]:
    return [(name, field.annotation) for name, field in row.model_fields.items()]


def _plain(annotation: Any) -> Any:
    """A type without its "or None": every column may hold null in Parquet and in a card."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        kept = [part for part in typing.get_args(annotation) if part is not type(None)]
        if len(kept) == 1:
            return kept[0]
    return annotation


def _arrow(annotation: Any) -> pa.DataType:
    kind = _plain(annotation)
    if kind in SCALARS:
        return SCALARS[kind][1]
    if typing.get_origin(kind) is list:
        # "element" is what Parquet calls it: the schema read back is then the schema written
        return pa.list_(pa.field("element", _arrow(typing.get_args(kind)[0])))
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return pa.struct([pa.field(name, _arrow(inner)) for name, inner in _columns(kind)])
    raise TypeError(f"a view's column cannot be {annotation!r}")


def _feature(annotation: Any) -> dict[str, Any]:
    kind = _plain(annotation)
    if kind in SCALARS:
        return {"dtype": SCALARS[kind][0]}
    if typing.get_origin(kind) is list:
        inner = _feature(typing.get_args(kind)[0])
        (only,) = inner.values() if len(inner) == 1 else (inner,)
        return {"list": only if "dtype" in inner or "struct" in inner else inner}
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {"struct": features(kind)}
    raise TypeError(f"a view's column cannot be {annotation!r}")


class Pseudonyms:
    """Names for labelers and judgments in one export.

    A labeler's name is keyed by project, snapshot and options: it cannot be followed from one export to another,
    nor to another project. One that is good for a single task cannot be followed within the export either, so that
    nobody's habits can be put together and recognised elsewhere. A judgment's is keyed by the project alone, so that
    two versions can be compared; our own id would tell the moment of the answer, and with it each labeler's pace.
    """

    def __init__(self, secret: bytes, project_id: UUID, snapshot_at: datetime, options: str) -> None:
        self._judgments = _digest(secret, f"judgment {project_id}", 32)
        self._labelers = _digest(secret, f"labeler {project_id} {snapshot_at.isoformat()} {options}", 32)
        self._known: dict[Key, str] = {}

    def labeler(self, labeler_id: Key) -> str:
        """The labeler's name here: 16 hexadecimal digits."""
        name = self._known.get(labeler_id)
        if name is None:
            name = self._known[labeler_id] = _digest(self._labelers, digits(labeler_id), 8).hex()
        return name

    @property
    def met(self) -> dict[UUID, str]:
        """Everybody who was named so far, and how."""
        return {UUID(digits(key)): name for key, name in self._known.items()}

    def on_task(self, task_id: Key, labeler_id: Key) -> str:
        """The labeler's name on one task: 16 hexadecimal digits."""
        return _digest(self._labelers, f"{digits(task_id)} {digits(labeler_id)}", 8).hex()

    def judgment(self, judgment_id: Key) -> str:
        """The judgment's name in this project's exports: 24 hexadecimal digits."""
        return _digest(self._judgments, digits(judgment_id), 12).hex()


def _digest(key: bytes, text: str, size: int) -> bytes:
    return hashlib.blake2b(text.encode(), key=key, digest_size=size).digest()


def latest(versions: Iterable[Given]) -> tuple[list[Given], int]:
    """The newest version of each answer to one task, in the order first given; and how many older ones there were."""
    newest: dict[Key, Given] = {}
    versions = list(versions)
    if all(given.version == 1 for given in versions):
        return versions, 0
    older = 0
    for given in versions:
        known = newest.get(given.assignment_id)
        older += known is not None
        if known is None or given.version > known.version:
            newest[given.assignment_id] = given
    return list(newest.values()), older


def by_task(judgments: Iterable[Given]) -> Iterator[tuple[Key, list[Given]]]:
    """A stream ordered by task, one task at a time."""
    return ((task_id, list(group)) for task_id, group in groupby(judgments, key=lambda given: given.task_id))


@dataclass(frozen=True, slots=True)
class Choice:
    """Which judgments the views of one task each count from; `judgments` itself always has them all."""

    count_late: bool
    at_least: int

    def rows(self, view: View, task: JudgedTask, tally: Tally) -> Iterable[dict[str, Any]]:
        """The view's rows for the task under this choice."""
        if view.name in WHOLE:
            return view.rows(task, tally)
        if self.count_late and any(judged.late for judged in task.judgments):
            task = replace(task, judgments=tuple(replace(judged, late=False) for judged in task.judgments))
        if self.at_least > 1 and sum(not judged.late for judged in task.judgments) < self.at_least:
            tally.drop(FEW)
            return ()
        return view.rows(task, tally)


class Fingerprint:
    """A running SHA-256 over what was read, so that two readings of one snapshot can be compared."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.number = 0

    def add(self, given: Given) -> None:
        """Count one stored version."""
        self._hash.update(digits(given.id).encode())
        self.number += 1

    def hexdigest(self) -> str:
        """The digest of all ids so far, in the order read."""
        return self._hash.hexdigest()
