"""What the figures of a version say against it, in sentences: no judgement of people, only of the data. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from labeler.exports.documents.measured import Measured
from labeler.exports.documents.statistics import estimate, share
from labeler.judgments.figures import Share
from labeler.quality.agreement import Level
from tasks.kind import Tally

LOW_ALPHA = 0.667
"""Below it Krippendorff calls conclusions from data unsafe (Content Analysis, 2004, chapter 11)."""


def measured(found: Measured, tallies: Mapping[str, Tally]) -> list[str]:
    """One sentence for each weakness that the figures show; none where they show none."""
    return [*_agreement(found), *biases(found), *_left_out(tallies)]


def biases(found: Measured) -> list[str]:
    """The habits whose interval does not reach a half, which is what chance gives."""
    told = []
    for words, each in (
        ("The completion shown first was preferred", found.statistics.first),
        ("The longer completion was preferred", found.statistics.longer),
    ):
        if each is not None and _differs(each):
            told.append(f"{words} in {share(each)} of {each.n:,} votes; chance gives 50 %.")
    return told


def _differs(each: Share) -> bool:
    return each.low > 0.5 or each.high < 0.5


def _agreement(found: Measured) -> list[str]:
    of, told = found.statistics, []
    for each in of.measured:
        alpha = each.agreement.alpha.get(Level.NOMINAL)
        if alpha is not None and alpha.value < LOW_ALPHA:
            told.append(
                f"People often differ on {each.measure.title!r}: alpha is {estimate(alpha)}, where conclusions are "
                f"called safe from {LOW_ALPHA} on."
            )
    about = of.about
    if about is not None and of.tasks and 2 * about.agreement.compared < of.tasks:
        told.append(
            f"Only {about.agreement.compared:,} of {of.tasks:,} tasks were read twice or more: of the others nobody "
            "knows whether people agree."
        )
    return told


def _left_out(tallies: Mapping[str, Tally]) -> list[str]:
    told = []
    for name, tally in tallies.items():
        dropped = sum(tally.dropped.values())
        if name != "judgments" and dropped > tally.rows:
            told.append(f"`{name}` leaves out more ({dropped:,}) than it has ({tally.rows:,} rows); the card says why.")
    return told
