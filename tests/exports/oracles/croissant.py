"""What mlcroissant reads through a version's `croissant.json`, beside what its Parquet files hold.

    python croissant.py FOLDER

Runs in an environment of its own (`make oracles`): nothing of the product is imported here. Prints one JSON object:
what it finds wrong, and for each record set how many records and rows there are, and the first that differ.
"""

from __future__ import annotations

import json
import math
import os
import sys
from pathlib import Path
from typing import Any

import mlcroissant
import pyarrow.parquet as pq


def plain(value: Any) -> Any:
    """A value as JSON has it, each part under its last name: the reader gives texts as bytes, nothing as NaN."""
    if isinstance(value, bytes):
        return value.decode()
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {name.rsplit("/", 1)[-1]: plain(each) for name, each in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value


def cut(held: Any, said: Any) -> Any:
    """What a file holds, without the parts that lie too deep for the format: those that were not said at all."""
    if isinstance(held, dict) and isinstance(said, dict):
        return {name: cut(held.get(name), said[name]) for name in said}
    if isinstance(held, list) and isinstance(said, list) and len(held) == len(said):
        return [cut(one, other) for one, other in zip(held, said, strict=True)]
    return held


def agrees(record: dict[str, Any], row: dict[str, Any]) -> str | None:
    """The first column that differs, None where all agree."""
    for name, value in plain(record).items():
        held = cut(row[name], value)
        if value != held:
            return f"{name}: {value!r} instead of {held!r}"
    return None


def main() -> None:
    folder = Path(sys.argv[1])
    found = mlcroissant.Dataset(str(folder / "croissant.json"))
    told: dict[str, Any] = {"issues": found.metadata.issues.report(), "records": {}, "wrong": {}}
    for each in json.loads((folder / "croissant.json").read_text())["recordSet"]:
        name, first = each["@id"], each["field"][0]
        path = (first if "source" in first else first["subField"][0])["source"]["fileObject"]["@id"]
        rows = pq.read_table(folder / path).to_pylist()
        records = list(found.records(name))
        told["records"][name] = [len(records), len(rows)]
        wrong = [agrees(record, row) for record, row in zip(records, rows, strict=False)]
        told["wrong"][name] = [each for each in wrong if each][:3]
    print(json.dumps(told))


main()
sys.stdout.flush()
os._exit(0)  # the libraries' threads may abort a process that ends in the usual way
