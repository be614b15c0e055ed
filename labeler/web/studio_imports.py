"""Importing in the browser: send a file, look at how it would be read, import all of it, see what came of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, redirect, request
from flask.blueprints import BlueprintSetupState
from flask_wtf.csrf import CSRFError, validate_csrf
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.db import reading, repeated
from labeler.errors import Conflict, FieldProblem, Missing
from labeler.gate import person, requires
from labeler.jobs.outbox import enqueue
from labeler.projects import queries, service
from labeler.projects.glance import glance
from labeler.projects.importing import asked_of
from labeler.projects.models import Project
from labeler.projects.reading import known_shapes
from labeler.projects.rules import ProjectState
from labeler.projects.spooling import ImportSettings
from labeler.uploads import received
from labeler.web import studio_waiting
from labeler.web.desk import by_htmx
from labeler.web.studio_fields import Form
from labeler.web.studio_frame import may_edit, open_project, project_page
from labeler.web.studio_preview import NOBODY, Reading, Shown, note, picture
from labeler.web.studio_sheet import NONE, SOME, UNSAID
from labeler.web.studio_waiting import Waiting
from labeler.workforce.queries import called
from tasks.content import SENSITIVE, Category, highest

bp = Blueprint("studio_imports", __name__)

NO_FILE = FieldProblem("file", "Choose a file that is not empty.")
LISTED = 50
"""Problems of the first rows that are listed."""


@bp.record_once
def _streams(state: BlueprintSetupState) -> None:
    # The token is checked in the view: looking for it beforehand would read the whole file into the form.
    state.app.extensions["csrf"].exempt(send)


@bp.get("/projects/<slug>/imports")
@requires(Permission.PROJECTS_SEE)
def every(slug: str) -> str:
    """A project's imports, refused ones too, and the files that wait for a look."""
    with reading() as session:
        project = open_project(session, slug)
        batches = queries.batches(session, project.id)
        names = called(session, [batch.created_by for batch in batches])
    waiting = studio_waiting.waiting_for(project.id) if may_edit() else []
    return project_page("imports", project, "data", batches=batches, names=names, waiting=waiting)


@bp.get("/projects/<slug>/imports/new")
@requires(Permission.PROJECTS_EDIT)
def new(slug: str) -> str:
    """The form for a file, and for what its rows may leave unsaid."""
    with reading() as session:
        return _new(open_project(session, slug), ImportSettings())


def _new(project: Project, settings: ImportSettings, problems: tuple[FieldProblem, ...] = ()) -> str:
    _not_closed(project)
    return project_page("import_new", project, "data", problems=problems, **_settings_form(project, settings))


def _not_closed(project: Project) -> None:
    if project.state is ProjectState.CLOSED:
        raise Conflict("This project is closed and takes no more tasks.")


def _settings_form(project: Project, settings: ImportSettings) -> dict[str, Any]:
    """What the fields of an import's settings show."""
    said = settings.categories
    return {
        "settings": settings,
        "content": UNSAID if said is None else SOME if any(said.values()) else NONE,
        "said": {code.value: level for code, level in (said or {}).items()},
        "declared": {Category(code): level for code, level in sorted((project.categories or {}).items())},
        "languages": [(tag, tag) for tag in project.languages],
        "shapes": [("", "told by its columns"), *((shape.name, shape.title) for shape in known_shapes())],
    }


def _settings(project: Project, form: Form) -> ImportSettings:
    """The settings that a form chose; what the project can't have is passed over, for the page shows what holds."""
    first = {name: values[0] for name, values in form.items() if values}
    declared = project.categories or {}
    levels = {code: first.get(f"level.{code}", "") for code in declared}
    chosen = {Category(c): int(n) for c, n in levels.items() if n in ("1", "2", "3", "4") and int(n) <= declared[c]}
    content = first.get("content", UNSAID)
    return ImportSettings(
        categories={} if content == NONE else (chosen or None) if content == SOME else None,
        language=language if (language := first.get("language")) in project.languages else None,
        shape=shape if (shape := first.get("shape")) in {each.name for each in known_shapes()} else None,
        again="again" in first,
    )


@bp.post("/projects/<slug>/imports")
@requires(Permission.PROJECTS_EDIT)
def send(slug: str) -> BaseResponse | tuple[str, int]:
    """Take a file in as it comes; it waits then, and its page shows how it would be read."""
    with reading() as session:
        project = open_project(session, slug)
    _not_closed(project)
    with received(None, empty=True) as upload:
        try:
            validate_csrf((upload.fields.get("csrf_token") or [""])[0])
        except ValueError as stale:
            raise CSRFError(str(stale)) from None
        settings = _settings(project, upload.fields)
        if not upload.size:
            return _new(project, settings, (NO_FILE,)), 422
        waiting = studio_waiting.keep(upload, project.id, person().id, settings, clock.now())
    return _go(f"/projects/{slug}/imports/waiting/{waiting.token}")


def _go(path: str) -> BaseResponse:
    """On to another page, for htmx too: its request is not the page's."""
    if not by_htmx():
        return redirect(path, 303)
    reply: Response = make_response("", 200)
    reply.headers["HX-Redirect"] = path
    return reply


@bp.get("/projects/<slug>/imports/waiting/<token>")
@requires(Permission.PROJECTS_EDIT)
def look(slug: str, token: str) -> str:
    """How a waiting file would be read: its shape, each column, its first rows, and what is wrong in them."""
    return _look(slug, token, None)


@bp.post("/projects/<slug>/imports/waiting/<token>/show")
@requires(Permission.PROJECTS_EDIT)
def show_row(slug: str, token: str) -> str:
    """The same with the sensitive text of one row: asked for, and counted as seen (EXP-9)."""
    return _look(slug, token, request.form.get("show", ""))


def _look(slug: str, token: str, shown: str | None) -> str:
    with reading() as session:
        project = open_project(session, slug)
        waiting = studio_waiting.find(project.id, token)
        before = queries.same_content(session, project.id, waiting.sha256)
    seen = glance(asked_of(project, waiting.settings, NOBODY, person().id), waiting.path)
    now = clock.now()
    rows: list[dict[str, Any]] = [
        {
            "line": line,
            "made": made,
            "sensitive": highest(made.profile) >= SENSITIVE,
            "drawn": picture(
                Shown(made.items[0], made.language, made.profile), project.options, asks=project.kind,
                name=project.name, now=now, reveal=str(place) == shown,
            ),
        }
        for place, (line, made) in enumerate(seen.rows)
    ]  # fmt: skip
    note(
        [
            Reading(row["made"].profile, project.seconds_estimate)
            for row in rows
            if row["sensitive"] and not row["drawn"]["hidden"]
        ]
    )
    return project_page(
        "import_look", project, "data", waiting=waiting, before=before, seen=seen, rows=rows, shown=(shown,),
        problems=seen.problems[:LISTED], **_settings_form(project, waiting.settings),
    )  # fmt: skip


@bp.post("/projects/<slug>/imports/waiting/<token>")
@requires(Permission.PROJECTS_EDIT)
def decide(slug: str, token: str) -> BaseResponse:
    """Import a waiting file, read it in another way, or throw it away. Pressed twice, it is imported once."""
    act = request.form.get("do", "import")
    with reading() as session:
        project = open_project(session, slug)
        try:
            waiting = studio_waiting.find(project.id, token)
        except Missing:
            begun = _begun(session, project.id, token)
            if begun is None or act != "import":
                raise
            return redirect(f"/projects/{slug}/imports/{begun}", 303)
    if act == "discard":
        studio_waiting.throw_away(waiting)
        flash("Thrown away. Nothing was imported.")
        return redirect(f"/projects/{slug}/imports", 303)
    if act == "read":
        studio_waiting.read_as(waiting, _settings(project, request.form.to_dict(flat=False)))
        return redirect(f"/projects/{slug}/imports/waiting/{token}", 303)
    with studio_waiting.taken(waiting):
        batch_id = _import(project.id, waiting)
    return redirect(f"/projects/{slug}/imports/{batch_id}", 303)


def _begun(session: Session, project_id: UUID, token: str) -> UUID | None:
    """The import that a file which waited under this token became."""
    batches = queries.batches(session, project_id)
    return next((batch.id for batch in batches if batch.settings.get("path", "").endswith(f"/{token}")), None)


def _import(project_id: UUID, waiting: Waiting) -> UUID:
    me, now = person().id, clock.now()
    settings = waiting.settings.model_dump(mode="json", exclude_none=True)

    def work(session: Session) -> UUID:
        batch = service.request_import(session, me, project_id, waiting.name, waiting.path, settings, now)
        enqueue(session, "import_batch", now, batch=str(batch.id))
        return batch.id

    return repeated(work)
