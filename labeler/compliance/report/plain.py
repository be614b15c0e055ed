"""The report in plain words, for the people it is about. Pure.

Short words and short sentences: many who read it learnt English late. A translation is one more entry of `LANGUAGES`
and of `LINES`, with the same keys; what has none yet is said in English.
"""

from __future__ import annotations

from typing import Any

from labeler.compliance.report.plain_lines import PLAIN
from labeler.compliance.report.seen import View

LINES: dict[str, dict[str, str]] = {"en": PLAIN}
"""What each control means to her, by language and control."""

LANGUAGES: dict[str, dict[str, str]] = {
    "en": {
        "title": "What the report says about your work",
        "about": (
            "Everybody who worked for your employer {vendor} from {start} until before {end} gets this page. It says "
            "which rules for your work were kept. The rules are those of {profile}. Each line is written as one of you "
            "would say it."
        ),
        "own_numbers": (
            "The person who asked for this report chose some of its numbers. No number is weaker than the standard."
        ),
        "meets": "All the most important rules were kept.",
        "meets_not": "Some of the most important rules were not kept, or nobody can say whether they were.",
        "nobody": "Nobody from outside has checked this report. A computer made it from what it wrote down.",
        "somebody": "A person from outside has looked at this report. What that person says is in the full report.",
        "broken": "What was not so",
        "broken_none": "Nothing was found.",
        "untested": "What nobody can say, because it could not be tested",
        "untested_none": "Everything could be tested.",
        "idle": "What did not happen, so there was nothing to test",
        "kept": "What was so",
        "kept_none": "Nothing was found.",
        "few": "A number about fewer than {k} people is not shown. So nobody can find out who they are.",
        "exceptions": "It was written down at least once that this was not so.",
        "paper_none": "Your employer has signed no paper about it.",
        "paper_ended": "Your employer signed a paper about it. That paper was taken back, or is too old.",
        "contest": "Is something wrong here?",
        "how": (
            'You can say so. Open the page "My vendor\'s report". Find the line (such as {line}). Choose "It is not so"'
            ". Nobody at your employer sees that it was you. Or write a grievance: it goes to a person who does not "
            "work for your employer. Or talk to the person who speaks for the workers. You lose no work, no pay and no "
            "rating by it."
        ),
        "check": (
            'Do you want to see that your own breaks and choices were written down? Open the page "My receipts".'
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
    lines = LINES["en"] | LINES.get(language, {})
    return {
        "say": said, "idle": _lines(idle, lines, {}), "kept": _lines(named["satisfied"], lines, {}),
        "broken": _lines(named["not-satisfied"], lines, said), "untested": _lines(named["not-tested"], lines, said),
    }  # fmt: skip


def _lines(controls: list[Any], lines: dict[str, str], said: dict[str, str]) -> list[dict[str, str]]:
    """The lines of one part: what each says to her, and why it stands there; without `said` it needs no reason."""
    return [
        {"id": each["id"], "line": lines.get(each["id"], each["title"]), "why": _why(each, said) if said else ""}
        for each in controls
    ]


def _why(control: Any, said: dict[str, str]) -> str:
    """Why a line is not among those that were kept, without the names of rules."""
    why = []
    if control["measured"] == "not-satisfied":
        why.append(said["exceptions"])
    elif control["measured"] == "not-tested":
        why += [each["reason"] for each in control["checks"] if each["result"] == "not-tested"]
    if control["attested"] == "not-satisfied":
        why.append(said["paper_ended"])
    elif control["attested"] == "not-tested":
        why.append(said["paper_none"])
    return " ".join(dict.fromkeys(why)) or str(control["reason"])


def _filled(text: str, told: dict[str, str]) -> str:
    for name, value in told.items():  # never `format`: a vendor's name may have braces
        text = text.replace("{" + name + "}", value)
    return text
