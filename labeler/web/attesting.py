"""Attesting something for one's own vendor, in steps: the form, a look at the document, check your answers, sign.

Nothing is in the record before the last step. Whatever is wrong, the document that came is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request
from flask.blueprints import BlueprintSetupState
from flask_wtf.csrf import CSRFError, validate_csrf
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.compliance import standards
from labeler.db import reading, repeated
from labeler.downloads import send_document, storage
from labeler.errors import FieldProblem, Missing
from labeler.evidence import queries, service
from labeler.evidence.rules import ENDINGS, LARGEST, media_of
from labeler.gate import person, requires
from labeler.uploads import CHUNK, Upload, received
from labeler.web import evidence_drafts as drafts
from labeler.web.evidence_drafts import Draft, Typed

bp = Blueprint("attesting", __name__)

NO_FILE = FieldProblem("file", "Choose the document: a PDF, a picture (PNG or JPEG) or a plain text.")
WRONG_TYPE = FieldProblem("file", "This is none of the types that are taken: PDF, PNG, JPEG or plain text (UTF-8).")
TOO_LARGE = FieldProblem("file", f"The document is larger than {LARGEST // 1024 // 1024} MB. Send a smaller one.")
NOT_SURE = FieldProblem("sure", "Tick it if it is so. Without it nothing is signed.")
LONGEST = 200
"""Characters of a field that are read."""


@bp.record_once
def _streams(state: BlueprintSetupState) -> None:
    # The token is checked in the view: looking for it beforehand would read the whole document into the form.
    for view in (send, send_again):
        state.app.extensions["csrf"].exempt(view)


def _months() -> int:
    return standards.read().numbers["attestation_months"].value


def _problems(typed: Typed) -> list[FieldProblem]:
    return service.problems_of(typed.statement(_months()), standards.read(), clock.now())


def _form(typed: Typed, draft: Draft | None, problems: list[FieldProblem], status: int = 200) -> tuple[str, int]:
    asks = [(each.id, f"{each.id} {each.title}") for each in standards.read().controls if each.asks]
    page = render_template(
        "evidence/form.html", typed=typed, draft=draft, problems=problems, controls=[("", "Choose a control"), *asks],
        asks={each.id: each.asks for each in standards.read().controls if each.asks}, months=_months(),
        largest=LARGEST // 1024 // 1024,
    )  # fmt: skip
    return page, status


@bp.get("/evidence/new")
@requires(Permission.EVIDENCE_GIVE)
def new() -> tuple[str, int]:
    """The form, for one control or for any."""
    return _form(Typed(control=request.args.get("control", "")[:LONGEST]), None, [])


@bp.post("/evidence/new")
@requires(Permission.EVIDENCE_GIVE)
def send() -> BaseResponse | tuple[str, int]:
    """Take the document and the answers in: a draft, which is looked at next."""
    return _taken(None)


@bp.post("/evidence/drafts/<uuid:draft_id>/change")
@requires(Permission.EVIDENCE_GIVE)
def send_again(draft_id: UUID) -> BaseResponse | tuple[str, int]:
    """Change the answers of a draft, and its document where another one comes."""
    return _taken(draft_id)


def _taken(draft_id: UUID | None) -> BaseResponse | tuple[str, int]:
    def known() -> Draft | None:
        return drafts.find(draft_id, person().id) if draft_id else None

    if request.mimetype != "multipart/form-data":  # a form without a document
        _same_browser(request.form.get("csrf_token", ""))
        return _kept(known(), Upload(Path(), "", 0, b"", request.form.to_dict(flat=False)))
    try:
        with received(None, empty=True, most=LARGEST) as upload:
            _same_browser((upload.fields.get("csrf_token") or [""])[0])
            return _kept(known(), upload)
    except RequestEntityTooLarge:  # the fields behind the document were not read
        draft = known()
        return _form(draft.typed if draft else Typed(), draft, [TOO_LARGE], 422)


def _same_browser(token: str) -> None:
    try:
        validate_csrf(token)
    except ValueError as stale:
        raise CSRFError(str(stale)) from None


def _kept(draft: Draft | None, upload: Upload) -> BaseResponse | tuple[str, int]:
    typed = _typed({name: values[0] for name, values in upload.fields.items() if values})
    media = media_of(_pieces(upload.path)) if upload.size else None
    wrong: list[FieldProblem] = []
    if upload.size and media is None:
        wrong.append(WRONG_TYPE)
    if media is not None:
        known = drafts.change(draft, typed, upload, media) if draft else None
        draft = known or drafts.begin(upload, media, typed, person().id, clock.now())
    elif draft is not None:
        draft = drafts.change(draft, typed)
    elif not upload.size:
        wrong.append(NO_FILE)
    if draft is None:
        return _form(typed, None, _problems(typed) + wrong, 422)
    problems = _problems(typed) + wrong
    return _form(typed, draft, problems, 422) if problems else redirect(f"/evidence/drafts/{draft.id}", 303)


def _typed(form: Mapping[str, str]) -> Typed:
    return Typed(**{name: form.get(name, "")[:LONGEST].strip() for name in Typed.model_fields})


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            yield piece


@bp.get("/evidence/drafts/<uuid:draft_id>/change")
@requires(Permission.EVIDENCE_GIVE)
def change(draft_id: UUID) -> tuple[str, int]:
    """The form of a draft, with what is wrong with it."""
    draft = drafts.find(draft_id, person().id)
    return _form(draft.typed, draft, _problems(draft.typed))


@bp.get("/evidence/drafts/<uuid:draft_id>")
@requires(Permission.EVIDENCE_GIVE)
def look(draft_id: UUID) -> str | BaseResponse:
    """Whether this is the document that is meant: its name, size and digest, and a way to open it."""
    return _step("evidence/look.html", draft_id)


@bp.get("/evidence/drafts/<uuid:draft_id>/document")
@requires(Permission.EVIDENCE_GIVE)
def document(draft_id: UUID) -> Response:
    """The document of one's own draft, to look at before it is signed."""
    draft = drafts.find(draft_id, person().id)
    return send_document(draft.path.read_bytes(), draft.sha256, f"draft-{draft.sha256[:8]}{ENDINGS[draft.media]}")


@bp.get("/evidence/drafts/<uuid:draft_id>/check")
@requires(Permission.EVIDENCE_GIVE)
def check(draft_id: UUID) -> str | BaseResponse:
    """Check your answers: all that will be signed, each with a way to change it."""
    return _step("evidence/check.html", draft_id)


def _step(template: str, draft_id: UUID, problems: tuple[FieldProblem, ...] = ()) -> str | BaseResponse:
    draft = drafts.find(draft_id, person().id)
    if _problems(draft.typed):
        return redirect(f"/evidence/drafts/{draft.id}/change", 303)
    control = standards.read().control(draft.typed.control)
    return render_template(template, draft=draft, said=draft.statement(_months()), control=control, problems=problems)


@bp.post("/evidence/drafts/<uuid:draft_id>/sign")
@requires(Permission.EVIDENCE_GIVE)
def sign(draft_id: UUID) -> str | BaseResponse | tuple[str, int]:
    """Sign: from here on it is in the record. Pressed twice, it is signed once."""
    me, now = person(), clock.now()
    try:
        draft = drafts.find(draft_id, me.id)
    except Missing:
        with reading() as session:
            queries.one(session, me, draft_id, now)  # it was signed before: nothing more to do
        return redirect("/evidence", 303)
    if request.form.get("sure") != "yes":
        page = _step("evidence/check.html", draft_id, (NOT_SURE,))
        return (page, 422) if isinstance(page, str) else page
    if _problems(draft.typed):
        return redirect(f"/evidence/drafts/{draft.id}/change", 303)
    storage().add_document(draft.sha256, draft.path)  # first: what the record names lies there
    said, standard = draft.statement(_months()), standards.read()
    repeated(lambda session: service.attest(session, me.id, draft.id, said, standard, now))
    drafts.throw_away(draft)
    flash("It is signed and in the record.")
    return redirect(f"/evidence/vendors/{me.vendor_id}", 303)


@bp.post("/evidence/drafts/<uuid:draft_id>/discard")
@requires(Permission.EVIDENCE_GIVE)
def discard(draft_id: UUID) -> BaseResponse:
    """Throw a draft away."""
    drafts.throw_away(drafts.find(draft_id, person().id))
    flash("Thrown away. Nothing was signed.")
    return redirect("/evidence", 303)
