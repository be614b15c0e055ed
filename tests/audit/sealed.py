"""A sealed record of a few hundred entries, as rows: for tests that tamper with them."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from labeler.audit.checking import TIME, Found, Key, Leaf, Root, Signed, check
from labeler.audit.checkpoint import Checkpoint, signed
from labeler.audit.logs import PLATFORM, commitment, entry_leaf, entry_text, root_leaf
from labeler.audit.tree import Growing, root_of
from tests.support.build import NOW

OLD, NEW = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
ROTATED = NOW + timedelta(minutes=10)
KEYS = (Key(OLD.public_key(), NOW, ROTATED), Key(NEW.public_key(), ROTATED))
ORIGIN = "labeler/test"
VENDORS = tuple(UUID(int=1 << 100 | n) for n in range(1, 4))
LOGS = (PLATFORM, *VENDORS)


@dataclass
class Record:
    """All that is stored, and what an auditor kept of it."""

    leaves: dict[UUID, list[Leaf]] = field(default_factory=dict)
    roots: list[Root] = field(default_factory=list)
    checkpoints: list[Signed] = field(default_factory=list)
    held: list[str] = field(default_factory=list)

    def copy(self) -> Record:
        """One to tamper with."""
        leaves = {log_id: list(rows) for log_id, rows in self.leaves.items()}
        return Record(leaves, list(self.roots), list(self.checkpoints), list(self.held))

    def check(self) -> Found:
        """What the checker finds."""
        logs = self.leaves
        return check(lambda log_id: logs.get(log_id, []), self.roots, self.checkpoints, ORIGIN, KEYS, self.held)

    def sign(self, number: int, at: datetime, key: Ed25519PrivateKey) -> Signed:
        """A checkpoint over all roots there are."""
        root = root_of(root_leaf(each.log_id, each.size, each.root) for each in self.roots)
        body = Checkpoint(ORIGIN, len(self.roots), root, (f"{TIME}{at.isoformat()}",)).body
        return Signed(number, len(self.roots), signed(body, ORIGIN, key))

    def seal_anew(self, key: Ed25519PrivateKey | None = None) -> None:
        """Make roots and checkpoints fit the leaves, as somebody would who has the database and the keys."""
        old = self.checkpoints
        sizes = [(each.log_id, each.size) for each in self.roots]
        ends = [each.size for each in old]
        trees = {log_id: root_at(rows, {size for each, size in sizes if each == log_id})
                 for log_id, rows in self.leaves.items()}  # fmt: skip
        self.roots, self.checkpoints = [], []
        for number, (log_id, size) in enumerate(sizes):
            known = trees.get(log_id, {})
            if size not in known:
                continue
            self.roots.append(Root(len(self.roots), log_id, size, known[size]))
            if number + 1 in ends:
                at = moment(len(self.checkpoints))
                by = key or (OLD if at < ROTATED else NEW)
                self.checkpoints.append(self.sign(len(self.checkpoints), at, by))


def moment(number: int) -> datetime:
    return NOW + timedelta(minutes=number + 1)


def root_at(rows: Iterable[Leaf], sizes: set[int]) -> dict[int, bytes]:
    tree, found = Growing(), {}
    for leaf in rows:
        tree.add(entry_leaf(leaf.committed))
        if tree.size in sizes:
            found[tree.size] = tree.root()
    return found


def leaf(log_id: UUID, number: int, dice: random.Random, fields: str = "{}") -> Leaf:
    """One entry of a log."""
    entry = entry_text(
        UUID(int=dice.getrandbits(128)), NOW + timedelta(seconds=number), "break.end", UUID(int=dice.getrandbits(128)),
        UUID(int=dice.getrandbits(128)), None if log_id == PLATFORM else log_id, fields,
    )  # fmt: skip
    salt = dice.randbytes(16)
    return Leaf(number, commitment(salt, entry), salt, entry)


def record(seed: int = 0, checkpoints: int = 20) -> Record:
    """One that is as it should be: 20 checkpoints, a new key after the tenth, three of them held by an auditor."""
    dice, made = random.Random(seed), Record({log_id: [] for log_id in LOGS})
    trees = {log_id: Growing() for log_id in LOGS}
    for number in range(checkpoints):
        for log_id in LOGS if number == 0 else sorted(dice.sample(LOGS, dice.randint(1, 4))):
            for _ in range(dice.randint(1, 9)):
                new = leaf(log_id, len(made.leaves[log_id]), dice)
                made.leaves[log_id].append(new)
                trees[log_id].add(entry_leaf(new.committed))
            made.roots.append(Root(len(made.roots), log_id, trees[log_id].size, trees[log_id].root()))
        made.checkpoints.append(made.sign(number, moment(number), OLD if moment(number) < ROTATED else NEW))
    made.held = [made.checkpoints[number].note for number in (4, 11, checkpoints - 1)]
    return made


def erased(leaf: Leaf) -> Leaf:
    """The same place, with nothing to tell what was there."""
    return replace(leaf, salt=None, entry=None)
