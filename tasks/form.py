"""Reading a submitted form strictly: every problem is kept, and whatever the page could not have sent is refused."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from tasks.kind import BESIDE, AnswerRefused, Form, Problem

UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Control characters and halves of surrogate pairs: invisible to the writer, and refused by databases and Parquet."""


def tidy(text: str) -> str:
    """A remark as it is stored: one sort of line end, no unstorable characters, no blank ends."""
    return UNSTORABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


class FormReader:
    """Reads one form field by field, collects what is wrong, and raises it all at the end by `finish`."""

    def __init__(self, form: Form, known: Collection[str]) -> None:
        self.form = form
        self.problems: list[Problem] = []
        strangers = [str(name) for name in form if name not in known and name not in BESIDE]
        if strangers:
            named = ", ".join(name[:40] for name in strangers[:3])
            more = f" and {len(strangers) - 3} more" if len(strangers) > 3 else ""
            self.problem(strangers[0][:40], f"This question has no field for: {named}{more}. Load the page again.")

    def problem(self, field: str, message: str) -> None:
        """Note one problem."""
        self.problems.append(Problem(field, message))

    def many(self, field: str) -> tuple[str, ...]:
        """All texts sent for a field; none when it is absent or not a list of texts (which is a problem)."""
        values: object = self.form.get(field, ())  # a draft or an API body may hold anything
        if isinstance(values, str) or not isinstance(values, Sequence) or any(not isinstance(v, str) for v in values):
            self.problem(field, "We could not read this part of your answer. Load the page again.")
            return ()
        return tuple(values)

    def one(self, field: str) -> str | None:
        """The text of a field that has at most one value; None when absent, empty or sent more than once."""
        values = self.many(field)
        if len(values) > 1:
            self.problem(field, "This was answered more than once. Choose one answer.")
            return None
        return (values[0] or None) if values else None

    def chosen(self, field: str, offered: Collection[str]) -> str | None:
        """The one value picked out of `offered`; None when nothing was picked, or when it is a problem."""
        value = self.one(field)
        if value is not None and value not in offered:
            self.problem(field, "Choose one of the answers on the page.")
            return None
        return value

    def required(self, field: str, offered: Collection[str], ask: str) -> str:
        """The one value picked out of `offered`; `ask` becomes the problem, and "" the answer, when there is none."""
        before = len(self.problems)
        value = self.chosen(field, offered)
        if value is None and len(self.problems) == before:
            self.problem(field, ask)
        return value or ""

    def ticked(self, field: str, offered: Sequence[str]) -> tuple[str, ...]:
        """The values ticked out of `offered`, once each and in the order offered."""
        values = set(self.many(field))
        if not values <= set(offered):
            self.problem(field, "Choose only what is on the page.")
        return tuple(value for value in offered if value in values)

    def remark(self, field: str, limit: int) -> str | None:
        """A free text of at most `limit` characters, tidied; None when blank."""
        text = tidy(self.one(field) or "")
        if len(text) > limit:
            self.problem(field, f"Your text has {len(text):,} characters. Shorten it to {limit:,} or fewer.")
        return text or None

    def finish(self) -> None:
        """Raise AnswerRefused when anything was wrong."""
        if self.problems:
            raise AnswerRefused(self.problems)
