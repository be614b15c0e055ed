"""What an owner may answer, and what lacks."""

from __future__ import annotations

import pytest

from labeler.errors import Invalid
from labeler.exports.documents.questions import LICENCES, QUESTIONS, changed, lacking, read
from tests.exports.documents.answers import ALL


def test_every_required_question_and_the_licence_lack_at_first() -> None:
    required = [each.name for each in QUESTIONS if each.required]
    assert [each.field for each in lacking({})] == [*required, "licence"]
    assert lacking(ALL) == []
    assert {"motivation", "sources", "people_in_texts", "out_of_scope_uses", "contact"} <= set(required)


def test_a_licence_of_ones_own_needs_its_text() -> None:
    own = {**ALL, "licence": "other"}
    assert [each.field for each in lacking(own)] == ["licence_text"]
    assert lacking({**own, "licence_text": "Ask us."}) == []


def test_answers_are_trimmed_and_empty_ones_are_none() -> None:
    assert read({"motivation": "  why\r\nnot \n", "contact": " "}) == {"motivation": "why\nnot"}
    assert read({"licence": "MIT", "licence_text": "left over"}) == {"licence": "MIT"}


def test_all_that_cannot_be_kept_is_told_at_once() -> None:
    with pytest.raises(Invalid) as wrong:
        read({"motivation": "x" * 4001, "contact": "a\0b", "licence": "GPL", "colour": "red", "creator": 3})
    assert {each.field for each in wrong.value.problems} == {"motivation", "contact", "licence", "colour", "creator"}


def test_what_changed_is_named_in_the_order_of_the_questions() -> None:
    assert changed({}, {"licence": "MIT", "motivation": "a"}) == ["motivation", "licence"]
    assert changed({"contact": "a"}, {}) == ["contact"]


def test_the_licences_are_known_by_their_spdx_names() -> None:
    assert {"CC-BY-4.0", "CC0-1.0", "ODC-By-1.0", "CDLA-Permissive-2.0"} <= set(LICENCES)
