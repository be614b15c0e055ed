"""Rules about what the product is, not about what somebody did: what it may collect, show and read (MON, OPT, DIV…).

Each rests on the daily self-check of its rule (`checks.runs`). It can't see what runs on a labeler's machine beside the
product, what people say to each other, or code that somebody added to a server by hand: that code would not be what the
release's digests say.
"""

from __future__ import annotations

from labeler.compliance.checks.runs import by_runs
from labeler.compliance.events import Facts
from labeler.compliance.outcome import Checked


def opt_3(facts: Facts) -> Checked:
    """OPT-3: work that was declined is settled like any other. Looked at: all work that ended, a day after it did."""
    return by_runs(facts, "OPT-3")


def opt_5(facts: Facts) -> Checked:
    """OPT-5: only the labeler's own pages and the gate read her choices. Looked at: every module that could."""
    return by_runs(facts, "OPT-5")


def opt_9(facts: Facts) -> Checked:
    """OPT-9: no version has more answers than were left to it when it was asked for. Looked at: finished versions."""
    return by_runs(facts, "OPT-9")


def exp_9(facts: Facts) -> Checked:
    """EXP-9: each sensitive text that was uncovered has its exposure. Looked at: work that was uncovered lately."""
    return by_runs(facts, "EXP-9")


def exp_10(facts: Facts) -> Checked:
    """EXP-10: dampers are on unless she turned them off. Looked at: pages and styles. Available, not "mitigated"."""
    return by_runs(facts, "EXP-10")


def wrn_5(facts: Facts) -> Checked:
    """WRN-5: the way to help is on the pages with sensitive content, and nobody counts who takes it."""
    return by_runs(facts, "WRN-5")


def brk_11(facts: Facts) -> Checked:
    """BRK-11: no countdown, no ranking, no streak in any page, script or style."""
    return by_runs(facts, "BRK-11")


def mon_1(facts: Facts) -> Checked:
    """MON-1: the database has no column about a person that the public list lacks. Looked at: the live schema."""
    return by_runs(facts, "MON-1")


def mon_2(facts: Facts) -> Checked:
    """MON-2: no script uses what could watch a person. Looked at: every script and page that is served."""
    return by_runs(facts, "MON-2")


def mon_3(facts: Facts) -> Checked:
    """MON-3: no column names emotion, health, belief or union. Looked at: the live schema."""
    return by_runs(facts, "MON-3")


def mon_4(facts: Facts) -> Checked:
    """MON-4: browsers are told to send nothing behind the page, and nothing asks them to. Looked at: headers, pages."""
    return by_runs(facts, "MON-4")


def mon_5(facts: Facts) -> Checked:
    """MON-5: what is kept for a while is gone after it. Looked at: the oldest rows, with a day's grace for the job."""
    return by_runs(facts, "MON-5")


def mon_6(facts: Facts) -> Checked:
    """MON-6: nobody has the same made-up name in two versions. Looked at: a sample of labelers in all versions."""
    return by_runs(facts, "MON-6")


def dec_4(facts: Facts) -> Checked:
    """DEC-4: the register of automated systems names each job and rule that decides by itself. Looked at: the file, and
    whether what it names exists. Whether labelers were consulted is attested."""
    return by_runs(facts, "DEC-4")


def div_1(facts: Facts) -> Checked:
    """DIV-1: what she says of herself is voluntary and apart. Looked at: the live schema."""
    return by_runs(facts, "DIV-1")


def div_2(facts: Facts) -> Checked:
    """DIV-2: whatever hands out, pays or judges knows nothing of it. Looked at: the imports of every module."""
    return by_runs(facts, "DIV-2")


def gov_2(facts: Facts) -> Checked:
    """GOV-2: each live project says its purpose and its client. Looked at: live projects."""
    return by_runs(facts, "GOV-2")


def opt_6(facts: Facts) -> Checked:
    """OPT-6: the stop control stands on each page with a sensitive text. Looked at: the shipped pages."""
    return by_runs(facts, "OPT-6")


def opt_7(facts: Facts) -> Checked:
    """OPT-7: where she reads on or says no, no button is focused and none stands out. Looked at: the shipped pages."""
    return by_runs(facts, "OPT-7")
