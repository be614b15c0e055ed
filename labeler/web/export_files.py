"""Files of dataset versions, taken whole or in part; and the ledger of who took which."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock, downloads
from labeler.accounts.permissions import Permission
from labeler.db import reading, transaction
from labeler.downloads import storage
from labeler.errors import Conflict
from labeler.exports import archive, ledger, listing, queries, service, withdrawn
from labeler.exports.models import Export
from labeler.gate import person, requires
from labeler.storage import Storage

bp = Blueprint("export_files", __name__)

EVERYTHING = "all"
"""What the record says when somebody took the whole export."""


@bp.get("/projects/<slug>/exports/<int:number>/withdrawn")
@requires(Permission.EXPORTS_SEE)
def second_step(slug: str, number: int) -> str | BaseResponse:
    """Before a file of a withdrawn version is taken (`file`, or all of it): why it should not be, and what else is
    there."""
    with reading() as session:
        project = queries.project(session, slug)
        export = queries.export(session, project.id, number)
        why, newer = withdrawn.told(session, export), withdrawn.newer(session, export)
    if not why:
        return redirect(url_for("exports.one", slug=slug, number=number), 303)
    file = request.args.get("file", "")
    return render_template("exports/second_step.html", project=project, export=export, why=why, newer=newer, file=file)


@bp.get("/projects/<slug>/exports/<int:number>/files/<path:file>")
@requires(Permission.EXPORTS_SEE)
def take_file(slug: str, number: int, file: str) -> BaseResponse:
    """One file, or a range of it."""
    if _needs_second_step(slug, number):
        return redirect(url_for("export_files.second_step", slug=slug, number=number, file=file), 303)

    def found(store: Storage, export: Export, folder: str) -> Response:
        path = store.file(folder, file)  # a file that is not there leaves no entry
        return downloads.send_path(path, listing.tag(store, export, file), f"{slug}-v{export.number}-{path.name}")

    return _taken(slug, number, file, found)


@bp.get("/projects/<slug>/exports/<int:number>/export.tar")
@requires(Permission.EXPORTS_SEE)
def take_all(slug: str, number: int) -> BaseResponse:
    """The whole version as one tar file, or a range of it."""
    if _needs_second_step(slug, number):
        return redirect(url_for("export_files.second_step", slug=slug, number=number), 303)

    def found(store: Storage, export: Export, folder: str) -> Response:
        root, name = store.folder / folder, f"{slug}-v{export.number}"
        if not root.is_dir():
            raise Conflict("The files of this export are not on this machine. Ask whoever runs it.")
        made = archive.Archive(root, name, export.snapshot_at, listing.sha256(store, export))
        return downloads.send_archive(made, f"{name}.tar")

    return _taken(slug, number, EVERYTHING, found)


def _needs_second_step(slug: str, number: int) -> bool:
    if _knowingly():
        return False
    with reading() as session:
        return queries.export(session, queries.project(session, slug).id, number).withdrawn_on is not None


def _knowingly() -> bool:
    """Whether the address says that a withdrawn version is wanted all the same."""
    return request.args.get("withdrawn") == "take"


def _taken(slug: str, number: int, file: str, found: Callable[[Storage, Export, str], Response]) -> Response:
    """What is sent; that somebody takes it is on the record before a byte is."""
    knowingly = _knowingly()
    with transaction() as session:
        export = queries.export(session, queries.project(session, slug).id, number)
        sent = found(storage(), export, service.folder(session, export, knowingly=knowingly))
        if downloads.takes_bytes(sent):
            size, which = sent.content_length or 0, downloads.span(sent)
            with downloads.unless_refused(sent):
                service.download(
                    session, person().id, export, file, clock.now(), way="page", size=size, knowingly=knowingly,
                    span=which,
                )  # fmt: skip
    sent.headers["X-Content-Type-Options"] = "nosniff"
    sent.headers["Cache-Control"] = "private, no-store"
    return sent


@bp.get("/exports/ledger")
@requires(Permission.LEDGER_SEE)
def ledger_page() -> str:
    """Who took what, the newest first: of one project when it is named, else of all."""
    slug = request.args.get("project") or None
    with reading() as session:
        lines = ledger.lines(session, slug, ledger.SHOWN + 1)
    return render_template("exports/ledger.html", lines=lines[: ledger.SHOWN], more=lines[ledger.SHOWN :], slug=slug)


@bp.get("/exports/ledger.csv")
@requires(Permission.LEDGER_SEE)
def ledger_file() -> Response:
    """The whole ledger as CSV (RFC 4180), moments in UTC."""
    with reading() as session:
        text = ledger.as_csv(ledger.lines(session, request.args.get("project") or None))
    sent = Response(text, mimetype="text/csv")
    sent.headers["Content-Disposition"] = 'attachment; filename="export-ledger.csv"'
    sent.headers["Cache-Control"] = "private, no-store"
    return sent
