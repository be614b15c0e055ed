"""Every change has its entry: the list of what each view writes is whole, and what has no entry is undone.

That the list is true is looked at in every test of a page, of the API, of jobs and of commands (`support/entries.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection, Engine, event, update

from labeler.accounts.models import User
from labeler.accounts.permissions import Role
from labeler.audit.acts import ACTS
from labeler.db import transaction
from labeler.models import metadata
from tests.support import entries
from tests.support.build import add_user
from tests.web.foreign import build, routes

if TYPE_CHECKING:
    from flask import Flask

CHANGES, LOOKS = entries.DECLARED["changes"], entries.DECLARED["looks"]


def test_every_view_that_changes_something_is_on_the_list(app: Flask) -> None:
    methods: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        methods.setdefault(rule.endpoint, set()).update(rule.methods or ())
    changing = {endpoint for endpoint, all_of in methods.items() if all_of - {"GET", "HEAD", "OPTIONS"}}
    assert changing == CHANGES.keys(), "a new view needs a line in tests/house/writes.toml, and a test that uses it"
    assert not LOOKS.keys() - methods.keys()


def test_the_list_names_what_there_is() -> None:
    named = {act for each in (CHANGES, LOOKS) for acts in each.values() for act in acts}
    assert not named - ACTS.keys()
    columns = {f"{table.name}.{column.name}" for table in metadata.tables.values() for column in table.columns}
    tables = {*metadata.tables, "alembic_version"}
    for what, why in entries.DECLARED["unrecorded"].items():
        assert what in columns or what.rstrip("+-*").rstrip(".") in tables, f"there is no {what}"
        assert len(why) > 10


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("INSERT INTO consent (id) VALUES (?)", {"consent+"}),
        ('DELETE FROM "draft" WHERE id = ?', {"draft-"}),
        ("UPDATE task SET claims=(task.claims - ?), position=CASE WHEN a = b THEN 1 END WHERE id = 1",
         {"task.claims", "task.position"}),
        ("WITH w0 AS (UPDATE lane SET tail=1 WHERE id = 2), w1 AS (INSERT INTO job (id) VALUES (1)) SELECT 1",
         {"lane.tail", "job+"}),
        ("SELECT 1 FROM labeler FOR UPDATE OF labeler", set()),
        ("INSERT INTO a (b) VALUES (1) ON CONFLICT (b) DO UPDATE SET c = 1", {"a+"}),
    ],
)  # fmt: skip
def test_what_a_statement_writes(statement: str, what: set[str]) -> None:
    assert entries.written(statement) == what


def test_a_door_that_writes_no_entry_is_caught(app: Flask) -> None:
    def silent() -> str:
        with transaction() as session:
            session.execute(update(User).values(name="Nobody said so"))
        return ""

    with transaction() as session:
        add_user(session, Role.ADMIN)
    code = compile("def door(): return silent()", str(entries.ROOT / "labeler" / "web" / "silent.py"), "exec")
    scope: dict[str, Any] = {"silent": _as_product(silent)}
    exec(code, scope)
    with app.test_request_context("/silent"):
        scope["door"]()
    assert entries.take() == ["GET None changes user_account.name without an entry in the record"]


def _as_product(work: Any) -> Any:
    """A function that looks as if it stood in a file of the product."""
    work.__code__ = work.__code__.replace(co_filename=str(entries.ROOT / "labeler" / "web" / "silent.py"))
    return work


@pytest.fixture
def without_a_record() -> Iterator[list[str]]:
    """A database that takes no entry; the statements it has refused."""
    refused: list[str] = []

    def refuse(_connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if "audit_entry+" in entries.written(statement):
            refused.append(statement)
            raise RuntimeError("the record can't be written")

    event.listen(Engine, "before_cursor_execute", refuse)
    yield refused
    event.remove(Engine, "before_cursor_execute", refuse)


def test_what_cannot_be_recorded_is_not_kept(app: Flask, request: pytest.FixtureRequest) -> None:
    """Each form of each page is sent while no entry can be written: whoever swallowed that would keep a change."""
    world = build(app)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.testing = False
    forms = [route for route in routes(app) if route.method != "GET" and not route.api]
    asked = [(route, role) for route in forms for role in list(Role) if route.opens_to(role)]
    for role in {role for _, role in asked}:
        world.browser(role)  # signing in has an entry, too
    entries.take()
    refused = request.getfixturevalue("without_a_record")
    failed = set()
    for route, role in {str(route): (route, role) for route, role in asked}.values():
        before = len(refused)
        answer = world.ask(role, route.method, route.path(world))
        if len(refused) > before:
            failed.add(str(route))
            assert answer.status_code >= 500, f"{route} said {answer.status_code}"
    assert len(failed) >= 15, f"only these came as far as their entry: {failed}"
    assert entries.take() == []
