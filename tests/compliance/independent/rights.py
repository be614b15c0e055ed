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
        if (known.inside(due) and due <= newest(known)) or (done and known.inside(done[0])):
            value = f"{(done[0] - asked.at) // DAY} days" if done else "not ended"
            at = done[0] if done else asked.at
            found.add(known.person(asked.subject), at, value, not done or done[0] > due)
    found.untested = not found.cells
    return found


def dec_5(known: Known) -> Found:
    """What the self-check of copies found."""
    return by_runs(known, "DEC-5")


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
    found, waits = Found(), False
    for run in known.acts_inside("canary.run"):
        if run.fields["kind"] != "grievance":
            continue
        answers = platform(known, "canary.answer", run.subject)
        if not answers:
            if newest(known) > run.at + (60 + known.values["conclude_days"]) * DAY:
                found.add(None, run.at, "no answer", True)
            else:
                waits = True
            continue
        about = UUID(answers[0].fields["about"])
        opened = platform(known, "grievance.open", about)
        if not opened or not bound(run, answers[0]):
            found.add(None, answers[0].at, "not the one that was sent", True)
            continue
        _, done, good = in_time(known, opened[0])
        value = f"{(done - opened[0].at) // HOUR} h" if done else "never"
        found.add(None, answers[0].at, value, not good)
    found.untested = waits or not found.cells
    return found


def grv_2(known: Known) -> Found:
    """Grievances are acknowledged and concluded in time."""
    found = Found()
    for opened in known.acts("grievance.open"):
        read, done, _ = in_time(known, opened)
        for step, act in (("acknowledge", read), ("conclude", done)):
            due = opened.at + known.values[f"{step}_days"] * DAY
            if (known.inside(due) and due <= newest(known)) or (act is not None and known.inside(act)):
                value = f"{(act - opened.at) // DAY} days" if act else "never"
                found.add(None, act or opened.at, f"{step}: {value}", act is None or act > due)
    trials = [entry.fields["about"] for entry in known.acts("canary.answer") if entry.fields["kind"] == "grievance"]
    real = [entry for entry in known.acts_inside("grievance.conclude") if str(entry.subject) not in trials]
    true = [entry for entry in real if entry.fields["outcome"] == "substantiated"]
    found.figures.append(("found true", len(true), len(real)))
    found.untested = not found.cells
    return found


def grv_3(known: Known) -> Found:
    """The watch looked each day, somebody looked at each sign within a week, and none was found true."""
    found = by_runs(known, "GRV-3")
    for flag in own(known, "watch.flag"):
        looks = [look for look in own(known, "watch.look") if look.subject == flag.subject]
        true = [look for look in looks if known.inside(look.at) and look.fields["state"] == "upheld"]
        if true:
            found.add(None, true[0].at, "found true", True)
        due = flag.at + A_WEEK
        if known.inside(due) and due <= newest(known) and not any(look.at <= due for look in looks):
            found.failed = True
    return found


def in_force(known: Known, contract: UUID, at: datetime) -> Entry | None:
    """The version of a contract that was in force."""
    best = None
    for said in own(known, "contract.condition"):
        begins, ends = moment(said.fields["from_at"]), said.fields["until_at"]
        stands = said.subject == contract and begins <= at and (ends is None or at < moment(ends))
        if stands and (best is None or moment(best.fields["from_at"]) < begins):
            best = said
    return best


def gov_1(known: Known) -> Found:
    """Who works has seen the version in force of each of the vendor's contracts."""
    found = Found()
    given = [entry for entry in known.acts_inside("assignment.hand_out") if entry.actor is not None]
    for person in {known.person(entry.actor) for entry in given if entry.actor}:
        hers = [entry.at for entry in given if entry.actor and known.person(entry.actor) == person]
        for contract in {entry.subject for entry in own(known, "contract.condition")}:
            version = in_force(known, contract, max(hers))
            if version is None:
                continue
            seen = [
                entry.at for entry in own(known, "contract.seen")
                if entry.subject == contract and entry.fields["version"] == version.fields["version"]
                and entry.actor is not None and known.person(entry.actor) == person
            ]  # fmt: skip
            due = max(moment(version.fields["from_at"]), min(hers)) + A_FORTNIGHT
            late = not seen or seen[0] > due
            if not late or due <= max(hers):
                found.add(person, seen[0] if seen else min(hers), f"version {version.fields['version']}", late)
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
            found.add(None, came.at, "had the seat" if left else "has the seat", False)
    work = [entry.at for entry in own(known, "assignment.hand_out") if known.inside(entry.at)]
    empty = [at for at in work if not any(came <= at and (left is None or at < left) for came, left in seats)]
    for at in empty:
        given_up = [left for _, left in seats if left is not None and left <= at]
        if at - max([*given_up, min(work)]) > A_FORTNIGHT:
            found.failed = True
    found.untested = not work or not (found.cells or found.failed)
    return found


def gov_6(known: Known) -> Found:
    """Figures came out in the year before the period's end."""
    found, before = Found(), False
    for entry in known.acts("disclosure.publish"):
        if known.end - A_YEAR <= entry.at < known.end:
            found.add(None, entry.at, f"{entry.fields['period']}, {entry.fields['digest'][:12]}", False)
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
