"""`LICENSE`: what the owner chose. Texts of known licences are not copied: their names say which one it is. Pure."""

from __future__ import annotations

from labeler.exports.documents.questions import LICENCES, OTHER, SEVERAL, Answers

SPDX = "https://spdx.org/licenses/{}.html"

OWN_TEXT = (OTHER, SEVERAL)
"""What has a text of its own instead of a name."""

NONE_YET = """No licence was chosen for this data when this version was made.

Until its owner says who may use it and how, nobody should pass it on.
"""


def card_name(answers: Answers) -> str:
    """What a dataset card's header calls the licence."""
    chosen = answers.get("licence")
    return "unknown" if chosen is None else OTHER if chosen in OWN_TEXT else chosen.lower()


def address(answers: Answers) -> str | None:
    """Where the licence can be read; None for one of the owner's own, for several, and while none is chosen."""
    chosen = answers.get("licence")
    return None if chosen is None or chosen in OWN_TEXT else SPDX.format(chosen)


def text(answers: Answers) -> str:
    """The file."""
    chosen = answers.get("licence")
    if chosen is None:
        return NONE_YET
    if chosen in OWN_TEXT:
        return answers.get("licence_text", NONE_YET).rstrip() + "\n"
    return (
        f"SPDX-License-Identifier: {chosen}\n\n"
        f"This data is licensed under {LICENCES[chosen]}.\nThe text of the licence: {SPDX.format(chosen)}\n"
    )


def sentence(answers: Answers) -> str:
    """The licence in a line, for people."""
    chosen = answers.get("licence")
    if chosen is None:
        return "Not chosen yet. Until the owner says who may use it and how, nobody should pass it on."
    if chosen == SEVERAL:
        return "Not the same for all of it: `LICENSE` says which part is under which."
    if chosen == OTHER:
        return "The owner's own licence: its text is in `LICENSE`."
    return f"{LICENCES[chosen]} (`{chosen}`), {SPDX.format(chosen)}"
