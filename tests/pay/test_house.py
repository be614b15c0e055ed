"""What the room of pay may not know (house rule 13)."""

from __future__ import annotations

import ast

import pytest

from labeler.config import ROOT

FILES = sorted((ROOT / "labeler" / "pay").glob("*.py"))
NEVER = {"OptOut", "OptOutScope", "Consent", "SKIPPED", "REVOKED", "RELEASED", "JUDGED", "standing", "Standing"}
"""What says how a task ended or what she declined."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_rule_of_pay_is_told_what_was_declined(path) -> None:  # type: ignore[no-untyped-def]
    names = {
        name
        for node in ast.walk(ast.parse(path.read_text()))
        for name in (
            [node.id]
            if isinstance(node, ast.Name)
            else [node.attr]
            if isinstance(node, ast.Attribute)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert not names & NEVER


def test_money_and_time_are_whole_numbers() -> None:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            assert not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)), f"{path.name}:{node.lineno}"
            assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), f"{path.name}:{node.lineno}"
