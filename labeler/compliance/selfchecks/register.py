"""The register of automated systems (DEC-4): `automated_systems.toml`, which everybody can read on its page."""

from __future__ import annotations

import ast
import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from labeler.compliance.selfchecks.found import Found, Looking, digest_of
from labeler.config import ROOT

SOURCE = Path(__file__).with_name("automated_systems.toml")
SCHEDULE = ROOT / "labeler" / "jobs" / "schedule.py"


@dataclass(frozen=True, slots=True)
class System:
    """Something that the product decides or finds by itself: in sentences that a labeler can read.

    `reads`: from what; `never`: from what it never does; `person`: who decides in the end, or changes it. `modules` are
    where it is, `jobs` the functions of the clock that run it.
    """

    id: str
    name: str
    what: str
    reads: str
    never: str
    person: str
    modules: tuple[str, ...]
    jobs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one of them: announced on one day, in force from another, and what it is."""

    announced: date
    begins: date
    what: str


@dataclass(frozen=True, slots=True)
class Register:
    """All of them, the jobs that decide nothing about anybody, and what changed."""

    systems: Sequence[System]
    plain_jobs: frozenset[str]
    changes: Sequence[Change]
    digest: str


@cache
def register() -> Register:
    """The register of this version of the product."""
    return read(SOURCE.read_bytes())


def read(text: bytes) -> Register:
    """A register from its file. Raises TypeError for a system that lacks one of its sentences."""
    told: dict[str, Any] = tomllib.loads(text.decode())
    systems = [
        System(**{**each, "modules": tuple(each["modules"]), "jobs": tuple(each.get("jobs", ()))})
        for each in told["systems"]
    ]
    changes = [Change(**each) for each in told.get("changes", ())]
    return Register(systems, frozenset(told["plain_jobs"]), changes, hashlib.sha256(text).hexdigest())


def scheduled(source: str) -> set[str]:
    """The functions that the schedule runs, by their names in its table."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "EVERY" and node.value is not None:
            rows = [row.elts[1] for row in ast.walk(node.value) if isinstance(row, ast.Tuple) and len(row.elts) == 2]
            return {each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "") for each in rows} - {""}
    return set()


def unregistered(known: Register, jobs: set[str]) -> list[str]:
    """Jobs of the clock that the register does not name, and what it names that is not there."""
    named = {job for system in known.systems for job in system.jobs}
    wrong = [f"the job {each} is not in the register" for each in sorted(jobs - named - known.plain_jobs)]
    wrong += [f"the register names a job {each} that is not there" for each in sorted(named - jobs)]
    wrong += [
        f"the register names {name}, which is not there"
        for system in known.systems
        for name in system.modules
        if not _is_there(name)
    ]
    return wrong + [
        f"a change was announced less than 14 days before {each.begins}: {each.what}"
        for each in known.changes
        if (each.begins - each.announced).days < 14
    ]


def _is_there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def dec_4(_looking: Looking) -> Found:
    """DEC-4: every job of the clock, every module that the register names, every change."""
    known, source = register(), SCHEDULE.read_text()
    jobs = scheduled(source)
    looked = digest_of([known.digest.encode(), source.encode()])
    return Found(len(jobs) + len(known.systems) + len(known.changes), unregistered(known, jobs), looked)
