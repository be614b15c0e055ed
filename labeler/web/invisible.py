"""Characters that a reader cannot see, or that reorder what she sees, written as small marks with their code.

Nothing is removed in silence: whoever judges a text must know that it holds such characters. Joiners and direction
marks that scripts need (Persian, Hindi, Arabic, emoji) are left alone where they stand beside such a script.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from html import escape

_CONTROLS = {code: 0x2400 + code for code in range(32) if code not in (9, 10, 13)} | {0x7F: 0x2421}
"""C0 controls become the pictures Unicode has for them (U+2400 and up): NUL, ANSI escapes, backspaces."""

_COMBINING = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_MOST_COMBINING = 4
_LATIN = "\\x00-\u024f\u2000-\u206f"

_ALWAYS = (
    "\x80-\x9f\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2028-\u202e\u2060-\u206f\u3164\ufdd0-\ufdef\ufeff"
    "\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_JOINERS = "\u200c\u200d"
_DIRECTIONS = "\u200e\u200f\u061c"

_SUSPECT = re.compile(f"[{_ALWAYS}{_JOINERS}{_DIRECTIONS}{_COMBINING}]")
_UNSEEN = re.compile(
    f"([{_ALWAYS}]+)"
    f"|((?<![^{_LATIN}])[{_JOINERS}]+|[{_JOINERS}]+(?![^{_LATIN}]))"
    f"|((?<![^{_LATIN}])[{_DIRECTIONS}]+(?![^{_LATIN}]))"
    f"|((?<=[{_COMBINING}]{{{_MOST_COMBINING}}})[{_COMBINING}]+)"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def picture_controls(text: str) -> str:
    """The text with its control characters as visible symbols, before anything parses it."""
    return text.translate(_CONTROLS) if _CONTROL.search(text) else text


def shown(text: str) -> str:
    """The text as HTML: escaped, every unseen character as a mark."""
    html = escape(text, quote=False)
    return html if clean(html) else _UNSEEN.sub(_mark, html)


def clean(text: str) -> bool:
    """Whether the text holds nothing that `shown` might mark."""
    return text.isascii() or _SUSPECT.search(text) is None


def _mark(found: re.Match[str]) -> str:
    return _marked(found[0])


@lru_cache(maxsize=1024)
def _marked(run: str) -> str:
    return f'<span class="mark" title="{_names(run)}">{_codes(run)}</span>'


def _codes(run: str) -> str:
    first, many = f"U+{ord(run[0]):04X}", len(run)
    if many == 1:
        return first
    return f"{first} ×{many}" if len(set(run)) == 1 else f"{first} and {many - 1} more"


def _names(run: str) -> str:
    names = dict.fromkeys(unicodedata.name(character, "a character without a name") for character in run[:8])
    return escape(", ".join(names).lower())
