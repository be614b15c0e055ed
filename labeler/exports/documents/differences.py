"""Which rows of a view are new in a version, gone from it, or have another verdict than in the version before.

Rows are found again by their `id`: of a task or a judgment, the same in all versions of a project. Made-up names of
labelers are made anew for each version, and texts of tasks never change, so neither is compared. Both files are read
as a stream, of each row nothing stays but two numbers of 64 bits; that two of a million rows fall on one number by
chance happens once in thirty million comparisons.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

PAIR = ("chosen", "margin", "n", "agreement", "p_win")
VERDICT: Mapping[str, tuple[str, ...]] = {
    "judgments": ("verdict", "preferred", "margin", "ratings", "flags"),
    "preference": PAIR,
    "preference_implicit": PAIR,
    "messages_pair": PAIR,
    "strings": PAIR,
    "hh": ("chosen",),
    "rewardbench": ("chosen",),
    "nemo_rl": ("completions",),
    "helpsteer3": ("overall_preference",),
    "arena": ("winner",),
    "unpaired": ("label", "score", "n"),
    "ultrafeedback": ("completions",),
}
"""The columns that are a row's verdict, as far as a view has them."""
BESIDE: Mapping[str, tuple[str, ...]] = {
    "ratings": ("id", "row_id", "batch", "language", "prompt", "response", "model"),
    "helpsteer2": ("id", "prompt", "response"),
}
"""Of views whose columns are named by a project, those that are no verdict."""
NOT_COMPARED = frozenset({"critique"})
"""Parts of a verdict's columns that are free comments: in or out by choice."""
WHOLE = "judgments"
"""The view that no rule of aggregation makes."""

NO_FILES = "the files of that version are not here any more"
OTHER_FILES = "the files of that version are not as they were made"
NO_IDS = "its rows have no id that outlives a version"
OTHER_COLUMNS = "that version has other columns"
OTHER_RULES = "its rows were made by other rules"
NOT_THERE = "only one of the two has it"

BATCH_ROWS = 5_000
"""Rows that are read together."""
AT_ONCE = 100_000
"""Rows that are looked up together."""
SHORT = 64
"""Bytes of a text up to which many are looked at together."""
Numbers = NDArray[np.uint64]
_EMPTY, _FACTOR = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)
_NULL, _SHIFT = np.uint64(0x94D049BB133111EB), np.uint64(29)


@dataclass(frozen=True, slots=True)
class Rows:
    """How many rows are new, gone, and there in both with another verdict."""

    added: int
    removed: int
    changed: int


def verdict(view: str, columns: Sequence[str]) -> tuple[str, ...]:
    """The columns that are a row's verdict; none where rows cannot be found again."""
    if "id" not in columns:
        return ()
    if view in BESIDE:
        return tuple(name for name in columns if name not in BESIDE[view])
    return tuple(name for name in VERDICT.get(view, ()) if name in columns)


@dataclass(frozen=True, slots=True)
class Earlier:
    """The files of an earlier version; `manifest` is None where they cannot be compared, and `problem` says why."""

    root: Path
    manifest: dict[str, Any] | None
    problem: str


def opened(root: Path | None, manifest_hash: str | None) -> Earlier:
    """The files in a folder, if they are those of the version whose manifest has this SHA-256."""
    try:
        data = b"" if root is None else (root / "manifest.json").read_bytes()
    except OSError:
        data = b""
    if root is None or not data:
        return Earlier(Path(), None, NO_FILES)
    if hashlib.sha256(data).hexdigest() != manifest_hash:
        return Earlier(root, None, OTHER_FILES)
    return Earlier(root, orjson.loads(data), "")


def compared(
    earlier: Earlier,
    root: Path,
    columns: Mapping[str, Mapping[str, str]],
    rules: Mapping[str, Any],
    late: str,
    files: Mapping[str, Sequence[str]],
    alive: Callable[[], None],
) -> dict[str, Rows | str]:
    """By view what differs, or why that is not known: for the views of either version.

    `columns`, `rules` and `late` are those of the version in `root`, as its manifest will have them; `files` are the
    Parquet files of each of its views. `alive` is called now and then.
    """
    before = earlier.manifest
    if before is None:
        return dict.fromkeys(columns, earlier.problem)
    old_columns: Mapping[str, Mapping[str, str]] = before.get("columns", {})
    same_rules = _shaping(before.get("rules", {}), before["options"].get("late")) == _shaping(rules, late)
    found: dict[str, Rows | str] = {}
    for view in sorted({*columns, *old_columns}):
        old, new = old_columns.get(view), columns.get(view)
        if old is None or new is None:
            found[view] = NOT_THERE
            continue
        told = verdict(view, list(new))
        if not told:
            found[view] = NO_IDS
        elif verdict(view, list(old)) != told or any(old[name] != new[name] for name in ("id", *told)):
            found[view] = OTHER_COLUMNS
        elif view != WHOLE and not same_rules:
            found[view] = OTHER_RULES
        else:
            found[view] = _of_view(earlier.root, _files(before, view), root, files.get(view, ()), told, alive)
    return found


def _shaping(rules: Mapping[str, Any], late: Any) -> dict[str, Any]:
    """What decides how rows other than judgments are told; which ones there are, is what is compared."""
    return {name: rules.get(name) for name in ("aggregation", "margin_map", "label")} | {"late": late}


def _files(manifest: Mapping[str, Any], view: str) -> list[str]:
    paths = [each["path"] for each in manifest["files"]]
    return [path for path in paths if path == f"data/{view}.parquet" or path.startswith(f"data/{view}/")]


def _of_view(
    before: Path,
    old: Sequence[str],
    after: Path,
    new: Sequence[str],
    told: Sequence[str],
    alive: Callable[[], None],
) -> Rows | str:
    try:
        ids, verdicts = _sorted([before / path for path in old], told, alive)
    except (OSError, pa.ArrowException):
        return NO_FILES
    theirs, said = _sorted([after / path for path in new], told, alive)
    met = changed = 0
    for start in range(0, len(theirs), AT_ONCE):
        asked = theirs[start : start + AT_ONCE]
        place = np.searchsorted(ids, asked)
        there = place < len(ids)
        there[there] = ids[place[there]] == asked[there]
        met += int(np.count_nonzero(there))
        changed += int(np.count_nonzero(verdicts[place[there]] != said[start : start + AT_ONCE][there]))
    return Rows(added=len(theirs) - met, removed=len(ids) - met, changed=changed)


def _sorted(paths: Sequence[Path], told: Sequence[str], alive: Callable[[], None]) -> tuple[Numbers, Numbers]:
    """The number of each row's id, in order, and that of its verdict."""
    many = sum(pq.read_metadata(path).num_rows for path in paths)
    ids, verdicts, so_far = np.empty(many, np.uint64), np.empty(many, np.uint64), 0
    for path in paths:
        # neither all columns ahead nor more threads: both cost more than the work is
        with pq.ParquetFile(path, pre_buffer=False) as file:
            for batch in file.iter_batches(BATCH_ROWS, columns=["id", *told], use_threads=False):
                part = slice(so_far, so_far + len(batch))
                said = np.zeros(len(batch), np.uint64)
                for name in told:
                    said = _mixed(said + numbers(batch.column(name)))
                ids[part], verdicts[part] = numbers(batch.column("id")), said
                so_far += len(batch)
                alive()
    order = np.argsort(ids)
    ids = ids[order]
    return ids, verdicts[order]


def numbers(values: pa.Array) -> Numbers:
    """A number for each value, equal for equal values in this process; of lists and structs, of all that is in them."""
    if pa.types.is_struct(values.type):
        made = np.zeros(len(values), np.uint64)
        for place, field in enumerate(values.type):
            if field.name not in NOT_COMPARED:
                made = _mixed(made + numbers(pc.struct_field(values, place)))
    elif pa.types.is_list(values.type):
        made = _of_lists(values)
    elif pa.types.is_string(values.type):
        made = _of_texts(values)
    else:
        plain = values.cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False) + 0.0
        made = _mixed(plain.view(np.uint64))
    if values.null_count:
        made = np.where(values.is_null().to_numpy(zero_copy_only=False), _NULL, made)
    return made


def _of_texts(values: pa.StringArray) -> Numbers:
    """Short texts of one length together, eight letters at a time; long ones as Python does it, each alone."""
    _, place, text = values.buffers()
    ends = np.frombuffer(place, np.int32)[values.offset : values.offset + len(values) + 1]
    letters = np.frombuffer(text if text is not None else b"", np.uint8)
    starts, sizes = ends[:-1], np.diff(ends)
    made = np.zeros(len(values), np.uint64)
    long = sizes > SHORT
    if long.any():
        whole = letters.tobytes()
        spans = zip(starts[long].tolist(), ends[1:][long].tolist(), strict=True)
        made[long] = np.array([hash(whole[start:end]) for start, end in spans], np.int64).view(np.uint64)
    for size in np.unique(sizes[~long]).tolist():
        those = np.flatnonzero(sizes == size)
        padded = np.zeros((len(those), -(-size // 8) * 8), np.uint8)
        padded[:, :size] = letters[starts[those][:, None] + np.arange(size)]
        said = np.full(len(those), size, np.uint64)
        for word in padded.view(np.uint64).T:
            said = _mixed(said + word)
        made[those] = said
    return made


def _of_lists(values: pa.ListArray) -> Numbers:
    ends = np.cumsum(pc.list_value_length(values).fill_null(0).to_numpy(zero_copy_only=False), dtype=np.int64)
    starts = np.concatenate([np.zeros(1, np.int64), ends[:-1]])
    inside = numbers(values.flatten())
    place = np.arange(len(inside), dtype=np.int64) - np.repeat(starts, ends - starts)
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(_mixed(inside + place.view(np.uint64) * _EMPTY))])
    return _mixed(sums[ends] - sums[starts] + (ends - starts).view(np.uint64))


def _mixed(values: Numbers) -> Numbers:
    """Numbers in which each bit has its part in many others; sums go round at 64 bits."""
    made = values * _FACTOR
    return np.asarray((made ^ (made >> _SHIFT)) * _FACTOR + _EMPTY)
