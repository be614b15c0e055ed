"""A look at a file before it is imported: how it would be read, and what is wrong with its first rows."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from flask import Response
from pydantic import BaseModel, Field

from labeler.accounts.permissions import Scope
from labeler.api.batches import FILE, TAG, ImportQuery, asked_for
from labeler.api.bodies import query
from labeler.api.door import bp
from labeler.api.openapi import documented
from labeler.api.problems import FieldFault
from labeler.api.scopes import requires_scope
from labeler.api.writes import answer
from labeler.db import reading
from labeler.errors import FieldProblem, Invalid
from labeler.projects import queries
from labeler.projects.reading import Refused, read
from labeler.uploads import received
from tasks import kind
from tasks.content import Row

LOOKED_AT = 100
"""How many rows of the file are read."""
SHOWN = 3
"""How many of them are shown."""


class PreviewRow(BaseModel):
    """A row as a task would be made of it."""

    line: int
    row: Row


class Preview(BaseModel):
    """How a file would be read."""

    format: str
    shape: str
    shape_title: str
    mapping: dict[str, str] = Field(description="What each column would become.")
    rows: list[PreviewRow] = Field(description="The first rows that can be used.")
    looked_at: int = Field(description="How many rows were read for this.")
    problems: list[FieldFault] = Field(description="Everything wrong with these.")


@bp.post("/projects/<slug>/batches/preview")
@documented(TAG, Preview, query=ImportQuery, sends=True, extra=FILE)
@requires_scope(Scope.BATCHES_WRITE)
def preview_batch(slug: str) -> Response:
    """See how a file would be read.

    Send what you would send to import it. The first 100 rows are read, nothing is kept, and no key is needed.
    """
    asked = query(ImportQuery)
    with reading() as session:
        name = queries.project_by_slug(session, slug).kind
    with received(asked.name) as upload:
        return answer(_looked_at(upload.path, name, asked_for(asked, upload.fields).shape))


def _looked_at(path: Path, name: str, shape: str | None) -> Preview:
    found = 0
    rows: list[PreviewRow] = []
    problems: list[FieldFault] = []
    try:
        with read(path, kind=kind(name), shape=shape) as file:
            for line, row in islice(file, LOOKED_AT):
                found += 1
                if isinstance(row, list):
                    problems += [FieldFault(field=each.field, message=each.message, line=line) for each in row]
                elif len(rows) < SHOWN:
                    rows.append(PreviewRow(line=line, row=row))
            known = file.shape
            return Preview(
                format=file.format,
                shape=known.name,
                shape_title=known.title,
                mapping=known.mapping,
                rows=rows,
                looked_at=found,
                problems=problems,
            )
    except Refused as refused:
        raise Invalid("This file can't be read.", [FieldProblem("file", refused.message, refused.line)]) from refused
