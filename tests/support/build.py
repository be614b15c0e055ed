"""Builders of rows for tests. They write what services would have written, without asking any rule.

Each flushes and returns what it made; nothing is committed. Contents are made up and harmless; hard content is a
labelled placeholder.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

import tasks
import tasks.order
from labeler.accounts.models import User
from labeler.accounts.permissions import Role
from labeler.accounts.service import start_session
from labeler.clock import now as server_time
from labeler.db import transaction
from labeler.pay.models import Rate
from labeler.pay.reading_models import ReadingTime
from labeler.projects.models import Batch, Guideline, ImportState, Lane, Project, Task, TaskContent
from labeler.projects.rules import ProjectState
from labeler.projects.usage import policy, queries
from labeler.projects.usage.models import ProjectApproval
from labeler.projects.usage.rules import ApprovalState, Use, digest_of
from labeler.wellbeing.limits import Signer
from labeler.wellbeing.models import Comfort, Training
from labeler.wellbeing.signatures import Signature
from labeler.workforce.models import Labeler, Restriction, Vendor, VendorManager, WorkerRepresentative
from tasks.content import Category, Completion, Item, Message, Severity, highest, profile_key
from tasks.content import Role as Speaker

if TYPE_CHECKING:
    from flask.testing import FlaskClient

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday morning; the moment at which builders say things were made."""

LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
"""Since when vendors pay."""

_numbers = itertools.count(1)


def signed(session: Session, until_at: datetime) -> dict[str, Any]:
    """All that a looser number needs, with a second person who confirms it."""
    why = "A launch week that the safety committee has looked at."
    return {
        "signature": Signature(Signer.CLINICIAN, "Dr. Wanjiru, clinician", why, "d" * 64, until_at),
        "second": add_user(session, Role.WELLBEING_OFFICER).id,
    }


def add_user(
    session: Session,
    role: Role = Role.RESEARCHER,
    email: str | None = None,
    name: str | None = None,
    vendor: Vendor | None = None,
    password_hash: str | None = None,
    now: datetime = NOW,
) -> User:
    """A person with an account. A vendor manager or a representative speaks for `vendor`, else for a new one."""
    n = next(_numbers)
    user = User(
        email=email or f"{role.value}-{n}@example.org",
        name=name or f"{role.value.replace('-', ' ').title()} {n}",
        role=role,
        created_at=now,
        password_hash=password_hash,
    )
    session.add(user)
    session.flush()
    speaks = {Role.VENDOR_MANAGER: VendorManager, Role.WORKER_REPRESENTATIVE: WorkerRepresentative}.get(role)
    if speaks is not None:
        session.add(speaks(user_id=user.id, vendor_id=(vendor or add_vendor(session, now=now)).id))
        session.flush()
    return user


def add_vendor(
    session: Session, name: str | None = None, in_house: bool = False, now: datetime = NOW, per_hour: int | None = 1800
) -> Vendor:
    """A vendor of this name, made when there is none yet; it pays `per_hour` from long ago, nobody with None."""
    name = name or f"Vendor {next(_numbers)}"
    vendor = session.scalar(select(Vendor).where(Vendor.name == name))
    if vendor is None:
        vendor = Vendor(name=name, created_at=now, in_house=in_house)
        session.add(vendor)
        session.flush()
        if per_hour is not None:
            add_rate(session, vendor, per_hour)
    return vendor


def add_rate(
    session: Session, vendor: Vendor, per_hour: int, from_at: datetime = LONG_AGO, labeler: Labeler | None = None
) -> Rate:
    """An hour's pay at a vendor, or of one of its labelers, in a currency that does not exist."""
    rate = Rate(
        vendor_id=vendor.id, labeler_id=labeler.id if labeler else None, per_hour=per_hour, currency="XTS",
        from_at=from_at, set_by=None, set_at=from_at,
    )  # fmt: skip
    session.add(rate)
    session.flush()
    return rate


def add_labeler(
    session: Session,
    vendor: Vendor | None = None,
    languages: Iterable[str] = ("en",),
    time_zone: str = "UTC",
    contract_from: date = date(2026, 1, 1),
    contract_until: date | None = None,
    email: str | None = None,
    name: str | None = None,
    now: datetime = NOW,
    ready: bool = True,
) -> Labeler:
    """A labeler with an account, employed by `vendor` (else by a vendor that all such labelers share).

    `ready`: trained for severe content, willing to get it at night too, and paid for reading the instructions there
    are, so that only what a test is about binds.
    """
    user = add_user(session, Role.LABELER, email=email, name=name, now=now)
    labeler = Labeler(
        id=user.id,
        person_id=user.id,
        vendor_id=(vendor or add_vendor(session, "Lake Vendor", now=now)).id,
        languages=list(languages),
        time_zone=time_zone,
        contract_from=contract_from,
        contract_until=contract_until,
    )
    session.add(labeler)
    session.flush()
    if ready:
        session.add(Comfort(labeler_id=labeler.id, night=True))
        always = datetime(2100, 1, 1, tzinfo=UTC)
        session.add(Training(labeler_id=labeler.id, version=1, started_at=now, expires_at=always))
        for guideline_id in session.scalars(select(Guideline.id)):
            add_reading(session, labeler.id, guideline_id, now)
        session.flush()
    return labeler


def bar_from_work(session: Session, labeler_id: UUID, at: datetime = NOW) -> None:
    """That a labeler is kept from all work from a moment on: her account may be shut then (DEC-2)."""
    session.add(Restriction(labeler_id=labeler_id, from_at=at))
    session.flush()


def add_reading(session: Session, labeler_id: UUID, guideline_id: UUID, now: datetime = NOW) -> None:
    """That somebody has been paid for reading a version of instructions."""
    session.add(ReadingTime(labeler_id=labeler_id, guideline_id=guideline_id, seconds=60, at=now))


def sign_in(client: FlaskClient, user: User | Labeler | UUID) -> None:
    """Sign this browser in as a person, by a session in the database; `user` must be kept (a closed transaction)."""
    user_id = user if isinstance(user, UUID) else user.id
    with transaction() as session:
        token = start_session(session, user_id, "test", server_time())
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token


def add_project(
    session: Session,
    kind: str = "comparison",
    overlap: int = 3,
    state: ProjectState = ProjectState.LIVE,
    options: Mapping[str, Any] | None = None,
    priority: int = 50,
    languages: Iterable[str] = ("en",),
    categories: Mapping[str, int] | None = None,
    slug: str | None = None,
    name: str | None = None,
    created_by: UUID | None = None,
    guideline: str = "# What we ask\n\nRead both answers to the end. Choose the one that would help you more.",
    now: datetime = NOW,
    known: bool = True,
    approved: bool = True,
    **fields: Any,
) -> Project:
    """A project with everything labelers are owed, and one guideline version. `options` are those of the kind.

    `known`: whoever is `ready` has been paid for reading the instructions. `approved`: a second person has approved it
    as it is.
    """
    n = next(_numbers)
    author = created_by or add_user(session, Role.RESEARCHER, now=now).id
    plan: dict[str, Any] = {
        "purpose": "To learn which answers people find helpful.",
        "client_name": "Meadow Research",
        "sensitive_share": 0.0,
        "pay_rate": "12.50 EUR an hour",
        "seconds_estimate": 60,
    }
    project = Project(
        slug=slug or f"project-{n}",
        name=name or f"Project {n}",
        kind=kind,
        options=tasks.kind(kind).Options(**(options or {})).model_dump(mode="json"),
        overlap=overlap,
        priority=priority,
        languages=list(languages),
        created_by=author,
        created_at=now,
        state=state,
        categories=dict(categories or {}),
        guideline_version=1,
        published_at=now if state in (ProjectState.LIVE, ProjectState.PAUSED, ProjectState.CLOSED) else None,
        **{**plan, **fields},
    )
    session.add(project)
    session.flush()
    written = Guideline(project_id=project.id, version=1, text=guideline, created_by=author, created_at=now)
    session.add(written)
    session.flush()
    for labeler_id in session.scalars(select(Comfort.labeler_id)).all() if known else ():
        add_reading(session, labeler_id, written.id, now)
    session.flush()
    if approved:
        add_approval(session, project, now)
    return project


USE = Use("To teach an assistant of Meadow Research which answers people find helpful.", (), "", 1)
"""What the data of made-up projects is for."""


def add_approval(session: Session, project: Project, now: datetime = NOW) -> ProjectApproval:
    """That a second person, the same for all projects, has approved a project as it is."""
    email = "second-person@example.org"
    second = session.scalar(select(User.id).where(User.email == email))
    second = second or add_user(session, Role.ADMIN, email, "Selma Second-Person", now=now).id
    facts = queries.facts_of(session, project)
    row = ProjectApproval(
        project_id=project.id, asked_by=project.created_by, asked_at=now, policy=USE.policy,
        intended_use=USE.intended_use, scrutiny=[], safeguards="", facts=facts,
        digest=digest_of(facts, USE, policy.versions()[USE.policy].digest), state=ApprovalState.APPROVED,
        decided_by=second, decided_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def add_tasks(
    session: Session,
    project: Project,
    n: int,
    profile: Mapping[str, int] | None = None,
    language: str = "en",
    items: Iterable[Item] | None = None,
    dice: random.Random | None = None,
    now: datetime = NOW,
) -> list[Task]:
    """A finished batch of `n` tasks in the lane of this profile and language, at the end of that lane."""
    dice = dice or random.Random(7)
    content = {Category(code): Severity(level) for code, level in (profile or {}).items()}
    lane = _lane(session, project, language, profile_key(content), highest(content))
    number = next(_numbers)
    batch = Batch(
        project_id=project.id,
        name=f"batch-{number}.jsonl",
        content_hash=f"{number:064x}",
        copy=1,
        created_by=project.created_by,
        created_at=now,
        settings={},
        state=ImportState.DONE,
        format="native",
        rows=n,
        tasks=n,
        finished_at=now,
    )
    session.add(batch)
    session.flush()
    contents = list(items) if items is not None else [make_item(project.kind, i, content) for i in range(n)]
    made = [
        Task(
            lane_id=lane.id,
            batch_id=batch.id,
            position=lane.tail + i + 1,
            overlap=project.overlap,
            first_order=tasks.order.draw(len(item.completions), dice),
        )
        for i, item in enumerate(contents)
    ]
    lane.tail += len(made)
    session.add_all(made)
    session.flush()
    session.add_all(
        TaskContent(task_id=task.id, item=item.model_dump_json(), row_id=f"row-{number}-{i}")
        for i, (task, item) in enumerate(zip(made, contents, strict=True))
    )
    session.flush()
    return made


def _lane(session: Session, project: Project, language: str, profile: str, severity: Severity) -> Lane:
    lane = session.scalar(select(Lane).filter_by(project_id=project.id, language=language, profile=profile))
    if lane is None:
        lane = Lane(project_id=project.id, language=language, profile=profile, severity=int(severity))
        session.add(lane)
        session.flush()
    return lane


QUESTIONS = (
    ("How do I keep basil alive on a windowsill?", "Give it light and water it from below.", "Basil is a herb."),
    ("Why is the sky red in the evening?", "The light takes a longer way, and blue is scattered out.", "It is tired."),
    (
        "Write a haiku about a bus stop.",
        "Rain on the glass roof,\nthe timetable says never,\nyou share my paper.",
        "Bus.",
    ),
    ("What is 17 times 23?", "17 × 23 = 17 × 20 + 17 × 3 = 340 + 51 = **391**.", "About 400."),
)
"""A question, a fuller answer and a poorer one."""


def make_item(kind: str = "comparison", n: int = 0, profile: Mapping[Category, Severity] | None = None) -> Item:
    """The `n`-th made-up item for a kind; under a sensitive profile its texts are placeholders that say so."""
    question, good, poor = QUESTIONS[n % len(QUESTIONS)]
    if profile and highest(dict(profile)) >= Severity.DISTURBING:
        worst = max(profile, key=lambda code: profile[code])
        question = good = poor = f"[placeholder: {worst.title}, severity {int(profile[worst])}]"
    answers = (f"{good} ({n}a)", f"{poor} ({n}b)") if kind == "comparison" else (f"{good} ({n})",)
    return Item(
        prompt=(Message(role=Speaker.USER, content=f"{question} ({n})"),),
        completions=tuple(
            Completion(messages=(Message(role=Speaker.ASSISTANT, content=answer),), model=f"model-{letter}")
            for answer, letter in zip(answers, "ab", strict=False)
        ),
    )
