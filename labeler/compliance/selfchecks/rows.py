"""What stands in the database, held against rules that no single event shows: time without pay, texts without exposure,
versions with too much in them, things kept too long.

Where it is about a vendor's people the numbers are of all its work in some days, never of what somebody declined.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from itertools import combinations
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from labeler.accounts.models import SignInFailure, SignInLink
from labeler.assignment.models import Assignment, AssignmentState, Draft
from labeler.cases.grievance_models import WatchFlag, WatchLook
from labeler.cases.rules import ACKNOWLEDGE
from labeler.compliance.selfchecks.found import Found, Looking, digest_of
from labeler.exports.models import Cause, Export, ExportState, ExportWithdrawal
from labeler.exports.plan import ExportPlan
from labeler.exports.projects import ids
from labeler.exports.rows import Pseudonyms
from labeler.judgments.models import Judgment, Withdrawal
from labeler.judgments.rules import TIME_EDGES
from labeler.pay import own
from labeler.pay.due import unsettled
from labeler.pay.models import PayLine, PayPeriod, Settlement, TimeLine
from labeler.pay.rules import DUE, WEEK
from labeler.projects.models import Project
from labeler.projects.rules import ProjectState, lacking
from labeler.projects.service import owed
from labeler.wellbeing.models import Exposure
from labeler.workforce.models import Labeler

LATELY, GRACE = timedelta(days=9), timedelta(days=1)
"""Looked at is what ended in eight days, a day after it did: settling is machine work that may come a little later."""
KEPT = {"timings": timedelta(days=32), "drafts": timedelta(days=32), "links": timedelta(days=9),
        "failed sign-ins": timedelta(days=3)}  # fmt: skip
"""MON-5: how old the oldest of each may be: as long as it is kept, and two days for the job that removes it."""
SAMPLE = 20
"""MON-6, DEC-5: labelers whose names are made anew in each version; whose copies are made."""
VERSIONS = 12
"""MON-6: newest finished versions that are compared two by two."""
DECLINED = (AssignmentState.SKIPPED, AssignmentState.REVOKED)


def _ended(looking: Looking, vendor: UUID) -> list[ColumnElement[bool]]:
    hers = select(Labeler.id).where(Labeler.vendor_id == vendor, Labeler.erased_at.is_(None))
    return [
        Assignment.labeler_id.in_(hers),
        Assignment.ended_at > looking.now - LATELY,
        Assignment.ended_at <= looking.now - GRACE,
    ]


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.execute(select(func.count()).select_from(Assignment).where(*conditions)).scalar_one()


def _found(population: int, wrong: int, words: str, *looked_at: object) -> Found:
    """Exceptions that are counted and not named: who they are about is in the database."""
    return Found(population, [f"{words}, number {each}" for each in range(wrong)], digest_of(
        str(each).encode() for each in (population, wrong, *looked_at)
    ))  # fmt: skip


def pay_2(looking: Looking, vendor: UUID) -> Found:
    """PAY-2: work of the last days that ended and has no lines of pay."""
    ended = _ended(looking, vendor)
    bare = _count(looking.session, *ended, unsettled(Assignment.id, Assignment.ended_at))
    return _found(_count(looking.session, *ended), bare, "ended work without lines of pay", looking.now.date())


def opt_3(looking: Looking, vendor: UUID) -> Found:
    """OPT-3: the same for work that was declined. The population is all work: how much was declined is nobody's."""
    ended = _ended(looking, vendor)
    declined = Assignment.state.in_(DECLINED)
    bare = _count(looking.session, *ended, declined, unsettled(Assignment.id, Assignment.ended_at))
    return _found(_count(looking.session, *ended), bare, "declined work without lines of pay", looking.now.date())


def dec_5(looking: Looking, vendor: UUID) -> Found:
    """DEC-5: lines of time and money of the last days that are missing from the copy their labeler would take now.
    Looked at: at most `SAMPLE` of the vendor's labelers, those with the newest lines first."""
    lines: dict[UUID, set[UUID]] = defaultdict(set)
    for table in (TimeLine, PayLine):
        new = select(table.labeler_id, table.id).where(
            table.vendor_id == vendor, table.written_at > looking.now - LATELY, table.written_at <= looking.now
        )
        for labeler, line in looking.session.execute(new.order_by(table.written_at.desc(), table.id)):
            if labeler in lines or len(lines) < SAMPLE:
                lines[labeler].add(line)
    missing = sum(
        len(hers - {line.id for line in own.all_lines(looking.session, labeler) if line.id is not None})
        for labeler, hers in lines.items()
    )
    whole = sum(len(hers) for hers in lines.values())
    return _found(whole, missing, "a line that is missing from its labeler's copy", looking.now.date())


def exp_9(looking: Looking, vendor: UUID) -> Found:
    """EXP-9: work of the last days in which a sensitive text was uncovered, and no exposure says so."""
    seen = [*_ended(looking, vendor), Assignment.seen_seconds > 0]
    bare = _count(looking.session, *seen, ~exists().where(Exposure.assignment_id == Assignment.id))
    return _found(_count(looking.session, *_ended(looking, vendor)), bare, "uncovered text without exposure",
                  looking.now.date())  # fmt: skip


def grv_3(looking: Looking, vendor: UUID) -> Found:
    """GRV-3: signs of retaliation that nobody has looked at within seven days. The population are the vendor's
    labelers: how many signs there were would tell of whoever made use of a right."""
    hers = select(Labeler.id).where(Labeler.vendor_id == vendor, Labeler.erased_at.is_(None))
    people = looking.session.execute(select(func.count()).select_from(hers.subquery())).scalar_one()
    waiting = select(func.count()).select_from(WatchFlag).where(
        WatchFlag.labeler_id.in_(hers), WatchFlag.found_at <= looking.now - ACKNOWLEDGE,
        ~exists().where(WatchLook.flag_id == WatchFlag.id),
    )  # fmt: skip
    return _found(people, looking.session.execute(waiting).scalar_one(), "a sign that nobody looked at", vendor)


def _versions(looking: Looking, most: int | None = None) -> list[Export]:
    done = select(Export).where(Export.state == ExportState.DONE).order_by(Export.finished_at.desc(), Export.id)
    return list(looking.session.scalars(done.limit(most)).all())


def pay_5(looking: Looking) -> Found:
    """PAY-5: versions that have more answers than were paid when each was asked for.

    Reckoned anew from settlements and statements, not by the rule that the version was made by: an upper bound, which a
    version that leaves nothing else out reaches exactly.
    """
    paid = exists().where(Settlement.source_id == Judgment.assignment_id)

    def left(export: Export) -> list[ColumnElement[bool]]:
        late = aliased(PayPeriod)
        unpaid = (
            select(late.id)
            .join(Settlement, and_(Settlement.labeler_id == late.labeler_id, Settlement.period_from == late.from_at))
            .where(
                Settlement.source_id == Judgment.assignment_id,
                late.from_at <= export.created_at - WEEK - DUE,
                func.coalesce(late.marked_at, late.paid_at, looking.now) > export.created_at,
            )
        )
        return [paid, ~exists(unpaid)]

    return _too_many(looking, left, "more answers than were paid")


def opt_9(looking: Looking) -> Found:
    """OPT-9: versions that have more answers than were left after withdrawals, when each was asked for."""

    def left(export: Export) -> list[ColumnElement[bool]]:
        gone = exists().where(Withdrawal.assignment_id == Judgment.assignment_id, Withdrawal.at <= export.created_at)
        return [~gone]

    return _too_many(looking, left, "more answers than were left to it")


def _too_many(looking: Looking, left: Any, words: str) -> Found:
    session, wrong, looked = looking.session, [], []
    finished = [each for each in _versions(looking) if each.finished_at and each.finished_at > looking.now - LATELY]
    among = ids(session, finished)
    for export in finished:
        erased = session.get(ExportWithdrawal, (export.id, Cause.ERASED))
        if erased is not None or not export.counts or "in" not in export.counts:
            continue  # answers that were in it are gone
        had = int(export.counts["in"]["judgments"])
        most = session.execute(
            select(func.count(Judgment.assignment_id.distinct())).where(
                Judgment.project_id.in_(among[export.id]), Judgment.submitted_at <= export.snapshot_at, *left(export)
            )
        ).scalar_one()
        looked.append(f"{export.id} {had} {most}")
        if had > most:
            wrong.append(f"version {export.number} of project {export.project_id} has {words}")
    return Found(len(looked), wrong, digest_of(each.encode() for each in looked))


def mon_5(looking: Looking) -> Found:
    """MON-5: the oldest of what is kept for a while. Addresses of computers are kept nowhere but in failed sign-ins."""
    fine = Judgment.shown_seconds.not_in(TIME_EDGES)
    oldest = {
        "timings": select(func.min(Judgment.submitted_at)).where(fine),
        "drafts": select(func.min(Draft.saved_at)),
        "links": select(func.min(func.coalesce(SignInLink.used_at, SignInLink.expires_at))),
        "failed sign-ins": select(func.min(SignInFailure.at)),
    }
    found = {name: looking.session.scalar(statement) for name, statement in oldest.items()}
    wrong = [
        f"the oldest of {name} is of {at:%Y-%m-%d}"
        for name, at in found.items() if at is not None and at < looking.now - KEPT[name]
    ]  # fmt: skip
    return Found(len(found), wrong, digest_of(f"{name} {at}".encode() for name, at in found.items()))


def mon_6(looking: Looking) -> Found:
    """MON-6: names of some labelers, made anew for the newest versions: no two projects have one in common."""
    people = looking.session.scalars(select(Labeler.id).order_by(Labeler.id).limit(SAMPLE)).all()
    versions = _versions(looking, VERSIONS)
    names = {
        export.id: {
            names.labeler(person)
            for names in [pseudonyms_of(looking, export)]
            for person in people
        }
        for export in versions
    }  # fmt: skip
    pairs = [(one, other) for one, other in combinations(versions, 2) if one.project_id != other.project_id]
    wrong = [
        f"versions {one.id} and {other.id} name somebody alike"
        for one, other in pairs if names[one.id] & names[other.id]
    ]  # fmt: skip
    return Found(len(pairs), wrong, digest_of(str(each.id).encode() for each in versions))


def pseudonyms_of(looking: Looking, export: Export) -> Pseudonyms:
    """The names that a version gives."""
    plan = ExportPlan.model_validate({"views": export.views, **export.options})
    return Pseudonyms(looking.secret, export.project_id, export.snapshot_at, plan.text)


def gov_2(looking: Looking) -> Found:
    """GOV-2: live projects that do not say their purpose or their client."""
    running = select(Project).where(Project.state == ProjectState.LIVE).order_by(Project.id)
    projects = looking.session.scalars(running).all()
    wrong = [
        f"{project.slug} does not say: {problem.field}"
        for project in projects
        for problem in lacking(owed(looking.session, project))
        if problem.field in ("purpose", "client_name")
    ]
    return Found(len(projects), wrong, digest_of(f"{each.id} {each.guideline_version}".encode() for each in projects))
