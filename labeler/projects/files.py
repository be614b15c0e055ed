"""A project as a file: one shape for the TOML of the command line, the studio's forms, and the API."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Annotated, Any, Self

import tomlkit
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from labeler.errors import FieldProblem, Invalid
from labeler.projects.models import Project
from labeler.projects.rules import is_slug
from labeler.projects.wording import problems_of, with_nul
from labeler.workforce.rules import is_tag, tidy_tag
from tasks import KINDS, kind
from tasks.content import Category

MOST_TOML = 1024 * 1024
"""Bytes of the largest project file that is read."""


def _tag(tag: str) -> str:
    tidy = tidy_tag(tag)
    if not is_tag(tidy):
        raise ValueError("write a language tag such as en, sw or pt-BR")
    return tidy


def _slug(slug: str) -> str:
    if not is_slug(slug):
        raise ValueError(
            "use lower-case letters and digits joined by hyphens, at most 60 characters; "
            "new, preview and approvals are taken"
        )
    return slug


Line = Annotated[str, Field(min_length=1, max_length=200)]


class GuidelineText(BaseModel):
    """The instructions, in Markdown."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    text: Annotated[str, Field(min_length=1, max_length=200_000)]


class ProjectPlan(BaseModel):
    """What a researcher decides about a project. What labelers are owed may come later, but before it goes live."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, allow_inf_nan=False)

    name: Line
    kind: str
    slug: Annotated[str, AfterValidator(_slug)] | None = None
    purpose: Annotated[str, Field(max_length=2000)] | None = None
    client_name: Line | None = None
    languages: Annotated[list[Annotated[str, AfterValidator(_tag)]], Field(min_length=1, max_length=40)] = ["en"]
    overlap: Annotated[int, Field(ge=1, le=50)] = 3
    priority: Annotated[int, Field(ge=0, le=100)] = 50
    categories: dict[Category, Annotated[int, Field(ge=0, le=4)]] | None = None
    sensitive_share: Annotated[float, Field(ge=0, le=1)] | None = None
    pay_rate: Line | None = None
    seconds_estimate: Annotated[int, Field(ge=1, le=86_400)] | None = None
    offered_to: Annotated[list[Line], Field(max_length=200)] = []
    export_approval: bool = False
    options: dict[str, Any] = {}
    guideline: GuidelineText | None = None

    @field_validator("kind")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in KINDS:
            raise ValueError(f"there is no such kind; choose one of {', '.join(sorted(KINDS))}")
        return name

    @model_validator(mode="after")
    def _options_fit(self) -> Self:
        self.options = kind(self.kind).Options.model_validate(self.options).model_dump(mode="json")
        return self


def read_plan(given: Mapping[str, Any]) -> ProjectPlan:
    """The plan in a form, a file or a request. Raises Invalid with every problem, options among them."""
    plain = dict(given)
    problems = with_nul(plain)
    try:
        plan = ProjectPlan.model_validate({**plain, "options": {}})
    except ValidationError as error:
        problems += problems_of(error)
        plan = None
    if isinstance(plain.get("kind"), str) and plain["kind"] in KINDS:
        try:
            options = kind(plain["kind"]).Options.model_validate(plain.get("options") or {})
        except ValidationError as error:
            problems += problems_of(error, ("options",))
        else:
            if plan is not None:
                plan.options = options.model_dump(mode="json")
    if problems or plan is None:
        raise Invalid("This project can't be used yet.", problems)
    return plan


def read_toml(text: str) -> ProjectPlan:
    """The plan in a TOML file. Raises Invalid with every problem; one of TOML's own grammar names its line."""
    if len(text.encode()) > MOST_TOML:
        raise Invalid("This project file is too large.", [FieldProblem("project", "Keep it under 1 MB.")])
    try:
        given = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Invalid("This is not a TOML file.", [FieldProblem("project", str(error))]) from None
    return read_plan(given)


def write_toml(plan: ProjectPlan, comments: Mapping[str, str] | None = None) -> str:
    """A plan as a TOML file, each field under its comment; `read_toml` gives the same plan again."""
    file = tomlkit.document()
    facts = plan.model_dump(mode="json", exclude_none=True)
    tables = {name: facts.pop(name) for name in ("categories", "options", "guideline") if name in facts}
    said = comments or {}
    for name, value in facts.items():
        if name in said:
            file.add(tomlkit.comment(said[name]))
        file.add(name, value)
    for name, fields in tables.items():
        file.add(tomlkit.nl())
        if name in said:
            file.add(tomlkit.comment(said[name]))
        table = tomlkit.table()
        for key, value in fields.items():
            if f"{name}.{key}" in said:
                table.add(tomlkit.comment(said[f"{name}.{key}"]))
            multiline = isinstance(value, str) and "\n" in value
            table.add(key, tomlkit.string(value, multiline=True) if multiline else value)
        file.add(name, table)
    return tomlkit.dumps(file)


COMMENTS = {
    "name": "What labelers and researchers call the project.",
    "kind": "What is asked: " + " or ".join(sorted(KINDS)) + ".",
    "purpose": "What the answers are for. Labelers read this before they begin.",
    "client_name": "For whom the work is done. Labelers read this too.",
    "languages": "Languages of the tasks (BCP 47). Only labelers who read a task's language get it.",
    "overlap": "How many judgments each task gets, all by different people.",
    "priority": "0 to 100; tasks of a higher number are handed out first.",
    "sensitive_share": "Expected share of tasks that are disturbing or worse, 0 to 1.",
    "pay_rate": "What is paid, as labelers will read it.",
    "seconds_estimate": "How long one task takes, in seconds.",
    "offered_to": "Names of the vendors whose labelers may work on it; empty for all.",
    "export_approval": "Whether a second person must approve each dataset version before anybody takes it.",
    "categories": "Sensitive content that may occur, with its highest severity: W10 = 2 is disturbing, 3 egregious.",
    "options": "What the kind lets you choose.",
    "guideline": "The instructions, in Markdown. A new version is made whenever they change.",
}

_GUIDELINES = {
    "comparison": """# Which answer is better?

Read the prompt and both answers to the end. Choose the answer that would help the person more.

- A correct answer beats a well-written wrong one.
- Length is no merit. A short answer that says it all is better than a long one.
- If both are equally good, say so. If both are of no use, choose *Both bad*.

**Example.** Prompt: *How long do I boil an egg so that the yolk stays soft?* Answer A: *Six minutes from cold water
boiling, then cold water.* Answer B: *Eggs are healthy.* A is much better: B does not answer.

You may skip any task without a reason. If you are not sure about a rule, write to the project's team.
""",
    "rating": """# How good is this answer?

Read the prompt and the answer to the end, then rate it on each scale. The words under each number say what it means.

- Rate each scale by itself: a friendly answer can be wrong, and a correct one unfriendly.
- Leave a scale empty when it does not apply.

**Example.** Prompt: *Name three rivers in Kenya.* Answer: *Tana, Athi and Mara.* This is complete and correct.

You may skip any task without a reason. If you are not sure about a rule, write to the project's team.
""",
}


def example(name: str) -> str:
    """A complete, valid project file for a kind, with a comment above each field. Raises KeyError for no such kind."""
    asks = kind(name)
    plan = ProjectPlan(
        name=f"Helpful answers ({name})",
        kind=name,
        purpose="To teach an assistant which answers people find helpful.",
        client_name="Meadow Research",
        languages=["en"],
        overlap=3,
        priority=50,
        categories={},
        sensitive_share=0.0,
        pay_rate="12.50 EUR an hour",
        seconds_estimate=90,
        offered_to=[],
        options=asks.Options().model_dump(mode="json"),
        guideline=GuidelineText(text=_GUIDELINES.get(name, f"# {asks.title}\n\nRead everything, then answer.\n")),
    )
    fields = asks.Options.model_fields
    about = {f"options.{key}": field.description for key, field in fields.items() if field.description}
    return write_toml(plan, {**COMMENTS, **about})


def plan_of(project: Project, offered_to: list[str], guideline: str | None) -> ProjectPlan:
    """The plan that would make this project again."""
    return ProjectPlan(
        name=project.name,
        kind=project.kind,
        slug=project.slug,
        purpose=project.purpose,
        client_name=project.client_name,
        languages=project.languages,
        overlap=project.overlap,
        priority=project.priority,
        categories=project.categories,  # type: ignore[arg-type]  # pydantic turns the codes into categories
        sensitive_share=project.sensitive_share,
        pay_rate=project.pay_rate,
        seconds_estimate=project.seconds_estimate,
        offered_to=offered_to,
        export_approval=project.export_approval,
        options=project.options,
        guideline=GuidelineText(text=guideline) if guideline else None,
    )
