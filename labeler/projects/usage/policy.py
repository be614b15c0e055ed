"""The usage policy: its versions, the purposes that no project may serve, and the fields that need more care.

Each version is a file beside this one (`policy_<number>.toml`), never changed once it was in force; the highest number
is in force. `digest` is the SHA-256 of the file, so that a text that was changed behind a number is seen.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Point:
    """A prohibited purpose, or a field that needs more care."""

    code: str
    title: str
    words: str


@dataclass(frozen=True, slots=True)
class Policy:
    """One version: `text` is Markdown, points are keyed by their code in the order of the file."""

    version: int
    since: date
    text: str
    prohibited: Mapping[str, Point]
    scrutiny: Mapping[str, Point]
    digest: str


@cache
def versions() -> Mapping[int, Policy]:
    """Every version there ever was, by number, the oldest first."""
    read = [_read(path) for path in FOLDER.glob("policy_*.toml")]
    return {policy.version: policy for policy in sorted(read, key=lambda policy: policy.version)}


def in_force() -> Policy:
    """The version that new projects have to meet."""
    known = versions()
    return known[max(known)]


def _read(path: Path) -> Policy:
    raw = path.read_bytes()
    told = tomllib.loads(raw.decode())
    if path.stem != f"policy_{told['version']}":
        raise ValueError(f"{path.name} says that it is version {told['version']}")
    return Policy(
        version=told["version"],
        since=told["since"],
        text=told["text"].strip(),
        prohibited=_points(told["prohibited"]),
        scrutiny=_points(told["scrutiny"]),
        digest=hashlib.sha256(raw).hexdigest(),
    )


def _points(told: list[dict[str, str]]) -> dict[str, Point]:
    return {each["code"]: Point(**each) for each in told}


def told(policy: Policy) -> dict[str, Any]:
    """A version as JSON has it."""
    return {
        "version": policy.version,
        "since": policy.since,
        "text": policy.text,
        "prohibited": [asdict(each) for each in policy.prohibited.values()],
        "scrutiny": [asdict(each) for each in policy.scrutiny.values()],
        "digest": policy.digest,
    }
