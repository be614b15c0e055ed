"""What any answer may carry beside its verdict: reasons to tick and a free comment. Never required.

A page shows them by `{% include "tasks/_remarks.html" %}`.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field, field_validator

from tasks.content import Frozen
from tasks.form import FormReader, tidy

FIELDS = ("reasons", "comment")
"""The form fields of `tasks/_remarks.html`."""

Reason = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(tidy)]


class RemarkOptions(Frozen):
    """What a project offers beside the verdict."""

    reasons: Annotated[tuple[Reason, ...], Field(max_length=24)] = Field(
        default=(), description="Short reasons a labeler may tick, each at most 60 characters. They are never required."
    )
    comment: bool = Field(default=True, description="Offer a free comment. It is never required.")
    comment_limit: int = Field(default=2000, ge=1, le=20_000, description="The longest comment, in characters.")

    @field_validator("reasons")
    @classmethod
    def _distinct(cls, reasons: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(reasons)) < len(reasons) or "" in reasons:
            raise ValueError("each reason must have words of its own; two are the same, or one is blank")
        return reasons


class Remarks(Frozen):
    """The reasons ticked, in the order the project lists them, and the comment, None when there is none."""

    reasons: tuple[str, ...] = ()
    comment: str | None = None

    @field_validator("comment")
    @classmethod
    def _tidy(cls, comment: str | None) -> str | None:
        return tidy(comment) or None if comment is not None else None


def read(reader: FormReader, options: RemarkOptions) -> dict[str, Any]:
    """The fields of `Remarks` out of a form."""
    reasons = reader.ticked("reasons", options.reasons)
    comment = reader.remark("comment", options.comment_limit) if options.comment else None
    return {"reasons": reasons, "comment": comment}


def fields(options: RemarkOptions) -> tuple[str, ...]:
    """The form fields that a page with these options has."""
    return tuple(f for f, offered in zip(FIELDS, (options.reasons, options.comment), strict=True) if offered)


def fill(remarks: Remarks) -> dict[str, list[str]]:
    """The form fields that `read` would turn into these remarks."""
    form: dict[str, list[str]] = {}
    if remarks.reasons:
        form["reasons"] = list(remarks.reasons)
    if remarks.comment is not None:
        form["comment"] = [remarks.comment]
    return form


def choices(options: RemarkOptions) -> dict[str, Any]:
    """What `tasks/_remarks.html` needs; `comment_limit` is None where no comment is offered."""
    return {"reasons": list(options.reasons), "comment_limit": options.comment_limit if options.comment else None}
