"""Deliveries of finished versions: asked for, watched, listed."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.accounts.permissions import Scope
from labeler.api.bodies import Sent, body, query
from labeler.api.door import bp
from labeler.api.exports import TAG, export_address
from labeler.api.lists import PageQuery, page
from labeler.api.openapi import documented
from labeler.api.scopes import caller, requires_scope
from labeler.api.writes import Reply, answer, meaning, once
from labeler.db import reading
from labeler.downloads import storage
from labeler.exports import queries
from labeler.exports.delivery import destinations, service
from labeler.exports.delivery.models import DeliveryState, ExportDelivery, Way
from labeler.projects.queries import project_by_slug


class DeliveryRequest(Sent):
    """Where a version is to be delivered to."""

    destination: str = Field(
        max_length=40, description="The name of a destination that the operator has set up; an error names all."
    )
    withdrawn: Literal["refuse", "take"] = Field(
        default="refuse", description="`take` for a version that was withdrawn. That it was taken so is on the record."
    )


class DeliveryFacts(BaseModel):
    """One delivery, and how far it is."""

    id: UUID
    destination: str
    way: Way
    state: DeliveryState
    asked_at: datetime
    finished_at: datetime | None
    done_files: int = Field(description="Files that are there: sent, or found there.")
    all_files: int | None = Field(description="Of so many; null until they are counted.")
    done_bytes: int
    all_bytes: int | None
    problem: str | None = Field(description="Why it failed; while it is under way, what the last attempt met.")
    place: str | None = Field(description="Where the version lies; null until all of it is there.")


class DeliveryPage(BaseModel):
    """One page of deliveries, the newest first."""

    items: list[DeliveryFacts]
    next_cursor: str | None


def _facts(found: ExportDelivery) -> DeliveryFacts:
    return DeliveryFacts.model_validate(found, from_attributes=True)


@bp.get("/projects/<slug>/exports/<int(max=2147483647):number>/deliveries")
@documented(TAG, DeliveryPage, query=PageQuery)
@requires_scope(Scope.EXPORTS_READ)
def list_deliveries(slug: str, number: int) -> Response:
    """Where a version was delivered to, the newest first."""
    asked = query(PageQuery)
    with reading() as session:
        export = queries.export(session, project_by_slug(session, slug).id, number)
        wanted = select(ExportDelivery).where(ExportDelivery.export_id == export.id)
        rows, cursor = page(session, wanted, ExportDelivery.id, asked)
        items = [_facts(row) for row in rows]
    return answer(DeliveryPage(items=items, next_cursor=cursor))


@bp.post("/projects/<slug>/exports/<int(max=2147483647):number>/deliveries")
@documented(TAG, DeliveryFacts, status=202, body=DeliveryRequest, writes=True)
@requires_scope(Scope.EXPORTS_WRITE)
def create_delivery(slug: str, number: int) -> Response:
    """Deliver a finished version to one of the operator's destinations.

    It is sent by a job: ask its address until `state` is `done` or `failed`. What is there already is not sent again,
    and nothing is overwritten.
    """
    sent = body(DeliveryRequest)
    known = destinations.read(storage().folder)

    def work(session: Session, now: datetime) -> Reply:
        export = queries.export(session, project_by_slug(session, slug).id, number)
        made, _job = service.request(
            session, caller().user_id, export.id, sent.destination, known, now, knowingly=sent.withdrawn == "take"
        )
        return Reply(_facts(made), 202, f"{export_address(slug, number)}/deliveries/{made.id}")

    return once(meaning(sent), work)


@bp.get("/projects/<slug>/exports/<int(max=2147483647):number>/deliveries/<uuid:delivery_id>")
@documented(TAG, DeliveryFacts)
@requires_scope(Scope.EXPORTS_READ)
def get_delivery(slug: str, number: int, delivery_id: UUID) -> Response:
    """One delivery: how far it is, and where the version lies when it is done."""
    with reading() as session:
        export = queries.export(session, project_by_slug(session, slug).id, number)
        return answer(_facts(service.delivery(session, export.id, delivery_id)))
