"""Checking an export's folder: offline, without a database, on any machine.

It shows that the folder is whole and unchanged since `manifest.json` was written. Whoever can rewrite all of it can
also rewrite the sums: compare the manifest's SHA-256 with the one on the export's page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

KNOWN = "labeler-export/1"
SUMS = "SHA256SUMS"
MANIFEST = "manifest.json"
PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Verified:
    """What was checked: how many files, rows by view, and the manifest's SHA-256."""

    files: int
    rows: dict[str, int]
    manifest_hash: str


class Damaged(Exception):
    """The first file that is not as it should be, and how."""

    def __init__(self, file: str, problem: str) -> None:
        super().__init__(f"{file}: {problem}")
        self.file = file
        self.problem = problem


def verify(folder: Path, manifest_hash: str | None = None) -> Verified:
    """Check every file below `folder`. Raises Damaged for the first bad one."""
    listed = _sums(folder)
    there = sorted(_files(folder))
    for path in listed:
        if path not in there:
            raise Damaged(path, "it is missing")
    for path in there:
        if path != SUMS and path not in listed:
            raise Damaged(path, "it does not belong to this export")
    for path, expected in listed.items():
        if _sha256(folder / path) != expected:
            raise Damaged(path, "its content has changed: the SHA-256 differs")
    if manifest_hash is not None and listed[MANIFEST] != manifest_hash.lower():
        raise Damaged(MANIFEST, f"its SHA-256 is {listed[MANIFEST]}, not {manifest_hash.lower()}")
    manifest = _manifest(folder)
    _same_files(folder, manifest, listed)
    rows = {view: _rows(folder, manifest, view, columns) for view, columns in manifest["columns"].items()}
    return Verified(len(there), rows, listed[MANIFEST])


def _files(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise Damaged(name, "it is a link, and an export has none")
        if path.is_file():
            yield name


def _sums(folder: Path) -> dict[str, str]:
    try:
        lines = (folder / SUMS).read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        raise Damaged(SUMS, "it is missing or cannot be read; is this the folder of an export?") from None
    pairs = [line.split("  ", 1) for line in lines]
    if any(len(pair) != 2 or len(pair[0]) != 64 for pair in pairs):
        raise Damaged(SUMS, "it is not a list of SHA-256 sums and files")
    sums = {path: digest for digest, path in pairs}
    if MANIFEST not in sums:
        raise Damaged(SUMS, f"{MANIFEST} is not in it")
    return sums


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = orjson.loads((folder / MANIFEST).read_bytes())
        known = manifest["format"] == KNOWN
        views, files, columns = manifest["counts"]["views"], manifest["files"], manifest["columns"]
        facts = {"path", "bytes", "sha256", "rows"}
        whole = views.keys() == columns.keys() and all(facts <= each.keys() for each in files)
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        raise Damaged(MANIFEST, "it is not the manifest of an export") from None
    if not known:
        raise Damaged(MANIFEST, f"its format is {manifest['format']!r}; this program knows {KNOWN!r}")
    if not whole:
        raise Damaged(MANIFEST, "its views, columns and files do not fit together")
    assert isinstance(manifest, dict)
    return manifest


def _same_files(folder: Path, manifest: dict[str, Any], listed: dict[str, str]) -> None:
    named = {each["path"]: each for each in manifest["files"]}
    for path in listed:
        if path != MANIFEST and path not in named:
            raise Damaged(path, f"{MANIFEST} does not name it")
    for path, each in named.items():
        if listed.get(path) != each["sha256"]:
            raise Damaged(path, f"{MANIFEST} and {SUMS} differ on its SHA-256")
        if (folder / path).stat().st_size != each["bytes"]:
            raise Damaged(path, f"it does not have the {each['bytes']} bytes that {MANIFEST} names")


def _rows(folder: Path, manifest: dict[str, Any], view: str, columns: dict[str, str]) -> int:
    """The rows of one view, all its splits together: the same in the manifest, in Parquet and in JSON Lines."""
    named = {each["path"]: each["rows"] for each in manifest["files"]}
    counts = manifest["counts"]["views"][view]
    expected: int = counts["rows"]
    for start, end, counted in (("data/", ".parquet", _parquet_rows), ("jsonl/data/", ".jsonl", _line_rows)):
        paths = [f"{start}{view}/{split}{end}" for split in counts.get("splits", ())] or [f"{start}{view}{end}"]
        found = 0
        for path in paths:
            if path not in named:
                raise Damaged(path, f"{MANIFEST} does not name it")
            rows = counted(folder, path, columns)
            if rows != named[path]:
                raise Damaged(path, f"it has {rows} rows, but {MANIFEST} names {named[path]}")
            found += rows
        if found != expected:
            raise Damaged(paths[0], f"there are {found} rows of {view}, but {MANIFEST} names {expected}")
    return expected


def _parquet_rows(folder: Path, path: str, columns: dict[str, str]) -> int:
    # pyarrow takes a moment to load, and a folder with a wrong sum is refused before it is needed
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(folder / path) as file:
            if {field.name: str(field.type) for field in file.schema_arrow} != columns:
                raise Damaged(path, f"its columns are not those that {MANIFEST} names")
            rows: int = file.metadata.num_rows
            return rows
    except (pa.ArrowException, OSError) as error:
        raise Damaged(path, f"it cannot be read as Parquet ({error})") from None


def _line_rows(folder: Path, path: str, columns: dict[str, str]) -> int:
    rows = 0
    with (folder / path).open("rb") as file:
        for line in file:
            rows += 1
            try:
                if not line.endswith(b"\n") or orjson.loads(line).keys() != columns.keys():
                    raise Damaged(path, f"line {rows} does not have the columns that {MANIFEST} names")
            except (orjson.JSONDecodeError, AttributeError):
                raise Damaged(path, f"line {rows} is not a JSON object") from None
    return rows
