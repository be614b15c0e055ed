"""The demo: a small made-up world to look around in.

Nothing in it is real, and what stands for hard content is a placeholder that says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler import clock
from labeler.accounts.models import User
from labeler.accounts.permissions import Role
from labeler.accounts.service import add_user, make_link
from labeler.cli import demo_firms as firms
from labeler.cli import demo_past as past
from labeler.compliance import reports
from labeler.compliance.auditing import service as auditing
from labeler.compliance.events import Period
from labeler.compliance.standards import as_published, read
from labeler.config import ROOT, Settings
from labeler.db import connect, reading, transaction
from labeler.evidence.rules import last_quarter
from labeler.jobs import outbox, worker
from labeler.jobs.models import JobState
from labeler.jobs.seal import seal_record
from labeler.pay.classes import FloorKind, Measure
from labeler.pay.terms import add_benchmark, set_place, set_rate
from labeler.projects import service as projects
from labeler.projects.files import ProjectPlan, read_toml
from labeler.projects.usage import service as usage
from labeler.storage import Storage
from labeler.warnings.escalating import name_contact
from labeler.wellbeing.policies import set_number
from labeler.wellbeing.service import give_consent
from labeler.workforce.service import add_representative, add_vendor, add_vendor_manager

FOLDER = ROOT / "labeler" / "demo"
MARK = "demo"
"""A file in the data folder that says that all of it is the demo."""

STAFF = (
    (Role.ADMIN, "admin@example.org", "Ada Admin"),
    (Role.RESEARCHER, "researcher@example.org", "Remy Researcher"),
    (Role.AUDITOR, "auditor@example.org", "Odile Auditor"),
    (Role.WELLBEING_OFFICER, "officer@example.org", "Wanja Wellbeing-Officer"),
)
MANAGER = ("manager@example.org", "Vera Vendor-Manager")
REPRESENTATIVE = ("representative@example.org", "Rosa Representative")
LATE_MANAGER = ("harbour@example.org", "Hamid Harbour-Manager")
LATE_REPRESENTATIVE = ("hedda@example.org", "Hedda Harbour-Representative")
LISTED = ("lena@example.org", "luis@example.org", "lindiwe@example.org")
"""The labelers whose links are printed."""
BEGUN = "being made"
"""What the mark says until the demo is whole."""
OPTED_OUT = 5
"""How many of the first vendor's labelers opt out of hard work: as few as a report may count."""
WHY_AUDIT = "Harbour Annotation's report says that pay comes late: look at how late, and at whose (made up)."
INTENDED_USE = "To show what Labeler does. The texts are made up, and no model is trained with the answers."
WILLING = "lena@example.org"
"""The labeler who has said yes to two kinds of hard content, so that the notice before it can be seen."""


def prepare(settings: Settings) -> None:
    """Fill a fresh data folder with the demo; leave one that has it as it is. Raises ClickException for any other."""
    mark = settings.folder / MARK
    with reading() as session:
        used = session.scalar(select(User.id).limit(1)) is not None
    if mark.exists() and mark.read_text() == BEGUN and used:
        raise click.ClickException(
            f"The demo in {settings.folder} was broken off while it was being made, so it is not whole."
            " Remove that folder, or set LABELER_HOME to a fresh one, and start again."
        )
    if mark.exists() and used:
        return
    if used:
        raise click.ClickException(
            f"{settings.folder} holds data that is not the demo's, and stays untouched."
            " Set LABELER_HOME to a fresh folder, or start the product with `labeler serve`."
        )
    mark.write_text(BEGUN)
    now = clock.now()
    period = last_quarter(now)
    world = _found(period.start - timedelta(days=3))
    story = _play(settings, world, period, now)
    click.echo("Setting up today's projects ...")
    with transaction() as session:
        for category in ("W05", "W10"):
            give_consent(session, world.of[WILLING], category, 2, now)
    for kind in ("comparison", "rating"):
        plan = read_toml((FOLDER / f"{kind}.toml").read_text())
        _project(world, plan, FOLDER / f"{kind}.jsonl", now)
    _report(settings, world, period, story)
    mark.write_text("")


@dataclass
class World:
    """The people of the demo: staff by role, and each vendor with its people. `of` has everybody, by email."""

    staff: dict[Role, UUID]
    firms: list[Firm]
    of: dict[str, UUID]


@dataclass
class Firm:
    """A vendor. `late`: it pays a month late, and attests nothing."""

    id: UUID
    name: str
    manager: UUID
    speaker: UUID
    labelers: list[UUID]
    late: bool


def _found(at: datetime) -> World:
    """Everybody, as of a moment."""
    with transaction() as session:
        staff = {role: add_user(session, None, email, name, role, at).id for role, email, name in STAFF}
        admin = staff[Role.ADMIN]
        set_number(
            session, admin, "disturbing_day", 90, at, at
        )  # stricter than the standard, so that history has a line
        floor = add_benchmark(
            session, admin, "Exampleland", FloorKind.LIVING, "one adult, made up", Measure.GROSS, 40, 1400, "XTS",
            at.date(), "Made up for the demo", "none: it is no one's number", at,
        )  # fmt: skip
        name_contact(session, admin, admin, at)
        firms = [
            _firm(session, admin, "Lakeside Language Work", MANAGER, REPRESENTATIVE, past.LAKESIDE, floor.id, at),
            _firm(session, admin, "Harbour Annotation", LATE_MANAGER, LATE_REPRESENTATIVE, past.HARBOUR, floor.id, at),
        ]
        people = {user.email: user.id for user in session.scalars(select(User))}
    return World(staff, firms, people)


def _firm(
    session: Session,
    admin: UUID,
    name: str,
    manager: tuple[str, str],
    speaker: tuple[str, str],
    labelers: Sequence[str],
    floor: UUID,
    at: datetime,
) -> Firm:
    """A vendor that pays a rate over a floor, in a currency and a country that do not exist: no wage of the world is
    shipped."""
    vendor = add_vendor(session, admin, name, at)
    leads = add_vendor_manager(session, admin, *manager, vendor, at).id
    speaks = add_representative(session, admin, *speaker, vendor, at).id
    set_rate(session, admin, vendor.id, 1500, "XTS", at, at)
    set_place(session, admin, vendor.id, floor, at, at)
    return Firm(
        vendor.id, name, leads, speaks, past.people(session, admin, vendor, labelers, at), manager is LATE_MANAGER
    )


def _play(settings: Settings, world: World, period: Period, now: datetime) -> past.Story:
    """The last whole quarter, as it would have gone by itself."""
    click.echo(f"Playing the last quarter ({period.name}): two made-up vendors at work. It takes some seconds ...")
    storage, admin = Storage(settings.folder), world.staff[Role.ADMIN]
    story = past.Story(
        period.start - timedelta(days=2), period.start, period.end, storage.secret(),
        frozenset(firm.id for firm in world.firms if firm.late),
    )  # fmt: skip
    everybody = [who for firm in world.firms for who in firm.labelers]
    plan = read_toml((FOLDER / "comparison.toml").read_text())
    plan = plan.model_copy(
        update={"name": f"Everyday answers, {period.name}", "slug": "last-quarter", "sensitive_share": past.HARD_SHARE}
    )
    rows = settings.folder / "imports" / "demo-last-quarter.jsonl"
    rows.parent.mkdir(mode=0o700, exist_ok=True)
    rows.write_text("".join(past.rows((FOLDER / "comparison.jsonl").read_text())))
    with clock.told(story.now):
        project = _project(world, plan, rows, story.now)
    story.now += timedelta(hours=1)
    for firm in world.firms:
        if not firm.late:
            firms.contract(admin, firm.id, firm.labelers, story.now)
            story.now += timedelta(hours=2)
            firms.attest(storage, firm.manager, story.now)
    story.now = max(story.now, period.start)
    for firm in world.firms:
        past.prepare(story, firm.labelers, opted_out=0 if firm.late else OPTED_OUT)
    firms.looser(storage, admin, world.staff[Role.WELLBEING_OFFICER], project, story.now + timedelta(hours=1))
    past.run(story, [(firm.id, firm.manager) for firm in world.firms], everybody, now)
    with transaction() as session:
        projects.close(session, world.staff[Role.RESEARCHER], project, max(story.now, period.end))
    return story


def _report(settings: Settings, world: World, period: Period, story: past.Story) -> None:
    """What people say of the quarter, the seal, a report on each vendor, and the beginning of an audit."""
    click.echo("Sealing the record, and making a report on each vendor ...")
    for firm in world.firms:
        with transaction() as session:
            firms.say(session, period, firm.id, firm.manager, firm.speaker, firm.late, clock.now())
        firms.confirm(firm.labelers, firm.late, clock.now())
    seal_record(clock.now(), everything=True, folder=settings.folder)
    auditor = world.staff[Role.AUDITOR]
    for firm in world.firms:
        with transaction() as session:
            _, job = reports.request(session, auditor, firm.id, period, as_published(read()), clock.now())
        assert job is not None, "a fresh demo has no report"
        if (done := worker.run_now(job)).state is not JobState.DONE:
            raise click.ClickException(f"The report on {firm.name} could not be made: {done.problem}")
        if firm.late:
            with transaction() as session:
                number = (period.start.month + 2) // 3
                auditing.open_audit(session, auditor, firm.id, period.start.year, number, WHY_AUDIT, clock.now())
    seal_record(clock.now(), folder=settings.folder)


def _project(world: World, plan: ProjectPlan, rows: Path, now: datetime) -> UUID:
    researcher, admin = world.staff[Role.RESEARCHER], world.staff[Role.ADMIN]
    with transaction() as session:
        project = projects.create(session, researcher, plan, now)
    with transaction() as session:
        batch = projects.request_import(session, researcher, project.id, rows.name, rows, {}, now)
        job = outbox.enqueue(session, "import_batch", now, batch=str(batch.id))
    done = worker.run_now(job.id)
    if done.state is not JobState.DONE:
        raise click.ClickException(f"The demo's {plan.kind} tasks could not be imported: {done.problem}")
    with transaction() as session:
        projects.check(session, researcher, project.id, clock.now())
        asked = usage.ask(session, researcher, project.id, INTENDED_USE, (), "", True, clock.now())
        usage.approve(session, admin, project.id, asked.digest, "", clock.now())
        projects.publish(session, researcher, project.id, clock.now())
    return project.id


def print_links(settings: Settings, address: str) -> None:
    """Print a fresh one-time link for everybody in the demo."""
    engine = connect(settings.database, pool=1)
    click.echo(f"\nLabeler is ready at {address}. Everything in it is made up. Sign in with a link; each works once:\n")
    with transaction() as session:
        order = list(Role)
        everybody = sorted(session.scalars(select(User)), key=lambda user: (order.index(user.role), user.email))
        shown = [user for user in everybody if user.role is not Role.LABELER or user.email in LISTED]
        for user in shown:
            token = make_link(session, None, user, clock.now(), invites=False)
            click.echo(f"  {user.role.value:21} {user.name:23} {address}/link/{token}")
    if len(everybody) > len(shown):
        click.echo(f"\n  There are {len(everybody) - len(shown)} labelers more, who have worked in the last quarter.")
    click.echo("\nThe links last an hour; `labeler demo`, started again, prints new ones. Ctrl-C ends the demo.\n")
    engine.dispose()
