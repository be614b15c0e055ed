"""Every page that a role may open, from the URL map: it comes, axe finds nothing, nothing scrolls sideways, wide and
narrow. A new page is in this test when it has a route."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page
from sqlalchemy import select

from labeler.accounts.models import User
from labeler.accounts.permissions import Role
from labeler.db import reading
from labeler.gate import PUBLIC
from tests.browser.conftest import NARROW, WIDE, Site
from tests.browser.hands import faults
from tests.web.foreign import Route, World, build, routes

ABOUT_SOMETHING = {"/choices/new", "/me/training/done", "/.well-known/labeler-checkpoint"}
"""About the task one holds, what one has done, or the record once a worker has sealed it: here there is none. The whole
shift opens the pages."""


def addresses(world: World, role: Role | None) -> Iterator[str]:
    """The addresses without variables that the role may open; None: everybody who comes by."""

    def meant(route: Route) -> bool:
        mine = route.mark == PUBLIC if role is None else route.opens_to(role)
        return mine and route.method == "GET" and "<" not in route.rule.rule and not route.api

    yield from sorted(route.rule.rule for route in routes(world.app) if meant(route))


def pages(site: Site, page: Page, world: World, role: Role | None) -> Iterator[str]:
    """Open each of these pages once; files and what leads elsewhere are asked for, and passed over."""
    for path in addresses(world, role):
        reply = page.request.get(f"{site.address}{path}")
        assert reply.status == (404 if path in ABOUT_SOMETHING else 200), path
        led_on = urlsplit(reply.url).path != path
        if not led_on and reply.headers["content-type"].startswith("text/html"):
            site.go(page, path)
            yield path


@pytest.mark.parametrize("role", [None, *Role], ids=lambda role: role.value if role else "visitor")
def test_every_page_of_a_role_is_sound_for_everybody(
    site: Site, let_in: Callable[[Any], str], role: Role | None
) -> None:
    world = build(site.app)
    found: dict[str, list[str]] = {}
    opened = 0
    with site.visit(reduced_motion="reduce") as page:
        if role is not None:
            with reading() as session:
                who = session.scalars(select(User).where(User.id == world.people[role])).one()
            site.sign_in(page, let_in(who))
        for path in pages(site, page, world, role):
            opened += 1
            for size in (WIDE, NARROW):
                page.set_viewport_size(size)  # type: ignore[arg-type]
                if wrong := faults(page):
                    found[f"{path} at {size['width']} px"] = wrong
    assert not found
    assert opened > 1
