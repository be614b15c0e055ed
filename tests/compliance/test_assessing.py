"""How checks, attestations and other controls come together in a control's result, and what page 1 must say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from labeler.compliance import checks
from labeler.compliance.assessing import assess
from labeler.compliance.events import Facts, Period
from labeler.compliance.outcome import Assessed, Checked, Result, Row
from labeler.compliance.standards import as_published, read, tightened
from tests.compliance.events import MONDAY, QUARTER, Log, facts_from, key

VENDOR, MANAGER = key(1), key(2)
PEOPLE = [key(100 + number) for number in range(6)]
YEAR = timedelta(days=365)
GOOD, BAD, UNKNOWN = Result.SATISFIED, Result.NOT_SATISFIED, Result.NOT_TESTED


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Checked]]:
    """What each rule's check is to find: nothing wrong, unless a test says otherwise."""
    said: dict[str, Checked] = {}
    rules = {rule for control in read().controls for rule in control.rules}
    known = {rule: (lambda facts, rule=rule: said.get(rule, Checked(rule, [row(PEOPLE[0])]))) for rule in rules}
    monkeypatch.setattr(checks, "CHECKS", known)
    monkeypatch.setattr("labeler.compliance.assessing.CHECKS", known)
    yield said


def row(person: UUID | None, *, exception: bool = False) -> Row:
    return Row(MONDAY, person, VENDOR, 0, "1", exception)


def attested(log: Log, control: str, at: datetime = MONDAY, lasts: timedelta = YEAR, subject: int = 900) -> None:
    log.add(
        "attestation.add", at, MANAGER, key(subject), control=control, signer="M. Anager, director", dated=at,
        expires_at=at + lasts, digest="ab" * 32,
    )  # fmt: skip


def control(facts: Facts, name: str) -> Assessed:
    return next(each for each in assess(facts, read()).controls if each.control == name)


def facts(*logs: Log) -> Facts:
    return facts_from(*logs, vendor=VENDOR)


def test_a_control_with_several_rules_is_as_good_as_the_worst_of_them(found: dict[str, Checked]) -> None:
    assert control(facts(), "LWS-01").result is GOOD
    found["OPT-2"] = Checked("OPT-2", untested="No event.")
    assert (control(facts(), "LWS-01").result, control(facts(), "LWS-01").reason) == (UNKNOWN, "OPT-2: No event.")
    found["OPT-3"] = Checked("OPT-3", [row(PEOPLE[0], exception=True)])
    assert control(facts(), "LWS-01").result is BAD


def test_a_rule_whose_share_is_outside_its_band_fails_without_a_row(found: dict[str, Checked]) -> None:
    found["EXP-12"] = Checked("EXP-12", [row(None)], failed="Too many tasks were worse than they said.")
    assert control(facts(), "LWS-08").result is BAD


def test_private_choices_of_too_few_people_are_not_tested_whatever_was_found(found: dict[str, Checked]) -> None:
    few = [row(person, exception=True) for person in PEOPLE[:4]]
    found["OPT-4"] = Checked("OPT-4", few, private=True)
    assert control(facts(), "LWS-02").result is UNKNOWN
    found["OPT-4"] = Checked("OPT-4", [row(person) for person in PEOPLE[:5]], private=True)
    assert control(facts(), "LWS-02").result is GOOD


def test_a_warning_alone_never_makes_a_control_pass(found: dict[str, Checked]) -> None:
    """WRN-3: LWS-07 needs 01, 04 and 05."""
    assert control(facts(), "LWS-07").result is GOOD
    found["OPT-3"] = Checked("OPT-3", untested="The product did not check itself for it.")
    assert control(facts(), "LWS-07").result is UNKNOWN
    found["EXP-1"] = Checked("EXP-1", [row(PEOPLE[0], exception=True)])
    told = control(facts(), "LWS-07")
    assert told.result is BAD
    assert "LWS-04" in told.reason


def test_what_must_be_attested_is_not_passed_by_measuring(found: dict[str, Checked]) -> None:
    log = Log(VENDOR)
    without = control(facts(log), "LWS-03")
    assert (without.measured, without.attested, without.result) == (GOOD, UNKNOWN, UNKNOWN)
    attested(log, "LWS-03")
    with_it = control(facts(log), "LWS-03")
    assert (with_it.measured, with_it.attested, with_it.result) == (GOOD, GOOD, GOOD)
    assert with_it.attestation is not None
    assert with_it.attestation.digest == "ab" * 32
    found["OPT-5"] = Checked("OPT-5", [row(None, exception=True)])
    assert control(facts(log), "LWS-03").result is BAD


@pytest.mark.parametrize(
    ("at", "lasts", "result"),
    [
        (MONDAY, YEAR, GOOD),
        (MONDAY, timedelta(days=30), BAD),
        (QUARTER.start - timedelta(days=400), YEAR, BAD),
        (QUARTER.end + timedelta(seconds=1), YEAR, UNKNOWN),
    ],
    ids=["stands", "runs out", "ran out", "too late"],
)
def test_an_attestation_counts_only_while_it_stands(
    found: dict[str, Checked], at: datetime, lasts: timedelta, result: Result
) -> None:
    log = Log(VENDOR)
    attested(log, "LWS-31", at, lasts)
    assert control(facts(log), "LWS-31").result is result


def test_a_withdrawn_attestation_does_not_count(found: dict[str, Checked]) -> None:
    log = Log(VENDOR)
    attested(log, "LWS-31", subject=901)
    log.add("attestation.withdraw", MONDAY + timedelta(days=1), MANAGER, key(901))
    assert control(facts(log), "LWS-31").result is BAD


def test_a_buyer_who_lets_attestations_hold_for_less_long_gets_what_was_asked_for(found: dict[str, Checked]) -> None:
    log = Log(VENDOR)
    attested(log, "LWS-31", QUARTER.end - timedelta(days=100))  # 22 June
    for months, result in ((12, GOOD), (4, GOOD), (3, BAD)):
        buyer = tightened(read(), "Buyer", {"attestation_months": months})
        told = control(facts_from(log, vendor=VENDOR, profile=buyer), "LWS-31")
        assert (told.result, f"older than {months} months" in told.reason) == (result, result is BAD)


def test_controls_may_depend_on_controls_that_depend_on_others(found: dict[str, Checked]) -> None:
    """Also where the one in the middle depends on more of them than the last one."""
    standard = read()
    needs = {"LWS-09": ("LWS-07",), "LWS-07": ("LWS-01", "LWS-04", "LWS-05")}
    chained = replace(
        standard, controls=tuple(replace(each, depends=needs.get(each.id, ())) for each in standard.controls)
    )
    found["EXP-1"] = Checked("EXP-1", [row(PEOPLE[0], exception=True)])
    told = {each.control: each.result for each in assess(facts(), chained).controls}
    assert (told["LWS-07"], told["LWS-09"], told["LWS-10"]) == (BAD, BAD, GOOD)


def test_a_vendor_meets_the_standard_when_every_core_control_is_satisfied(found: dict[str, Checked]) -> None:
    log = Log(VENDOR)
    for number, each in enumerate(read().controls):
        if each.asks and each.core:
            attested(log, each.id, subject=2_000 + number)
    assert assess(facts(log), read()).meets
    found["GOV-6"] = Checked("GOV-6", failed="Nothing was published.")
    assert assess(facts(log), read()).meets
    found["PAY-4"] = Checked("PAY-4", untested="Nothing was paid.")
    assert not assess(facts(log), read()).meets


def test_every_signed_deviation_in_force_in_the_period_is_named_and_no_other(found: dict[str, Checked]) -> None:
    log = Log()
    day = timedelta(days=1)
    for number, (name, from_at, until, signed) in enumerate(
        [
            ("severe_day", QUARTER.start - 40 * day, QUARTER.start - day, True),
            ("severe_day", QUARTER.start + 40 * day, QUARTER.start + 41 * day, True),
            ("severe_week", QUARTER.end, QUARTER.end + day, True),
            ("break_stop", QUARTER.start + day, None, False),
        ]
    ):
        log.add(
            "policy.set", from_at, MANAGER, key(3_000 + number), name=name, value=90, from_at=from_at, project=None,
            until_at=until, signed=signed,
        )  # fmt: skip
    project = key(77)
    for number, value in enumerate((45, 60, 61)):  # looser than a tighter number of everybody's, but for the last one
        log.add(
            "policy.set", QUARTER.start, MANAGER, key(3_010 + number), name="severe_day", value=value,
            from_at=QUARTER.start, project=project, until_at=QUARTER.end, signed=True,
        )  # fmt: skip
    told = assess(facts(log), read()).deviations
    assert [(each.name, each.value, each.standard, each.project) for each in told] == [
        ("severe_day", 61, 60, project), ("severe_day", 90, 60, None),
    ]  # fmt: skip


def test_entries_that_stand_far_behind_their_own_time_are_a_gap(found: dict[str, Checked]) -> None:
    log = Log(VENDOR)
    for minute in (0, 10, 2):  # requests that took long are none
        log.add("break.end", MONDAY + timedelta(minutes=minute), PEOPLE[0], key(50))
    assert not assess(facts(log), read()).gaps
    log.add("break.end", MONDAY - timedelta(minutes=6), PEOPLE[0], key(50))
    (gap,) = assess(facts(log), read()).gaps
    assert (gap.number, gap.log, gap.place) == (1, VENDOR, 3)


def test_erased_entries_are_a_gap(found: dict[str, Checked]) -> None:
    (gap,) = assess(facts_from(vendor=VENDOR, erased=3), read()).gaps
    assert gap.number == 3


def test_only_whole_quarters_are_reported_on() -> None:
    assert Period.quarter(2026, 4) == Period(datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert [Period.quarter(2026, number).name for number in (1, 2, 3, 4)] == [
        f"2026 Q{number}" for number in (1, 2, 3, 4)
    ]


def test_a_profile_can_only_be_tighter() -> None:
    standard = read()
    assert tightened(standard, "Buyer", {"severe_day": 30}).values["severe_day"] == 30
    for wrong in ({"severe_day": 61}, {"pay_days": 8}, {"no_such": 1}, {"break_length": 4}):
        with pytest.raises(ValueError, match=r"tighter|no number|between"):
            tightened(standard, "Buyer", wrong)


def test_numbers_are_those_in_force_then_or_the_profiles_where_they_are_tighter() -> None:
    log, later = Log(), MONDAY + timedelta(days=10)
    project = key(77)
    for number, (value, until, where) in enumerate([(50, None, None), (90, later + timedelta(days=1), project)]):
        log.add(
            "policy.set", MONDAY, MANAGER, key(3_100 + number), name="severe_day", value=value,
            from_at=later if where else MONDAY, project=where, until_at=until, signed=until is not None,
        )  # fmt: skip
    as_it_is = facts_from(log, vendor=VENDOR)
    moments = (MONDAY - timedelta(days=1), MONDAY, later, later + timedelta(days=1))
    assert [as_it_is.limits(at).severe_day for at in moments] == [60, 50, 50, 50]
    assert [as_it_is.limits(at, project).severe_day for at in moments] == [60, 50, 90, 50]
    strict = facts_from(log, vendor=VENDOR, profile=tightened(read(), "Buyer", {"severe_day": 40}))
    assert [strict.limits(at, project).severe_day for at in moments] == [40, 40, 40, 40]
    assert as_published(read()).values["severe_day"] == 60


def test_what_did_not_happen_is_no_reason_for_or_against_a_vendor(found: dict[str, Checked]) -> None:
    """A vendor none of whose answers was rejected is not tested for that, and may still meet the standard."""
    log = Log(VENDOR)
    for number, each in enumerate(read().controls):
        if each.asks and each.core:
            attested(log, each.id, subject=2_000 + number)
    for rule in ("REJ-1", "REJ-2", "REJ-3", "REJ-4", "REJ-5"):
        found[rule] = Checked(rule, untested="No answer was marked not used.")
    told = control(facts(log), "LWS-16")
    assert (told.result, told.idle) == (UNKNOWN, True)
    assert assess(facts(log), read()).meets
    found["REJ-2"] = Checked("REJ-2", [row(PEOPLE[0], exception=True)])
    assert control(facts(log), "LWS-16").result is BAD
    found["OPT-1"] = Checked("OPT-1", untested="Nobody declined anything.")
    assert (control(facts(log), "LWS-01").result, control(facts(log), "LWS-01").idle) == (UNKNOWN, False)


def test_a_rule_of_which_nothing_happened_leaves_the_others_of_its_control(found: dict[str, Checked]) -> None:
    found["EXP-5"] = Checked("EXP-5", untested="Nothing severe was handed out.")
    assert control(facts(), "LWS-04").result is GOOD
