"""What a labeler's languages, time zone and contract must look like. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from zoneinfo import available_timezones

from labeler.errors import FieldProblem

LONGEST_NAME = 120
"""Characters of a vendor's name."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

_TAG = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?")
"""The part of BCP 47 that languages of work need: language, script, region."""


@lru_cache(maxsize=1)
def zones() -> frozenset[str]:
    """The names of all time zones; read from the disk once."""
    return frozenset(available_timezones() - {"localtime", "Factory"})


def tidy_tag(tag: str) -> str:
    """A language tag in its usual letters: `EN-gb` becomes `en-GB`, `zh-hans` becomes `zh-Hans`."""
    first, *rest = tag.strip().replace("_", "-").split("-")
    return "-".join([first.lower(), *(part.title() if len(part) == 4 else part.upper() for part in rest)])


def is_tag(tag: str) -> bool:
    """Whether a tidied tag can name a language."""
    return _TAG.fullmatch(tag) is not None


def tidy_tags(tags: Sequence[str]) -> list[str]:
    """Tags in their usual letters, each once, empty ones left out."""
    return list(dict.fromkeys(tidy_tag(tag) for tag in tags if tag.strip()))


def vendor_problems(name: str) -> list[FieldProblem]:
    """What is wrong with the name of a vendor."""
    if name and len(name) <= LONGEST_NAME and not _CONTROL.search(name):
        return []
    return [FieldProblem("name", f"Use 1 to {LONGEST_NAME} characters, in one line.")]


def labeler_problems(
    languages: Sequence[str], time_zone: str, contract_from: date, contract_until: date | None
) -> list[FieldProblem]:
    """Everything wrong with the facts of a labeler, each with the field it is about."""
    problems: list[FieldProblem] = []
    if not languages:
        problems.append(FieldProblem("languages", "Name at least one language, such as en or sw."))
    wrong = [tag for tag in languages if not is_tag(tag)]
    if wrong:
        problems.append(FieldProblem("languages", f"Not a language tag: {', '.join(wrong)}. Write en, sw or pt-BR."))
    if time_zone not in zones():
        problems.append(FieldProblem("time_zone", "Name a time zone such as Africa/Nairobi or UTC."))
    if contract_until is not None and contract_until < contract_from:
        problems.append(FieldProblem("contract_until", "The contract can't end before it begins."))
    return problems
