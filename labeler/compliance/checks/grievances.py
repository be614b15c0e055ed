"""The way around the vendor: grievances, and the watch for retaliation. Pure.

Grievances are in the platform's log, with whole hours and without a vendor: among a vendor's own entries, whose makers
it may know, even the place of one would tell who was at work then. So what is said of them is said of all vendors
together; who answers them is of the platform anyway.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from labeler.cases.rules import ACKNOWLEDGE
from labeler.compliance.canary import SENT_WITHIN, fits
from labeler.compliance.checks.runs import by_runs, row
from labeler.compliance.events import Event, Facts
from labeler.compliance.outcome import Checked, Figure


def canary(facts: Facts, kind: str) -> list[tuple[Event, Event | None]]:
    """The canaries of a kind that were made in the period, each with its answer."""
    answers = {event.subject: event for event in facts.of("canary.answer")}
    return [(event, answers.get(event.subject)) for event in facts.within("canary.run") if event.fields["kind"] == kind]


def proven(run: Event, answer: Event) -> bool:
    """Whether what is said to have been the canary is what the record was bound to when it was made."""
    told = answer.fields
    return fits(run.fields["kind"], run.fields["token"], told["secret"] or "", told["about"] or "")


def last_known(facts: Facts) -> datetime:
    """The newest moment of which the facts tell."""
    return max((event.at for event in facts.events), default=facts.period.start)


def route_works(facts: Facts) -> Checked:
    """GRV-1: the route works. Population: the grievances that the product itself made in the period and sent as the
    public page would; an exception was not acknowledged and concluded in time, or is not the one that the record was
    bound to before it was sent, or has nothing told of it when the last day for that was over: 60 days to send it and
    those to conclude it. While that day is to come the rule is not tested. Values: hours until it was concluded, from
    the grievance's own entries. It can't see whether labelers know of the route, or trust it."""
    took = {act: {event.subject: event.at for event in facts.of(f"grievance.{act}")}
            for act in ("open", "acknowledge", "conclude")}  # fmt: skip
    spans = {"acknowledge": timedelta(days=facts.parameter("acknowledge_days")),
             "conclude": timedelta(days=facts.parameter("conclude_days"))}  # fmt: skip
    rows, open_ = [], 0
    for run, answer in canary(facts, "grievance"):
        if answer is None:
            if last_known(facts) <= run.at + SENT_WITHIN + spans["conclude"]:
                open_ += 1
            else:
                rows.append(row(run, "no answer", exception=True))
            continue
        about = UUID(answer.fields["about"])
        began, ended = took["open"].get(about), took["conclude"].get(about)
        if began is None or not proven(run, answer):
            rows.append(row(answer, "not the one that was sent", exception=True))
            continue
        late = [act for act, span in spans.items() if took[act].get(about, began + 2 * span) > began + span]
        hours = "never" if ended is None else f"{int((ended - began).total_seconds()) // 3600} h"
        rows.append(row(answer, hours, exception=bool(late)))
    why = None if rows else "The product sent no grievance of its own in this period."
    return Checked("GRV-1", rows, untested="The product's own grievance is within its time." if open_ else why)


def answered_in_time(facts: Facts) -> Checked:
    """GRV-2: grievances are acknowledged and concluded in time, whoever they are about. Population: of the grievances
    of all vendors, each acknowledgement and each conclusion that fell due or came in the period; those of the product's
    own are among them, because until they are concluded nobody can tell. Values: which of the two, and whole days until
    it. How many were found true of those concluded in the period is a figure, without the product's own."""
    told = {each: {event.subject: event for event in facts.of(f"grievance.{each}")}
            for each in ("acknowledge", "conclude")}  # fmt: skip
    spans = {"acknowledge": timedelta(days=facts.parameter("acknowledge_days")),
             "conclude": timedelta(days=facts.parameter("conclude_days"))}  # fmt: skip
    rows, last = [], last_known(facts)
    for event in facts.of("grievance.open"):
        for step, span in spans.items():
            done, due = told[step].get(event.subject), event.at + span
            if not (done is not None and done.at in facts.period) and not (due in facts.period and due <= last):
                continue
            value = f"{step}: never" if done is None else f"{step}: {max(0, (done.at - event.at).days)} days"
            rows.append(row(done or event, value, exception=done is None or done.at > due))
    own = {event.fields["about"] for event in facts.of("canary.answer") if event.fields["kind"] == "grievance"}
    real = [event for event in facts.within("grievance.conclude") if str(event.subject) not in own]
    found = sum(event.fields["outcome"] == "substantiated" for event in real)
    return Checked(
        "GRV-2", rows, [Figure("found true", found, "grievances", of=len(real))],
        untested=None if rows else "No grievance fell due in this period.",
    )  # fmt: skip


def no_retaliation(facts: Facts) -> Checked:
    """GRV-3: nobody is treated worse for using a right. Population: the daily looks at the watch for this vendor, and
    the signs that an officer found to be true in the period. An exception is such a sign, and a daily look that found
    one nobody had looked at; the rule is broken as well where a sign had no look within seven days, which ended in the
    period. How many signs there were is not told, and of none its kind: at a small vendor either would tell who had
    made use of a right."""
    looked = by_runs(facts, "GRV-3")
    looks: dict[object, list[Event]] = {}
    for event in facts.of("watch.look"):
        looks.setdefault(event.subject, []).append(event)
    true, late, last = [], False, last_known(facts)
    for flag in facts.of("watch.flag"):
        if flag.log != facts.vendor:
            continue
        seen = looks.get(flag.subject, [])
        true += [row(event, "found true", exception=True) for event in seen
                 if event.fields["state"] == "upheld" and event.at in facts.period][:1]  # fmt: skip
        due = flag.at + ACKNOWLEDGE
        late |= due in facts.period and due <= last and not any(event.at <= due for event in seen)
    return Checked(
        "GRV-3", [*looked.rows, *true], looked.figures, looked.untested,
        failed="A sign of retaliation was not looked at within seven days." if late else None,
    )  # fmt: skip
