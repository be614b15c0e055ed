"""Who reads what a labeler chose, and what she said of herself: the product's modules against two short lists (OPT-5,
BRK-4, DIV-2)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from labeler.compliance.selfchecks.found import Found, Looking, digest_of_files
from labeler.compliance.selfchecks.shipped import by_content, code, imports_of, module, rows_imported, short, tree

PRIVATE = frozenset(
    {"OptOut", "Consent", "Exposure", "Break", "Stretch", "StandDown", "Comfort", "Training", "WorkClock"}
)
TABLES = frozenset({"opt_out", "consent", "exposure", "break", "stretch", "stand_down", "comfort", "training"})

READERS: dict[str, tuple[frozenset[str], str]] = {
    "labeler.wellbeing.": (PRIVATE, "their own room: the rules of the gate, and what she sees of herself"),
    "labeler.assignment.": (PRIVATE, "the gate, inside the claim, the reveal and the hand-out"),
    "labeler.judgments.service": (PRIVATE - {"OptOut", "Comfort"}, "an answer closes what the hand-out opened"),
    "labeler.judgments.storing": (PRIVATE - {"OptOut", "Comfort"}, "an answer closes what the hand-out opened"),
    "labeler.pay.": (
        frozenset({"Break", "Stretch", "StandDown", "Training"}),
        "paid time is derived from them; choices are not in it",
    ),
    "labeler.pay.events": (
        frozenset({"Exposure"}),
        "PAY-8: how many seconds a severe text was on the screen, for the allowance; not of what kind it was",
    ),
    "labeler.warnings.covering": (
        frozenset({"Consent"}),
        "OPT-2: whether a text may stay on the labeler's own screen, asked by that screen: not after her yes ran out",
    ),
    "labeler.cases.watch": (
        frozenset({"OptOut"}),
        "GRV-3: it looks whether somebody is treated worse after she said no. It reads who and when, never to what; "
        "the wellbeing officer alone sees that a no came before, and each look is recorded",
    ),
    "labeler.compliance.selfchecks.rows": (
        frozenset({"Exposure"}),
        "EXP-9: it counts texts that were uncovered and have no exposure; of a whole vendor, never whose",
    ),
    "labeler.erasure.": (
        frozenset({"OptOut", "Consent", "Comfort", "Exposure", "WorkClock"}),
        "removes them when a person's data are erased",
    ),
    "labeler.jobs.retention": (frozenset({"OptOut", "Consent"}), "removes them after the account was closed (MON-5)"),
    "labeler.anomalies.facts": (
        frozenset({"Break"}),
        "GOV-5: when breaks begin and end, to count by vendor how many begin in one second or have an answer at their "
        "edge: signs that a vendor invents work. Counts leave it, never a person or a moment",
    ),
}
"""Who may read rows of one person: the beginning of a module's name, which rows, and why. Nobody else does: no page of
others, no script, no command."""


def may_read(name: str) -> frozenset[str]:
    """Which rows of one person a module may read."""
    return frozenset().union(*(rows for start, (rows, _) in READERS.items() if f"{name}.".startswith(start)))


ROOM = "labeler.demographics"
ABOUT_HERSELF = {
    "labeler.web.about_me": "her own page",
    "labeler.exports.people": "makes the tables and the rows of an export, of ten people or more",
    "labeler.jobs.retention": "deletes it after the account was closed (MON-5)",
    "labeler.erasure.removing": "deletes it when a person's data are erased",
    "labeler.models": "lists every table, for migrations",
}
"""Who may import the room. Claim, pay, workforce, quality, reviews, vendors, statistics and every other page are not
among them, and never will be: nothing about a person's work may depend on what she said."""


@by_content
def past_the_list(path: Path) -> list[str]:
    """What a module reads of one person's rows without standing on the list."""
    here = module(path)
    wrong = [
        f"{short(path)}:{line} reads {name}"
        for line, name in rows_imported(tree(path), "labeler.wellbeing.models")
        if name in PRIVATE - may_read(here)
    ]
    if "labeler.wellbeing.models" in imports_of(tree(path)) and here != "labeler.models":
        whole = any(name == "models" for _, name in rows_imported(tree(path), "labeler.wellbeing"))
        wrong += [f"{short(path)} reads all of them"] * whole
    return wrong


@by_content
def reads_about_her(path: Path) -> bool:
    """Whether a module imports the room of what labelers say of themselves."""
    return any(name == ROOM or name.startswith(f"{ROOM}.") for name in imports_of(tree(path)))


def _outside(paths: Iterable[Path]) -> list[Path]:
    return [path for path in paths if module(path) != ROOM and not module(path).startswith(f"{ROOM}.")]


def opt_5(_looking: Looking) -> Found:
    """OPT-5: every module of the product, and which rows of one person it imports."""
    files = code()
    return Found(len(files), [each for path in files for each in past_the_list(path)], digest_of_files(files))


def div_2(_looking: Looking) -> Found:
    """DIV-2: every module of the product; only her own page, exports' tables and removal know what she said."""
    files = _outside(code())
    wrong = [f"{short(path)} reads it" for path in files if reads_about_her(path) and module(path) not in ABOUT_HERSELF]
    return Found(len(files), wrong, digest_of_files(files))
