"""What a labeler will see of a project, while it is being written: its card, and a task on the desk's own templates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from pydantic import ValidationError
from sqlalchemy.orm import Session

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.assignment.offers import Offer, met
from labeler.assignment.queries import HeldTask, count_words, read_item
from labeler.db import reading, repeated
from labeler.errors import FieldProblem, Missing
from labeler.gate import person, requires
from labeler.projects import queries
from labeler.projects.files import plan_of
from labeler.projects.models import Project
from labeler.projects.rules import ProjectState
from labeler.projects.wording import problems_of
from labeler.web.desk import about, question_of
from labeler.web.studio_fields import Form
from labeler.web.studio_frame import may_edit, open_project
from labeler.web.studio_sheet import SOME, Sheet, of_form, of_plan
from labeler.web.studio_sheet import UNSAID as NOT_SAID
from labeler.web.words import SEVERITIES, notice
from labeler.wellbeing.models import ExposurePath
from labeler.wellbeing.showing import show
from tasks import KINDS, kind
from tasks.content import SENSITIVE, Item, Profile, highest

bp = Blueprint("studio_preview", __name__)

NOBODY = UUID(int=0)
"""Stands where an assignment, a task and a project would: a preview is none of them."""
UNSAID = "not said yet"
EXAMPLE = "example"


@dataclass(frozen=True, slots=True)
class Shown:
    """Content to be shown as a labeler would get it."""

    item: Item
    language: str
    profile: Profile


def picture(
    shown: Shown,
    options: dict[str, Any],
    *,
    asks: str,
    name: str,
    now: datetime,
    reveal: bool,
    share: float | None = None,
) -> dict[str, Any]:
    """What the desk's templates draw of an item: its task, or the notice before it while a sensitive text is hidden."""
    level, item = highest(shown.profile), shown.item
    sensitive = level >= SENSITIVE
    order = tuple(range(len(item.completions)))
    held = HeldTask(
        assignment_id=NOBODY, task_id=NOBODY, project_id=NOBODY, project_slug="preview", project_name=name,
        client_name="", kind=asks, options=options, guideline_version=1, language=shown.language,
        profile=shown.profile, severity=int(level), sensitive=sensitive, revealed=reveal or not sensitive, order=order,
        item=item if reveal or not sensitive else None,
        words=(count_words(item.prompt), *(count_words(each.messages) for each in item.completions)),
        draft={}, handed_at=now, lease_until=now,
    )  # fmt: skip
    if held.item is None:
        return {"held": held, "hidden": True, "sentence": notice(held.profile, share), "length": about(sum(held.words))}
    return {**question_of(held), "hidden": False, "sensitive": sensitive, "action": "", "idem_key": ""}


@dataclass(frozen=True, slots=True)
class Reading:
    """A sensitive text that a page is about to show on a page of the studio."""

    profile: Profile
    estimate: int | None
    task_id: UUID | None = None


def note(texts: Sequence[Reading]) -> None:
    """Write down what is about to be shown, in a transaction of its own: without it nothing leaves (EXP-9)."""
    me, now = person().id, clock.now()

    def write(session: Session) -> None:
        for text in texts:
            show(session, me, ExposurePath.PREVIEW, text.profile, text.estimate, now, task_id=text.task_id)

    if texts:
        repeated(write)


def preview(session: Session, sheet: Sheet, project: Project | None, chosen: str, reveal: bool) -> dict[str, Any]:
    """The context of `studio/_preview.html`: card and task of a form as it stands, or what keeps it from being drawn.

    `chosen` is the id of one of the project's own tasks, or `EXAMPLE` for the kind's. `reading` is what it would show
    of sensitive text: `note` it before the page is drawn.
    """
    try:
        options = sheet.kind.Options.model_validate(sheet.options).model_dump(mode="json")
    except ValidationError as error:
        return {"reading": (), "preview": {"problems": sheet.placed(problems_of(error, ("options",)))}}
    samples = queries.samples(session, project.id) if project is not None else []
    fitting = [each for each in samples if project is not None and project.kind == sheet.kind.name]
    sample = next((each for each in fitting if str(each.task_id) == chosen), None)
    if sample is not None:
        shown = Shown(read_item(sample.item), sample.language, sample.profile)
    else:
        row = sheet.kind.example()
        shown = Shown(sheet.kind.items(row)[0], row.language or "en", {})
    name = sheet.text.get("name") or "Your project"
    offer = _offer(sheet, name, project.freeze_at if project is not None else None)
    drawn = picture(
        shown, options, asks=sheet.kind.name, name=name, now=clock.now(), reveal=reveal, share=offer.sensitive_share
    )
    return {
        "reading": readings(shown, project, drawn, sample.task_id if sample is not None else None),
        "preview": {
            "problems": (),
            "offer": offer,
            "unsaid": sheet.content == NOT_SAID,
            "drawn": drawn,
            "choices": [(EXAMPLE, "an example of ours"), *_named(fitting)],
            "chosen": str(sample.task_id) if sample is not None else EXAMPLE,
        },
        "severities": SEVERITIES,
        "kinds": lambda which: kind(which).title,
    }


def readings(
    shown: Shown, project: Project | None, drawn: dict[str, Any], task_id: UUID | None = None
) -> list[Reading]:
    """What of a picture is sensitive text that can be read: one text, or none."""
    if drawn["hidden"] or highest(shown.profile) < SENSITIVE:
        return []
    return [Reading(shown.profile, project.seconds_estimate if project is not None else None, task_id)]


def _named(samples: Sequence[queries.Sample]) -> list[tuple[str, str]]:
    return [
        (
            str(each.task_id),
            f"task {n} of this project" + (" (sensitive)" if highest(each.profile) >= SENSITIVE else ""),
        )
        for n, each in enumerate(samples, 1)
    ]


def _offer(sheet: Sheet, name: str, freeze_at: datetime | None) -> Offer:
    """The card of a project whose form is not finished: what is not said yet is said to be so."""
    seconds, share = sheet.text.get("seconds_estimate", ""), sheet.text.get("sensitive_share", "")
    return Offer(
        id=NOBODY,
        slug="preview",
        name=name,
        kind=sheet.kind.name,
        client_name=sheet.text.get("client_name") or UNSAID,
        purpose=sheet.text.get("purpose") or f"Purpose: {UNSAID}",
        pay_rate=sheet.text.get("pay_rate") or UNSAID,
        seconds=int(seconds) if seconds.isdecimal() and len(seconds) < 7 else 0,
        content=met(sheet.levels) if sheet.content == SOME else {},
        sensitive_share=float(share) / 100 if share.replace(".", "", 1).isdecimal() and len(share) < 9 else 0.0,
        guideline_version=1,
        freeze_at=freeze_at,
    )


def _sheet(project: Project | None, name: str, form: Form) -> Sheet:
    """The form as it was sent; of a project that the viewer may not change, what it says."""
    if project is None:
        return of_form(name, form)
    stands = of_plan(plan_of(project, [], None))
    if not may_edit() or project.state is ProjectState.CLOSED:
        return stands
    return of_form(name, form, stands if project.published_at is not None else None)


@bp.post("/projects/preview")
@requires(Permission.PROJECTS_SEE)
def update() -> str | tuple[str, int]:
    """The preview of a form that somebody is writing; nothing of it is kept but that a hard text was shown."""
    form = request.form.to_dict(flat=False)
    name, slug = request.form.get("kind", ""), request.form.get("project", "")
    if name not in KINDS:
        raise Missing("There is no such kind of task.")
    with reading() as session:
        project = open_project(session, slug) if slug else None
        sheet = _sheet(project, name, form)
        context = preview(session, sheet, project, request.form.get("sample", ""), "reveal" in form)
    note(context["reading"])
    problems: Sequence[FieldProblem] = context["preview"]["problems"]
    page = render_template("studio/_preview.html", **context)
    return (page, 422) if problems else page
