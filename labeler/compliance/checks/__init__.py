"""The automated tests of the standard: one function a rule, from facts to what was found. All pure.

A check reads nothing but the events it is given. Its docstring says what its population is, what an exception is, and
what it cannot see: reports print it. `CHECKS` is the registry by rule; the digest of a check is that of its module.
"""

from __future__ import annotations

from collections.abc import Callable

from labeler.compliance.checks import (
    breaks,
    choices,
    data,
    exposure,
    fairness,
    forbidden,
    governance,
    grievances,
    hours,
    more,
    pay,
    selfchecks,
    warnings,
)
from labeler.compliance.events import Facts
from labeler.compliance.outcome import Checked

Check = Callable[[Facts], Checked]

CHECKS: dict[str, Check] = {}
"""By rule id, such as `OPT-2`."""

# The day: hard content, choices, warnings, breaks and hours.
CHECKS |= {
    "EXP-1": exposure.severe_in_a_day,
    "EXP-2": exposure.severe_in_a_week,
    "EXP-3": exposure.disturbing_in_a_day,
    "EXP-4": forbidden.never_served,
    "EXP-5": exposure.longest_run,
    "EXP-6": exposure.fair_share,
    "EXP-7": exposure.no_repeats,
    "EXP-8": exposure.few_labels,
    "EXP-11": breaks.waiting,
    "EXP-12": exposure.surprises,
    "EXP-13": choices.explicit_consent,
    "EXP-14": exposure.no_nights,
    "OPT-1": choices.free_to_decline,
    "OPT-2": choices.no_means_no,
    "OPT-4": choices.parity,
    "OPT-8": choices.dangers,
    "WRN-1": warnings.told_before,
    "WRN-2": warnings.shown_by_an_act,
    "WRN-4": warnings.trained,
    "WRN-6": warnings.instructed,
    "WRN-7": warnings.piloted,
    "BRK-1": hours.breaks_after_work,
    "BRK-2": hours.breaks_after_severe,
    "BRK-3": breaks.paid,
    "BRK-4": breaks.hers,
    "BRK-5": hours.rest_in_the_day,
    "BRK-6": hours.daily_rest,
    "BRK-7": hours.weekly_rest,
    "BRK-8": hours.weekly_hours,
    "BRK-9": hours.daily_hours,
    "BRK-10": hours.one_clock,
}

# pay, decisions, data and governance
CHECKS |= {
    "PAY-1": pay.wage_floor,
    "PAY-2": pay.all_time_paid,
    "PAY-4": pay.paid_in_time,
    "PAY-5": pay.unpaid_not_exported,
    "PAY-6": pay.no_fees,
    "PAY-7": pay.little_bonus,
    "PAY-9": pay.fresh_benchmark,
    "REJ-1": fairness.with_reasons,
    "REJ-2": fairness.retry_first,
    "REJ-3": fairness.neutral_review,
    "REJ-4": fairness.no_flood,
    "REJ-5": fairness.stays_paid,
    "DEC-1": fairness.named_person,
    "DEC-2": fairness.notice_first,
    "DEC-3": fairness.review_of_decisions,
    "DEC-5": data.copy_of_her_data,
    "ERASE": data.erased_in_time,
    "GRV-1": grievances.route_works,
    "GRV-2": grievances.answered_in_time,
    "GRV-3": grievances.no_retaliation,
    "GOV-1": governance.contract_seen,
    "GOV-3": governance.seat_taken,
    "GOV-6": governance.published_yearly,
    # what the product finds when it looks at itself each day
    "OPT-3": selfchecks.opt_3,
    "OPT-5": selfchecks.opt_5,
    "OPT-6": selfchecks.opt_6,
    "OPT-7": selfchecks.opt_7,
    "OPT-9": selfchecks.opt_9,
    "EXP-9": selfchecks.exp_9,
    "EXP-10": selfchecks.exp_10,
    "WRN-5": selfchecks.wrn_5,
    "BRK-11": selfchecks.brk_11,
    "MON-1": selfchecks.mon_1,
    "MON-2": selfchecks.mon_2,
    "MON-3": selfchecks.mon_3,
    "MON-4": selfchecks.mon_4,
    "MON-5": selfchecks.mon_5,
    "MON-6": selfchecks.mon_6,
    "DEC-4": selfchecks.dec_4,
    "DIV-1": selfchecks.div_1,
    "DIV-2": selfchecks.div_2,
    "GOV-2": selfchecks.gov_2,
}

# beyond the first 33 controls: severe time's allowance, answers to findings, looks from outside
CHECKS |= {
    "PAY-8": more.severe_allowance,
    "GOV-7": more.findings_answered,
    "GOV-8": more.looked_at_from_outside,
}

OCCASIONAL = frozenset(
    {
        "EXP-1", "EXP-2", "EXP-3", "EXP-5", "EXP-6", "EXP-7", "EXP-8", "EXP-11", "EXP-13", "EXP-14", "WRN-2", "WRN-4",
        "BRK-2", "REJ-1", "REJ-2", "REJ-3", "REJ-4", "REJ-5", "DEC-1", "DEC-2", "DEC-3", "GRV-2", "PAY-8", "GOV-7",
        "GOV-8",
    }
)  # fmt: skip
"""Rules about what need not happen in a quarter: hard content, decisions against somebody, grievances. Where nothing of
it happened they say nothing for or against a vendor. A right that people may use is not among them: that nobody used it
is not told."""
