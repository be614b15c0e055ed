"""Pages are light: packed where the browser takes it, and under the budget at first load (`ux.md` section 7)."""

from __future__ import annotations

import gzip
import re

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from labeler import clock
from labeler.db import transaction
from labeler.web.handing import next_task
from tests.support.build import add_labeler, add_project, add_tasks, sign_in

FIRST_LOAD = 60 * 1024
PACKED = {"Accept_Encoding": "gzip, br"}


def get(client: FlaskClient, path: str, **headers: str) -> TestResponse:
    """A whole reply; its file is closed, as a server does once it has sent it."""
    reply = client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    reply.get_data()
    reply.close()
    return reply


def test_a_page_is_packed_for_who_takes_it_and_plain_for_who_does_not(client: FlaskClient) -> None:
    packed, plain = get(client, "/sign-in", **PACKED), get(client, "/sign-in")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert "Sign in" in gzip.decompress(packed.data).decode()
    assert "Sign in" in plain.text
    for reply in (packed, plain):
        assert "Accept-Encoding" in reply.headers["Vary"]
        assert int(reply.headers["Content-Length"]) == len(reply.data)


def test_static_files_are_packed_the_same_and_keep_for_a_year(client: FlaskClient) -> None:
    packed, plain = get(client, "/static/app.css", **PACKED), get(client, "/static/app.css")
    assert gzip.decompress(packed.data) == plain.data
    assert "max-age=31536000" in packed.headers["Cache-Control"]
    again = get(client, "/static/app.css", If_None_Match=packed.headers["ETag"], **PACKED)
    assert again.status_code == 304
    assert not again.data


def test_a_part_of_a_file_is_not_packed(client: FlaskClient) -> None:
    part = get(client, "/static/app.css", Range="bytes=0-9", **PACKED)
    assert part.status_code == 206
    assert "Content-Encoding" not in part.headers


def test_the_first_load_of_a_task_is_under_60_kb(app: Flask) -> None:
    with transaction() as session:
        add_tasks(session, add_project(session), 3)
        labeler = add_labeler(session)
    next_task(labeler.id, clock.now())
    client = app.test_client()
    sign_in(client, labeler)
    page = get(client, "/work", **PACKED)
    text = gzip.decompress(page.data).decode()
    assert "/answer" in text
    linked = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', text))
    assert 4 <= len(linked) <= 6
    size = len(page.data) + sum(len(get(client, path, **PACKED).data) for path in linked)
    assert size < FIRST_LOAD
