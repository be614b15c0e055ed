"""The door of the API: its address, its errors, and that it knows nothing of cookies or forms."""

from __future__ import annotations

from flask import Blueprint
from flask.blueprints import BlueprintSetupState

from labeler.api.openapi import openapi_json
from labeler.api.problems import PREFIX, register

bp = Blueprint("api", __name__, url_prefix=PREFIX)
bp.add_url_rule("/openapi.json", view_func=openapi_json)
register(bp)


@bp.record_once
def _without_forms(state: BlueprintSetupState) -> None:
    # Other sites' pages can make a browser send its cookies, never a key: there is nothing for a form's token to guard.
    state.app.extensions["csrf"].exempt(bp)
