"""Words for a compliance report: each writes her own part, for her own vendor, and nobody another's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from labeler.accounts.permissions import Role
from labeler.compliance.models import ReportText
from labeler.db import reading, transaction
from tests.support.build import add_user, add_vendor, sign_in

if TYPE_CHECKING:
    from flask.testing import FlaskClient

GIVEN = {"period": "2026 Q1", "signer": "A. Person, of the firm", "text": "In my own <b>words</b>."}


def post(client: FlaskClient, **given: str) -> tuple[int, str]:
    token = re.findall(r'name="csrf_token" value="([^"]+)"', client.get("/report-words").text)[0]
    answer = client.post("/report-words", data={**GIVEN, **given, "csrf_token": token})
    return answer.status_code, answer.text


@pytest.mark.parametrize(
    ("role", "own", "other"),
    [
        (Role.VENDOR_MANAGER, "assertion", "representative"),
        (Role.WORKER_REPRESENTATIVE, "representative", "assertion"),
        (Role.AUDITOR, "statement", "response"),
    ],
)
def test_each_writes_her_own_part(client: FlaskClient, role: Role, own: str, other: str) -> None:
    with transaction() as session:
        vendor = add_vendor(session, "Vendor X")
        user = add_user(session, role, vendor=vendor)
        vendor_id = vendor.id
    sign_in(client, user)
    assert post(client, kind=other, vendor="Vendor X")[0] == 422
    assert post(client, kind=own, vendor="Vendor X")[0] == 303
    with reading() as session:
        kept = session.scalars(select(ReportText)).one()
    assert (kept.vendor_id, kept.kind.value, kept.author_id) == (vendor_id, own, user.id)
    page = client.get("/report-words?period=2026+Q1").text
    assert ("In my own &lt;b&gt;words&lt;/b&gt;." in page) == (role is not Role.AUDITOR)
    status, page = post(client, kind=own, vendor="Vendor X", period="soon", signer="")
    assert (status, "Name a quarter" in page, "Say who signs" in page) == (422, True, True)
