"""The register of automated systems, for everybody to read (DEC-4)."""

from __future__ import annotations

from flask import Blueprint, render_template

from labeler.compliance.selfchecks.register import register
from labeler.gate import public

bp = Blueprint("automated", __name__)


@bp.get("/automated-systems")
@public
def everything() -> str:
    """What the product decides, orders or finds by itself: from what, from what never, and who decides in the end."""
    known = register()
    return render_template("policies/automated.html", systems=known.systems, changes=known.changes, digest=known.digest)
