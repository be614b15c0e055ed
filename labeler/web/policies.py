"""The numbers that protect labelers, for everybody to read: what is in force, and every change there ever was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, render_template
from flask_login import current_user

from labeler import clock
from labeler.accounts.permissions import Permission, Role, may
from labeler.db import reading
from labeler.gate import person, public
from labeler.web.policy_words import GROUPS, WORDS, sentence, with_unit
from labeler.wellbeing.limits import STANDARD, Change
from labeler.wellbeing.policies import Told, history

bp = Blueprint("policies", __name__)

ROLES = {
    Role.ADMIN: "an administrator", Role.RESEARCHER: "a researcher", Role.VENDOR_MANAGER: "a vendor's manager",
    Role.LABELER: "a labeler", Role.AUDITOR: "an auditor", Role.WELLBEING_OFFICER: "a wellbeing officer",
    Role.WORKER_REPRESENTATIVE: "a worker representative",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One number in force, in words; `told` is the change behind it, None while it is as the standard has it."""

    name: str
    rule: str
    title: str
    says: str
    protects: str
    value: str
    standard: str
    told: Told | None
    how: str
    """`standard`, `tighter` or `deviation`."""


def _row(name: str, value: int, told: Told | None) -> Row:
    number = STANDARD[name]
    how = "deviation" if told is not None and told.change.signed else "tighter" if value != number.value else "standard"
    return Row(
        name, number.rule, WORDS[name].title, sentence(name, value), WORDS[name].protects, with_unit(name, value),
        with_unit(name, number.value), told, how,
    )  # fmt: skip


def in_force_rows(told: Sequence[Told], now: datetime) -> tuple[dict[str, Row], list[Row]]:
    """Every number for everybody by its name, and the numbers that single projects have of their own."""
    live = [each for each in told if _live(each.change, now)]
    live.sort(key=lambda each: (each.change.from_at, each.made_at))
    platform = {each.change.name: each for each in live if each.change.project_id is None}
    own = {(each.change.project_id, each.change.name): each for each in live if each.change.project_id is not None}
    values = {name: platform[name].change.value if name in platform else STANDARD[name].value for name in STANDARD}
    projects = [
        _row(each.change.name, each.change.value, each)
        for each in own.values()
        if each.change.signed or STANDARD[each.change.name].loosens(values[each.change.name], each.change.value)
    ]
    return {name: _row(name, values[name], platform.get(name)) for name in STANDARD}, projects


def _live(change: Change, now: datetime) -> bool:
    return change.from_at <= now and (change.until_at is None or now < change.until_at)


def read_history() -> list[Told]:
    """Every change, the newest first, with projects named only to whoever may see projects."""
    with reading() as session:
        told = history(session)
    named = bool(current_user and current_user.is_authenticated) and may(person().role, Permission.PROJECTS_SEE)
    return told if named else [each.public() for each in told]


def may_edit() -> bool:
    """Whether the viewer, who may be nobody, can change numbers for everybody."""
    return bool(current_user and current_user.is_authenticated) and may(person().role, Permission.POLICIES_EDIT)


@bp.get("/policies")
@public
def in_force() -> str:
    """Every number in force, in plain words; a looser one with who signed for it, why, and until when."""
    now = clock.now()
    told = read_history()
    numbers, projects = in_force_rows(told, now)
    coming = [each for each in told if each.change.from_at > now]
    return render_template(
        "policies/in_force.html",
        groups=[(title, [numbers[name] for name in names]) for title, names in GROUPS],
        projects=projects,
        coming=[(_row(each.change.name, each.change.value, each), each) for each in reversed(coming)],
        deviations=[row for row in (*numbers.values(), *projects) if row.how == "deviation"],
        may_edit=may_edit(),
    )


@bp.get("/policies/history")
@public
def changes() -> str:
    """Every change of a number ever made, the newest first."""
    told = [(_row(each.change.name, each.change.value, each), each) for each in read_history()]
    return render_template("policies/history.html", told=told, roles=ROLES, may_edit=may_edit())
