"""A version is published when the datasheet inside it lacks nothing, in the browser and by script."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import orjson
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from labeler.accounts.permissions import Role
from labeler.audit.models import AuditEntry
from labeler.db import reading, transaction
from labeler.errors import Conflict, Invalid
from labeler.exports.documents import service
from labeler.exports.models import Export
from labeler.exports.service import request
from labeler.projects.models import Project
from tests.exports.conftest import LATER
from tests.exports.documents.answers import ALL
from tests.support.build import add_user, sign_in

Make = Callable[..., Export]
HOUR = timedelta(hours=1)
pytestmark = pytest.mark.usefixtures("settled")


def say(project: Project, now: datetime, answers: dict[str, str], seen: int | None = None) -> None:
    with transaction() as session:
        service.answer(session, project.created_by, project.id, answers, seen, now)


def publish(export: Export, now: datetime = LATER + 9 * HOUR) -> Export:
    with transaction() as session:
        return service.publish(session, export.created_by, export.id, now)


def acts(act: str) -> list[dict[str, object]]:
    with reading() as session:
        rows = session.scalars(select(AuditEntry.fields).where(AuditEntry.act == act))
        return [orjson.loads(each) for each in rows]


def test_it_is_refused_with_the_list_of_what_lacks_and_nothing_changes(project: Project, make: Make) -> None:
    say(project, LATER, {"motivation": "To bake.", "licence": "MIT"})
    export = make(project, LATER + HOUR)
    with pytest.raises(Invalid) as refused:
        publish(export)
    lack = [each.field for each in refused.value.problems]
    assert "sources" in lack
    assert not {"motivation", "licence"} & set(lack)
    with reading() as session:
        assert session.get_one(Export, export.id).published_at is None
    assert acts("export.publish") == []


def test_a_version_has_the_answers_of_its_own_moment(project: Project, make: Make) -> None:
    before = make(project, LATER)
    say(project, LATER + HOUR, ALL)
    with pytest.raises(Invalid, match=r"They are answered by now\. Make a new version"):
        publish(before)
    after = make(project, LATER + 2 * HOUR)
    say(project, LATER + 3 * HOUR, {"motivation": "Only this is left."})
    assert publish(after).published_at == LATER + 9 * HOUR
    assert publish(after, LATER + 10 * HOUR).published_at == LATER + 9 * HOUR
    assert acts("export.publish") == [{"manifest_hash": after.manifest_hash}]


def test_what_is_not_finished_is_not_published(project: Project) -> None:
    say(project, LATER, ALL)
    with transaction() as session:
        export, _ = request(session, project.created_by, project.id, {}, LATER + HOUR)
    with pytest.raises(Conflict):
        publish(export)


def test_what_is_withdrawn_is_not_published(project: Project, make: Make) -> None:
    say(project, LATER, ALL)
    export = make(project, LATER + HOUR)
    with transaction() as session:
        session.get_one(Export, export.id).withdrawn_since = LATER + 2 * HOUR
    with pytest.raises(Conflict, match="is withdrawn"):
        publish(export)


def test_answers_are_only_added_and_the_same_again_add_nothing(project: Project) -> None:
    say(project, LATER, {"motivation": "a"})
    say(project, LATER + HOUR, {"motivation": "a"})
    say(project, LATER + HOUR, {"motivation": "b", "contact": "c@example.org"})
    with reading() as session:
        assert [row.answers for row in service.history(session, project.id)] == [
            {"motivation": "b", "contact": "c@example.org"},
            {"motivation": "a"},
        ]
        assert service.answers_at(session, project.id, LATER) == {"motivation": "a"}
    assert acts("datasheet.answer") == [
        {"fields": ["motivation"], "number": 1},
        {"fields": ["motivation", "contact"], "number": 2},
    ]


def test_nobody_writes_over_what_she_has_not_seen(project: Project) -> None:
    say(project, LATER, {"motivation": "a"}, 0)
    with pytest.raises(Invalid) as refused:
        say(project, LATER, {"motivation": "b"}, 0)
    assert refused.value.problems == (service.OVERTAKEN,)


def signed_in(client: FlaskClient, role: Role) -> FlaskClient:
    with transaction() as session:
        user = add_user(session, role)
    sign_in(client, user)
    return client


def token(page: str) -> str:
    found: str = re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]
    return found


def test_a_researcher_answers_and_publishes(project: Project, make: Make, client: FlaskClient) -> None:
    make(project)
    signed_in(client, Role.RESEARCHER)
    page = client.get("/projects/bread/datasheet").text
    assert "Not answered: What was this dataset made for?" in page
    form = {"csrf_token": token(page), "seen": "0"}
    refused = client.post("/projects/bread/exports/1/publish", data=form)
    assert refused.status_code == 422
    assert "Not chosen: the licence." in refused.text
    wrong = client.post("/projects/bread/datasheet", data={**form, **ALL, "licence": "GPL"})
    assert wrong.status_code == 422
    assert "Said of contact." in wrong.text
    assert client.post("/projects/bread/datasheet", data={**form, **ALL}).status_code == 303
    assert "Nothing is lacking" in client.get("/projects/bread/datasheet").text
    assert client.post("/projects/bread/datasheet", data={**form, "motivation": "x"}).status_code == 422
    assert "lacked 10 answers" in client.get("/projects/bread/exports/1").text


def test_whoever_only_looks_is_shown_no_form_and_cannot_write(project: Project, client: FlaskClient) -> None:
    signed_in(client, Role.ADMIN)
    page = client.get("/projects/bread/datasheet").text
    assert "<textarea" not in page
    tok = token(client.get("/account").text)
    assert client.post("/projects/bread/datasheet", data={"csrf_token": tok, "motivation": "x"}).status_code == 403
    assert client.post("/projects/bread/exports/1/publish", data={"csrf_token": tok}).status_code == 403
