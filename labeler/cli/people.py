"""`labeler user`, `labeler vendor`, `labeler labeler`: the people."""

from __future__ import annotations

import sys
from datetime import date, datetime

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler import clock
from labeler.accounts.models import User
from labeler.accounts.permissions import Role
from labeler.accounts.service import add_user, set_password
from labeler.assignment.joining import set_payroll_id
from labeler.cli.doors import opened, say_json
from labeler.cli.running import address
from labeler.config import Settings
from labeler.db import reading, transaction
from labeler.errors import Invalid, Missing
from labeler.workforce.models import Labeler, Vendor
from labeler.workforce.service import (
    add_labeler,
    add_representative,
    add_vendor,
    add_vendor_manager,
    in_house,
    invite,
    shut_out,
)

SPEAK_FOR_A_VENDOR = (Role.VENDOR_MANAGER, Role.WORKER_REPRESENTATIVE)
DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def user() -> None:
    """People who sign in."""


@user.command("add")
@click.argument("email")
@click.option(
    "--role", type=click.Choice([role.value for role in Role]), required=True, help="What the person is here."
)
@click.option("--name", default="", help="How pages call the person; else the part before the @.")
@click.option(
    "--vendor", help="Who employs a labeler, or for whom a manager or representative speaks; added when it is new."
)
@click.option("--languages", default="en", show_default=True, help="A labeler's languages, such as en,sw.")
@click.option("--time-zone", default="UTC", show_default=True, help="A labeler's time zone, such as Africa/Nairobi.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
def user_add(
    email: str,
    role: str,
    name: str,
    vendor: str | None,
    languages: str,
    time_zone: str,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Add a person. Without --password-stdin an invitation link is printed, good for 7 days."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    if role in SPEAK_FOR_A_VENDOR and not vendor:
        raise click.UsageError(f"A {role.replace('-', ' ')} speaks for a vendor: name it with --vendor.")
    if vendor and role not in (*SPEAK_FOR_A_VENDOR, Role.LABELER):
        raise click.UsageError("Only labelers, vendor managers and worker representatives belong to a vendor.")
    with opened() as settings:
        now = clock.now()
        with transaction() as session:
            added = _add(session, email, name, Role(role), vendor, languages, time_zone, now)
            if password is not None:
                set_password(session, added, password, now)
            link = None if password is not None else _invite(session, settings, added, now)
        facts = {"id": added.id, "email": added.email, "role": added.role, "invitation": link}
        if as_json:
            say_json(facts)
        else:
            click.echo(f"Added {added.email} as {added.role.value}." + (f" Invitation: {link}" if link else ""))


def _add(
    session: Session,
    email: str,
    name: str,
    role: Role,
    vendor: str | None,
    languages: str,
    time_zone: str,
    now: datetime,
) -> User:
    if role is Role.LABELER:
        employer = _vendor(session, vendor, now) if vendor else in_house(session, None, now)
        added = add_labeler(session, None, email, name, employer, languages.split(","), now, time_zone=time_zone)
        return session.get_one(User, added.id)
    if role is Role.VENDOR_MANAGER:
        return add_vendor_manager(session, None, email, name, _vendor(session, vendor or "", now), now)
    if role is Role.WORKER_REPRESENTATIVE:
        return add_representative(session, None, email, name, _vendor(session, vendor or "", now), now)
    return add_user(session, None, email, name, role, now)


def _vendor(session: Session, name: str, now: datetime) -> Vendor:
    found = session.scalars(select(Vendor).where(Vendor.name == name.strip())).one_or_none()
    if found is None:
        found = add_vendor(session, None, name, now)
        click.echo(f"Added the vendor {found.name}.", err=True)
    return found


def _invite(session: Session, settings: Settings, invited: User, now: datetime) -> str:
    return f"{address(settings)}/invitation/{invite(session, None, invited.id, now)}"


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
def user_list(as_json: bool) -> None:
    """Everybody who has an account."""
    with opened(), reading() as session:
        people = session.execute(
            select(User, Vendor.name)
            .outerjoin(Labeler, Labeler.id == User.id)
            .outerjoin(Vendor, Vendor.id == Labeler.vendor_id)
            .order_by(User.role, User.email)
        ).all()
    facts = [
        {"email": each.email, "role": each.role.value, "vendor": vendor, "disabled": each.disabled_at is not None}
        for each, vendor in people
    ]
    if as_json:
        say_json(facts)
        return
    for fact in facts:
        note = " (disabled)" if fact["disabled"] else ""
        vendor_name = f"  {fact['vendor']}" if fact["vendor"] else ""
        click.echo(f"{fact['role']:21} {fact['email']}{vendor_name}{note}")


@user.command("disable")
@click.argument("email")
def user_disable(email: str) -> None:
    """Shut a person out: her sessions and keys end at once. What she has done stays."""
    with opened():
        with transaction() as session:
            found = session.scalars(select(User).where(User.email == email.strip().lower())).one_or_none()
            if found is None:
                raise Missing(f"Nobody here has the address {email}.")
            shut_out(session, None, found.id, clock.now())
        click.echo(f"{found.email} is shut out.")


@click.group()
def vendor() -> None:
    """Firms that employ labelers."""


@vendor.command("add")
@click.argument("name")
def vendor_add(name: str) -> None:
    """Add a vendor."""
    with opened():
        with transaction() as session:
            added = add_vendor(session, None, name, clock.now())
        click.echo(f"Added the vendor {added.name}.")


@click.group()
def labeler() -> None:
    """People who judge."""


@labeler.command("add")
@click.argument("email")
@click.option("--vendor", help="Who employs the person; in-house without it. The vendor must exist.")
@click.option("--name", default="", help="How pages call the person.")
@click.option("--languages", default="en", show_default=True, help="Languages the person reads, such as en,sw.")
@click.option("--time-zone", default="UTC", show_default=True, help="Such as Africa/Nairobi.")
@click.option("--contract-from", type=DAY, help="First day of the contract, such as 2026-03-01; today without it.")
@click.option("--contract-until", type=DAY, help="Last day of the contract; open without it.")
def labeler_add(
    email: str,
    vendor: str | None,
    name: str,
    languages: str,
    time_zone: str,
    contract_from: datetime | None,
    contract_until: datetime | None,
) -> None:
    """Add a labeler and print the invitation link, good for 7 days."""
    with opened() as settings:
        now = clock.now()
        with transaction() as session:
            added = add_labeler(
                session, None, email, name, _employer(session, vendor, now), languages.split(","), now,
                time_zone=time_zone, contract_from=_day(contract_from), contract_until=_day(contract_until),
            )  # fmt: skip
            link = _invite(session, settings, session.get_one(User, added.id), now)
        click.echo(f"Added {email.strip().lower()}. Invitation: {link}")


@labeler.command("payroll")
@click.argument("email")
def labeler_payroll(email: str) -> None:
    """Say under which payroll id a labeler is paid; accounts with the same one are one person.

    The id is read from the first line of standard input, so that no history of commands keeps it. An empty line takes
    it away.
    """
    payroll_id = sys.stdin.readline().rstrip("\r\n")
    with opened() as settings:
        with transaction() as session:
            found = session.scalars(select(User).where(User.email == email.strip().lower())).one_or_none()
            if found is None or found.role is not Role.LABELER:
                raise Missing(f"There is no labeler with the address {email}.")
            set_payroll_id(session, None, found.id, payroll_id, settings.key, clock.now())
        click.echo(f"The payroll id of {found.email} is {'set' if payroll_id.strip() else 'taken away'}.")


def _employer(session: Session, vendor: str | None, now: datetime) -> Vendor:
    if vendor is None:
        return in_house(session, None, now)
    found = session.scalars(select(Vendor).where(Vendor.name == vendor.strip())).one_or_none()
    if found is None:
        raise Invalid(f"There is no vendor named {vendor}. Add it first: labeler vendor add NAME")
    return found


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None
