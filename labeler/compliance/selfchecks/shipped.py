"""The files that the product is made of, as they lie on this server: what runs is what is looked at."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import TypeVar

from labeler.config import ROOT

STATIC = ROOT / "static"


def scripts() -> list[Path]:
    """Our scripts; those of others (`static/vendor`) are held by their published digests."""
    return sorted(STATIC.glob("*.js"))


def styles() -> list[Path]:
    """Our styles."""
    return sorted(STATIC.glob("*.css"))


def pages() -> list[Path]:
    """Every template."""
    return sorted([*(ROOT / "labeler" / "templates").rglob("*.html"), *(ROOT / "tasks").glob("*.html")])


def code() -> list[Path]:
    """Every module."""
    return sorted([*(ROOT / "labeler").rglob("*.py"), *(ROOT / "tasks").rglob("*.py")])


def module(path: Path) -> str:
    """A module's name."""
    parts = Path(short(path)).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def short(path: Path) -> str:
    """A file's place in the product, for people."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


def tree(path: Path) -> ast.Module:
    """A module, parsed. Not kept: all of them together are large, and looked at once a day."""
    return ast.parse(path.read_text())


Told = TypeVar("Told")


def by_content(look: Callable[[Path], Told]) -> Callable[[Path], Told]:
    """Let a look at a file be taken once for the same bytes: what a file is, not when it was written, decides."""
    known: dict[tuple[Path, bytes], Told] = {}

    @wraps(look)
    def looked(path: Path) -> Told:
        key = (path, hashlib.sha256(path.read_bytes()).digest())
        if key not in known:
            known[key] = look(path)
        return known[key]

    return looked


def without_comments(text: str) -> str:
    """A script, style or template without what it says to those who maintain it."""
    return re.sub(r"{#.*?#}|/\*.*?\*/|(?<![:\"'])//[^\n]*", "", text, flags=re.S)


def docstrings(of: ast.Module) -> set[int]:
    """The nodes of a module's docstrings."""
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef)
    return {
        id(node.body[0].value)
        for node in ast.walk(of)
        if isinstance(node, holders) and node.body and isinstance(node.body[0], ast.Expr)
    }


def said(path: Path) -> str:
    """The words and code of a file that people meet."""
    if path.suffix != ".py":
        return without_comments(path.read_text())
    of = tree(path)
    spoken = docstrings(of)
    texts = [node for node in ast.walk(of) if isinstance(node, ast.Constant) and id(node) not in spoken]
    return "\n".join(node.value for node in texts if isinstance(node.value, str))


def imports_of(parsed: ast.AST) -> set[str]:
    """Every module that a file names in an import, wherever it stands."""
    found: set[str] = set()
    for node in ast.walk(parsed):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def rows_imported(parsed: ast.AST, room: str) -> Iterator[tuple[int, str]]:
    """The names that a file takes from a module, with their lines."""
    for node in ast.walk(parsed):
        if isinstance(node, ast.ImportFrom) and node.module == room:
            yield from ((node.lineno, alias.name) for alias in node.names)
