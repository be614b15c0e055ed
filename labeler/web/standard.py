"""The standard, for everybody: its controls and numbers, what of others' texts they answer, and the files for tools."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass

from flask import Blueprint, Response, render_template
from flask_login import current_user

from labeler.accounts.permissions import Permission, may
from labeler.compliance.oscal.catalog import catalog
from labeler.compliance.oscal.mapping import mapping
from labeler.compliance.oscal.parts import file_name, published
from labeler.compliance.oscal.profile import profile
from labeler.compliance.standards import LATEST, Standard, as_published, read, text
from labeler.compliance.standards.catalogue import BY_DEFAULT, KNOWN_WORDS, frameworks, rules, techequity
from labeler.errors import Missing
from labeler.gate import person, public

bp = Blueprint("standard", __name__)

JSON, TOML = "application/json", "application/toml"
RELATIONS = {
    BY_DEFAULT: "touches it",
    "subset-of": "is a part of it",
    "superset-of": "asks all of it, and more",
}
"""How a control stands to a point, as the page says it."""


@functools.cache
def downloads(version: str) -> dict[str, tuple[str, bytes, str]]:
    """The files of a version by name: what each is, its bytes, its kind."""
    standard = read(version)
    itself = profile(standard, as_published(standard), published(standard))
    return {
        file_name(standard, "catalog"): ("Catalog (OSCAL 1.2): controls, numbers, tests", catalog(standard), JSON),
        file_name(standard, "profile"): ("The standard as a profile (OSCAL 1.2)", itself, JSON),
        file_name(standard, "mapping"): ("Crosswalks (OSCAL 1.2 mapping)", mapping(standard), JSON),
        f"lws-{version}.toml": ("The standard itself, as it was published", text(version), TOML),
    }


@dataclass(frozen=True, slots=True)
class Reference:
    """What a control answers of one point, in words."""

    title: str
    point: str
    says: str
    relation: str
    known: str


def references(standard: Standard, control_id: str) -> list[Reference]:
    """Every point that a control answers."""
    control = standard.control(control_id)
    return [
        Reference(
            frameworks()[to].title,
            point,
            frameworks()[to].points[point].says,
            RELATIONS[control.relations.get((to, point), BY_DEFAULT)],
            KNOWN_WORDS[frameworks()[to].points[point].known],
        )
        for to, points in control.crosswalk.items()
        for point in points
    ]


@bp.get("/standard")
@public
def show() -> str:
    """Every control in words, with its numbers, its tests and what is asked for, and the frameworks' tables."""
    standard = read(LATEST)
    files = [
        (name, what, len(data), hashlib.sha256(data).hexdigest()) for name, (what, data, _) in downloads(LATEST).items()
    ]
    signed_in = bool(current_user and current_user.is_authenticated)
    return render_template(
        "standard/show.html",
        standard=standard,
        rules=rules(),
        references={control.id: references(standard, control.id) for control in standard.controls},
        techequity=techequity(),
        files=files,
        core=sum(control.core for control in standard.controls),
        may_see_profiles=signed_in and may(person().role, Permission.PROFILES_SEE),
    )


@bp.get("/standard/<file>")
@public
def download(file: str) -> Response:
    """One of the files, as it is for everybody."""
    if file not in downloads(LATEST):
        raise Missing("There is no such file of the standard.")
    _, data, kind = downloads(LATEST)[file]
    made = Response(data, mimetype=kind)
    made.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    return made
