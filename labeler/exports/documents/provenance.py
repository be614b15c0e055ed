"""The 22 fields of the Data Provenance Standards (Data & Trust Alliance), from facts or null. Pure.

Three parts: where the data comes from, how it came to be, how it may be used. They are in the manifest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from labeler.exports.documents import licence
from labeler.exports.documents.questions import Answers


def standard(
    *,
    version: str,
    export_id: str,
    name: str,
    slugs: Sequence[str],
    number: int,
    began: str,
    moment: str,
    before: str | None,
    kind_title: str,
    answers: Answers,
    hard: bool,
) -> dict[str, dict[str, Any]]:
    """The fields by part. Null where nobody has said it; nothing is guessed."""
    own = answers.get("licence") in licence.OWN_TEXT
    return {
        "source": {
            "standards_version": "1.0.0",
            "dataset_title": name,
            "unique_metadata_identifier": f"urn:uuid:{export_id}",
            "metadata_location": "manifest.json",
            "dataset_issuer": answers.get("creator"),
            "description_of_the_dataset": answers.get("motivation"),
        },
        "provenance": {
            "source_metadata_for_dataset": answers.get("sources"),
            "source_if_different_from_issuer": None,
            "data_origin_geography": answers.get("geography"),
            "dataset_issue_date": moment,
            "date_of_previously_issued_version": before,
            "range_of_dates_of_data_generation": {"from": began, "until": moment},
            "method": f"{kind_title}: judgments by people, collected with labeler {version} (project "
            f"{', '.join(slugs)}, version {number})",
            "data_format": "Apache Parquet and JSON Lines",
        },
        "use": {
            "confidentiality_classification": "sensitive content" if hard else None,
            "consent_documentation_location": "DATASHEET.md" if "people_in_texts" in answers else None,
            "privacy_enhancing_technologies": [
                "keyed pseudonyms", "time in buckets", "tables of ten people or more",
            ],
            "data_processing_geography_inclusion_exclusion": None,
            "data_storage_geography_inclusion_exclusion": None,
            "license_to_use": licence.address(answers) or ("LICENSE" if own else None),
            "intended_data_use": answers.get("intended_uses"),
            "proprietary_data_presence": None,
        },
    }  # fmt: skip
