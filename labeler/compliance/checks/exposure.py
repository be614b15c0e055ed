"""Hard content: how much, in which order, to whom and when (EXP-1 to 3, 5 to 8, 12, 14). Pure.

What counts is the time from a text's reveal to its end, in whole seconds, of a person over all her accounts. A severe
hand-out counts a minute beforehand, since that is the least that one reserves; what she holds at the same time under
another account counts a minute at least. The task that is open may be finished, so that what it lasts longer is no
breach. Of a text that stood before the time that is looked at, the whole seconds inside it count; of one that stands
on after it, what comes after is taken off, to the nearest second. What she sees for another vendor lies in another log
and is not known here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from labeler.compliance.checks.day import DOUBT, SENSITIVE, SEVERE, Served, day, profile_of
from labeler.compliance.checks.sums import A_DAY, A_WEEK, People, people
from labeler.compliance.events import Event, Facts
from labeler.compliance.outcome import Checked, Figure, Row

GIVEN = ("assignment.hand_out", "assignment.resume")
RACE = 2.0
"""Seconds by which two entries may stand in the wrong order: each has the time at which its request came, and a request
may wait for another one of the same person."""


def row_of(served: Served, value: object, *, exception: bool) -> Row:
    """The row of what was served."""
    event = served.event
    return Row(event.at, served.held.person, event.log, event.number, str(value), exception)


def served(facts: Facts, least: int, *, shown: bool = False) -> list[Served]:
    """What was given in the period at a severity or more; with `shown`, what was put on the screen too."""
    return [
        each
        for each in day(facts).served
        if each.severity >= least and each.event.at in facts.period and (shown or each.event.act in GIVEN)
    ]


def none(severity: int) -> str:
    """Why nothing can be said where nothing so hard was served."""
    return f"Nothing of severity {severity} or more was handed out in this period."


def _cap(facts: Facts, rule: str, least: int, window: float, name: str) -> Checked:
    made = day(facts)
    sums, rows, most = people(facts, made), [], 0
    for each in served(facts, least, shown=True):
        limit = getattr(facts.limits(each.event.at, each.held.project), name) * 60
        used = sums.seen(each.held.person, least).seconds(each.at - window, each.at) + _reserved(sums, each, least)
        more = DOUBT if each.event.act in GIVEN else 0
        most = max(most, used)
        rows.append(row_of(each, used, exception=used + more > limit))
    figure = Figure("most in one window", most, "s", frozenset(row.person for row in rows if row.person),
                    threshold=facts.limits(facts.period.end).__getattribute__(name) * 60)  # fmt: skip
    return Checked(rule, rows, [figure] if rows else [], untested=None if rows else none(least))


def _reserved(sums: People, each: Served, least: int) -> int:
    """Of tasks that she holds under other accounts, what their reserve has beyond what was seen of them."""
    more = 0
    for other in each.others:
        if max(profile_of(other.profile).values(), default=0) >= least:
            own = sum(b - a for a, b, view in sums.seen(other.person, least).back(each.at) if view.held == other.id)
            more += max(0, DOUBT - round(own))
    return more


def severe_in_a_day(facts: Facts) -> Checked:
    """EXP-1. Population: every severe task (severity 3) handed out, taken up again or shown. Value: severe seconds of
    the person in the 24 hours before; a severe task that she still holds beside it counts a minute at least. Exception:
    a task given though a minute more was over the cap, or a text shown over it. Cannot see: texts outside this vendor's
    log; how long the page stayed open after the lease.
    """
    return _cap(facts, "EXP-1", SEVERE, A_DAY, "severe_day")


def severe_in_a_week(facts: Facts) -> Checked:
    """EXP-2. As EXP-1, in the 168 hours before."""
    return _cap(facts, "EXP-2", SEVERE, A_WEEK, "severe_week")


def disturbing_in_a_day(facts: Facts) -> Checked:
    """EXP-3. As EXP-1, for texts of severity 2 or more."""
    return _cap(facts, "EXP-3", SENSITIVE, A_DAY, "disturbing_day")


def longest_run(facts: Facts) -> Checked:
    """EXP-5. Population: every severe task given. Value: seconds of the run it came in: severe texts since the last
    quiet time. Exception: the run had its seconds (a minute for the new task included) or its tasks already. A run ends
    with `run_quiet` minutes in which nothing of severity 2 or more stood on the screen.
    """
    made = day(facts)
    sums, rows, most = people(facts, made), [], 0
    for each in served(facts, SEVERE):
        limits = facts.limits(each.event.at, each.held.project)
        run = sums.seen(each.held.person, SENSITIVE).run(each.at, limits.run_quiet * 60)
        severe = [(length, view.held) for length, view in run if view.severity >= SEVERE and length > 0]
        seconds, tasks = sum(round(length) for length, _ in severe), len({held for _, held in severe})
        full = tasks >= limits.run_tasks or (seconds > 0 and seconds + DOUBT > limits.run_minutes * 60)
        most = max(most, seconds)
        rows.append(row_of(each, seconds, exception=full))
    figure = Figure("longest run before a task", most, "s", frozenset(row.person for row in rows if row.person),
                    threshold=facts.limits(facts.period.end).run_minutes * 60)  # fmt: skip
    return Checked("EXP-5", rows, [figure] if rows else [], untested=None if rows else none(SEVERE))


def fair_share(facts: Facts) -> Checked:
    """EXP-6. Population: every severe task given. Value: severe seconds of the person as in EXP-2. Exception: with a
    minute more it was over the share (`share_percent` of the median of all who may be given such work, at least
    `share_least`). The record knows the median to a minute (`pool.measure`), so a minute is allowed for.
    """
    made = day(facts)
    sums, rows, medians = people(facts, made), [], facts.of("pool.measure")
    number, median = 0, 0
    for each in served(facts, SEVERE):
        while number < len(medians) and medians[number].at <= each.event.at:
            median, number = medians[number].fields["median"], number + 1
        limits = facts.limits(each.event.at, each.held.project)
        share = max(limits.share_least * 60, (median + 60) * limits.share_percent // 100)
        used = sums.seen(each.held.person, SEVERE).seconds(each.at - A_WEEK, each.at) + _reserved(sums, each, SEVERE)
        rows.append(row_of(each, used, exception=used + DOUBT > share))
    return Checked("EXP-6", rows, untested=None if rows else none(SEVERE))


def no_repeats(facts: Facts) -> Checked:
    """EXP-7. Population: every severe task handed out. Value: how often the person had been given it by then and had
    it as hard content (severity 2 or more), this time included. Exception: more than once, under whichever of her
    accounts. Cannot see: a time before the 15 days that lie before the period; whether the answer of a task was known.
    """
    rows, had = [], set[tuple[UUID, UUID, UUID]]()
    given: defaultdict[tuple[UUID, UUID], set[UUID]] = defaultdict(set)
    for each in day(facts).served:
        key = (each.held.person, each.held.task)
        before = len(given[key] - {each.held.id})
        if each.severity >= SENSITIVE:
            given[key].add(each.held.id)
        once = (*key, each.held.id)
        if each.severity >= SEVERE and each.event.act == GIVEN[0] and each.event.at in facts.period and once not in had:
            had.add(once)
            rows.append(row_of(each, before + 1, exception=before > 0))
    return Checked("EXP-7", rows, untested=None if rows else none(SEVERE))


def few_labels(facts: Facts) -> Checked:
    """EXP-8. Population: every counted answer to a task that was severe by then, answers that were taken back aside.
    Value: which one of its task's counted answers it is. Exception: more than `severe_overlap`. Cannot see: other
    vendors' answers to the same task, those before the 15 days that lie before the period, and copies of a text that
    were not found before the work.
    """
    withdrawn = {event.subject for event in facts.of("withdrawal.make")}
    back = {UUID(e.fields["assignment"]) for e in facts.of("judgment.submit") if e.subject in withdrawn}
    rows, count = [], defaultdict[UUID, int](int)
    for answer in day(facts).answers:
        event, held = answer.event, answer.held
        if event.fields["standing"] != "counted" or held.id in back:
            continue
        count[held.task] += 1
        if max(profile_of(answer.profile).values(), default=0) >= SEVERE and event.at in facts.period:
            most = facts.limits(event.at, held.project).severe_overlap
            over = count[held.task] > most
            rows.append(Row(event.at, held.person, event.log, event.number, str(count[held.task]), over))
    return Checked("EXP-8", rows, untested=None if rows else "No severe task was answered in this period.")


def no_nights(facts: Facts) -> Checked:
    """EXP-14. Population: every severe task handed out, taken up again or shown. Value: the hour where she lived then.
    Exception: at night (`night_from` to `night_until`), unless she had allowed it herself (`comfort.choose`). Her time
    zone is the one that the record had at that moment, so moving it later changes nothing.
    """
    zones, nights = settings(facts, "labeler.add", "labeler.change"), settings(facts, "comfort.choose")
    rows = []
    for each in served(facts, SEVERE, shown=True):
        zone = str(_at(zones[each.held.account], each.event, "time_zone") or "UTC")
        limits = facts.limits(each.event.at, each.held.project)
        hour = each.event.at.astimezone(ZoneInfo(zone)).hour
        night = hour >= limits.night_from or hour < limits.night_until
        allowed = _at(nights[each.held.account], each.event, "night") is True
        rows.append(row_of(each, hour, exception=night and not allowed))
    return Checked("EXP-14", rows, untested=None if rows else none(SEVERE))


def settings(facts: Facts, *acts: str) -> defaultdict[UUID, list[Event]]:
    """By account, what was said of it."""
    found: defaultdict[UUID, list[Event]] = defaultdict(list)
    for event in facts.of(*acts):
        # Only she can allow it; of her zone whoever keeps the roster says what it is.
        if event.act != "comfort.choose" or event.actor == event.subject:
            found[event.subject].append(event)
    return found


def _at(events: list[Event], moment: Event, name: str) -> str | bool | None:
    """What was said last before a moment."""
    last: str | bool | None = None
    for event in events:
        if event.at > moment.at:
            break
        last = event.fields[name]
    return last


def surprises(facts: Facts) -> Checked:
    """EXP-12. Population: every task that was handed out or taken up again, once, and whatever came back milder than a
    labeler had found it. Value: the highest severity that labelers found in it, where they found it worse than its
    warning. Exception: a task that is among too many such ones of its project (`surprise_per_mille`, from
    `surprise_least` tasks on, as they are at the period's end), and one that came back milder, later than two seconds
    after the report, without a named reviewer having lowered it meanwhile. What a reviewer lowered after a report does
    not count. Cannot see: warnings that nobody contradicted; tasks of the same project that other vendors were given.
    """
    first: dict[UUID, Served] = {}
    for each in served(facts, 0):
        first.setdefault(each.held.task, each)
    lowered = lowered_of(facts)
    raised = _raised(facts, lowered)
    tasks: defaultdict[UUID, list[Served]] = defaultdict(list)
    for each in first.values():
        tasks[each.held.project].append(each)
    rows, figures, tested = [], [], False
    for project, those in sorted(tasks.items()):
        limits = facts.limits(facts.period.end, project)
        worse = [each for each in those if each.held.task in raised]
        if len(those) >= limits.surprise_least:
            tested = True
            figures.append(Figure("worse than their warning", 1_000 * len(worse) // len(those), "‰", of=len(those),
                                  people=frozenset(each.held.person for each in those),
                                  threshold=limits.surprise_per_mille, rest=_reporters(facts, worse)))  # fmt: skip
        bad = len(those) >= limits.surprise_least and 1_000 * len(worse) > limits.surprise_per_mille * len(those)
        for each in those:
            found = raised.get(each.held.task, 0)
            rows.append(row_of(each, found or "", exception=bad and each.held.task in raised))
    rows += [row_of(each, "milder than it was found", exception=True) for each in _milder(facts, lowered)]
    least = facts.limits(facts.period.end).surprise_least
    few = f"No project handed out {least} tasks in this period, so the share of wrong warnings is not looked at."
    return Checked("EXP-12", rows, figures, untested=None if tested else few)


def _reporters(facts: Facts, worse: list[Served]) -> frozenset[UUID]:
    """Who found these tasks worse: a share of them would tell what few people said."""
    tasks = {str(each.held.task) for each in worse}
    said = [event for event in facts.within("report.say") if event.fields["raised"] and event.fields["task"] in tasks]
    return frozenset(facts.person(event.actor) for event in said if event.actor is not None)


Lowered = Mapping[UUID, list[datetime]]
"""By task, when a named reviewer lowered it, or let it go again as whoever decides about what is held back."""


def lowered_between(lowered: Lowered, task: UUID, since: datetime, until: datetime | None = None) -> bool:
    """Whether a task was lowered between two moments."""
    return any(since <= moment and (until is None or moment <= until) for moment in lowered.get(task, ()))


def lowered_of(facts: Facts) -> Lowered:
    """When tasks were lowered by somebody with a name who is no labeler."""
    labelers = {event.subject for event in facts.of("labeler.add")} | {e.account for e in day(facts).held.values()}
    found: defaultdict[UUID, list[datetime]] = defaultdict(list)
    for event in facts.of("severity.lower", "escalation.decide"):
        stays = event.act == "escalation.decide" and event.fields["decision"] != "allowed"
        if not stays and event.actor is not None and event.actor not in labelers:
            found[event.subject].append(event.at)
    return found


def _raised(facts: Facts, lowered: Lowered) -> dict[UUID, int]:
    """By task, the highest severity to which reports in the period raised it that no reviewer lowered afterwards."""
    found: defaultdict[UUID, int] = defaultdict(int)
    for event in facts.within("report.say"):
        task = UUID(event.fields["task"])
        if event.fields["raised"] and not lowered_between(lowered, task, event.at):
            found[task] = max(found[task], event.fields["severity"])
    return found


def _milder(facts: Facts, lowered: Lowered) -> Iterator[Served]:
    said: defaultdict[UUID, list[Event]] = defaultdict(list)
    for event in facts.of("report.say"):
        if event.fields["raised"]:
            said[UUID(event.fields["task"])].append(event)
    for each in served(facts, 0, shown=True):
        if any(
            each.at > report.at.timestamp() + RACE
            and profile_of(each.profile).get(report.fields["category"], 0) < report.fields["severity"]
            and not lowered_between(lowered, each.held.task, report.at, each.event.at)
            for report in said.get(each.held.task, ())
        ):
            yield each
