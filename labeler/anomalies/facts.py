"""What the watch reads: counts by project, requester, reviewer and vendor. No row of a labeler leaves this module."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from labeler.accounts.models import SignInSession
from labeler.anomalies import rules
from labeler.anomalies.rules import About, Found, Sign
from labeler.cases.models import Case, NotUsed
from labeler.judgments.models import Judgment
from labeler.pay.models import PayPeriod
from labeler.projects.models import Project
from labeler.warnings.models import ContentReport
from labeler.wellbeing.models import Break
from labeler.workforce.models import Labeler

BATCH = 2_000
"""Rows that are held at once."""


def everything(session: Session, now: datetime) -> Iterator[Found]:
    """Every sign there is now."""
    yield from shares(session, now)
    yield from statements(session, now)
    yield from seconds(session, now)


def shares(session: Session, now: datetime) -> Iterator[Found]:
    """Rejections and reports of worse content, by project, requester and reviewer, against all others."""
    since = now - rules.LOOK_BACK
    answered = select(Judgment.project_id, func.count()).where(Judgment.version == 1, Judgment.submitted_at > since)
    made = _by_project(session, answered.group_by(Judgment.project_id))
    owners = session.execute(select(Project.id, Project.created_by))
    owner = {project: by for project, by in owners}  # noqa: C416 -- a row is not typed as a pair
    marks: dict[UUID, int] = defaultdict(int)
    by_reviewer: dict[UUID, dict[UUID, int]] = defaultdict(lambda: defaultdict(int))
    standing = select(NotUsed.project_id, Case.first_decider, func.count()).join(Case, Case.id == NotUsed.case_id)
    for project, reviewer, count in session.execute(
        standing.where(NotUsed.marked_at > since, NotUsed.ended_at.is_(None)).group_by(
            NotUsed.project_id, Case.first_decider
        )
    ):
        marks[project] += count
        if reviewer is not None:
            by_reviewer[reviewer][project] += count
    reported = select(ContentReport.project_id, func.count(func.distinct(ContentReport.task_id))).where(
        ContentReport.at > since, ContentReport.old_profile != ContentReport.new_profile
    )
    worse = _by_project(session, reported.group_by(ContentReport.project_id))
    for sign, hits in ((Sign.REJECTIONS, marks), (Sign.UNDER_TAGGED, worse)):
        projects = {project: (hits.get(project, 0), count) for project, count in made.items()}
        requesters: dict[UUID, tuple[int, int]] = {}
        for project, (hit, count) in projects.items():
            before = requesters.get(owner[project], (0, 0))
            requesters[owner[project]] = before[0] + hit, before[1] + count
        yield from _outstanding(sign, About.PROJECT, projects)
        yield from _outstanding(sign, About.REQUESTER, requesters)
    reviewers = {
        who: (sum(given.values()), sum(made.get(project, 0) for project in given)) for who, given in by_reviewer.items()
    }
    yield from _outstanding(Sign.REJECTIONS, About.REVIEWER, reviewers)


def _by_project(session: Session, counted: Select[UUID, int]) -> dict[UUID, int]:
    return {project: count for project, count in session.execute(counted)}  # noqa: C416 -- a row is not typed as a pair


def _outstanding(sign: Sign, about: About, counts: dict[UUID, tuple[int, int]]) -> Iterator[Found]:
    for subject, (hits, made, others) in rules.stands_out(counts).items():
        yield Found(sign, about, subject, hits, made, others)


def statements(session: Session, now: datetime) -> Iterator[Found]:
    """Statements below the floor, and paid late, by vendor."""
    found: dict[tuple[Sign, UUID], tuple[int, set[UUID]]] = {}
    all_of: dict[UUID, int] = defaultdict(int)
    for row in session.scalars(select(PayPeriod).where(PayPeriod.due_at > now - rules.LOOK_BACK)):
        all_of[row.vendor_id] += 1
        earned = row.base + row.bonus + row.top_up + row.correction - row.fee - row.cost
        signs = [
            sign
            for sign, holds in (
                (Sign.UNDERPAID, rules.under_floor(earned, row.seconds, row.floor)),
                (Sign.PAID_LATE, rules.is_late(row.due_at, row.paid_at, now)),
            )
            if holds
        ]
        for sign in signs:
            count, people = found.get((sign, row.vendor_id), (0, set()))
            found[sign, row.vendor_id] = count + 1, people | {row.labeler_id}
    for (sign, vendor), (count, people) in found.items():
        yield Found(sign, About.VENDOR, vendor, count, all_of[vendor], people=len(people))


def seconds(session: Session, now: datetime) -> Iterator[Found]:
    """Breaks and sign-ins in the same second, answers at the edges of breaks and at fixed intervals, by vendor."""
    since = now - rules.CLOCK_BACK
    vendor_of = {
        labeler: (vendor, person)
        for labeler, vendor, person in session.execute(
            select(Labeler.id, Labeler.vendor_id, Labeler.person_id).where(Labeler.erased_at.is_(None))
        )
    }
    breaks: dict[UUID, list[tuple[datetime, datetime]]] = defaultdict(list)
    began: dict[UUID, list[tuple[UUID, datetime]]] = defaultdict(list)
    for labeler, start, end in session.execute(
        select(Break.labeler_id, Break.started_at, Break.ended_at).where(Break.started_at > since)
    ):
        if labeler in vendor_of:
            vendor, person = vendor_of[labeler]
            began[vendor].append((person, start))
            if end is not None:
                breaks[labeler].append((start, end))
    yield from _together(Sign.BREAKS_TOGETHER, began)
    signed: dict[UUID, list[tuple[UUID, datetime]]] = defaultdict(list)
    for user, at in session.execute(
        select(SignInSession.user_id, SignInSession.created_at).where(SignInSession.created_at > since)
    ):
        if user in vendor_of:
            vendor, person = vendor_of[user]
            signed[vendor].append((person, at))
    yield from _together(Sign.SIGN_INS_TOGETHER, signed)
    yield from _answers(session, since, vendor_of, breaks)


def _together(sign: Sign, moments: dict[UUID, list[tuple[UUID, datetime]]]) -> Iterator[Found]:
    for vendor, found in moments.items():
        met = rules.together(found)
        if met is not None:
            yield Found(sign, About.VENDOR, vendor, met.seconds, len(found), people=met.people)


def _answers(
    session: Session,
    since: datetime,
    vendor_of: dict[UUID, tuple[UUID, UUID]],
    breaks: dict[UUID, list[tuple[datetime, datetime]]],
) -> Iterator[Found]:
    edges: dict[UUID, tuple[int, int]] = {}
    fixed: dict[UUID, int] = defaultdict(int)
    people: dict[UUID, int] = defaultdict(int)
    rows = session.execute(
        select(Judgment.labeler_id, Judgment.submitted_at)
        .where(Judgment.submitted_at > since)
        .order_by(Judgment.labeler_id, Judgment.submitted_at)
        .execution_options(yield_per=BATCH)
    )
    for labeler, given in groupby(rows, key=lambda row: row[0]):
        moments = [at for _, at in given]
        if labeler not in vendor_of:
            continue
        vendor = vendor_of[labeler][0]
        people[vendor] += 1
        fixed[vendor] += rules.fixed_run(moments) >= rules.RUN
        hits, made = edges.get(vendor, (0, 0))
        edges[vendor] = hits + rules.near_edges(moments, breaks[labeler]), made + len(breaks[labeler])
    for vendor, (hits, made, others) in rules.stands_out(edges).items():
        yield Found(Sign.BREAK_EDGES, About.VENDOR, vendor, hits, made, others)
    for vendor, count in fixed.items():
        if count >= rules.TOGETHER:
            yield Found(Sign.FIXED_INTERVALS, About.VENDOR, vendor, count, people[vendor], people=count)
