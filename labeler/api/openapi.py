"""The description of the API (OpenAPI 3.1), generated from the routes: what they take, give and ask of a key."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import wraps
from typing import Any, TypeVar, cast

import orjson
from flask import Response
from pydantic import BaseModel, Field
from spectree import Response as Answers
from spectree import SecurityScheme, SpecTree
from spectree.models import SecureType, SecuritySchemeData, Tag

from labeler.api.bodies import Sent
from labeler.api.problems import MEDIA, Problem
from labeler.gate import declared, public

View = TypeVar("View", bound=Callable[..., Any])

VERSION = "1.0.0"
ABOUT = (
    "What researchers automate: projects, batches, progress, exports and their files. Every write carries an "
    "`Idempotency-Key`; lists come a page at a time; every refusal is a problem (RFC 9457)."
)


class WriteHeaders(Sent):
    """What every write carries."""

    key: str = Field(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Your name for this request, such as a fresh UUID. A repeat has one effect and gets the same reply "
        "for 30 days; another request under the same name is refused.",
    )


def _child(_parent: str, child: str) -> str:
    return child


def _name(model: Any) -> str:
    return str(model.__name__)


spec = SpecTree(
    "flask",
    mode="strict",
    annotations=False,
    title="Labeler",
    description=ABOUT,
    version=VERSION,
    openapi_version="3.1.0",
    naming_strategy=_name,
    nested_naming_strategy=_child,
    validation_error_model=Problem,
    security_schemes=[
        SecurityScheme(
            name="key",
            data=SecuritySchemeData(
                type=SecureType.HTTP,
                scheme="bearer",
                description="A key made on the account page. Each operation names the scope it needs.",
            ),
        )
    ],
)

TAGS = {
    "projects": "What is asked, of whom, under which conditions; and how far it is.",
    "guidelines": "A project's instructions, version by version.",
    "batches": "Tasks imported together: all of a file, or none of it.",
    "exports": "Frozen versions of a project's dataset.",
}

_ALWAYS = (401, 403, 404, 422, 429, 500, 503)
_SENDS = (400, 413, 415)

_EXTRAS: dict[str, dict[str, Any]] = {}
"""By operation id: what the library has no words for, merged over its description."""


def documented(
    tag: str,
    out: type[BaseModel] | None,
    *,
    status: int = 200,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    writes: bool = False,
    sends: bool = False,
    may: tuple[int, ...] = (),
    extra: dict[str, Any] | None = None,
) -> Callable[[View], View]:
    """Describe a route; put it above `requires_scope`, whose scope it shows. The route reads its own request.

    `sends` is for what takes a body and changes nothing. `may` names further statuses of refusals. `extra` is merged
    over the operation: content that is not JSON, headers of replies.
    """

    def describe(view: View) -> View:
        scope = str(declared(view)).removeprefix("scope ")
        name = view.__name__
        refusals = _ALWAYS + (_SENDS if writes or sends else ()) + ((409,) if writes else ()) + may
        codes: dict[str, Any] = {f"HTTP_{code}": Problem for code in refusals}
        codes[f"HTTP_{status}"] = out
        merged = deepcopy(extra or {})
        if status in (201, 202):
            place = {"description": "The address of what was made.", "schema": {"type": "string"}}
            merged.setdefault("responses", {}).setdefault(str(status), {})["headers"] = {"Location": place}
        _EXTRAS[name] = merged
        described = spec.validate(
            query=query,
            json=body,
            headers=WriteHeaders if writes else None,
            resp=Answers(**codes),
            tags=[Tag(name=tag, description=TAGS[tag])],
            security=[{"key": [scope]}],
            operation_id=name,
            skip_validation=True,
        )(view)

        # The library finds its description through `__wrapped__`, and is not asked at run time: it would read the
        # whole of every reply into memory, and cannot read a file that is being sent.
        @wraps(described)
        def bare(*args: Any, **values: Any) -> Any:
            return view(*args, **values)

        return cast("View", bare)

    return describe


def _merge(under: dict[str, Any], over: dict[str, Any]) -> None:
    for name, value in over.items():
        if isinstance(value, dict) and isinstance(under.get(name), dict):
            _merge(under[name], value)
        else:
            under[name] = value


def document() -> dict[str, Any]:
    """The description of every documented route of the running application."""
    made: dict[str, Any] = deepcopy(spec.spec)
    for path in made["paths"].values():
        for operation in path.values():
            for code, reply in operation["responses"].items():
                if int(code) >= 400 and "content" in reply:
                    reply["content"] = {MEDIA: reply["content"].pop("application/json")}
            _merge(operation, _EXTRAS.get(operation["operationId"], {}))
    schemas = made["components"]["schemas"]
    text = orjson.dumps(made).decode()
    for name in [name for name in schemas if f'"#/components/schemas/{name}"' not in text]:
        del schemas[name]  # of queries and headers, which stand with the operations themselves
    return made


@public
def openapi_json() -> Response:
    """This description. It names no data, so anybody may read it."""
    return Response(orjson.dumps(document()), content_type="application/json")
