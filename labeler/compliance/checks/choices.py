"""What a labeler says no and yes to (OPT-1, 2, 4, 8, EXP-13). Pure.

Opt-outs and consents are an account's, as the gate keeps them. A no must have its effect within `opt_out_seconds`: a
request that was under way in that moment may still be answered, and is taken back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from labeler.audit.acts import ACTS
from labeler.compliance.checks.day import SENSITIVE, Day, Held, day, profile_of, severity_of
from labeler.compliance.checks.exposure import none, row_of, served
from labeler.compliance.checks.runs import by_runs
from labeler.compliance.checks.sums import Work
from labeler.compliance.events import Event, Facts
from labeler.compliance.outcome import Checked, Figure, Row

NOBODY = "Nobody declined anything in this period."
FOR_EVER = float("inf")


@dataclass(frozen=True, slots=True)
class No:
    """An opt-out: what it is about, and from when until when it stands."""

    event: Event
    scope: str
    target: str | None
    from_at: float
    until: float

    def forbids(self, held: Held, profile: str) -> bool:
        """Whether it forbids this content."""
        match self.scope:
            case "task":
                return self.target == str(held.task)
            case "project":
                return self.target == str(held.project)
            case "category":
                return profile_of(profile).get(self.target or "", 0) > 0
            case "sensitive":
                return severity_of(profile) >= SENSITIVE
        return True  # nobody knows what it is about, so it is about everything


def refusals(facts: Facts) -> Mapping[UUID, list[No]]:
    """By account, every no that was said, in order. One that somebody else took back stands all the same."""
    said = {event.subject: event for event in facts.of("opt_out.say")}
    undone: dict[UUID, float] = {}
    for event in facts.of("opt_out.undo"):
        if event.subject in said and event.actor == said[event.subject].actor:
            undone.setdefault(event.subject, event.at.timestamp())
    found: defaultdict[UUID, list[No]] = defaultdict(list)
    for key, event in said.items():
        told = event.fields
        until = undone.get(key, FOR_EVER)
        found[event.actor or event.subject].append(
            No(event, str(told.get("scope")), told.get("target"), event.at.timestamp(), until)
        )
    return found


def free_to_decline(facts: Facts) -> Checked:
    """OPT-1. Population: every opt-out, undoing and skip. Value: the act. Exception: the entry carries more than it may
    (a reason was asked for), or somebody else than the labeler said it, took it back or skipped in her name. A daily
    look that found a column for a reason in the schema is an exception too: then these looks alone are told, and to
    everybody, whoever said no. A week without one is told by OPT-6 and OPT-7, which stand beside this rule and rest on
    the same job. Cannot see: pressure outside the platform. That no page asks for a reason is tested when the product
    is built.
    """
    looked = by_runs(facts, "OPT-1")
    if looked.exceptions:
        return Checked("OPT-1", looked.exceptions, failed="The database has a column for a reason of a no.")
    mine = {event.subject: event.actor for event in facts.of("opt_out.say")}
    held, rows = day(facts).held, []
    labelers = {event.subject for event in facts.of("labeler.add")} | {each.account for each in held.values()}
    for event in facts.within("opt_out.say", "opt_out.undo", "assignment.skip"):
        owner = held[event.subject].account if event.subject in held else mine.get(event.subject)
        foreign = event.actor is None or event.actor not in labelers or event.actor != owner
        more = set(event.fields) - ACTS[event.act]
        person = facts.person(owner or event.actor or event.subject)
        rows.append(Row(event.at, person, event.log, event.number, event.act, foreign or bool(more)))
    return Checked("OPT-1", rows, untested=None if rows else NOBODY, private=True)


def no_means_no(facts: Facts) -> Checked:
    """OPT-2. Population: every opt-out of the period, and everything given or shown to an account while one of its
    opt-outs stood. Value: seconds until what it forbade was out of her hands, or `never` (of an opt-out), or the act.
    Exception: a task that it forbids was held longer than `opt_out_seconds` afterwards, or was given or shown later
    than that. All four scopes count, until the labeler herself takes the no back.
    """
    made, grace, rows = day(facts), float(facts.parameter("opt_out_seconds")), []
    said = refusals(facts)
    for refusal in made.refusals:
        if refusal.event.at in facts.period:
            slowest = _slowest(refusal.event, refusal.held, said)
            rows.append(_row(facts, refusal.event, slowest if slowest < FOR_EVER else "never", slowest > grace))
    for each in served(facts, 0, shown=True):
        standing = [no for no in said.get(each.held.account, ()) if no.from_at < each.at < no.until]
        if standing:
            wrong = any(each.at > no.from_at + grace and no.forbids(each.held, each.profile) for no in standing)
            rows.append(row_of(each, each.event.act, exception=wrong))
    return Checked("OPT-2", rows, untested=None if rows else NOBODY, private=True)


def _slowest(event: Event, held: tuple[tuple[Held, str], ...], said: Mapping[UUID, list[No]]) -> float:
    """Seconds until the last task that a no forbids was out of her hands."""
    no = next(each for each in said[event.actor or event.subject] if each.event is event)
    slowest = 0.0
    for each, profile in held:
        if no.forbids(each, profile):
            ended = each.ended.at.timestamp() if each.ended is not None else FOR_EVER
            slowest = max(slowest, min(ended, no.until) - no.from_at)
    return slowest


def _row(facts: Facts, event: Event, value: object, exception: bool) -> Row:
    told = f"{value:.0f}" if isinstance(value, float) else str(value)
    return Row(event.at, facts.person(event.actor or event.subject), event.log, event.number, told, exception)


def explicit_consent(facts: Facts) -> Checked:
    """EXP-13. Population: everything of severity 2 or more that was handed out, taken up again or shown. Value: its
    profile. Exception: for one of its categories at severity 2 or more the account had no yes of its own, to that
    severity, that stood then. A yes stands until it is taken back or replaced by another one to its category, to the
    end that it names, and no longer than the `consent_days` in force when it was said; what was under way then may
    come within `opt_out_seconds`. Cannot see: whether the words of a yes were today's.
    """
    yes, grace, rows = _consents(facts), float(facts.parameter("opt_out_seconds")), []
    for each in served(facts, SENSITIVE, shown=True):
        mine = yes.get(each.held.account, ())
        lacks = any(
            level >= SENSITIVE
            and not any(
                code == category and most >= level and since <= each.at < until + grace
                for category, most, since, until in mine
            )
            for code, level in profile_of(each.profile).items()
        )
        rows.append(row_of(each, each.profile, exception=lacks))
    return Checked("EXP-13", rows, untested=None if rows else none(SENSITIVE), private=bool(rows))


def _consents(facts: Facts) -> Mapping[UUID, list[tuple[str, int, float, float]]]:
    ended = {event.subject: event.at.timestamp() for event in facts.of("consent.end")}
    found: defaultdict[UUID, list[tuple[str, int, float, float]]] = defaultdict(list)
    newer: dict[tuple[UUID, str], float] = {}
    for event in reversed(facts.of("consent.give")):
        if event.actor is None:
            continue
        told, longest = event.fields, timedelta(days=facts.limits(event.at).consent_days)
        until = min(datetime.fromisoformat(told["expires_at"]), event.at + longest).timestamp()
        replaced = newer.get((event.actor, told["category"]), FOR_EVER)
        until = min(until, ended.get(event.subject, FOR_EVER), replaced)
        newer[event.actor, told["category"]] = event.at.timestamp()
        found[event.actor].append((told["category"], told["severity"], event.at.timestamp(), until))
    return found


def parity(facts: Facts) -> Checked:
    """OPT-4. Population: the people with an opt-out of a project, a category or all sensitive work that stood in the
    period. Value: seconds of paid work offered of 1,000 seconds at the desk. The rule is broken when the share of those
    people, of the others', lies outside `parity_low` to `parity_high` (per mille; both shares are rounded to whole per
    milles first). At the desk is work, a stretch of it (whoever asks for a task, in vain too, is in one) or paid
    waiting; offered is the time of a task in her hands and of paid waiting; a moment counts once. A person counts as a
    whole: with an opt-out at any time in the period, she is one of them. Not tested while fewer than k people are on
    either side. Cannot see: shifts that the vendor never offered.
    """
    made, start, end = day(facts), facts.period.start.timestamp(), facts.period.end.timestamp()
    out: dict[UUID, Event] = {}
    for no in sorted((no for said in refusals(facts).values() for no in said), key=lambda no: no.from_at):
        if no.scope != "task" and no.from_at < end and no.until > start:
            out.setdefault(facts.person(no.event.actor or no.event.subject), no.event)
    offered, there = _times(facts, made, start, end)
    rows = [
        Row(event.at, person, event.log, event.number, str(_share(offered[person], there[person])))
        for person, event in sorted(out.items())
        if there[person] > 0
    ]
    others = [person for person in there if there[person] > 0 and person not in out]
    low, high = facts.parameter("parity_low"), facts.parameter("parity_high")
    if len(rows) < facts.k or len(others) < facts.k:
        why = f"There are fewer than {facts.k} people with an opt-out, or without one, to be compared."
        return Checked("OPT-4", rows, untested=why, private=True)
    those = [row.person for row in rows if row.person is not None]
    mine = _share(sum(offered[each] for each in those), sum(there[each] for each in those))
    theirs = _share(sum(offered[each] for each in others), sum(there[each] for each in others))
    ratio = 1_000 * mine // theirs if theirs else 0
    figure = Figure("work offered to those who opted out, of the others'", ratio, "‰", frozenset(those), threshold=low)
    failed = None
    if not low <= ratio <= high:
        failed = f"Those who opted out were not offered {low} to {high} ‰ of the work of the others."
    return Checked("OPT-4", rows, [figure], failed=failed, private=True)


def _share(part: float, whole: float) -> int:
    return round(1_000 * part / whole) if whole else 0


def _times(
    facts: Facts, made: Day, start: float, end: float
) -> tuple[defaultdict[UUID, float], defaultdict[UUID, float]]:
    """By person, seconds of paid work offered, and seconds at the desk, in the period."""
    waits = _waits(facts)
    offered: defaultdict[UUID, float] = defaultdict(float)
    there: defaultdict[UUID, float] = defaultdict(float)
    for person in {*made.pieces, *made.stretches, *waits}:
        given = [*made.pieces[person], *waits[person]]
        offered[person] = Work(given).within(start, end)
        there[person] = Work([*given, *made.stretches[person]]).within(start, end)
    return offered, there


def _waits(facts: Facts) -> defaultdict[UUID, list[tuple[float, float]]]:
    """Paid waiting by person: from when until when."""
    ended = {event.subject: event.at for event in facts.of("stand_down.end")}
    found: defaultdict[UUID, list[tuple[float, float]]] = defaultdict(list)
    for event in facts.of("stand_down.start"):
        until = datetime.fromisoformat(event.fields["until"])
        last = min(until, ended.get(event.subject, until))
        found[facts.person(event.actor or event.subject)].append((event.at.timestamp(), last.timestamp()))
    return found


def dangers(facts: Facts) -> Checked:
    """OPT-8. Population: every report of a serious danger in the period. Value: the day (UTC) on which somebody decided
    on it. Exception: later than `danger_days` working days (Monday to Friday, to the same time of day), or never though
    that time is over by the vendor's newest entry, or decided by the labeler herself, under whichever account, or by
    nobody.
    """
    asked = {e.fields["case"]: e.subject for e in facts.of("review.ask") if e.fields["cause"] == "danger"}
    decided = {event.subject: event for event in facts.of("review.decide")}
    newest = datetime.fromtimestamp(day(facts).newest, facts.period.end.tzinfo)
    rows = []
    for event in facts.within("danger.report"):
        review = asked.get(str(event.subject))
        made = decided.get(review) if review is not None else None
        due = _working_days(event.at, facts.parameter("danger_days"))
        late = (newest if made is None else made.at) > due or (
            made is not None and _hers(facts, made.actor, event.actor)
        )
        value = "" if made is None else made.at.date().isoformat()
        rows.append(Row(event.at, facts.person(event.actor or event.subject), event.log, event.number, value, late))
    return Checked("OPT-8", rows, untested=None if rows else "Nobody reported a danger in this period.", private=True)


def _hers(facts: Facts, decider: UUID | None, labeler: UUID | None) -> bool:
    return decider is None or labeler is None or facts.person(decider) == facts.person(labeler)


def _working_days(start: datetime, days: int) -> datetime:
    """The same time of day so many days from Monday to Friday later."""
    moment = start
    while days:
        moment += timedelta(days=1)
        days -= moment.weekday() < 5
    return moment
