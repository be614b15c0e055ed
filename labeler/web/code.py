"""Code in model text, coloured by six classes (`.tok-*` of `static/app.css`); the page has no style of its own."""

from __future__ import annotations

from functools import lru_cache
from time import thread_time

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Token, _TokenType

from labeler.web.invisible import shown

LONGEST = 16 * 1024
"""Characters of one block that are coloured at most; longer ones are shown plain."""
SECONDS = 0.03
"""CPU time one block may take; beyond it the block is shown plain."""

LANGUAGES = {
    name: lexer
    for lexer, names in {
        "python": "python py python3 pycon",
        "javascript": "javascript js node jsx",
        "typescript": "typescript ts tsx",
        "json": "json jsonl",
        "bash": "bash sh shell zsh console",
        "sql": "sql postgresql mysql sqlite",
        "html": "html",
        "xml": "xml svg",
        "css": "css scss",
        "java": "java",
        "kotlin": "kotlin kt",
        "swift": "swift",
        "c": "c h",
        "cpp": "cpp c++ cc hpp",
        "csharp": "csharp cs c#",
        "go": "go golang",
        "rust": "rust rs",
        "ruby": "ruby rb",
        "php": "php",
        "r": "r",
        "yaml": "yaml yml",
        "toml": "toml",
        "ini": "ini cfg",
        "diff": "diff patch",
        "lua": "lua",
        "dockerfile": "dockerfile docker",
        "make": "make makefile",
    }.items()
    for name in names.split()
}
"""What is coloured: the name after the fence, and Pygments' lexer for it. Anything else is shown plain."""

_GROUPS: tuple[tuple[_TokenType, str], ...] = (
    (Token.Comment, "c"),
    (Token.Keyword, "k"),
    (Token.Operator.Word, "k"),
    (Token.Literal.String, "s"),
    (Token.Literal.Number, "n"),
    (Token.Name.Function, "d"),
    (Token.Name.Class, "d"),
    (Token.Name.Tag, "k"),
    (Token.Generic.Deleted, "e"),
    (Token.Generic.Inserted, "s"),
    (Token.Generic.Heading, "d"),
)


@lru_cache(maxsize=512)
def _group(kind: _TokenType) -> str:
    return next((letter for parent, letter in _GROUPS if kind in parent), "")


@lru_cache(maxsize=64)
def _lexer(name: str) -> Lexer:
    lexer = get_lexer_by_name(name, stripnl=False, ensurenl=False)
    list(lexer.get_tokens("x"))  # the first use of a language builds its tables, which no text should pay for
    return lexer


def ready(language: str) -> None:
    """Load what colouring this language needs; it takes time once in a process."""
    if language in LANGUAGES:
        _lexer(LANGUAGES[language])


def highlight(code: str, language: str) -> str:
    """The code as HTML, coloured where we know the language and it does not take long."""
    name = LANGUAGES.get(language)
    if name is None or len(code) > LONGEST:
        return shown(code)
    end = thread_time() + SECONDS
    html: list[str] = []
    run: list[str] = []
    before = ""
    for count, (kind, words) in enumerate(_lexer(name).get_tokens(code)):
        if not count & 63 and thread_time() > end:
            return shown(code)
        letter = _group(kind)
        if letter != before and run:
            html.append(_coloured(before, run))
            run = []
        before = letter
        run.append(words)
    return "".join([*html, _coloured(before, run)])


def _coloured(letter: str, run: list[str]) -> str:
    words = shown("".join(run))
    return f'<span class="tok-{letter}">{words}</span>' if letter else words
