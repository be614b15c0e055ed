"""Model text in Markdown to HTML, in bounded time: nothing in it can link, load, run, or style the page.

Raw HTML, links, references and images stay text that can be read. The caller (`labeler.web.render`) cleans the result
against an allow-list before it reaches a page; this module is built so that the list has nothing left to remove.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from time import thread_time
from typing import Any
from unicodedata import bidirectional

from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from labeler.web.code import highlight, ready
from labeler.web.invisible import clean, shown

SECONDS = 0.1
"""CPU time one text may take; beyond it the text is shown as written. The budget is 200 ms with everything around."""
MOST_MATHS = 200
"""Formulas converted in one text; later ones are shown as written."""
LONGEST_FORMULA = 1500
MOST_LINES = 5000
MOST_BARS = 4000
"""Lines, and cell borders, in one text: the parser takes a whole table in one step, where no clock can stop it."""

_BLOCKS = frozenset({"paragraph_open", "heading_open", "list_item_open", "td_open", "th_open"})
_FRAMES = frozenset({"bullet_list_open", "ordered_list_open", "blockquote_open"})
"""Their bullets and bars stand on the side where their first block begins, which a browser does not find by itself."""


class TooSlow(Exception):
    """The text would take longer to parse than it may."""


class _Clock:
    """The CPU seconds one text has used so far."""

    __slots__ = ("calls", "end", "maths")

    def __init__(self) -> None:
        self.end = thread_time() + SECONDS
        self.calls = 0
        self.maths = 0

    def check(self) -> None:
        """Raise TooSlow when the time is over; looked at every 16th time, because asking costs as much as a token."""
        self.calls += 1
        if not self.calls & 15:
            self.look()

    def look(self) -> None:
        """Raise TooSlow when the time is over."""
        if thread_time() > self.end:
            raise TooSlow


def _watch_block(state: StateBlock, _start: int, _end: int, _silent: bool) -> bool:
    state.env["clock"].check()
    return False


def _watch_inline(state: StateInline, _silent: bool) -> bool:
    state.env["clock"].check()
    return False


_CLOSERS = {"\\(": ("\\)", "math_inline"), "\\[": ("\\]", "math_inline_double")}


def _bracket_maths(state: StateInline, silent: bool) -> bool:
    r"""Formulas between `\(` and `\)` or `\[` and `\]`, as models write them."""
    closer, sort = _CLOSERS.get(state.src[state.pos : state.pos + 2], ("", ""))
    if not closer:
        return False
    end = state.src.find(closer, state.pos + 2, state.pos + 2 + LONGEST_FORMULA)
    if end <= state.pos + 2:
        return False
    if not silent:
        token = state.push(sort, "math", 0)
        token.content = state.src[state.pos + 2 : end]
        token.markup = state.src[state.pos : state.pos + 2]
    state.pos = end + 2
    return True


class _Html(RendererHTML):
    """Tokens to HTML. Each method is named for its token type, as markdown-it finds them."""

    def text(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return shown(tokens[at].content)

    def html_inline(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return shown(tokens[at].content)

    def html_block(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return shown(tokens[at].content)

    def code_inline(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return f'<code dir="ltr">{shown(tokens[at].content)}</code>'

    def code_block(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return f'<pre tabindex="0"><code dir="ltr">{shown(tokens[at].content)}</code></pre>\n'

    def fence(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        token = tokens[at]
        language = token.info.split(maxsplit=1)[0].lower() if token.info.strip() else ""
        clock: _Clock = env["clock"]
        clock.look()
        started = thread_time()
        ready(language)
        clock.end += thread_time() - started
        return f'<pre tabindex="0"><code dir="ltr">{highlight(token.content, language)}</code></pre>\n'

    def heading_open(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return f'<{_demoted(tokens[at].tag)} dir="auto">'

    def heading_close(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return f"</{_demoted(tokens[at].tag)}>\n"

    def table_open(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return '<div class="table" tabindex="0"><table>\n'

    def table_close(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return "</table></div>\n"

    def link_open(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        env["links"].append((str(tokens[at].attrs.get("href", "")), at))
        return '<span class="link">'

    def link_close(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        address, opened = env["links"].pop()
        words = "".join(token.content for token in tokens[opened + 1 : at])
        return "</span>" if words == address else f"</span> {_address(f'({address})')}"

    def image(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        alt = self.renderInlineAsText(tokens[at].children, options, env)
        address = str(tokens[at].attrs.get("src", ""))
        return _address(f"[image: {alt}, {address}]" if alt else f"[image: {address}]")

    def math_inline(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return _formula(tokens[at], env, block=False)

    def math_inline_double(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return _formula(tokens[at], env, block=True)

    def math_block(self, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
        return f"<p>{_formula(tokens[at], env, block=True)}</p>\n"


def _demoted(tag: str) -> str:
    return f"h{min(6, int(tag[1]) + 2)}"


def _address(words: str) -> str:
    return f'<bdi class="address" dir="ltr">{shown(words)}</bdi>'


def _formula(token: Token, env: Any, *, block: bool) -> str:
    """MathML, or the formula as it was written, when it is too long, too deep, or not understood."""
    source = token.content
    clock: _Clock = env["clock"]
    clock.maths += 1
    written = f'<code dir="ltr">{shown(token.markup + source + (_written_end(token.markup)))}</code>'
    if clock.maths > MOST_MATHS or len(source) > LONGEST_FORMULA or source.count("{") > 100 or not clean(source):
        return written
    clock.look()
    source = source.replace("<", r"\lt ").replace(">", r"\gt ")
    with suppress(Exception):  # the converter raises whatever its parser stumbles over; the source is then shown
        return str(convert(source.strip(), display="block" if block else "inline"))
    return written


def _written_end(markup: str) -> str:
    return {"\\(": "\\)", "\\[": "\\]"}.get(markup, markup)


def _parser() -> MarkdownIt:
    parser = MarkdownIt(
        "commonmark", {"html": False, "linkify": False, "breaks": True, "maxNesting": 20}, renderer_cls=_Html
    )
    parser.enable(["table", "strikethrough"]).disable(["html_block", "html_inline", "reference"])
    dollarmath_plugin(parser, allow_labels=False, allow_space=False, allow_digits=False, double_inline=True)
    for name in ("math_inline", "math_inline_double", "math_block"):
        # The plugin brings renderers of its own, which do not escape as ours do.
        parser.add_render_rule(name, getattr(_Html, name))
    parser.block.ruler.before("table", "watch", _watch_block)
    parser.inline.ruler.after("text", "watch", _watch_inline)
    parser.inline.ruler.before("escape", "bracket_maths", _bracket_maths)
    return parser


_PARSER = _parser()


def _direction(text: str) -> str:
    """The direction of the first letter that has one."""
    for character in text:
        kind = bidirectional(character)
        if kind in ("L", "R", "AL"):
            return "ltr" if kind == "L" else "rtl"
    return "ltr"


def to_html(text: str) -> str:
    """Markdown as HTML. Raises TooSlow for a text made to take long, RecursionError for one made to nest deep."""
    if text.count("\n") > MOST_LINES or text.count("|") > MOST_BARS:
        raise TooSlow
    env: dict[str, Any] = {"clock": _Clock(), "links": []}
    tokens = _PARSER.parse(text, env)
    frames: list[Token] = []
    for token in tokens:
        if token.type in _BLOCKS:
            token.attrs["dir"] = "auto"
        elif token.type in _FRAMES:
            frames.append(token)
        elif token.type == "inline" and frames:
            side = _direction(token.content)
            for frame in frames:
                frame.attrs["dir"] = side
            frames.clear()
    return str(_PARSER.renderer.render(tokens, _PARSER.options, env))
