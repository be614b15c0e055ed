"""The one renderer of text that models, files and researchers wrote. No other module makes Markup.

What comes out is a small, fixed set of elements without links, images, forms, scripts, styles or handlers; it asks
for nothing from anywhere. Attributes such as `hx-get` cannot survive, because no attribute of the input does.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable
from html import escape
from threading import Lock

import nh3
from markupsafe import Markup

from labeler.web.invisible import clean, picture_controls, shown
from labeler.web.markdown import TooSlow, to_html
from tasks.content import Message, Role

LONGEST_MARKDOWN = 64 * 1024
"""Characters of one text that are read as Markdown; a longer one is shown as written, in whole."""
PAGE = 1024 * 1024
"""Characters of one text that a page shows; beyond it the reader is told how much is left out."""
CACHE_BYTES = 16 * 1024 * 1024

_MATHS = frozenset(
    [
        "math",
        "mrow",
        "mi",
        "mn",
        "mo",
        "ms",
        "mtext",
        "mspace",
        "mfrac",
        "msqrt",
        "mroot",
        "msub",
        "msup",
        "msubsup",
        "munder",
        "mover",
        "munderover",
        "mmultiscripts",
        "mprescripts",
        "mtable",
        "mtr",
        "mtd",
        "mpadded",
        "mphantom",
        "mstyle",
        "menclose",
    ]
)
_BLOCKS = ("p", "li", "blockquote", "td", "th", "h3", "h4", "h5", "h6")
_TAGS = frozenset(
    (
        *_BLOCKS,
        *[
            "br",
            "hr",
            "em",
            "strong",
            "s",
            "code",
            "pre",
            "ul",
            "ol",
            "table",
            "thead",
            "tbody",
            "tr",
            "div",
            "span",
            "bdi",
        ],
    )
)
_AUTO = {"dir": {"auto", "ltr", "rtl"}}
_CLEANER = nh3.Cleaner(
    tags=set(_TAGS | _MATHS),
    clean_content_tags=set(),
    attributes={"ol": {"start"}, "span": {"title"}, "mo": {"stretchy", "fence", "form"}, "mi": {"mathvariant"}},
    tag_attribute_values={
        **dict.fromkeys((*_BLOCKS, "ul", "ol", "code", "bdi"), _AUTO),
        "pre": {"tabindex": {"0"}},
        "div": {"tabindex": {"0"}},
        "math": {"display": {"block", "inline"}},
        "mtable": {"columnalign": {"left", "right", "center", "right left"}},
    },
    allowed_classes={
        "div": {"table"},
        "span": {"link", "mark", *(f"tok-{letter}" for letter in "kscnde")},
        "bdi": {"address"},
    },
    url_schemes=set(),
    link_rel=None,
)

_MARKED = re.compile(r"[\\`*_\[\]<|~$&\x00-\x08\x0b-\x1f\x7f]|\n[ ]{0,3}(?:[-+#>=\t]|\d{1,9}[.)])|\n {4}")
"""What may be Markdown. A text without any of it is paragraphs and line breaks, and needs no parser."""
_PARAGRAPHS = re.compile(r"\n(?:[ \t]*\n)+")


class _Kept:
    """The last rendered texts, at most `limit` bytes of them: overlap and reloads ask for the same text again."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._texts: OrderedDict[str, Markup] = OrderedDict()
        self._lock = Lock()

    def get(self, text: str, make: Callable[[str], Markup]) -> Markup:
        with self._lock:
            found = self._texts.get(text)
            if found is not None:
                self._texts.move_to_end(text)
                return found
        made = make(text)
        with self._lock:
            if text not in self._texts:
                self._texts[text] = made
                self._size += _weight(text, made)
            while self._size > self._limit:
                old, html = self._texts.popitem(last=False)
                self._size -= _weight(old, html)
        return made


def _weight(text: str, html: str) -> int:
    return 4 * (len(text) + len(html)) + 200


_kept = _Kept(CACHE_BYTES)


def _made(html: str) -> Markup:
    return Markup(html)  # noqa: S704 -- the one place; what comes here was escaped or cleaned above


def render_markdown(text: str) -> Markup:
    """Text from outside as HTML blocks, Markdown read where it is short enough. Never raises for any text."""
    if len(text) <= LONGEST_MARKDOWN:
        if _MARKED.search("\n" + text) is None and clean(text):
            return _made(_paragraphs(text))
        return _kept.get(text, _markdown)
    return render_plain(text)


def render_plain(text: str) -> Markup:
    """Text exactly as it was written: line breaks and spaces kept, nothing read as markup."""
    text = picture_controls(text.replace("\r\n", "\n").replace("\r", "\n"))
    cut = len(text) - PAGE
    note = f'<p class="help">This text is too long for a page. {cut:,} more characters are not shown.</p>'
    return _made(f'<div class="plain" dir="auto">{shown(text[:PAGE])}</div>{note if cut > 0 else ""}')


def render_words(text: str) -> Markup:
    """A piece of text inside a line: escaped, every unseen character as a mark."""
    return _made(shown(picture_controls(text)))


def _paragraphs(text: str) -> str:
    parts = _PARAGRAPHS.split(text.strip("\n"))
    return "".join(
        f'<p dir="auto">{escape(part.strip(), quote=False)}</p>\n'.replace("\n", "<br>\n", part.strip().count("\n"))
        for part in parts
        if part.strip()
    )


def _markdown(text: str) -> Markup:
    try:
        return _made(_CLEANER.clean(to_html(picture_controls(text))))
    except (TooSlow, RecursionError):
        return render_plain(text)


_SPEAKERS = {Role.SYSTEM: "System", Role.USER: "User", Role.ASSISTANT: "Assistant", Role.TOOL: "Tool"}


_TAG = re.compile(r'<(/?)([A-Za-z][A-Za-z0-9]*)(?:"[^"]*"|[^">])*>')
_VOID = frozenset({"br", "hr"})
PART = 400
"""Characters of HTML after which a part of a folded text ends, at the next end of a block."""


def _blocks(html: str) -> list[str]:
    """HTML that was made here, cut between its outermost elements."""
    blocks, depth, start = list[str](), 0, 0
    for tag in _TAG.finditer(html):
        if tag[2] in _VOID:
            continue
        depth += -1 if tag[1] else 1
        if depth == 0:
            blocks.append(html[start : tag.end()])
            start = tag.end()
    rest = html[start:]
    return [*blocks, rest] if rest.strip() else blocks


def _folded(html: str) -> str:
    """A text in parts that are opened one by one; whoever reads it decides how much at a time (EXP-10)."""
    parts = [""]
    for block in _blocks(html):
        if len(parts[-1]) >= PART:
            parts.append("")
        parts[-1] += block
    of = f" of {len(parts)})" if len(parts) > 1 else ""
    return "".join(
        f'<details class="part"><summary>Show this part{of and f" ({n}{of}"}</summary>{part}</details>'
        for n, part in enumerate(parts, 1)
        if part.strip()
    )


def render_message(message: Message, folded: bool = False) -> Markup:
    """One turn: who speaks, what is said, which tools are called; `folded` in parts that are opened one by one."""
    name = f" <bdi>{shown(message.name)}</bdi>" if message.name else ""
    calls = ""
    if message.tool_calls:
        code = shown(picture_controls(message.tool_calls))
        calls = f'<p class="label">Calls tools</p><pre tabindex="0"><code dir="ltr">{code}</code></pre>'
    text = f"{render_markdown(message.content)}{calls}"
    return _made(
        f'<section class="turn {message.role.value}"><h3 class="label">{_SPEAKERS[message.role]}{name}</h3>'
        f'<div class="text">{_folded(text) if folded else text}</div></section>'
    )


def render_conversation(messages: Iterable[Message], folded: bool = False) -> Markup:
    """A conversation: each turn with its speaker, or the bare text where one message from a user or a model is all."""
    turns = tuple(messages)
    if len(turns) == 1 and turns[0].role in (Role.USER, Role.ASSISTANT) and not (turns[0].tool_calls or turns[0].name):
        text = render_markdown(turns[0].content)
        return _made(f'<div class="text">{_folded(text) if folded else text}</div>')
    return _made("".join(render_message(turn, folded) for turn in turns))
