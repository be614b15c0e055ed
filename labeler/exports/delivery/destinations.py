"""Where versions may be delivered to: `destinations.toml` in the data folder, which only the operator writes.

A path or an address typed by a user would let them overwrite what is not theirs, or have this machine call others. So
they choose a name, and what it means is here. Secrets are not in the file: it says in which variable of the environment
or in which file of its own each one is.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from labeler.errors import Conflict, FieldProblem, Invalid
from labeler.exports.delivery.models import Way
from labeler.projects.wording import problems_of

FILE = "destinations.toml"
MOST_BYTES = 1024 * 1024
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
_PART = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")


class Secret(BaseModel):
    """Where a secret is. It is read when it is needed, so that a changed one counts at once, and kept nowhere."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    env: str | None = None
    file: Path | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise ValueError('say where it is: { env = "NAME" } or { file = "/path" }, and never the secret itself')
        if self.file is not None and not self.file.is_absolute():
            raise ValueError("write the whole path of the file, from / on")
        return self

    def read(self) -> str:
        """The secret. Raises Conflict when it is not there."""
        if self.env is not None:
            found = os.environ.get(self.env, "").strip()
            if not found:
                raise Conflict(
                    f"The variable {self.env} is not set for the worker, and it should hold the credentials."
                )
            return found
        assert self.file is not None
        try:
            found = self.file.read_text().strip()
        except (OSError, UnicodeDecodeError):
            raise Conflict(f"The file {self.file} cannot be read, and it should hold the credentials.") from None
        if not found:
            raise Conflict(f"The file {self.file} is empty, and it should hold the credentials.")
        return found


def _like(pattern: str, words: str) -> AfterValidator:
    form = re.compile(pattern, re.ASCII)

    def checked(text: str) -> str:
        if not form.fullmatch(text):
            raise ValueError(words)
        return text

    return AfterValidator(checked)


def _prefix(prefix: str) -> str:
    parts = [part for part in prefix.split("/") if part]
    if not all(_PART.fullmatch(part) for part in parts):
        raise ValueError("use letters, digits, dots, hyphens and underscores, with / between folders")
    return "/".join(parts)


def _endpoint(address: str) -> str:
    found = urlsplit(address)
    if found.scheme not in ("https", "http") or not found.hostname or found.query or found.fragment or found.username:
        raise ValueError("write an address such as https://s3.example.org")
    return address.rstrip("/")


def _sealed(address: str, info: ValidationInfo) -> str:
    if address.startswith("http:") and not info.data.get("allow_http"):
        raise ValueError("use https, or say allow_http = true where nobody else is on the network between")
    return address


class _Place(BaseModel):
    """What every destination has. `name` is the table's."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)
    way: ClassVar[Way]

    name: str
    title: Annotated[str, Field(max_length=200)] = ""
    prefix: Annotated[str, AfterValidator(_prefix)] = ""

    @property
    def shown(self) -> str:
        """What people read."""
        return self.title or self.name

    def at(self, version: str) -> str:
        """Where a version such as `bread-v3` goes, below the destination."""
        return f"{self.prefix}/{version}" if self.prefix else version


class FolderPlace(_Place):
    """A folder that is there already, on this machine or mounted."""

    way = Way.FOLDER
    kind: Literal["folder"]
    folder: Path

    @field_validator("folder")
    @classmethod
    def _apart(cls, folder: Path, info: ValidationInfo) -> Path:
        """A delivery must not reach what this installation keeps, nor the other way round."""
        if not folder.is_absolute():
            raise ValueError("write the whole path, from / on")
        data = (info.context or {}).get("data")
        if data is not None and (folder.resolve().is_relative_to(data) or data.is_relative_to(folder.resolve())):
            raise ValueError(f"choose a folder apart from the data folder {data}")
        return folder


class BucketPlace(_Place):
    """A bucket that speaks S3."""

    way = Way.S3
    kind: Literal["s3"]
    bucket: Annotated[str, _like(r"[a-zA-Z0-9][a-zA-Z0-9._-]{1,254}", "write the name of a bucket, and no address")]
    region: Annotated[str, _like(r"[a-z0-9-]+", "write a region such as eu-central-1")] = "us-east-1"
    allow_http: bool = False
    endpoint: Annotated[str, AfterValidator(_endpoint), AfterValidator(_sealed)] | None = None
    access_key_id: Secret
    secret_access_key: Secret
    session_token: Secret | None = None


class HubPlace(_Place):
    """A dataset repository on the Hugging Face Hub, or a server that speaks like it."""

    way = Way.HUB
    kind: Literal["hub"]
    repository: Annotated[str, _like(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", "write it as owner/name")]
    allow_http: bool = False
    endpoint: Annotated[str, AfterValidator(_endpoint), AfterValidator(_sealed)] | None = None
    token: Secret


Destination = FolderPlace | BucketPlace | HubPlace
KINDS: Mapping[str, type[FolderPlace] | type[BucketPlace] | type[HubPlace]] = {
    "folder": FolderPlace,
    "s3": BucketPlace,
    "hub": HubPlace,
}


def read(data: Path) -> dict[str, Destination]:
    """The destinations by name, in the order of the file in the data folder; none without the file.

    Raises Invalid with every mistake, its field and its line.
    """
    try:
        raw = (data / FILE).read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise _wrong([FieldProblem("", f"The file cannot be read: {error.strerror}.")]) from None
    if len(raw) > MOST_BYTES:
        raise _wrong([FieldProblem("", "Keep it under 1 MB.")])
    try:
        text = raw.decode()
        given = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        line = re.search(r"at line (\d+)", str(error))
        raise _wrong([FieldProblem("", f"This is not TOML: {error}.", int(line[1]) if line else None)]) from None
    lines, found, problems = _lines(text), dict[str, Destination](), list[FieldProblem]()
    for name, table in given.items():
        wrong = _name_problems(name, table)
        if not wrong:
            try:
                found[name] = KINDS[table["kind"]].model_validate(
                    {**table, "name": name}, context={"data": data.resolve()}
                )
            except ValidationError as error:
                wrong = problems_of(error, (name,))
        problems += [
            FieldProblem(
                each.field, each.message, lines.get(each.field) or lines.get(_above(each.field)) or lines.get(name)
            )
            for each in wrong
        ]
    if problems:
        raise _wrong(problems)
    return found


def one(data: Path, name: str) -> Destination:
    """The destination of this name. Raises Conflict when the file has it no more, and Invalid as `read`."""
    found = read(data).get(name)
    if found is None:
        raise Conflict(
            f"The destination {name} is not set up any more: whoever runs this installation has taken it out of "
            f"{FILE}. What was sent lies where it was sent."
        )
    return found


def _wrong(problems: list[FieldProblem]) -> Invalid:
    return Invalid(f"{FILE} has mistakes, so nothing is delivered. `labeler destinations check` names each.", problems)


def _name_problems(name: str, table: Any) -> list[FieldProblem]:
    problems = []
    if not isinstance(table, dict):
        return [FieldProblem(name, "Write each destination as a table of its own: [name], and its fields below.")]
    if not _NAME.fullmatch(name):
        words = "Name it with lower-case letters and digits joined by hyphens, at most 40 characters."
        problems.append(FieldProblem(name, words))
    if table.get("kind") not in KINDS:
        problems.append(FieldProblem(f"{name}.kind", f"Choose one of {', '.join(KINDS)}."))
    if "name" in table:
        problems.append(FieldProblem(f"{name}.name", "Its name is that of the table. For people there is title."))
    return problems


def _above(field: str) -> str:
    return field.rpartition(".")[0]


def _lines(text: str) -> dict[str, int]:
    """In which line each table begins, and each field of it: `archive`, `archive.folder`."""
    found: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line):
            table = header[1].replace('"', "").replace("'", "")
            found.setdefault(table, number)
        elif key := re.match(r"""\s*["']?([\w-]+)["']?\s*=""", line):
            found.setdefault(f"{table}.{key[1]}" if table else key[1], number)
    return found
