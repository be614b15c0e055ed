"""From facts to an assessment: every control of the standard, and what it comes to. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from graphlib import TopologicalSorter
from uuid import UUID

from labeler.audit.acts import WHOLE_HOURS
from labeler.compliance.checks import CHECKS, OCCASIONAL
from labeler.compliance.checks.day import SEVERE, severity_of
from labeler.compliance.events import Event, Facts
from labeler.compliance.outcome import (
    Assessed,
    Assessment,
    Attestation,
    Checked,
    Confirmed,
    Deviation,
    Gap,
    Result,
)
from labeler.compliance.standards import Control, Standard, latest_expiry
from labeler.wellbeing.limits import STANDARD

_WORST = (Result.NOT_SATISFIED, Result.NOT_TESTED, Result.SATISFIED)
_NO_CHECK = "This version of the product has no check for it."


def assess(facts: Facts, standard: Standard) -> Assessment:
    """Assess a vendor's period. The same facts give the same assessment, whoever works it out."""
    checked = {rule: _run(rule, facts) for control in standard.controls for rule in control.rules}
    attested, said = attestations(facts), confirmed(facts)
    known: dict[str, Assessed] = {}
    for control in _in_order(standard.controls):
        known[control.id] = _assessed(control, facts, checked, attested.get(control.id), said.get(control.id), known)
    controls = [known[control.id] for control in standard.controls]
    core = {control.id for control in standard.controls if control.core}
    handed = facts.within("assignment.hand_out")
    return Assessment(
        vendor=facts.vendor,
        vendor_name=next((str(event.fields["name"]) for event in reversed(facts.of("vendor.add"))), ""),
        people=frozenset(facts.person(event.actor) for event in handed if event.actor is not None),
        controls=controls,
        deviations=deviations(facts),
        gaps=gaps(facts),
        entries=sum(event.log == facts.vendor and event.at in facts.period for event in facts.events),
        meets=all(each.result is Result.SATISFIED or each.idle for each in controls if each.control in core),
        served=_served(facts, handed),
    )


def _served(facts: Facts, handed: Iterable[Event]) -> list[Counter[UUID]]:
    """How many hand-outs each person had, by severity."""
    found: list[Counter[UUID]] = [Counter() for _ in range(SEVERE + 1)]
    for event in handed:
        if event.actor is not None:
            found[min(severity_of(event.fields["profile"]), SEVERE)][facts.person(event.actor)] += 1
    return found


def _run(rule: str, facts: Facts) -> Checked:
    check = CHECKS.get(rule)
    return Checked(rule, untested=_NO_CHECK) if check is None else check(facts)


def _in_order(controls: Sequence[Control]) -> list[Control]:
    """Those that depend on others after them. Raises CycleError where some depend on each other."""
    known = {control.id: control for control in controls}
    return [known[name] for name in TopologicalSorter({each.id: each.depends for each in controls}).static_order()]


def _assessed(
    control: Control,
    facts: Facts,
    checked: Mapping[str, Checked],
    attestation: Attestation | None,
    said: Confirmed | None,
    known: Mapping[str, Assessed],
) -> Assessed:
    checks = [checked[rule] for rule in control.rules]
    happened = [each for each in checks if not _idle(each)]
    measured = _worst([each.result(facts.k) for each in happened] or [Result.NOT_TESTED]) if checks else None
    reasons = [f"{each.rule}: {why}" for each in checks if (why := _why(each, facts.k))]
    attested = None
    if control.asks:
        attested, why = _attested(attestation, facts)
        reasons += [why] if why else []
    counted = [measured if happened else None, attested]
    result = _worst([each for each in counted if each is not None] or [Result.NOT_TESTED])
    lacking = [name for name in control.depends if not (known[name].result is Result.SATISFIED or known[name].idle)]
    if result is Result.SATISFIED and lacking:
        result = _worst([known[name].result for name in lacking])
        reasons.append(f"It passes only where {', '.join(lacking)} is satisfied.")
    idle = bool(checks) and not happened and attested in (None, Result.SATISFIED) and result is not Result.NOT_SATISFIED
    return Assessed(control.id, result, " ".join(reasons), checks, measured, attested, attestation, said, idle)


def _idle(checked: Checked) -> bool:
    """Whether nothing happened that the rule is about. Of people's private choices not even that is told."""
    return checked.rule in OCCASIONAL and not checked.rows and checked.failed is None and not checked.private


def _worst(results: Sequence[Result]) -> Result:
    return min(results, key=_WORST.index)


def _why(checked: Checked, k: int) -> str:
    """Why a check did not pass; how many rows are exceptions is told by `disclosing` alone."""
    if (why := checked.reason(k)) or checked.result(k) is Result.SATISFIED:
        return why
    return "There are exceptions."


def attestations(facts: Facts) -> dict[str, Attestation]:
    """The newest attestation of each control that was made before the period ended."""
    ended = {event.subject: event.at for event in facts.of("attestation.withdraw")}
    return {
        event.fields["control"]: Attestation(
            control=event.fields["control"],
            signer=event.fields["signer"],
            dated=datetime.fromisoformat(event.fields["dated"]),
            expires_at=datetime.fromisoformat(event.fields["expires_at"]),
            digest=event.fields["digest"],
            log=event.log,
            number=event.number,
            withdrawn_at=ended.get(event.subject),
        )
        for event in facts.of("attestation.add")
        if event.at < facts.period.end
    }


def _attested(made: Attestation | None, facts: Facts) -> tuple[Result, str]:
    """What an attestation comes to: it stands at the period's end, and for no longer than the profile's months."""
    if made is None:
        return Result.NOT_TESTED, "Nothing was attested."
    if made.withdrawn_at is not None and made.withdrawn_at < facts.period.end:
        return Result.NOT_SATISFIED, "What was attested was withdrawn."
    if made.expires_at < facts.period.end:
        return Result.NOT_SATISFIED, f"The attestation ran out on {made.expires_at:%Y-%m-%d}."
    months = facts.parameter("attestation_months")
    signed = made.dated.date()
    if made.dated + (latest_expiry(signed, months) - signed) + timedelta(days=1) < facts.period.end:
        return Result.NOT_SATISFIED, f"The attestation of {made.dated:%Y-%m-%d} is older than {months} months."
    return Result.SATISFIED, ""


def confirmed(facts: Facts) -> dict[str, Confirmed]:
    """What labelers said of each control in this period's report; of each person the last word counts."""
    last: dict[tuple[str, object], Event] = {}
    for event in facts.of("confirmation.say"):
        if event.fields["period"] == facts.period.name and event.actor is not None:
            last[event.fields["control"], facts.person(event.actor)] = event
    found: dict[str, Confirmed] = {}
    for control in {control for control, _ in last}:
        people = {who: event.fields["says"] for (of, who), event in last.items() if of == control}
        found[control] = Confirmed(
            control,
            frozenset(who for who, says in people.items() if says == "confirm"),  # type: ignore[misc]
            frozenset(who for who, says in people.items() if says == "contest"),  # type: ignore[misc]
        )
    return found


def deviations(facts: Facts) -> list[Deviation]:
    """Every signed number looser than the standard's whose time meets the period, also where another one stood for a
    part of it. One that is looser than a tighter number of everybody's, and not than the standard's, is none."""
    found, signed = [], {event.subject: event.fields for event in facts.of("policy.sign")}
    for event in facts.of("policy.set"):
        told, by = event.fields, signed.get(event.subject, {})
        from_at, until = datetime.fromisoformat(told["from_at"]), told["until_at"]
        until_at = datetime.fromisoformat(until) if until else None
        over = from_at >= facts.period.end or (until_at is not None and until_at <= facts.period.start)
        if over or not told["signed"] or not STANDARD[told["name"]].loosens(told["value"]):
            continue
        found.append(
            Deviation(
                told["name"], told["value"], STANDARD[told["name"]].value, from_at, until_at,
                told["project"] and UUID(told["project"]), event.log, event.number, by.get("signer"),
                by.get("document"), by.get("reason"),
            )
        )  # fmt: skip
    return found


def gaps(facts: Facts) -> list[Gap]:
    """What the report cannot rest on. A recovery counts whenever it was: what it lost may have been of any time."""
    found = [Gap("Entries whose people's data were erased", facts.erased)] if facts.erased else []
    recovered = facts.of("record.recovery")
    if recovered:
        first = recovered[0]
        found.append(Gap("The record was restored from a backup", len(recovered), first.at, first.log, first.number))
    return found + _written_late(facts)


LATE = timedelta(minutes=15)
"""A request may take long, and so may its transaction; entries that tell of earlier than this before those that were
sealed before them were added afterwards."""


def _written_late(facts: Facts) -> list[Gap]:
    """Entries of the period that stand far behind their own time in their log."""
    newest: dict[UUID, datetime] = {}
    late: list[Event] = []
    for event in sorted(facts.events, key=lambda each: (each.log, each.number)):
        known = newest.get(event.log, event.at)
        if event.at < known - LATE and event.at in facts.period and event.act not in WHOLE_HOURS:
            late.append(event)
        newest[event.log] = max(known, event.at)
    if not late:
        return []
    first = late[0]
    return [Gap("Entries that were written long after what they tell", len(late), first.at, first.log, first.number)]
