"""The schemas are the published ones, and holding a file against them finds what is wrong with it."""

from __future__ import annotations

import hashlib
import json

import pytest

from tests.compliance.oscal_schema import MODELS, SCHEMAS, problems, schema

GOOD = {
    "catalog": {
        "uuid": "6f1f1f0c-8f0f-5f0f-8f0f-0f0f0f0f0f0f",
        "metadata": {
            "title": "A catalog",
            "last-modified": "2026-01-01T00:00:00Z",
            "version": "1.0",
            "oscal-version": "1.2.3",
        },
        "controls": [{"id": "lws-01", "title": "A control"}],
    }
}


@pytest.mark.parametrize("model", MODELS)
def test_a_schema_is_the_one_that_was_published(model: str) -> None:
    digest = hashlib.sha256(schema(model)).hexdigest()
    assert f"`oscal_{MODELS[model]}_schema.json.gz`" in (SCHEMAS / "README.md").read_text()
    assert digest in (SCHEMAS / "README.md").read_text()
    assert "/oscal/1.2.3/" in json.loads(schema(model))["$id"]


def test_a_small_valid_file_has_no_problems() -> None:
    assert problems(json.dumps(GOOD).encode()) == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("uuid", "6f1f1f0c-8f0f-1f0f-8f0f-0f0f0f0f0f0f"),  # neither version 4 nor 5
        ("controls", []),
        ("controls", [{"id": "1st", "title": "An id that is no token"}]),
        ("controls", [{"id": "überprüft", "title": "Letters of any script"}, {"id": "x"}]),
        ("metadata", {**GOOD["catalog"]["metadata"], "last-modified": "2026-01-01"}),  # type: ignore[dict-item]
        ("surplus", 1),
    ],
)
def test_what_is_wrong_is_found_and_its_place_is_named(place: str, value: object) -> None:
    found = problems(json.dumps({"catalog": GOOD["catalog"] | {place: value}}).encode())
    assert found
    assert all(place in each for each in found)


def test_a_file_of_no_model_is_a_problem() -> None:
    assert problems(b"{}") != []
