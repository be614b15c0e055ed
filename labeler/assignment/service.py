"""Handing out tasks, and everything that becomes of an assignment short of a judgment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.assignment import facts as gate
from labeler.assignment.claim import claim, remember_empty
from labeler.assignment.ending import Ended, cover_elsewhere, end, expire, hide_text, hold_nothing, sign
from labeler.assignment.exposure import open_row, row_of, run_now, seen, seen_in, settle_lapsed, shown
from labeler.assignment.queries import Holding, given_to, holding
from labeler.assignment.rules import LEASE, LaneFacts
from labeler.assignment.stopping import begin_stand_down, end_stand_down, open_lanes, stop_now, why_none
from labeler.audit.service import record
from labeler.errors import Invalid, Missing
from labeler.projects.models import Project
from labeler.wellbeing.clock import Locked, lock, save_clock
from labeler.wellbeing.doses import reserve, used_up
from labeler.wellbeing.hours import Rest
from labeler.wellbeing.models import Exposure, OptOut, OptOutScope
from labeler.wellbeing.policies import limits_now
from labeler.wellbeing.rules import STANDS_DOWN, Reason, Stop, bound, refuses, stop_of, touch
from labeler.wellbeing.service import begin_break, end_break, open_break, undo_opt_out
from tasks.content import SENSITIVE, Category, Severity, profile_key

__all__ = ["expire", "undo_opt_out"]


@dataclass(frozen=True, slots=True)
class Handed:
    """The labeler holds this assignment now: given by this call, or held already."""

    assignment_id: UUID
    new: bool


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is no task now, and the one honest reason: its rule, the number it has, when it ends.

    `busy` means that this answer is not certain, because others are claiming at this instant: return leases that have
    lapsed (`expire`), and ask again with `wait=True`, each in a transaction of its own.
    """

    reason: Reason
    until: datetime | None = None
    rule: str | None = None
    number: int | None = None
    busy: bool = False


def hand_out(session: Session, labeler_id: UUID, now: datetime, *, wait: bool = False) -> Handed | Nothing:
    """The task this labeler holds, else the next one the gate allows her, else why there is none."""
    return hand_out_locked(session, lock(session, labeler_id), now, wait=wait)


def hand_out_locked(session: Session, locked: Locked, now: datetime, *, wait: bool = False) -> Handed | Nothing:
    """`hand_out` for a caller that holds the labeler's clock already: submit and next share one transaction."""
    settle_lapsed(session, locked, now)
    facts = gate.read(session, locked, now)
    if facts.held is not None:
        if facts.pause is None:
            sign(session, locked, now, facts.held_until)
        return Handed(facts.held, new=False)
    stop = stop_now(session, locked, facts, now)
    if stop is not None:
        hold_nothing(session, locked, now)
        return Nothing(stop.reason, stop.until, stop.rule, stop.number)
    lanes, _ = open_lanes(session, locked, facts, facts.lanes, now)
    for lane in lanes:
        handed = _claim(session, locked, lane, now, wait=wait)
        if handed is not None:
            if facts.waiting is not None:
                end_stand_down(session, locked, facts.waiting, now)
            sign(session, locked, now, now + LEASE)
            return handed
    sign(session, locked, now, None)
    if lanes and not wait:
        return Nothing(Reason.NONE_LEFT, busy=True)
    for lane in lanes:
        remember_empty(session, locked.person.id, lane)
    return _nothing(session, locked, facts, now)


def _claim(session: Session, locked: Locked, lane: LaneFacts, now: datetime, *, wait: bool) -> Handed | None:
    claimed = claim(session, locked.person, lane, lane.cursor, now, wait=False)
    if claimed is None and wait:
        # The cursor may have passed a task that was locked for an instant, or one that came back behind it: once more
        # from the head of the lane, waiting for whoever holds a row, before saying that there is nothing.
        claimed = claim(session, locked.person, lane, -1, now, wait=True)
    if claimed is None:
        return None
    if lane.severity >= SENSITIVE:
        open_row(session, locked.person, lane, claimed.assignment_id, claimed.task_id, now)
    return Handed(claimed.assignment_id, new=True)


def _nothing(session: Session, locked: Locked, facts: gate.Facts, now: datetime) -> Nothing:
    """The reason, from where there is work at all: the cold path of an empty desk."""
    why = why_none(session, locked, facts, now)
    if why.reason is Reason.BREAK and why.until is not None:
        rest = Rest(why.rule or "", why.number or 0, why.until, is_break=True)
        cover_elsewhere(session, locked, now)
        begin_break(session, locked, now, rest, facts.limits.platform)
    if why.reason in STANDS_DOWN and facts.waiting is None:
        begin_stand_down(session, locked, why, facts.limits.platform, now)
    return Nothing(why.reason, why.until, why.rule, why.number)


def heartbeat(session: Session, labeler_id: UUID, assignment_id: UUID, now: datetime) -> bool:
    """Keep the lease while the page is open. False when the assignment is no longer held.

    In a break it does nothing: nobody looks whether she is there (BRK-4).
    """
    locked = lock(session, labeler_id)
    held = holding(session, labeler_id)
    if held is None or held.assignment.id != assignment_id:
        return False
    if open_break(session, locked) is None:
        held.assignment.lease_until = now + LEASE
        sign(session, locked, now, now + LEASE)
    return True


def reveal(session: Session, labeler_id: UUID, assignment_id: UUID, now: datetime) -> Stop | None:
    """Let the labeler see a sensitive text, if the gate still allows it; the reason when it does not.

    A break that is due comes first, and the task waits. Any other refusal gives the task back: it would not have been
    handed out now.
    """
    locked = lock(session, labeler_id)
    held = _held(session, labeler_id, assignment_id)
    facts = gate.read(session, locked, now)
    own = seen_in(held.assignment.seen_seconds, held.assignment.revealed_at, held.assignment.lease_until, now)
    row = row_of(session, assignment_id)
    own = own if held.severity >= Severity.EGREGIOUS else 0
    stop = stop_now(session, locked, facts, now, own=own, project_id=held.project_id)
    if stop is not None and stop.reason is Reason.BREAK:
        hide_text(session, locked, held.assignment, now)
        return stop
    stop = stop or _refuses_text(session, locked, held, row, facts, now)
    if stop is not None:
        end(session, locked, held.assignment, Ended.REVOKED, now)
        sign(session, locked, now, None)
        return stop
    if held.assignment.revealed_at is not None:
        sign(session, locked, now, held.assignment.lease_until)
        return None
    held.assignment.revealed_at = now
    held.assignment.lease_until = now + LEASE
    shown(session, locked.person, held.assignment, held.profile, row, now)
    sign(session, locked, now, now + LEASE)
    record(
        session, "assignment.reveal", labeler_id, assignment_id, now, locked.person.vendor_id,
        severity=held.severity, profile=profile_key(held.profile),
    )  # fmt: skip
    return None


def _refuses_text(
    session: Session, locked: Locked, held: Holding, row: Exposure | None, facts: gate.Facts, now: datetime
) -> Stop | None:
    if held.project_id in facts.restricted:
        return Stop(Reason.RESTRICTED)
    reason = refuses(held.profile, held.project_id, facts.choices, now)
    if reason is not None:
        return Stop(reason)
    limits = facts.limits.of(held.project_id)
    zone, known = locked.person.time_zone, seen(session, locked.person, now)
    raised = row is None or row.severity < held.severity
    if raised:  # since it was handed out, so it is asked about as if that were now
        return bound(held.profile, reserve(None), known, run_now(session, locked, now), now, zone, limits)
    full = used_up(held.severity, known, now, zone, limits)
    return stop_of(full) if full is not None else None


def hide(session: Session, labeler_id: UUID, assignment_id: UUID, now: datetime) -> None:
    """Take a revealed text off the screen; the time it was visible is added up."""
    locked = lock(session, labeler_id)
    held = _held(session, labeler_id, assignment_id)
    if hide_text(session, locked, held.assignment, now):
        sign(session, locked, now, held.assignment.lease_until)


def cover_open(session: Session, labeler_id: UUID, now: datetime) -> None:
    """Take whatever is revealed off all her screens, as when she signs out; the task stays hers."""
    locked = lock(session, labeler_id)
    held = holding(session, labeler_id)
    if held is not None and hide_text(session, locked, held.assignment, now):
        sign(session, locked, now, held.assignment.lease_until)


def skip(session: Session, labeler_id: UUID, assignment_id: UUID, now: datetime) -> None:
    """Give a task back without a reason and without a cost; it never comes to this labeler again (OPT-1)."""
    opt_out(session, labeler_id, OptOutScope.TASK, now, assignment_id=assignment_id)


def opt_out(
    session: Session,
    labeler_id: UUID,
    scope: OptOutScope,
    now: datetime,
    *,
    assignment_id: UUID | None = None,
    project_id: UUID | None = None,
    category: str | None = None,
) -> UUID:
    """Record a no, and take away at once whatever it forbids (OPT-2). Returns the opt-out's id, for undoing it.

    A no that stands already stays the one there is, so that one undo takes it back however often it was sent.
    TASK and PROJECT may name the open assignment instead of their target. Raises Missing for an assignment that was
    never this labeler's and for a project that is not there, Invalid when the target of the scope is missing.
    """
    locked = lock(session, labeler_id)
    given = given_to(session, labeler_id, assignment_id)
    if assignment_id is not None and given is None:
        raise Missing("This task was never yours. Your choices are not changed by that.")
    if project_id is not None and session.get(Project, project_id) is None:
        raise Missing("There is no such project. Your choices are not changed by that.")
    target: dict[str, UUID | str | None] = {
        "task_id": given.task_id if given and scope is OptOutScope.TASK else None,
        "project_id": (project_id or (given.project_id if given else None)) if scope is OptOutScope.PROJECT else None,
        "category": Category(category) if scope is OptOutScope.CATEGORY and category in set(Category) else None,
    }
    if scope is not OptOutScope.SENSITIVE and not any(target.values()):
        raise Invalid("Say what you don't want: a task, a project or a kind of content.")
    same = select(OptOut).filter_by(labeler_id=labeler_id, scope=scope, ended_at=None, **target)
    said = session.scalar(same.limit(1))
    if said is None:
        said = OptOut(labeler_id=labeler_id, scope=scope, from_at=now, **target)  # type: ignore[arg-type]
        session.add(said)
        session.flush()
        record(
            session, "opt_out.say", labeler_id, said.id, now, locked.person.vendor_id,
            scope=scope, target=next(filter(None, target.values()), None),
        )  # fmt: skip
    held = holding(session, labeler_id)
    if held is not None and scope is OptOutScope.TASK and held.assignment.task_id == said.task_id:
        end(session, locked, held.assignment, Ended.SKIPPED, now)
    elif held is not None and refuses(held.profile, held.project_id, gate.read(session, locked, now).choices, now):
        end(session, locked, held.assignment, Ended.REVOKED, now)
    save_clock(session, locked, touch(locked.clock, now, locked.person.time_zone))
    return said.id


def withdraw_refused(session: Session, labeler_id: UUID, now: datetime) -> bool:
    """Give back the held task if the gate would refuse it now (a consent was taken back or ran out)."""
    locked = lock(session, labeler_id)
    held = holding(session, labeler_id)
    if held is None or not refuses(held.profile, held.project_id, gate.read(session, locked, now).choices, now):
        return False
    end(session, locked, held.assignment, Ended.REVOKED, now)
    sign(session, locked, now, None)
    return True


def take_break(session: Session, labeler_id: UUID, now: datetime) -> None:
    """Begin a break the labeler chose herself: no limit, no reason. The open task waits, covered, with its draft."""
    locked = lock(session, labeler_id)
    settle_lapsed(session, locked, now)
    if open_break(session, locked) is not None:
        return
    held = holding(session, labeler_id)
    if held is not None:
        hide_text(session, locked, held.assignment, now)
    cover_elsewhere(session, locked, now)
    begin_break(session, locked, now, None, limits_now(session, now).platform)


def work_on(session: Session, labeler_id: UUID, now: datetime) -> bool:
    """End a break (`wellbeing.service.end_break`); from here on the task that waited counts as work again."""
    went = end_break(session, labeler_id, now)
    if not went:
        return False
    locked, held = lock(session, labeler_id), holding(session, labeler_id)
    if held is not None or locked.person.joined:  # under another account she may hold one too
        sign(session, locked, now, held.assignment.lease_until if held else None)
    return True


def _held(session: Session, labeler_id: UUID, assignment_id: UUID) -> Holding:
    held = holding(session, labeler_id)
    if held is None or held.assignment.id != assignment_id:
        raise Missing("You don't have this task any more. Your other work is not changed by that.")
    return held
