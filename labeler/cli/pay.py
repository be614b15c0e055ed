"""`labeler pay`: rates, floors, lines of money and time, statements."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler import clock
from labeler.accounts.models import User
from labeler.accounts.permissions import Permission
from labeler.cli.doors import actor, opened, say_json
from labeler.db import reading, transaction
from labeler.errors import Missing
from labeler.jobs.pay import settle_due
from labeler.pay import beside, closing, queries, review, service, terms
from labeler.pay.classes import FloorKind, Measure, PayKind, TimeClass
from labeler.pay.models import WageBenchmark
from labeler.pay.settling import rates_of
from labeler.pay.sums import minor, money
from labeler.workforce.models import Labeler, Vendor

DAY = click.DateTime(["%Y-%m-%d"])
MOMENT = click.DateTime(["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%MZ"])
AS = click.option("--as", "email", help="In whose name, by address; else the first admin.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
KINDS = [kind.value for kind in service.MONEY_BY_HAND if kind is not PayKind.CORRECTION]


@click.group()
def pay() -> None:
    """What people are paid: by the hour, whatever becomes of a task."""


@pay.command("rate")
@click.argument("vendor")
@click.argument("amount")
@click.argument("currency")
@click.option("--from", "from_on", type=DAY, help="First day, in UTC; from now on without it.")
@click.option("--labeler", "of", help="For one labeler only, by address.")
@AS
def set_rate(
    vendor: str, amount: str, currency: str, from_on: datetime | None, of: str | None, email: str | None
) -> None:
    """Set what an hour brings at VENDOR, such as 12.50 EUR. Only a vendor's first rate may begin in the past."""
    with opened():
        now = clock.now()
        with transaction() as session:
            made = terms.set_rate(
                session, actor(session, email, Permission.PAY_EDIT).id, _vendor(session, vendor).id,
                minor(amount, currency), currency, _day(from_on, now), now,
                labeler_id=_labeler(session, of) if of else None,
            )  # fmt: skip
        click.echo(f"{money(made.per_hour, made.currency)} an hour from {made.from_at:%Y-%m-%d %H:%M} UTC on.")


@pay.command("rates")
@JSON
def list_rates(as_json: bool) -> None:
    """All rates, and what is wrong with any vendor's pay."""
    with opened(), reading() as session:
        found = review.rates(session)
        wrong = [(each.vendor.name, each.findings) for each in review.vendor_pay(session, clock.now())]
    if as_json:
        facts = [
            {"vendor": rate.vendor, "labeler": rate.labeler, "per_hour": rate.per_hour, "currency": rate.currency,
             "from_at": rate.from_at} for rate in found
        ]  # fmt: skip
        say_json({"rates": facts, "findings": [{"vendor": name, "says": said} for name, said in wrong if said]})
        return
    for rate in found:
        who = f" ({rate.labeler})" if rate.labeler else ""
        click.echo(f"{rate.from_at:%Y-%m-%d %H:%M}  {money(rate.per_hour, rate.currency):>14}  {rate.vendor}{who}")
    for name, said in wrong:
        for sentence in said:
            click.echo(f"{name}: {sentence}")


@pay.command("benchmark")
@click.argument("place")
@click.argument("amount")
@click.argument("currency")
@click.option("--kind", type=click.Choice([kind.value for kind in FloorKind]), default="living", show_default=True,
              help="A wage to live on, or the least the law allows.")  # fmt: skip
@click.option("--household", required=True, help="For whom it is enough, as the source says.")
@click.option("--measure", type=click.Choice([each.value for each in Measure]), default="gross", show_default=True,
              help="Before or after taxes.")  # fmt: skip
@click.option("--hours-week", type=int, default=40, show_default=True, help="Hours a week it is based on.")
@click.option("--dated", type=DAY, required=True, help="The day the source gives.")
@click.option("--source", required=True, help="Whose number it is.")
@click.option("--licence", required=True, help="Under which licence it may be used.")
@AS
def add_benchmark(
    place: str, amount: str, currency: str, kind: str, household: str, measure: str, hours_week: int, dated: datetime,
    source: str, licence: str, email: str | None,
) -> None:  # fmt: skip
    """Add what an hour must bring at PLACE, by a source. None is shipped."""
    with opened():
        with transaction() as session:
            made = terms.add_benchmark(
                session, actor(session, email, Permission.PAY_EDIT).id, place, FloorKind(kind), household,
                Measure(measure), hours_week, minor(amount, currency), currency, dated.date(), source, licence,
                clock.now(),
            )  # fmt: skip
        click.echo(f"Added {made.place}, {money(made.per_hour, made.currency)} an hour. Its id: {made.id}")


@pay.command("place")
@click.argument("vendor")
@click.argument("benchmark")
@click.option("--from", "from_on", type=DAY, help="First day, in UTC; from now on without it.")
@AS
def set_place(vendor: str, benchmark: str, from_on: datetime | None, email: str | None) -> None:
    """Measure VENDOR's floor by a BENCHMARK: its id, or a place that has one. Newer ones of its sort follow."""
    with opened():
        now = clock.now()
        with transaction() as session:
            made = terms.set_place(
                session, actor(session, email, Permission.PAY_EDIT).id, _vendor(session, vendor).id,
                _benchmark(session, benchmark), _day(from_on, now), now,
            )  # fmt: skip
        click.echo(f"The floor is the {made.kind.value} wage of {made.place} ({made.household}).")


@pay.command("add")
@click.argument("labeler")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("amount")
@click.option("--for", "note", required=True, help="What it is for; the labeler reads it.")
@AS
def add_line(labeler: str, kind: str, amount: str, note: str, email: str | None) -> None:
    """Add a bonus, a fee or a cost to a LABELER's present week, by address. Pay is never lowered afterwards."""
    with opened():
        with transaction() as session:
            me = _labeler(session, labeler)
            rates = rates_of(session, me)
            made = service.add_money(
                session, actor(session, email, Permission.PAY_EDIT).id, me, PayKind(kind),
                minor(amount, rates[0].currency if rates else ""), note, clock.now(),
            )  # fmt: skip
        click.echo(f"Added {money(made.amount, made.currency)} ({kind}).")


@pay.command("time")
@click.argument("labeler")
@click.argument("what", type=click.Choice([kind.value for kind in beside.BY_HAND]))
@click.argument("from_at", type=MOMENT)
@click.argument("until_at", type=MOMENT)
@AS
def add_time(labeler: str, what: str, from_at: datetime, until_at: datetime, email: str | None) -> None:
    """Pay a LABELER time that no row shows, such as a fault of ours, from one moment until another (UTC)."""
    with opened():
        with transaction() as session:
            seconds = beside.add_time(
                session, actor(session, email, Permission.PAY_EDIT).id, _labeler(session, labeler), TimeClass(what),
                from_at.replace(tzinfo=UTC), until_at.replace(tzinfo=UTC), clock.now(),
            )  # fmt: skip
        click.echo(f"Added {seconds:,} seconds; what was paid already is left out.")


@pay.command("settle")
def settle() -> None:
    """Write the lines and statements that are due, as a worker does every 30 seconds."""
    with opened():
        settle_due()
        click.echo("Done.")


@pay.command("due")
@click.option("--vendor", help="Of this vendor only.")
@JSON
def due(vendor: str | None, as_json: bool) -> None:
    """Statements that are not paid, the soonest due first."""
    with opened(), reading() as session:
        found = queries.statements(session, _vendor(session, vendor).id if vendor else None, open_only=True)
    if as_json:
        say_json(
            [{"id": each.id, "name": each.name, "vendor": each.vendor, "total": each.total, "currency": each.currency,
              "from_at": each.from_at, "due_at": each.due_at} for each in found]
        )  # fmt: skip
        return
    for each in found:
        amount = money(each.total, each.currency)
        click.echo(f"{each.id}  due {each.due_at:%Y-%m-%d}  {amount:>14}  {each.name} ({each.vendor})")


@pay.command("paid")
@click.argument("statement", type=click.UUID)
@click.option("--on", "paid_on", type=DAY, required=True, help="The day it was paid.")
@click.option("--reference", required=True, help="The payment's reference.")
@AS
def mark_paid(statement: UUID, paid_on: datetime, reference: str, email: str | None) -> None:
    """Mark a STATEMENT as paid, by its id from `labeler pay due`."""
    with opened():
        with transaction() as session:
            who = actor(session, email, Permission.PAY_EDIT).id
            closing.mark_paid(session, who, statement, paid_on.replace(tzinfo=UTC), reference, clock.now())
        click.echo("Marked as paid.")


def _day(typed: datetime | None, now: datetime) -> datetime:
    return now if typed is None or typed.date() == now.date() else typed.replace(tzinfo=UTC)


def _vendor(session: Session, name: str) -> Vendor:
    found = session.scalars(select(Vendor).where(Vendor.name == name.strip())).one_or_none()
    if found is None:
        raise Missing(f"There is no vendor named {name}.")
    return found


def _labeler(session: Session, email: str) -> UUID:
    address = email.strip().lower()
    found = session.scalar(select(Labeler.id).join(User, User.id == Labeler.id).where(User.email == address))
    if found is None:
        raise Missing(f"No labeler has the address {email}.")
    return found


def _benchmark(session: Session, named: str) -> UUID:
    try:
        return UUID(named)
    except ValueError:
        pass  # it is a place
    newest = select(WageBenchmark.id).where(WageBenchmark.place == named.strip()).order_by(WageBenchmark.dated.desc())
    found = session.scalar(newest.limit(1))
    if found is None:
        raise Missing(f"There is no benchmark of {named}. Add one: labeler pay benchmark")
    return found
