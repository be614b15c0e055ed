"""Data, grievances and governance, counted a second time."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from uuid import UUID

from tests.compliance.independent.base import DAY, HOUR, Entry, Found, Known, Rule, moment
from tests.compliance.independent.wages import by_runs, newest, own

A_YEAR, A_FORTNIGHT, A_WEEK = timedelta(days=366), timedelta(days=14), timedelta(days=7)


def erase(known: Known) -> Found:
    """A person's data are gone within the days of the standard."""
    found = Found(private=True)
    for asked in own(known, "person.erase"):
        due = asked.at + known.values["erase_days"] * DAY
        done = [entry.at for entry in own(known, "person.erased") if entry.subject == asked.subject]
        if known.inside(due) or (done and known.inside(done[0])):
            value = f"{(done[0] - asked.at) // DAY}" if done else "not ended"
            found.add(known.person(asked.subject), asked.at, value, not done or done[0] > due)
    found.untested = not found.cells
    return found


def dec_5(known: Known) -> Found:
    """What the self-check of copies found."""
    return by_runs(known, "DEC-5", known.vendor)


def platform(known: Known, act: str, subject: UUID) -> list[Entry]:
    """The entries of an act about something in the platform's log."""
    return [entry for entry in known.acts(act) if entry.log != known.vendor and entry.subject == subject]


def in_time(known: Known, opened: Entry) -> tuple[datetime | None, datetime | None, bool]:
    """When a grievance was acknowledged and concluded, and whether each was in time."""
    read = [entry.at for entry in platform(known, "grievance.acknowledge", opened.subject)]
    done = [entry.at for entry in platform(known, "grievance.conclude", opened.subject)]
    good = bool(read) and read[0] <= opened.at + known.values["acknowledge_days"] * DAY
    good = good and bool(done) and done[0] <= opened.at + known.values["conclude_days"] * DAY
    return read[0] if read else None, done[0] if done else None, good


def bound(run: Entry, answer: Entry) -> bool:
    """Whether what is said to have been sent is what the record was bound to before."""
    secret = bytes.fromhex(answer.fields["secret"])
    drawn = bytearray(hashlib.sha256(b"grievance " + secret).digest()[:16])
    drawn[6] = drawn[6] & 0x0F | 0x40
    drawn[8] = drawn[8] & 0x3F | 0x80
    same = UUID(bytes=bytes(drawn)) == UUID(answer.fields["about"])
    return same and hashlib.sha256(secret).hexdigest() == run.fields["token"]


def grv_1(known: Known) -> Found:
    """The product's own grievances were answered in time."""
    found = Found()
    for run in known.acts_inside("canary.run"):
        if run.fields["kind"] != "grievance":
            continue
        answers = platform(known, "canary.answer", run.subject)
        if not answers:
            if newest(known) > run.at + (60 + known.values["conclude_days"]) * DAY:
                found.add(None, run.at, "no answer", True)
            continue
        about = UUID(answers[0].fields["about"])
        opened = platform(known, "grievance.open", about)
        if not opened or not bound(run, answers[0]):
            found.add(None, run.at, "not the one", True)
            continue
        _, done, good = in_time(known, opened[0])
        value = f"{(done - opened[0].at) // HOUR}" if done else "not concluded"
        found.add(None, run.at, value, not good)
    found.untested = not found.cells
    return found


def grv_2(known: Known) -> Found:
    """Grievances are acknowledged and concluded in time."""
    found = Found()
    for opened in known.acts("grievance.open"):
        read, done, _ = in_time(known, opened)
        for act, days in ((read, "acknowledge_days"), (done, "conclude_days")):
            due = opened.at + known.values[days] * DAY
            if known.inside(due) or (act is not None and known.inside(act)):
                value = f"{(act - opened.at) // DAY}" if act else "not yet"
                found.add(None, opened.at, value, act is None or act > due)
    found.untested = not found.cells
    return found


def grv_3(known: Known) -> Found:
    """The watch looked each day, somebody looked at each sign within a week, and none was found true."""
    found = by_runs(known, "GRV-3", known.vendor)
    found.cells = [(who, at, value, False) for who, at, value, _ in found.cells]
    for look in own(known, "watch.look"):
        if known.inside(look.at) and look.fields["state"] == "upheld":
            found.add(None, look.at, "upheld", True)
    for flag in own(known, "watch.flag"):
        due = flag.at + A_WEEK
        looks = [look for look in own(known, "watch.look") if look.subject == flag.subject and look.at <= due]
        if known.inside(due) and not looks:
            found.failed = True
    return found


def in_force(known: Known, contract: UUID, at: datetime) -> Entry | None:
    """The version of a contract that was in force."""
    best = None
    for said in own(known, "contract.condition"):
        begins, ends = moment(said.fields["from_at"]), said.fields["until_at"]
        if said.subject == contract and begins <= at and (ends is None or at < moment(ends)):
            best = said
    return best


def gov_1(known: Known) -> Found:
    """Who works has seen the version in force of each of the vendor's contracts."""
    found = Found()
    given = [entry for entry in own(known, "assignment.hand_out") if known.inside(entry.at)]
    for account in {entry.actor for entry in given if entry.actor}:
        last = max(entry.at for entry in given if entry.actor == account)
        for contract in own(known, "contract.add"):
            version = in_force(known, contract.subject, last - A_FORTNIGHT)
            if version is None:
                continue
            seen = any(
                entry.actor == account and entry.subject == contract.subject
                and entry.fields["version"] == version.fields["version"] and entry.at <= last
                for entry in own(known, "contract.seen")
            )  # fmt: skip
            found.add(known.person(account), version.at, version.fields["version"], not seen)
    found.untested = not found.cells
    return found


def gov_3(known: Known) -> Found:
    """Somebody has the representative's seat; it is not empty for more than a fortnight of work."""
    found, seats = Found(), []
    for came in own(known, "user.add"):
        if came.fields["role"] != "worker-representative":
            continue
        left = [entry.at for entry in known.acts("user.disable") if entry.subject == came.subject]
        seats.append((came.at, left[0] if left else None))
        if came.at < known.end and (not left or left[0] > known.start):
            found.add(None, came.at, "seat", False)
    work = [entry.at for entry in own(known, "assignment.hand_out") if known.inside(entry.at)]
    empty = [at for at in work if not any(came <= at and (left is None or at < left) for came, left in seats)]
    for first in empty:
        for last in empty:
            between = [at for at in work if first <= at <= last]
            if last - first > A_FORTNIGHT and all(at in empty for at in between):
                found.failed = True
    found.untested = not found.cells and not work
    return found


def gov_6(known: Known) -> Found:
    """Figures came out in the year before the period's end."""
    found, before = Found(), False
    for entry in known.acts("report.publish", "disclosure.publish"):
        if known.end - A_YEAR <= entry.at < known.end:
            found.add(None, entry.at, f"{entry.fields['period']} {entry.fields['digest']}", False)
        before = before or entry.at < known.end - A_YEAR
    found.failed = before and not found.cells
    found.untested = not before and not found.cells
    return found


def gov_7(known: Known) -> Found:
    """What an assessor found was answered by its day, or closed."""
    found = Found()
    for finding in own(known, "finding.write"):
        day = date.fromisoformat(finding.fields["due_on"])
        midnight = datetime(day.year, day.month, day.day, tzinfo=known.start.tzinfo)
        if not known.inside(midnight):
            continue
        answered = [
            entry for entry in own(known, "finding.reply", "finding.close")
            if entry.subject == finding.subject and entry.at < midnight + DAY
        ]  # fmt: skip
        found.add(None, finding.at, finding.fields["control"], not answered)
    found.untested = not found.cells
    return found


def gov_8(known: Known) -> Found:
    """An assessor signed for a report in the year before the period's end."""
    found = Found()
    for entry in own(known, "audit.sign"):
        if known.end - A_YEAR <= entry.at < known.end:
            found.add(None, entry.at, entry.fields["assurance"], False)
    if any(value != "none" for _, _, value, _ in found.cells):
        return found
    found.failed = any(entry.at <= known.end - A_YEAR for entry in own(known, "vendor.add"))
    found.untested = not found.failed
    return found


RULES: dict[str, Rule] = {
    "ERASE": erase, "DEC-5": dec_5, "GRV-1": grv_1, "GRV-2": grv_2, "GRV-3": grv_3, "GOV-1": gov_1, "GOV-3": gov_3,
    "GOV-6": gov_6, "GOV-7": gov_7, "GOV-8": gov_8,
}  # fmt: skip
