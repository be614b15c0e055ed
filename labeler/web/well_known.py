"""What strangers need to check what this installation has signed: its public keys, and the program that checks."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, current_app, jsonify, request

from labeler.audit import proving
from labeler.audit.logs import ROOTS
from labeler.config import Settings
from labeler.db import reading
from labeler.exports.standalone import verify_dataset
from labeler.gate import public
from labeler.signing.keys import Keys, Purpose
from labeler.signing.memory import Memory, told_of
from labeler.signing.publishing import published

bp = Blueprint("well_known", __name__)

MOST_RECOVERIES = 50
"""How many of them are told, the newest."""
CHECKER = Path(verify_dataset.__file__)


@bp.get("/.well-known/labeler-keys.json")
@public
def keys() -> Response:
    """Every public key there ever was, by purpose: fingerprint, algorithm, PEM, from when until when it signed, and
    since when it should not be believed."""
    settings: Settings = current_app.extensions["settings"]
    return jsonify(published(Keys(settings.folder).known(purpose) for purpose in Purpose))


@bp.get("/.well-known/labeler-checkpoint")
@public
def checkpoint() -> Response:
    """The newest signed checkpoint of the record and, with `?since=` a size, the proof that it continues that one. It
    tells nothing of anybody: how many roots there are, and their hash."""
    since = request.args.get("since", type=int)
    with reading() as session:
        newest = proving.checkpoint(session)
        path = [] if since is None or since > newest.size else proving.grew(session, ROOTS, max(0, since), newest.size)
    return jsonify({"checkpoint": newest.note, "proof": path})


@bp.get("/.well-known/labeler-recoveries.json")
@public
def recoveries() -> Response:
    """That the database came back older than it was: receipts of the entries that say so. They name nobody."""
    settings: Settings = current_app.extensions["settings"]
    with reading() as session:
        said = [told_of(session, note) for note in Memory(settings.folder).recovered()[-MOST_RECOVERIES:]]
        told = [proving.receipt(session, each).model_dump(mode="json") for each in said if each is not None]
    return jsonify({"format": "labeler-recoveries/1", "recoveries": told})


@bp.get("/verify_dataset.py")
@public
def checker() -> Response:
    """The program that checks the folder of a dataset version: one file, for a machine without this product."""
    made = Response(CHECKER.read_bytes(), mimetype="text/x-python")
    made.headers["Content-Disposition"] = 'attachment; filename="verify_dataset.py"'
    made.headers["X-Content-Type-Options"] = "nosniff"
    return made
