"""`judgments` of several projects: the same rows, and which project each is of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import create_model

from tasks.kind import JudgedTask, Tally, View


class OfProjects(View):
    """A view whose rows have one column more: `project`, the project's name in addresses."""

    def __init__(self, of: View) -> None:
        self.of = of
        self.name, self.lossy, self.readers = of.name, of.lossy, of.readers
        columns: dict[str, Any] = {"project": (str, ...)}
        self.row = create_model(of.row.__name__, __base__=of.row, __doc__=of.row.__doc__, **columns)

    def rows(self, task: JudgedTask, tally: Tally) -> Iterable[dict[str, Any]]:
        """The rows of the view, each with the task's project."""
        for row in self.of.rows(task, tally):
            yield {**row, "project": task.project}
