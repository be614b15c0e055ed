"""Making a report's figures anew from an auditor's pack: on any machine, without a database.

The same checks run over the opened leaves, and `report.json`, its pages and its rows must come out to the byte.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from uuid import UUID

from labeler.audit.logs import PLATFORM
from labeler.compliance import standards
from labeler.compliance.events import Event, event_of, facts_of
from labeler.compliance.reading import read_for
from labeler.compliance.report.agreeing import PAGE, WORKER, rows_path
from labeler.compliance.report.asked import Asked, Earlier, period_named
from labeler.compliance.report.made import CHECKPOINT, REPORT, Made, make
from labeler.compliance.report.rendering import html, worker_html
from labeler.compliance.report.seen import View, figures, view
from labeler.compliance.report.texts import TextKind, digest
from labeler.compliance.report.verify import Damaged, Sound
from labeler.compliance.standards import Profile


def recompute(files: Mapping[str, bytes], sound: Sound) -> Made:
    """Make the report again, and compare everything. Raises Damaged for the first figure that differs, and for a
    bundle without rows."""
    if sound.opened is None:
        raise Damaged(REPORT, "only an auditor's pack can be recomputed: this bundle has no leaves")
    seen = sound.view
    try:
        asked = _asked(files, seen)
        events = list(_events(asked, sound.opened.entries))
        facts = facts_of(asked.vendor, asked.period, asked.profile, events, sound.opened.erased, asked.k)
        made = make(asked, facts, sound.opened.salts, _texts(seen))
    except (ValueError, KeyError, TypeError, FileNotFoundError) as error:
        raise Damaged(REPORT, f"it cannot be made again by this version ({type(error).__name__}: {error})") from None
    _compare(files, made, sound)
    return made


def _asked(files: Mapping[str, bytes], seen: View) -> Asked:
    facts = seen["facts"]
    standard = standards.read(facts["standard"].partition(" ")[2])
    if standard.digest != facts["standard-digest"]:
        raise ValueError("it was made by another text of the standard")
    profile = Profile(facts["profile"], dict(seen["values"]))
    earlier = tuple(
        Earlier(each["number"], Profile(each["profile"], each["values"]), each["vendor_size"], each["platform_size"])
        for each in seen["earlier"]
    )
    return Asked(
        UUID(facts["vendor"]), int(facts["number"]), period_named(facts["period"]), profile, standard,
        int(facts["vendor-size"]), int(facts["platform-size"]), files[CHECKPOINT].decode(), int(facts["k"]), earlier,
    )  # fmt: skip


def _events(asked: Asked, entries: Mapping[tuple[UUID, int], bytes]) -> Iterator[Event]:
    """The events that a report rests on, as they are read from the database."""
    for (log, number), entry in entries.items():
        event = event_of(log, number, entry)
        if read_for(event.act, event.at, asked.period, platform=log == PLATFORM):
            yield event


def _texts(seen: View) -> dict[str, tuple[str, str]]:
    return {
        digest(TextKind(kind), seen["facts"]["period"], each["signer"], each["prose"]): (each["signer"], each["prose"])
        for kind, each in seen["texts"].items()
    }


def _compare(files: Mapping[str, bytes], made: Made, sound: Sound) -> None:
    if made.report != files[REPORT]:
        was, now = figures(sound.view), figures(view(made.report))
        for place in [*now, *was]:
            if was.get(place) != now.get(place):
                said = f"{place} is {was.get(place, 'not there')}, and comes to {now.get(place, 'nothing')}"
                raise Damaged(REPORT, said)
        raise Damaged(REPORT, "its figures are right, but its words differ from those that this version writes")
    for path, data in made.files.items():
        if files.get(path) != data:
            raise Damaged(path, "it comes out differently")
    for rule, data in made.rows.items():
        if gzip.decompress(files[rows_path(rule)]) != data:
            raise Damaged(rows_path(rule), "its rows come out differently")
    for path, page in ((PAGE, html), (WORKER, worker_html)):
        if files[path] != page(sound.view, sound.digest):
            raise Damaged(path, "it comes out differently from report.json")
