"""What a project's data is for: asking that it may be handed out, and the second person's look (GOV-5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.models import User
from labeler.accounts.permissions import Permission, may
from labeler.db import reading, repeated
from labeler.errors import FieldProblem, Invalid
from labeler.gate import person, public, requires
from labeler.projects.queries import offered_to
from labeler.projects.rules import ProjectState
from labeler.projects.service import guideline_text
from labeler.projects.usage import policy, queries, service
from labeler.projects.usage.models import ProjectApproval
from labeler.projects.usage.rules import INTENDED, REASONS, ApprovalState, differences
from labeler.projects.usage.withdrawing import withdraw as withdraw_approval
from labeler.web.studio_frame import open_project, project_page

bp = Blueprint("studio_usage", __name__)

ASKED = "Asked. A second person looks at it now; publish it when it is approved."
APPROVED = "Approved. The project can be published as it is."
REFUSED = "Refused. Its team reads your reasons."
WITHDRAWN = "Withdrawn. The project is handed out no more until somebody approves it anew. Its team reads why."

Decide = Callable[[Session, UUID, UUID, str, str, datetime], ProjectApproval]


@bp.get("/usage-policy")
@public
def the_policy() -> str:
    """The usage policy in force, for everybody."""
    return render_template("studio/usage_policy.html", policy=policy.in_force())


@bp.get("/projects/approvals")
@requires(Permission.PROJECTS_APPROVE)
def waiting() -> str:
    """All projects that wait for a second person, the oldest ask first."""
    with reading() as session:
        rows = [(ask, project.slug, project.name, name) for ask, project, name in queries.waiting(session)]
    return render_template("studio/approvals.html", rows=rows)


@bp.get("/projects/<slug>/approval")
@requires(Permission.PROJECTS_SEE)
def one(slug: str) -> str:
    """How a project stands with the usage policy, and the form for whoever may ask or decide."""
    return _page(slug)


@bp.post("/projects/<slug>/approval/ask")
@requires(Permission.PROJECTS_EDIT)
def ask(slug: str) -> BaseResponse | tuple[str, int]:
    """Ask a second person to look at the project as it is."""
    me, now, form = person().id, clock.now(), request.form

    def work(session: Session) -> None:
        service.ask(
            session, me, open_project(session, slug).id, form.get("intended_use", ""), form.getlist("scrutiny"),
            form.get("safeguards", ""), form.get("harmless") == "yes", now,
        )  # fmt: skip

    try:
        repeated(work)
    except Invalid as wrong:
        typed: dict[str, Any] = {name: form.get(name, "") for name in ("intended_use", "safeguards")}
        typed |= {"scrutiny": form.getlist("scrutiny"), "harmless": form.getlist("harmless")}
        return _page(slug, wrong.problems, typed), 422
    flash(ASKED)
    return redirect(f"/projects/{slug}/approval", 303)


@bp.post("/projects/<slug>/approval/approve")
@requires(Permission.PROJECTS_APPROVE)
def approve(slug: str) -> BaseResponse | tuple[str, int]:
    """Let a project be published that somebody else asked for."""
    return _decided(slug, service.approve, APPROVED)


@bp.post("/projects/<slug>/approval/refuse")
@requires(Permission.PROJECTS_APPROVE)
def refuse(slug: str) -> BaseResponse | tuple[str, int]:
    """Refuse a project that somebody else asked for, with reasons."""
    return _decided(slug, service.refuse, REFUSED)


@bp.post("/projects/<slug>/approval/withdraw")
@requires(Permission.PROJECTS_APPROVE)
def withdraw(slug: str) -> BaseResponse | tuple[str, int]:
    """Withdraw an approval: who gave it, or an administrator, with reasons. A live project is held at once."""
    me, now, why, seen = person().id, clock.now(), request.form.get("why", ""), request.form.get("digest", "")
    try:
        repeated(lambda session: withdraw_approval(session, me, open_project(session, slug).id, seen, why, now))
    except Invalid as wrong:
        return _page(slug, wrong.problems, why=why), 422
    flash(WITHDRAWN)
    return redirect(f"/projects/{slug}/approval", 303)


def _decided(slug: str, decide: Decide, done: str) -> BaseResponse | tuple[str, int]:
    me, now, reasons = person().id, clock.now(), request.form.get("reasons", "")
    seen = request.form.get("digest", "")
    try:
        repeated(lambda session: decide(session, me, open_project(session, slug).id, seen, reasons, now))
    except Invalid as wrong:
        return _page(slug, wrong.problems, reasons=reasons), 422
    flash(done)
    return redirect(f"/projects/{slug}/approval", 303)


def _page(
    slug: str,
    problems: Sequence[FieldProblem] = (),
    typed: dict[str, Any] | None = None,
    reasons: str = "",
    why: str = "",
) -> str:
    me = person()
    with reading() as session:
        project = open_project(session, slug)
        found, history = queries.standing(session, project), queries.asks(session, project.id)
        waits = next((each for each in history if each.state is ApprovalState.WAITING), None)
        last = next((each for each in history if each.state is ApprovalState.APPROVED), None)
        may_ask = may(me.role, Permission.PROJECTS_EDIT) and project.state is not ProjectState.CLOSED
        may_decide = (
            waits is not None
            and may(me.role, Permission.PROJECTS_APPROVE)
            and not queries.wrote_it(session, me.id, project, waits)
        )
        newest = history[0] if history else None
        given = queries.in_force(session, project) if project.state is not ProjectState.CLOSED else None
        may_withdraw = (
            given is not None
            and may(me.role, Permission.PROJECTS_APPROVE)
            and queries.may_withdraw(session, session.get_one(User, me.id), given)
        )
        return project_page(
            "approval",
            project,
            "approval",
            policies=policy.versions(),
            policy=policy.in_force(),
            stands=found.stands,
            ask=found.ask,
            waits=waits,
            stale=waits is not None and bool(differences(waits.facts, found.facts)),
            since_last=service.in_words(differences(last.facts, found.facts)) if last and waits else "",
            changed=service.in_words(found.stands.changed),
            history=history,
            names=queries.names(
                session,
                *(who for each in history for who in (each.asked_by, each.decided_by, each.withdrawn_by)),
            ),
            may_ask=may_ask,
            may_decide=may_decide,
            offered=offered_to(session, project.id),
            text=guideline_text(session, project) or "",
            problems=problems,
            typed=typed or (_again(newest) if newest else {}),
            reasons=reasons,
            given=given if may_withdraw else None,
            why=why,
            lengths=(INTENDED, REASONS),
        )


def _again(newest: ProjectApproval) -> dict[str, Any]:
    """What was asked last, to be sent again after a change; that nothing prohibited is served is said anew."""
    return {
        "intended_use": newest.intended_use,
        "safeguards": newest.safeguards,
        "scrutiny": newest.scrutiny,
        "harmless": [],
    }
