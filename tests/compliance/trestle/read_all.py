"""Reads OSCAL files with compliance-trestle, in its own environment: `read_all.py MODEL=FILE …` prints each title."""

from __future__ import annotations

import sys
from pathlib import Path

from trestle.oscal.assessment_results import AssessmentResults
from trestle.oscal.catalog import Catalog
from trestle.oscal.mapping import MappingCollection
from trestle.oscal.profile import Profile

MODELS = {
    "catalog": Catalog,
    "profile": Profile,
    "mapping-collection": MappingCollection,
    "assessment-results": AssessmentResults,
}

for asked in sys.argv[1:]:
    model, _, file = asked.partition("=")
    told = MODELS[model].oscal_read(Path(file))
    assert told is not None, f"{file} could not be read"
    print(told.metadata.title)
