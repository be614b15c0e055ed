"""`make mutate`: small wrong changes to the rule modules, one at a time; the tests of the rules must fail for each.

Options: `--only part-of-a-path`, `--every N` (each Nth mutant), `--jobs N`. It fails when fewer than 95 % are killed.
Each mutant runs in a forked process that loads the changed module in the place of the real one.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib.util
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib.abc import MetaPathFinder, SourceLoader
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[2]
TESTS: dict[str, tuple[str, ...]] = {
    "labeler/wellbeing/limits.py": ("tests/wellbeing/test_limits.py",),
    "labeler/wellbeing/hours.py": ("tests/wellbeing/test_hours.py",),
    "labeler/wellbeing/doses.py": ("tests/wellbeing/test_doses.py",),
    "labeler/wellbeing/rules.py": ("tests/wellbeing/test_rules.py", "tests/wellbeing/test_hours.py"),
    "labeler/assignment/rules.py": ("tests/assignment/test_rules.py",),
}
"""The rule modules of care and the tests that must notice. Other rooms' `rules.py` join by themselves."""
LATER = ("pay", "cases")
SECONDS = 120
BAR = 0.95

SAME = {
    "labeler/wellbeing/limits.py": ("least", "most", "words"),
}
"""Names whose constants are texts or wide bounds of what a policy may say: a mutant of them alone is not made."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: where, what, and the module's source with it."""

    path: str
    line: int
    words: str
    source: str


SWAPS: dict[type, type] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Add: ast.Sub, ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


def _set_op(n: int, to: type, new: Any) -> None:
    new.ops[n] = to()


def changes(node: ast.AST) -> Iterator[tuple[str, Any]]:
    """What can be wrong at a node: words, and a function that changes a copy of it in place."""
    if isinstance(node, ast.Compare):
        for n, each in enumerate(node.ops):
            if type(each) in SWAPS:
                yield type(each).__name__, partial(_set_op, n, SWAPS[type(each)])
    elif isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in SWAPS:
        yield type(node.op).__name__, lambda new: setattr(new, "op", SWAPS[type(new.op)]())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "not", lambda new: setattr(new, "operand", ast.UnaryOp(ast.Not(), new.operand))
    elif isinstance(node, ast.Constant) and type(node.value) in (int, bool):
        value = not node.value if isinstance(node.value, bool) else node.value + 1
        yield f"{node.value} → {value}", lambda new: setattr(new, "value", value)
    elif isinstance(node, ast.Return) and node.value is not None:
        if not (isinstance(node.value, ast.Constant) and node.value.value is None):
            yield "return None", lambda new: setattr(new, "value", ast.Constant(None))
    elif isinstance(node, ast.IfExp):
        yield "if-else turned", lambda new: setattr(new, "test", ast.UnaryOp(ast.Not(), new.test))
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("min", "max"):
        to = "max" if node.func.id == "min" else "min"
        yield f"{node.func.id} → {to}", lambda new: setattr(new.func, "id", to)


def mutants(path: str) -> list[Mutant]:
    """Every mutant of a module. Annotations, texts and the arguments of decorators are left alone."""
    tree = ast.parse((ROOT / path).read_text())
    skip: set[int] = set()
    for node in ast.walk(tree):
        left = [getattr(node, "annotation", None), getattr(node, "returns", None), *getattr(node, "decorator_list", [])]
        left += [k.value for k in getattr(node, "keywords", []) if k.arg in SAME.get(path, ())]
        if isinstance(node, ast.ImportFrom | ast.Import):
            left.append(node)
        skip |= {id(each) for part in left if part is not None for each in ast.walk(part)}
    nodes = list(ast.walk(tree))
    made = []
    for n, node in enumerate(nodes):
        if id(node) in skip:
            continue
        for words, change in changes(node):
            new = copy.deepcopy(tree)
            change(list(ast.walk(new))[n])
            source = ast.unparse(ast.fix_missing_locations(new))
            made.append(Mutant(path, getattr(node, "lineno", 0), words, source))
    return made


class Instead(MetaPathFinder, SourceLoader):
    """Loads one module from changed source."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant
        self.name = mutant.path.removesuffix(".py").replace("/", ".")

    def find_spec(self, fullname: str, path: object, target: ModuleType | None = None) -> ModuleSpec | None:
        return importlib.util.spec_from_loader(fullname, self) if fullname == self.name else None

    def get_filename(self, fullname: str) -> str:
        return str(ROOT / self.mutant.path)

    def get_data(self, path: str | bytes) -> bytes:
        return self.mutant.source.encode()

    def path_stats(self, path: str) -> Any:
        raise OSError  # no compiled file is read or written for it


def survives(mutant: Mutant, tests: Sequence[str]) -> bool:
    """Whether all tests pass with the mutant, in a process of its own. One that hangs is killed, and counts as such."""
    child = os.fork()
    if child == 0:
        code = 2
        try:
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            sys.meta_path.insert(0, Instead(mutant))
            import pytest

            options = [
                "-x",
                "-q",
                "-W",
                "ignore::pytest.PytestAssertRewriteWarning",
                "-p",
                "no:xdist",
                "-p",
                "no:randomly",
                "-p",
                "no:cacheprovider",
                "--no-header",
            ]
            code = int(pytest.main([*options, *tests]))
        finally:
            os._exit(code)
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def main() -> int:
    """Make them, run them, and say which live."""
    parser = argparse.ArgumentParser(prog="make mutate", description=__doc__)
    parser.add_argument("--only", default="")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    import hypothesis  # noqa: F401 -- loaded once, for all the children
    import pytest  # noqa: F401
    import sqlalchemy  # noqa: F401

    tests = dict(TESTS)
    for room in LATER:
        if (ROOT / f"labeler/{room}/rules.py").exists():
            tests[f"labeler/{room}/rules.py"] = (f"tests/{room}/test_rules.py",)
    for path, those in tests.items():
        if options.only in path and not survives(Mutant(path, 0, "", (ROOT / path).read_text()), those):
            print(f"The tests of {path} fail as it stands.")
            return 2
    made = [each for path in tests if options.only in path for each in mutants(path)][:: options.every]
    with ThreadPoolExecutor(options.jobs) as pool:
        alive = list(pool.map(lambda each: survives(each, tests[each.path]), made))
    for mutant, lives in zip(made, alive, strict=True):
        if lives:
            print(f"alive: {mutant.path}:{mutant.line} {mutant.words}")
    killed = 1 - sum(alive) / len(made)
    print(f"{len(made)} mutants, {sum(alive)} alive, {killed:.1%} killed")
    return 0 if killed >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
