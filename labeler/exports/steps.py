"""What leaves an export on the way, step by step: names, their order, and counts that add up. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

START = "answers"
"""Every answer of the project in the version that stood at the snapshot: what the first step begins with."""

WORDS: dict[str, str] = {
    START: "Answers there were",
    "batches": "of batches that were not chosen",
    "languages": "in languages that were not chosen",
    "not_used": "not used, by a decision that stood",
    "withdrawn": "withdrawn by their labelers",
    "unpaid": "not paid for",
    "days": "given on days that were not chosen",
    "guidelines": "given under versions of the guideline that were not chosen",
    "fast": "that took far less time than others on the same item",
    "keep_out": "about prompts that are to be kept out",
    "late": "late, so in judgments only",
    "few": "of tasks with fewer judgments than asked for, so in judgments only",
}
"""Each step in words, in the order in which they are taken. An answer leaves at the first one that takes it."""

STEPS = tuple(WORDS)
READ = "unpaid"
"""What is left after this step is read; the later steps look at what was read."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one step takes away, in judgments, and what is left after it.

    All three are None where a step can only be counted while an export is written; then what later steps say is what
    they would take and leave if this one took nothing.
    """

    name: str
    left_out: int | None
    judgments: int | None
    tasks: int | None

    @property
    def words(self) -> str:
        """What the step is, to be read after "left out"."""
        return WORDS[self.name]


def steps(left: Mapping[str, tuple[int, int]], unknown: Iterable[str] = ()) -> tuple[Step, ...]:
    """The steps of an export, from how many judgments and tasks are left after each.

    A step that `left` does not name takes nothing. Raises ValueError when something came back on the way.
    """
    skipped = set(unknown)
    made = [Step(START, 0, *left[START])]
    judgments, tasks = left[START]
    for name in STEPS[1:]:
        if name in skipped:
            made.append(Step(name, None, None, None))
            continue
        now, of = left.get(name, (judgments, tasks))
        if not (0 <= now <= judgments and 0 <= of <= tasks):
            raise ValueError(f"after {name} there are {now} judgments of {of} tasks, before it {judgments} of {tasks}")
        made.append(Step(name, judgments - now, now, of))
        judgments, tasks = now, of
    return tuple(made)


def together(each: Sequence[Sequence[Step]]) -> tuple[Step, ...]:
    """The steps of several projects as those of all. A step that is not counted in one is counted in none."""
    return tuple(
        Step(of[0].name, _sum(s.left_out for s in of), _sum(s.judgments for s in of), _sum(s.tasks for s in of))
        for of in zip(*each, strict=True)
    )


def _sum(numbers: Iterable[int | None]) -> int | None:
    total = 0
    for number in numbers:
        if number is None:
            return None
        total += number
    return total


def shown(told: Iterable[Step]) -> tuple[Step, ...]:
    """The start and the steps that take something away, or may."""
    return tuple(step for step in told if step.name == START or step.left_out != 0)


def read_back(counts: Mapping[str, Any]) -> tuple[Step, ...]:
    """The steps in an export's stored counts; none in those of an export from before there were steps."""
    return tuple(Step(**each) for each in counts.get("steps", ()))


def read_back_each(counts: Mapping[str, Any]) -> dict[str, tuple[Step, ...]]:
    """The steps of each project by its slug, in the stored counts of an export of several; else none."""
    return {slug: read_back({"steps": of}) for slug, of in counts.get("projects", {}).items()}


def after(told: Iterable[Step]) -> dict[str, tuple[int, int]]:
    """How many judgments and tasks are left after each step that was counted."""
    return {
        step.name: (step.judgments, step.tasks)
        for step in told
        if step.judgments is not None and step.tasks is not None
    }
