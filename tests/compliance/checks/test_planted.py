"""A shift by the services, and what somebody with the database writes around the gate after it: every breach is found.

The entries that were planted are like the services' own, so that nothing but what they say gives them away.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from labeler.assignment.claim import claim
from labeler.assignment.models import Assignment, AssignmentState
from labeler.assignment.rules import LaneFacts
from labeler.assignment.service import opt_out
from labeler.audit.models import AuditEntry
from labeler.audit.service import record
from labeler.compliance.checks import CHECKS
from labeler.compliance.events import Facts
from labeler.compliance.outcome import Result
from labeler.db import repeated, transaction
from labeler.projects.models import Lane, Task
from labeler.wellbeing.clock import lock
from labeler.wellbeing.models import OptOutScope
from labeler.wellbeing.service import undo_opt_out
from tasks.content import parse_profile
from tests.compliance.checks.test_simulated import OURS, against
from tests.compliance.simulated import close_all, facts_left
from tests.faults.care import DAY, HOUR, MINUTE, Driver, settle_the_world
from tests.support.database import Database

Cheat = Callable[[Session, Driver], object]
QUIET = {"EXP-11", "EXP-12", "OPT-4", "OPT-8", "WRN-7", "BRK-2"}
"""What one shift of three people gives no population for."""


def worked(driver: Driver) -> None:
    """Three people work for some hours: all sorts of content, breaks that are owed and her own, skips and nos."""
    driver.habit(1, 36)  # the project with the harder texts first
    for who in (0, 2, 3):
        driver.yes_to_all(who, 3)
    for round_ in range(9):
        for who in (0, 2, 3):
            driver.do(("task", who, round_))
        driver.now += 3 * MINUTE
    driver.do(("skip", 0, 0))
    driver.do(("rest", 2, 0))
    driver.now += 11 * MINUTE
    driver.do(("go_on", 2, 0))
    for who in (0, 2, 3):
        driver.do(("task", who, 1))
    for who in (0, 2, 3):
        driver.do(("rest", who, 0))
    driver.now += 45 * MINUTE
    for who in (0, 2, 3):
        driver.do(("go_on", who, 0))
        driver.do(("task", who, 1))
        if driver.held(who):
            driver.do(("skip", who, 0))
    said = repeated(lambda session: opt_out(session, driver.me(3), OptOutScope.CATEGORY, driver.now, category="W10"))
    driver.now += MINUTE
    repeated(lambda session: undo_opt_out(session, driver.me(3), said, driver.now))


class Undone(Exception):
    """Nothing of it is kept."""


def as_the_rules_want_it(facts: Facts) -> None:
    assert against(facts) == []
    results = {rule: CHECKS[rule](facts).result(facts.k) for rule in OURS}
    assert {rule for rule, result in results.items() if result is not Result.SATISFIED} <= QUIET
    assert len(facts.of("assignment.hand_out")) > 25


def lane_of(session: Session, profile: str) -> LaneFacts:
    lane = session.scalars(
        select(Lane).where(Lane.profile == profile, Lane.id.in_(select(Task.lane_id).where(Task.claims < Task.overlap)))
    ).first()
    assert lane is not None
    return LaneFacts(lane.id, lane.project_id, parse_profile(profile), lane.language, 0, 1, 0, -1, 60)


def claims(session: Session, driver: Driver, who: int, profile: str, after: timedelta) -> UUID:
    """A task given by the claim alone, without asking the gate; answered two minutes later, in a stretch of its own."""
    at = driver.now + after
    person = lock(session, driver.me(who)).person
    made = claim(session, person, lane_of(session, profile), -1, at, wait=True)
    assert made is not None
    if profile:
        record(session, "assignment.reveal", person.id, made.assignment_id, at, person.vendor_id,
               severity=int(profile[-1]), profile=profile)  # fmt: skip
    answers(session, driver, who, made.assignment_id, at, at + 2 * MINUTE)
    return made.assignment_id


def answers(session: Session, driver: Driver, who: int, held: UUID, since: datetime, at: datetime) -> None:
    """An answer, and a stretch of work that declares it."""
    person = lock(session, driver.me(who)).person
    judged = {"state": AssignmentState.JUDGED, "ended_at": at}
    session.execute(update(Assignment).where(Assignment.id == held).values(judged))
    record(session, "judgment.submit", person.id, UUID(int=held.int ^ 1), at, person.vendor_id,
           assignment=held, version=1, standing="counted", digest="")  # fmt: skip
    record(session, "stretch.close", person.id, UUID(int=held.int ^ 2), at, person.vendor_id,
           from_at=since, until_at=at)  # fmt: skip


def no_then_work(session: Session, driver: Driver) -> None:
    opt_out(session, driver.me(0), OptOutScope.SENSITIVE, driver.now + 12 * HOUR)
    claims(session, driver, 0, "W06:2", 13 * HOUR)


def break_is_shortened(session: Session, driver: Driver) -> None:
    """The end of a required break, moved to before its time."""
    due = session.scalars(
        select(AuditEntry).where(AuditEntry.act == "break.start", AuditEntry.fields.contains('"rule":"BRK-1"'))
    ).first()
    assert due is not None
    end = session.scalars(
        select(AuditEntry).where(AuditEntry.act == "break.end", AuditEntry.subject_id == due.subject_id)
    ).one()
    end.at = due.at + 4 * MINUTE


def nothing_is_declared(session: Session, driver: Driver) -> None:
    """No stretch of the shift is declared."""
    session.execute(update(AuditEntry).where(AuditEntry.act == "stretch.close").values(act="record.read"))
    claims(session, driver, 2, "", 2 * DAY)


def undone_for_her(session: Session, driver: Driver) -> None:
    said = opt_out(session, driver.me(0), OptOutScope.CATEGORY, driver.now + 12 * HOUR, category="W06")
    vendor = lock(session, driver.me(0)).person.vendor_id
    record(session, "opt_out.undo", driver.world.admin, said, driver.now + 13 * HOUR, vendor)


def given_in_a_break(session: Session, driver: Driver) -> None:
    vendor = lock(session, driver.me(0)).person.vendor_id
    pause, start = UUID(int=77), driver.now + 12 * HOUR
    record(session, "break.start", driver.me(0), pause, start, vendor,
           rule=None, until=None, paid_until=start + 30 * MINUTE)  # fmt: skip
    claims(session, driver, 0, "", 12 * HOUR + 5 * MINUTE)
    record(session, "break.end", driver.me(0), pause, start + HOUR, vendor)


def unpaid_break(session: Session, driver: Driver) -> None:
    vendor, at = lock(session, driver.me(0)).person.vendor_id, driver.now + 12 * HOUR
    record(session, "break.start", driver.me(0), UUID(int=77), at, vendor, rule=None, until=None, paid_until=at)


def night_shift(session: Session, driver: Driver) -> None:
    midnight = (driver.now + DAY).replace(hour=4, minute=30)  # in New York
    claims(session, driver, 2, "W10:3", midnight - driver.now)


def after_the_training(session: Session, driver: Driver) -> None:
    claims(session, driver, 3, "W10:3", 3 * DAY + 2 * HOUR)


def one_after_the_other(session: Session, driver: Driver) -> None:
    for number in range(9):
        claims(session, driver, 0, "W10:3", 30 * HOUR + number * 2 * MINUTE)


def on_and_on(session: Session, driver: Driver) -> None:
    for number in range(31):
        start = driver.now + 12 * HOUR + number * 2 * MINUTE
        vendor = lock(session, driver.me(0)).person.vendor_id
        held = UUID(int=(0x0198 << 112) + 8 * number + 4)
        record(session, "assignment.hand_out", driver.me(0), held, start, vendor,
               task=held, fence=1, project=driver.world.projects[0], profile="")  # fmt: skip
        answers(session, driver, 0, held, start, start + 2 * MINUTE)


def consent_forgotten(session: Session, driver: Driver) -> None:
    gone = (AuditEntry.act == "consent.give", AuditEntry.actor_id == driver.me(0))
    session.execute(update(AuditEntry).where(*gone).values(act="record.read"))


def forbidden(session: Session, driver: Driver) -> None:
    claims(session, driver, 0, "W04:4", 12 * HOUR)


def again(session: Session, driver: Driver) -> None:
    """A severe task that she has had, given once more under her second account."""
    had = session.scalars(
        select(AuditEntry).where(
            AuditEntry.act == "assignment.hand_out", AuditEntry.actor_id == driver.me(0),
            AuditEntry.fields.contains(":3"),
        )
    ).first()  # fmt: skip
    assert had is not None
    vendor, at, held = lock(session, driver.me(1)).person.vendor_id, driver.now + 12 * HOUR, UUID(int=88)
    session.add(AuditEntry(at=at, act=had.act, actor_id=driver.me(1), subject_id=held, vendor_id=vendor,
                           fields=had.fields))  # fmt: skip
    session.flush()
    record(session, "assignment.skip", driver.me(1), held, at + MINUTE, vendor)
    record(session, "stretch.close", driver.me(1), held, at + MINUTE, vendor, from_at=at, until_at=at + MINUTE)


def not_shown(session: Session, driver: Driver) -> None:
    session.execute(
        update(AuditEntry)
        .where(AuditEntry.act == "assignment.reveal", AuditEntry.actor_id == driver.me(2))
        .values(act="record.read")
    )


CHEATS: list[tuple[str, Cheat]] = [
    ("OPT-2", no_then_work), ("BRK-1", break_is_shortened), ("BRK-1", nothing_is_declared), ("OPT-1", undone_for_her),
    ("BRK-4", given_in_a_break), ("BRK-3", unpaid_break), ("EXP-14", night_shift), ("WRN-4", after_the_training),
    ("EXP-5", one_after_the_other), ("BRK-1", on_and_on), ("EXP-13", consent_forgotten), ("EXP-4", forbidden),
    ("EXP-7", again), ("WRN-2", not_shown),
]  # fmt: skip


def test_a_shift_is_as_the_rules_want_it_and_what_is_written_around_the_gate_is_found(database: Database) -> None:
    driver = Driver(settle_the_world())
    worked(driver)
    close_all(driver)
    with transaction() as session:
        as_the_rules_want_it(facts_left(session))
    for rule, cheat in CHEATS:
        with suppress(Undone), database.in_hand() as session:
            cheat(session, driver)
            session.flush()
            facts = facts_left(session)
            raise Undone
        found = {each.split(":")[0] for each in against(facts)}
        assert rule in found, (cheat.__name__, found)
        assert len(found) <= 3, (cheat.__name__, against(facts)[:9])
