"""The report in plain words, for the people it is about. Pure.

A translation is one more entry of `LANGUAGES`, with the same keys; what has none yet is said in English.
"""

from __future__ import annotations

from typing import Any

from labeler.compliance.report.seen import View

LANGUAGES: dict[str, dict[str, str]] = {
    "en": {
        "title": "What the report says about your work",
        "about": (
            "Between {start} and {end} your employer {vendor} was checked against {profile}. This page "
            "is for everybody who worked then."
        ),
        "own_numbers": (
            "The person who asked for this report chose some of its numbers. No number is weaker than the standard."
        ),
        "meets": "All the points that matter most were kept.",
        "meets_not": "Not all the points that matter most were kept, or could be tested.",
        "nobody": "Nobody from outside has checked this report. The platform made it from its own record.",
        "somebody": "An assessor has written a statement; it stands in the full report.",
        "broken": "What was not kept",
        "broken_none": "Nothing was found that was not kept.",
        "untested": "What could not be tested",
        "untested_none": "Everything could be tested.",
        "idle": "What did not happen, and so could not be tested",
        "kept": "What was kept",
        "kept_none": "Nothing was found to be kept.",
        "few": "Where fewer than {k} people are behind a number, it is not told, so that nobody can be recognised.",
        "contest": "If a line is wrong",
        "how": (
            "You may say so, and nobody at your employer learns that it was you. Open your page "
            '"My vendor\'s report" and choose "It is not so" at the line (such as {line}), or bring a '
            "grievance: a person outside your employer reads it. You may also speak to your worker "
            "representative. Neither costs you work, pay or standing."
        ),
        "check": (
            "You can check for yourself that your own breaks and choices are in the record: your page "
            '"What we record" gives you a receipt.'
        ),
    },
}


def worker_view(seen: View, language: str) -> dict[str, Any]:
    """The sentences of the page for labelers, and the lines under them."""
    words = LANGUAGES["en"] | LANGUAGES.get(language, {})
    facts, controls = seen["facts"], seen["controls"]
    named: dict[str, list[Any]] = {
        result: [each for each in controls if each["result"] == result and not each["idle"]] for result in seen["words"]
    }
    idle = [each for each in controls if each["idle"]]
    line = next((each["id"] for group in ("not-satisfied", "not-tested", "satisfied") for each in named[group]), "")
    told = {
        "start": seen["start"][:10], "end": seen["end"][:10], "vendor": facts["vendor-name"],
        "profile": facts["profile"], "k": facts["k"], "line": line,
    }  # fmt: skip
    said = {name: _filled(text, told) for name, text in words.items()}
    return {"say": said, "broken": named["not-satisfied"], "untested": named["not-tested"], "idle": idle,
            "kept": named["satisfied"]}  # fmt: skip


def _filled(text: str, told: dict[str, str]) -> str:
    for name, value in told.items():  # never `format`: a vendor's name may have braces
        text = text.replace("{" + name + "}", value)
    return text
