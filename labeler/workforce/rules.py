"""What a labeler's languages, time zone and contract must look like. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import available_timezones

from labeler.errors import FieldProblem

NOTICE = timedelta(days=14)
"""DEC-2: notice before access ends. For safety it ends at once, and is looked at again."""
MOVES_APART = timedelta(days=7)
"""How long a labeler's time zone stays at least, unless an administrator moves it: nights and days are told by it."""
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


def notice_problems(
    before: tuple[date, date | None], after: tuple[date, date | None], today: date
) -> list[FieldProblem]:
    """What is wrong with new first and last days of a contract: no access that is there ends without notice (DEC-2).

    `today` is by the labeler's own calendar.
    """
    problems = []
    if before[0] <= today < after[0]:
        problems.append(FieldProblem("contract_from", "It has begun: the first day can't move past today."))
    soonest = today + NOTICE
    was, will = before[1] or date.max, after[1] or date.max
    if will < min(was, soonest):
        words = f"She has {NOTICE.days} days' notice: {soonest.isoformat()} is the first last day that can be chosen."
        problems.append(FieldProblem("contract_until", f"{words} For somebody's safety, restrict her from all work."))
    return problems


def move_problems(moves: Sequence[datetime], now: datetime) -> list[FieldProblem]:
    """What is wrong with moving a labeler's time zone now, after it moved at these moments."""
    if not moves or now - max(moves) >= MOVES_APART:
        return []
    free = (max(moves) + MOVES_APART).date().isoformat()
    words = (
        f"It moved less than {MOVES_APART.days} days ago. It can move again after {free}, or by an administrator now."
    )
    return [FieldProblem("time_zone", words)]


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
