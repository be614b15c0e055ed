"""Parquet: read by a process of its own, which may use little memory and can harm nobody when it breaks.

The format lets a small file claim pages, texts and lists of any size, and its readers are written in C++. So a child
(`parquet_rows.py`) checks the footer before any data is read, and hands the rows over as JSON, one a line; here they
meet the same limits as JSON Lines.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from labeler.errors import FieldProblem
from labeler.projects.reading.jsontext import parse_row, wrong
from labeler.projects.reading.limits import MIB, Refused, size
from labeler.projects.reading.opening import CHUNK, PARQUET, Opened, lines

CHILD = Path(__file__).with_name("parquet_rows.py")
MEMORY = 256 * MIB
"""What the child may use, beside what it needs to start."""


def parquet_rows(opened: Opened) -> Iterator[tuple[int, dict[str, Any] | list[FieldProblem]]]:
    """The rows of a Parquet file, from 1. Raises Refused before data is read that no import holds."""
    if opened.compression is None:
        with opened.path.open("rb") as file:
            yield from _rows(file, opened)
        return
    beside = opened.path.parent if os.access(opened.path.parent, os.W_OK) else None
    with tempfile.TemporaryFile(dir=beside) as file:  # Parquet is read from its end, so a packed one is unpacked first
        for piece in opened.pieces():
            file.write(piece)
            if file.tell() > opened.limits.file_bytes:
                raise Refused(f"Unpacked, this file is larger than {size(opened.limits.file_bytes)}. Send it in parts.")
        file.flush()
        yield from _rows(file, opened)


def _rows(file: IO[bytes], opened: Opened) -> Iterator[tuple[int, dict[str, Any] | list[FieldProblem]]]:
    total = _check_footer(file, opened.limits.footer_bytes)
    limits = opened.limits
    asked = json.dumps([MEMORY, limits.columns, limits.depth])
    environment = {name: os.environ[name] for name in _PASSED if name in os.environ}
    child = subprocess.Popen(
        [sys.executable, "-I", CHILD, asked],
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**environment, "ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "1", "OMP_NUM_THREADS": "1"},
    )
    opened.closing.append(lambda: _end(child))
    assert child.stdout is not None
    number = 0
    for number, line in lines(_watched(child.stdout, opened, total), limits.row_bytes):
        if line.startswith(b'"'):
            yield number, wrong(json.loads(line))
        else:
            yield number, parse_row(line, limits)
    said = child.stderr.read(4096).decode("utf-8", "replace") if child.stderr else ""
    if child.wait() == 0:
        opened.moved(opened.bytes_total)
        return
    if child.returncode == REFUSED:
        raise Refused(said.strip(), number or None)
    after = f" after row {number:,}" if number else ""
    raise Refused(
        f"This Parquet file can't be read{after}: it is damaged, or made to use more memory than an import may.",
        number or None,
    )


_PASSED = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "TZDIR")
"""What the child may know of our environment: no secrets, no addresses of databases."""
REFUSED = 3
"""The child's exit code when standard error says in a sentence what is wrong with the file."""


def _watched(stream: IO[bytes], opened: Opened, total: int) -> Iterator[bytes]:
    """What the child gives, as long as it is not out of all proportion to the file."""
    given = 0
    while piece := stream.read1(CHUNK):  # type: ignore[attr-defined]  # a pipe from Popen is buffered
        given += len(piece)
        if opened.compression is None:
            opened.count(len(piece), total)
            opened.moved(min(given, total))
        elif given > opened.limits.ratio_from + opened.limits.ratio * total:
            opened.count(given, 1)
        yield piece


def _end(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()
    for pipe in (child.stdout, child.stderr):
        if pipe is not None:
            pipe.close()


def _check_footer(file: IO[bytes], most: int) -> int:
    """The file's size, once its end is what it should be and the footer as small as it may be."""
    total = file.seek(0, os.SEEK_END)
    file.seek(max(total - 8, 0))
    tail = file.read(8)
    file.seek(0)
    footer = int.from_bytes(tail[:4], "little")
    if total < 12 or tail[4:] != PARQUET or footer > total - 8:
        raise Refused("This Parquet file breaks off, or its end is damaged. Send the whole file again.")
    if footer > most:
        raise Refused(f"The footer of this Parquet file is larger than {size(most)}. Write it with larger row groups.")
    return total
