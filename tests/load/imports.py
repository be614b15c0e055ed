"""Importing: a file of 2 KB pairs into PostgreSQL, by a process of its own that counts what it takes.

`python -m tests.load.imports ROWS [SHAPE [FORMAT]]` measures one import by itself.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from labeler import clock, db, models
from labeler.config import ROOT
from labeler.jobs.import_batch import import_file
from labeler.projects.models import Batch, ImportState
from labeler.projects.rules import ProjectState
from labeler.projects.service import request_import
from tests.load.processes import peak_memory, spending
from tests.load.server import Postgres, database
from tests.load.world import WORDS
from tests.support.build import add_project

SHAPES = ("native", "trl-explicit")
FORMATS = ("jsonl", "jsonl.gz", "json", "parquet")
GROUP = 20_000
"""Rows in a row group of Parquet."""
SENTENCES = 5000
"""Different sentences; each text is a choice of them, which packs about as well as real text."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What one import cost: from the first byte read to the tasks shown, hashing and all checks included."""

    shape: str
    form: str
    rows: int
    seconds: float
    cpu_s: float
    """Of the importing process, and of the one that reads Parquet for it."""
    database_s: float
    peak_mib: float
    """The most memory of both, each shared page counted once."""
    file_mib: float

    @property
    def per_second(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds


def measure(postgres: Postgres, rows: int, folder: Path, shape: str = "native", form: str = "jsonl") -> Imported:
    """Import so many pairs into a new database. The file is made once and kept in the folder."""
    path = generate(folder, rows, shape, form)
    url = postgres.fresh("bench_imports")
    with db.transaction() as session:
        project = add_project(session, state=ProjectState.DRAFT)
        batch_id = request_import(session, project.created_by, project.id, path.name, path, {}, clock.now()).id
    with tempfile.TemporaryDirectory(dir=folder) as home, spending(database=postgres.pid) as spent:
        command = [sys.executable, "-m", "tests.load.imports", "--child", url, home, str(batch_id), str(path)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE)
        with process, peak_memory(process.pid) as peak:
            assert process.stdout is not None
            output = process.stdout.read()
    with db.reading() as session:
        batch = session.get_one(Batch, batch_id)
        assert (batch.state, batch.tasks) == (ImportState.DONE, rows), batch.report
    said = json.loads(output)
    size, used = path.stat().st_size / 2**20, peak.bytes / 2**20
    return Imported(shape, form, rows, said["seconds"], said["cpu_s"], spent[0].cpu["database"], used, size)


def generate(folder: Path, rows: int, shape: str = "native", form: str = "jsonl") -> Path:
    """A file of so many pairs of about 2 KB, as this shape has them; one that is there already is taken."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{shape}-{rows}.{form}"
    if not path.exists():
        part = path.with_name(f"{path.name}.part")
        _write(part, _raw(rows, shape), form)
        part.rename(path)
    return path


def _raw(rows: int, shape: str) -> Iterator[dict[str, Any]]:
    dice = random.Random(20)
    sentences = [f"{' '.join(dice.choices(WORDS, k=dice.randint(5, 15)))}.".capitalize() for _ in range(SENTENCES)]

    def turn(role: str, number: int, count: int) -> list[dict[str, str]]:
        return [{"role": role, "content": f"{' '.join(dice.choices(sentences, k=count))} ({number})"}]

    for n in range(rows):
        prompt, one, other = turn("user", n, 4), turn("assistant", n, 15), turn("assistant", -n - 1, 15)
        if shape == "native":
            completions = [{"messages": one, "model": "m-0"}, {"messages": other, "model": "m-1"}]
            yield {"id": f"row-{n}", "prompt": prompt, "completions": completions, "categories": {}}
        else:
            yield {"id": f"row-{n}", "prompt": prompt, "chosen": one, "rejected": other, "margin": 1.0}


def _write(path: Path, raw: Iterator[dict[str, Any]], form: str) -> None:
    if form == "parquet":
        writer = None
        while rows := list(islice(raw, GROUP)):
            table = pa.Table.from_pylist([{k: v for k, v in row.items() if k != "categories"} for row in rows])
            writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table)
        assert writer is not None
        writer.close()
        return
    before, between, after = (b"[", b",\n", b"]") if form == "json" else (b"", b"\n", b"\n")
    with gzip.open(path, "wb", 6) if form.endswith(".gz") else path.open("wb") as file:
        for n, row in enumerate(raw):
            file.write((between if n else before) + json.dumps(row, ensure_ascii=False).encode())
        file.write(after)


def _child(url: str, home: str, batch_id: str, path: str) -> None:
    """Import, and print what it took."""
    assert models.metadata  # every table, as a worker has them
    engine = db.connect(url, pool=2)
    start = time.perf_counter()
    spooled = import_file(UUID(batch_id), Path(path), Path(home), lambda done, of: None)
    seconds = time.perf_counter() - start
    engine.dispose()
    assert not spooled.problems, spooled.problems[:3]
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(each.ru_utime + each.ru_stime for each in used)
    sys.stdout.buffer.write(orjson.dumps({"seconds": seconds, "cpu_s": cpu}))


def _alone(rows: str, shape: str = "native", form: str = "jsonl") -> None:
    with database() as postgres:
        found = measure(postgres, int(rows), ROOT / "bench-out" / "files", shape, form)
    print(f"{found.per_second:,.0f} rows/s: {found}")


if __name__ == "__main__":
    if sys.argv[1] == "--child":
        _child(*sys.argv[2:])
    else:
        _alone(*sys.argv[1:])
