"""The automated tests of the standard: one function a rule, from facts to what was found. All pure.

A check reads nothing but the events it is given. Its docstring says what its population is, what an exception is, and
what it cannot see: reports print it. `CHECKS` is the registry by rule; the digest of a check is that of its module.
"""

from __future__ import annotations

from collections.abc import Callable

from labeler.compliance.checks import breaks, choices, exposure, hours, warnings
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
    "EXP-4": exposure.never_served,
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
