"""Whether a sealed record is what was signed: every leaf, root and checkpoint. Pure: rows go in, faults come out.

A fault names the first place in a log that is not as it was. What is checked is told by `Found`, so that nobody takes
an empty look for a clean one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from labeler.audit.checkpoint import Checkpoint, Malformed, holds, read
from labeler.audit.logs import ROOTS, commitment, entry_leaf, log_of, root_leaf
from labeler.audit.tree import Growing, Hash

TIME = "time "
"""How the line of a checkpoint begins that says when it was signed."""
ROUNDED = timedelta(seconds=1)
"""That line has whole seconds: a key signs in the second in which it began."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf as it is stored, and the entry it stands for; both `salt` and `entry` are None once it was erased."""

    number: int
    committed: Hash
    salt: bytes | None
    entry: bytes | None


@dataclass(frozen=True, slots=True)
class Root:
    """A leaf of the log of roots."""

    number: int
    log_id: UUID
    size: int
    root: Hash


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint as it is stored."""

    number: int
    size: int
    note: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What is not as it was: in which log, at which place (None for the whole), and what it means."""

    log_id: UUID
    place: int | None
    what: str


@dataclass(frozen=True, slots=True)
class Recovery:
    """That a database came back with `found` roots, where `remembered` had been signed; when the record says so."""

    at: datetime
    remembered: int
    found: int
    checkpoint: str
    """The SHA-256 of the checkpoint that was remembered, in hexadecimal."""


@dataclass(slots=True)
class Found:
    """What was looked at, and what is wrong with it."""

    entries: int = 0
    erased: int = 0
    roots: int = 0
    checkpoints: int = 0
    faults: list[Fault] = field(default_factory=list)
    recoveries: list[Recovery] = field(default_factory=list)
    """What the record says of databases that came back older than they were; the oldest first."""
    erased_in: dict[UUID, int] = field(default_factory=dict)
    """How many entries of each log were erased."""

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the record, and when it signed: nothing it signed before or after that is believed.

    What a `distrusted` key signed may be somebody else's: it holds where later checkpoints build on it, and accuses
    nobody.
    """

    public: Ed25519PublicKey
    since: datetime
    until: datetime | None = None
    distrusted: bool = False


def check(
    logs: Callable[[UUID], Iterable[Leaf]],
    roots: Sequence[Root],
    checkpoints: Iterable[Signed],
    origin: str,
    keys: Sequence[Key],
    held: Sequence[str] = (),
    alive: Callable[[int], None] = lambda done: None,
) -> Found:
    """Walk over everything. `logs` gives the leaves of a log, by number. `held` are checkpoints that somebody kept:
    of a report, or as a witness. Only these show that a whole record was made anew, or cut back to what it was."""
    found = Found()
    of: dict[UUID, list[Root]] = {}
    for root in roots:
        of.setdefault(root.log_id, []).append(root)
    found.faults += _roots(found, roots, [*checkpoints], origin, keys)
    found.faults += _held(roots, held, origin, keys)
    for log_id, told in sorted(of.items()):
        found.faults += _entries(found, log_id, logs(log_id), told, alive)
    return found


def _roots(
    found: Found, roots: Sequence[Root], checkpoints: Sequence[Signed], origin: str, keys: Sequence[Key]
) -> Iterator[Fault]:
    """The log of roots against the checkpoints, each of which signs how it began."""
    for place, root in enumerate(roots):
        if root.number != place:
            yield Fault(ROOTS, place, f"root {place} is missing")
            return
    was = _roots_at(roots, {each.size for each in checkpoints})
    size, moment = 0, datetime.min.replace(tzinfo=UTC)
    for number, each in enumerate(checkpoints):
        found.checkpoints += 1
        said, wrong = believed(each.note, origin, keys)
        if each.number != number:
            yield Fault(ROOTS, None, f"checkpoint {number} is missing")
        elif said is None:
            yield Fault(ROOTS, None, f"checkpoint {number} {wrong}")
        elif each.size <= size or said.size != each.size or _moment(said) < moment:
            yield Fault(ROOTS, None, f"checkpoint {number} does not follow on the one before it")
        elif each.size > len(roots):
            yield Fault(ROOTS, len(roots), f"root {len(roots)} is missing, which checkpoint {number} has")
        elif was[each.size] != said.root:
            yield Fault(ROOTS, size, f"a root from {size} on is not one that checkpoint {number} signs")
        else:
            size, moment = each.size, _moment(said)
            continue
        return
    found.roots = size
    if size < len(roots):
        yield Fault(ROOTS, size, f"root {size} is in no checkpoint")


def _held(roots: Sequence[Root], held: Sequence[str], origin: str, keys: Sequence[Key]) -> Iterator[Fault]:
    """The log of roots against what others have kept of it. Their checkpoints must be signed, too: else anybody could
    say that he holds another one."""
    trusted = [key for key in keys if not key.distrusted]
    sound = [said for note in held if (said := believed(note, origin, trusted)[0])]
    was = _roots_at(roots, {each.size for each in sound})
    for each in sorted(sound, key=lambda each: each.size):
        if each.size > len(roots):
            yield Fault(ROOTS, len(roots), f"root {len(roots)} is missing, which a checkpoint has that somebody holds")
            return
        if was[each.size] != each.root:
            yield Fault(
                ROOTS, None, f"one of the first {each.size} roots differs from a checkpoint that somebody holds"
            )
            return


def believed(note: str, origin: str, keys: Sequence[Key]) -> tuple[Checkpoint | None, str]:
    """What a checkpoint of this record says; None, and why it is not believed."""
    try:
        said = read(note)[0]
        moment = _moment(said)
        if said.origin == origin:
            for key in keys:
                if holds(note, origin, key.public):
                    if key.since - ROUNDED < moment and (key.until is None or moment <= key.until):
                        return said, ""
                    return None, "is signed by a key that did not sign at that time"
    except Malformed as wrong:
        return None, f"is no checkpoint: {wrong}"
    return None, "is not signed by a key of this record"


def _moment(said: Checkpoint) -> datetime:
    """When a checkpoint says that it was signed. Raises Malformed."""
    told = next((line for line in said.more if line.startswith(TIME)), "")
    try:
        return datetime.fromisoformat(told.removeprefix(TIME)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Malformed("It does not say when it was signed.") from None


def _roots_at(roots: Sequence[Root], sizes: set[int]) -> dict[int, Hash]:
    """The roots that the log of roots had at these sizes, as far as it goes."""
    tree, found = Growing(), {}
    for place in range(len(roots) + 1):
        if place in sizes:
            found[place] = tree.root()
        if place < len(roots):
            tree.add(root_leaf(roots[place].log_id, roots[place].size, roots[place].root))
    return found


def _entries(
    found: Found, log_id: UUID, leaves: Iterable[Leaf], roots: Sequence[Root], alive: Callable[[int], None]
) -> Iterator[Fault]:
    """The leaves of one log against the roots that were noted of it."""
    tree, waiting, before = Growing(), iter(roots), 0
    root = next(waiting, None)
    for leaf in leaves:
        if leaf.number != tree.size:
            what = "is missing" if leaf.number > tree.size else "is there twice"
            yield Fault(log_id, min(leaf.number, tree.size), f"entry {min(leaf.number, tree.size)} {what}")
            return
        if root is None:
            yield Fault(log_id, leaf.number, f"entry {leaf.number} is under no root")
            return
        if leaf.salt is None and leaf.entry is None:
            found.erased += 1
            found.erased_in[log_id] = found.erased_in.get(log_id, 0) + 1
        elif leaf.salt is None or leaf.entry is None:
            yield Fault(
                log_id, leaf.number, f"entry {leaf.number} is {'gone' if leaf.salt else 'there without its salt'}"
            )
            return
        elif commitment(leaf.salt, leaf.entry) != leaf.committed:
            yield Fault(log_id, leaf.number, f"entry {leaf.number} says something else than when it was sealed")
            return
        elif _log_in(leaf.entry) != log_id:
            yield Fault(log_id, leaf.number, f"entry {leaf.number} belongs to another log")
            return
        tree.add(entry_leaf(leaf.committed))
        found.entries += 1
        if found.entries % 1_000 == 0:
            alive(found.entries)
        if tree.size == root.size:
            if tree.root() != root.root:
                yield Fault(log_id, before, f"an entry from {before} on is not the one that root {root.number} has")
                return
            before, root = tree.size, next(waiting, None)
            if root is not None and root.size <= before:
                yield Fault(log_id, before, f"root {root.number} is of fewer entries than the one before it")
                return
    if root is not None:
        yield Fault(log_id, tree.size, f"entry {tree.size} is missing, which root {root.number} has")


def _log_in(entry: bytes) -> UUID:
    """The log that an entry says it belongs to."""
    vendor = orjson.loads(entry)["vendor"]
    return log_of(UUID(vendor) if vendor else None)
