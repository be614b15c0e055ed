"""The papers of a version with several projects say of each what is its own, and it loads as any other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from labeler.db import transaction
from labeler.errors import Invalid
from labeler.exports.documents import licence, service, several
from labeler.exports.models import Export
from labeler.exports.verify import verify
from labeler.projects.models import Project
from tests.exports.conftest import LATER
from tests.exports.documents.answers import ALL
from tests.exports.test_service import folder, loaded
from tests.exports.test_several import soup  # noqa: F401 -- a fixture
from tests.exports.test_withdrawn import manifest
from tests.support.build import NOW
from tests.support.database import Database

Make = Callable[..., Export]
DAY = timedelta(days=1)


def test_what_all_say_is_said_once_and_what_differs_by_project() -> None:
    assert several.answers([("bread", ALL)]) is ALL
    assert several.answers([("bread", ALL), ("soup", dict(ALL))]) == ALL
    both = several.answers([("bread", ALL), ("soup", {"weaknesses": "Few soups.", "licence": "MIT"})])
    assert both["weaknesses"] == "Of `bread`: Said of weaknesses.\n\nOf `soup`: Few soups."
    assert both["contact"] == "Of `bread`: Said of contact.\n\nOf `soup`: not answered"
    assert "geography" not in both, "nobody has said it"
    assert (licence.card_name(both), licence.address(both)) == ("other", None)
    text = licence.text(both)
    assert "SPDX-License-Identifier: CC-BY-4.0" in text and "The data of the project `soup`:\n\nSPDX" in text
    one_open = several.answers([("bread", ALL), ("soup", {})])
    assert "nobody should pass it on" in licence.text(one_open)
    assert several.slugs(["a", "b", "c"]) == "`a`, `b` and `c`"


def test_each_project_is_told_wherever_something_is_its_own(
    database: Database,
    project: Project,
    soup: Project,  # noqa: F811 -- the fixture
    make: Make,
    tmp_path: Path,
) -> None:
    with transaction() as session:
        service.answer(session, project.created_by, project.id, ALL, None, NOW)
    lacking = make(project, also=["soup"])
    with transaction() as session:
        with pytest.raises(Invalid) as refused:
            service.publish(session, project.created_by, lacking.id, LATER)
        assert {each.message[:6] for each in refused.value.problems} == {"soup: "}
        service.answer(
            session, soup.created_by, soup.id, {**ALL, "weaknesses": "Few soups.", "licence": "MIT"}, 0, LATER
        )
    names = ["judgments", "preference", "arena"]
    export = make(project, LATER + DAY, also=["soup"], views=names, demographics="tables")
    root = folder(database, export)
    with transaction() as session:
        assert service.publish(session, project.created_by, export.id, LATER + DAY).published_at
    assert verify(root).rows["judgments"] == 18
    assert loaded(root, ",".join(names), tmp_path).startswith("judgments 18\npreference 2\n")
    found = manifest(root)
    assert [each["slug"] for each in found["projects"]] == ["bread", "soup"]
    assert {each["project"] for each in found["guidelines"]} == {each["project"] for each in found["batches"]} == {
        "bread", "soup",
    }  # fmt: skip
    assert found["licences"] == {"bread": "CC-BY-4.0", "soup": "MIT"}
    assert list(found["counts"]["projects"]) == ["bread", "soup"]
    assert list(found["columns"]["judgments"])[-1] == "project"
    assert "project" in orjson.loads((root / "schemas/judgments.json").read_bytes())["required"]
    card, sheet = (root / "README.md").read_text(), (root / "DATASHEET.md").read_text()
    assert "judged by people in the projects `bread` and `soup`." in card
    assert card.count("(severity ") == 2 and "(severity 3)" in card, "the highest that is in any of them"
    assert "| `soup` | 4 | 2 | 4 | 2 |" in card
    for text in (card, sheet):
        assert "Of `soup`: Few soups." in text
        assert "**Project `soup`.**" in text, "pay, breaks and hard content of each"
        assert "`soup` version 1, SHA-256" in text
    assert "3 in `bread`, 2 in `soup`" in sheet and "`soup`: " in sheet
    assert "Of `soup`: To see which soups people like." in card
    assert 'license_link: "LICENSE"' in card
    assert "SPDX-License-Identifier: MIT" in (root / "LICENSE").read_text()
    croissant = orjson.loads((root / "croissant.json").read_bytes())
    assert "3 (bread), 2 (soup) asked for each task" in croissant["rai:annotationsPerItem"]
    conditions = orjson.loads((root / "conditions.json").read_bytes())
    assert [each["project"] for each in conditions["projects"]] == ["bread", "soup"]
    people = orjson.loads((root / "people.json").read_bytes())
    assert [each["table"] for each in people["projects"]] == [None, None]
    versions = [each["name"] for each in orjson.loads((root / "stats.json").read_bytes())["groups"][2]["groups"]]
    assert sorted(versions) == ["bread: 1", "soup: 1"]
    assert "(project bread, soup, version 2)" in found["provenance_standard"]["provenance"]["method"]
