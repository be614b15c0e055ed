"""Nothing of ours asks another server but by the one way out (`labeler/egress/`)."""

from __future__ import annotations

import ast

from labeler.config import ROOT
from tests.house.test_house import CODE, short, tree

OUT = frozenset({
    "aiohttp", "ftplib", "http.client", "httpx", "poplib", "requests", "smtplib", "socket", "telnetlib",
    "urllib.request", "urllib3", "websockets", "xmlrpc",
})  # fmt: skip
"""Modules by which Python code reaches other machines."""

MAY = {
    "labeler/egress/fetcher.py": "it is the one way out",
    "labeler/client/files.py": "runs at the researcher's, and asks the one installation that she named",
    "labeler/client/published.py": "runs at the witness's, and asks the one installation that she watches",
    "labeler/client/wire.py": "runs at the researcher's, and asks the one installation that she named",
    "labeler/jobs/supervisor.py": "looks on this machine whether the port is free and the web server answers",
}
"""Files that import one of them, each with its reason. What libraries do for us (the database, the broker, an object
store of the operator's) is configured by the operator, and never by an address that somebody typed into a form."""


def imported(module: ast.Module) -> set[str]:
    """The full names of everything that a module imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
    return found


def leads_out(module: ast.Module) -> bool:
    return any(name == out or name.startswith(f"{out}.") for name in imported(module) for out in OUT)


def test_no_other_module_asks_another_server() -> None:
    assert {short(path) for path in CODE if leads_out(tree(path))} == MAY.keys()


def test_every_way_to_import_it_is_seen() -> None:
    for line in ("import requests", "import urllib.request as r", "from urllib import request",
                 "from http import client", "from httpx import get", "def f():\n    import socket"):  # fmt: skip
        assert leads_out(ast.parse(line)), line
    for line in ("from http import HTTPStatus", "from urllib.parse import quote", "import http.server"):
        assert not leads_out(ast.parse(line)), line


def test_what_tests_may_cannot_be_set_by_an_operator() -> None:
    settings = (ROOT / "labeler" / "config.py").read_text()
    assert not {"loopback", "trust", "resolve="} & set(settings.replace("(", " ").split())
    calls = [
        (short(path), keyword.arg)
        for path in CODE
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg in ("loopback", "trust")
    ]
    assert calls == []
