"""Asking for a version to be delivered; the version's page shows how far it is."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.db import transaction
from labeler.downloads import storage
from labeler.errors import Invalid
from labeler.exports import queries
from labeler.exports.delivery import destinations, service
from labeler.gate import person, requires
from labeler.web.exports import version_page

bp = Blueprint("deliveries", __name__)


@bp.post("/projects/<slug>/exports/<int:number>/deliveries")
@requires(Permission.EXPORTS_MAKE)
def ask(slug: str, number: int) -> BaseResponse | tuple[str, int]:
    """Deliver a version to the destination that was chosen."""
    knowingly = request.form.get("withdrawn") == "take"
    try:
        known = destinations.read(storage().folder)
    except Invalid:
        known = {}  # the page says what is the matter
    try:
        with transaction() as session:
            export = queries.export(session, queries.project(session, slug).id, number)
            chosen = request.form.get("destination", "")
            service.request(session, person().id, export.id, chosen, known, clock.now(), knowingly=knowingly)
    except Invalid as wrong:
        return version_page(slug, number, wrong.problems), 422
    return redirect(url_for("exports.one", slug=slug, number=number, _anchor="deliveries"), 303)
