"""Who sees which case: a labeler her own, deciders all of them, reviewers a project's answers under made-up names."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session, aliased

from labeler.accounts.models import User
from labeler.accounts.permissions import Role
from labeler.cases.models import Case, CaseKind, CaseMessage, NotUsed, Review
from labeler.cases.rules import Cause
from labeler.errors import Missing
from labeler.judgments.models import Judgment, Retry
from labeler.projects.models import Batch, Lane, Project, Task, TaskContent
from labeler.workforce.models import Labeler, Restriction, Vendor
from tasks.content import Profile, parse_profile

NEWEST = 2_000
"""From so many of a project's newest answers a sample is drawn."""
SAMPLE = 20


@dataclass(frozen=True, slots=True)
class CaseShown:
    """A case with everything about it that its reader may see. Who decided is a role, never a name."""

    case: Case
    project: str | None
    decision: NotUsed | None
    retried_at: datetime | None
    restriction: Restriction | None
    reviews: Sequence[Review]
    messages: Sequence[CaseMessage]

    @property
    def asked(self) -> Review | None:
        """The review that the labeler asked for, or that a danger began."""
        return next((each for each in self.reviews if each.cause in (Cause.LABELER, Cause.DANGER)), None)

    @property
    def open(self) -> Review | None:
        """The review that is not decided yet."""
        return next((each for each in self.reviews if each.decided_at is None), None)

    def may_retry(self, now: datetime) -> bool:
        """Whether the labeler may answer once more."""
        made = self.decision
        return (
            made is not None and made.ended_at is None and made.effective_at is None and made.left_at is None
            and self.retried_at is None and now < made.retry_until
        )  # fmt: skip

    def may_ask(self, now: datetime) -> bool:
        """Whether the labeler may ask for a review now."""
        kinds = (CaseKind.NOT_USED, CaseKind.RESTRICTION)
        due = self.case.ask_until is None or now <= self.case.ask_until
        return self.case.kind in kinds and self.case.closed_at is None and self.asked is None and due


def own(session: Session, labeler_id: UUID) -> list[CaseShown]:
    """The labeler's cases, the newest first."""
    wanted = select(Case).where(Case.labeler_id == labeler_id).order_by(Case.opened_at.desc(), Case.id.desc())
    return _shown(session, session.scalars(wanted).all())


NEWS_FOR = timedelta(days=14)
"""How long the desk says that something was decided or answered: the notice of a restriction is as long."""


def news(session: Session, labeler_id: UUID, now: datetime, *, most: int = 3) -> list[tuple[UUID, CaseKind, datetime]]:
    """The labeler's cases in which somebody decided, wrote or looked again in the last 14 days, the newest first: the
    case, what it is about, and when. What she did herself is no news to her, and that she has read it is not kept.
    """
    since = now - NEWS_FOR
    hers = (Case.labeler_id == labeler_id, Case.kind != CaseKind.HOLD)
    opened = select(Case.id, Case.kind, Case.opened_at.label("at")).where(
        *hers, Case.first_decider.is_not(None), Case.opened_at > since
    )
    looked = select(Case.id, Case.kind, Review.decided_at).join(Review).where(*hers, Review.decided_at > since)
    written = select(Case.id, Case.kind, CaseMessage.at).join(CaseMessage)
    written = written.where(*hers, CaseMessage.author_id.is_not(None), CaseMessage.at > since)
    newest: dict[UUID, tuple[UUID, CaseKind, datetime]] = {}
    rows: Sequence[Any] = session.execute(union_all(opened, looked, written)).all()
    for case_id, kind, at in rows:
        if case_id not in newest or newest[case_id][2] < at:
            newest[case_id] = (case_id, kind, at)
    return sorted(newest.values(), key=lambda each: each[2], reverse=True)[:most]


def own_case(session: Session, labeler_id: UUID, case_id: UUID) -> CaseShown:
    """One case of this labeler's. Raises Missing."""
    case = session.get(Case, case_id)
    if case is None or case.labeler_id != labeler_id:
        raise Missing("There is no such case of yours.")
    return _shown(session, [case])[0]


def linked_case(session: Session, case_id: UUID) -> tuple[CaseShown, str]:
    """The case that a personal link names, and its labeler's time zone. Raises Missing."""
    case = session.get(Case, case_id)
    if case is None or case.labeler_id is None:
        raise Missing("There is no case under this link.")
    return _shown(session, [case])[0], session.get_one(Labeler, case.labeler_id).time_zone


def _shown(session: Session, cases: Sequence[Case]) -> list[CaseShown]:
    ids = [case.id for case in cases]
    projects = dict(
        session.execute(
            select(Project.id, Project.name).where(Project.id.in_({case.project_id for case in cases}))
        ).all()
    )
    decisions = {each.case_id: each for each in session.scalars(select(NotUsed).where(NotUsed.case_id.in_(ids)))}
    used = session.execute(
        select(NotUsed.case_id, Retry.used_at)
        .join(Retry, (Retry.assignment_id == NotUsed.assignment_id) & (Retry.from_at >= NotUsed.marked_at))
        .where(NotUsed.case_id.in_(ids), Retry.used_at.is_not(None))
        .order_by(Retry.used_at.desc())
    ).all()
    retried: dict[UUID, datetime | None] = dict(used)
    restrictions = {
        each.id: each
        for each in session.scalars(select(Restriction).where(Restriction.id.in_({case.about_id for case in cases})))
    }
    reviews = session.scalars(select(Review).where(Review.case_id.in_(ids)).order_by(Review.asked_at)).all()
    said = session.scalars(select(CaseMessage).where(CaseMessage.case_id.in_(ids)).order_by(CaseMessage.id)).all()
    return [
        CaseShown(
            case,
            projects.get(case.project_id) if case.project_id else None,
            decisions.get(case.id),
            retried.get(case.id),
            restrictions.get(case.about_id) if case.about_id else None,
            [each for each in reviews if each.case_id == case.id],
            [each for each in said if each.case_id == case.id],
        )
        for case in cases
    ]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A line of the deciders' queue."""

    review: Review
    case: Case
    project: str | None
    vendor: str | None


def queue(session: Session, *, decided: bool = False, most: int = 100) -> list[Waiting]:
    """Reviews that wait for a decision, those due longest first; or the last decided."""
    wanted = (
        select(Review, Case, Project.name, Vendor.name)
        .join(Case, Case.id == Review.case_id)
        .outerjoin(Project, Project.id == Case.project_id)
        .outerjoin(Vendor, Vendor.id == Case.vendor_id)
        .where(Review.decided_at.is_not(None) if decided else Review.decided_at.is_(None))
        .order_by(Review.decided_at.desc() if decided else Review.due_at, Review.id)
        .limit(most)
    )
    return [Waiting(*row) for row in session.execute(wanted)]


@dataclass(frozen=True, slots=True)
class ToDecide:
    """One review with its case, for whoever decides. `labeler` is her name: a decider may have to write to her."""

    review: Review
    shown: CaseShown
    batch: str | None
    held: int


def to_decide(session: Session, review_id: UUID) -> ToDecide:
    """One review. Raises Missing."""
    review = session.get(Review, review_id)
    if review is None:
        raise Missing("There is no such review.")
    case = session.get_one(Case, review.case_id)
    batch = session.get(Batch, case.batch_id) if case.batch_id else None
    marked = select(NotUsed.case_id).where(
        NotUsed.batch_id == case.batch_id, NotUsed.ended_at.is_(None), NotUsed.effective_at.is_(None)
    )
    held = len(session.scalars(marked).all()) if case.kind is CaseKind.HOLD else 0
    return ToDecide(review, _shown(session, [case])[0], batch.name if batch else None, held)


def restrictions_of(session: Session, labeler_id: UUID, viewer: Role) -> list[tuple[Case, Restriction, str | None]]:
    """A labeler's restrictions for those who may make one: never what she wrote about them.

    A vendor manager sees her vendor's own, not those of the platform and their reasons.
    """
    wanted = (
        select(Case, Restriction, Project.name)
        .join(Restriction, Restriction.id == Case.about_id)
        .outerjoin(Project, Project.id == Case.project_id)
        .where(Case.kind == CaseKind.RESTRICTION, Case.labeler_id == labeler_id)
        .order_by(Case.opened_at.desc())
    )
    if viewer is not Role.ADMIN:
        wanted = wanted.where(Case.first_role == Role.VENDOR_MANAGER)
    return [(case, restriction, name) for case, restriction, name in session.execute(wanted)]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as a reviewer reads it: no name, no vendor, no time of day."""

    judgment: Judgment
    profile: Profile
    severity: int
    language: str
    item: str
    mark: NotUsed | None
    retried_at: datetime | None


_newer = aliased(Judgment)
_LATER = (_newer.assignment_id == Judgment.assignment_id) & (_newer.version > Judgment.version)
_ANSWER = (
    select(Judgment, Lane.profile, Lane.severity, Lane.language, TaskContent.item, NotUsed, Retry.used_at)
    .join(Task, Task.id == Judgment.task_id)
    .join(Lane, Lane.id == Task.lane_id)
    .join(TaskContent, TaskContent.task_id == Task.id)
    .outerjoin(NotUsed, (NotUsed.assignment_id == Judgment.assignment_id) & NotUsed.ended_at.is_(None))
    .outerjoin(
        Retry,
        (Retry.assignment_id == NotUsed.assignment_id)
        & (Retry.from_at >= NotUsed.marked_at)
        & Retry.used_at.is_not(None),
    )
    .outerjoin(_newer, _LATER)
    .where(_newer.id.is_(None))
)


def answers(session: Session, project_id: UUID, draw: int) -> list[Answer]:
    """A sample of a project's answers; the same number draws the same ones while none is added."""
    newest = (
        select(Judgment.id)
        .outerjoin(_newer, _LATER)
        .where(Judgment.project_id == project_id, _newer.id.is_(None))
        .order_by(Judgment.submitted_at.desc(), Judgment.id)
        .limit(NEWEST)
    )
    ids = session.scalars(newest).all()
    drawn = random.Random(draw).sample(ids, min(SAMPLE, len(ids)))  # noqa: S311 -- a sample, not a secret
    found = read_answers(session, drawn)
    return sorted(found, key=lambda each: drawn.index(each.judgment.id))


def answered_again(session: Session, project_id: UUID) -> list[Answer]:
    """Answers that were given again and wait for a person's second word."""
    wanted = _ANSWER.where(
        Judgment.project_id == project_id, Retry.used_at.is_not(None), NotUsed.again_by.is_(None)
    ).order_by(Retry.used_at)
    return _as_answers(session.execute(wanted))


def answer_of(session: Session, project_id: UUID, judgment_id: UUID) -> Answer:
    """The newest version of one answer of this project. Raises Missing."""
    asked = session.get(Judgment, judgment_id)
    if asked is None or asked.project_id != project_id:
        raise Missing("There is no such answer in this project.")
    rows = session.execute(_ANSWER.where(Judgment.assignment_id == asked.assignment_id))
    return _as_answers(rows)[0]


def read_answers(session: Session, ids: Sequence[UUID]) -> list[Answer]:
    """These answers with their texts, where they are the newest versions."""
    return _as_answers(session.execute(_ANSWER.where(Judgment.id.in_(ids))))


def _as_answers(
    rows: Iterable[tuple[Judgment, str, int, str, str, NotUsed | None, datetime | None]],
) -> list[Answer]:
    return [Answer(each, parse_profile(profile), *rest) for each, profile, *rest in rows]  # type: ignore[arg-type]


def name_of(session: Session, labeler_id: UUID) -> str:
    """A labeler's name, for whoever decides her review."""
    return session.get_one(User, labeler_id).name


def role_words(role: Role | None) -> str:
    """A role as people read it."""
    return role.value.replace("-", " ") if role is not None else ""
