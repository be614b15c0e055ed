"""What labelers may ask about their data: erasure, and a copy of them. Pure."""

from __future__ import annotations

from datetime import timedelta

from labeler.compliance.checks.runs import by_runs, row
from labeler.compliance.events import Facts
from labeler.compliance.outcome import Checked


def erased_in_time(facts: Facts) -> Checked:
    """ERASE: a person's data are gone within the days of the standard. Population: erasures that fell due, or ended,
    in the period, one for each account: people who made use of a right, so fewer than k are not told. An exception
    took longer, or has not ended. Values: whole days. What left before, in a dataset version that somebody took, is
    not seen."""
    days = timedelta(days=facts.parameter("erase_days"))
    gone = {event.subject: event for event in facts.of("person.erased")}
    last = max((event.at for event in facts.events), default=facts.period.start)
    rows = []
    for event in facts.of("person.erase"):
        done, due = gone.get(event.subject), event.at + days
        if event.log != facts.vendor:
            continue
        if (done is not None and done.at in facts.period) or (due in facts.period and due <= last):
            value = "not ended" if done is None else f"{(done.at - event.at).days} days"
            late = done is None or done.at > due
            rows.append(row(done or event, value, facts.person(event.subject), exception=late))
    return Checked("ERASE", rows, untested=None if rows else "No erasure fell due in this period.", private=True)


def copy_of_her_data(facts: Facts) -> Checked:
    """DEC-5: a labeler can take what is recorded about her. Looked at each day: whether the copy of her time and money,
    which she is given in the moment she asks, has every line that is kept of her. Who takes hers is nobody's, and an
    entry of it would show no more than that it was given: so there is none. What stands on her other pages (answers,
    decisions, contract, training) is not compared."""
    return by_runs(facts, "DEC-5")
