"""What a control comes to, and the rules that rest on the product's looks at itself, counted a second time.

`RULES` are the rules of the self-checks and EXP-4, from entries alone. What stands above the checks (`controls`,
`meets`, `deviations` and so on) takes what each rule came to as given, and entries. Of the code that makes reports
nothing is used but the plain values of `outcome`.
"""

from __future__ import annotations

import calendar
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.compliance.independent.base import DAY, HOUR, WEEK, Entry, Found, Known, Rule, moment

GIVEN = ("assignment.hand_out", "assignment.resume")
SEEN = (*GIVEN, "assignment.reveal")
LONGEST_WAIT = 60 * DAY
"""How long after it was announced the product's trial goes out at the latest."""
WORST_FIRST = ("not-satisfied", "not-tested", "satisfied")
NEED_NOT_HAPPEN = frozenset(
    {
        *("EXP-1", "EXP-2", "EXP-3", "EXP-5", "EXP-6", "EXP-7", "EXP-8", "EXP-11", "EXP-13", "EXP-14"),
        *("WRN-2", "WRN-4", "BRK-2", "REJ-1", "REJ-2", "REJ-3", "REJ-4", "REJ-5", "DEC-1", "DEC-2", "DEC-3"),
        *("GRV-2", "PAY-8", "GOV-7", "GOV-8"),
    }
)
"""Rules about what need not happen in a quarter: nobody's answer was rejected, nothing severe was there to do."""


def newest(known: Known) -> datetime:
    """The newest moment of which anything is known."""
    return max((entry.at for entry in known.entries), default=known.start)


# The rules


def looks(name: str) -> Rule:
    """A rule that rests on the daily look of this name: the vendor's own looks, and those at the whole product."""

    def rule(known: Known) -> Found:
        found = Found()
        for run in known.acts_inside("check.run"):
            if run.fields["check"] != name or (run.log == known.vendor and run.subject != known.vendor):
                continue
            wrong, of = run.fields["exceptions"], run.fields["population"]
            found.add(None, run.at, f"{wrong} of {of}, {run.fields['version']}", wrong > 0)
        begins = known.start
        while begins < known.end:
            ends = min(begins + WEEK, known.end)
            worked = [each for each in known.acts(*GIVEN) if begins <= each.at < ends]
            looked = [at for _, at, _, _ in found.cells if begins <= at < ends]
            found.figures.append((f"runs in the week from {begins.date()}", len(looked), None))
            if ends <= newest(known) and worked and not looked:
                found.untested = True
            begins += WEEK
        if not found.cells:
            found.untested = True
        return found

    return rule


def severity(profile: str) -> int:
    """The highest level that a profile names; what can't be read is forbidden."""
    levels = [0]
    for part in profile.split(",") if profile else ():
        _, colon, level = part.partition(":")
        levels.append(int(level) if colon and level.isdigit() and int(level) <= 4 else 4)
    return max(levels)


def exp_4(known: Known) -> Found:
    """Nothing of severity 4 is served, and the named person keeps the product's own trials away in time."""
    found, good, whole = Found(), 0, 0
    trials = [Trial(each, _answer_to(each, known)) for each in known.acts_inside("canary.run") if _is_trial(each)]
    tried = {each.fields["about"] for each in known.acts("canary.answer") if _is_trial(each)}
    tasks = {each.subject: each.fields["task"] for each in known.acts("assignment.hand_out")}
    for entry in known.acts_inside(*SEEN):
        said = [severity(entry.fields["profile"])] if "profile" in entry.fields else []
        said += [entry.fields["severity"]] if "severity" in entry.fields else []
        is_trial = tasks.get(entry.subject) in tried
        value = f"{max(said)}, the product's trial" if is_trial else max(said)
        found.add(entry.actor and known.person(entry.actor), entry.at, value, is_trial or max(said) >= 4)
    served = bool(found.cells)
    for trial in trials:
        told = _told_of(trial, known)
        if told is not None:
            value, wrong = told
            found.add(None, (trial.answer or trial.announced).at, value, wrong)
            whole, good = whole + 1, good + (not wrong)
    found.figures.append(("trials decided in time", good, whole))
    found.untested = not served
    return found


@dataclass
class Trial:
    """A trial as it was announced, and what became of it."""

    announced: Entry
    answer: Entry | None


def _is_trial(entry: Entry) -> bool:
    return bool(entry.fields["kind"] == "severity-4")


def _answer_to(announced: Entry, known: Known) -> Entry | None:
    for entry in known.acts("canary.answer"):
        if entry.subject == announced.subject and _is_trial(entry):
            return entry
    return None


def _told_of(trial: Trial, known: Known) -> tuple[str, bool] | None:
    """What a trial came to, and whether that is an exception; None while its time is not over."""
    days = known.values["escalation_days"] * DAY
    if trial.answer is None:
        over = trial.announced.at + LONGEST_WAIT + days < newest(known)
        return ("no answer", True) if over else None
    task = UUID(trial.answer.fields["about"])
    sent = _sent(task)
    if not _is_bound(trial.announced, trial.answer) or not (
        trial.announced.at - timedelta(milliseconds=1) <= sent <= trial.answer.at
    ):
        return "not the one that was sent", True
    decided = [each for each in known.acts("escalation.decide") if each.subject == task]
    if not decided:
        return "never decided", True
    first = decided[0]
    named = [each.subject for each in known.acts("escalation.name") if each.at <= first.at]
    hours = f"{(first.at - sent) // HOUR} h"
    if first.fields["decision"] != "stays" or not named or first.actor != named[-1]:
        return f"{hours}, not kept away by the named person", True
    return hours, first.at - sent > days


def _is_bound(announced: Entry, answer: Entry) -> bool:
    """Whether what is said to have been sent is made of the secret whose digest was announced."""
    secret, told = bytes.fromhex(answer.fields["secret"]), UUID(answer.fields["about"])
    drawn = bytearray(hashlib.sha256(b"severity-4 " + secret).digest()[:16])
    drawn[:6] = told.bytes[:6]
    drawn[6] = drawn[6] & 0x0F | 0x70
    drawn[8] = drawn[8] & 0x3F | 0x80
    return hashlib.sha256(secret).hexdigest() == announced.fields["token"] and bytes(drawn) == told.bytes


def _sent(key: UUID) -> datetime:
    """The moment that lies in a key of version 7, to the millisecond."""
    return datetime.fromtimestamp(int.from_bytes(key.bytes[:6]) / 1000, UTC)


LOOKED_AT = (
    *("OPT-3", "OPT-5", "OPT-6", "OPT-7", "OPT-9", "EXP-9", "EXP-10", "WRN-5", "BRK-11"),
    *("MON-1", "MON-2", "MON-3", "MON-4", "MON-5", "MON-6", "DEC-4", "DIV-1", "DIV-2", "GOV-2"),
)
RULES: dict[str, Rule] = {**{name: looks(name) for name in LOOKED_AT}, "EXP-4": exp_4}


# What stands above them


@dataclass
class Control:
    """What a control came to; results are their names. `attestation` is the entry that counts."""

    result: str
    measured: str | None
    attested: str | None
    idle: bool
    attestation: Entry | None
    withdrawn: datetime | None
    confirm: set[UUID]
    contest: set[UUID]


def came_to(check: Any, k: int) -> str:
    """What a rule came to, from its rows (`labeler.compliance.outcome.Checked`)."""
    if check.private and len({row.person for row in check.rows if row.person}) < k:
        return "not-tested"
    if check.failed is not None or [row for row in check.rows if row.exception]:
        return "not-satisfied"
    return "satisfied" if check.untested is None else "not-tested"


def worst(results: Iterable[str]) -> str:
    """The worst of them: a breach before what nobody knows, that before what is well."""
    return min(results, key=WORST_FIRST.index)


def controls(known: Known, standard: Any, checks: Mapping[str, Any]) -> dict[str, Control]:
    """Every control by its id. `checks` are what the rules came to."""
    found: dict[str, Control] = {}
    while len(found) < len(standard.controls):
        for each in standard.controls:
            if each.id not in found and all(name in found for name in each.depends):
                found[each.id] = _control(each, known, checks, found)
    return found


def _control(asked: Any, known: Known, checks: Mapping[str, Any], found: Mapping[str, Control]) -> Control:
    happened = [checks[rule] for rule in asked.rules if not _nothing_happened(checks[rule])]
    measured = worst([came_to(check, known.k) for check in happened] or ["not-tested"]) if asked.rules else None
    entry, withdrawn, attested = attestation(asked.id, known) if asked.asks else (None, None, None)
    idle = bool(asked.rules) and not happened and attested in (None, "satisfied")
    parts: list[str | None] = [measured] if happened else []
    parts += [attested] if asked.asks else []
    result = worst(parts or ["not-tested"])
    if result == "satisfied" and asked.depends:
        needed = [found[name] for name in asked.depends]
        result = worst([result, *(each.result for each in needed if not each.idle)])
    said = said_of(asked.id, known)
    return Control(result, measured, attested, idle, entry, withdrawn, said["confirm"], said["contest"])


def _nothing_happened(check: Any) -> bool:
    """Of what is private it is not even told that nobody did it."""
    return check.rule in NEED_NOT_HAPPEN and not check.rows and check.failed is None and not check.private


def attestation(control: str, known: Known) -> tuple[Entry | None, datetime | None, str]:
    """The newest attestation of a control that was made before the period ended, when it was withdrawn, and what it
    comes to: it has to stand until the period's end, and no longer than the months of the profile."""
    made = [each for each in known.acts("attestation.add") if each.fields["control"] == control]
    made = [each for each in made if each.at < known.end]
    if not made:
        return None, None, "not-tested"
    last = made[-1]
    ends = [each.at for each in known.acts("attestation.withdraw") if each.subject == last.subject]
    dated = moment(last.fields["dated"])
    until = min(moment(last.fields["expires_at"]), months_later(dated, known.values["attestation_months"]) + DAY)
    withdrawn = ends[0] if ends else None
    stands = until >= known.end and (withdrawn is None or withdrawn >= known.end)
    return last, withdrawn, "satisfied" if stands else "not-satisfied"


def months_later(day: datetime, months: int) -> datetime:
    """The same day so many months later, or the last one of a shorter month."""
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return day.replace(year=year, month=month, day=min(day.day, calendar.monthrange(year, month)[1]))


def said_of(control: str, known: Known) -> dict[str, set[UUID]]:
    """Who confirms and who contests a control in the report on this quarter: of each person the last word."""
    quarter = f"{known.start.year} Q{(known.start.month + 2) // 3}"
    last: dict[UUID, str] = {}
    for entry in known.acts("confirmation.say"):
        if (entry.fields["control"], entry.fields["period"]) == (control, quarter):
            last[known.person(entry.subject)] = entry.fields["says"]
    return {says: {who for who, word in last.items() if word == says} for says in ("confirm", "contest")}


def meets(standard: Any, found: Mapping[str, Control]) -> bool:
    """Whether every core control is satisfied, but for those of which nothing happened."""
    core = [found[each.id] for each in standard.controls if each.core]
    return all(each.idle or each.result == "satisfied" for each in core)


def people(known: Known) -> set[UUID]:
    """Everybody who was handed work in the period."""
    return {known.person(entry.actor) for entry in known.acts_inside(*GIVEN) if entry.actor}


def served(known: Known) -> list[dict[UUID, int]]:
    """How many hand-outs each person had, by severity; the last of the four has all that is above."""
    found: list[dict[UUID, int]] = [{}, {}, {}, {}]
    for entry in known.acts_inside("assignment.hand_out"):
        if entry.actor is not None:
            by, who = found[min(severity(entry.fields["profile"]), 3)], known.person(entry.actor)
            by[who] = by.get(who, 0) + 1
    return found


def entries(known: Known) -> int:
    """How many entries of the vendor's log lie in the period."""
    return len([entry for entry in known.entries if entry.log == known.vendor and known.inside(entry.at)])


def deviations(known: Known) -> list[tuple[object, ...]]:
    """Every signed number looser than the standard's that was in force at some time of the period: what it is, its
    span, its place in the record, and what was signed."""
    found: list[tuple[object, ...]] = []
    for entry in known.acts("policy.set"):
        name, value = entry.fields["name"], entry.fields["value"]
        number, stricter = known.standard[name]
        if not entry.fields["signed"] or (value - number) * stricter >= 0:
            continue
        begins = moment(entry.fields["from_at"])
        ends = moment(entry.fields["until_at"]) if entry.fields["until_at"] else None
        if begins >= known.end or (ends is not None and ends <= known.start):
            continue
        signed = [each.fields for each in known.acts("policy.sign") if each.subject == entry.subject]
        signs = (signed[0]["signer"], signed[0]["document"], signed[0]["reason"]) if signed else (None, None, None)
        project = UUID(entry.fields["project"]) if entry.fields["project"] else None
        found.append((name, value, number, begins, ends, project, entry.log, entry.number, *signs))
    return found


def gaps(known: Known) -> list[tuple[int, datetime | None, UUID | None, int | None]]:
    """What the report cannot rest on: how many, and when and where the first of them is."""
    found: list[tuple[int, datetime | None, UUID | None, int | None]] = []
    if known.erased:
        found.append((known.erased, None, None, None))
    recovered = known.acts("record.recovery")
    if recovered:
        found.append((len(recovered), recovered[0].at, recovered[0].log, recovered[0].number))
    late = []
    for log in sorted({entry.log for entry in known.entries}):
        newest_before: datetime | None = None
        for entry in sorted(known.entries, key=lambda each: each.number):
            if entry.log != log:
                continue
            behind = newest_before is not None and newest_before > entry.at + timedelta(minutes=15)
            if behind and known.inside(entry.at) and entry.act not in ("grievance.open", "grievance.write"):
                late.append(entry)
            newest_before = entry.at if newest_before is None else max(entry.at, newest_before)
    if late:
        found.append((len(late), late[0].at, late[0].log, late[0].number))
    return found
