"""OSCAL files held against the schemas that NIST publishes (`schemas/README.md`)."""

from __future__ import annotations

import functools
import gzip
import json
from pathlib import Path
from typing import Any

import jsonschema_rs

SCHEMAS = Path(__file__).with_name("schemas")
MODELS = {
    "catalog": "catalog",
    "profile": "profile",
    "mapping-collection": "mapping",
    "assessment-results": "assessment-results",
    "plan-of-action-and-milestones": "poam",
}
"""The one member that a file of each model has, and the name of its schema."""


def schema(model: str) -> bytes:
    """The schema of a model, by its file's one member, as it was published."""
    return gzip.decompress((SCHEMAS / f"oscal_{MODELS[model]}_schema.json.gz").read_bytes())


@functools.cache
def _validator(model: str) -> Any:
    # Python's own `re` does not know \p{L}, which OSCAL's tokens are written with; this one does. Formats (uri,
    # date-time) are checked too.
    return jsonschema_rs.validator_for(json.loads(schema(model)), validate_formats=True)


def problems(file: bytes) -> list[str]:
    """All that the published schema has against an OSCAL file: where, and what. Empty: it is valid."""
    told = json.loads(file)
    model = next((name for name in MODELS if name in told), None)
    if model is None:
        return [f"None of {', '.join(MODELS)} is in the file."]
    return [f"{'/'.join(map(str, each.instance_path))}: {each.message}" for each in _validator(model).iter_errors(told)]
