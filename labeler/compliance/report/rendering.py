"""The report as HTML, and the one page that every labeler gets: made of `report.json` alone. Pure.

Each figure stands in an element with `data-figure` and its place, so that a program can hold the page against the file.
"""

from __future__ import annotations

import functools
import hashlib
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from labeler.compliance.report.charts import chart, charted
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
    made.globals.update(figure=_figure, chart=chart, charted=charted)
    made.filters.update(day=lambda moment: moment[:10], paragraphs=_paragraphs)
    return made


def _figure(place: str, value: str, shown: str | None = None) -> Markup:
    """A figure with its place. `shown` is how people read it; programs read the value."""
    if shown is None or shown == value:
        return Markup('<span data-figure="{}">{}</span>').format(place, value)
    return Markup('<data data-figure="{}" value="{}">{}</data>').format(place, value, shown)


def _paragraphs(text: str) -> Markup:
    """A person's own text: as it was written, never as markup."""
    parts = [each for each in text.replace("\r\n", "\n").split("\n\n") if each.strip()]
    return Markup("\n").join(Markup('<p class="said">{}</p>').format(escape(each)) for each in parts)


def sha256(data: bytes) -> str:
    """In hexadecimal."""
    return hashlib.sha256(data).hexdigest()
