"""A project's form as it stands: what was typed, what the plan is made of, and where each problem belongs. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labeler.errors import FieldProblem, Invalid
from labeler.projects.files import ProjectPlan, read_plan
from labeler.web.studio_fields import Field, Form, fields_of, labels_of, read_form, rearranged
from tasks import kind
from tasks.content import Category
from tasks.kind import Kind

TEXTS = ("name", "slug", "purpose", "client_name", "overlap", "priority", "pay_rate", "seconds_estimate")
"""Fields of a plan that the form shows as one text each."""
LABELS = {
    "name": "Name", "slug": "Address", "purpose": "Purpose", "client_name": "Client", "pay_rate": "Pay",
    "seconds_estimate": "Seconds for one task", "categories": "Content", "sensitive_share": "Sensitive tasks of 100",
    "languages": "Languages", "overlap": "Judgments for each task", "priority": "Priority", "offered_to": "Offered to",
    "export_approval": "Dataset versions", "kind": "Kind", "options": "What is asked",
}  # fmt: skip
"""Every field of a plan that the form has, in its order; the guideline has a page of its own."""

UNSAID, NONE, SOME = "unsaid", "none", "some"
"""What a project says of its content: nothing yet, that there is none to warn of, or which."""

SHARE = FieldProblem("sensitive_share", "Write a number from 0 to 100.")


@dataclass(slots=True)
class Sheet:
    """The form of one project. `text` holds what was typed; `sensitive_share` stands there in tasks out of 100."""

    kind: Kind
    text: dict[str, str] = field(default_factory=dict)
    content: str = UNSAID
    levels: dict[str, int] = field(default_factory=dict)
    offered: list[str] = field(default_factory=list)
    approval: bool = False
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields of the kind's options."""
        return fields_of(self.kind.Options)

    def plan(self) -> ProjectPlan:
        """The plan this form describes. Raises Invalid with every problem, each at a field of the form."""
        given, problems = self._given()
        try:
            plan = read_plan(given)
        except Invalid as wrong:
            raise Invalid(wrong.message, self.placed([*problems, *wrong.problems])) from None
        if problems:
            raise Invalid("This project can't be used yet.", self.placed(problems))
        return plan

    def _given(self) -> tuple[dict[str, Any], list[FieldProblem]]:
        problems: list[FieldProblem] = []
        given: dict[str, Any] = {name: self.text.get(name) or None for name in TEXTS}
        given["name"] = self.text.get("name", "")
        for name in ("overlap", "priority"):
            given[name] = self.text.get(name, "")
        given["languages"] = [tag for tag in re.split(r"[\s,;]+", self.text.get("languages", "")) if tag]
        share, fits = _share(self.text.get("sensitive_share", ""))
        if not fits:
            problems.append(SHARE)
        if self.content == SOME and not any(self.levels.values()):
            words = "Say at least one kind of content and how strong it may be, or say that there is none."
            problems.append(FieldProblem("categories", words))
        categories = {UNSAID: None, NONE: {}}.get(self.content, {c: n for c, n in self.levels.items() if n})
        given |= {
            "kind": self.kind.name,
            "sensitive_share": share,
            "categories": categories,
            "offered_to": self.offered,
            "export_approval": self.approval,
            "options": self.options,
        }
        return given, problems

    def placed(self, problems: Sequence[FieldProblem]) -> list[FieldProblem]:
        """The same problems in the order of the form, each at a field it shows and in words that name the field."""
        known = LABELS | labels_of(self.fields, self.options, "options")
        order = {path: place for place, path in enumerate(known)}
        return sorted((_placed(each, known) for each in problems), key=lambda each: order.get(each.field, len(order)))

    def rearrange(self, act: str, path: str) -> None:
        """Add an entry to a list of the options, remove one, or move one up."""
        head, *rest = path.split(".")
        if head == "options":
            self.options = rearranged(self.fields, self.options, act, rest)

    def digest(self) -> str:
        """A mark of all values: two people's changes are told apart by it."""
        said = repr((self.kind.name, sorted(self.text.items()), self.content, sorted(self.levels.items())))
        rest = f"{sorted(self.offered)}{self.approval}{self.options!r}"
        return hashlib.sha256(f"{said}{rest}".encode()).hexdigest()[:16]


def _share(text: str) -> tuple[float | None, bool]:
    """So many of 100 tasks as a share from 0 to 1, and whether it was a number in that range."""
    text = text.strip().removesuffix("%").strip().replace(",", ".")
    if not text:
        return None, True
    if not re.fullmatch(r"\d{1,3}(\.\d{1,6})?", text) or float(text) > 100:
        return None, False
    return float(text) / 100, True


def _placed(problem: FieldProblem, known: Mapping[str, str]) -> FieldProblem:
    parts = problem.field.split(".")
    for length in range(len(parts), 0, -1):
        path, rest = ".".join(parts[:length]), parts[length:]
        if path in known:
            inside = f", {_ordinal(rest[0])}" if rest and rest[0].isdecimal() else f", {'.'.join(rest)}" if rest else ""
            return FieldProblem(path, f"{known[path]}{inside}: {problem.message}")
    return problem


def _ordinal(place: str) -> str:
    """The name of a line or an entry of a list, counted from 1."""
    return f"number {int(place) + 1}"


def blank(name: str) -> Sheet:
    """The form of a project that nobody has described yet, with the defaults of its plan and kind."""
    asks = kind(name)
    defaults = ProjectPlan(name="-", kind=name)
    return Sheet(
        kind=asks,
        text={
            "languages": ", ".join(defaults.languages),
            "overlap": str(defaults.overlap),
            "priority": str(defaults.priority),
        },
        options=asks.Options().model_dump(mode="json"),
    )


def of_plan(plan: ProjectPlan) -> Sheet:
    """The form that shows a plan."""
    share = plan.sensitive_share
    texts = {name: getattr(plan, name) for name in TEXTS}
    return Sheet(
        kind=kind(plan.kind),
        text={name: "" if value is None else str(value) for name, value in texts.items()}
        | {
            "languages": ", ".join(plan.languages),
            "sensitive_share": "" if share is None else f"{share * 100:.6f}".rstrip("0").rstrip("."),
        },
        content=UNSAID if plan.categories is None else SOME if any(plan.categories.values()) else NONE,
        levels={code.value: int(level) for code, level in (plan.categories or {}).items()},
        offered=list(plan.offered_to),
        approval=plan.export_approval,
        options=plan.options,
    )


def of_form(name: str, form: Form, stands: Sheet | None = None) -> Sheet:
    """The form as somebody sent it; nothing of it is checked yet.

    `stands` is what the project says now, if it has been live: kind, options and overlap are then taken from it.
    """
    asks = kind(name) if stands is None else stands.kind
    content = (form.get("content") or [UNSAID])[0]
    levels = {code.value: (form.get(f"level.{code.value}") or ["0"])[0] for code in Category}
    text = {each: (form.get(each) or [""])[0].strip() for each in (*TEXTS, "languages", "sensitive_share")}
    if stands is not None:
        text["overlap"] = stands.text["overlap"]
    return Sheet(
        kind=asks,
        text={each: value.replace("\r\n", "\n") for each, value in text.items()},
        content=content if content in (UNSAID, NONE, SOME) else UNSAID,
        levels={code: int(level) for code, level in levels.items() if level in ("1", "2", "3", "4")},
        offered=[each for each in dict.fromkeys(form.get("offered_to") or []) if each],
        approval=bool((form.get("export_approval") or [""])[0]),
        options=read_form(fields_of(asks.Options), form, "options") if stands is None else stands.options,
    )
