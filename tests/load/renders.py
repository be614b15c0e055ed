"""How long texts that were made to take long hold a page up."""

from __future__ import annotations

import statistics
from time import thread_time

from labeler.web.render import render_markdown
from tests.web.test_render import BOMBS


def measure() -> dict[str, float]:
    """CPU milliseconds to render each of the hostile texts, once the tables of the languages are loaded."""
    render_markdown("```python\nx\n```\n```rust\nx\n```")
    found = {}
    for name, text in BOMBS.items():
        spent = []
        for turn in range(3):
            start = thread_time()
            render_markdown(text + "." * turn)  # another text, so that it is not remembered
            spent.append((thread_time() - start) * 1000)
        found[name] = statistics.median(spent)
    return found
