"""Model text on a page: readable, bounded in time, and unable to do anything."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeler.web.render import LONGEST_MARKDOWN, PAGE, render_conversation, render_markdown, render_message
from tasks.content import Message, Role

TAGS = frozenset(
    "p br hr em strong s code pre blockquote ul ol li h3 h4 h5 h6 table thead tbody tr th td div span bdi "  # noqa: SIM905
    "math mrow mi mn mo ms mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mmultiscripts "
    "mprescripts mtable mtr mtd mpadded mphantom mstyle menclose section".split()
)
ATTRIBUTES = frozenset(
    ["class", "dir", "title", "tabindex", "start", "display", "mathvariant", "stretchy", "fence", "form", "columnalign"]
)


class Tree(HTMLParser):
    """Reads what came out as a browser would, and fails on anything that is not on the list."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        assert {name for name, _ in attrs} <= ATTRIBUTES, attrs
        if tag not in ("br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def words(html: str) -> str:
    """The text a reader sees, once the tree is found harmless."""
    tree = Tree()
    tree.feed(html)
    tree.close()
    assert not tree.open
    return "".join(tree.words)


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><animate href=javascript:alert(1)></svg>",
    '<a href="javascript:alert(1)">x</a>',
    '<div hx-get="/me" hx-trigger="load" data-hx-get="/me" hx-on:click="alert(1)">x</div>',
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1) \"hx-get='/'\")",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](https://evil.example/?q=1)",
    "![x](https://evil.example/pixel.png)",
    "![x][1]\n\n[1]: https://evil.example/pixel.png",
    "[x][1]\n\n[1]: javascript:alert(1)",
    "<https://evil.example/>",
    "<javascript:alert(1)>",
    "```html\n<script>alert(1)</script>\n```",
    '```"onmouseover=alert(1)\nx\n```',
    "```python\n</code></pre><script>alert(1)</script>\n```",
    "`<script>alert(1)</script>`",
    "| <script> | [x](javascript:1) |\n|--|--|\n| <b onclick=1> | ![y](http://e/) |",
    "$\\href{javascript:alert(1)}{x}$",
    "$\\text{<script>alert(1)</script>}$",
    "$$\\style{position:fixed}{x}$$",
    "\\(\\class{bar}{x}\\) \\[ <img src=x onerror=1> \\]",
    "$\\unicode{60}script$",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<form action=/assignments><input name=csrf_token><button>Submit and next</button></form>",
    "<style>*{display:none}</style><link rel=stylesheet href=//e><meta http-equiv=refresh content=0>",
    "<iframe srcdoc='<script>1</script>'></iframe><object data=x><embed src=x><base href=//e>",
    "<!-- x --><![CDATA[ x ]]><?php x ?><!DOCTYPE html>",
    "</div></main><h1>Fake page</h1>",
    "&lt;script&gt; &#60;img src=x&#62; &#x202e;",
    "# <img src=x>\n## [a](http://e)\n> <b>\n- <i>\n1. <u>",
    "\x00<scr\x00ipt>\x1b[31mred\x1b]8;;http://e\x07",
    "a\u202eb\u2066c\u200bd\u2060e\ufefff\U000e0041g",
    "\ud800\udfff <b>",
    "Z" + "\u0301" * 300,
]


@pytest.mark.parametrize("text", ATTACKS)
def test_nothing_in_a_text_becomes_more_than_text(text: str) -> None:
    html = render_markdown(text)
    words(html)
    html.encode()  # whatever was sent, the page can be sent on


def test_raw_html_is_shown_as_it_was_written() -> None:
    assert "<script>alert(1)</script>" in words(render_markdown("<script>alert(1)</script>"))


def test_a_link_shows_its_words_and_its_address_and_leads_nowhere() -> None:
    html = render_markdown("See [the bank](https://evil.example/login?x=1).")
    assert words(html).strip() == "See the bank (https://evil.example/login?x=1)."
    assert "<a" not in html


def test_an_image_is_named_and_never_asked_for() -> None:
    html = render_markdown("![a loaf](https://evil.example/p.png)")
    assert words(html).strip() == "[image: a loaf, https://evil.example/p.png]"
    assert "<img" not in html


def test_a_reference_definition_does_not_vanish() -> None:
    assert "[1]: https://evil.example/" in words(render_markdown("text\n\n[1]: https://evil.example/"))


def test_what_reorders_or_hides_is_marked_with_its_code() -> None:
    seen = words(render_markdown("pay\u202e001\u202c, a\u200bb, \x1b[0m, \U000e0061"))
    assert "\u202e" not in seen and "\u200b" not in seen and "\x1b" not in seen
    assert "U+202E" in seen and "U+200B" in seen and "␛" in seen and "U+E0061" in seen


@pytest.mark.parametrize(
    "text", ["می‌خواهم", "क्‍ष", "مرحبا\u200f (a)", "👩\u200d👩\u200d👧 family", "e\u0301clair", "日本語"]
)
def test_joiners_that_a_script_needs_stay(text: str) -> None:
    assert words(render_markdown(text)).strip() == text


def test_every_block_finds_its_own_direction() -> None:
    html = render_markdown("# سلام\n\nhello\n\n- یک\n\n> دو")
    assert html.count('dir="auto"') >= 4
    assert '<p dir="auto">' in render_markdown("plain words")
    assert '<ul dir="rtl">' in html  # its bullets stand where its first line begins


def test_headings_stay_below_the_pages_own() -> None:
    html = render_markdown("# one\n\n###### six")
    assert "<h3" in html and "<h6" in html and "<h1" not in html


def test_code_is_coloured_by_classes_and_kept_from_left_to_right() -> None:
    html = render_markdown("```python\ndef f(): return 1\n```")
    assert '<span class="tok-k">def</span>' in html and '<code dir="ltr">' in html and "style=" not in html


@pytest.mark.parametrize("text", ["$x^2$", r"\(x^2\)", "$$x^2$$", r"\[x^2\]"])
def test_formulas_become_mathml(text: str) -> None:
    assert "<msup>" in render_markdown(text)


def test_a_price_is_not_a_formula() -> None:
    assert words(render_markdown("It costs $5 here and $10 there.")).strip() == "It costs $5 here and $10 there."


def test_a_formula_that_is_not_understood_is_shown_as_written() -> None:
    assert r"\frac{" in words(render_markdown(r"$\frac{$"))


def test_plain_text_takes_the_short_way_and_gives_the_same() -> None:
    text = "First line\nsecond & third.\n\nNew paragraph, 3 < 4? No sign here."
    with_markup = render_markdown(text + "\n\n`x`")
    assert words(render_markdown(text.replace("<", "under"))).split()[:3] == ["First", "line", "second"]
    assert "<br>" in with_markup and with_markup.count("<p") == 3


def test_a_long_text_is_shown_whole_and_a_huge_one_says_what_is_left_out() -> None:
    long = "**a** " * (LONGEST_MARKDOWN // 6 + 10)
    assert words(render_markdown(long)) == long
    assert "1,000 more characters" in render_markdown("x" * (PAGE + 1000))


N = 64 * 1024
BOMBS = {
    "brackets": "[" * N,
    "stars": "*a " * (N // 3),
    "ticks": "".join("`" * i + " " for i in range(1, 360)),
    "quotes": ">" * N,
    "lists": "".join(" " * i + "- a\n" for i in range(350)),
    "columns": "|a" * (N // 4) + "\n" + "|-" * (N // 4) + "\n",
    "rows": "|a|b|\n|-|-|\n" + "|x|y|\n" * (N // 6 - 4),
    "links": "[a](b" * (N // 5),
    "angles": "<a" * (N // 2),
    "dollars": "$a" * (N // 2),
    "formulas": "$x$ " * (N // 4),
    "braces": "$" + "{" * 99 + "}" * 99 + "$",
    "powers": "$" + "^" * 1000 + "$",
    "lines": "*\n" * (N // 2),
    "python": "```python\n" + "f'{" * 5000 + "\n```",
    "rust": '```rust\n' + 'r#"' * 5000 + "\n```",
    "towers": "a" + "\u0301" * N,
    "strikes": "~~a " * (N // 4),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_no_text_holds_the_page_up(name: str) -> None:
    """A text made to take minutes is given up on. The budget of 0.2 s is measured by `make bench`, not here."""
    start = thread_time()
    html = render_markdown(BOMBS[name])
    assert thread_time() - start < 5
    words(html)


def test_a_conversation_names_its_speakers_and_their_calls() -> None:
    turns = (
        Message(role=Role.SYSTEM, content="Be kind."),
        Message(role=Role.TOOL, name="<b>x", content="1", tool_calls='{"a": "<script>"}'),
    )
    seen = words(render_conversation(turns))
    assert "System" in seen and "<b>x" in seen and "<script>" in seen
    assert "Assistant" not in words(render_conversation((Message(role=Role.ASSISTANT, content="Yes."),)))
    assert "Assistant" in words(render_message(Message(role=Role.ASSISTANT, content="Yes.")))


FOLDED = re.compile(r'<details class="part"><summary>Show this part(?: \(\d+ of \d+\))?</summary>|</details>')


@pytest.mark.parametrize(
    "source",
    [
        "",
        "One line.",
        "# Title\n\n1. one\n2. two\n\n   inside\n\n> said\n\n```python\nif a > b:\n    print('<x>')\n```\n\nEnd.",
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n" + "Long. " * 200 + "\n\n---\n\nAfter <b>this</b> \u202e and \u200b.",
        "$$\\frac{a}{b}$$\n\n" + "x " * 300 + "\n\n<details><summary>no</summary></details>\n\n" + "y " * 300,
        "z" * 70_000,
    ],
)
def test_a_folded_text_is_the_same_text_in_parts(source: str) -> None:
    said = (Message(role=Role.USER, content=source), Message(role=Role.ASSISTANT, content=source))
    for turns in (said, said[:1]):
        open_, folded = str(render_conversation(turns)), str(render_conversation(turns, folded=True))
        assert squeezed(FOLDED.sub("", folded)) == squeezed(open_)
        assert folded.count("<details") == folded.count("</details>")
        for part in re.findall(r"</summary>(.*?)</details>", folded, re.S):
            assert balanced(part)


def squeezed(html: str) -> str:
    """HTML without white space: between blocks it means nothing."""
    return "".join(html.split())


def balanced(html: str) -> bool:
    """Whether every element of a piece of HTML ends in it."""
    open_: list[str] = []
    for end, name in re.findall(r'<(/?)([A-Za-z][A-Za-z0-9]*)(?:"[^"]*"|[^">])*>', html):
        if name in ("br", "hr"):
            continue
        if not end:
            open_.append(name)
        elif not open_ or open_.pop() != name:
            return False
    return not open_


def test_long_texts_have_many_parts_and_short_ones_one() -> None:
    long = "\n\n".join(f"Paragraph {n}. " + "Words and words. " * 30 for n in range(6))
    assert str(render_conversation([Message(role=Role.USER, content=long)], folded=True)).count("<details") == 6
    short = "One.\n\nTwo.\n\nThree."
    assert str(render_conversation([Message(role=Role.USER, content=short)], folded=True)).count("<details") == 1


@given(st.text())
def test_folding_never_changes_what_is_there(source: str) -> None:
    said = [Message(role=Role.ASSISTANT, content=source)]
    folded = squeezed(FOLDED.sub("", str(render_conversation(said, folded=True))))
    assert folded == squeezed(str(render_conversation(said)))
