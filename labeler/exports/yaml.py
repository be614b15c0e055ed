"""Just enough YAML to write a dataset card's header: dictionaries, lists, texts, numbers."""

from __future__ import annotations

from typing import Any

import orjson


def lines(value: dict[str, Any] | list[Any], indent: int = 0) -> list[str]:
    """A value in block style. Texts are quoted as JSON quotes them, which YAML reads the same way."""
    pad = " " * indent
    made: list[str] = []
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, dict | list) and inner:
                made += [f"{pad}{key}:", *lines(inner, indent + 2)]
            else:
                made.append(f"{pad}{key}: {_scalar(inner)}")
        return made
    for inner in value:
        if isinstance(inner, dict) and inner:
            first, *rest = lines(inner, indent + 2)
            made += [f"{pad}- {first.lstrip()}", *rest]
        else:
            made.append(f"{pad}- {_scalar(inner)}")
    return made


def _scalar(value: Any) -> str:
    return orjson.dumps(value).decode().translate(ESCAPED)


ESCAPED = {code: f"\\u{code:04x}" for code in (0x7F, *range(0x80, 0xA0), 0x2028, 0x2029, 0xFEFF)}
"""Characters that JSON leaves as they are and YAML takes for line breaks or refuses."""
