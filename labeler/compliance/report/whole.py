"""All files of a report's bundle, before they are signed."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Mapping
from importlib.resources import files as packaged
from typing import Any

from labeler.compliance.report.agreeing import PAGE, WORKER, rows_path
from labeler.compliance.report.asked import Asked
from labeler.compliance.report.bundle import KEYS
from labeler.compliance.report.made import REPORT, Made
from labeler.compliance.report.pdf import PDF, pdf
from labeler.compliance.report.rendering import html, worker_html
from labeler.compliance.report.sealed import PROOF, LogProof, proof_bytes
from labeler.compliance.report.seen import view

VERIFIER, README = "verify.mjs", "README.txt"


def files(made: Made, proofs: Iterable[LogProof], keys: bytes) -> dict[str, bytes]:
    """The bundle that vendor, buyer and labelers get. `keys` is `keys.json`."""
    seen = view(made.report)
    return {
        **made.files,
        REPORT: made.report,
        PAGE: html(seen, made.digest),
        WORKER: worker_html(seen, made.digest),
        PDF: pdf(seen, made.digest),
        PROOF: proof_bytes(proofs),
        KEYS: keys,
        VERIFIER: packaged("labeler.compliance.standalone").joinpath(VERIFIER).read_bytes(),
        README: packaged("labeler.compliance.report").joinpath(README).read_bytes(),
    }


def rows(made: Made) -> dict[str, bytes]:
    """What an auditor's pack has beside: the rows of every rule."""
    return {rows_path(rule): gzip.compress(data, 6, mtime=0) for rule, data in made.rows.items()}


def about(asked: Asked, made: Made, *, pack: bool) -> Mapping[str, Any]:
    """What the manifest says of the report."""
    return {
        "report": {
            "id": asked.name("report"),
            "number": str(asked.number),
            "vendor": str(asked.vendor),
            "period": asked.period.name,
            "profile": asked.profile.name,
            "digest": made.digest,
        },
        "pack": pack,
    }
