"""The pages of fair decisions in a real browser: axe finds nothing, and nothing scrolls sideways at 360 px."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from labeler.accounts.permissions import Role
from labeler.cases.grievance_models import Grievance, WatchFlag
from labeler.cases.grievances import open_grievance
from labeler.cases.rules import EventKind, Sign
from labeler.cases.service import ask_review, restrict
from labeler.clock import now
from labeler.db import transaction
from tests.browser.conftest import BOTH, NARROW, Site, overflow, violations
from tests.cases.making import DAY, REASONS, a_decider, answer, not_used
from tests.support.build import add_labeler, add_project, add_tasks, add_user, add_vendor

LONG = "Averyveryverylongword" * 8 + "\nand a second line."


@pytest.fixture
def pages(site: Site, let_in: Callable[[Any], str]) -> dict[str, list[str]]:
    """Who opens which pages: an address to sign in with (none: a visitor), and paths."""
    with transaction() as session:
        vendor = add_vendor(session, "Lakeside Work")
        add_tasks(session, add_project(session, slug="bread", name="Bread", overlap=2), 4)
        labeler = add_labeler(session, vendor, email="lena@example.org", time_zone="Africa/Nairobi")
        first, second = answer(session, labeler, 2, now())
        marked = not_used(session, a_decider(session, Role.RESEARCHER), first, now())
        bound = restrict(session, a_decider(session), labeler.id, None, REASONS, now() + 20 * DAY, now())
        review = ask_review(session, labeler.id, bound, LONG, now())
        open_grievance(session, LONG, vendor.id, now())
        people = {role: add_user(session, role, vendor=vendor) for role in Role if role is not Role.LABELER}
        flag = WatchFlag(
            labeler_id=labeler.id, sign=Sign.HAND_OUTS, event=EventKind.DANGER, event_at=now(), found_at=now(),
            before=40, after=3,
        )  # fmt: skip
        session.add(flag)
        session.flush()
        grievance: UUID = session.scalars(select(Grievance.id)).one()
    officer, researcher = people[Role.WELLBEING_OFFICER], people[Role.RESEARCHER]
    return {
        "": ["/grievance"],
        let_in(labeler): ["/me/cases", f"/me/cases/{marked}", f"/me/cases/{bound}", "/me/danger", "/me/help"],
        let_in(officer): [
            "/cases", f"/cases/review/{review}", "/grievances", f"/grievances/{grievance}", "/watch",
            f"/watch/{flag.id}",
        ],
        let_in(researcher): [
            "/projects/bread/review", f"/projects/bread/review/{first}", f"/projects/bread/review/{second}",
        ],
        let_in(people[Role.VENDOR_MANAGER]): [f"/people/{labeler.id}/restrict"],
        let_in(people[Role.WORKER_REPRESENTATIVE]): ["/conditions"],
    }  # fmt: skip


@pytest.mark.parametrize("size", BOTH)
def test_every_page_is_sound_for_everybody(site: Site, pages: dict[str, list[str]], size: dict[str, int]) -> None:
    for email, paths in pages.items():
        with site.visit(viewport=size) as page:
            if email:
                site.sign_in(page, email)
            for path in paths:
                site.go(page, path)
                assert not violations(page), path
                assert not overflow(page), path


def test_a_grievance_is_brought_and_read_without_scripts(site: Site, pages: dict[str, list[str]]) -> None:
    assert pages
    with site.visit(viewport=NARROW, java_script_enabled=False) as page:
        site.go(page, "/grievance")
        page.fill("#words", "Something that happened.")
        page.click("text=Send")
        token = page.inner_text(".notice .mono")
        site.go(page, "/grievance")
        page.fill("#token", token)
        page.click("text=Open")
        assert "Something that happened." in page.inner_text("main")
        assert token not in page.url
