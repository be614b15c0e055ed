"""Checking an export's folder: offline, without a database, on any machine.

Sums, manifest, signature and lines are checked by the one file that a stranger runs (`standalone.verify_dataset`), so
that both say the same; here Parquet files are opened as well.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from labeler.exports.standalone.verify_dataset import MANIFEST, Checked, Damaged, WrongUse, check, parts, told

__all__ = ["Checked", "Damaged", "WrongUse", "told", "verify"]


def verify(folder: Path, manifest_hash: str | None = None, key: str | None = None) -> Checked:
    """Check every file below `folder`, as `check` does, and the rows and columns of Parquet files too.

    Raises Damaged for the first bad one, WrongUse for a `key` that is none.
    """
    sound = check(folder, manifest_hash, key)
    manifest = orjson.loads((folder / MANIFEST).read_bytes())
    for view, columns in manifest["columns"].items():
        for path, named in parts(manifest, view, "data", "parquet").items():
            rows = _parquet_rows(folder, path, columns)
            if rows != named:
                raise Damaged(path, f"it has {rows} rows, but {MANIFEST} names {named}")
    return sound


def _parquet_rows(folder: Path, path: str, columns: dict[str, Any]) -> int:
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
