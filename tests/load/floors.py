"""What the machine can do at best, measured in the same run: everything else is read as a multiple of these."""

from __future__ import annotations

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

from tests.load.processes import spending
from tests.load.robots import Robot
from tests.load.server import Postgres, serving
from tests.load.world import pair
from tests.support.database import make_empty
from tests.support.postgres import conninfo


@dataclass(frozen=True, slots=True)
class Floor:
    """One bare operation: how many a second, and the CPU milliseconds of each, of server and database."""

    name: str
    per_second: float
    server_ms: float
    database_ms: float
    unit: str


def empty_view(postgres: Postgres, seconds: float) -> Floor:
    """An empty Flask view behind the same gunicorn, asked over a connection that stays open."""
    make_empty(postgres.url, "bench_floor")
    url = postgres.url.set(database="bench_floor").render_as_string(hide_password=False)
    with tempfile.TemporaryDirectory() as home, serving(url, Path(home), ["tests.load.empty:app"]) as web:
        robot = Robot(web.host, web.port)
        for _ in range(50):
            robot.open("/")
        done, until = 0, time.perf_counter() + seconds
        with spending(server=web.pid, database=postgres.pid) as spent:
            while time.perf_counter() < until:
                robot.open("/")
                done += 1
        robot.close()
    cost = spent[0]
    return Floor(
        "an empty Flask view", done / cost.wall, cost.cpu["server"] / done * 1000, cost.cpu["database"] / done * 1000,
        "requests",
    )  # fmt: skip


def bare_claim(postgres: Postgres, rows: int, clients: int, seconds: float) -> Floor:
    """Nothing but SKIP LOCKED: take a row, write an answer, in two transactions, by prepared statements."""
    make_empty(postgres.url, "bench_floor")
    address = conninfo(postgres.url, "bench_floor")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE TABLE t (id bigint PRIMARY KEY, state smallint NOT NULL DEFAULT 0)")
        connection.execute("CREATE TABLE a (id bigint PRIMARY KEY, answer text NOT NULL)")
        connection.execute("INSERT INTO t SELECT i FROM generate_series(1, %s) i", [rows])
        connection.execute("CREATE INDEX ON t (id) WHERE state = 0")
        connection.execute("VACUUM ANALYZE")
    counts = [0] * clients
    until = time.perf_counter() + seconds
    take = """
        UPDATE t SET state = 1 FROM (SELECT id FROM t WHERE state = 0 ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1) c
        WHERE t.id = c.id RETURNING t.id
    """

    def work(place: int) -> None:
        with psycopg.connect(address, prepare_threshold=1) as connection:
            while time.perf_counter() < until:
                row = connection.execute(take).fetchone()
                connection.commit()
                if row is None:
                    return
                connection.execute("INSERT INTO a VALUES (%s, %s)", [row[0], "an answer"])
                connection.execute("UPDATE t SET state = 2 WHERE id = %s", row)
                connection.commit()
                counts[place] += 1

    with spending(database=postgres.pid) as spent, ThreadPoolExecutor(clients) as pool:
        list(pool.map(work, range(clients)))
    cost, done = spent[0], sum(counts)
    return Floor(
        f"a bare SKIP LOCKED loop, {clients} clients", done / cost.wall, 0.0, cost.cpu["database"] / done * 1000,
        "loops",
    )  # fmt: skip


def bulk(postgres: Postgres, rows: int) -> list[Floor]:
    """COPY in and out, and pyarrow and orjson writing the same rows: pairs of about 2 KB."""
    make_empty(postgres.url, "bench_floor")
    items = [pair(number) for number in range(50)]
    texts = [item.model_dump_json() for item in items]
    plain: list[dict[str, Any]] = [orjson.loads(text) for text in texts]
    found: list[Floor] = []
    with psycopg.connect(conninfo(postgres.url, "bench_floor"), autocommit=True) as connection:
        connection.execute("CREATE TABLE t (id bigint PRIMARY KEY, item text NOT NULL)")

        def copy_in() -> None:
            with connection.cursor().copy("COPY t FROM STDIN") as copy:
                for number in range(rows):
                    copy.write_row((number, texts[number % 50]))

        def copy_out() -> None:
            with connection.cursor().copy("COPY t TO STDOUT") as copy:
                for _ in copy:
                    pass

        for name, work in (("COPY in", copy_in), ("COPY out", copy_out)):
            found.append(_timed(name, rows, work, postgres.pid))
    with tempfile.TemporaryDirectory() as folder:
        found.append(_timed("orjson to JSON Lines", rows, lambda: _lines(Path(folder), plain, rows), postgres.pid))
        found.append(
            _timed("pyarrow to Parquet (zstd 3)", rows, lambda: _parquet(Path(folder), plain, rows), postgres.pid)
        )
    return found


def _timed(name: str, rows: int, work: Any, database_pid: int) -> Floor:
    start, own = time.perf_counter(), time.process_time()
    with spending(database=database_pid) as spent:
        work()
    wall = time.perf_counter() - start
    return Floor(
        name, rows / wall, (time.process_time() - own) / rows * 1000, spent[0].cpu["database"] / rows * 1000, "rows"
    )


def _lines(folder: Path, plain: list[dict[str, Any]], rows: int) -> None:
    with (folder / "rows.jsonl").open("wb") as file:
        for number in range(rows):
            file.write(orjson.dumps(plain[number % 50], option=orjson.OPT_APPEND_NEWLINE))


def _parquet(folder: Path, plain: list[dict[str, Any]], rows: int) -> None:
    schema = pa.RecordBatch.from_pylist(plain).schema
    with pq.ParquetWriter(folder / "rows.parquet", schema, compression="zstd", compression_level=3) as writer:
        for first in range(0, rows, 10_000):
            part = [plain[number % 50] for number in range(first, min(first + 10_000, rows))]
            writer.write_table(pa.Table.from_pylist(part, schema))
