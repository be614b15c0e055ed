"""Which views and rules a project's export may have, and what is said to who asks for another."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labeler.config import ROOT
from labeler.errors import Invalid
from labeler.exports.plan import Possible, plan
from labeler.exports.steps import STEPS
from labeler.exports.views import margins, registry
from labeler.exports.views.aggregations import AGGREGATIONS
from labeler.exports.views.registry import Rules
from tasks import KINDS, comparison, rating
from tasks.comparison_rows import Preference
from tests.exports.judged import SCALES, every_view, example, made, prefers, task, view

COMPARISON, RATING = KINDS["comparison"], KINDS["rating"]


def possible(kind: str, options: Any) -> Possible:
    asks = KINDS[kind]
    return Possible(
        tuple(each.name for each in registry.offered(asks, options)),
        registry.usual(asks, options),
        registry.margin_maps(asks, options),
        registry.label_scales(asks, options),
    )


def names(kind: str, **options: Any) -> list[str]:
    asks = KINDS[kind]
    return [each.name for each in registry.offered(asks, asks.Options.model_validate(options))]


def refused(kind: str, **chosen: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as said:
        plan(chosen, possible(kind, KINDS[kind].Options()), ())
    return [(problem.field, problem.message) for problem in said.value.problems]


def test_a_kinds_own_views_come_first_and_are_what_an_export_has_that_names_none() -> None:
    assert names("comparison")[:2] == ["judgments", "preference"]
    assert names("rating")[:2] == ["judgments", "ratings"]
    assert plan({}, possible("comparison", comparison.Options()), ()).views == ("judgments", "preference")


def test_a_view_is_offered_only_where_the_scale_can_give_it() -> None:
    assert "helpsteer3" not in names("comparison", scale="two_way"), "there are no degrees to tell"
    assert "helpsteer3" in names("comparison", scale="seven")
    flags = {"name": "refuses", "title": "Does it refuse?"}
    assert names("rating", scales=[], flags=[flags]) == ["judgments", "ratings"]
    assert "helpsteer2" not in names("rating", scales=[SCALES[1].model_dump(), SCALES[2].model_dump()])


def test_every_view_has_a_name_of_its_own_and_says_who_reads_it() -> None:
    for kind in KINDS.values():
        offered = registry.offered(kind, kind.Options())
        assert len({each.name for each in offered}) == len(offered)
        for each in offered:
            assert each.lossy.endswith(".")
            assert each.name == "judgments" or each.readers


@pytest.mark.parametrize(("kind", "name"), [each for each in every_view() if each != ("rating", "judgments")])
def test_the_guide_shows_a_row_of_every_view_as_it_is(kind: str, name: str) -> None:
    section = (ROOT / "docs/exports.md").read_text().split(f"### `{name}`")[1].split("###")[0]
    shown = json.loads(section.split("```json\n")[1].split("```")[0])
    assert shown == json.loads(json.dumps(example(kind, name)))


def test_the_guide_names_every_margin_map() -> None:
    guide = (ROOT / "docs/exports.md").read_text()
    assert not [name for name in margins.MARGIN_MAPS if f"`{name}`" not in guide]


def test_the_guide_names_every_aggregation_and_every_step() -> None:
    guide = (ROOT / "docs/exports.md").read_text()
    assert not [name for name in (*AGGREGATIONS, *STEPS) if f"`{name}`" not in guide]


def test_a_view_of_another_kind_is_refused_with_the_names_of_those_that_can_be_made() -> None:
    ((field, said),) = refused("comparison", views=["ratings", "unpaired", "prefrence"])
    assert field == "views"
    assert said.startswith("There is no view prefrence here. Of this project no ratings, unpaired can be made. Choose ")
    assert "judgments, preference, preference_implicit" in said


def test_rules_that_a_project_cannot_have_are_refused_beside_everything_else() -> None:
    told = refused("comparison", views=["nothing"], label_from=2)
    assert [field for field, _ in told] == ["views", "label_from"]
    assert [field for field, _ in refused("comparison", margin_map="strong/1")] == ["margin_map"]
    ((field, said),) = refused("rating", margin_map="share/1")
    assert (field, "degrees/1" in said) == ("margin_map", True)
    ((field, said),) = refused("rating", label_scale="warmth")
    assert (field, "helpfulness, correctness, clarity" in said) == ("label_scale", True)
    for value in (0, 5, float("nan"), "many"):
        assert [field for field, _ in refused("rating", label_from=value)] == ["label_from"]


@pytest.mark.parametrize(
    ("scale", "maps"),
    [
        ("two_way", ["degrees/1", "share/1"]),
        ("seven", ["degrees/1", "share/1", "llama2-large/1", "llama2-small/1"]),
        ("four", ["degrees/1", "share/1", "llama2-large/1", "llama2-small/1"]),
    ],
)
def test_a_scale_has_the_maps_that_know_its_degrees(scale: Any, maps: list[str]) -> None:
    options = comparison.Options(scale=scale)
    assert list(registry.margin_maps(COMPARISON, options)) == maps
    for name in registry.margin_maps(COMPARISON, options):
        by = margins.strengths(name, scale, options.degrees)
        assert by is not None
        assert list(by) == list(range(1, options.degrees + 1))
        strengths = list(by.values())
        assert strengths == sorted(strengths)
        assert strengths[0] >= 0 and strengths[-1] > 0


@pytest.mark.parametrize(
    ("name", "margin"), [("degrees/1", 2.5), ("share/1", 0.625), ("llama2-large/1", 1.5), ("llama2-small/1", 0.5)]
)
def test_a_margin_is_the_mean_of_what_the_map_makes_of_the_votes(name: Any, margin: float) -> None:
    for each in ("preference", "preference_implicit", "messages_pair", "strings"):
        (row,), _ = made(view(each, Rules(margin_map=name)), task([prefers(0, 4), prefers(0, 1)]))
        assert row["margin"] == pytest.approx(margin), each
        assert isinstance(row["margin"], float)


def test_the_usual_map_gives_the_margins_there_always_were() -> None:
    of = task([prefers(0, 4), prefers(0, 2), prefers(1, 3)])
    assert made(view("preference"), of) == made(Preference(), of)


def test_the_manifest_says_what_the_rules_came_to() -> None:
    four = comparison.Options()
    assert registry.in_force(COMPARISON, four, Rules("llama2-large/1")) == {
        "aggregation": {"name": "majority/1"},
        "margin_map": {"name": "llama2-large/1", "strengths": {"1": 0, "2": 1, "3": 2, "4": 3}},
    }
    assert registry.in_force(RATING, rating.Options(), Rules()) == {"label": {"scale": "helpfulness", "above": 2.0}}
    chosen = Rules(label_scale="clarity", label_from=3)
    assert registry.in_force(RATING, rating.Options(), chosen) == {"label": {"scale": "clarity", "from": 3}}


def test_rules_that_no_plan_would_let_through_fail_loudly() -> None:
    with pytest.raises(ValueError, match="margin map"):
        registry.offered(COMPARISON, comparison.Options(scale="two_way"), Rules("llama2-large/1"))
    with pytest.raises(ValueError, match="scale"):
        registry.offered(RATING, rating.Options(), Rules(label_scale="warmth"))
