"""The statistics of a project in a real browser, wide and on a telephone, down to the readings of an item."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from labeler.accounts.permissions import Role
from labeler.db import transaction
from labeler.jobs.pay import settle_all
from tests.browser.conftest import NARROW, WIDE, Site
from tests.browser.hands import faults
from tests.exports.build import BETTER_0, BETTER_1, TIE, add_judgment
from tests.support.build import add_labeler, add_project, add_tasks, add_user

pytestmark = pytest.mark.browser


@pytest.fixture
def researcher(site: Site, let_in: Callable[[Any], str]) -> str:
    """Twelve people disagree more and more over two batches; the researcher of their project."""
    with transaction() as session:
        person = add_user(session, Role.RESEARCHER)
        project = add_project(session, slug="bread", name="Bread", overlap=12)
        labelers = [add_labeler(session) for _ in range(12)]
        for _ in range(2):
            for number, task in enumerate(add_tasks(session, project, 4)):
                for place, labeler in enumerate(labelers):
                    answer = TIE if place == 11 else BETTER_0 if place >= 2 * number else BETTER_1
                    add_judgment(session, project, task, labeler, answer)
    for labeler in labelers:
        settle_all(labeler.id)
    return let_in(person)


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_figures_and_readings_are_sound_for_everybody(site: Site, researcher: str, viewport: Any) -> None:
    with site.visit(viewport=viewport, reduced_motion="reduce") as page:
        site.sign_in(page, researcher)
        site.go(page, "/projects/bread/statistics")
        for summary in page.locator("main details > summary").all():
            summary.click()
        assert page.locator("main svg[role=img]").count() == 5
        assert page.locator("main table").count() >= 6, "each drawing has its table"
        assert faults(page) == []
        page.locator("#disputed ~ .table-wrap a, section:has(#disputed) a").first.click()
        page.get_by_role("heading", name="One item, 12 readings").wait_for()
        assert faults(page) == []
