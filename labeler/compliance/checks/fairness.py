"""Decisions about a labeler that hurt: named people, reasons, time to answer, a second look by somebody else. Pure.

REJ: answers that are not used. DEC: restrictions, and the end of access. Lengths of reasons are in the record, never
their words: whether a reason is a good one is for a person to judge.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from uuid import UUID

from labeler.cases.rules import A_DAY, EVIDENCE, REASONS
from labeler.compliance.checks.pay import statements
from labeler.compliance.checks.runs import row
from labeler.compliance.events import Event, Facts
from labeler.compliance.outcome import Checked, Figure, Row
from labeler.pay.rules import CLOSE_AFTER, WEEK, week_of

NOTHING = "No answer of this vendor's labelers was marked not used in this period."


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def marks(facts: Facts) -> dict[UUID, Event]:
    """By case: the decisions that an answer of this vendor is not used."""
    return {event.subject: event for event in facts.of("not_used.mark")
            if event.log == facts.vendor and "labeler" in event.fields}  # fmt: skip


def _in_period(facts: Facts) -> list[Event]:
    return [event for event in marks(facts).values() if event.at in facts.period]


def _person(facts: Facts, event: Event) -> UUID:
    return facts.person(UUID(event.fields["labeler"]))


def _checked(rule: str, rows: list[Row], nothing: str, *figures: Figure) -> Checked:
    return Checked(rule, rows, figures, untested=None if rows else nothing)


def with_reasons(facts: Facts) -> Checked:
    """REJ-1: a decision has a code, evidence in words and the rule's version. Population: answers marked not used in
    the period. Values: the code and characters of evidence. An exception lacks one of the three, has fewer characters
    than the product asks for (20), or nobody who decided. The way to a review is on each decision's page by itself."""
    rows = [
        row(
            event, f"{event.fields['code']}, {event.fields['evidence']} characters", _person(facts, event),
            exception=not event.fields["code"] or event.fields["evidence"] < EVIDENCE[0] or event.actor is None
            or event.fields["guideline_version"] is None,
        )
        for event in _in_period(facts)
    ]  # fmt: skip
    return _checked("REJ-1", rows, NOTHING)


def retry_first(facts: Facts) -> Checked:
    """REJ-2: a decision counts only after a paid retry. Population: decisions that began to count in the period. An
    exception began before the time to answer again was over, and neither did the labeler leave it nor a person look at
    a second answer. Values: whole days from the mark."""
    rows = []
    known = marks(facts)
    done = {event.subject: event for event in facts.of("not_used.leave", "not_used.confirm")}
    for event in facts.within("not_used.effect"):
        mark = known.get(event.subject)
        if mark is None:
            continue
        ended = done.get(event.subject)
        early = event.at < _moment(mark.fields["retry_until"]) and (ended is None or ended.at > event.at)
        rows.append(row(event, f"{(event.at - mark.at).days} days", _person(facts, mark), exception=early))
    return _checked("REJ-2", rows, "No decision about an answer began to count in this period.")


def neutral_review(facts: Facts) -> Checked:
    """REJ-3: a review is decided by a neutral person in time. Population: reviews of marked answers that fell due
    or were decided in the period. An exception was late, or decided by nobody, by who decided first or by a manager of
    the vendor. Due is one that the labeler asked for by the standard's days, another by the day that it was asked with.
    One that nobody had decided when the labeler's data were erased, in time, is left out. Values: whole days until it
    was decided, and how; how many changed the decision is a figure."""
    return _reviews(facts, "REJ-3", set(marks(facts)), "No review of a marked answer fell due in this period.")


def review_of_decisions(facts: Facts) -> Checked:
    """DEC-3: the same for restrictions and dangers: REJ-3 says what counts and when."""
    cases = {event.subject for event in facts.of("restriction.make", "danger.report") if event.log == facts.vendor}
    return _reviews(facts, "DEC-3", cases, "No review of a restriction fell due in this period.")


def _reviews(facts: Facts, rule: str, cases: set[UUID], nothing: str) -> Checked:
    managers = {event.subject for event in facts.of("user.add")
                if event.log == facts.vendor and event.fields["role"] == "vendor-manager"}  # fmt: skip
    decided = {event.subject: event for event in facts.of("review.decide")}
    owners = _owners(facts)
    erased = {event.subject: event.at for event in facts.of("person.erase")}
    last = max((event.at for event in facts.events), default=facts.period.start)
    rows: list[Row] = []
    changed, people, rest = 0, frozenset[UUID](), frozenset[UUID]()
    for asked in facts.of("review.ask"):
        case = UUID(asked.fields["case"]) if asked.fields.get("case") else None
        if case not in cases or case is None:
            continue
        person = owners[case]
        due, answer = _due(facts, asked), decided.get(asked.subject)
        gone = person in erased and erased[person] <= due and answer is None
        decided_now = answer is not None and answer.at in facts.period
        if gone or not (decided_now or (due in facts.period and due <= last)):
            continue
        late = answer is None or answer.at > due
        partial = answer is not None and (str(answer.actor) in answer.fields["first"] or answer.actor in managers
                                          or answer.actor is None)  # fmt: skip
        value = "not decided" if answer is None else f"{(answer.at - asked.at).days} days, {answer.fields['outcome']}"
        rows.append(row(answer or asked, value, facts.person(person), exception=late or partial))
        if answer is not None and answer.fields["outcome"] == "changed":
            changed, people = changed + 1, people | {facts.person(person)}
        else:
            rest |= {facts.person(person)}
    return _checked(rule, rows, nothing, Figure("decisions changed", changed, "reviews", people, len(rows), rest=rest))


def _owners(facts: Facts) -> dict[UUID, UUID]:
    """By case: whom it is about."""
    found = {event.subject: UUID(event.fields["labeler"]) for event in facts.of("not_used.mark", "restriction.make")
             if "labeler" in event.fields}  # fmt: skip
    return found | {event.subject: event.actor for event in facts.of("danger.report") if event.actor is not None}


def _due(facts: Facts, asked: Event) -> datetime:
    """When a review is due: as the standard says for who asked herself, else as the rule said that asked for it."""
    own = asked.fields["cause"] == "labeler"
    return asked.at + timedelta(days=facts.parameter("review_days")) if own else _moment(asked.fields["due_at"])


def no_flood(facts: Facts) -> Checked:
    """REJ-4: no flood of rejections. Population: answers marked not used in the period, and the holds of batches with
    marked answers that were to be looked at by a moment of the period. An exception is a mark beyond ten of one
    account's in 24 hours, a decision that began to count in the period while its batch was held, which is a row of its
    own, and a hold that nobody but who decided first looked at in the standard's days. Values: marks in 24 hours; of a
    hold, whole days until somebody looked."""
    by_labeler: defaultdict[str, list[datetime]] = defaultdict(list)
    rows = []
    for event in marks(facts).values():
        earlier = by_labeler[event.fields["labeler"]]
        recent = sum(at > event.at - timedelta(days=1) for at in earlier)
        earlier.append(event.at)
        if event.at in facts.period:
            rows.append(row(event, f"{recent + 1} in 24 hours", _person(facts, event), exception=recent >= A_DAY))
    return _checked("REJ-4", rows + _holds(facts), NOTHING)


def _holds(facts: Facts) -> list[Row]:
    known = marks(facts)
    mine = {event.fields["batch"] for event in known.values()}
    decided = {UUID(event.fields["case"]): event for event in facts.of("review.decide") if event.fields.get("case")}
    limit = timedelta(days=facts.parameter("review_days"))
    last = max((event.at for event in facts.events), default=facts.period.start)
    rows = []
    for hold in facts.of("hold.begin"):
        if hold.fields["batch"] not in mine:
            continue
        look, due = decided.get(hold.subject), hold.at + limit
        for event in facts.within("not_used.effect"):
            mark = known.get(event.subject)
            held = hold.at < event.at and (look is None or event.at < look.at)
            if held and mark and mark.fields["batch"] == hold.fields["batch"]:
                rows.append(row(event, "counted while held", _person(facts, mark), exception=True))
        if due in facts.period and (due <= last or look is not None):
            bad = look is None or look.at > due or str(look.actor) in look.fields["first"]
            rows.append(row(look or hold, "not looked at" if look is None else f"{(look.at - hold.at).days} days",
                            exception=bad))  # fmt: skip
    return rows


def stays_paid(facts: Facts) -> Checked:
    """REJ-5: what was not used stays paid. Population: answers marked not used in the period and given in it or in the
    15 days before, whose week's statement was due, two days after its end, by the newest moment that is known. An
    exception has no statement of its account for the week in which the answer was given, or one with pay taken back:
    its corrections come to less than nothing. Values: "paid" or "no statement". The product has no way to leave
    finished work unpaid, so there are no two people to ask."""
    stated = {(event.fields["labeler"], _moment(event.fields["week"])): event for event in statements(facts)}
    given = {str(event.subject): event.at for event in facts.of("judgment.submit")}
    last = max((event.at for event in facts.events), default=facts.period.start)
    rows = []
    for event in _in_period(facts):
        at = given.get(event.fields["judgment"])
        if at is None or week_of(at) + WEEK + CLOSE_AFTER + timedelta(days=1) > last:
            continue
        made = stated.get((event.fields["labeler"], week_of(at)))
        bad = made is None or min(made.fields["correction"], made.fields["base"]) < 0
        rows.append(row(event, "paid" if made is not None else "no statement", _person(facts, event), exception=bad))
    return _checked("REJ-5", rows, "No marked answer of this period has a week that is over.")


def named_person(facts: Facts) -> Checked:
    """DEC-1: a named person decides, in written words. Population: answers marked not used, second looks at them,
    restrictions and accounts of labelers shut in the period. Values: what was done. An exception has nobody who did it,
    or fewer than 20 characters of reasons; of an account that was shut none are asked for. The operator at the command
    line is nobody: what is done there has no name."""
    rows = []
    hers = _labelers(facts)
    for event in facts.within("not_used.mark", "not_used.confirm", "restriction.make", "user.disable"):
        if event.log != facts.vendor or (event.act == "user.disable" and event.subject not in hers):
            continue
        words = event.fields.get("reasons", event.fields.get("evidence"))
        least = REASONS[0] if event.act == "restriction.make" else EVIDENCE[0]
        bad = event.actor is None or (words is not None and words < least)
        rows.append(row(event, event.act, _about(facts, event), exception=bad))
    return _checked("DEC-1", rows, "Nobody decided against a labeler of this vendor in this period.")


def _about(facts: Facts, event: Event) -> UUID | None:
    if event.act == "user.disable":
        return facts.person(event.subject)
    if event.act == "not_used.confirm":
        mark = marks(facts).get(event.subject)
        return _person(facts, mark) if mark is not None else None
    return _person(facts, event) if "labeler" in event.fields else None


def _labelers(facts: Facts) -> set[UUID]:
    return {event.subject for event in facts.of("labeler.add") if event.log == facts.vendor}


def notice_first(facts: Facts) -> Checked:
    """DEC-2: notice before access ends. Population: restrictions, contracts that were made to end sooner, and accounts
    of labelers shut in the period. An exception is a restriction with fewer days than the standard's that was not for
    somebody's safety; a contract made to end in fewer, of a labeler who was not restricted from all work then; or an
    account shut that neither such a restriction nor the contract's last day, in UTC, had ended. Accounts that were
    never in use are none: nothing was done by them, and no week of theirs has a statement. Values: days of notice."""
    least = timedelta(days=facts.parameter("notice_days"))
    hers, rows = _labelers(facts), []
    for event in facts.within("restriction.make", "labeler.change", "user.disable"):
        if event.log != facts.vendor:
            continue
        if event.act == "restriction.make":
            given = timedelta(seconds=event.fields.get("notice", 0))
            value = "for safety" if event.fields["safety"] else f"{given.days} days"
            rows.append(row(event, value, _about(facts, event), exception=not event.fields["safety"] and given < least))
            continue
        if event.subject not in hers:
            continue
        kept_out, ended = _restricted(facts, event.subject, event.at), contract_end(facts, event.subject, event.at)
        if event.act == "user.disable":
            free = kept_out or (ended is not None and ended < event.at.date()) or not _took_up(facts, event.subject)
            rows.append(row(event, "account shut", facts.person(event.subject), exception=not free))
            continue
        told = event.fields["contract_until"]
        sooner = date.fromisoformat(told) if told else None
        if sooner is not None and (ended is None or sooner < ended):
            short = sooner < (event.at + least).date() and not kept_out and _took_up(facts, event.subject)
            days = (sooner - event.at.date()).days
            rows.append(row(event, f"{days} days", facts.person(event.subject), exception=short))
    return _checked("DEC-2", rows, "Nobody's access was ended in this period.")


def contract_end(facts: Facts, labeler: UUID, moment: datetime) -> date | None:
    """The last day of a labeler's contract, as it was known just before a moment; None for one without an end."""
    said = [event for event in facts.of("labeler.add", "labeler.change")
            if event.subject == labeler and event.at < moment]  # fmt: skip
    return date.fromisoformat(said[-1].fields["contract_until"]) if said and said[-1].fields["contract_until"] else None


def _restricted(facts: Facts, labeler: UUID, moment: datetime) -> bool:
    """Whether a decision kept a labeler from all work at a moment."""
    lifted = {event.subject: event.at for event in facts.of("restriction.lift")}
    return any(
        event.fields.get("labeler") == str(labeler)
        and event.fields["project"] is None
        and _moment(event.fields["from_at"]) <= moment < lifted.get(event.subject, moment + timedelta(days=1))
        for event in facts.of("restriction.make")
    )


def _took_up(facts: Facts, labeler: UUID) -> bool:
    """Whether a labeler had done anything here herself, or was paid: statements are read however old they are."""
    if "took up" not in facts.kept:
        paid = {UUID(event.fields["labeler"]) for event in statements(facts)}
        facts.kept["took up"] = paid | {event.actor for event in facts.events if event.log == facts.vendor}
    return labeler in facts.kept["took up"]
