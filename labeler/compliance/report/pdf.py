"""The report as a tagged PDF (PDF/UA-1), made of `report.json` alone. Its data go in as JSON, never as markup."""

from __future__ import annotations

from datetime import datetime
from importlib.resources import files

import orjson
import typst

from labeler.compliance.report.charts import charted
from labeler.compliance.report.seen import View

PDF = "report.pdf"


def pdf(seen: View, report_digest: str) -> bytes:
    """The bytes of the PDF: the same each time, with the fonts that typst carries and no others."""
    told = {**seen, "digest": report_digest, "charts": list(charted(seen))}
    source = files("labeler.compliance.report").joinpath("pages", "report.typ").read_bytes()
    compiler = typst.Compiler(
        source,
        font_paths=typst.Fonts(include_system_fonts=False),
        sys_inputs={"report": orjson.dumps(told).decode()},
    )
    made = compiler.compile(format="pdf", pdf_standards="ua-1", timestamp=datetime.fromisoformat(seen["at"]))
    assert isinstance(made, bytes)
    return made
