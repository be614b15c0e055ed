"""A project's life, and what labelers are owed before it may begin. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from labeler.errors import FieldProblem


class ProjectState(StrEnum):
    """Where a project stands: draft -> checked -> live <-> paused -> closed."""

    DRAFT = "draft"
    CHECKED = "checked"
    LIVE = "live"
    PAUSED = "paused"
    CLOSED = "closed"


S = ProjectState

MOVES: dict[ProjectState, frozenset[ProjectState]] = {
    S.DRAFT: frozenset({S.CHECKED, S.CLOSED}),
    S.CHECKED: frozenset({S.DRAFT, S.LIVE, S.CLOSED}),
    S.LIVE: frozenset({S.PAUSED, S.CLOSED}),
    S.PAUSED: frozenset({S.LIVE, S.CLOSED}),
    S.CLOSED: frozenset(),
}
"""From where to where a project may go; closed is the end."""


@dataclass(frozen=True, slots=True)
class Owed:
    """What a project says to the people who will work on it, as far as it says it."""

    purpose: str | None
    client_name: str | None
    categories: Mapping[str, int] | None
    sensitive_share: float | None
    pay_rate: str | None
    seconds_estimate: int | None
    languages: tuple[str, ...]
    guideline_version: int
    tasks: int


def lacking(owed: Owed) -> list[FieldProblem]:
    """Everything labelers are owed and the project does not say yet (WRN-1, GOV-2, WRN-6), each with its field."""
    wanted = {
        "purpose": (owed.purpose, "Say what the answers are for: labelers may know the purpose of their work."),
        "client_name": (owed.client_name, "Name the client, so that labelers know for whom they work."),
        "categories": (
            owed.categories is not None,
            "Say which kinds of sensitive content may occur, and how strong; say none if there is none.",
        ),
        "sensitive_share": (
            owed.sensitive_share is not None,
            "Estimate which share of the tasks is sensitive; 0 if there are none.",
        ),
        "pay_rate": (owed.pay_rate, "Say what is paid, as labelers will read it."),
        "seconds_estimate": (owed.seconds_estimate, "Estimate how long one task takes."),
        "languages": (owed.languages, "Say in which languages the tasks are written."),
        "guideline": (owed.guideline_version, "Write the guideline: what is asked, with examples."),
        "tasks": (owed.tasks, "Import tasks: there is nothing to hand out yet."),
    }
    problems = [FieldProblem(name, words) for name, (value, words) in wanted.items() if not value]
    if owed.categories and owed.sensitive_share == 0 and max(owed.categories.values()) >= 2:
        problems.append(
            FieldProblem("sensitive_share", "Sensitive content may occur, so its expected share can't be 0.")
        )
    return problems


def may_move(now: ProjectState, then: ProjectState) -> bool:
    """Whether a project may go from one state to another."""
    return then in MOVES[now]


FREEZE_NOTICE = timedelta(days=14)
"""OPT-9: how long before a dataset is frozen its labelers are told at least."""

FURTHEST = timedelta(days=3650)


def is_frozen(freeze_at: datetime | None, now: datetime) -> bool:
    """Whether nothing can be withdrawn from a project's dataset any more."""
    return freeze_at is not None and now >= freeze_at


def freeze_problem(announced: datetime | None, wanted: datetime, now: datetime) -> str | None:
    """Why a dataset can't be frozen at this moment, or None: a first day is 14 days ahead, a later one only later."""
    if is_frozen(announced, now):
        return "This dataset is frozen already; that stands."
    if wanted > now + FURTHEST:
        return "Choose a moment within the next ten years."
    if announced is not None:
        return None if wanted >= announced else "Labelers have been told an earlier day than this allows: only later."
    if wanted < now + FREEZE_NOTICE:
        return f"Choose a moment at least {FREEZE_NOTICE.days} days ahead: labelers are told beforehand."
    return None


OURS = frozenset({"new", "preview", "approvals"})
"""Words that addresses of the studio use where a slug would stand."""
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def slug_of(name: str) -> str:
    """A slug made from a name: lower-case letters and digits joined by hyphens, at most 60 characters."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:60].strip("-")
    return slug if slug and slug not in OURS else f"{slug}-project".strip("-")


def is_slug(text: str) -> bool:
    """Whether a text can be a slug."""
    return len(text) <= 60 and text not in OURS and _SLUG.fullmatch(text) is not None
