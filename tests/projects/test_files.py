"""A project as a file: what is written comes back the same, and every mistake is named at once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labeler.db import transaction
from labeler.errors import Invalid
from labeler.projects.files import COMMENTS, ProjectPlan, example, plan_of, read_plan, read_toml, write_toml
from tasks import KINDS
from tests.support.build import add_project
from tests.support.database import Database

LEAST = {"name": "Bread", "kind": "comparison"}


def wrong(given: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        read_plan(given)
    return {each.field: each.message for each in refused.value.problems}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_example_reads_back_as_it_was_written(kind: str) -> None:
    plan = read_toml(example(kind))
    assert plan.kind == kind
    assert read_toml(write_toml(plan)) == plan
    assert plan.guideline is not None and plan.guideline.text.startswith("# ")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_example_explains_every_field_and_option(kind: str) -> None:
    text = example(kind)
    for name in ProjectPlan.model_fields.keys() - {"slug"}:
        assert COMMENTS[name] in text
    for name, field in KINDS[kind].Options.model_fields.items():
        assert f"\n{name} = " in text or f"[[options.{name}]]" in text or f"options.{name}" in text, name
        assert field.description


def test_a_name_and_a_kind_are_enough_for_a_draft() -> None:
    plan = read_plan(LEAST)
    assert (plan.languages, plan.overlap, plan.priority, plan.categories) == (["en"], 3, 50, None)
    assert plan.options == KINDS["comparison"].Options().model_dump(mode="json")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "x" * 201), ("name", 5), ("kind", "dance"), ("slug", "No Slug"), ("overlap", 0),
        ("overlap", 51), ("overlap", 1.5), ("priority", -1), ("languages", []), ("languages", ["tongue"]),
        ("categories", {"W99": 1}), ("categories", {"W06": 5}), ("sensitive_share", 1.1),
        ("sensitive_share", float("nan")), ("seconds_estimate", 0), ("pay_rate", ""), ("offered_to", [""]),
        ("guideline", {"text": ""}), ("colour", "red"), ("options", {"scale": "eleven"}), ("options", {"colour": 1}),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_named_by_its_field(field: str, value: Any) -> None:
    [name] = wrong({**LEAST, field: value})
    assert name.split(".")[0] == field


def test_all_mistakes_are_named_at_once() -> None:
    found = wrong({"name": "", "kind": "comparison", "overlap": 0, "colour": 1, "options": {"scale": "eleven", "x": 1}})
    assert set(found) == {"name", "overlap", "colour", "options.scale", "options.x"}
    assert all(message.endswith((".", "…")) for message in found.values()), found


@pytest.mark.parametrize("text", ["name = ", "a = 1\na = 2", "[" * 9000, "x = 99999-99-99", "\0", 'name = "\\ud800"'])
def test_what_is_no_toml_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_toml(text)
    assert refused.value.message


def test_a_file_over_a_megabyte_is_refused() -> None:
    with pytest.raises(Invalid, match="too large"):
        read_toml("# " + "x" * 1_100_000)


PROSE = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=90)
PLANS = st.fixed_dictionaries(
    {
        "name": st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=50).filter(str.strip),
        "kind": st.sampled_from(sorted(KINDS)),
    },
    optional={
        "purpose": PROSE,
        "languages": st.lists(st.sampled_from(["en", "sw", "pt-BR", "zh-Hant"]), min_size=1, unique=True),
        "overlap": st.integers(1, 50),
        "categories": st.dictionaries(st.sampled_from(["W01", "W06", "W15"]), st.integers(0, 4)),
        "sensitive_share": st.floats(0, 1),
        "guideline": st.fixed_dictionaries({"text": PROSE.filter(str.strip)}),
    },
)


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(PLANS)
def test_any_plan_is_the_same_after_it_was_written_and_read(given: dict[str, Any]) -> None:
    plan = read_plan(given)
    assert read_toml(write_toml(plan, COMMENTS)) == plan


def test_a_project_gives_the_plan_that_would_make_it_again(database: Database) -> None:
    with transaction() as session:
        project = add_project(session, categories={"W06": 2}, sensitive_share=0.2, languages=["en", "sw"])
        plan = plan_of(project, ["Lake Vendor"], "Read all.")
    assert plan.categories == {"W06": 2}
    assert plan.guideline is not None and plan.guideline.text == "Read all."
    assert read_toml(write_toml(plan)) == plan
