"""The small parts that an OSCAL file is made of. Pure."""

from __future__ import annotations

from typing import Any

from labeler.compliance.oscal.parts import NS

NOT_TOLD = "not told"
"""What stands where a number would tell of fewer than k people."""

Prop = dict[str, str]


def prop(name: str, value: object, **more: str) -> Prop:
    """A property of ours. OSCAL wants one line of text that is not empty."""
    told = " ".join(str(value).split()) or "-"
    return {"name": name, "ns": NS, "value": told, **more}


def number(name: str, value: int | None, **more: str) -> Prop:
    """A number, or that it is not told."""
    return prop(name, NOT_TOLD if value is None else value, **more)


def props(**values: object) -> list[Prop]:
    """Several properties, their names with hyphens; None is left out."""
    return [prop(name.replace("_", "-"), value) for name, value in values.items() if value is not None]


def one(told: Any, name: str) -> str:
    """The value of a property of ours; empty where there is none."""
    return next((each["value"] for each in of(told) if each["name"] == name), "")


def of(told: Any) -> list[Prop]:
    """All properties of ours that a part has."""
    return [each for each in told.get("props", ()) if each.get("ns") == NS]


def resource(uuid: str, title: str, href: str, media: str, sha256: str, **more: Any) -> dict[str, Any]:
    """A file beside the report, in its back matter, with its SHA-256."""
    link = {"href": href, "media-type": media, "hashes": [{"algorithm": "SHA-256", "value": sha256}]}
    return {"uuid": uuid, "title": title, "rlinks": [link], **more}
