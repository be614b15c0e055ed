"""What keeps a person from the next task, and why: asked inside the transaction that would claim it.

A required break begins here, at the moment the next task is asked for. The reason of an empty desk is looked for only
when there is nothing: the cold path may read more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler.assignment import facts as gate
from labeler.assignment.ending import cover_elsewhere
from labeler.assignment.exposure import doses, elsewhere, run_now, seen
from labeler.assignment.queries import lanes_with_work
from labeler.assignment.rules import (
    LaneFacts,
    LaneRefused,
    sort_lanes,
    under_contract,
    why_nothing,
    within_limits,
)
from labeler.audit.service import record
from labeler.wellbeing import hours
from labeler.wellbeing.clock import Locked, peek, set_clock, stretches
from labeler.wellbeing.doses import reserve, room_from
from labeler.wellbeing.hours import DAY, WEEK, Rest, Span, minutes
from labeler.wellbeing.limits import PERSONAL, InForce, Limits
from labeler.wellbeing.models import StandDown
from labeler.wellbeing.rules import REST, Reason, Stop, Touched, severe_rest, stop_for, stops_all, touch
from labeler.wellbeing.service import begin_break, finish_break
from tasks.content import SENSITIVE, Severity


def stop_now(
    session: Session, locked: Locked, facts: gate.Facts, now: datetime, *, own: int = 0, project_id: UUID | None = None
) -> Stop | None:
    """What stops everything for this person, after ending a due break that is over and beginning one that is due.

    `own` are the seconds of severity 3 of a task that is still open; `project_id` names its project, whose own tighter
    hours bind too. None: the clock has gone on, in memory.
    """
    limits = facts.limits.platform
    stop = _barred(locked, facts, now) or stops_all(facts.pause, None, now)
    if stop is not None:
        return stop
    if facts.pause is not None:
        finish_break(session, locked, facts.pause.id, now, limits)
    rest = _go_on(session, locked, facts.limits, now, _severe_open(session, locked, limits, now, own))
    numbers = facts.limits.platform if project_id is None else facts.limits.of(project_id)
    if rest is None and _has_hours(numbers, limits):
        rest = _own_rest(session, locked, numbers, limits, now, own)
    if rest is None:
        return None
    if rest.is_break:
        cover_elsewhere(session, locked, now)
        begin_break(session, locked, now, rest, limits)
    return stop_for(rest)


def _severe_open(session: Session, locked: Locked, limits: Limits, now: datetime, own: int = 0) -> int:
    """Severe seconds of tasks that are still open, since her last rest: `own` of this account's, and of the others'.

    Of a task no more than the present stretch can lie after the rest. Else one that was open for long before a break
    would ask for one break after the other.
    """
    others = [seconds for severity, seconds, _ in elsewhere(session, locked, now) if severity >= Severity.EGREGIOUS]
    if minutes(limits.severe_break_length) > REST:  # a new stretch may have begun after a pause too short for this
        return own + sum(others)
    if not own and not others:
        return 0
    began = touch(locked.clock, now, locked.person.time_zone, limits=limits).clock.stretch_from
    since = 0 if began is None else round((now - began).total_seconds())
    return sum(min(seconds, since) for seconds in (own, *others))


def _barred(locked: Locked, facts: gate.Facts, now: datetime) -> Stop | None:
    if not under_contract(locked.person, now.astimezone(ZoneInfo(locked.person.time_zone)).date()):
        return Stop(Reason.CONTRACT)
    return Stop(Reason.RESTRICTED) if None in facts.restricted else None


def _go_on(session: Session, locked: Locked, limits: InForce, now: datetime, own: int) -> Rest | None:
    """The rest that must come first, the longest if several; else the clock goes on to `now`."""
    rest, touched = owed_now(session, locked, limits, now, own)
    if rest is None:
        set_clock(session, locked, touched)
    return rest


def owed_now(
    session: Session, locked: Locked, limits: InForce, now: datetime, own: int = 0
) -> tuple[Rest | None, Touched]:
    """The rest that is owed at `now`, the longest if several, and the clock as it would go on without it. Reads only.

    Before the clock's `free_until` no rule of hours can bind, and her history is not read.
    """
    touched = touch(locked.clock, now, locked.person.time_zone, limits=limits.platform)
    severe = severe_rest(touched.clock, now, limits.platform, own)
    free = touched.clock.free_until
    if free is None or now >= free:
        spans = work_until(session, locked, touched, now)
        longer = hours.owed(spans, now, limits.platform)
        if longer is not None and (severe is None or longer.until >= severe.until):
            return longer, touched
        free = min(filter(None, (hours.free_until(spans, now, limits.platform), limits.next_change)))
    return severe, Touched(replace(touched.clock, free_until=free), touched.closed, touched.at)


def explain(session: Session, labeler_id: UUID, now: datetime) -> Stop:
    """Why this labeler would be given nothing now, with rule, number and end. Reads only, for the page that says so."""
    locked = peek(session, labeler_id)
    if locked is None:
        return Stop(Reason.NONE_LEFT)
    facts = gate.read(session, locked, now)
    stop = _barred(locked, facts, now) or stops_all(facts.pause, None, now)
    if stop is not None:
        return stop
    rest, _ = owed_now(session, locked, facts.limits, now)
    return why_none(session, locked, facts, now) if rest is None else stop_for(rest)


def work_until(session: Session, locked: Locked, touched: Touched, now: datetime) -> list[Span]:
    """The person's work of the last 168 hours, the running stretch up to `now`. Asking alone is no work: a stretch that
    would only begin now is left out.
    """
    spans = stretches(session, locked.person.person_id, now - WEEK)
    if touched.closed is not None:
        spans.append(touched.closed)
    began = touched.clock.stretch_from
    if began is not None and began < now:
        spans.append(Span(began, now))
    return hours.flat(spans)  # two accounts of one person may have worked at once before they were joined


def open_lanes(
    session: Session, locked: Locked, facts: gate.Facts, lanes: Iterable[LaneFacts], now: datetime
) -> tuple[list[LaneFacts], list[LaneRefused]]:
    """The lanes open to her now, in the order in which they are to be tried, and the shut ones with their reasons."""
    opened, shut = sort_lanes(locked.person, facts.choices, lanes, now, facts.restricted)
    if any(lane.severity >= SENSITIVE for lane in opened):
        known = seen(session, locked.person, now)
        opened, over = within_limits(locked.person, opened, known, run_now(session, locked, now), facts.limits, now)
        shut += over
    own = {key: numbers for key, numbers in facts.limits.projects if _has_hours(numbers, facts.limits.platform)}
    if own and any(lane.project_id in own for lane in opened):
        opened, tired = _by_their_hours(session, locked, own, facts.limits.platform, opened, now)
        shut += tired
    return opened, shut


def _has_hours(numbers: Limits, platform: Limits) -> bool:
    return any(getattr(numbers, name) != getattr(platform, name) for name in PERSONAL)


def _by_their_hours(
    session: Session,
    locked: Locked,
    own: dict[UUID, Limits],
    platform: Limits,
    lanes: list[LaneFacts],
    now: datetime,
) -> tuple[list[LaneFacts], list[LaneRefused]]:
    """Lanes of projects with tighter hours or breaks of their own, held against the person's whole day."""
    rests = {key: _own_rest(session, locked, numbers, platform, now) for key, numbers in own.items()}
    opened = [lane for lane in lanes if rests.get(lane.project_id) is None]
    shut = [LaneRefused(lane, stop_for(rest)) for lane in lanes if (rest := rests.get(lane.project_id)) is not None]
    return opened, shut


def _own_rest(
    session: Session, locked: Locked, numbers: Limits, platform: Limits, now: datetime, own: int = 0
) -> Rest | None:
    touched = touch(locked.clock, now, locked.person.time_zone, limits=numbers)
    spans = work_until(session, locked, touched, now)
    severe = _severe_open(session, locked, numbers, now, own)
    rest = hours.owed(spans, now, numbers) or severe_rest(touched.clock, now, numbers, severe)
    if rest is None and numbers.severe_break_length > platform.severe_break_length:
        rest = _longer_severe_rest(session, locked, spans, numbers, now, severe)
    return rest


def _longer_severe_rest(
    session: Session, locked: Locked, spans: list[Span], numbers: Limits, now: datetime, own: int
) -> Rest | None:
    """The break after severe content that a project has longer than everybody's. A rest that was long enough for those
    took the severe seconds off the clock, so they are counted anew since her last one of the project's length.
    """
    length = minutes(numbers.severe_break_length)
    began = hours.since_rest(spans, length, now)
    if began is None:
        return None
    hard = [each for each in doses(session, locked.person.person_id, now) if each.severity >= Severity.EGREGIOUS]
    seconds = own + sum(each.seconds for each in hard if each.ended_at is not None and each.ended_at > began)
    if seconds < numbers.severe_break_after * 60:
        return None
    return Rest("BRK-2", numbers.severe_break_length, now + length, is_break=True)


def why_none(session: Session, locked: Locked, facts: gate.Facts, now: datetime) -> Stop:
    """The reason for an empty desk, with the moment it ends where a rule knows that."""
    work = lanes_with_work(session, locked.person.vendor_id)
    opened, shut = open_lanes(session, locked, facts, work.live, now)
    why = why_nothing(bool(opened), shut, work.paused, work.elsewhere)
    if why.reason in (Reason.CAP_SENSITIVE, Reason.CAP_SHARE, Reason.CAP_RUN, Reason.NIGHT):
        lanes = [refused.lane for refused in shut if refused.stop == why]
        return replace(why, until=_until(session, locked, facts, why, lanes, now))
    return why


def _until(
    session: Session, locked: Locked, facts: gate.Facts, why: Stop, lanes: list[LaneFacts], now: datetime
) -> datetime | None:
    """When the limit leaves room again, if she is given nothing hard meanwhile."""
    limits = facts.limits.of(lanes[0].project_id)
    if why.reason is Reason.CAP_RUN and locked.clock.run.at is not None:
        return locked.clock.run.at + minutes(limits.run_quiet)
    if why.reason is Reason.NIGHT:
        here = now.astimezone(ZoneInfo(locked.person.time_zone))
        morning = here.replace(hour=limits.night_until, minute=0, second=0, microsecond=0)
        return (morning if morning > here else morning + timedelta(days=1)).astimezone(now.tzinfo)
    least = SENSITIVE if why.rule == "EXP-3" else Severity.EGREGIOUS
    window = WEEK if why.rule in ("EXP-2", "EXP-6") else DAY
    most = limits.share_least if why.reason is Reason.CAP_SHARE else why.number or 0
    fits = min(reserve(lane.estimate) for lane in lanes)
    return room_from(doses(session, locked.person.person_id, now), least, window, most * 60, fits, now)


def begin_stand_down(session: Session, locked: Locked, why: Stop, limits: Limits, now: datetime) -> None:
    """Paid waiting, because a limit on hard content binds and there is no other work (EXP-11); up to the hours a day
    that the policy has.
    """
    me = locked.person
    rows = session.execute(
        select(StandDown.from_at, StandDown.until_at, StandDown.ended_at).where(
            StandDown.person_id == me.person_id, StandDown.until_at > now - DAY
        )
    )
    none = timedelta(0)  # a clock that was set back can end one before it began
    spent = sum((max(none, (row.ended_at or row.until_at) - max(row.from_at, now - DAY)) for row in rows), none)
    left = minutes(limits.stand_down_day) - max(spent, timedelta(0))
    until = now + left if why.until is None else min(now + left, why.until)
    if until <= now:
        return
    row = StandDown(person_id=me.person_id, labeler_id=me.id, rule=why.rule or "", from_at=now, until_at=until)
    session.add(row)
    session.flush()
    record(session, "stand_down.start", me.id, row.id, now, me.vendor_id, rule=row.rule, until=until)


def end_stand_down(session: Session, locked: Locked, stand_down_id: UUID, now: datetime) -> None:
    """Other work has come: the waiting ends, and what it lasted is paid."""
    row = session.get_one(StandDown, stand_down_id)
    row.ended_at = now
    session.flush()
    record(session, "stand_down.end", locked.person.id, row.id, now, locked.person.vendor_id)
