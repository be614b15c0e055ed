"""The pages about limits in a real browser: a labeler's own, everybody's, an administrator's, a researcher's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page

from labeler import clock
from labeler.accounts.permissions import Role
from labeler.db import transaction
from labeler.wellbeing.models import Break, Exposure, ExposurePath, Stretch
from labeler.wellbeing.policies import set_number
from labeler.wellbeing.service import give_consent
from tests.browser.conftest import BOTH, NARROW, Site, overflow, violations
from tests.support.build import add_labeler, add_project, add_user, signed

LetIn = Callable[[Any], str]


@pytest.fixture
def people(database: object, let_in: LetIn) -> dict[str, str]:
    """Addresses of a labeler who has worked, of an administrator, and of a researcher with a project."""
    now = clock.now()
    with transaction() as session:
        labeler, admin, researcher = add_labeler(session), add_user(session, Role.ADMIN), add_user(session)
        project = add_project(session, slug="bread", name="Bread", created_by=researcher.id, categories={"W01": 3})
        ago = now - timedelta(hours=3)
        session.add(
            Stretch(person_id=labeler.id, labeler_id=labeler.id, from_at=ago, until_at=now - timedelta(hours=2))
        )
        session.add(
            Break(
                person_id=labeler.id, labeler_id=labeler.id, started_at=now - timedelta(hours=2), paid_until=now,
                ended_at=now - timedelta(minutes=50), rule="BRK-1",
            )
        )  # fmt: skip
        session.add(
            Exposure(
                person_id=labeler.id, path=ExposurePath.DESK, profile="W01:3,W06:2", severity=3, from_at=ago,
                seconds=900, ended_at=ago + timedelta(minutes=15),
            )
        )  # fmt: skip
        give_consent(session, labeler.id, "W01", 3, now)
        set_number(session, admin.id, "severe_day", 45, now, now)
        set_number(session, admin.id, "day_hours", 360, now, now, project_id=project.id)
        set_number(
            session, admin.id, "break_stop", 70, now, now, **signed(session, now + timedelta(days=9))
        )  # fmt: skip
        found = {"labeler": labeler, "admin": admin, "researcher": researcher}
    return {name: let_in(person) for name, person in found.items()}


PAGES = {
    "": ("/policies", "/policies/history"),
    "labeler": ("/me/limits", "/me/limits/history"),
    "admin": ("/policies/edit", "/policies/edit/break_stop"),
    "researcher": ("/projects/bread/limits", "/projects/bread/limits/break_stop"),
}


@pytest.mark.parametrize("size", BOTH)
def test_every_page_about_limits_can_be_used_by_everybody(
    site: Site, people: dict[str, str], size: dict[str, int]
) -> None:
    for who, paths in PAGES.items():
        with site.visit(viewport=size) as page:
            if who:
                site.sign_in(page, people[who])
            for path in paths:
                site.go(page, path)
                sound(page)


def sound(page: Page) -> None:
    """Axe finds nothing, and nothing scrolls sideways."""
    assert violations(page) == [], page.url
    assert overflow(page) == [], page.url


def test_a_number_is_set_by_keyboard(site: Site, people: dict[str, str]) -> None:
    with site.visit(viewport=NARROW) as page:
        site.sign_in(page, people["admin"])
        site.go(page, "/policies/edit/severe_week")
        page.get_by_label("New value").focus()
        page.keyboard.type("240")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Check your answers").wait_for()
        sound(page)
        page.get_by_role("button", name="Set it").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/policies")
        assert page.get_by_text("The number is set.").is_visible()
