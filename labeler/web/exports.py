"""Pages of dataset versions: make one, watch it being written, take its files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.permissions import Permission, may
from labeler.db import reading, transaction
from labeler.downloads import storage
from labeler.errors import FieldProblem, Invalid, OverQuota
from labeler.exports import again, alike, approving, keep_out, projects, queries, service, withdrawn
from labeler.exports.card import hard
from labeler.exports.delivery import destinations
from labeler.exports.delivery import service as delivery
from labeler.exports.delivery.destinations import Destination
from labeler.exports.documents.service import lacks
from labeler.exports.models import Approval, Export, ExportState
from labeler.exports.plan import LEAST_TIMES, MOST_PROJECTS
from labeler.exports.projects import ProjectFacts
from labeler.exports.steps import read_back, read_back_each, shown, together
from labeler.exports.views import aggregations, margins
from labeler.gate import person, requires
from labeler.projects.models import Project
from labeler.signing.keys import Keys, PublicKey, Purpose
from tasks.content import Category, Severity

bp = Blueprint("exports", __name__)


@bp.get("/exports")
@requires(Permission.EXPORTS_SEE)
def everywhere() -> str:
    """All exports of all projects, the newest first."""
    with reading() as session:
        found, waiting = queries.all_exports(session), approving.waiting(session)
    return render_template("exports/everywhere.html", found=found, waiting=waiting)


@bp.get("/exports/sha256/<digest>")
@requires(Permission.EXPORTS_SEE)
def by_content(digest: str) -> BaseResponse:
    """The version whose manifest has this SHA-256: from a folder somebody holds to its page."""
    with reading() as session:
        slug, number = queries.by_manifest(session, digest)
    return redirect(url_for("exports.one", slug=slug, number=number), 303)


@bp.get("/projects/<slug>/exports")
@requires(Permission.EXPORTS_SEE)
def of_project(slug: str) -> str:
    """A project's exports."""
    with reading() as session:
        project = queries.project(session, slug)
        found, elsewhere = queries.exports(session, project.id), queries.taken_in(session, project.id)
    return render_template(
        "exports/list.html",
        project=project,
        found=found,
        elsewhere=elsewhere,
        may_make=may(person().role, Permission.EXPORTS_MAKE),
        may_edit=may(person().role, Permission.PROJECTS_EDIT),
    )


@bp.get("/projects/<slug>/exports/new")
@requires(Permission.EXPORTS_MAKE)
def new(slug: str) -> str:
    """The form: views, which answers, how they are told; and what an export would take now."""
    with reading() as session:
        return _form(session, queries.project(session, slug), {}, ())


@bp.post("/projects/<slug>/exports/new")
@requires(Permission.EXPORTS_MAKE)
def look(slug: str) -> tuple[str, int]:
    """The same form with what an export by these choices would take; nothing is made."""
    chosen = _chosen(request.form)
    with reading() as session:
        project = queries.project(session, slug)
        try:
            whole, _ = _with_list(session, project, chosen)
        except Invalid as wrong:
            return _form(session, project, chosen, wrong.problems), 422
        return _form(session, project, whole, ()), 200


@bp.post("/projects/<slug>/exports")
@requires(Permission.EXPORTS_MAKE)
def make(slug: str) -> BaseResponse | tuple[str, int]:
    """Ask for the next version; its page shows how far it is."""
    chosen = _chosen(request.form)
    try:
        with transaction() as session:
            project = queries.project(session, slug)
            whole, listed = _with_list(session, project, chosen)
            asked, _ = service.request(session, person().id, project.id, whole, clock.now())
            if listed is not None:
                storage().add_list(keep_out.name(listed), listed)
    except Invalid as wrong:
        with reading() as session:
            return _form(session, queries.project(session, slug), chosen, wrong.problems), 422
    except OverQuota as reached:  # nothing that was chosen is lost by it
        with reading() as session:
            problems = [FieldProblem("views", reached.message)]
            return _form(session, queries.project(session, slug), chosen, problems), reached.status
    return redirect(url_for("exports.one", slug=slug, number=asked.number), 303)


MANY = ("views", "also", "batches", "languages", "guidelines")
ALWAYS = ("late", "min_judgments", "margin_map", "labeler_names", "comments", "demographics")
UNLESS_EMPTY = ("label_scale", "label_from", "aggregation", "split", "seed", "from_day", "until_day", "least_time")
"""The form's fields: with several values, with one, and with one that may be left empty."""


def _chosen(form: MultiDict[str, str]) -> dict[str, Any]:
    chosen: dict[str, Any] = {name: form.getlist(name) for name in MANY}
    chosen |= {name: form[name] for name in ALWAYS if name in form}
    chosen |= {name: form[name] for name in UNLESS_EMPTY if form.get(name)}
    return chosen


def _with_list(session: Session, project: Project, chosen: dict[str, Any]) -> tuple[dict[str, Any], bytes | None]:
    """The choice with the name of the list to keep out, and the list. Raises Invalid with the problems of both."""
    problems: list[FieldProblem] = []
    listed = None
    try:
        listed = _sent_list()
    except Invalid as wrong:
        problems += wrong.problems
    whole = chosen if listed is None else {**chosen, keep_out.FIELD: keep_out.name(listed)}
    try:
        queries.checked(session, project, whole)
    except Invalid as wrong:
        problems += wrong.problems
    if problems:
        raise Invalid("This export cannot be made yet.", problems)
    return whole, listed


def _sent_list() -> bytes | None:
    """The prompts to keep out, from a file or else from the text field; None when neither has any."""
    file = request.files.get("keep_out_file")
    data = file.read(keep_out.MOST_BYTES + 1) if file is not None and file.filename else b""
    data = data or request.form.get(keep_out.FIELD, "").encode("utf-8", "replace")
    return keep_out.read(data) if data.strip() else None


def _form(session: Session, project: Project, chosen: dict[str, Any], problems: Sequence[FieldProblem]) -> str:
    now = clock.now()
    others, _ = alike.found(session, project, chosen.get("also", ()))
    each = {} if problems else queries.look_each(session, project, chosen, now)
    return render_template(
        "exports/new.html",
        project=project,
        views=queries.views(project),
        possible=queries.possible(session, project, others),
        fitting=alike.fitting(session, project),
        most_projects=MOST_PROJECTS,
        margin_words=margins.WORDS,
        aggregation_words=aggregations.WORDS,
        least_times=LEAST_TIMES,
        batches=queries.batches(session, project.id, *(other.id for other in others)),
        steps=shown(together(list(each.values()))) if each else (),
        each=each if others else {},
        now=now,
        chosen=chosen,
        listed=request.form.get(keep_out.FIELD, ""),
        problems=problems,
    )


@bp.get("/projects/<slug>/exports/<int:number>")
@requires(Permission.EXPORTS_SEE)
def one(slug: str, number: int) -> str:
    """One version: how far it is, or what is in it, and where it was delivered to."""
    return version_page(slug, number)


def version_page(slug: str, number: int, problems: Sequence[FieldProblem] = (), note: str = "") -> str:
    """The page of a version; `problems` are those of a decision about it or of asking for a delivery, and `note` is
    what was typed with it."""
    me = person()
    with reading() as session:
        project = queries.project(session, slug)
        export = queries.export(session, project.id, number)
        why, newer = withdrawn.told(session, export), withdrawn.newer(session, export)
        lack, among = lacks(session, export), projects.now(session, export)
        deliveries = delivery.deliveries(session, export.id)
        asked_by, decided_by = approving.people_of(session, export)
        may_decide = may(me.role, Permission.EXPORTS_APPROVE) and approving.may_decide(session, me.id, export)
    files = _files(export) if export.state is ExportState.DONE else []
    return render_template(
        "exports/one.html",
        project=project,
        export=export,
        files=files,
        steps=shown(read_back(export.counts or {})),
        each=read_back_each(export.counts or {}),
        among=among,
        signer=_signer(export.key_id),
        why=why,
        newer=newer,
        lack=lack,
        hard=_hard(among),
        may_make=may(me.role, Permission.EXPORTS_MAKE),
        deliveries=deliveries,
        destinations=_destinations(),
        asked_by=asked_by,
        decided_by=decided_by,
        may_decide=may_decide,
        takeable=export.approval in (None, Approval.APPROVED),
        papers=_papers(export) if export.approval is Approval.WAITING else [],
        problems=problems,
        note=note,
    )


PAPERS = ("README.md", "DATASHEET.md", "STATS.md")
"""What a second person reads before she decides."""
LONGEST_PAPER = 200_000
"""Characters of a paper that a page shows."""


def _papers(export: Export) -> list[tuple[str, str]]:
    """The papers of a finished version as text, by name."""
    if export.state is not ExportState.DONE or export.folder is None:
        return []
    root = storage().folder / export.folder
    there = [(name, root / name) for name in PAPERS if (root / name).is_file()]
    return [(name, path.read_text("utf-8")[:LONGEST_PAPER]) for name, path in there]


def _destinations() -> list[Destination] | None:
    """Where a version may be delivered to; None while the operator's file has mistakes."""
    try:
        return list(destinations.read(storage().folder).values())
    except Invalid:
        return None


@bp.post("/projects/<slug>/exports/<int:number>/again")
@requires(Permission.EXPORTS_MAKE)
def make_again(slug: str, number: int) -> BaseResponse:
    """Ask for the next version by the choices of this one, of the answers there are now."""
    with transaction() as session:
        old = queries.export(session, queries.project(session, slug).id, number)
        asked, _ = again.again(session, person().id, old, clock.now())
    return redirect(url_for("exports.one", slug=slug, number=asked.number), 303)


def _hard(among: Sequence[ProjectFacts]) -> list[str]:
    """What must be said first of a dataset: the content of severity 2 or more that its projects say may occur, each
    with the highest severity that any of them declares."""
    profile: dict[Category, Severity] = {}
    for of in among:
        for code, level in of.categories.items():
            profile[Category(code)] = max(profile.get(Category(code), Severity.NONE), Severity(level))
    return hard(profile)


def _signer(key_id: str | None) -> PublicKey | None:
    """The key that signed a version; None where it is not known here."""
    known = Keys(storage().folder).known(Purpose.EXPORT)
    return next((key for key in known if key.key_id == key_id), None)


def _files(export: Export) -> list[tuple[str, int]]:
    """The files of a finished version, and their sizes in bytes."""
    if export.folder is None:
        return []
    root = storage().folder / export.folder
    return [
        (path.relative_to(root).as_posix(), path.stat().st_size) for path in sorted(root.rglob("*")) if path.is_file()
    ]
