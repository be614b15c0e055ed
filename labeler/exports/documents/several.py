"""What the papers of a version say of several projects: for each what is its own, once what all share. Pure.

With one project everything is as its owner said it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from labeler.exports.documents import licence
from labeler.exports.documents.questions import FIELDS, SEVERAL, Answers

Said = Sequence[tuple[str, Answers]]
"""The slug of each project, and what its owner answered."""
NOT_ANSWERED = "not answered"


def answers(said: Said) -> Answers:
    """The answers as one: a text that all gave as it is, of others what each said, by project."""
    if len(said) == 1:
        return said[0][1]
    made: dict[str, str] = {}
    for name in FIELDS:
        if not name.startswith("licence"):
            text = joined([(slug, of.get(name)) for slug, of in said])
            made |= {} if text is None else {name: text}
    return {**made, **_licences(said)}


def joined(said: Sequence[tuple[str, str | None]]) -> str | None:
    """One text of what each project says; None where none says anything."""
    texts = {text for _, text in said}
    if texts == {None}:
        return None
    if len(texts) == 1:
        return said[0][1]
    return "\n\n".join(f"Of `{slug}`: {text or NOT_ANSWERED}" for slug, text in said)


def _licences(said: Said) -> dict[str, str]:
    """The licence that all have; else that they are several, and the text that says which is whose."""
    each = {(of.get("licence"), of.get("licence_text")) for _, of in said}
    if len(each) == 1:
        return {name: said[0][1][name] for name in ("licence", "licence_text") if name in said[0][1]}
    parts = [f"The data of the project `{slug}`:\n\n{licence.text(of).rstrip()}" for slug, of in said]
    whose = "Which project a row is of, its batch in manifest.json says, and in `judgments` the column `project`."
    return {"licence": SEVERAL, "licence_text": "\n\n".join([whose, *parts])}


def of_guideline(each: Mapping[str, Any]) -> str:
    """A version of a guideline in words, with its project where there are several."""
    of = f"`{each['project']}` " if "project" in each else ""
    return f"{of}version {each['version']}, SHA-256 `{each['sha256']}`"


def slugs(named: Sequence[str]) -> str:
    """Projects in words: `bread`, or `bread` and `soup`."""
    quoted = [f"`{slug}`" for slug in named]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
