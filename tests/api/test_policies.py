"""The numbers that protect labelers, by the API: anybody may ask."""

from __future__ import annotations

from flask import Flask

from labeler import clock
from labeler.accounts.permissions import Role
from labeler.db import transaction
from labeler.wellbeing.limits import STANDARD
from labeler.wellbeing.policies import set_number
from tests.support.build import add_project, add_user


def test_anybody_reads_numbers_and_changes(app: Flask) -> None:
    now = clock.now()
    with transaction() as session:
        admin = add_user(session, Role.ADMIN, name="Ada Admin").id
        set_number(session, admin, "severe_day", 45, now, now)
        set_number(session, admin, "severe_day", 20, now, now, project_id=add_project(session, name="Hidden").id)
    reply = app.test_client().get("/api/v1/policies")
    assert reply.status_code == 200
    facts = reply.get_json()
    numbers = {each["name"]: (each["value"], each["standard"]) for each in facts["numbers"]}
    assert set(numbers) == set(STANDARD)
    assert numbers["severe_day"] == (45, 60)
    assert [(each["value"], each["one_project"], each["role"]) for each in facts["changes"]] == [
        (20, True, "admin"), (45, False, "admin")
    ]  # fmt: skip
    assert "Hidden" not in reply.text
    assert "Ada" not in reply.text
