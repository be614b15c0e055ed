"""The table of the checks in the auditors' guide is what the checks say of themselves."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from labeler.compliance.checks import CHECKS
from tests.compliance.checks.test_simulated import OURS

GUIDE = Path(__file__).parents[2] / "docs" / "auditors.md"


def line_of(rule: str) -> str:
    """The line of a rule: its docstring, with what the check cannot see apart."""
    words = " ".join(inspect.cleandoc(CHECKS[rule].__doc__ or "").split())
    told, _, hidden = words.removeprefix(f"{rule}. ").partition("Cannot see")
    hidden = re.sub(r"^[^:]*: ", "", hidden)
    return f"| {rule} | {told.strip()} | {hidden} |"


def test_each_rule_of_the_day_is_told_in_the_words_of_its_check() -> None:
    lines = GUIDE.read_text().splitlines()
    assert [rule for rule in OURS if line_of(rule) not in lines] == []
