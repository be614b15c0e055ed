"""What is served to nobody, and the way to the person who decides about it (EXP-4). Pure."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from labeler.compliance.canary import SENT_WITHIN, SEVERITY, moment_of
from labeler.compliance.checks.day import FORBIDDEN
from labeler.compliance.checks.exposure import row_of, served
from labeler.compliance.checks.grievances import canary, last_known, proven
from labeler.compliance.checks.runs import row
from labeler.compliance.events import Event, Facts
from labeler.compliance.outcome import Checked, Figure, Row

A_MOMENT = timedelta(milliseconds=1)
"""An id's time is cut to this."""


def never_served(facts: Facts) -> Checked:
    """EXP-4. Population: everything handed out, taken up again or shown at the desk, and the product's own trials (a
    placeholder marked severity 4) that were announced in the period and have been told of, or should have been: 60 days
    to be sent, and those of the standard. Value: the severity; of a trial, hours until it was decided. Exception:
    severity 4, or a trial that was served, whatever its severity was said to be and in whichever quarter it was
    announced; and a trial that the person named for it did not keep away within the days of the standard, or that is
    not the one that the record was bound to before it was sent, to the millisecond. Without work nothing is tested,
    trials or not. A quarter without a trial leaves the rows as they are: they need none, and the figure shows that
    there was none.
    Cannot see: forbidden material that nobody has tagged or reported (EXP-12 looks for that); what is looked at
    outside of the desk, where the product shows no text of severity 4.
    """
    trials = {UUID(e.fields["about"]) for e in facts.of("canary.answer") if e.fields["kind"] == SEVERITY}
    rows = []
    for each in served(facts, 0, shown=True):
        trial = each.held.task in trials
        value = f"{each.severity}, the product's trial" if trial else each.severity
        rows.append(row_of(each, value, exception=trial or each.severity >= FORBIDDEN))
    untested = None if rows else "Nothing was handed out in this period."
    ended = _trials(facts)
    decided = Figure("trials decided in time", sum(not each.exception for each in ended), "trials", of=len(ended))
    return Checked("EXP-4", [*rows, *ended], [decided], untested=untested)


def _trials(facts: Facts) -> list[Row]:
    """The trials that were sent in the period and have ended, or should have."""
    span = timedelta(days=facts.parameter("escalation_days"))
    first: dict[UUID, Event] = {}
    for event in facts.of("escalation.decide"):
        first.setdefault(event.subject, event)
    rows = []
    for run, answer in canary(facts, SEVERITY):
        if answer is None:
            if last_known(facts) > run.at + SENT_WITHIN + span:
                rows.append(row(run, "no answer", exception=True))
            continue
        about = UUID(answer.fields["about"])
        began, decided = moment_of(about), first.get(about)
        # The id holds the moment at which it was sent, and the decision names the id: neither can be chosen afterwards.
        if not proven(run, answer) or not run.at - A_MOMENT <= began <= answer.at:
            rows.append(row(answer, "not the one that was sent", exception=True))
        elif decided is None:
            rows.append(row(answer, "never decided", exception=True))
        else:
            kept = decided.fields["decision"] == "stays" and _named(facts, decided)
            hours = f"{int((decided.at - began).total_seconds()) // 3600} h"
            value = hours if kept else f"{hours}, not kept away by the named person"
            rows.append(row(answer, value, exception=not kept or decided.at > began + span))
    return rows


def _named(facts: Facts, decided: Event) -> bool:
    """Whether whoever decided was the person named at that moment."""
    named = [event for event in facts.of("escalation.name") if event.at <= decided.at]
    return bool(named) and named[-1].subject == decided.actor
