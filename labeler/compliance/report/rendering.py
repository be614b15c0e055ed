"""The report as HTML, and the one page that every labeler gets: made of `report.json` alone. Pure.

Each figure stands in an element with `data-figure` and its place, so that a program can hold the page against the file.
"""

from __future__ import annotations

import functools
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from labeler.compliance.report.charts import charted
from labeler.compliance.report.plain import LANGUAGES, worker_view
from labeler.compliance.report.seen import View


def html(seen: View, report_digest: str) -> bytes:
    """The whole report: one file, without a script, with all that it needs inside."""
    return _made("report.html", seen, digest=report_digest)


def worker_html(seen: View, report_digest: str, language: str = "en") -> bytes:
    """The page for labelers, in one of `LANGUAGES`; in English where there is no translation."""
    known = language if language in LANGUAGES else "en"
    return _made("worker.html", seen, digest=report_digest, plain=worker_view(seen, known), language=known)


def _made(name: str, seen: View, **more: Any) -> bytes:
    return _pages().get_template(name).render(seen=seen, **more).encode()


@functools.lru_cache(maxsize=1)
def _pages() -> Environment:
    made = Environment(
        loader=PackageLoader("labeler.compliance.report", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(charted=charted)
    made.filters.update(day=lambda moment: moment[:10])
    return made
