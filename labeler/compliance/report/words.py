"""What every report says in the same words: what the platform cannot see, what its words mean, who may say what."""

from __future__ import annotations

CANNOT_SEE = (
    "Work that the same people do elsewhere, for this vendor or for another, outside of this platform.",
    "What is said to labelers by other ways: in the office, by telephone, in chats of the vendor.",
    "Programs on labelers' devices. That none watches them is attested by the vendor, not measured.",
    "Pay as it reaches a bank account, where the vendor runs the payroll: this report knows the statements.",
    "Whether two accounts belong to one person, where the vendor gave no payroll number for them.",
    "Whether a warning or a blurred text made anything easier to bear. That it was offered is what is measured.",
    "Acts that were never done through the platform, and so are in no entry of its record.",
)
"""Section III. A report without breaches proves the platform's rules, not the world."""

DEFINITIONS = (
    ("population", "all entries of the quarter that the rule is about; nothing is sampled"),
    ("exception", "a member of the population that is not as the rule wants it"),
    ("satisfied", "what the control asks for was measured or attested, and there is no exception"),
    ("not satisfied", "there is an exception, or what was attested was withdrawn or ran out"),
    ("not tested", "nothing can be said, for the reason given. It never counts as passed"),
    ("nothing of it happened",
     "not tested, because the quarter had no such thing: a right that nobody had to use, a loss that nobody had. It is "
     "no reason against a vendor, and no proof for one"),
    ("measured, attested, confirmed",
     "three sorts of proof that never stand for each other: from entries of the record; in writing, by somebody who "
     "signs; by labelers themselves"),
    ("not told", "a number that fewer people than k stand behind, or that could be taken from another one"),
    ("evidence digest", "a keyed SHA-256 over the rows behind a figure; an auditor has the key and the rows"),
    ("checkpoint", "the signed size and root of the record, under which every entry of this report lies"),
)  # fmt: skip
"""Section IX."""

SECTIONS = {
    "statement": "The assessor's statement",
    "assertion": "The vendor's assertion",
    "response": "The vendor's response",
    "representative": "The page of the worker representative",
}

NONE_YET = {
    "statement": "No assessor has signed this report. It gives no assurance: it was made by the platform itself.",
    "assertion": "The vendor has asserted nothing for this quarter.",
    "response": "The vendor has not responded.",
    "representative": "The worker representative has written nothing for this quarter.",
}

SYSTEM = {
    "contract": "Contract",
    "queue": "Queue",
    "queues": "Other queues",
    "hand-outs": "Hand-outs",
    "name": "called",
    "from": "in force from",
    "until": "until before",
    "above": "under the contract",
    "notice-days": "notice, in days",
    "paid-leave-days": "paid leave, in days a year",
    "ill-leave-days": "paid sick leave, in days a year",
    "confidentiality": "asks for confidentiality",
    "carve-out": "confidentiality leaves complaints and help free",
    "other-work-barred": "bars other work",
    "payroll": "pays out",
    "digest": "SHA-256",
    "project": "project",
    "kind": "kind of task",
    "not-named": "not named",
    "people": "people",
    "severity": "mix of severities",
    "severity-0": "of severity 0",
    "severity-1": "of severity 1",
    "severity-2": "of severity 2",
    "severity-3": "of severity 3 or more",
    "severity-0-1": "of severity 0 or 1",
    "severity-2-3": "of severity 2 or more",
}
"""Section III: how its lines are called where their own names do not say enough."""

IDLE = "nothing of it happened"

RESULTS = {"satisfied": "satisfied", "not-satisfied": "not satisfied", "not-tested": "not tested"}

SOURCES = {
    "standard": "the standard's own numbers, as they are published",
    "record": "a buyer's numbers, which the record has; none is looser than the standard's",
    "asker": "numbers that whoever asked for this report gave; the record does not have them, and no buyer is known to "
    "stand behind them; none is looser than the standard's",
}
"""Page 1: whose numbers the report measures by."""
