"""The crosswalks in OSCAL 1.2's mapping model: which points of others' texts each control answers, and how. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence

from labeler.compliance.oscal.catalog import catalog
from labeler.compliance.oscal.parts import Made, catalog_resource, metadata, name, prop, published, written
from labeler.compliance.standards import Standard
from labeler.compliance.standards.catalogue import BY_DEFAULT, KNOWN_WORDS, Framework, How, frameworks, techequity

TECHEQUITY = "TechEquity, framework of data-work standards: 41 parameters"


def mapping(standard: Standard) -> bytes:
    """The mapping collection of a standard: one mapping for each text, that of TechEquity last."""
    whole = catalog(standard)
    source = catalog_resource(standard, whole, hashlib.sha256(whole).hexdigest())
    told: Made = {
        "uuid": name("mapping-collection", standard.digest),
        "metadata": metadata(
            f"{standard.title} {standard.version}: crosswalks",
            standard.version,
            published(standard),
            [prop("digest", standard.digest, **{"class": "SHA-256"})],
        ),
        "provenance": {
            "method": "human",
            "matching-rationale": "semantic",
            "status": "complete",
            "mapping-description": "Made by hand from what a control and a point ask for. Each map says how sure we "
            "are of the point: read, secondary or recalled. No map says that the whole of a point is met.",
        },
        "mappings": [
            *(_of(standard, source["uuid"], framework) for framework in frameworks().values()),
            _techequity(source["uuid"]),
        ],
        "back-matter": {
            "resources": [
                source,
                *(
                    {"uuid": _target(framework.id), "title": framework.title, "description": _points(framework)}
                    for framework in frameworks().values()
                ),
                {
                    "uuid": _target("techequity"),
                    "title": TECHEQUITY,
                    "description": "\n".join(f"- {_slug(each.name)}: {each.name}" for each in techequity()),
                },
            ]
        },
    }
    return written("mapping-collection", told)


def _points(framework: Framework) -> str:
    return "\n".join(f"- {point.id}: {point.says}" for point in framework.points.values())


def _target(of: str) -> str:
    return name("resource", "framework", of)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _mapping(source: str, of: str, maps: Iterable[Made], gaps: Sequence[str] = ()) -> Made:
    made: Made = {
        "uuid": name("mapping", of),
        "status": "complete",
        "source-resource": {"type": "catalog", "href": f"#{source}"},
        "target-resource": {"type": "catalog", "href": f"#{_target(of)}"},
        "maps": list(maps),
    }
    if gaps:
        made["target-gap-summary"] = {
            "uuid": name("gaps", of),
            "unmapped-controls": [{"with-ids": list(gaps)}],
        }
    return made


def _map(of: str, control: str, point: str, relation: str, known: str, props: Mapping[str, str], remarks: str) -> Made:
    return {
        "uuid": name("map", of, control, point),
        "relationship": relation,
        "sources": [{"type": "control", "id-ref": control}],
        "targets": [{"type": "control", "id-ref": point}],
        "confidence-score": {"category": known},
        **({"props": [prop(each, value) for each, value in props.items()]} if props else {}),
        "remarks": remarks,
    }


def _of(standard: Standard, source: str, framework: Framework) -> Made:
    maps = [
        _map(
            framework.id,
            control.id,
            point,
            control.relations.get((framework.id, point), BY_DEFAULT),
            framework.points[point].known.value,
            {},
            f"{framework.points[point].says} ({KNOWN_WORDS[framework.points[point].known]})",
        )
        for control in standard.controls
        for point in control.crosswalk.get(framework.id, ())
    ]
    return _mapping(source, framework.id, maps)


def _techequity(source: str) -> Made:
    maps = [
        _map("techequity", control, _slug(each.name), BY_DEFAULT, "read", {"how": each.how.value}, each.why)
        for each in techequity()
        for control in each.controls
    ]
    gaps = [_slug(each.name) for each in techequity() if each.how is How.NOT_COVERED]
    return _mapping(source, "techequity", maps, gaps)
