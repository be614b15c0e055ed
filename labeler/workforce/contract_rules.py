"""What a version of a vendor's contract must look like, and its digest. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import orjson

from labeler.errors import FieldProblem
from labeler.workforce.rules import is_tag

ANNOUNCED = timedelta(days=14)
"""GOV-1: how long before it begins a change of a contract is announced to those who work under it."""
LONGEST_TEXT = 60_000
"""Characters of a contract's text in one language."""
MOST_TEXTS = 8
MOST_TIERS = 9
_COUNTRY = re.compile(r"[A-Z]{2}")
_DAYS = {"notice_days": 365, "paid_leave_days": 366, "ill_leave_days": 366}


class Payroll(StrEnum):
    """Who pays labelers out."""

    PLATFORM = "platform"
    VENDOR = "vendor"
    EMPLOYER_OF_RECORD = "employer-of-record"


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a version of a contract says: see `ContractVersion`. None for a number that was not written."""

    from_at: datetime | None
    until_at: datetime | None
    tier: int | None
    above_id: UUID | None
    countries: tuple[str, ...]
    notice_days: int | None
    paid_leave_days: int | None
    ill_leave_days: int | None
    confidentiality: bool
    carve_out: bool
    other_work_barred: bool
    payroll: Payroll | None


def condition_problems(
    said: Conditions, texts: Mapping[str, str], vendor_id: UUID, before: datetime | None, now: datetime
) -> list[FieldProblem]:
    """Everything wrong with a version. `texts` by language; `before` is when the version before it begins (for another
    contract of a vendor: now), None for a vendor's first contract, which may begin at once."""
    problems = _time_problems(said, before, now)
    if said.tier is None or not 1 <= said.tier <= MOST_TIERS:
        problems.append(FieldProblem("tier", "Write 1 for a vendor of ours, 2 for its subcontractor, and so on."))
    elif (said.tier == 1) != (said.above_id is None):
        words = "A vendor of tier 1 works for nobody else." if said.above_id else "Choose for which vendor it works."
        problems.append(FieldProblem("above", words))
    if said.above_id == vendor_id:
        problems.append(FieldProblem("above", "A vendor is not its own subcontractor."))
    if not said.countries or any(_COUNTRY.fullmatch(each) is None for each in said.countries):
        problems.append(FieldProblem("countries", "Write countries by their two letters, such as KE, PH."))
    for name, most in _DAYS.items():
        days = getattr(said, name)
        if days is None or not 0 <= days <= most:
            problems.append(FieldProblem(name, f"Write days, from 0 to {most}."))
    if said.carve_out and not said.confidentiality:
        problems.append(FieldProblem("carve_out", "There is no clause that it could leave something out of."))
    if said.payroll is None:
        problems.append(FieldProblem("payroll", "Choose who pays labelers out."))
    return problems + _text_problems(texts)


def _time_problems(said: Conditions, before: datetime | None, now: datetime) -> list[FieldProblem]:
    problems = []
    if said.from_at is None:
        problems.append(FieldProblem("from_on", "Write the first day like 2026-03-01."))
    elif said.from_at < now:
        problems.append(FieldProblem("from_on", "It can't begin in the past: what held before is not rewritten."))
    elif before is not None and said.from_at < now + ANNOUNCED:
        soonest = (now + ANNOUNCED + timedelta(days=1)).date().isoformat()
        words = f"A change is announced {ANNOUNCED.days} days before: {soonest} is the first day that can be chosen."
        problems.append(FieldProblem("from_on", words))
    elif before is not None and said.from_at <= before:
        problems.append(FieldProblem("from_on", "It has to begin after the version before it."))
    if said.from_at is not None and said.until_at is not None and said.until_at <= said.from_at:
        problems.append(FieldProblem("until_on", "It can't end before it begins."))
    return problems


def _text_problems(texts: Mapping[str, str]) -> list[FieldProblem]:
    problems = []
    if not texts or len(texts) > MOST_TEXTS:
        problems.append(FieldProblem("text_1", f"Give the whole text, in 1 to {MOST_TEXTS} languages."))
    for place, (language, text) in enumerate(texts.items(), 1):
        if not is_tag(language):
            problems.append(FieldProblem(f"language_{place}", "Write the language as a tag, such as en, sw or pt-BR."))
        if not text.strip() or len(text) > LONGEST_TEXT or "\0" in text:
            words = f"Give the whole text, at most {LONGEST_TEXT} characters."
            problems.append(FieldProblem(f"text_{place}", words))
    return problems


def text_digest(text: str) -> str:
    """The SHA-256 of a text's UTF-8 bytes, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of(said: Conditions, texts: Mapping[str, str]) -> str:
    """The SHA-256, in hexadecimal, of a version's conditions and its texts' digests, as JSON with sorted keys."""
    told = asdict(said) | {"texts": {language: text_digest(text) for language, text in texts.items()}}
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)).hexdigest()
