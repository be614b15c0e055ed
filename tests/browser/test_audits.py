"""An audit's pages in a browser: axe finds nothing, and nothing scrolls sideways, wide and at 360 px."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from labeler import clock
from labeler.accounts.models import User
from labeler.compliance.auditing import findings, service
from labeler.compliance.auditing.assessed import quarter
from labeler.compliance.auditing.models import Audit
from labeler.db import reading, transaction
from tests.browser.conftest import NARROW, WIDE, Site
from tests.browser.hands import faults
from tests.compliance.auditing.world import NOW, RULE, build
from tests.support.database import Database


def test_the_pages_of_an_audit_are_sound_for_everybody(
    site: Site, database: Database, let_in: Callable[[Any], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = build(database, monkeypatch)
    with transaction() as session:
        audit = service.open_audit(
            session, world.auditor, world.vendor, 2026, 2, "To see whether breaks are taken.", NOW
        )
        found = quarter(session, session.get_one(Audit, audit))
        sample = service.sample(session, world.auditor, audit, found, RULE, 3, NOW)
        due, text = clock.now().date() + timedelta(days=9), "Breaks are too short."
        finding = findings.write(session, world.auditor, audit, "LWS-11", "minor", text, due, clock.now())
    with reading() as session:
        people = {
            each: session.scalars(select(User).where(User.id == each)).one() for each in (world.auditor, world.manager)
        }
    base = f"/audits/{audit}"
    rows = f"{base}/figures/{RULE}/rows"
    paths = [
        base, f"{base}/rules", f"{base}/controls/LWS-11", f"{base}/figures/{RULE}", rows, f"{rows}/0/day",
        f"{rows}/0/event", f"{base}/samples", f"{base}/samples/{sample}", f"{base}/findings",
        f"{base}/findings/{finding}", f"{base}/sign",
    ]  # fmt: skip
    wrong: dict[str, list[str]] = {}
    for who, opened in ((world.auditor, paths), (world.manager, ["/state", f"/state/findings/{finding}"])):
        with site.visit(reduced_motion="reduce") as page:
            site.sign_in(page, let_in(people[who]))
            for path in opened:
                site.go(page, path)
                assert not re.search("There is no such", page.inner_text("main")), path
                for size in (WIDE, NARROW):
                    page.set_viewport_size(size)  # type: ignore[arg-type]
                    if said := faults(page):
                        wrong[f"{path} at {size['width']} px"] = said
    assert not wrong
