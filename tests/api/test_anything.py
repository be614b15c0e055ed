"""Whatever is sent to whichever operation: never a fault of ours, and every refusal is a problem."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from labeler.db import transaction
from tests.api.calls import PLAN, Script, is_problem, pairs, run_jobs
from tests.api.contract import operation_of, read_document
from tests.support.build import add_project, add_tasks

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

OPERATIONS = (
    "list_projects", "create_project", "get_project", "change_project", "get_progress", "get_statistics",
    "check_project", "publish_project", "pause_project", "resume_project", "close_project", "freeze_project",
    "list_guidelines",
    "add_guideline",
    "get_guideline", "list_batches", "import_batch", "preview_batch", "get_batch", "download_problems", "list_exports",
    "create_export", "look_at_export", "get_export", "download_export_file", "get_datasheet", "write_datasheet",
    "publish_export", "list_deliveries", "create_delivery", "get_delivery",
    "make_export_again",
    "get_requester_limits",
    "get_usage_policy", "get_approval", "ask_approval_of_project", "approve_project", "refuse_project",
    "withdraw_approval",
    "approve_export", "refuse_export", "switch_export_approval", "list_ledger", "list_project_ledger",
    "get_export_limits", "get_webhook", "set_webhook", "rotate_webhook", "test_webhook", "switch_webhook",
    "remove_webhook",
)  # fmt: skip

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=12), inside, max_size=4),
    max_leaves=12,
)
odd = st.sampled_from(
    ["", "0", "-1", "1e9", "\0", "\u202e", "%", "..", "/", "//", "null", "true", "W06=2", "é", "\ud800"]
)
words = st.text(max_size=20) | odd
fields = st.sampled_from(
    [
        *PLAN, "slug", "options", "offered_to", "priority", "text", "views", "late", "min_judgments", "batches",
        "snapshot_at", "freeze_at", "languages", "guidelines", "from_day", "least_time", "keep_out", "split",
        "export_approval", "note", "on", "url", "name", "again", "shape", "language", "limit", "cursor",
        "destination", "withdrawn",
    ]
)  # fmt: skip
moments = st.sampled_from(
    ["2026-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-13-01T00:00:00Z", "now"]
)


def near(plan: dict[str, Any]) -> SearchStrategy[dict[str, Any]]:
    """A body that is almost right: some fields replaced, some added, some left out."""
    return st.builds(
        lambda wrong, gone: {name: value for name, value in {**plan, **wrong}.items() if name not in gone},
        st.dictionaries(fields, anything | moments, max_size=3),
        st.sets(fields, max_size=2),
    )


bodies = (
    near(PLAN)
    | near({})
    | near({"text": "x"})
    | near({"snapshot_at": "2026-01-01T00:00:00Z"})
    | near({"freeze_at": "2036-01-01T00:00:00Z"})
    | anything
    | st.binary(max_size=60)
    | st.sampled_from(
        [pairs(2), b"{", b"\xff\xfe", b"PAR1", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"a,b\n1,2\n", b"[]"]
    )
)
media = st.sampled_from(
    [
        "application/json", "application/json; charset=utf-16", "application/octet-stream", "text/plain", "",
        "multipart/form-data", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded",
    ]
)  # fmt: skip
headers = st.dictionaries(
    st.sampled_from(["Range", "If-Range", "If-None-Match", "Accept", "X-HTTP-Method-Override", "HX-Request"]),
    st.sampled_from(["bytes=0-1", "bytes=9-1", "bytes=-1", "bytes=0-1,4-5", "lines=1", '"x"', "*", "true", "0", "PUT"]),
    max_size=2,
)  # fmt: skip
keys = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=40)


@pytest.fixture
def places(script: Script) -> dict[str, list[str]]:
    """What variables of addresses may be: things that are there, beside others."""
    with transaction() as session:
        for state in ("draft", "live", "closed"):
            add_tasks(session, add_project(session, slug=state, state=state, categories={"W06": 3}), 1)  # type: ignore[arg-type]
    batch = script.upload("draft", pairs(1)).get_json()["id"]
    script.post("/projects/live/exports")
    run_jobs()
    return {
        "slug": ["draft", "live", "closed"],
        "batch_id": [batch, "019a0000-0000-7000-8000-000000000000"],
        "number": ["1", "0", "2147483647", "2147483648"],
        "version": ["1", "0", "2147483647"],
        "delivery_id": ["019a0000-0000-7000-8000-000000000000"],
        "file": ["README.md", "manifest.json", "data/judgments.parquet", "../secret", "data"],
    }


def sent(body: Any, kind: str) -> dict[str, Any]:
    """A body as a request carries it."""
    if isinstance(body, bytes):
        return {"data": body, "content_type": kind}
    if kind.startswith("multipart") and isinstance(body, dict):
        parts = {str(name): str(value).encode("utf-8", "replace") for name, value in body.items()}
        return {"data": {**parts, "file": (io.BytesIO(pairs(1)), "a")}, "content_type": "multipart/form-data"}
    try:
        return {"json": body}
    except (ValueError, UnicodeError):
        return {}


@pytest.mark.parametrize("examples", [12, pytest.param(400, marks=pytest.mark.slow)])
def test_nothing_that_is_sent_breaks_anything(script: Script, places: dict[str, list[str]], examples: int) -> None:
    for operation in OPERATIONS:
        throw_at(script, places, operation, examples)


def throw_at(script: Script, places: dict[str, list[str]], operation: str, examples: int) -> None:
    """Send so many requests of chance to one operation."""
    paths = read_document(script.app)["paths"]
    path, method = next(
        (path, method)
        for path, methods in paths.items()
        for method, each in methods.items()
        if each["operationId"] == operation
    )
    names = [each["name"] for each in paths[path][method]["parameters"] if each["in"] == "path"]
    variables = st.fixed_dictionaries({name: st.sampled_from(places[name]) | words for name in names})

    @settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
    )  # fmt: skip
    @given(variables, st.dictionaries(fields | words, words, max_size=3), bodies, media, headers, keys)
    def send(
        filled: dict[str, str], query: dict[str, str], body: Any, kind: str, extra: dict[str, str], key: str
    ) -> None:
        where = path
        for name, value in filled.items():
            where = where.replace(f"{{{name}}}", quote(value.encode("utf-8", "surrogatepass"), safe=""))
        if query:
            where += "?" + urlencode(
                {k.encode("utf-8", "surrogatepass"): v.encode("utf-8", "surrogatepass") for k, v in query.items()}
            )
        more = sent(body, kind) if method != "get" else {}
        reply = script.call(method.upper(), where, idem=key, headers=extra, **more)
        assert reply.status_code < 500
        if reply.status_code >= 400:
            is_problem(reply, reply.status_code)
        assert reply.status_code not in (301, 302, 303, 307, 308), "an address has one spelling"

    send()


def test_these_are_all_operations(script: Script) -> None:
    described = {
        operation["operationId"]
        for methods in read_document(script.app)["paths"].values()
        for operation in methods.values()
    }
    assert described == set(OPERATIONS)
    assert operation_of(script.app, "GET", "/api/v1/projects") is not None
