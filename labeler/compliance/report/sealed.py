"""Leaves of the record, and the proof that a report rests on them, as files. Pure.

`leaves.jsonl.gz` has a line for each leaf of a report's two logs, in their order. Of the vendor's log every leaf is
opened that is not erased, so that nobody can keep an entry back by not opening it; of the platform's log those acts
that a report may rest on, for the rest is about others.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from labeler.audit.checking import Key, Leaf, believed
from labeler.audit.logs import PLATFORM, commitment, entry_leaf, log_of, root_leaf
from labeler.audit.tree import Growing, includes

LEAVES = "leaves.jsonl.gz"
PROOF = "proof.json"


class Unproven(ValueError):
    """A leaf, root or checkpoint is not what it says; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class LogProof:
    """That a log had this root at this size: leaf `root_number` of the log of roots, on this path to the checkpoint."""

    log: UUID
    size: int
    root: bytes
    root_number: int
    path: tuple[bytes, ...]


def proof_bytes(proofs: Iterable[LogProof]) -> bytes:
    """`proof.json`."""
    told = {
        "format": "labeler-proof/1",
        "logs": [
            {
                "log": str(each.log),
                "size": each.size,
                "root": each.root.hex(),
                "root_number": each.root_number,
                "path": [one.hex() for one in each.path],
            }
            for each in proofs
        ],
    }
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def proven(data: bytes, note: str, origin: str, keys: list[Key], sizes: dict[UUID, int]) -> dict[UUID, bytes]:
    """The roots of exactly these logs at exactly these sizes, when the checkpoint has them. Raises Unproven."""
    signed, why = believed(note, origin, keys)
    if signed is None:
        raise Unproven(f"the checkpoint {why}")
    try:
        told = [
            LogProof(
                UUID(each["log"]), each["size"], bytes.fromhex(each["root"]), each["root_number"],
                tuple(bytes.fromhex(one) for one in each["path"]),
            )
            for each in orjson.loads(data)["logs"]
        ]  # fmt: skip
        if [(each.log, each.size) for each in told] != list(sizes.items()):
            raise Unproven("the proof is of other logs or other sizes than the report names")
        for each in told:
            leaf = root_leaf(each.log, each.size, each.root)
            if len(each.root) != 32 or not includes(leaf, each.root_number, signed.size, each.path, signed.root):
                raise Unproven(f"the root of log {each.log} is not under the checkpoint")
    except Unproven:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unproven(f"the proof is not as it should be ({type(error).__name__})") from None
    return {each.log: each.root for each in told}


def write_leaves(path: Path, leaves: Iterable[tuple[UUID, Leaf]]) -> None:
    """Write leaves into a file, the same bytes each time."""
    with path.open("xb") as raw, gzip.GzipFile("", "wb", 6, raw, 0) as file:
        for log, leaf in leaves:
            file.write(_line(log, leaf))


def _line(log: UUID, leaf: Leaf) -> bytes:
    told = {
        "log": str(log),
        "number": leaf.number,
        "commitment": leaf.committed.hex(),
        "salt": None if leaf.salt is None else leaf.salt.hex(),
        "entry": None if leaf.entry is None else leaf.entry.decode(),
    }
    return orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)


@dataclass(slots=True)
class Opened:
    """The leaves of a pack, once they are proven: entries by log and number, and the salts of the vendor's log."""

    entries: dict[tuple[UUID, int], bytes] = field(default_factory=dict)
    salts: list[bytes] = field(default_factory=list)
    erased: int = 0
    """Leaves of the vendor's log that are not opened."""


def opened(data: bytes, vendor: UUID, sizes: dict[UUID, int], roots: dict[UUID, bytes]) -> Opened:
    """Read leaves and build both trees anew. Raises Unproven, naming the first bad leaf."""
    found, trees = Opened(), {log: Growing() for log in sizes}
    for log, leaf in _leaves(data):
        tree = trees.get(log)
        early = log != vendor and trees[vendor].size < sizes[vendor]
        if tree is None or early or tree.size >= sizes[log] or leaf.number != tree.size:
            raise Unproven(f"leaf {leaf.number} of log {log} is not the next one")
        if (leaf.salt is None) != (leaf.entry is None):
            raise Unproven(f"leaf {leaf.number} of log {log} is half opened")
        if leaf.salt is not None and leaf.entry is not None:
            if commitment(leaf.salt, leaf.entry) != leaf.committed:
                raise Unproven(f"leaf {leaf.number} of log {log} says something else than when it was sealed")
            if _log_in(leaf.entry) != log:
                raise Unproven(f"leaf {leaf.number} of log {log} belongs to another log")
            found.entries[log, leaf.number] = leaf.entry
            if log == vendor:
                found.salts.append(leaf.salt)
        elif log == vendor:
            found.erased += 1
        tree.add(entry_leaf(leaf.committed))
    for log, tree in trees.items():
        if tree.size != sizes[log] or tree.root() != roots[log]:
            raise Unproven(f"the leaves of log {log} do not make the root under the checkpoint")
    return found


def _leaves(data: bytes) -> Iterator[tuple[UUID, Leaf]]:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            for number, line in enumerate(file, 1):
                yield _leaf(orjson.loads(line), number)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        if isinstance(error, Unproven):
            raise
        raise Unproven(f"{LEAVES} cannot be read ({type(error).__name__})") from None


def _leaf(told: Any, number: int) -> tuple[UUID, Leaf]:
    try:
        salt, entry = told["salt"], told["entry"]
        return UUID(told["log"]), Leaf(
            int(told["number"]),
            bytes.fromhex(told["commitment"]),
            None if salt is None else bytes.fromhex(salt),
            None if entry is None else entry.encode(),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unproven(f"line {number} of {LEAVES} is no leaf ({type(error).__name__})") from None


def _log_in(entry: bytes) -> UUID:
    vendor = orjson.loads(entry)["vendor"]
    return log_of(UUID(vendor) if vendor else None)


def logs_of(vendor: UUID, vendor_size: int, platform_size: int) -> dict[UUID, int]:
    """The logs that a report rests on, in the order in which files name them."""
    return {vendor: vendor_size, PLATFORM: platform_size}
