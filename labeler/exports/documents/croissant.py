"""`croissant.json`: the version in Croissant 1.1 with the responsible-AI vocabulary, as JSON-LD. Pure.

Files with their SHA-256, a record set for each Parquet file with the columns of its view, and who is behind each
judgment as a provenance annotation of its answer (PROV-O), as the format asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labeler.exports.documents import conditions, licence, several, statistics, weaknesses
from labeler.exports.documents.about import Facts
from labeler.exports.documents.measured import Measured
from tasks.kind import Tally

CONFORMS = ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]

TERMS = (
    "annotation", "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "excludes", "extract", "field",
    "fileObject", "fileProperty", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath", "key", "md5",
    "parentField", "path", "readLines", "recordSet", "references", "regex", "repeated", "replace", "samplingRate",
    "sdVersion", "separator", "source", "subField", "transform", "unArchive", "value",
)  # fmt: skip
"""Words of the format that stand for themselves in its own namespace (appendix 1 of its specification)."""

CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    **{term: f"cr:{term}" for term in TERMS},
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
}

TYPES = {"string": "sc:Text", "int64": "sc:Integer", "float64": "sc:Float", "bool": "sc:Boolean"}

PARQUET, LINES = "application/x-parquet", "application/jsonlines"

ANSWERED = "verdict"
"""The column of `judgments` that a labeler's name is the provenance of."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column as a card declares it: its name, its `dtype`, or what is in its list or struct (`rows.features`)."""

    name: str
    declared: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DataFile:
    """A data file: its path, size in bytes and SHA-256, and the record set that its rows are (None: not described)."""

    path: str
    bytes: int
    sha256: str
    records: str | None
    columns: Sequence[Column] = ()


def document(facts: Facts, found: Measured, tallies: Mapping[str, Tally], files: Sequence[DataFile]) -> dict[str, Any]:
    """The file."""
    said = facts.answers
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS,
        "name": f"{facts.slug}-v{facts.number}",
        "description": said.get("motivation") or facts.purpose or f"{facts.kind_title}, judged by people.",
        "version": f"{facts.number}.0.0",
        "identifier": f"urn:uuid:{facts.export_id}",
        "url": f"urn:uuid:{facts.export_id}",
        "license": licence.address(said) or ("LICENSE" if "licence" in said else "Not chosen yet: see LICENSE"),
        "creator": {"@type": "sc:Organization", "name": said.get("creator", "Not said yet")},
        "citeAs": f"{said.get('creator', 'Not said yet')}: {facts.name}, version {facts.number}, {facts.moment}.",
        "datePublished": facts.moment[:10],
        "inLanguage": list(facts.languages),
        "isLiveDataset": False,
        **_responsible(facts, found, tallies),
        "distribution": [_file(each) for each in files],
        "recordSet": [records(each) for each in files if each.records is not None],
    }


def _responsible(facts: Facts, found: Measured, tallies: Mapping[str, Tally]) -> dict[str, Any]:
    said = facts.answers
    limits = [said.get("weaknesses"), *weaknesses.measured(found, tallies)]
    hard = "; ".join(f"{title} up to severity {level}" for title, level in facts.hard)
    guidelines = "; ".join(several.of_guideline(each).replace("`", "") for each in facts.guidelines)
    overlap = ", ".join(f"{of.overlap} ({of.slug})" for of in facts.several) or str(facts.overlap)
    people = "fewer than 10" if facts.people is None else f"at least {facts.people}"
    agreed = [
        f"{each.measure.title}: "
        + ", ".join(f"alpha ({level.value}) {statistics.estimate(value)}" for level, value in
                    each.agreement.alpha.items())
        + f", AC1 {statistics.estimate(each.agreement.ac1)}"
        for each in found.statistics.measured
    ]  # fmt: skip
    filled = {
        "rai:dataCollection": said.get("sources"),
        "rai:dataCollectionType": ["Human annotators"],
        "rai:dataCollectionTimeframe": [facts.began, facts.moment[:10]],
        "rai:dataAnnotationProtocol": f"{facts.kind_title}: {facts.question} Written instructions: "
        f"{guidelines or 'none'}. Each judgment names its version. Completions are shown in an order drawn anew for "
        "each person, without the names of models, and nothing is preselected.",
        "rai:annotationsPerItem": f"{overlap} asked for each task; {found.statistics.judgments} counted of "
        f"{found.statistics.tasks} tasks",
        "rai:annotatorDemographics": [f"People who judged: {people}. Nothing about single people is told."],
        "rai:dataAnnotationPlatform": [f"labeler {facts.version}"],
        "rai:dataAnnotationAnalysis": [*agreed, "Single judgments are kept; intervals and groups are in stats.json."],
        "rai:machineAnnotationTools": [],
        "rai:dataPreprocessingProtocol": ["Texts are as they were imported."],
        "rai:dataManipulationProtocol": "What was left out, with its count and reason, is in README.md and "
        "manifest.json.",
        "rai:dataLimitations": [each for each in limits if each],
        "rai:dataBiases": weaknesses.biases(found) or ["No habit of position or length was measured."],
        "rai:dataUseCases": [each for each in (said.get("intended_uses"), _not_for(said.get("out_of_scope_uses")))
                             if each],
        "rai:personalSensitiveInformation": [each for each in (said.get("people_in_texts"), hard and
                                                               f"Content that may distress: {hard}.") if each],
        "rai:dataSocialImpact": said.get("social_impact"),
        "rai:dataReleaseMaintenancePlan": said.get("maintenance"),
    }  # fmt: skip
    work = " ".join(line.strip() for line in conditions.page(facts.conditions) if line and not line.startswith("|"))
    filled["rai:dataAnnotationProtocol"] = f"{filled['rai:dataAnnotationProtocol']} {work}"
    return {name: value for name, value in filled.items() if value}


def _not_for(text: str | None) -> str | None:
    return None if text is None else f"Not for: {text}"


def _file(each: DataFile) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": each.path,
        "name": each.path,
        "contentUrl": each.path,
        "contentSize": f"{each.bytes} B",
        "encodingFormat": PARQUET if each.path.endswith(".parquet") else LINES,
        "sha256": each.sha256,
    }


def records(each: DataFile) -> dict[str, Any]:
    """The rows of a data file as a record set."""
    name = str(each.records)
    fields, deep = [], []
    for column in each.columns:
        made, left_out = _field(f"{name}/{column.name}", column.declared, _source(each.path, column.name))
        fields += [made] if made is not None else []
        deep += [f"{column.name}{part}" for part in left_out]
    by_id = {field["@id"]: field for field in fields}
    who, answered = by_id.get(f"{name}/labeler"), by_id.get(f"{name}/{ANSWERED}")
    if who is not None and answered is not None:
        answered["annotation"] = {
            "@type": "cr:Field",
            "@id": f"{name}/{ANSWERED}/annotator",
            "name": f"{name}/{ANSWERED}/annotator",
            "description": "The made-up name of who gave this judgment.",
            "dataType": ["sc:Text", "prov:Person"],
            "equivalentProperty": "prov:wasAttributedTo",
            "source": who["source"],
        }
    beyond = f" Not told here, because they lie deeper: {', '.join(deep)}; see schemas/." if deep else ""
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": f"The rows of {each.path}.{beyond}",
        **({"key": {"@id": f"{name}/id"}} if f"{name}/id" in by_id else {}),
        "field": fields,
    }


def _source(path: str, column: str) -> dict[str, Any]:
    return {"fileObject": {"@id": path}, "extract": {"column": column}}


def _field(name: str, declared: Mapping[str, Any], source: dict[str, Any]) -> tuple[dict[str, Any] | None, list[str]]:
    """A column as a field, and the parts of it that lie deeper than one list or struct: readers of the format take the
    first value only of what is deeper. None where nothing is left."""
    made: dict[str, Any] = {"@type": "cr:Field", "@id": name, "name": name}
    inner: Any = declared
    if "list" in declared:
        made |= {"isArray": True, "arrayShape": "-1"}
        inner = declared["list"]
    plain = inner if isinstance(inner, str) else inner.get("dtype") if isinstance(inner, Mapping) else None
    if plain is not None:
        return {**made, "dataType": TYPES[plain], "source": source}, []
    inside = inner["struct"] if isinstance(inner, Mapping) else inner
    parts = [
        {
            "@type": "cr:Field",
            "@id": f"{name}/{part['name']}",
            "name": f"{name}/{part['name']}",
            "dataType": TYPES[part["dtype"]],
            "source": {**source, "transform": {"jsonPath": f"$.'{part['name']}'"}},
        }
        for part in inside
        if "dtype" in part
    ]
    deep = [f"/{part['name']}" for part in inside if "dtype" not in part]
    return ({**made, "subField": parts} if parts else None), deep
