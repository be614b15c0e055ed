"""The form of a project, new or changed: everything wrong at once, nothing typed lost, a preview beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.db import reading, repeated
from labeler.errors import Conflict, FieldProblem, Invalid, Missing
from labeler.gate import person, requires
from labeler.projects import queries, service
from labeler.projects.files import ProjectPlan, plan_of, read_toml
from labeler.projects.models import Batch, Project
from labeler.projects.rules import ProjectState
from labeler.web.studio_frame import STRENGTHS, may_edit, open_project, project_page
from labeler.web.studio_preview import EXAMPLE, note, preview
from labeler.web.studio_sheet import Sheet, blank, of_form, of_plan
from labeler.workforce.queries import vendors
from tasks import KINDS, kind
from tasks.content import CATEGORY_TITLES, Category

bp = Blueprint("studio_form", __name__)

CHANGED = FieldProblem(
    "name",
    "Somebody changed this project while you had its form open. Your values are below. Save again, and they count.",
)
NOT_TEXT = FieldProblem("file", "This file is not written in UTF-8. Save it as UTF-8.")
NO_FILE = FieldProblem("file", "Choose a project file, or paste its text.")


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a sent form asks for: `save`, `preview`, `reveal`, or to `add`, `remove` or move `up` an entry at `path`."""

    act: str
    path: str = ""


def _pressed() -> Pressed:
    act, _, path = request.form.get("do", "save").partition(":")
    return Pressed(act, path)


# -- a new one ---------------------------------------------------------------------------------------------------------


@bp.get("/projects/new")
@requires(Permission.PROJECTS_EDIT)
def choose() -> str:
    """A new project begins with its kind, or with a file."""
    return _choose()


def _choose(text: str = "", problems: tuple[FieldProblem, ...] = (), message: str = "") -> str:
    kinds = [KINDS[name] for name in sorted(KINDS)]
    return render_template("studio/choose.html", kinds=kinds, text=text, problems=problems, message=message)


@bp.post("/projects/new")
@requires(Permission.PROJECTS_EDIT)
def from_file() -> BaseResponse | tuple[str, int]:
    """A project out of a TOML file, sent or pasted; everything wrong with it is listed at once."""
    sent, text = request.files.get("file"), request.form.get("text", "")
    try:
        if sent is not None and sent.filename:
            text = sent.read().decode("utf-8-sig")
        if not text.strip():
            raise Invalid("There is no project file yet.", [NO_FILE])
        return redirect(f"/projects/{_create(read_toml(text))}", 303)
    except UnicodeDecodeError:
        return _choose("", (NOT_TEXT,), "This file can't be read."), 422
    except Invalid as wrong:
        return _choose(text, wrong.problems, wrong.message), 422


def _create(plan: ProjectPlan) -> str:
    """Make the project and return its slug. Raises Invalid, for a slug that is taken too."""
    me, now = person().id, clock.now()
    try:
        slug = repeated(lambda session: service.create(session, me, plan, now).slug)
    except Conflict as taken:
        raise Invalid("This project can't be made yet.", [FieldProblem("slug", taken.message)]) from None
    flash("The project is a draft now. Nobody is given its tasks before you publish it.")
    return slug


@bp.route("/projects/new/<name>", methods=["GET", "POST"])
@requires(Permission.PROJECTS_EDIT)
def new(name: str) -> BaseResponse | str | tuple[str, int]:
    """The empty form of one kind, and what was sent with it."""
    if name not in KINDS:
        raise Missing("There is no such kind of task.")
    if request.method == "GET":
        return _form(None, blank(name))
    sheet, pressed = of_form(name, request.form.to_dict(flat=False)), _pressed()
    if pressed.act != "save":
        return _rearranged(None, sheet, pressed)
    try:
        return redirect(f"/projects/{_create(sheet.plan())}", 303)
    except Invalid as wrong:
        return _form(None, sheet, wrong.message, wrong.problems), 422


# -- one that is there -------------------------------------------------------------------------------------------------


@bp.get("/projects/<slug>/form")
@requires(Permission.PROJECTS_SEE)
def show(slug: str) -> str:
    """A project's form. `?kind=` shows it with the questions of another kind, while that can still change."""
    with reading() as session:
        project = open_project(session, slug)
        sheet = of_plan(_plan(session, project))
        other = request.args.get("kind", "")
        if other in KINDS and other != project.kind and _kind_may_change(session, project):
            sheet.kind, sheet.options = kind(other), blank(other).options
    return _form(project, sheet)


@bp.post("/projects/<slug>/form")
@requires(Permission.PROJECTS_EDIT)
def change(slug: str) -> BaseResponse | str | tuple[str, int]:
    """Make a project what its form says; a checked one becomes a draft again."""
    me, now = person().id, clock.now()
    with reading() as session:
        project = open_project(session, slug)
        stands = of_plan(_plan(session, project))
    if project.state is ProjectState.CLOSED:
        raise Conflict("This project is closed, so its form stands.")
    name = request.form.get("kind", project.kind)
    if name not in KINDS:
        raise Missing("There is no such kind of task.")
    sheet, pressed = (
        of_form(name, request.form.to_dict(flat=False), stands if project.published_at else None),
        _pressed(),
    )
    sheet.text["slug"] = project.slug
    if pressed.act != "save":
        return _rearranged(project, sheet, pressed)
    try:
        plan = sheet.plan()
        repeated(lambda session: _change(session, me, slug, plan, sheet, now))
    except Invalid as wrong:
        return _form(project, sheet, wrong.message, wrong.problems), 422
    back_to_draft = project.state is ProjectState.CHECKED and sheet.digest() != stands.digest()
    flash("Saved. The project is a draft again: check it once more." if back_to_draft else "Saved.")
    return redirect(f"/projects/{slug}", 303)


def _change(session: Session, me: UUID, slug: str, plan: ProjectPlan, sheet: Sheet, now: datetime) -> None:
    """Keep the plan, unless the project has become another one since its form was opened."""
    project = open_project(session, slug)
    stands = of_plan(_plan(session, project)).digest()
    if stands not in (request.form.get("stood", stands), sheet.digest()):
        raise Invalid("This project has changed.", [CHANGED])
    service.change(session, me, project.id, plan, now)


def _plan(session: Session, project: Project) -> ProjectPlan:
    return plan_of(project, queries.offered_to(session, project.id), None)


def _kind_may_change(session: Session, project: Project) -> bool:
    imported = select(Batch.id).where(Batch.project_id == project.id, Batch.tasks > 0).limit(1)
    return project.published_at is None and session.scalar(imported) is None


def _rearranged(project: Project | None, sheet: Sheet, pressed: Pressed) -> str:
    """The form again, with a list's entries added, removed or moved, or with its preview brought up to date."""
    if pressed.act in ("add", "remove", "up"):
        sheet.rearrange(pressed.act, pressed.path)
    return _form(project, sheet, moved=pressed)


def _form(
    project: Project | None,
    sheet: Sheet,
    message: str = "",
    problems: tuple[FieldProblem, ...] = (),
    moved: Pressed | None = None,
) -> str:
    chosen, reveal = request.form.get("sample", EXAMPLE), moved is not None and moved.act == "reveal"
    with reading() as session:
        context: dict[str, Any] = preview(session, sheet, project, chosen, reveal)
        names = [vendor.name for vendor, _ in vendors(session)]
        if project is not None:
            stands = of_plan(_plan(session, project))
            others = [each for each in KINDS.values() if each.name != sheet.kind.name]
            context |= {
                "stood": stands.digest(),
                "least": stands.levels if project.published_at else {},
                "other_kinds": others if _kind_may_change(session, project) else [],
            }
    note(context["reading"])
    context |= {
        "sheet": sheet,
        "message": message,
        "problems": problems,
        "moved": moved,
        "action": f"/projects/{project.slug}/form" if project is not None else f"/projects/new/{sheet.kind.name}",
        "vendors": [(name, name) for name in dict.fromkeys((*names, *sheet.offered))],
        "categories": list(Category),
        "fixed": project is not None and project.published_at is not None,
    }
    if project is None:
        return render_template(
            "studio/form.html", project=None, asks=sheet.kind, changes=may_edit(), titles=CATEGORY_TITLES,
            strengths=STRENGTHS, **context,
        )  # fmt: skip
    return project_page("form", project, "form", asks=sheet.kind, **context)
