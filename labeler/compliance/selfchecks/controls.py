"""What stands on every page with a sensitive text: stop, help, ways to say no that weigh the same, dampers (OPT-6,
OPT-7, WRN-5, EXP-10)."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from labeler.compliance.selfchecks.found import Found, Looking, digest_of_files
from labeler.compliance.selfchecks.shipped import STATIC, by_content, code, docstrings, module, tree, without_comments
from labeler.config import ROOT
from labeler.wellbeing.comfort import ORGANISATION

_WORK = ROOT / "labeler" / "templates" / "work"
SENSITIVE = (_WORK / "_sensitive.html", _WORK / "_gate.html")
"""What is included on every page that shows a sensitive text, or is about to."""
SHOWS = {_WORK / "_task.html": "work/_sensitive.html", _WORK / "_differences.html": "work/_sensitive.html",
         _WORK / "_notice.html": "work/_gate.html", _WORK / "_cover.html": "work/_gate.html"}  # fmt: skip
"""The pages, and which of the two each includes."""
COMFORT = ROOT / "labeler" / "templates" / "care" / "comfort.html"


def without_stop(text: str) -> bool:
    """Whether a part of a page lacks the button that takes a sensitive text away and begins a paid break."""
    return not re.search(r'<button name="stop" value="yes" data-press="s">', without_comments(text))


def without_help(text: str) -> bool:
    """Whether a part of a page lacks the way to somebody to talk to, as a plain link that nothing counts."""
    return not re.search(r'<a href="/me/help">', without_comments(text))


def _lacking(wanted: str) -> list[str]:
    lacks = without_stop if wanted == "stop" else without_help
    wrong = [f"{path.name} lacks {wanted}" for path in SENSITIVE if lacks(path.read_text())]
    return wrong + [f"{path.name} includes no {part}" for path, part in SHOWS.items() if part not in path.read_text()]


def presses(text: str) -> list[str]:
    """What in a page about saying yes or no pushes: a button that is focused, or that stands out from its neighbour."""
    plain = without_comments(text)
    wrong = ["it focuses a button"] * bool(re.search(r"<button[^>]*\bautofocus", plain))
    return wrong + ["one button stands out"] * bool(re.search(r'<button[^>]*class="[^"]*\b(?:primary|big)\b', plain))


def opt_6(_looking: Looking) -> Found:
    """OPT-6: the stop control on each page with a sensitive text."""
    files = [*SENSITIVE, *SHOWS]
    return Found(len(files), _lacking("stop"), digest_of_files(files))


def opt_7(_looking: Looking) -> Found:
    """OPT-7: where she reads on or says no, no button is focused and none stands out."""
    files = [*SENSITIVE, _WORK / "_decline.html", _WORK / "_notice.html"]
    wrong = [f"{path.name}: {each}" for path in files for each in presses(path.read_text())]
    return Found(len(files), wrong, digest_of_files(files))


def wrn_5(_looking: Looking) -> Found:
    """WRN-5: the way to help on each page with a sensitive text, and nothing that writes down who takes it."""
    files = [*SENSITIVE, *SHOWS]
    return Found(len(files), _lacking("help"), digest_of_files(files))


def exp_10(_looking: Looking) -> Found:
    """EXP-10: hard content comes collapsed and blurred unless she says otherwise, and no module that rates, pays or
    writes datasets knows what she says."""
    wrong = [f"{name} is off unless asked for" for name in ("collapsed", "blurred") if not getattr(ORGANISATION, name)]
    page = COMFORT.read_text()
    wrong += ["the page of settings has no form"] * ('action="/me/comfort"' not in page)
    rooms = ("labeler.quality", "labeler.pay", "labeler.exports", "labeler.workforce")
    files = [path for path in code() if module(path).startswith(rooms)]
    wrong += [f"{module(path)} knows how she has hard content shown" for path in files if knows_comfort(path)]
    looked = [COMFORT, STATIC / "app.css", *files]
    return Found(len(files) + 3, wrong, digest_of_files(looked))


@by_content
def knows_comfort(path: Path) -> bool:
    """Whether a module names the settings of hard content."""
    of = tree(path)
    spoken = docstrings(of)
    return any(
        getattr(node, "id", None) == "Comfort" or getattr(node, "module", None) == "labeler.wellbeing.comfort"
        or (getattr(node, "value", None) == "comfort" and id(node) not in spoken)
        for node in ast.walk(of)
    )  # fmt: skip
