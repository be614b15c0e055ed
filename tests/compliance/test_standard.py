"""The standard as data: whole, without circles, and never changed once it is published."""

from __future__ import annotations

import csv
import hashlib
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest

from labeler.compliance import standards
from labeler.compliance.checks import CHECKS
from labeler.compliance.standards import as_published, read, tightened
from labeler.compliance.standards.catalogue import (
    BY_DEFAULT,
    How,
    Known,
    Parameter,
    Rule,
    frameworks,
    rules,
    techequity,
)

PUBLISHED = {"1.0": "500b75701f2f41590887d0016df4064dc99c2fb12ebd05f77f47da6e2a7ffea8"}
"""The SHA-256 of every version. A line is added with a new file, and none changed: docs/standard.md says how."""
SHARED = Path(__file__).parents[3] / "shared/data/data-work-standards-framework.csv"
LWS = read()


@pytest.mark.parametrize(("version", "digest"), PUBLISHED.items())
def test_a_published_standard_never_changes(version: str, digest: str) -> None:
    assert read(version).digest == digest
    text = files(standards).joinpath(f"lws-{version}.toml").read_bytes()
    assert hashlib.sha256(text).hexdigest() == digest


def test_every_version_that_is_there_is_published() -> None:
    there = {
        each.name.removeprefix("lws-").removesuffix(".toml")
        for each in files(standards).iterdir()
        if each.name.startswith("lws-")
    }
    assert there == set(PUBLISHED)


def test_controls_are_numbered_one_after_the_other() -> None:
    numbers = [int(control.id.removeprefix("LWS-")) for control in LWS.controls]
    assert numbers[0] == 1
    assert all(after == before + 1 for before, after in pairwise(numbers))
    assert numbers[-1] >= 33


@pytest.mark.parametrize("control", LWS.controls, ids=lambda each: each.id)
def test_a_control_says_what_must_be_so_and_how_it_is_known(control: standards.Control) -> None:
    assert len(control.statement) > 60
    assert control.rules or control.asks
    assert set(control.rules) <= rules().keys()
    assert bool(control.asks) == bool(control.document) == ("attestation_months" in control.parameters)
    assert set(control.parameters) <= LWS.numbers.keys()
    assert len(set(control.parameters)) == len(control.parameters)
    for framework, points in control.crosswalk.items():
        assert set(points) <= frameworks()[framework].points.keys()
    assert set(control.relations.values()) <= {"subset-of", "superset-of"} - {BY_DEFAULT}
    # More than "they share something" is said of texts that were read, and of no others.
    assert all(frameworks()[to].points[point].known is Known.READ for to, point in control.relations)


def test_every_number_belongs_to_a_control_and_to_a_rule() -> None:
    assert {name for control in LWS.controls for name in control.parameters} == set(LWS.numbers)
    for name, number in LWS.numbers.items():
        assert number.rule in rules() or name == "attestation_months"
        assert number.least <= number.value <= number.most
        assert number.stricter in (-1, 1)


def test_a_rule_belongs_to_one_control_so_that_what_breaks_it_moves_no_other() -> None:
    used = [rule for control in LWS.controls for rule in control.rules]
    assert len(used) == len(set(used))


def test_what_a_control_depends_on_comes_to_an_end() -> None:
    depends = {control.id: control.depends for control in LWS.controls}
    done: set[str] = set()
    while ready := {name for name, needs in depends.items() if name not in done and set(needs) <= done}:
        done |= ready
    assert done == set(depends), "a circle"
    # `assessing` takes those that depend on nothing first, and the others after them: one step deep.
    assert all(not depends[needed] for needs in depends.values() for needed in needs)


def test_every_check_is_of_a_rule_that_has_words() -> None:
    assert CHECKS.keys() <= rules().keys()


@pytest.mark.parametrize("rule", rules().values(), ids=lambda each: each.id)
def test_a_rule_says_where_it_comes_from_and_how_sure_that_is(rule: Rule) -> None:
    text = rule.source
    assert any(f"[{how}" in text for how in ("read", "secondary", "recalled")) or "ours" in text
    assert rule.says.endswith(".")
    assert rule.at


def test_every_point_of_the_crosswalks_is_answered_by_a_control() -> None:
    answered = {(to, point) for control in LWS.controls for to, points in control.crosswalk.items() for point in points}
    asked = {(name, point) for name, framework in frameworks().items() for point in framework.points}
    assert asked == answered


def test_the_framework_of_techequity_has_each_of_its_41_parameters_once() -> None:
    names = [each.name for each in techequity()]
    assert len(names) == len(set(names)) == 41


@pytest.mark.parametrize("parameter", techequity(), ids=lambda each: each.name)
def test_a_parameter_is_what_it_is_marked_as(parameter: Parameter) -> None:
    controls = [LWS.control(name) for name in parameter.controls]
    match parameter.how:
        case How.TESTED:
            assert any(control.rules for control in controls)
        case How.ATTESTED:
            assert any(control.asks for control in controls)
        case _:
            assert not controls
    assert len(parameter.why) > 10


def test_the_parameters_are_those_of_the_published_table_and_none_of_its_sentences_is_ours() -> None:
    if not SHARED.is_file():
        pytest.skip("the published table is not beside the project")
    with SHARED.open(newline="") as file:
        table = list(csv.DictReader(file))
    assert [each["Parameter"] for each in table] == [each.name for each in techequity()]
    ours = files(standards).joinpath("frameworks/techequity.toml").read_text()
    assert not [each["Definition"] for each in table if each["Definition"][:40] in ours]


def test_a_profile_may_be_tighter_and_never_looser() -> None:
    made = tightened(LWS, "A buyer", {"severe_day": 30, "notice_days": 30})
    assert made.values["severe_day"] == 30
    assert made.values["severe_week"] == as_published(LWS).values["severe_week"]
    assert made.digest != as_published(LWS).digest
    for name, value in {"severe_day": 61, "notice_days": 13, "nothing": 1, "break_length": 61}.items():
        with pytest.raises(ValueError, match=name):
            tightened(LWS, "A buyer", {name: value})
