"""`make mutate`: small wrong changes to the rule modules, one at a time; the tests of the rules must fail for each.

Options: `--only part-of-a-path`, `--every N` (each Nth mutant), `--jobs N`. It fails when of any module fewer than 95 %
are killed. Each mutant runs in a forked process that loads the changed module in the place of the real one; only the
module's own tests run, without the fixtures, and with the same examples each time.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib.util
import os
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.abc import MetaPathFinder, SourceLoader
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[2]
OTHERS: dict[str, tuple[str, ...]] = {
    "labeler/wellbeing/limits.py": ("tests/wellbeing/test_limits.py",),
    "labeler/wellbeing/hours.py": ("tests/wellbeing/test_hours.py",),
    "labeler/wellbeing/doses.py": ("tests/wellbeing/test_doses.py",),
}
"""Rule modules of another name, and the tests that must notice. Each room's `rules.py` joins by itself."""
BAR = 0.95
CPU_SECONDS, BYTES = 20, 2 << 30
"""What the tests of a mutant may use; the unchanged ones need about two seconds. A mutant that never ends is killed."""

SAME: dict[tuple[str, str, str], str] = {
    (
        "labeler/wellbeing/limits.py",
        "return (value - than) * self.stricter < 0",
        "(value - than) * self.stricter → (value - than) // self.stricter",
    ): "by -1 and by +1, multiplied and divided is the same",
    ("labeler/wellbeing/limits.py", "LESS, MORE = -1, +1", "1 → 2"): "only the sign of either is asked for",
    ("labeler/pay/rules.py", "_WAITING_RANK = _LEAST_RANK + 1", "1 → 2"): "only the order of ranks counts",
    (
        "labeler/pay/rules.py",
        "if place == len(self._from) or self._from[place] >= end:",
        "self._from[place] >= end → self._from[place] > end",
    ): "what is taken from the very end on leaves the same part free, by the line below",
}
"""Changes that change nothing that anybody could see: module, line, change, and why. They are not made."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: where, what, and the module's source with it."""

    path: str
    line: int
    text: str
    words: str
    source: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What names it in `SAME`: a line keeps its text longer than its number."""
        return self.path, self.text, self.words


SWAPS: dict[type, type] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Add: ast.Sub, ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


def _set_op(n: int, to: type, new: Any) -> None:
    new.ops[n] = to()


def _negate(name: str, new: Any) -> None:
    setattr(new, name, ast.UnaryOp(ast.Not(), getattr(new, name)))


def changes(node: ast.AST) -> Iterator[Any]:
    """What can be wrong at a node: functions that change a copy of it in place."""
    if isinstance(node, ast.Compare):
        for n, each in enumerate(node.ops):
            if type(each) in SWAPS:
                yield partial(_set_op, n, SWAPS[type(each)])
    elif isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in SWAPS:
        yield lambda new: setattr(new, "op", SWAPS[type(new.op)]())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield partial(_negate, "operand")
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        value = not node.value if isinstance(node.value, bool) else node.value + 1
        yield lambda new: setattr(new, "value", value)
    elif isinstance(node, ast.Return) and node.value is not None:
        if not (isinstance(node.value, ast.Constant) and node.value.value is None):
            yield lambda new: setattr(new, "value", ast.Constant(None))
    elif isinstance(node, ast.IfExp):
        yield partial(_negate, "test")
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("min", "max"):
        yield lambda new: setattr(new.func, "id", "max" if new.func.id == "min" else "min")


def mutants(path: str) -> list[Mutant]:
    """Every mutant of a module. Annotations, texts and the arguments of decorators are left alone."""
    source = (ROOT / path).read_text()
    tree, lines = ast.parse(source), source.splitlines()
    skip: set[int] = set()
    for node in ast.walk(tree):
        left = [getattr(node, "annotation", None), getattr(node, "returns", None), *getattr(node, "decorator_list", [])]
        if isinstance(node, ast.ImportFrom | ast.Import):
            left.append(node)
        skip |= {id(each) for part in left if part is not None for each in ast.walk(part)}
    made = []
    for n, node in enumerate(ast.walk(tree)):
        if id(node) in skip:
            continue
        for change in changes(node):
            new = copy.deepcopy(tree)
            changed = list(ast.walk(new))[n]
            change(changed)
            ast.fix_missing_locations(new)
            line: int = getattr(node, "lineno", 0)
            words = f"{ast.unparse(node)} → {ast.unparse(changed)}"
            made.append(Mutant(path, line, lines[line - 1].strip(), words, ast.unparse(new)))
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


def ready() -> None:
    """Load what every child needs, and let Hypothesis try the same examples in each, without a clock or a memory."""
    import pytest  # noqa: F401 -- loaded once, for all the children
    from hypothesis import HealthCheck, Phase, settings

    once = (Phase.explicit, Phase.generate)  # one example that fails is enough: nobody reads the smallest
    settings.register_profile(
        "mutate", derandomize=True, deadline=None, phases=once, suppress_health_check=list(HealthCheck)
    )
    settings.load_profile("mutate")
    os.environ["HYPOTHESIS_PROFILE"] = "mutate"  # so that the tests' own conftest leaves it
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"


def begin(mutant: Mutant, tests: Sequence[str]) -> int:
    """Run the tests with the mutant in a process of its own, and say which; it ends with 0 if all of them pass."""
    child = os.fork()
    if child:
        return child
    code = 2
    try:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
        sys.meta_path.insert(0, Instead(mutant))
        import pytest

        options = ["-x", "-q", "--noconftest", "--assert=plain", "-p", "no:cacheprovider"]
        code = int(pytest.main([*options, *tests]))
    finally:
        os._exit(code)


def alive(made: Sequence[Mutant], tests: dict[str, tuple[str, ...]], jobs: int) -> Iterator[Mutant]:
    """Those that no test notices."""
    waiting, running = list(reversed(made)), dict[int, Mutant]()
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            running[begin(mutant, tests[mutant.path])] = mutant
        child, status = os.wait()
        if status == 0:
            yield running[child]
        del running[child]


def main() -> int:
    """Make them, run them, and say which live."""
    parser = argparse.ArgumentParser(prog="make mutate", description=__doc__)
    parser.add_argument("--only", default="")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    ready()
    rules = sorted(path.relative_to(ROOT) for path in ROOT.glob("labeler/*/rules.py"))
    tests = OTHERS | {str(path): (f"tests/{path.parts[1]}/test_rules.py",) for path in rules}
    enough = True
    for path, those in tests.items():
        if options.only not in path:
            continue
        began = time.monotonic()
        if not list(alive([Mutant(path, 0, "", "", (ROOT / path).read_text())], tests, 1)):
            print(f"{path}: {' '.join(those)} must pass as they stand.")
            return 2
        every = mutants(path)
        gone = {key for key in SAME if key[0] == path} - {each.key for each in every}
        for _, text, words in gone:
            print(f"{path}: SAME names what is no longer there: {text}: {words}")
        made = [each for each in every if each.key not in SAME][:: options.every]
        living = sorted(alive(made, tests, options.jobs), key=lambda each: each.line)
        for each in living:
            print(f"alive: {path}:{each.line} {each.words}")
        killed = 1 - len(living) / len(made)
        print(
            f"{path}: {len(made)} mutants, {len(living)} alive, {killed:.1%} killed, {time.monotonic() - began:.0f} s"
        )
        enough = enough and killed >= BAR and not gone
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
