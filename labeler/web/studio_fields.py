"""A form made of a kind's `Options`: fields out of a pydantic model, and the values of a sent form back. Pure.

What comes back has the model's shape and is not checked: a number that is none stays the text that was typed, so that
the form can show it again beside its problem.
"""

from __future__ import annotations

import enum
import inspect
import json
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

Form = Mapping[str, Sequence[str]]
"""A sent form: each name with all of its values."""
Sort = Literal["tick", "choice", "number", "line", "text", "lines", "one", "many", "json"]

LONG = 300
"""Characters from which on a text gets several lines to be written in."""
MOST_ENTRIES = 50
"""Entries of a list that are read from a form; no model of ours allows so many."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form. `one` and `many` hold fields of their own in `parts`; `blank` is what a new one holds."""

    name: str
    label: str
    help: str
    sort: Sort
    blank: Any
    choices: tuple[tuple[str, str], ...] = ()
    values: tuple[Any, ...] = ()
    """What the choices stand for, in their order."""
    least: Any = None
    most: Any = None
    optional: bool = False
    gaps: bool = False
    """Whether an empty line between others means something."""
    parts: tuple[Field, ...] = ()

    def text(self, value: Any) -> str:
        """A value as its control shows it."""
        if value is None:
            return ""
        if self.sort == "lines":
            return "\n".join(str(each) for each in value) if isinstance(value, list | tuple) else str(value)
        if self.sort == "json" and not isinstance(value, str):
            return json.dumps(value, ensure_ascii=False, indent=1)
        return str(value)

    def said(self, value: Any) -> str:
        """A value in words, where it can't be changed any more."""
        if self.sort == "tick":
            return "yes" if value else "no"
        if self.sort == "choice":
            return dict(self.choices).get(str(value), "none")
        if self.sort == "many":
            naming = next((part.name for part in self.parts if part.name == "title"), self.parts[0].name)
            return ", ".join(str(each.get(naming, "")) for each in value or ()) or "none"
        return self.text(value).replace("\n", ", ") or "none"


@lru_cache(maxsize=64)
def fields_of(model: type[BaseModel]) -> tuple[Field, ...]:
    """The fields of a model, its own before those it inherits: labels from titles or names, help from descriptions."""
    own = [name for name in inspect.get_annotations(model) if name in model.model_fields]
    order = [*own, *(name for name in model.model_fields if name not in own)]
    return tuple(_field(name, model.model_fields[name]) for name in order)


def _field(name: str, info: FieldInfo) -> Field:
    inner, facts, optional = _plain(info.annotation, list(info.metadata))
    sort, values, parts, gaps = _sort(inner, facts)
    extra = info.json_schema_extra
    words: Any = extra.get("words", {}) if isinstance(extra, dict) else {}
    blank = None if info.is_required() else info.get_default(call_default_factory=True)
    return Field(
        name=name,
        label=info.title or _words(name),
        help=info.description or "",
        sort=sort,
        blank=_dumped(blank) if blank is not None else _nothing(sort, parts),
        choices=tuple((str(each), words.get(str(each)) or _words(str(each))) for each in values),
        values=tuple(values),
        least=_fact(facts, "ge"),
        most=_fact(facts, "le"),
        optional=optional,
        gaps=gaps,
        parts=parts,
    )


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _fact(facts: list[Any], name: str) -> Any:
    """The first bound of this name among what is stated about a type, None without one."""
    return next((found for each in facts if (found := getattr(each, name, None)) is not None), None)


def _plain(given: Any, facts: list[Any]) -> tuple[Any, list[Any], bool]:
    """A type without `Annotated` and without `None`, the facts stated about it, and whether it may be None."""
    optional = False
    while True:
        if get_origin(given) is Annotated:
            given, *more = get_args(given)
            facts = [
                *facts,
                *(fact for each in more for fact in (each.metadata if hasattr(each, "metadata") else [each])),
            ]
        elif get_origin(given) in (Union, types.UnionType) and len(rest := _without_none(given)) == 1:
            given, optional = rest[0], True
        else:
            return given, facts, optional


def _without_none(given: Any) -> list[Any]:
    return [each for each in get_args(given) if each is not type(None)]


def _sort(inner: Any, facts: list[Any]) -> tuple[Sort, list[Any], tuple[Field, ...], bool]:
    """The sort of control for a type, the values it chooses from, its parts, and whether empty lines count."""
    if inner is bool:
        return "tick", [], (), False
    if get_origin(inner) is Literal:
        return "choice", list(get_args(inner)), (), False
    if isinstance(inner, type) and issubclass(inner, enum.Enum):
        return "choice", [member.value for member in inner], (), False
    if inner in (int, float):
        return "number", [], (), False
    if inner is str:
        return ("text" if (_fact(facts, "max_length") or 0) > LONG else "line"), [], (), False
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        return "one", [], fields_of(inner), False
    if get_origin(inner) in (tuple, list) and get_args(inner)[1:] in ((), (Ellipsis,)):
        each, about, _ = _plain(get_args(inner)[0], [])
        if isinstance(each, type) and issubclass(each, BaseModel):
            return "many", [], fields_of(each), False
        if each in (str, int, float):
            return "lines", [], (), not _fact(about, "min_length")
    return "json", [], (), False


def _nothing(sort: Sort, parts: tuple[Field, ...]) -> Any:
    match sort:
        case "tick":
            return False
        case "lines" | "many":
            return []
        case "one":
            return new_entry(parts)
        case "choice" | "json":
            return None
    return ""


def new_entry(parts: Sequence[Field]) -> dict[str, Any]:
    """An entry that nobody has filled in yet."""
    return {part.name: part.blank for part in parts}


def _dumped(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, list | tuple):
        return [_dumped(each) for each in value]
    return value.value if isinstance(value, enum.Enum) else value


def read_form(fields: Sequence[Field], form: Form, at: str) -> dict[str, Any]:
    """The values of a sent form below the dotted path `at`, in the model's shape."""
    return {field.name: _read(field, form, f"{at}.{field.name}") for field in fields}


def _read(field: Field, form: Form, at: str) -> Any:
    if field.sort == "one":
        return read_form(field.parts, form, at)
    if field.sort == "many":
        return [read_form(field.parts, form, f"{at}.{place}") for place in _places(form, at)]
    given = (form.get(at) or [""])[0].replace("\r\n", "\n")
    if field.sort == "tick":
        return bool(given)
    if field.sort == "lines":
        lines = [line.strip() for line in given.rstrip().split("\n")] if given.strip() else []
        return lines if field.gaps else [line for line in lines if line]
    if field.sort == "json":
        try:
            return json.loads(given) if given.strip() else None
        except (ValueError, RecursionError):
            return given
    if field.sort == "text":
        return given
    given = given.strip()
    if not given and (field.optional or field.sort == "choice"):
        return None
    return next((value for value in field.values if str(value) == given), given)


def _places(form: Form, at: str) -> list[int]:
    """The numbers of a list's entries that a form holds, in order."""
    found = set()
    for name in form:
        if name.startswith(f"{at}."):
            number = name[len(at) + 1 :].partition(".")[0]
            if number.isdecimal() and len(number) < 6:
                found.add(int(number))
    return sorted(found)[:MOST_ENTRIES]


def labels_of(fields: Sequence[Field], values: Mapping[str, Any], at: str, within: str = "") -> dict[str, str]:
    """The label of every field that the form shows for these values, by its dotted path; entries are counted."""
    found: dict[str, str] = {}
    for field in fields:
        path, label = f"{at}.{field.name}", f"{within}{field.label}"
        found[path] = label
        if field.sort == "one":
            found |= labels_of(field.parts, values.get(field.name) or {}, path, f"{label}, ")
        elif field.sort == "many":
            for place, each in enumerate(values.get(field.name) or ()):
                found[f"{path}.{place}"] = f"{label} {place + 1}"
                found |= labels_of(field.parts, each, f"{path}.{place}", f"{label} {place + 1}, ")
    return found


def rearranged(fields: Sequence[Field], values: dict[str, Any], act: str, path: Sequence[str]) -> dict[str, Any]:
    """The values after a list's button was pressed: `add` to a list, `remove` or `up` for one of its entries.

    A path that leads nowhere changes nothing: the form it came from was older than this one.
    """
    field = next((each for each in fields if path and each.name == path[0]), None)
    if field is None:
        return values
    inner, rest = values.get(field.name), path[1:]
    if field.sort == "one" and isinstance(inner, dict):
        return {**values, field.name: rearranged(field.parts, inner, act, rest)}
    if field.sort != "many" or not isinstance(inner, list):
        return values
    entries = list(inner)
    if act == "add" and not rest:
        entries.append(new_entry(field.parts))
    elif rest and rest[0].isdecimal() and int(rest[0]) < len(entries):
        place = int(rest[0])
        if len(rest) > 1:
            entries[place] = rearranged(field.parts, entries[place], act, rest[1:])
        elif act == "remove":
            del entries[place]
        elif act == "up" and place:
            entries[place - 1 : place + 1] = entries[place], entries[place - 1]
    return {**values, field.name: entries}
