"""The raw rows of a database, as the checker wants them. No rule is asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from labeler.assignment.models import Assignment
from labeler.audit.models import AuditEntry
from labeler.db import Base, table
from labeler.projects.models import Lane, Project, Task
from labeler.wellbeing.models import Break, Comfort, Exposure, ExposurePool, OptOut, Policy, StandDown, Training
from labeler.workforce.models import Labeler, Restriction
from tests.faults.checker import Account, Act, Asked, Kept, Number, Raw, Violation, violations


def check(session: Session, beats: Iterable[Act] = ()) -> list[Violation]:
    """Every limit that did not hold; `beats` are the heartbeats that were taken."""
    raw = read(session)
    raw.acts.extend(beats)
    return violations(raw)


@cache
def _asked(model: type[Base], names: tuple[str, ...]) -> Select[Any]:
    columns = table(model).c
    return select(*(columns[name] for name in names))


def read(session: Session) -> Raw:
    """Everything the checker goes by. `n` is the key's number: keys rise as rows are made."""

    def rows(model: type[Base], *names: str) -> list[Any]:
        return list(session.execute(_asked(model, names)).all())

    raw = Raw()
    for row in rows(AuditEntry, "id", "at", "act", "actor_id", "subject_id", "fields"):
        fields = orjson.loads(row.fields)
        if row.act == "consent.give":
            fields["expires_at"] = datetime.fromisoformat(fields["expires_at"]).timestamp()
        raw.acts.append(Act(row.id.int, row.at.timestamp(), row.act, row.actor_id, row.subject_id, fields))
    nights = {row.labeler_id: bool(row.night) for row in rows(Comfort, "labeler_id", "night")}
    trained: dict[UUID, float] = {}
    for row in rows(Training, "labeler_id", "expires_at"):
        if row.expires_at is not None:
            trained[row.labeler_id] = max(trained.get(row.labeler_id, 0.0), row.expires_at.timestamp())
    for row in rows(Labeler, "id", "person_id", "time_zone", "contract_from", "contract_until"):
        raw.accounts[row.id] = Account(
            row.person_id, row.time_zone, nights.get(row.id, False), trained.get(row.id, 0.0),
            (row.contract_from, row.contract_until),
        )  # fmt: skip
    lanes = {row.id: row for row in rows(Lane, "id", "project_id", "profile")}
    estimates = {row.id: row.seconds_estimate for row in rows(Project, "id", "seconds_estimate")}
    for row in rows(Task, "id", "lane_id"):
        lane = lanes[row.lane_id]
        raw.tasks[row.id] = Asked(lane.project_id, _profile(lane.profile), max(60, estimates[lane.project_id] or 0))
    for row in rows(Assignment, "id", "task_id"):
        raw.task_of[row.id] = row.task_id
    for row in rows(Exposure, "assignment_id", "profile"):
        raw.given_as[row.assignment_id] = _profile(row.profile)
    for row in rows(OptOut, "id", "scope", "task_id", "project_id", "category"):
        raw.opt_outs[row.id] = (str(row.scope.value), row.task_id, row.project_id, row.category)
    for row in rows(Break, "id", "rule", "started_at", "until"):
        raw.breaks[row.id] = (row.rule, row.started_at.timestamp(), _seconds(row.until))
    for row in rows(Policy, "id", "name", "value", "from_at", "until_at", "project_id", "signed_by"):
        raw.numbers.append(
            Number(row.id.int, row.name, row.value, row.from_at.timestamp(), _seconds(row.until_at), row.project_id,
                   row.signed_by is not None)
        )  # fmt: skip
    for row in rows(Restriction, "id", "labeler_id", "project_id", "from_at", "until_at"):
        raw.kept.append(
            Kept(row.id.int, row.labeler_id, row.project_id, row.from_at.timestamp(), _seconds(row.until_at))
        )
    for row in rows(StandDown, "person_id", "from_at", "until_at", "ended_at"):
        raw.stood_down.append((row.person_id, row.from_at.timestamp(), (row.ended_at or row.until_at).timestamp()))
    for row in rows(ExposurePool, "median_seconds"):
        raw.median = row.median_seconds
    return raw


def _profile(key: str) -> dict[str, int]:
    return {part[:3]: int(part[4:]) for part in key.split(",") if part}


def _seconds(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()
