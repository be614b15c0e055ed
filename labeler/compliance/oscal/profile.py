"""A profile in OSCAL: all controls of the standard, and the numbers that are tighter than its own. Pure."""

from __future__ import annotations

import hashlib
from datetime import datetime

from labeler.compliance.oscal.catalog import catalog
from labeler.compliance.oscal.parts import Made, catalog_resource, metadata, name, prop, written
from labeler.compliance.standards import Profile, Standard


def profile(standard: Standard, made: Profile, at: datetime) -> bytes:
    """The file of a profile that was made at `at`. It imports the catalog, whose SHA-256 stands in its back matter."""
    whole = catalog(standard)
    resource = catalog_resource(standard, whole, hashlib.sha256(whole).hexdigest())
    told: Made = {
        "uuid": name("profile", standard.digest, made.digest),
        "metadata": metadata(made.name, standard.version, at, [prop("digest", made.digest, **{"class": "SHA-256"})]),
        "imports": [{"href": f"#{resource['uuid']}", "include-all": {}}],
        "merge": {"as-is": True},
    }
    tighter = {of: value for of, value in made.values.items() if value != standard.numbers[of].value}
    if tighter:
        told["modify"] = {
            "set-parameters": [{"param-id": of, "values": [str(value)]} for of, value in sorted(tighter.items())]
        }
    told["back-matter"] = {"resources": [resource]}
    return written("profile", told)
