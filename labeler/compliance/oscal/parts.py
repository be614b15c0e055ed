"""The small parts that OSCAL files are made of. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import orjson

from labeler.compliance.standards import Standard

NS = "urn:labeler:oscal:1"
"""The space of our own properties' names."""
OSCAL = "1.2.3"
"""The version of OSCAL whose schemas the files are held against."""
OURS = UUID("7d1f5c52-6a0e-5b0b-9a59-5f3a6f6d7c01")
"""Under which the ids of our files and of what is in them are made."""
METHOD_NS = "http://csrc.nist.gov/ns/rmf"
"""Where the word `method` of an assessment method comes from, as in NIST's own catalogs."""

Made = dict[str, Any]


def name(*of: str) -> str:
    """The id of what is called so: the same wherever and whenever it is made."""
    return str(uuid5(OURS, "\n".join(of)))


def prop(of: str, value: object, ns: str = NS, **more: str) -> Made:
    """A property. OSCAL wants its value as one line that is not empty."""
    return {"name": of, "ns": ns, "value": " ".join(str(value).split()) or "-", **more}


def metadata(title: str, version: str, at: datetime, props: list[Made]) -> Made:
    """The head of each file; `at` is when what it tells was published or made."""
    return {
        "title": title,
        "last-modified": at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "version": version,
        "oscal-version": OSCAL,
        "props": props,
    }


def published(standard: Standard) -> datetime:
    """The first moment of the day on which a standard came out, in UTC."""
    day = standard.published
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def file_name(standard: Standard, model: str) -> str:
    """What a file of a standard is called, such as `lws-1.0.catalog.json`."""
    return f"{standard.id.lower()}-{standard.version}.{model}.json"


def catalog_resource(standard: Standard, catalog: bytes, sha256: str) -> Made:
    """The catalog, as the back matter of another file names it."""
    return {
        "uuid": name("resource", "catalog", standard.id, standard.version),
        "title": f"{standard.title} {standard.version}: catalog",
        "rlinks": [
            {
                "href": file_name(standard, "catalog"),
                "media-type": "application/oscal.catalog+json",
                "hashes": [{"algorithm": "SHA-256", "value": sha256}],
            }
        ],
        "remarks": f"{len(catalog)} bytes.",
    }


def written(model: str, told: Made) -> bytes:
    """A file: its one member, as JSON that a person can read."""
    return orjson.dumps({model: told}, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
