"""Exports: asked for, watched, listed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from flask import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler import clock
from labeler.accounts.permissions import Scope
from labeler.api.bodies import body, query
from labeler.api.door import bp
from labeler.api.export_bodies import (
    ExportFacts,
    ExportFile,
    ExportLook,
    ExportPage,
    ExportRequest,
    ExportStep,
    ExportSummary,
    LookQuery,
    ProjectSteps,
    Withdrawn,
)
from labeler.api.life import Nothing
from labeler.api.lists import PageQuery, page
from labeler.api.openapi import documented
from labeler.api.projects import address
from labeler.api.scopes import caller, requires_scope
from labeler.api.writes import Reply, answer, meaning, once
from labeler.db import reading
from labeler.downloads import storage
from labeler.errors import Missing
from labeler.exports import again, keep_out, listing, queries, service, withdrawn
from labeler.exports.models import Export, ExportState
from labeler.exports.standalone.verify_dataset import ATTESTATION, PUBLIC_KEY, SUMS
from labeler.exports.steps import Step, together
from labeler.projects.queries import project_by_slug

TAG = "exports"


def export_address(slug: str, number: int) -> str:
    """An export's address."""
    return f"{address(slug)}/exports/{number}"


def listed(slug: str, export: Export) -> list[ExportFile]:
    """The files of a finished export as its manifest lists them, and those beside it. Raises Missing."""
    if export.state is not ExportState.DONE or export.folder is None:
        return []
    store, root = storage(), export_address(slug, export.number)
    sums = listing.sha256(store, export)
    beside = [SUMS] if export.key_id is None else [SUMS, ATTESTATION, PUBLIC_KEY]
    paths = [*sorted(sums.keys() - {"manifest.json"}), "manifest.json", *beside]
    return [
        ExportFile(
            path=path,
            bytes=store.file(export.folder, path).stat().st_size,
            sha256=sums.get(path),
            url=f"{root}/files/{path}",
        )
        for path in paths
    ]


def facts(session: Session, slug: str, export: Export) -> ExportFacts:
    """All of an export, as the API shows it. Raises Missing."""
    made = {"files", "withdrawn", "newer"}
    plain = {name: getattr(export, name) for name in ExportFacts.model_fields if name not in made}
    why = [Withdrawn.model_validate(each, from_attributes=True) for each in withdrawn.told(session, export)]
    return ExportFacts(files=listed(slug, export), withdrawn=why, newer=withdrawn.newer(session, export), **plain)


@bp.get("/projects/<slug>/exports")
@documented(TAG, ExportPage, query=PageQuery)
@requires_scope(Scope.EXPORTS_READ)
def list_exports(slug: str) -> Response:
    """Exports of a project, the newest first."""
    asked = query(PageQuery)
    with reading() as session:
        project = project_by_slug(session, slug)
        rows, cursor = page(session, select(Export).where(Export.project_id == project.id), Export.id, asked)
        items = [ExportSummary.model_validate(row, from_attributes=True) for row in rows]
    return answer(ExportPage(items=items, next_cursor=cursor))


@bp.post("/projects/<slug>/exports")
@documented(TAG, ExportFacts, status=202, body=ExportRequest, writes=True)
@requires_scope(Scope.EXPORTS_WRITE)
def create_export(slug: str) -> Response:
    """Ask for the next version of a project's dataset.

    It is written by a job: ask its address until `state` is `done` or `failed`.
    """
    sent = body(ExportRequest)

    def work(session: Session, now: datetime) -> Reply:
        project = project_by_slug(session, slug)
        chosen = sent.model_dump(exclude={"snapshot_at", keep_out.FIELD})
        listed = keep_out.kept(sent.keep_out) if sent.keep_out else None
        if listed is not None:
            chosen[keep_out.FIELD] = keep_out.name(listed)
        made, _job = service.request(session, caller().user_id, project.id, chosen, now, sent.snapshot_at)
        if listed is not None:
            storage().add_list(keep_out.name(listed), listed)
        return Reply(facts(session, slug, made), 202, export_address(slug, made.number))

    return once(meaning(sent), work)


@bp.post("/projects/<slug>/exports/<int(max=2147483647):number>/again")
@documented(TAG, ExportFacts, status=202, writes=True)
@requires_scope(Scope.EXPORTS_WRITE)
def make_export_again(slug: str, number: int) -> Response:
    """Ask for the next version by the choices of this one, of the answers there are now.

    What was withdrawn, not used or erased since is not in it: so a withdrawn version is replaced.
    """
    sent = body(Nothing)

    def work(session: Session, now: datetime) -> Reply:
        old = queries.export(session, project_by_slug(session, slug).id, number)
        made, _job = again.again(session, caller().user_id, old, now)
        return Reply(facts(session, slug, made), 202, export_address(slug, made.number))

    return once(meaning(sent), work)


@bp.get("/projects/<slug>/exports/look")
@documented(TAG, ExportLook, query=LookQuery)
@requires_scope(Scope.EXPORTS_READ)
def look_at_export(slug: str) -> Response:
    """What an export made now would take, step by step. It makes nothing; a million judgments take some seconds."""
    asked, now = query(LookQuery), clock.now()
    with reading() as session:
        several = ("also", "batches", "languages", "guidelines")
        lists = {name: [part.strip() for part in getattr(asked, name).split(",") if part.strip()] for name in several}
        chosen = {**asked.model_dump(exclude={"snapshot_at"}), **lists}
        each = queries.look_each(session, project_by_slug(session, slug), chosen, now, asked.snapshot_at)
    projects = [ProjectSteps(project=of, steps=_steps(steps)) for of, steps in each.items()] if len(each) > 1 else []
    told = _steps(together(list(each.values())))
    return answer(ExportLook(as_of=now, snapshot_at=asked.snapshot_at or now, steps=told, projects=projects))


def _steps(steps: Iterable[Step]) -> list[ExportStep]:
    return [ExportStep.model_validate(step, from_attributes=True) for step in steps]


@bp.get("/projects/<slug>/exports/<int(max=2147483647):number>")
@documented(TAG, ExportFacts)
@requires_scope(Scope.EXPORTS_READ)
def get_export(slug: str, number: int) -> Response:
    """One export: how far it is, and when it is done its counts and files."""
    with reading() as session:
        found = queries.export(session, project_by_slug(session, slug).id, number)
        try:
            return answer(facts(session, slug, found))
        except (Missing, FileNotFoundError) as error:
            raise Missing("The files of this export are no longer there.") from error
