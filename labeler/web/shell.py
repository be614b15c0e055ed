"""The frame of every page: who is looking, where they may go, and how moments and spans of time are written."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, current_app, g, request
from flask_login import current_user

from labeler.accounts.permissions import Permission, Role, may
from labeler.clock import now as server_time
from labeler.config import ROOT
from labeler.gate import person
from labeler.web.render import render_conversation, render_markdown, render_words

STATIC = ROOT / "static"

HTMX_CONFIG = json.dumps(
    {
        "allowEval": False,
        "allowScriptTags": False,
        "includeIndicatorStyles": False,
        "historyCacheSize": 0,
        "defaultSettleDelay": 0,
        "selfRequestsOnly": True,
        "timeout": 15000,
        "responseHandling": [
            {"code": "204", "swap": False},
            {"code": "[23]..", "swap": True},
            {"code": "40[19]|410|422", "swap": True, "error": False},
            {"code": "[45]..", "swap": False, "error": True},
        ],
    },
    separators=(",", ":"),
)
"""What the pinned htmx may do: no eval, no page kept in browser storage, refusals shown in place, 15 s a request.

What has arrived works at once: within htmx's usual 20 ms before a new form is its own, a quick key would send it as a
plain form.
"""


@dataclass(frozen=True, slots=True)
class NavItem:
    """One way in the header, shown to whoever holds the permission and where the page exists."""

    permission: Permission
    words: str
    path: str


NAV = (
    NavItem(Permission.WORK, "Work", "/work"),
    NavItem(Permission.WORK, "My answers", "/answers"),
    NavItem(Permission.OWN_CHOICES, "My choices", "/me/choices"),
    NavItem(Permission.WORK, "Time and money", "/me/time"),
    NavItem(Permission.PROJECTS_SEE, "Projects", "/projects"),
    NavItem(Permission.EXPORTS_SEE, "Exports", "/exports"),
    NavItem(Permission.PEOPLE_SEE, "People", "/people"),
    NavItem(Permission.EVIDENCE_SEE, "Evidence", "/evidence"),
    NavItem(Permission.PAY_EDIT, "Pay", "/pay"),
    NavItem(Permission.PAY_SEE_OWN, "Pay", "/pay/vendor"),
    NavItem(Permission.ESCALATIONS, "Escalations", "/escalations"),
    NavItem(Permission.CASES_DECIDE, "Reviews", "/cases"),
    NavItem(Permission.GRIEVANCES, "Grievances", "/grievances"),
    NavItem(Permission.WATCH, "Watch", "/watch"),
    NavItem(Permission.ANOMALIES, "Anomalies", "/anomalies"),
    NavItem(Permission.CONDITIONS_SEE, "Conditions", "/conditions"),
    NavItem(Permission.REPORT_WORDS, "Report words", "/report-words"),
    NavItem(Permission.AUDITS, "Audits", "/audits"),
    NavItem(Permission.OWN_STATE, "Our state", "/state"),
    NavItem(Permission.DISCLOSE, "Publish", "/disclosure"),
    NavItem(Permission.RECORD_SEE, "Record", "/oversight"),
    NavItem(Permission.OWN_ACCOUNT, "Me", "/account"),
)
PERSONAL = (
    NavItem(Permission.OWN_CHOICES, "My choices", "/me/choices"),
    NavItem(Permission.OWN_CHOICES, "My limits", "/me/limits"),
    NavItem(Permission.CASES_OWN, "My cases", "/me/cases"),
    NavItem(Permission.WORK, "Time and money", "/me/time"),
    NavItem(Permission.OWN_CHOICES, "How hard content is shown", "/me/comfort"),
    NavItem(Permission.WORK, "My contract", "/me/contract"),
    NavItem(Permission.OWN_CHOICES, "My vendor's report", "/me/report"),
    NavItem(Permission.OWN_CHOICES, "About me", "/me/about"),
    NavItem(Permission.OWN_CHOICES, "Training", "/me/training"),
    NavItem(Permission.OWN_CHOICES, "My receipts", "/me/receipts"),
    NavItem(Permission.OWN_CHOICES, "What we record", "/me/what-we-record"),
    NavItem(Permission.OWN_CHOICES, "Erase my data", "/me/erase"),
)
"""A labeler's own pages, linked on her page *Me*: the header has room for a few, and the task stands below it."""
SIGN_OUT = "/sign-out"


def dress(app: Flask) -> None:
    """Give the app's templates their frame, filters and addresses of style sheets and scripts."""
    app.jinja_env.filters.update(
        local=local,
        clock=clock,
        duration=duration,
        minutes=minutes,
        model_text=render_markdown,
        conversation=render_conversation,
        plain_words=render_words,
    )
    app.jinja_env.tests["past"] = past
    app.jinja_env.globals.update(asset=asset, htmx_config=HTMX_CONFIG)
    app.context_processor(_frame)


def _frame() -> dict[str, Any]:
    if not current_user or not current_user.is_authenticated:
        return {"nav": (), "personal": (), "me": None, "sign_out": None, "here": request.path}
    me = person()
    known = _paths(current_app._get_current_object())  # type: ignore[attr-defined]
    return {
        "nav": _nav(me.role, known),
        "personal": _personal(me.role, known),
        "below_me": _below_me(request.path),
        "me": me,
        "sign_out": SIGN_OUT if SIGN_OUT in known else None,
        "here": request.path,
    }


@lru_cache(maxsize=8)
def _paths(app: Flask) -> frozenset[str]:
    return frozenset(rule.rule.removesuffix("/") for rule in app.url_map.iter_rules())


@lru_cache(maxsize=64)
def _nav(role: Role, known: frozenset[str]) -> tuple[NavItem, ...]:
    return tuple(item for item in NAV if item.path in known and may(role, item.permission))


@lru_cache(maxsize=64)
def _personal(role: Role, known: frozenset[str]) -> tuple[NavItem, ...]:
    return tuple(item for item in PERSONAL if item.path in known and may(role, item.permission))


def _below_me(path: str) -> bool:
    """Whether a page is one that only *Me* leads to."""
    own = {item.path for item in PERSONAL} - {item.path for item in NAV}
    return any(path == each or path.startswith(f"{each}/") for each in own)


@lru_cache(maxsize=64)
def asset(name: str) -> str:
    """The address of a file in `static/`, with a mark of its content, so that a browser may keep it for good."""
    digest = hashlib.sha256(Path(STATIC, name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _here(moment: datetime) -> datetime:
    """The moment in the viewer's own zone, UTC for a visitor."""
    if "zone" not in g:
        g.zone = _zone(person().time_zone if current_user and current_user.is_authenticated else "UTC")
    return moment.astimezone(g.zone)


def local(moment: datetime | None) -> str:
    """A moment as the viewer says it: "Tue 24 Nov, 14:40"; with the year when it is another one; "" for None."""
    if moment is None:
        return ""
    here = _here(moment)
    year = f" {here.year}" if here.year != server_time().astimezone(here.tzinfo).year else ""
    return f"{here:%a} {here.day} {here:%b}{year}, {here:%H:%M}"


def past(moment: datetime) -> bool:
    """Whether a moment has come, by the server's clock."""
    return moment <= server_time()


def clock(moment: datetime | None) -> str:
    """The viewer's time of day: "14:40"; "" for None."""
    return f"{_here(moment):%H:%M}" if moment is not None else ""


def duration(seconds: float | None) -> str:
    """A span in words, to the minute: "less than a minute", "25 min", "1 h 42 min"; "" for None."""
    if seconds is None:
        return ""
    minutes = int(seconds // 60)
    if minutes < 1:
        return "less than a minute"
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def minutes(seconds: float) -> str:
    """How long one task takes, in the nearest words: "40 seconds", "2 minutes"."""
    if seconds < 55:
        return f"{max(10, round(seconds / 10) * 10)} seconds"
    return "1 minute" if seconds < 90 else f"{round(seconds / 60)} minutes"
