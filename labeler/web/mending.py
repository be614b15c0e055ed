"""What a vendor can do about a broken rule, in words, and where."""

from __future__ import annotations

WHERE = {"pay": ("Pay", "/pay/vendor"), "people": ("People", "/people"), "rules": ("Rules", "/policies")}
"""Pages that a vendor's manager can open."""

FAMILIES: dict[str, tuple[str, str]] = {
    "EXP": ("Spread hard content over more people, and ask the project's researcher for other work.", "people"),
    "OPT": ("Let nobody ask for, count or answer a no: work after it has to go on as before.", "rules"),
    "WRN": (
        "See that training is done, and that instructions say what is coming, before it is given.",
        "people",
    ),
    "BRK": ("Plan shifts so that breaks and rest fit, and shorten those that don't leave room.", "people"),
    "PAY": ("Check rates against the floor, and pay each closed week in time.", "pay"),
    "REJ": ("Give reasons that a labeler can check, and answer reviews in time.", "people"),
    "DEC": ("Let a named person decide, with written reasons and notice.", "people"),
    "MON": ("Stop whatever watches labelers beyond what “What we record” lists.", "rules"),
    "SUP": ("See that counselling is offered, in paid time and by somebody independent.", "rules"),
    "GRV": ("See that nobody is worse off for a grievance; the wellbeing officer answers it.", "rules"),
    "DIV": ("See that nobody is asked who she is, and that nothing depends on it.", "people"),
    "GOV": ("Bring contracts, terms and disclosures up to date with the platform's administrator.", "people"),
    "ERASE": ("Ask the platform's administrator why data that were to be erased are still there.", "people"),
}
"""By the family of a rule, which is what stands before its hyphen."""

RULES: dict[str, tuple[str, str]] = {
    "EXP-1": ("Somebody saw more severe content in a day than the rules allow: spread it over more people.", "people"),
    "EXP-2": ("Somebody saw more severe content in a week than the rules allow: spread it over more people.", "people"),
    "EXP-12": ("Content was harder than it was tagged: ask the project's researcher to check the tags.", "rules"),
    "OPT-4": ("Those who said no got less work: find out what else decides who gets work.", "people"),
    "BRK-1": ("Breaks that were due were not taken: plan shifts with room for them.", "people"),
    "BRK-3": ("Breaks were not paid: check that closed weeks are paid in full.", "pay"),
    "BRK-5": ("Somebody worked longer in a day than the rules allow: plan shorter shifts.", "people"),
    "BRK-6": ("Somebody worked longer in a week than the rules allow: plan fewer shifts.", "people"),
    "BRK-7": ("Somebody had less rest between two days than the rules ask for: begin later.", "people"),
    "WRN-4": ("Somebody was given severe content without valid training: have it renewed first.", "people"),
    "PAY-1": ("Weeks were paid below the wage floor: raise the rate, or pay the top-up.", "pay"),
    "PAY-4": ("Weeks were paid late: mark each as paid within the days that the rules give.", "pay"),
    "PAY-9": ("The wage benchmark is old or missing: give the administrator a newer one with its source.", "pay"),
    "REJ-3": ("Reviews were decided late: answer what the deciders ask at once.", "people"),
    "DEC-2": ("Access ended without the notice that the rules ask for: set the day further ahead.", "people"),
}
"""Rules of which more can be said than of their family."""


def to_mend(rule: str) -> tuple[str, str, str]:
    """What to do about a broken rule: the words, and the name and the address of the page where."""
    words, where = RULES.get(rule) or FAMILIES[rule.partition("-")[0]]
    return words, *WHERE[where]
