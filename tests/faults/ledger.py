"""The books are closed: what the database holds, held against itself and against what was promised to labelers."""

from __future__ import annotations

from collections import Counter, defaultdict
from http import HTTPStatus
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.assignment.models import Assignment, AssignmentState
from labeler.audit.models import AuditEntry
from labeler.judgments.models import Judgment, Standing
from labeler.projects.models import Lane, Project, Task
from labeler.wellbeing.models import OptOut, OptOutScope
from tasks import kind
from tasks.order import parse
from tests.faults.robots import Journal, Line, Outcome


def wrong(session: Session, journal: Journal | None = None, *, finished: bool = False) -> list[str]:
    """Everything that does not add up, in words; nothing is what a test wants.

    With a journal, every acknowledged answer must be there, once, as it was given. With `finished`, every task must
    have as many counted judgments as its overlap.
    """
    tasks = list(session.scalars(select(Task)))
    assignments = {each.id: each for each in session.scalars(select(Assignment))}
    judgments = {each.id: each for each in session.scalars(select(Judgment))}
    found = _claims(tasks, assignments, judgments, finished=finished)
    found += _once(judgments, assignments)
    found += _fences(tasks, assignments)
    found += _record(session, assignments, judgments)
    found += _skips(session, assignments)
    if journal is not None:
        found += _promised(session, journal, judgments)
    return found


def _claims(
    tasks: list[Task], assignments: dict[UUID, Assignment], judgments: dict[UUID, Judgment], *, finished: bool
) -> list[str]:
    held: Counter[UUID] = Counter(each.task_id for each in assignments.values() if each.state is AssignmentState.HELD)
    counted: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for each in judgments.values():
        if each.standing is Standing.COUNTED and each.version == 1:
            counted[each.task_id].append(each.labeler_id)
    found = []
    for task in tasks:
        by = counted[task.id]
        if task.claims != held[task.id] + len(by):
            found.append(f"task {task.id} has {task.claims} claims, but {held[task.id]} held and {len(by)} counted")
        if task.claims > task.overlap:
            found.append(f"task {task.id} has {task.claims} claims over {task.overlap}")
        if len(by) > task.overlap or len(set(by)) != len(by):
            found.append(f"task {task.id} has {len(by)} counted judgments of {len(set(by))} labelers")
        if finished and len(by) != task.overlap:
            found.append(f"task {task.id} is finished with {len(by)} of {task.overlap} judgments")
    hands = Counter(each.labeler_id for each in assignments.values() if each.state is AssignmentState.HELD)
    return found + [f"labeler {labeler} holds {n} tasks" for labeler, n in hands.items() if n > 1]


def _once(judgments: dict[UUID, Judgment], assignments: dict[UUID, Assignment]) -> list[str]:
    versions = Counter((each.assignment_id, each.version) for each in judgments.values())
    keys = Counter((each.labeler_id, each.idem_key) for each in judgments.values())
    given = Counter((each.task_id, each.labeler_id) for each in assignments.values())
    found = [f"{what} {name} is there {n} times" for what, counter in (
        ("version", versions), ("key", keys), ("task and labeler", given)
    ) for name, n in counter.items() if n > 1]  # fmt: skip
    answered = {each.assignment_id for each in judgments.values()}
    for each in assignments.values():
        if (each.state is AssignmentState.JUDGED) != (each.id in answered):
            found.append(f"assignment {each.id} is {each.state}, answered: {each.id in answered}")
    return found


def _fences(tasks: list[Task], assignments: dict[UUID, Assignment]) -> list[str]:
    fences: defaultdict[UUID, list[int]] = defaultdict(list)
    for each in assignments.values():
        fences[each.task_id].append(each.fence)
    return [
        f"task {task.id} was handed out {task.handed} times with fences {sorted(fences[task.id])}"
        for task in tasks
        if sorted(fences[task.id]) != list(range(1, task.handed + 1))
    ]


def _record(session: Session, assignments: dict[UUID, Assignment], judgments: dict[UUID, Judgment]) -> list[str]:
    said: defaultdict[str, Counter[UUID]] = defaultdict(Counter)
    fields: dict[UUID, dict[str, Any]] = {}
    for entry in session.scalars(select(AuditEntry)):
        said[entry.act][entry.subject_id] += 1
        if entry.act in ("assignment.hand_out", "judgment.submit"):
            fields[entry.subject_id] = orjson.loads(entry.fields)
    ended = {state: Counter(e.id for e in assignments.values() if e.state is state) for state in AssignmentState}
    wanted = {
        "assignment.hand_out": Counter(list(assignments)),
        "judgment.submit": Counter(list(judgments)),
        "assignment.skip": ended[AssignmentState.SKIPPED],
        "assignment.revoke": ended[AssignmentState.REVOKED],
    }
    found = [
        f"{act}: {len(wanted[act] - said[act])} lack their entry, {len(said[act] - wanted[act])} have one too many"
        for act in wanted
        if wanted[act] != said[act]
    ]
    for each in assignments.values():
        told = fields.get(each.id, {})
        if (told.get("fence"), told.get("task")) != (each.fence, str(each.task_id)):
            found.append(f"the entry of assignment {each.id} says {told}")
    for judgment in judgments.values():
        told = fields.get(judgment.id, {})
        if (told.get("standing"), told.get("digest")) != (judgment.standing, judgment.fingerprint.hex()):
            found.append(f"the entry of judgment {judgment.id} says {told}")
    return found


def _skips(session: Session, assignments: dict[UUID, Assignment]) -> list[str]:
    said = Counter(
        (each.labeler_id, each.task_id)
        for each in session.scalars(select(OptOut).where(OptOut.scope == OptOutScope.TASK, OptOut.ended_at.is_(None)))
    )
    skipped = Counter(
        (each.labeler_id, each.task_id) for each in assignments.values() if each.state is AssignmentState.SKIPPED
    )
    found = [f"a no to {pair} stands {n} times" for pair, n in said.items() if n > 1]
    return found + [f"{pair} was skipped, and no such choice is kept" for pair in skipped if pair not in said]


def _promised(session: Session, journal: Journal, judgments: dict[UUID, Judgment]) -> list[str]:
    found = list(journal.lost)
    by_key: defaultdict[tuple[UUID, str], list[Line]] = defaultdict(list)
    for line in journal.lines:
        by_key[line.labeler, line.key].append(line)
    sent = set(by_key)
    for judgment in judgments.values():
        if (judgment.labeler_id, judgment.idem_key) not in sent:
            found.append(f"judgment {judgment.id} was sent by nobody")
    for (labeler, key), lines in by_key.items():
        replies = {line.judgment for line in lines if line.outcome is Outcome.TAKEN}
        if len(replies) > 1:
            found.append(f"key {key} of {labeler} got different replies: {replies}")
        shown = {line.following for line in lines if line.outcome is Outcome.TAKEN and line.status == HTTPStatus.OK}
        if len(shown) > 1:
            found.append(f"key {key} of {labeler} was shown different tasks: {shown}")
        for judgment_id in replies:
            kept = judgments.get(judgment_id) if judgment_id else None
            if kept is None:
                found.append(f"judgment {judgment_id} was acknowledged and is lost")
            elif (kept.labeler_id, kept.assignment_id) != (labeler, lines[0].assignment):
                found.append(f"judgment {judgment_id} was acknowledged for another press")
            elif kept.answer != _answer(session, kept, lines[0].form):
                found.append(f"judgment {judgment_id} is not what was answered")
    return found


def _answer(session: Session, judgment: Judgment, form: dict[str, list[str]]) -> str:
    """The answer that this form means, read as the page read it."""
    project = session.scalars(
        select(Project)
        .join(Lane, Lane.project_id == Project.id)
        .join(Task, Task.lane_id == Lane.id)
        .where(Task.id == judgment.task_id)
    ).one()
    asks = kind(project.kind)
    read = asks.read(form, asks.Options.model_validate(project.options), parse(judgment.order))
    return str(read.model_dump_json())
