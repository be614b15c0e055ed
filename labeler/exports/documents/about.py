"""What the record knows of a version when it is written: the values that all its papers are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labeler.exports.documents.changes import Previous
from labeler.exports.documents.questions import Answers
from labeler.exports.projects import ProjectFacts


@dataclass(frozen=True, slots=True)
class Known:
    """What is read before the first row, as of the moment the version was asked for.

    `began` is the day (UTC) on which the project was published, of several the first one; `overlap` is that of the
    version's own project, `conditions` see `conditions.of_all`. `licences` has the licence of each project by its slug
    where there are several.
    """

    answers: Answers
    conditions: dict[str, Any]
    previous: Previous | None
    overlap: int
    began: str
    question: str
    licences: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """A version's own facts, after its last row. `people` see `conditions.people_told`; `hard` has the titles of
    content of severity 2 or more, with the highest severity; moments are ISO 8601 in UTC."""

    export_id: str
    number: int
    slug: str
    name: str
    purpose: str | None
    kind: str
    kind_version: int
    kind_title: str
    question: str
    options: Mapping[str, Any]
    plan: Mapping[str, Any]
    guidelines: Sequence[Mapping[str, Any]]
    languages: Sequence[str]
    hard: Sequence[tuple[str, int]]
    overlap: int
    began: str
    moment: str
    tasks: int
    people: int | None
    answers: Answers
    conditions: dict[str, Any]
    version: str
    groups: Sequence[Mapping[str, Any]] = ()
    """Agreement within groups of people, by measure, as `people.json` has it (`exports.within`)."""
    several: Sequence[ProjectFacts] = ()
    """All projects in it, where these are several."""

    @property
    def slugs(self) -> list[str]:
        """The projects in it."""
        return [each.slug for each in self.several] or [self.slug]
