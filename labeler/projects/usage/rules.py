"""What a second person approves before a project is handed out, and when that stands no more (GOV-5). Pure.

Approved is a digest: of everything a project says and asks, and of the use that was declared for it. The rule is one
comparison, `digest now == digest approved`, so there is no list of changes that reopen an approval, and none to forget.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson

from labeler.errors import FieldProblem
from labeler.projects.usage.policy import Policy

INTENDED = (40, 4_000)
"""Fewest and most characters of an intended use: a sentence, not a word."""
REASONS = (20, 4_000)
"""Fewest and most characters of written reasons, and of what guards the people concerned."""

COMPARED = (
    "name", "purpose", "client_name", "kind", "options", "overlap", "languages", "categories", "sensitive_share",
    "pay_rate", "seconds_estimate",
)  # fmt: skip
"""The columns of a project that are approved. Left out on purpose: its slug, which stands; its priority, which only
orders work; freezing and the second look at versions, which have rules of their own. Vendors and instructions are added
from their own tables."""


class ApprovalState(StrEnum):
    """How an ask for approval stands; *replaced*: its asker or somebody else has asked anew before it was decided;
    *withdrawn*: it was approved, and that was taken back."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


class Standing(StrEnum):
    """Whether a project may be handed out: only *approved* may."""

    NEVER_ASKED = "never-asked"
    WAITING = "waiting"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    CHANGED = "changed"
    OLD_POLICY = "old-policy"
    APPROVED = "approved"


@dataclass(frozen=True, slots=True)
class Use:
    """What a project's team declares: for what the data will be used, in which fields that need more care (codes of the
    policy), what guards the people concerned there, and under which version of the policy."""

    intended_use: str
    scrutiny: tuple[str, ...]
    safeguards: str
    policy: int


_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Ask:
    """One ask, as the rule reads it; `digest` is that of what was asked for, `settled` when it was decided last."""

    state: ApprovalState
    use: Use
    facts: Mapping[str, Any]
    digest: str
    settled: datetime = _NEVER


def found_beside(
    found: Mapping[str, Any] | None,
    declared: Mapping[str, int],
    raised: Mapping[str, int],
    share: float | None,
    found_share: float,
) -> dict[str, Any]:
    """What labelers found, as [declared, found] by category code and for `share`, with another finding in it.

    What was declared before the first of several findings stays known.
    """
    told = dict(found or {})
    now_so: dict[str, tuple[Any, Any]] = {code: (declared.get(code, 0), level) for code, level in raised.items()}
    if found_share != share:
        now_so["share"] = (share, found_share)
    for name, (before, after) in now_so.items():
        first = told[name][0] if name in told and told[name][1] == before else before
        told[name] = [first, after]
    return told


def declared(
    found: Mapping[str, Any] | None, categories: Mapping[str, int] | None, share: float | None
) -> tuple[dict[str, int] | None, float | None]:
    """The content and the share that a project's team declares: without what labelers' reports raised. What the team
    has changed since counts as it is now."""
    known = found or {}

    def as_declared(name: str, value: Any) -> Any:
        return known[name][0] if name in known and known[name][1] == value else value

    content = None
    if categories is not None:
        content = {code: said for code, level in categories.items() if (said := as_declared(code, level))}
    share = as_declared("share", share)
    return content, None if share is None else float(share)


def digest_of(facts: Mapping[str, Any], use: Use, policy_digest: str) -> str:
    """SHA-256 (64 hex digits) of what is approved: the project's facts, the declared use, the policy's text."""
    told = {
        "facts": dict(facts),
        "use": [use.intended_use, sorted(use.scrutiny), use.safeguards],
        "policy": [use.policy, policy_digest],
    }
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


@dataclass(frozen=True, slots=True)
class Stands:
    """How a project stands: the ask that stands for it (a place in the list, None without one), and which facts differ
    from those that were last approved or asked for."""

    standing: Standing
    ask: int | None
    changed: tuple[str, ...] = ()

    @property
    def may_go_live(self) -> bool:
        """Whether it may be handed out."""
        return self.standing is Standing.APPROVED


def stands(asks: Sequence[Ask], facts: Mapping[str, Any], policies: Mapping[int, Policy]) -> Stands:
    """How a project with these facts stands, from all its asks, the newest first.

    The newest decision about exactly this project and use counts. A use that is asked for anew leaves the one that was
    approved in force until it is decided. Going back to what was approved is approved; what was withdrawn is not.
    """

    def fits(ask: Ask) -> bool:
        known = policies.get(ask.use.policy)
        return known is not None and ask.digest == digest_of(facts, ask.use, known.digest)

    fitting = [place for place, ask in enumerate(asks) if ask.state is not ApprovalState.REPLACED and fits(ask)]
    refused: set[str] = set()
    for place in fitting:
        ask = asks[place]
        if ask.state is ApprovalState.REFUSED:
            refused.add(ask.digest)
        elif ask.state is ApprovalState.APPROVED and ask.digest not in refused:
            current = ask.use.policy == max(policies)
            return Stands(Standing.APPROVED if current else Standing.OLD_POLICY, place)
    if fitting:
        waits = asks[fitting[0]].state is ApprovalState.WAITING
        last = fitting[0] if waits else max(fitting, key=lambda place: asks[place].settled)
        return Stands(Standing(asks[last].state.value), last)
    asked = [place for place, ask in enumerate(asks) if ask.state is not ApprovalState.REPLACED]
    if not asked:
        return Stands(Standing.NEVER_ASKED, None)
    approved = [place for place in asked if asks[place].state is ApprovalState.APPROVED]
    withdrawn = [place for place in asked if asks[place].state is ApprovalState.WITHDRAWN]
    if withdrawn and not approved:
        return Stands(Standing.WITHDRAWN, withdrawn[0])
    against = approved[0] if approved else asked[0]
    return Stands(Standing.CHANGED, against, differences(asks[against].facts, facts))


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of facts that are not what they were, in order."""
    return tuple(sorted(name for name in {*then, *now} if then.get(name) != now.get(name)))


def use_problems(use: Use, harmless: bool, policy: Policy) -> list[FieldProblem]:
    """Everything that is wrong with a declared use, each with its field. `harmless`: that no prohibited purpose is
    served was said."""
    problems = []
    least, most = INTENDED
    if not least <= len(use.intended_use) <= most:
        problems.append(
            FieldProblem(
                "intended_use",
                f"Say in {least} to {most:,} characters for what the data will be used, by whom, and in what.",
            )
        )
    unknown = [code for code in use.scrutiny if code not in policy.scrutiny]
    if unknown:
        problems.append(FieldProblem("scrutiny", f"There is no such field: {', '.join(unknown)[:80]}."))
    least, most = REASONS
    if use.scrutiny and not least <= len(use.safeguards) <= most:
        words = f"Such uses need more care: say in {least} to {most:,} characters what guards the people concerned."
        problems.append(FieldProblem("safeguards", words))
    elif len(use.safeguards) > most:
        problems.append(FieldProblem("safeguards", f"Use at most {most:,} characters."))
    if not harmless:
        words = "Say that the project serves none of the prohibited purposes. One that does can't be handed out here."
        problems.append(FieldProblem("harmless", words))
    return problems


_NEEDED = {
    ApprovalState.REFUSED: "so that its team knows what to change",
    ApprovalState.WITHDRAWN: "so that its team, and who looks at it next, know what came up",
}


def reason_problem(how: ApprovalState, reasons: str, scrutiny: Sequence[str]) -> FieldProblem | None:
    """What is wrong with the reasons of a decision: a no always needs them, a yes where more care is needed."""
    least, most = REASONS
    needed = how in _NEEDED or bool(scrutiny)
    field = "why" if how is ApprovalState.WITHDRAWN else "reasons"
    if len(reasons) > most:
        return FieldProblem(field, f"Use at most {most:,} characters.")
    if needed and len(reasons) < least:
        why = _NEEDED.get(how, "because its use needs care")
        return FieldProblem(field, f"Write your reasons in {least} characters or more, {why}.")
    return None
