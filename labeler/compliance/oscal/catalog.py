"""The standard as an OSCAL catalog: its controls with numbers, tests, attestations asked for, and references. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from labeler.compliance.oscal.parts import METHOD_NS, NS, Made, metadata, name, prop, published, written
from labeler.compliance.standards import Control, Standard
from labeler.compliance.standards.catalogue import BY_DEFAULT, Framework, Point, frameworks, rules
from labeler.wellbeing.limits import Number


def catalog(standard: Standard) -> bytes:
    """The catalog of a standard. A number that several controls have stands at the catalog itself."""
    shared = _shared(standard)
    used = {
        (to, point) for control in standard.controls for to, points in control.crosswalk.items() for point in points
    }
    told: Made = {
        "uuid": name("catalog", standard.id, standard.version, standard.digest),
        "metadata": metadata(
            f"{standard.title} {standard.version}",
            standard.version,
            published(standard),
            [prop("digest", standard.digest, **{"class": "SHA-256"})],
        ),
        "params": [parameter(of, standard.numbers[of]) for of in shared],
        "controls": [_control(standard, control, shared) for control in standard.controls],
        "back-matter": {
            "resources": [
                _resource(framework, point)
                for framework in frameworks().values()
                for point in framework.points.values()
                if (framework.id, point.id) in used
            ]
        },
    }
    if not shared:
        del told["params"]
    return written("catalog", told)


def _shared(standard: Standard) -> tuple[str, ...]:
    owners = [of for control in standard.controls for of in control.parameters]
    return tuple(of for of in standard.numbers if owners.count(of) > 1)


def parameter(of: str, number: Number) -> Made:
    """A number with its value, its unit, and the ratchet: which values a profile may have."""
    better, limit = ("<=", number.least) if number.stricter < 0 else (">=", number.most)
    other = ">=" if number.stricter < 0 else "<="
    way = "Lower" if number.stricter < 0 else "Higher"
    return {
        "id": of,
        "label": f"{number.words} ({number.unit.value})",
        "props": [
            *([prop("rule", number.rule)] if number.rule else []),
            prop("unit", number.unit.value),
            prop("stricter", "lower" if number.stricter < 0 else "higher"),
        ],
        "constraints": [
            {
                "description": f"{way} protects more. A profile has a value from {min(number.value, limit)} to "
                f"{max(number.value, limit)}.",
                "tests": [
                    {"expression": f"{of} {better} {number.value}", "remarks": "The ratchet."},
                    {"expression": f"{of} {other} {limit}", "remarks": "What makes sense."},
                ],
            }
        ],
        "values": [str(number.value)],
    }


def _control(standard: Standard, control: Control, shared: tuple[str, ...]) -> Made:
    own = [parameter(of, standard.numbers[of]) for of in control.parameters if of not in shared]
    made: Made = {"id": control.id, "class": "core" if control.core else "scored", "title": control.title}
    if own:
        made["params"] = own
    made["props"] = [
        {"name": "label", "value": control.id},
        {"name": "sort-id", "value": control.id.lower()},
        prop("core", "yes" if control.core else "no"),
        prop("proof", " and ".join(["tested"] * bool(control.rules) + ["attested"] * bool(control.asks))),
    ]
    links = [{"href": f"#{needed}", "rel": "required"} for needed in control.depends]
    links += [
        {"href": f"#{name('point', to, point)}", "rel": "reference", "text": f"{_relation(control, to, point)} {point}"}
        for to, points in control.crosswalk.items()
        for point in points
    ]
    if links:
        made["links"] = links
    made["parts"] = [
        {"id": f"{control.id}_smt", "name": "statement", "prose": control.statement},
        _objective(standard, control),
        *_methods(control),
    ]
    return made


def _relation(control: Control, to: str, point: str) -> str:
    return control.relations.get((to, point), BY_DEFAULT)


def _objective(standard: Standard, control: Control) -> Made:
    """What is looked for: a part for each rule, with the numbers that it goes by."""
    parts = []
    numbers = [(of, standard.numbers[of]) for of in control.parameters]
    for rule in control.rules:
        says = [rules()[rule].says]
        says += [_number(of, each) for of, each in numbers if each.rule == rule]
        parts.append(
            {
                "id": f"{control.id}_obj.{rule}",
                "name": "assessment-objective",
                "props": [{"name": "label", "value": rule}],
                "prose": "\n\n".join(says),
            }
        )
    if control.asks:
        held = "attestation_months"
        says = [control.asks, f"It holds {_insert(held)} {standard.numbers[held].unit.value}."]
        parts.append(
            {
                "id": f"{control.id}_obj.attested",
                "name": "assessment-objective",
                "props": [{"name": "label", "value": "attested"}],
                "prose": "\n\n".join(says),
            }
        )
    says = ["All of this is so:"]
    says += [_number(of, each) for of, each in numbers if each.rule and each.rule not in control.rules]
    return {"id": f"{control.id}_obj", "name": "assessment-objective", "prose": "\n\n".join(says), "parts": parts}


def _number(of: str, number: Number) -> str:
    return f"{number.words}: {_insert(of)} {number.unit.value}."


def _insert(of: str) -> str:
    return f"{{{{ insert: param, {of} }}}}"


def _methods(control: Control) -> Iterator[Made]:
    if control.rules:
        yield _method(
            control,
            "TEST",
            f"All entries of the sealed record in the period that {', '.join(control.rules)} asks about; no sample.",
        )
    if control.asks:
        yield _method(control, "EXAMINE", control.document)
    yield _method(control, "INTERVIEW", "What labelers say of this line of the report; it changes no result.")


def _method(control: Control, method: str, objects: str) -> Made:
    return {
        "id": f"{control.id}_{method.lower()}",
        "name": "assessment-method",
        "props": [prop("method", method, METHOD_NS)],
        "parts": [{"id": f"{control.id}_{method.lower()}.objects", "name": "assessment-objects", "prose": objects}],
    }


def _resource(framework: Framework, point: Point) -> Made:
    return {
        "uuid": name("point", framework.id, point.id),
        "title": f"{framework.title}: {point.id}",
        "description": point.says,
        "props": [
            {"name": "framework", "ns": NS, "value": framework.id},
            {"name": "point", "ns": NS, "value": point.id},
            {"name": "known", "ns": NS, "value": point.known.value},
        ],
    }
