"""Pages of dataset versions: make one, watch it being written, take its files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock, downloads
from labeler.accounts.permissions import Permission, may
from labeler.config import Settings
from labeler.db import reading, transaction
from labeler.errors import Conflict, FieldProblem, Invalid
from labeler.exports import archive, ledger, listing, queries, service
from labeler.exports.models import Export, ExportState
from labeler.exports.views import margins
from labeler.gate import person, requires
from labeler.projects.models import Project
from labeler.storage import Storage

bp = Blueprint("exports", __name__)

EVERYTHING = "all"
"""What the record says when somebody took the whole export."""


def _storage() -> Storage:
    settings: Settings = current_app.extensions["settings"]
    return Storage(settings.folder)


@bp.get("/exports")
@requires(Permission.EXPORTS_SEE)
def everywhere() -> str:
    """All exports of all projects, the newest first."""
    with reading() as session:
        found = queries.all_exports(session)
    return render_template("exports/everywhere.html", found=found)


@bp.get("/projects/<slug>/exports")
@requires(Permission.EXPORTS_SEE)
def of_project(slug: str) -> str:
    """A project's exports."""
    with reading() as session:
        project = queries.project(session, slug)
        found = queries.exports(session, project.id)
    return render_template(
        "exports/list.html", project=project, found=found, may_make=may(person().role, Permission.EXPORTS_MAKE)
    )


@bp.get("/projects/<slug>/exports/new")
@requires(Permission.EXPORTS_MAKE)
def new(slug: str) -> str:
    """The form: views, conditions, and what an export would read now."""
    with reading() as session:
        return _form(session, queries.project(session, slug), {}, ())


@bp.post("/projects/<slug>/exports")
@requires(Permission.EXPORTS_MAKE)
def make(slug: str) -> BaseResponse | tuple[str, int]:
    """Ask for the next version; its page shows how far it is."""
    chosen = _chosen(request.form)
    try:
        with transaction() as session:
            project = queries.project(session, slug)
            asked, _ = service.request(session, person().id, project.id, chosen, clock.now())
    except Invalid as wrong:
        with reading() as session:
            return _form(session, queries.project(session, slug), chosen, wrong.problems), 422
    return redirect(url_for("exports.one", slug=slug, number=asked.number), 303)


def _chosen(form: MultiDict[str, str]) -> dict[str, Any]:
    chosen: dict[str, Any] = {name: form.getlist(name) for name in ("views", "batches")}
    chosen |= {name: form[name] for name in ("late", "min_judgments", "margin_map") if name in form}
    chosen |= {name: form[name] for name in ("label_scale", "label_from") if form.get(name)}
    return chosen


def _form(session: Session, project: Project, chosen: dict[str, Any], problems: tuple[FieldProblem, ...]) -> str:
    return render_template(
        "exports/new.html",
        project=project,
        views=queries.views(project),
        possible=queries.possible(project),
        margin_words=margins.WORDS,
        batches=queries.batches(session, project.id),
        before=queries.before(session, project.id, clock.now()),
        chosen=chosen,
        problems=problems,
    )


@bp.get("/projects/<slug>/exports/<int:number>")
@requires(Permission.EXPORTS_SEE)
def one(slug: str, number: int) -> str:
    """One version: how far it is, or what is in it."""
    with reading() as session:
        project = queries.project(session, slug)
        export = queries.export(session, project.id, number)
    files = _files(export) if export.state is ExportState.DONE else []
    return render_template("exports/one.html", project=project, export=export, files=files)


def _files(export: Export) -> list[tuple[str, int]]:
    """The files of a finished version, and their sizes in bytes."""
    if export.folder is None:
        return []
    root = _storage().folder / export.folder
    return [
        (path.relative_to(root).as_posix(), path.stat().st_size) for path in sorted(root.rglob("*")) if path.is_file()
    ]


@bp.get("/projects/<slug>/exports/<int:number>/files/<path:file>")
@requires(Permission.EXPORTS_SEE)
def take_file(slug: str, number: int, file: str) -> Response:
    """One file, or a range of it."""

    def found(store: Storage, export: Export, folder: str) -> Response:
        path = store.file(folder, file)  # a file that is not there leaves no entry
        return downloads.send_path(path, listing.tag(store, export, file), f"{slug}-v{export.number}-{path.name}")

    return _taken(slug, number, file, found)


@bp.get("/projects/<slug>/exports/<int:number>/export.tar")
@requires(Permission.EXPORTS_SEE)
def take_all(slug: str, number: int) -> Response:
    """The whole version as one tar file, or a range of it."""

    def found(store: Storage, export: Export, folder: str) -> Response:
        root, name = store.folder / folder, f"{slug}-v{export.number}"
        if not root.is_dir():
            raise Conflict("The files of this export are not on this machine. Ask whoever runs it.")
        made = archive.Archive(root, name, export.snapshot_at, listing.sha256(store, export))
        return downloads.send_archive(made, f"{name}.tar")

    return _taken(slug, number, EVERYTHING, found)


def _taken(slug: str, number: int, file: str, found: Callable[[Storage, Export, str], Response]) -> Response:
    """What is sent; that somebody takes it is on the record before a byte is."""
    with transaction() as session:
        export = queries.export(session, queries.project(session, slug).id, number)
        sent = found(_storage(), export, service.folder(export))
        if downloads.takes_bytes(sent):
            size = sent.content_length or 0
            service.download(session, person().id, export, file, clock.now(), way="page", size=size)
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
