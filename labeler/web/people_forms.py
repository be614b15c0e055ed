"""What the people's forms send: text as it was typed, kept for the form, and what it means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from labeler.accounts.permissions import Role
from labeler.accounts.rules import account_problems
from labeler.errors import FieldProblem
from labeler.workforce.queries import Listed
from labeler.workforce.rules import labeler_problems, tidy_tags

IN_HOUSE = "in-house"
"""What the form says for the vendor of people who are employed directly, before there is one."""

EARLIEST, LATEST = date(1950, 1, 1), date(2199, 12, 31)
"""Between these a contract's dates lie; a year outside is a slip of the keyboard."""


def uuid_of(text: str | None) -> UUID | None:
    """The id that a text says, or None."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


def day_of(text: str) -> date | None:
    """The day that a text says, as browsers send it (2026-03-01), or None."""
    try:
        found = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
    return found if found and EARLIEST <= found <= LATEST else None


@dataclass(frozen=True, slots=True)
class Asked:
    """One form about a person, as it was typed; only a labeler's has languages, time zone and dates."""

    role: Role
    email: str
    name: str
    vendor: str
    languages: str
    time_zone: str
    first_day: str
    last_day: str
    today: date

    @property
    def tags(self) -> list[str]:
        """The languages, as tags."""
        return tidy_tags(re.split(r"[,;\s]+", self.languages))

    @property
    def contract_from(self) -> date:
        """The first day; today when the field was left empty."""
        return day_of(self.first_day) or self.today

    @property
    def contract_until(self) -> date | None:
        """The last day; None for a contract without end."""
        return day_of(self.last_day)

    def problems(self) -> list[FieldProblem]:
        """Everything wrong with the account and, for a labeler, with the facts of her work."""
        problems = account_problems(self.email.strip(), self.name.strip())
        return problems + self.work_problems() if self.role is Role.LABELER else problems

    def work_problems(self) -> list[FieldProblem]:
        """Everything wrong with languages, time zone and dates."""
        problems = labeler_problems(self.tags, self.time_zone, self.contract_from, self.contract_until)
        for name, text in (("contract_from", self.first_day), ("contract_until", self.last_day)):
            if text and day_of(text) is None:
                problems.append(FieldProblem(name, "Write the day like 2026-03-01."))
        return problems


def empty(role: Role, today: date) -> Asked:
    """A form nobody has filled in."""
    return Asked(role, "", "", "", "en", "UTC", today.isoformat(), "", today)


def parse(form: Mapping[str, str], role: Role, today: date) -> Asked:
    """What was sent."""

    def text(name: str) -> str:
        return form.get(name, "")[:2000].strip()

    return Asked(
        role, text("email"), text("name"), text("vendor"), text("languages"), text("time_zone"),
        text("contract_from"), text("contract_until"), today,
    )  # fmt: skip


def about(who: Listed, today: date) -> Asked:
    """The form as it stands for a labeler."""
    return Asked(
        who.role, who.email, who.name, "", ", ".join(who.languages or ()), who.time_zone or "",
        who.contract_from.isoformat() if who.contract_from else "",
        who.contract_until.isoformat() if who.contract_until else "", today,
    )  # fmt: skip
