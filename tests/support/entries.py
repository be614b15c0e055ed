"""Whether each change that the product keeps has its entry in the record, in the same transaction (P22).

While the tests run, every statement that any engine executes is read. Where one of the product's doors (a request, a
job, a command) commits, what it has written since the transaction began is compared with the entries written beside it.
What may be written without one stands in `tests/house/writes.toml`, by table and column, with the reason. Tests that
write for themselves are no doors: the transaction is theirs.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from flask import has_request_context, request
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExecutionContext

from labeler.audit.acts import ACTS
from labeler.config import ROOT

DECLARED: Mapping[str, Any] = tomllib.loads((ROOT / "tests/house/writes.toml").read_text())
RECORD = "audit_entry"
_WRITE = re.compile(r'\b(INSERT INTO|DELETE FROM|UPDATE)\s+(?:\w+\.)?"?(\w+)"?(?:\s+(SET)\b)?', re.IGNORECASE)
_PRODUCT, _DB = str(ROOT / "labeler") + "/", str(ROOT / "labeler" / "db.py")


@dataclass
class Written:
    """What one transaction has written so far: `table+` new rows, `table-` removed, `table.column` changed."""

    what: set[str] = field(default_factory=set)
    acts: set[str] = field(default_factory=set)


@dataclass
class Watched:
    """What the doors committed since the last look. `without`: changes that have no entry; `seen`: acts by endpoint."""

    without: list[str] = field(default_factory=list)
    seen: dict[str, set[str]] = field(default_factory=dict)


WATCHED = Watched()
_KEY = "changes without an entry"


@cache
def written(statement: str) -> frozenset[str]:
    """What a statement writes. A statement may have several such parts (`WITH … AS (UPDATE …)`)."""
    found: set[str] = set()
    if statement.lstrip()[:6].upper() == "CREATE":
        return frozenset()  # a function or a trigger says what will be written some day
    for part in _WRITE.finditer(statement):
        how, table, sets = part[1].upper(), part[2].lower(), part[3]
        if how == "UPDATE" and sets:
            found |= {f"{table}.{column}" for column in _columns(statement[part.end() :])}
        elif how != "UPDATE":
            found.add(f"{table}{'+' if how == 'INSERT INTO' else '-'}")
    return frozenset(found)


def _columns(rest: str) -> Iterator[str]:
    """The columns of a SET clause: what is left of the first `=` of each part, until the clause ends."""
    depth, part = 0, ""
    for word in re.findall(r"\w+|\W", rest):
        depth += (word == "(") - (word == ")")
        if depth < 0 or (depth == 0 and word.upper() in ("WHERE", "FROM", "RETURNING")):
            break
        if depth == 0 and word == ",":
            yield part.partition("=")[0].strip(' "\n').lower()
            part = ""
        else:
            part += word
    yield part.partition("=")[0].strip(' "\n').lower()


@event.listens_for(Engine, "after_cursor_execute")
def _executed(
    connection: Connection, cursor: Any, statement: str, _values: Any, context: ExecutionContext | None, _many: bool
) -> None:
    parts = written(statement)
    if not parts or cursor.rowcount == 0:
        return
    now: Written = connection.info.setdefault(_KEY, Written())
    now.what |= parts
    if f"{RECORD}+" in parts and context is not None:
        told = context.compiled_parameters or []  # type: ignore[attr-defined]  # of a compiled statement
        now.acts |= {value for row in told for value in row.values() if isinstance(value, str) and value in ACTS}


@event.listens_for(Engine, "rollback")
def _undone(connection: Connection) -> None:
    if not connection.invalidated:  # else the server cut it off, and what was noted went with it
        connection.info.pop(_KEY, None)


@event.listens_for(Engine, "commit")
def _kept(connection: Connection) -> None:
    now: Written | None = connection.info.pop(_KEY, None)
    door = _door() if now is not None else None
    if now is None or door is None:
        return
    if has_request_context() and request.endpoint and now.acts:
        WATCHED.seen.setdefault(request.endpoint, set()).update(now.acts)
        allowed = DECLARED["changes"].get(request.endpoint) or DECLARED["looks"].get(request.endpoint)
        if not allowed and (acts := sorted(now.acts - {*DECLARED["anywhere"]["acts"]})):
            WATCHED.without.append(f"{door} writes {', '.join(acts)}, and writes.toml says that it writes nothing")
    if f"{RECORD}+" not in now.what:
        own = DECLARED["doors"].get(door, {"what": ()})["what"]
        if bare := sorted(each for each in now.what if not ("*" in own or each in own or unrecorded(each))):
            WATCHED.without.append(f"{door} changes {', '.join(bare)} without an entry in the record")


def unrecorded(what: str) -> bool:
    """Whether this may be written without an entry."""
    table = re.split(r"[+.-]", what)[0]
    return what in DECLARED["unrecorded"] or f"{table}.*" in DECLARED["unrecorded"]


def _door() -> str | None:
    """Which door of the product commits now; None where a test does."""
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(str(ROOT / "tests")) and name != __file__:
            return None
        if name.startswith(_PRODUCT) and name != _DB:
            if has_request_context():
                return f"{request.method} {request.endpoint}"
            return f"{Path(name).relative_to(ROOT).with_suffix('').as_posix().replace('/', '.')}:{frame.f_code.co_name}"
        frame = frame.f_back  # type: ignore[assignment]
    return None


def take() -> list[str]:
    """The changes without an entry since this was last called."""
    found, WATCHED.without[:] = list(dict.fromkeys(WATCHED.without)), []
    return found
