"""The papers of a version: each says what is inside, names columns that exist, and is the same on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from labeler.db import transaction
from labeler.exports.documents import changes, croissant, licence, provenance, recipes, service
from labeler.exports.documents.changes import Previous
from labeler.exports.documents.papers import described, trained_on, view_of
from labeler.exports.formats import Written
from labeler.exports.models import Export
from labeler.exports.verify import verify
from labeler.exports.views import registry
from labeler.projects.models import Project
from tasks import KINDS
from tests.exports.conftest import LATER
from tests.exports.documents import loaders
from tests.exports.documents.answers import ALL
from tests.support.build import NOW
from tests.support.database import Database

VIEWS = {view.name: view for each in KINDS.values() for view in registry.offered(each, each.Options())}
DATA = {name: f"data/{name}.parquet" for name in VIEWS}


def columns(view: str) -> set[str]:
    return set(VIEWS[view].row.model_fields)


@pytest.mark.parametrize("path", recipes.texts("bread-v1", DATA))
def test_a_recipe_is_what_its_trainer_accepts_and_names_columns_that_exist(path: str) -> None:
    taken, named = loaders.used(path, recipes.texts("bread-v1", DATA)[path].decode())
    view = taken if taken in VIEWS else next(name for name, file in DATA.items() if file == taken)
    assert named <= columns(view)


def test_a_recipe_of_a_split_begins_with_the_file_for_training() -> None:
    of = {"preference": "data/preference/train.parquet", "messages_pair": "data/messages_pair/train.parquet"}
    taken = {loaders.used(path, text.decode())[0] for path, text in recipes.texts("bread-v1", of).items()}
    assert taken == {"preference", *of.values()}


def test_only_views_that_are_inside_have_recipes() -> None:
    assert recipes.texts("bread-v1", {}) == {}
    assert list(recipes.texts("bread-v1", {"unpaired": DATA["unpaired"]})) == ["recipes/trl_kto.py"]


def test_a_trainer_begins_with_the_split_for_training_and_never_with_an_empty_file() -> None:
    views = [VIEWS["preference"], VIEWS["messages_pair"], VIEWS["judgments"]]
    files = [
        Written("data/preference/test.parquet", 1, "", 2),
        Written("data/preference/train.parquet", 1, "", 9),
        Written("data/messages_pair.parquet", 1, "", 0),
        Written("jsonl/data/judgments.jsonl", 1, "", 9),
    ]
    assert trained_on(views, files) == {"preference": "data/preference/train.parquet"}
    assert view_of(views, "data/preference/test.parquet") == (views[0], "test")


def test_a_licence_is_named_and_ones_own_is_written_out() -> None:
    assert "SPDX-License-Identifier: CC-BY-4.0" in licence.text(ALL)
    assert licence.card_name(ALL) == "cc-by-4.0"
    assert licence.text({"licence": "other", "licence_text": "Ask us."}) == "Ask us.\n"
    assert "nobody should pass it on" in licence.text({})
    assert (licence.card_name({}), licence.address({})) == ("unknown", None)


def counts(read_in: int, **views: int) -> dict[str, Any]:
    read = dict.fromkeys(("tasks", "late", "withdrawn", "not_used", "unpaid"), 0)
    return {"in": {"judgments": read_in, **read}, "views": {name: {"rows": rows} for name, rows in views.items()}}


def test_the_changelog_says_what_differs_and_what_is_compared() -> None:
    before = Previous(
        3, datetime(2026, 3, 1, tzinfo=UTC), ["judgments", "hh"], {"late": "exclude", "min_judgments": 1},
        counts(10, judgments=10, hh=4), "a" * 64,
    )  # fmt: skip
    now = counts(12, judgments=12, preference=5)
    found = changes.facts(before, ["judgments", "preference"], {"late": "include", "min_judgments": 1}, now)
    page = changes.page(4, "2026-04-01T00:00:00Z", found, "2026-03-01T00:00:00Z")
    assert "| judgments | 10 | 12 | +2 |" in page
    assert "| hh | 4 |  | no longer made |" in page
    assert "- `late`: `exclude` before, `include` now." in page
    assert "min_judgments" not in page
    assert "Compared are counts and options" in page
    assert "first finished version" in changes.page(1, "", changes.facts(None, [], {}, now), None)


def test_there_are_twenty_two_fields_of_the_provenance_standard() -> None:
    made = provenance.standard(
        version="1", export_id="x", name="n", slugs=["s"], number=1, began="d", moment="m", before=None, kind_title="k",
        answers={}, hard=False,
    )  # fmt: skip
    assert [len(part) for part in made.values()] == [6, 8, 8]
    assert made["use"]["license_to_use"] is None


@pytest.fixture
def answered(project: Project) -> Project:
    with transaction() as session:
        service.answer(session, project.created_by, project.id, ALL, None, NOW)
    return project


def folder(database: Database, export: Export) -> Path:
    assert export.folder is not None
    return database.home / export.folder


def test_every_paper_is_listed_and_tells_the_owners_answers_from_the_records(
    database: Database, answered: Project, make: Callable[..., Export]
) -> None:
    root = folder(database, make(answered))
    assert verify(root).rows == {"judgments": 14, "preference": 2}
    sheet = (root / "DATASHEET.md").read_text()
    assert sheet.startswith("> **Content warning.**")
    assert "*from the owner*\n\n> Said of weaknesses." in sheet
    assert "*not answered*\n\nNobody has said this." in sheet
    assert "fewer than 10, so the number is not told" in sheet
    card = (root / "README.md").read_text()
    assert 'license: "cc-by-4.0"' in card
    assert card.split("---\n", 2)[2].lstrip().startswith("> **Content warning.**")
    for path in (path for path in (root / "recipes").rglob("*") if path.is_file()):
        taken, named = loaders.used(path.relative_to(root).as_posix(), path.read_text())
        held = root / (taken if taken.endswith(".parquet") else f"data/{taken}.parquet")
        assert named <= set(pq.read_schema(held).names)
    manifest = orjson.loads((root / "manifest.json").read_bytes())
    assert manifest["licence"] == "CC-BY-4.0"
    assert manifest["provenance_standard"]["use"]["intended_data_use"] == "Said of intended_uses."
    assert orjson.loads((root / "stats.json").read_bytes())["counted"]["judgments"] == 13


def test_croissant_names_every_data_file_and_column_and_who_is_behind_each_judgment(
    database: Database, answered: Project, make: Callable[..., Export]
) -> None:
    root = folder(database, make(answered))
    found = orjson.loads((root / "croissant.json").read_bytes())
    manifest = orjson.loads((root / "manifest.json").read_bytes())
    sums = {each["path"]: each["sha256"] for each in manifest["files"] if each["rows"] is not None}
    assert {each["contentUrl"]: each["sha256"] for each in found["distribution"]} == sums
    for records in found["recordSet"]:
        held = set(pq.read_schema(root / f"data/{records['@id']}.parquet").names)
        assert {field["@id"].split("/")[1] for field in records["field"]} <= held
    fields = {field["@id"]: field for each in found["recordSet"] for field in each["field"]}
    who = fields["judgments/verdict"]["annotation"]
    assert who["equivalentProperty"] == "prov:wasAttributedTo"
    assert who["source"]["extract"] == {"column": "labeler"}
    assert found["rai:dataUseCases"] == ["Said of intended_uses.", "Not for: Said of out_of_scope_uses."]
    assert found["license"].endswith("CC-BY-4.0.html")


def test_an_owners_words_cannot_pose_as_the_papers_own(
    database: Database, project: Project, make: Callable[..., Export]
) -> None:
    with transaction() as session:
        said = {**ALL, "motivation": "# Licence\n<script>x</script>\n| a | b |"}
        service.answer(session, project.created_by, project.id, said, None, NOW)
    root = folder(database, make(project, LATER))
    for name in ("DATASHEET.md", "README.md"):
        text = (root / name).read_text()
        assert "\n# Licence" not in text
        assert "<script" not in text


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_the_columns_of_every_view_can_be_described(name: str) -> None:
    (made,) = described([VIEWS[name]], [Written(f"data/{name}.parquet", 1, "0" * 64, 1)])
    described_as = croissant.records(made)
    assert described_as["field"]
    types = {field["dataType"] for field in described_as["field"] if "subField" not in field}
    assert types <= set(croissant.TYPES.values())


def test_a_second_version_is_compared_with_the_one_that_was_finished_when_it_was_asked_for(
    database: Database, answered: Project, make: Callable[..., Export]
) -> None:
    first = make(answered)
    with transaction() as session:
        session.get_one(Export, first.id).finished_at = LATER + timedelta(minutes=1)
    second = make(answered, LATER + timedelta(hours=1), late="include")
    found = orjson.loads((folder(database, second) / "manifest.json").read_bytes())["changes"]
    assert found["against"] == {"number": 1, "manifest_sha256": first.manifest_hash}
    assert found["options"] == {"late": {"before": "exclude", "after": "include"}}
    assert found["rows"]["preference"] == {"before": 2, "after": 3}
    assert "| preference | 2 | 3 | +1 |" in (folder(database, second) / "CHANGELOG.md").read_text()
