"""What goes into a version's folder beside its rows: made of what the stream showed and of what the record knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from labeler.exports.documents import statistics
from labeler.exports.documents.measured import Measured, Watch
from tasks.kind import JudgedTask
from tasks.measures import Measure


class Papers:
    """The papers of one version. The tasks go through `seen` once; then `texts` has every file."""

    def __init__(self, measures: tuple[Measure, ...], *, count_late: bool) -> None:
        self._watch = Watch(measures, count_late=count_late)
        self._measured: Measured | None = None

    def seen(self, tasks: Iterable[JudgedTask]) -> Iterator[JudgedTask]:
        """The same tasks, each counted as it goes by."""
        see = self._watch.see
        for task in tasks:
            see(task)
            yield task

    @property
    def measured(self) -> Measured:
        """The statistics; to be asked after the last task."""
        if self._measured is None:
            self._measured = self._watch.measured()
        return self._measured

    def texts(self, name: str) -> dict[str, bytes]:
        """Every further file of the folder, by its path."""
        return {
            "stats.json": json(statistics.facts(self.measured)),
            "STATS.md": statistics.page(name, self.measured).encode(),
        }


def json(value: Any) -> bytes:
    """JSON for people and programs: indented, keys in the order given."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
