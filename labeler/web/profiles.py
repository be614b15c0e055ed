"""Buyers' profiles: those there are, and a new one made of numbers that are tighter than the standard's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, flash, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from labeler import clock
from labeler.accounts.permissions import Permission, may
from labeler.compliance.oscal.profile import profile
from labeler.compliance.profiles import Kept, add_profile, profiles
from labeler.compliance.standards import LATEST, Standard, read
from labeler.db import reading, repeated
from labeler.errors import Conflict, FieldProblem, Invalid, Missing
from labeler.gate import person, requires
from labeler.wellbeing.limits import NAMES, Number
from labeler.wellbeing.policies import limits_now

bp = Blueprint("profiles", __name__)


@dataclass(frozen=True, slots=True)
class Row:
    """A number on the form: what the standard has, what is in force for everybody, and which values one may give."""

    name: str
    label: str
    help: str


@bp.get("/oversight/profiles")
@requires(Permission.PROFILES_SEE)
def show() -> str:
    """Every profile, the newest first, with the numbers that it makes tighter."""
    with reading() as session:
        known = profiles(session)
    return render_template("standard/profiles.html", profiles=known, may_make=_may_make())


@bp.get("/oversight/profiles/<digest>.json")
@requires(Permission.PROFILES_SEE)
def download(digest: str) -> Response:
    """A profile in OSCAL."""
    with reading() as session:
        kept = next((each for each in profiles(session) if each.profile.digest == digest), None)
    if kept is None:
        raise Missing("There is no such profile.")
    made = Response(oscal(kept), mimetype="application/json")
    made.headers["Content-Disposition"] = f'attachment; filename="profile-{digest[:12]}.json"'
    return made


def oscal(kept: Kept) -> bytes:
    """The file of a profile that somebody made."""
    return profile(kept.standard, kept.profile, kept.made_at)


@bp.get("/oversight/profiles/new")
@requires(Permission.PROFILES_MAKE)
def form() -> str:
    """Every number of the standard, each with what is in force."""
    return _form({})


@bp.post("/oversight/profiles/new")
@requires(Permission.PROFILES_MAKE)
def make() -> AnyResponse | str | tuple[str, int]:
    """Make the profile, or say of every number what is wrong with it."""
    sent = {key: value.strip()[:200] for key, value in request.form.items()}
    me, name = person().id, sent.get("name", "")
    values = given(read(LATEST), sent)
    try:
        repeated(lambda session: add_profile(session, me, name, values, clock.now()))
    except Invalid as wrong:
        return _form(sent, wrong.problems), 422
    except Conflict as taken:
        return _form(sent, [FieldProblem("name", taken.message)]), 422
    flash("The profile is made. Reports can be asked for by its name.")
    return redirect("/oversight/profiles", 303)


def given(standard: Standard, sent: Mapping[str, str]) -> dict[str, int | None]:
    """The numbers that were typed; None for what is no whole number. Empty ones are the standard's."""
    return {
        name: int(sent[name]) if sent[name].isdecimal() and sent[name].isascii() and len(sent[name]) < 7 else None
        for name in standard.numbers
        if sent.get(name)
    }


def _form(sent: Mapping[str, str], problems: Iterable[FieldProblem] = ()) -> str:
    standard = read(LATEST)
    with reading() as session:
        limits = limits_now(session, clock.now()).platform
    in_force = {name: getattr(limits, name) for name in NAMES}
    seen: set[str] = set()
    groups = []
    for control in standard.controls:
        own = [name for name in control.parameters if name not in seen]
        seen.update(own)
        if own:
            rows = [_row(name, standard.numbers[name], in_force.get(name)) for name in own]
            groups.append((f"{control.id} {control.title}", rows))
    return render_template("standard/profile_form.html", groups=groups, sent=sent, problems=list(problems))


def _row(name: str, number: Number, in_force: int | None) -> Row:
    bound = number.least if number.stricter < 0 else number.most
    low, high = min(bound, number.value), max(bound, number.value)
    now = f" In force for everybody now: {in_force}." if in_force is not None else ""
    rule = f"{number.rule}. " if number.rule else ""
    way = "Lower" if number.stricter < 0 else "Higher"
    return Row(
        name,
        number.words[0].upper() + number.words[1:],
        f"{rule}The standard: {number.value} {number.unit}.{now} {way} protects more: from {low} to {high}.",
    )


def _may_make() -> bool:
    return may(person().role, Permission.PROFILES_MAKE)
