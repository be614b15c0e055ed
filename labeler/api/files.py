"""Downloads: the files of an export."""

from __future__ import annotations

from typing import Any, Literal

from flask import Response
from pydantic import Field

from labeler import clock, downloads
from labeler.accounts.permissions import Scope
from labeler.api.bodies import Sent, query
from labeler.api.door import bp
from labeler.api.exports import listed
from labeler.api.openapi import documented
from labeler.api.scopes import caller, requires_scope
from labeler.db import transaction
from labeler.errors import Missing
from labeler.exports import listing, queries, service
from labeler.projects.queries import project_by_slug

_BYTES: dict[str, Any] = {"content": {"application/octet-stream": {}}}
_AS_FILE = {
    "responses": {
        "200": _BYTES,
        "206": {"description": "The range that was asked for.", **_BYTES},
        "304": {"description": "You have it already: `If-None-Match` names its ETag."},
    }
}


class TakeQuery(Sent):
    """How a file is taken."""

    withdrawn: Literal["refuse", "take"] = Field(
        default="refuse",
        description="`take` for a file of a version that was withdrawn. That it was taken so is on the record.",
    )


@bp.get("/projects/<slug>/exports/<int(max=2147483647):number>/files/<path:file>")
@documented("exports", None, query=TakeQuery, may=(409, 416), extra=_AS_FILE)
@requires_scope(Scope.EXPORTS_READ)
def download_export_file(slug: str, number: int, file: str) -> Response:
    """One file of a finished export. A withdrawn one is refused (409) unless `withdrawn=take` says that it is wanted.

    `Range` takes a part of it; the `ETag` is the file's SHA-256, for `If-Range` and `If-None-Match`.
    """
    knowingly = query(TakeQuery).withdrawn == "take"
    with transaction() as session:
        found = queries.export(session, project_by_slug(session, slug).id, number)
        known = {each.path: each for each in listed(slug, found)}
        folder = service.folder(session, found, knowingly=knowingly)
        if file not in known:
            raise Missing("There is no such file in this export.")
        path = downloads.storage().file(folder, file)
        sent = downloads.send_path(path, listing.tag(downloads.storage(), found, file), path.name)
        # Recorded before the first byte: who has taken what is part of the record, a broken download too.
        if downloads.takes_bytes(sent):
            size, which = sent.content_length or 0, downloads.span(sent)
            with downloads.unless_refused(sent):
                service.download(
                    session, caller().user_id, found, file, clock.now(), way="api", size=size, knowingly=knowingly,
                    span=which,
                )  # fmt: skip
    return sent
