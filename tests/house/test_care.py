"""What protects a labeler can't be undone by the back door: nothing hurries her (BRK-11), no rule that judges, orders,
pays or invites knows what she declined (OPT-4), nobody asks why (OPT-1), and nobody else reads her rows (OPT-5).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from labeler.compliance.selfchecks.readers import TABLES, may_read, past_the_list
from labeler.compliance.selfchecks.shipped import docstrings, module, said
from labeler.compliance.selfchecks.watching import HURRY, WORDS, hurries
from labeler.config import ROOT
from labeler.judgments.models import Withdrawal
from labeler.models import metadata
from labeler.wellbeing.models import OptOut
from tests.house.test_house import CODE, PAGES, short, tree

SCRIPTS = sorted((ROOT / "static").glob("*.js"))
STYLES = sorted((ROOT / "static").glob("*.css"))
STAFF = ("studio", "exports", "people", "oversight")
"""Folders of templates that labelers never see."""
OF_LABELERS = [path for path in PAGES if path.parent.name not in STAFF]


# Nothing hurries, nothing ranks (BRK-11)


@pytest.mark.parametrize("path", [*PAGES, *SCRIPTS, *STYLES, *WORDS], ids=short)
def test_nothing_counts_down_ranks_or_hurries(path: Path) -> None:
    assert not hurries(path, said(path))


@pytest.mark.parametrize("path", OF_LABELERS, ids=short)
def test_a_labelers_page_has_no_bar_that_fills_up(path: Path) -> None:
    assert not re.search(r"<(?:meter|progress)\b|role\s*=\s*[\"'](?:progressbar|meter|timer)", path.read_text())


WRITES = re.compile(r"(?:textContent|innerHTML|innerText|\.value)\s*=(?!=)")
QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`", re.S)
TOKEN = re.compile(rf"{QUOTED.pattern}|[(){{}}\[\]]", re.S)


def closed(text: str, start: int) -> str:
    """From an opening bracket of a script, at or after `start`, to the bracket that closes it."""
    depth = 0
    for token in TOKEN.finditer(text, start):
        depth += (token.group() in "({[") - (token.group() in ")}]")
        if depth == 0 and token.group() in ")}]":
            return text[start : token.end()]
    raise AssertionError(f"nothing closes {text[start : start + 60]!r}")


def repeated(text: str) -> Iterator[str]:
    """What a script does by the clock: each callback; of one without a block of its own, the functions it names."""
    functions = {
        at.group(1): closed(text, text.index("{", at.end() + len(closed(text, at.end())) - 1))
        for at in re.finditer(r"\bfunction (\w+)(?=\()", text)
    }
    for start in re.finditer(r"(?:setInterval|requestAnimationFrame)(?=\()", text):
        callback = closed(text, start.end())
        yield callback
        if "{" not in QUOTED.sub("", callback):
            yield from (
                functions[name] for name in set(re.findall(r"\w+", QUOTED.sub("", callback))) & functions.keys()
            )


@pytest.mark.parametrize("path", SCRIPTS, ids=short)
def test_no_script_writes_what_time_is_left(path: Path) -> None:
    for body in repeated(said(path)):
        assert not WRITES.search(body), body


def test_a_clock_that_writes_is_found_and_what_stands_behind_it_is_not() -> None:
    for text in (
        "setInterval(() => { left.textContent = `${n} (s)`; }, 1000);",
        'const a = 1;\nsetInterval(tick, 1000);\nfunction tick(at = (1)) {\n  if (at) { left.innerText = "("; }\n}',
        "requestAnimationFrame(function () { bar.value = 3; });",
    ):
        assert [body for body in repeated(text) if WRITES.search(body)], text
    harmless = 'setInterval(() => say(")") && look(), 800);\nfunction show() { title.textContent = "x"; }'
    assert not [body for body in repeated(harmless) if WRITES.search(body)]


def test_the_words_that_hurry_are_found_where_they_stand() -> None:
    for words in (
        "3 tasks left",
        "Your streak: 5",
        "Leaderboard",
        "You rank 3rd",
        "12 minutes remaining",
        "Count-down",
    ):
        assert HURRY.search(words), words
    for words in ("Go left", "break by 14:40", "nobody is left alone", "the franking machine"):
        assert not HURRY.search(words), words


# What is declined is unknown to whatever judges, orders, pays or invites (OPT-4)


def deciding() -> list[Path]:
    """Modules that score, order, pay, invite or write datasets; rooms that come later are found by the same names."""
    found = {path for path in CODE if path.name == "rules.py" and path.parent.name != "wellbeing"}
    found |= {path for path in CODE if path.parent.name in ("workforce", "pay_rules", "ranking", "scoring")}
    found |= {ROOT / "labeler" / "exports" / name for name in ("rows.py", "sieve.py", "learning.py")}
    found |= {ROOT / "labeler" / "judgments" / "figures.py"}
    found |= {path for path in CODE if path.parent.name == "quality" and path.name not in ("queries.py", "summary.py")}
    return sorted(found)


GATE: dict[str, dict[str, str]] = {
    "labeler.assignment.rules": {
        "Choices": "the gate: sort_lanes shuts the lanes she said no to, and orders the others without looking at it",
        "choices": "the same, as the parameter's name",
        "refuses": "the gate's second question, asked for each lane",
        "YOUR_CHOICES": "the reason she is told for a lane she shut herself",
    },
    "labeler.cases.rules": {
        "OPT_OUT": "GRV-3: the name of an event after which the watch looks whether she is treated worse; it decides "
        "about nobody, and asks a person from outside to look",
    },
    "labeler.projects.usage.rules": {
        "WITHDRAWN": "a second person's yes to a project that was taken back: of projects, never of a labeler's answer",
        "withdrawn": "the same, as places in the list of asks",
    },
}
"""Names of declines that a deciding module may use, each with its reason. Everything else of them is unknown there.

Not looked at: `wellbeing.rules`, `wellbeing.hours`, `wellbeing.doses`, because they are the gate itself.
"""

DECLINING = re.compile(
    r"^(?:opt_?outs?|no_(?:projects|categories|sensitive)|choices|your_choices|consents?|declin\w*|skip\w*|revok\w*|"
    r"withdraw\w*|comfort|refuses|yes)$|(?:^|_)(?:opt_?outs?|declin\w*|skip(?:s|ped)?|revoked|withdraw\w*|consents?)(?:_|$)",
    re.I,
)
STATES = frozenset(
    {"skipped", "revoked", "opt_out.say", "opt_out.undo", "assignment.skip", "assignment.revoke", "withdrawal.make",
     "consent.give", "consent.end"}
)  # fmt: skip


def names_used(of: ast.Module) -> Iterator[tuple[int, str]]:
    """Every name a module imports, takes, holds or reads, and every plain text in it that is a state or an act."""
    spoken = docstrings(of)
    for node in ast.walk(of):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield node.lineno, alias.name.rpartition(".")[2]
                yield node.lineno, alias.asname or ""
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.lineno, node.target.id
        elif isinstance(node, ast.Name):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.value.lineno, node.arg
        elif isinstance(node, ast.Constant) and id(node) not in spoken and node.value in STATES:
            yield node.lineno, str(node.value)


def declines_known(path: Path) -> list[str]:
    """Where a module uses a name of a decline that it is not given above."""
    allowed = GATE.get(module(path), {})
    return [
        f"{short(path)}:{line}: {name}"
        for line, name in names_used(tree(path))
        if (DECLINING.search(name) or name in STATES) and name not in allowed
    ]


@pytest.mark.parametrize("path", deciding(), ids=short)
def test_whatever_judges_orders_pays_or_invites_knows_nothing_of_declines(path: Path) -> None:
    known = declines_known(path)
    assert not known, (
        "OPT-4: a module that scores, orders, pays or invites may not read opt-outs, consents, skips or withdrawals. "
        "If this one is the gate, name it in GATE with its reason.\n" + "\n".join(known)
    )


@pytest.mark.parametrize("path", deciding(), ids=short)
def test_and_imports_none_of_the_rooms_where_they_are_kept(path: Path) -> None:
    kept = {"labeler.wellbeing.models", "labeler.wellbeing.queries", "labeler.wellbeing.service",
            "labeler.assignment.facts", "labeler.assignment.service", "labeler.judgments.withdrawing"}  # fmt: skip
    imported = {node.module for node in ast.walk(tree(path)) if isinstance(node, ast.ImportFrom)}
    assert not imported & kept


def test_open_lanes_are_ordered_by_the_lane_alone() -> None:
    rules = tree(ROOT / "labeler" / "assignment" / "rules.py")
    (sort,) = [
        node for node in ast.walk(rules)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "sort"
    ]  # fmt: skip
    (key,) = [word.value for word in sort.keywords if word.arg == "key"]
    assert {node.id for node in ast.walk(key) if isinstance(node, ast.Name)} <= {"lane", "max"}


def test_a_rule_that_looked_at_a_skip_would_be_found() -> None:
    for text in (
        "def score(answers: int, skips: int) -> int: ...",
        "from labeler.wellbeing.models import OptOut",
        "class Standing:\n    opt_out_count: int",
        "def order(labeler): return labeler.declined_tasks",
        "def pay(state): return 0 if state == 'skipped' else 1",
        "rate = dict(consents=3)",
    ):
        found = [name for _, name in names_used(ast.parse(text)) if DECLINING.search(name) or name in STATES]
        assert found, text
    for text in ("def wilson(hits: int, n: int): ...", "'''Skipped tasks are paid too.'''", "at_least = 3"):
        assert not [n for _, n in names_used(ast.parse(text)) if DECLINING.search(n) or n in STATES], text


# Nobody asks why (OPT-1)


@pytest.mark.parametrize("model", [OptOut, Withdrawal], ids=lambda model: model.__name__)
def test_there_is_no_column_for_a_reason(model: type) -> None:
    words = {"reason", "why", "cause", "comment", "note", "text", "explanation", "remark", "message", "details"}
    columns = metadata.tables[model.__tablename__].columns.keys()  # type: ignore[attr-defined]
    assert not words & {part for name in columns for part in name.split("_")}


DECLINE_PAGES = [
    path for path in PAGES
    if path.name in ("_decline.html", "_notice.html", "choices.html", "withdraw.html", "_break.html")
]  # fmt: skip


def test_the_pages_on_which_one_declines_are_there() -> None:
    assert len(DECLINE_PAGES) == 5


@pytest.mark.parametrize("path", DECLINE_PAGES, ids=short)
def test_a_page_on_which_one_declines_asks_for_nothing(path: Path) -> None:
    text = re.sub(r"{#.*?#}", "", path.read_text(), flags=re.S)
    assert not re.search(r"<(?:textarea|select)\b", text)
    assert not re.search(r"\b(?:textarea|select|radios|checkboxes|field)\(", text)
    shown = [tag for tag in re.findall(r"<input\b[^>]*>", text) if 'type="hidden"' not in tag]
    assert not shown
    assert not re.search(r"name\s*=\s*[\"'](?:reason|why|comment|note)", text)


# Rows of one person are hers and the gate's (OPT-5, BRK-4)


@pytest.mark.parametrize("path", CODE, ids=short)
def test_rows_of_one_person_are_read_by_her_pages_and_the_gate_only(path: Path) -> None:
    wrong = past_the_list(path)
    assert not wrong, (
        f"{wrong} (OPT-5). Others get numbers of five people or more: labeler.cells. If it must, name it in READERS"
        " with its reason."
    )


def test_who_writes_down_what_a_reviewer_saw_reads_that_persons_rows_alone_and_tells_nobody() -> None:
    of = tree(ROOT / "labeler" / "wellbeing" / "showing.py")
    made = {id(node.func) for node in ast.walk(of) if isinstance(node, ast.Call)}
    functions = [node for node in of.body if isinstance(node, ast.FunctionDef)]
    reads = {
        each.name: each
        for each in functions
        for node in ast.walk(each)
        if isinstance(node, ast.Name) and node.id == "Exposure" and id(node) not in made
    }
    assert set(reads) == {"_bind"}, "one function reads, for the caps of who is about to look (EXP-9)"
    bind = reads["_bind"]
    selects = [ast.unparse(node) for node in ast.walk(bind) if isinstance(node, ast.Call)]
    of_exposure = [text for text in selects if text.startswith("select(Exposure.") and ".where(" in text]
    assert of_exposure and all("Exposure.person_id == person_id" in text for text in of_exposure)
    assert ast.unparse(bind.returns or bind) == "None", "nothing of it leaves but her own refusal"


def test_the_watch_knows_when_a_no_was_said_and_not_to_what() -> None:
    of = tree(ROOT / "labeler" / "cases" / "watch.py")
    taken = {
        node.attr for node in ast.walk(of)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "OptOut"
    }  # fmt: skip
    held = {id(node.value) for node in ast.walk(of) if isinstance(node, ast.Attribute)}
    assert taken == {"labeler_id", "from_at", "scope"}
    assert all(id(node) in held for node in ast.walk(of) if isinstance(node, ast.Name) and node.id == "OptOut")


def test_pay_knows_how_long_a_severe_text_was_shown_and_not_what_it_was() -> None:
    of = tree(ROOT / "labeler" / "pay" / "events.py")
    taken = {
        node.attr for node in ast.walk(of)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Exposure"
    }  # fmt: skip
    assert taken == {"assignment_id", "seconds", "severity", "ended_at"}


@pytest.mark.parametrize("path", CODE, ids=short)
def test_nobody_reads_them_past_the_models_either(path: Path) -> None:
    if may_read(module(path)):
        return
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found = re.findall(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+\"?(\w+)", node.value)
            assert not TABLES & set(found), f"{short(path)}:{node.lineno}"
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            taken = isinstance(node.value, ast.Attribute) and node.value.attr == "tables"
            assert not (taken and node.slice.value in TABLES), f"{short(path)}:{node.lineno}"


OTHERS = re.compile(
    r"labeler\.(?:api|cli|exports|projects|workforce|audit|accounts)\b"
    r"|labeler\.web\.(?:studio\w*|exports|people\w*|one_person|oversight|record\w*)$"
)
"""Rooms and pages of anybody but the labeler herself."""
OWN = {
    "labeler.wellbeing.queries": "what a labeler sees of her own care",
    "labeler.assignment.facts": "what the gate decides by",
    "labeler.judgments.own_answers": "what a labeler sees of her own answers",
}


@pytest.mark.parametrize("path", [path for path in CODE if OTHERS.match(module(path))], ids=short)
def test_no_page_or_script_of_others_asks_what_only_she_may_see(path: Path) -> None:
    imported = {node.module for node in ast.walk(tree(path)) if isinstance(node, ast.ImportFrom)}
    assert not imported & OWN.keys()
