"""The demo: a small made-up world to look around in.

Nothing in it is real, and what stands for hard content is a placeholder that says so.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler import clock
from labeler.accounts.models import User
from labeler.accounts.permissions import Role
from labeler.accounts.service import add_user, make_link
from labeler.config import ROOT, Settings
from labeler.db import connect, reading, transaction
from labeler.jobs import outbox, worker
from labeler.jobs.models import JobState
from labeler.pay.classes import FloorKind, Measure
from labeler.pay.terms import add_benchmark, set_place, set_rate
from labeler.projects import service as projects
from labeler.projects.files import read_toml
from labeler.projects.usage import service as usage
from labeler.warnings.escalating import name_contact
from labeler.wellbeing.policies import set_number
from labeler.wellbeing.service import give_consent
from labeler.workforce.service import add_labeler, add_representative, add_vendor, add_vendor_manager

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
LABELERS = (
    ("lena@example.org", "Lena", "Europe/Berlin"),
    ("luis@example.org", "Luis", "America/Bogota"),
    ("lindiwe@example.org", "Lindiwe", "Africa/Johannesburg"),
)
INTENDED_USE = "To show what Labeler does. The texts are made up, and no model is trained with the answers."
WILLING = "lena@example.org"
"""The labeler who has said yes to two kinds of hard content, so that the notice before it can be seen."""


def prepare(settings: Settings) -> None:
    """Fill a fresh data folder with the demo; leave one that has it as it is. Raises ClickException for any other."""
    mark = settings.folder / MARK
    with reading() as session:
        used = session.scalar(select(User.id).limit(1)) is not None
    if mark.exists() and used:
        return
    if used:
        raise click.ClickException(
            f"{settings.folder} holds data that is not the demo's, and stays untouched."
            " Set LABELER_HOME to a fresh folder, or start the product with `labeler serve`."
        )
    mark.touch()
    now = clock.now()
    with transaction() as session:
        researcher, admin = _people(session, now)
    for kind in ("comparison", "rating"):
        _project(settings, researcher, admin, kind)


def _people(session: Session, now: datetime) -> tuple[UUID, UUID]:
    """Everybody; the researcher, and the administrator who looks at her projects."""
    staff = {role: add_user(session, None, email, name, role, now) for role, email, name in STAFF}
    admin = staff[Role.ADMIN].id
    set_number(session, admin, "disturbing_day", 90, now, now)  # stricter than the standard, so that history has a line
    vendor = add_vendor(session, admin, "Lakeside Language Work", now)
    add_vendor_manager(session, admin, *MANAGER, vendor, now)
    add_representative(session, admin, *REPRESENTATIVE, vendor, now)
    _pay(session, admin, vendor.id, now)
    name_contact(session, admin, admin, now)
    for email, name, zone in LABELERS:
        labeler = add_labeler(session, admin, email, name, vendor, ["en"], now, time_zone=zone)
        if email == WILLING:
            for category in ("W05", "W10"):
                give_consent(session, labeler.id, category, 2, now)
    return staff[Role.RESEARCHER].id, admin


def _pay(session: Session, admin: UUID, vendor: UUID, now: datetime) -> None:
    """A rate and a floor, in a currency and a country that do not exist: no wage of the world is shipped."""
    set_rate(session, admin, vendor, 1500, "XTS", now - timedelta(days=1), now)
    floor = add_benchmark(
        session, admin, "Exampleland", FloorKind.LIVING, "one adult, made up", Measure.GROSS, 40, 1400, "XTS",
        now.date(), "Made up for the demo", "none: it is no one's number", now,
    )  # fmt: skip
    set_place(session, admin, vendor, floor.id, now - timedelta(days=1), now)


def _project(settings: Settings, researcher: UUID, admin: UUID, kind: str) -> None:
    plan = read_toml((FOLDER / f"{kind}.toml").read_text())
    with transaction() as session:
        project = projects.create(session, researcher, plan, clock.now())
    rows = FOLDER / f"{kind}.jsonl"
    with transaction() as session:
        batch = projects.request_import(session, researcher, project.id, rows.name, rows, {}, clock.now())
        job = outbox.enqueue(session, "import_batch", clock.now(), batch=str(batch.id))
    done = worker.run_now(job.id)
    if done.state is not JobState.DONE:
        raise click.ClickException(f"The demo's {kind} tasks could not be imported: {done.problem}")
    with transaction() as session:
        projects.check(session, researcher, project.id, clock.now())
        asked = usage.ask(session, researcher, project.id, INTENDED_USE, (), "", True, clock.now())
        usage.approve(session, admin, project.id, asked.digest, "", clock.now())
        projects.publish(session, researcher, project.id, clock.now())


def print_links(settings: Settings, address: str) -> None:
    """Print a fresh one-time link for everybody in the demo."""
    engine = connect(settings.database, pool=1)
    click.echo(f"\nLabeler is ready at {address}. Everything in it is made up. Sign in with a link; each works once:\n")
    with transaction() as session:
        order = list(Role)
        for user in sorted(session.scalars(select(User)), key=lambda user: (order.index(user.role), user.email)):
            token = make_link(session, None, user, clock.now(), invites=False)
            click.echo(f"  {user.role.value:21} {user.name:23} {address}/link/{token}")
    click.echo("\nThe links last an hour; `labeler demo`, started again, prints new ones. Ctrl-C ends the demo.\n")
    engine.dispose()
