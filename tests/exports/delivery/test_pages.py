"""Asking for a delivery in the browser, and watching it, without JavaScript too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from labeler.accounts.permissions import Role
from labeler.db import table, transaction
from labeler.exports.delivery.models import DeliveryState, ExportDelivery
from labeler.exports.models import Export
from labeler.jobs import worker
from tests.exports.delivery.test_service import withdraw
from tests.support.build import add_user, sign_in
from tests.support.database import Database

PAGE = "/projects/bread/exports/1"


@pytest.fixture
def researcher(client: FlaskClient) -> FlaskClient:
    with transaction() as session:
        user = add_user(session, Role.RESEARCHER)
    sign_in(client, user)
    return client


def form(client: FlaskClient, **fields: str) -> dict[str, str]:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(PAGE).text)
    assert found is not None
    return {"csrf_token": found[1], **fields}


def test_a_version_is_delivered_and_watched(version: Export, archive: Path, researcher: FlaskClient) -> None:
    page = researcher.get(PAGE).text
    assert "It was not delivered anywhere yet." in page
    assert '<option value="archive"' in page
    wrong = researcher.post(f"{PAGE}/deliveries", data=form(researcher, destination="/etc"))
    assert wrong.status_code == 422
    assert "There is no such destination. Choose one of: archive." in wrong.text
    asked = researcher.post(f"{PAGE}/deliveries", data=form(researcher, destination="archive"))
    assert (asked.status_code, asked.location) == (303, f"{PAGE}#deliveries")
    waiting = researcher.get(PAGE).text
    assert "Waiting for a worker." in waiting
    assert 'hx-select="#deliveries"' in waiting
    assert f'href="{PAGE}#deliveries">Look again' in waiting
    twice = researcher.post(f"{PAGE}/deliveries", data=form(researcher, destination="archive"))
    assert twice.status_code == 409
    assert "on its way to archive already" in twice.text
    with transaction() as session:
        session.execute(
            update(table(ExportDelivery)).values(
                state=DeliveryState.SENDING, done_files=2, all_files=7, done_bytes=1500, all_bytes=9000, problem="Full."
            )
        )
    under_way = researcher.get(PAGE).text
    assert "On its way: 2 of 7 files, 1,500 of 9,000 bytes." in under_way
    assert "It is tried again by itself. The last attempt met: Full." in under_way
    job = worker.next_due()
    assert job is not None
    assert worker.run(job)
    done = researcher.get(PAGE).text
    assert f"<code>{archive}/bread-v1</code>" in done
    assert 'hx-select="#deliveries"' not in done


def test_a_withdrawn_version_asks_for_a_word_more(version: Export, archive: Path, researcher: FlaskClient) -> None:
    withdraw(version)
    assert "I know that it should not be used any more" in researcher.get(PAGE).text
    refused = researcher.post(f"{PAGE}/deliveries", data=form(researcher, destination="archive"))
    assert refused.status_code == 409
    taken = researcher.post(f"{PAGE}/deliveries", data=form(researcher, destination="archive", withdrawn="take"))
    assert taken.status_code == 303


def test_without_destinations_the_page_says_so(version: Export, database: Database, researcher: FlaskClient) -> None:
    assert "No destination is set up." in researcher.get(PAGE).text
    (database.home / "destinations.toml").write_text("[archive")
    page = researcher.get(PAGE).text
    assert "the list of destinations has mistakes" in page
    assert f'action="{PAGE}/deliveries"' not in page


def test_only_who_makes_exports_delivers_them(version: Export, archive: Path, client: FlaskClient) -> None:
    for role, status in ((Role.AUDITOR, 403), (Role.VENDOR_MANAGER, 403), (Role.LABELER, 403)):
        with transaction() as session:
            user = add_user(session, role)
        sign_in(client, user)
        found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/account").text)
        token = found[1] if found else ""
        sent = client.post(f"{PAGE}/deliveries", data={"csrf_token": token, "destination": "archive"})
        assert sent.status_code == status, role
    assert worker.next_due() is None
