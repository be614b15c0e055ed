"""The trees as they are stored: any complete subtree, from few rows."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.audit.logs import ROOTS, entry_leaf, root_leaf
from labeler.audit.models import LogLeaf, LogNode, LogRoot
from labeler.audit.tree import Growing, Hash, grown, pair_hash

STEP = 8
"""Every so many levels a row is kept for each complete subtree (`LogNode`)."""


class Nodes:
    """`nodes(level, number)` of one log, for `tree.inclusion` and `tree.consistency`. Reads at most 256 rows a call."""

    def __init__(self, session: Session, log_id: UUID) -> None:
        self._session, self._log = session, log_id
        self._read: dict[tuple[int, int], Hash] = {}

    def __call__(self, level: int, number: int) -> Hash:
        """The hash over `2**level` leaves. Raises LookupError when some of them are not there."""
        above = level % STEP
        row = [self._row(level - above, (number << above) + each) for each in range(1 << above)]
        while len(row) > 1:
            row = [pair_hash(*row[at : at + 2]) for at in range(0, len(row), 2)]
        return row[0]

    def _row(self, level: int, number: int) -> Hash:
        if (level, number) not in self._read:
            first = number & -(1 << STEP)
            for at, found in self._rows(level, first, first + (1 << STEP)):
                self._read[level, at] = found
        try:
            return self._read[level, number]
        except KeyError:
            raise LookupError(f"node {number} of level {level} is missing in log {self._log}") from None

    def _rows(self, level: int, first: int, end: int) -> list[tuple[int, Hash]]:
        if level:
            kept = select(LogNode.number, LogNode.hash).where(
                LogNode.log_id == self._log, LogNode.level == level, LogNode.number >= first, LogNode.number < end
            )
            return [(at, found) for at, found in self._session.execute(kept)]
        if self._log == ROOTS:
            roots = select(LogRoot).where(LogRoot.number >= first, LogRoot.number < end)
            return [
                (each.number, root_leaf(each.log_id, each.size, each.root)) for each in self._session.scalars(roots)
            ]
        leaves = select(LogLeaf.number, LogLeaf.commitment).where(
            LogLeaf.log_id == self._log, LogLeaf.number >= first, LogLeaf.number < end
        )
        return [(at, entry_leaf(committed)) for at, committed in self._session.execute(leaves)]


def tree_of(session: Session, log_id: UUID, size: int) -> Growing:
    """The tree of a log's first `size` leaves, ready for more. Raises LookupError."""
    return grown(size, Nodes(session, log_id))
