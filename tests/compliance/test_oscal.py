"""The standard, profiles and crosswalks in OSCAL: valid, complete, and the same bytes each time."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from labeler.compliance.oscal.catalog import catalog
from labeler.compliance.oscal.mapping import mapping
from labeler.compliance.oscal.profile import profile
from labeler.compliance.standards import as_published, read, tightened
from labeler.compliance.standards.catalogue import frameworks, rules, techequity
from tests.compliance.oscal_schema import problems

LWS = read()
AT = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
TIGHTER = tightened(LWS, "A careful buyer", {"severe_day": 30, "notice_days": 30})
FILES = {
    "catalog": lambda: catalog(LWS),
    "the standard itself as a profile": lambda: profile(LWS, as_published(LWS), AT),
    "a tighter profile": lambda: profile(LWS, TIGHTER, AT),
    "crosswalks": lambda: mapping(LWS),
}


@pytest.mark.parametrize("file", FILES)
def test_a_file_is_valid_by_the_published_schema_and_the_same_each_time(file: str) -> None:
    made = FILES[file]()
    assert problems(made) == []
    assert FILES[file]() == made


def ids(told: Any) -> list[str]:
    """Every id and uuid that something has."""
    if isinstance(told, list):
        return [each for part in told for each in ids(part)]
    if not isinstance(told, dict):
        return []
    own = [told[key] for key in ("id", "uuid") if key in told]
    return own + [each for part in told.values() for each in ids(part)]


def hrefs(told: Any) -> list[str]:
    """Every address that something leads to."""
    if isinstance(told, list):
        return [each for part in told for each in hrefs(part)]
    if not isinstance(told, dict):
        return []
    own = [told["href"]] if "href" in told else []
    return own + [each for part in told.values() for each in hrefs(part)]


@pytest.mark.parametrize("file", FILES)
def test_no_id_stands_twice_and_every_fragment_leads_somewhere(file: str) -> None:
    told = json.loads(FILES[file]())
    known = ids(told)
    assert len(known) == len(set(known))
    assert {href.removeprefix("#") for href in hrefs(told) if href.startswith("#")} <= set(known)


def test_the_catalog_has_every_control_number_rule_and_attestation() -> None:
    told = json.loads(catalog(LWS))["catalog"]
    assert [each["id"] for each in told["controls"]] == [control.id for control in LWS.controls]
    params = [*told["params"], *(each for control in told["controls"] for each in control.get("params", []))]
    assert {each["id"]: each["values"] for each in params} == {
        name: [str(number.value)] for name, number in LWS.numbers.items()
    }
    for control, made in zip(LWS.controls, told["controls"], strict=True):
        statement, objective, *methods = made["parts"]
        assert statement["prose"] == control.statement
        said = " ".join([objective["prose"], *(each["prose"] for each in objective["parts"])])
        assert all(rules()[rule].says in said for rule in control.rules)
        assert control.asks in said
        assert all(f"{{{{ insert: param, {name} }}}}" in said for name in control.parameters)
        kinds = [method["props"][0]["value"] for method in methods]
        assert kinds == ["TEST"] * bool(control.rules) + ["EXAMINE"] * bool(control.asks) + ["INTERVIEW"]


@pytest.mark.parametrize("name", LWS.numbers)
def test_the_ratchet_of_a_number_says_what_a_profile_may_have(name: str) -> None:
    told = json.loads(catalog(LWS))["catalog"]
    params = [*told["params"], *(each for control in told["controls"] for each in control.get("params", []))]
    (made,) = [each for each in params if each["id"] == name]
    tests = [each["expression"] for each in made["constraints"][0]["tests"]]
    number = LWS.numbers[name]
    for value in {number.least, number.most, number.value, number.value + 1, number.value - 1}:
        holds = all(_holds(test, value) for test in tests)
        try:
            tightened(LWS, "x", {name: value})
        except ValueError:
            assert not holds
        else:
            assert holds


def _holds(test: str, value: int) -> bool:
    _, sign, limit = test.split(" ")
    return value <= int(limit) if sign == "<=" else value >= int(limit)


def test_a_profile_sets_what_is_tighter_and_names_the_very_catalog() -> None:
    told = json.loads(profile(LWS, TIGHTER, AT))["profile"]
    assert {each["param-id"]: each["values"] for each in told["modify"]["set-parameters"]} == {
        "severe_day": ["30"], "notice_days": ["30"],
    }  # fmt: skip
    (resource,) = told["back-matter"]["resources"]
    assert resource["rlinks"][0]["hashes"][0]["value"] == hashlib.sha256(catalog(LWS)).hexdigest()
    assert "modify" not in json.loads(profile(LWS, as_published(LWS), AT))["profile"]
    assert told["uuid"] != json.loads(profile(LWS, as_published(LWS), AT))["profile"]["uuid"]


def test_the_crosswalks_have_every_reference_and_how_sure_it_is() -> None:
    told = json.loads(mapping(LWS))["mapping-collection"]
    titles = {each["uuid"]: each["title"] for each in told["back-matter"]["resources"]}
    made = {
        (titles[each["target-resource"]["href"][1:]], one["sources"][0]["id-ref"], one["targets"][0]["id-ref"]): one
        for each in told["mappings"]
        for one in each["maps"]
    }
    for control in LWS.controls:
        for to, points in control.crosswalk.items():
            for point in points:
                one = made.pop((frameworks()[to].title, control.id, point))
                assert one["confidence-score"]["category"] == frameworks()[to].points[point].known
    assert len(made) == sum(len(each.controls) for each in techequity())
    gaps = told["mappings"][-1]["target-gap-summary"]["unmapped-controls"]
    assert gaps == [{"with-ids": ["legal-enforceability", "enforcing-authority"]}]
