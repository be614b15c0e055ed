"""Whose numbers a report measures by: the standard's, a buyer's that the record has, or the asker's own. Pure."""

from __future__ import annotations

from enum import StrEnum

from labeler.audit.logs import PLATFORM
from labeler.compliance.events import Facts
from labeler.compliance.report.asked import Asked
from labeler.compliance.standards import as_published, tightened


class Source(StrEnum):
    """Where a report's numbers come from."""

    STANDARD = "standard"
    RECORD = "record"
    """An entry of the platform's log has them (`profile.add`)."""
    ASKER = "asker"
    """They came in a file, and no entry that the report rests on has them."""


def source(asked: Asked, facts: Facts) -> Source:
    """Where the numbers of a report come from, as the record knows it.

    Raises ValueError for numbers that are looser than the standard's, and for those that go under the name of the
    standard or of a profile in the record that has others: no report may pass for one of these.
    """
    profile, published = asked.profile, as_published(asked.standard)
    if profile.digest == published.digest:
        return Source.STANDARD
    if profile.values.keys() != published.values.keys():
        raise ValueError(f"the profile {profile.name} does not have the numbers of the standard")
    tightened(asked.standard, profile.name, profile.values)
    if of_the_standard(profile.name):
        raise ValueError(f"{profile.name} is a name of the standard's, and these are not its numbers")
    recorded = [event.fields for event in facts.of("profile.add") if event.log == PLATFORM]
    if any(each["digest"] == profile.digest for each in recorded):
        return Source.RECORD
    if any(each["name"].casefold() == profile.name.casefold() for each in recorded):
        raise ValueError(f"the record has a profile called {profile.name} with other numbers")
    return Source.ASKER


def of_the_standard(name: str) -> bool:
    """Whether only the standard itself may be called so."""
    return name.casefold().startswith("lws")
