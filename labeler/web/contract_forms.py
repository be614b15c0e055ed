"""What the form for a version of a contract sends: text as it was typed, kept for the form, and what it means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from labeler.errors import FieldProblem
from labeler.web.people_forms import day_of, uuid_of
from labeler.workforce.contract_models import ContractText, ContractVersion
from labeler.workforce.contract_rules import ANNOUNCED, MOST_TEXTS, Conditions, Payroll
from labeler.workforce.rules import tidy_tag

FIELDS = (
    "name", "from_on", "until_on", "tier", "above", "countries", "notice_days", "paid_leave_days", "ill_leave_days",
    "confidentiality", "carve_out", "other_work_barred", "payroll",
)  # fmt: skip
SPARE = 2
"""Empty places for texts beside those that are filled."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One form about a version, as it was typed. `places` are pairs of language and text."""

    typed: Mapping[str, str]
    places: tuple[tuple[str, str], ...]

    def at(self, name: str) -> str:
        """What was typed into a field."""
        return self.typed.get(name, "")

    @property
    def texts(self) -> dict[str, str]:
        """The texts by language; places without a text are left out."""
        return {tidy_tag(language): text for language, text in self.places if text.strip()}

    def conditions(self, now: datetime) -> Conditions:
        """What was typed, as conditions. A first day that is today begins at this moment."""
        first, last = day_of(self.at("from_on")), day_of(self.at("until_on"))
        begins = datetime.combine(first, time(), UTC) if first else None
        return Conditions(
            from_at=now if first == now.date() else begins,
            until_at=datetime.combine(last + timedelta(days=1), time(), UTC) if last else None,
            tier=_number(self.at("tier")),
            above_id=uuid_of(self.at("above")),
            countries=tuple(dict.fromkeys(re.split(r"[,;\s]+", self.at("countries").upper().strip(" ,;")))),
            notice_days=_number(self.at("notice_days")),
            paid_leave_days=_number(self.at("paid_leave_days")),
            ill_leave_days=_number(self.at("ill_leave_days")),
            confidentiality=self.at("confidentiality") == "yes",
            carve_out=self.at("carve_out") == "yes",
            other_work_barred=self.at("other_work_barred") == "yes",
            payroll=Payroll(self.at("payroll")) if self.at("payroll") in set(Payroll) else None,
        )

    def problems(self) -> list[FieldProblem]:
        """What the conditions can't show: questions without an answer, a last day that is none, a language twice."""
        found = [
            FieldProblem(name, "Choose yes or no.")
            for name in ("confidentiality", "carve_out", "other_work_barred")
            if self.at(name) not in ("yes", "no")
        ]
        if self.at("until_on") and day_of(self.at("until_on")) is None:
            found.append(FieldProblem("until_on", "Write the day like 2026-03-01, or leave it empty."))
        said = [tidy_tag(language) for language, text in self.places if text.strip()]
        if len(said) != len(set(said)):
            found.append(FieldProblem("text_1", "Give one text for each language."))
        return found


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None


def parse(form: Mapping[str, str]) -> Asked:
    """What was sent."""
    places = tuple(
        (form.get(f"language_{place}", "")[:20].strip(), form.get(f"text_{place}", "").replace("\r\n", "\n"))
        for place in range(1, MOST_TEXTS + 1)
    )
    return Asked({name: form.get(name, "")[:200].strip() for name in FIELDS}, _spaced(places))


def _spaced(places: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The places that say something, then some empty ones."""
    filled = [(language, text) for language, text in places if language or text.strip()]
    return tuple([*filled, *[("", "")] * SPARE][:MOST_TEXTS])


def first(now: datetime) -> Asked:
    """The form of a new contract. What has to be answered is not answered beforehand."""
    return Asked({"from_on": now.date().isoformat(), "tier": "1"}, _spaced([("en", "")]))


def following(row: ContractVersion, texts: Iterable[ContractText], name: str, now: datetime) -> Asked:
    """The form of a change: as the last version stands, from the first day that can be chosen."""
    soonest = max((now + ANNOUNCED).date(), row.from_at.date()) + timedelta(days=1)
    typed = {
        "name": name, "from_on": soonest.isoformat(), "tier": str(row.tier), "above": str(row.above_id or ""),
        "until_on": (row.until_at - timedelta(days=1)).date().isoformat() if row.until_at else "",
        "countries": ", ".join(row.countries), "payroll": row.payroll.value,
        **{each: str(getattr(row, each)) for each in ("notice_days", "paid_leave_days", "ill_leave_days")},
        **{
            each: "yes" if getattr(row, each) else "no"
            for each in ("confidentiality", "carve_out", "other_work_barred")
        },
    }  # fmt: skip
    return Asked(typed, _spaced((each.language, each.text) for each in texts))
