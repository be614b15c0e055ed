"""Checks of the controls beyond the first 33: pay for severe time, answers to findings, looks from outside. Pure."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from uuid import UUID

from labeler.compliance.checks.day import SEVERE, day
from labeler.compliance.checks.pay import statements, whose
from labeler.compliance.checks.runs import row
from labeler.compliance.events import Facts
from labeler.compliance.outcome import Checked
from labeler.pay.rules import WEEK

LEAST_SEVERE = 60
"""PAY-8: seconds of severe texts in a week from which an allowance must be seen: what is less may round to nothing."""
A_YEAR = timedelta(days=366)


def severe_allowance(facts: Facts) -> Checked:
    """PAY-8: who had severe texts before her in a week was paid an allowance. Population: the statements of weeks that
    ended in the period, in which a person had a minute or more of them. Value: those seconds, over all her accounts and
    of the week in which they came up. Exception: none of her statements of that week has an allowance, though the
    number for everybody asked for one when the week began. Cannot see: whether the allowance is right to the cent,
    because rates of single people are not in it; a labeler may contest each line."""
    made, rows = day(facts), []
    severe: defaultdict[UUID, list[tuple[float, int]]] = defaultdict(list)
    for person, views in made.views.items():
        severe[person] = [(view.from_at, view.seconds or 0) for view in views if view.severity >= SEVERE]
    allowed: defaultdict[tuple[UUID, datetime], int] = defaultdict(int)
    for event in statements(facts):
        allowed[whose(facts, event), datetime.fromisoformat(event.fields["until_at"])] += event.fields["allowance"]
    for event in statements(facts):
        until, person = datetime.fromisoformat(event.fields["until_at"]), whose(facts, event)
        if until not in facts.period:
            continue
        since = until - WEEK
        seconds = sum(each for at, each in severe[person] if since.timestamp() <= at < until.timestamp())
        if seconds >= LEAST_SEVERE:
            wanted = facts.limits(since).severe_allowance > 100
            unpaid = wanted and allowed[person, until] <= 0
            rows.append(row(event, str(seconds), person, exception=unpaid))
    return Checked("PAY-8", rows, untested=None if rows else "Nobody had severe texts in a week with a statement.")


def findings_answered(facts: Facts) -> Checked:
    """GOV-7: the vendor answered what an assessor found by its day. Population: the findings whose day lies in the
    period. Value: their control. Exception: no answer from the vendor when that day was over in UTC, unless the
    assessor had closed the finding. Cannot see: whether what was promised was done; the assessor closes it or not."""
    answered: defaultdict[UUID, list[datetime]] = defaultdict(list)
    for event in facts.of("finding.reply", "finding.close"):
        answered[event.subject].append(event.at)
    rows = []
    for event in facts.of("finding.write"):
        over = datetime.fromisoformat(event.fields["due_on"]).replace(tzinfo=UTC) + timedelta(days=1)
        if event.log == facts.vendor and facts.period.start < over <= facts.period.end:
            late = not any(at < over for at in answered[event.subject])
            rows.append(row(event, str(event.fields["control"]), exception=late))
    return Checked("GOV-7", rows, untested=None if rows else "No finding of an assessor was due in this period.")


def looked_at_from_outside(facts: Facts) -> Checked:
    """GOV-8: an assessor signed for a report within the year before the period's end. Population: the signatures of
    that year. Value: the assurance that each gives. The rule is broken when none of them gives any, and the vendor has
    worked for a year. Cannot see: how independent an assessor is; the signature names her, and who reads it judges."""
    since = facts.period.end - A_YEAR
    signed = [event for event in facts.of("audit.sign") if event.log == facts.vendor and since <= event.at]
    rows = [row(event, str(event.fields["assurance"])) for event in signed if event.at < facts.period.end]
    if any(each.value != "none" for each in rows):
        return Checked("GOV-8", rows)
    known = [event.at for event in facts.of("vendor.add") if event.log == facts.vendor]
    if not known or min(known) > since:
        return Checked("GOV-8", rows, untested="The vendor has not been here for a year, so none was due.")
    return Checked("GOV-8", rows, failed="No assessor signed for a report in the year before the period ended.")
