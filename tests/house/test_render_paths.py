"""Every page that can show the contents of a task counts what it shows (EXP-9).

Whoever adds a way to read an item, or to draw a conversation, adds a line here, and says which exposure it writes.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

from labeler.config import ROOT

READS: dict[str, str] = {
    # Where the text of an item is read out of the database or a file, and what is written before it can be seen
    "labeler/assignment/queries.py": "desk: the row is made with the lease; without a reveal the item is left out",
    "labeler/web/studio_preview.py": "preview: `note` before the page is drawn",
    "labeler/web/studio_batch.py": "preview: `note` before the page is drawn",
    "labeler/exports/source.py": "none: it goes to a file, and no page shows it",
    "labeler/exports/placing.py": "none: prompts are hashed, and no page shows them",
    "labeler/web/studio_imports.py": "preview: a row of a file that waits, `note` before the page is drawn",
    "labeler/projects/models.py": "none: the table itself",
    "labeler/projects/spooling.py": "none: a job reads a file into tasks, and nobody sees it",
    "labeler/projects/queries.py": "none itself: samples go to `studio_preview`, `studio_batch` and `reviewing`",
    "labeler/projects/sparing.py": "none: two texts are compared by the server, and no page shows them",
    "labeler/warnings/queries.py": "none: of a reported task its number in the file alone",
    "labeler/cases/queries.py": "none itself: an answer with its text goes to `web/review.py`",
    "labeler/quality/queries.py": "none: lengths of texts and names of rows alone leave it",
    "labeler/compliance/severity_canary.py": "none: a placeholder of the product's own is written, and shown to nobody",
    "labeler/web/review.py": "review: `show` writes before the page is drawn; else a sensitive item is left out",
    "labeler/web/studio_warnings.py": "review: `reviewing.show` writes before it hands the item out",
}
SHOWS: dict[str, str] = {
    # Templates that turn a conversation into words on a screen
    "labeler/templates/work/_task.html": "desk, and preview through `studio/_drawn.html`",
    "labeler/templates/studio/import_one.html": "preview: excerpts, after `POST …/words` alone",
    "labeler/templates/studio/warnings.html": "review: one reported text, after `POST …/show` alone",
}
DRAWS: dict[str, str] = {
    # Templates that draw one of those, each under a view that has written what it shows
    "labeler/templates/studio/_drawn.html": "part of the two below",
    "labeler/templates/studio/_preview.html": "preview: `studio_preview.update` and `studio_form._form` note it",
    "labeler/templates/studio/import_look.html": "preview: `studio_imports.show_row` notes it",
    "labeler/templates/studio/review_one.html": "review: `review.show` writes it; else the notice stands there",
    "labeler/templates/studio/disputed.html": "review: `disputed.show` writes it; else the notice, and no comment",
}
NOTES = {
    # Modules that draw an item outside the desk, and must say so beforehand
    "labeler/web/studio_preview.py", "labeler/web/studio_form.py", "labeler/web/studio_imports.py",
    "labeler/web/studio_batch.py",
}  # fmt: skip
PICTURES = {"picture", "preview", "excerpts"}
"""What makes something to look at out of an item, outside the desk."""

MODULES = sorted((ROOT / "labeler").rglob("*.py"))
TEMPLATES = sorted([*(ROOT / "labeler" / "templates").rglob("*.html"), *(ROOT / "tasks").glob("*.html")])


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def calls(path: Path) -> set[str]:
    """The names that a module calls: `f(…)`, `x.f(…)`; for a validator `Item.f(…)` as one name."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Item":
            found.add(f"Item.{node.attr}")
        if isinstance(node, ast.Call):
            found.add(node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", ""))
    return found


def test_every_way_to_read_an_item_is_listed_with_the_exposure_it_writes() -> None:
    readers = {"read_item", "Item.model_validate_json", "Item.__pydantic_validator__"}
    held = re.compile(r"\bTaskContent\b|\.items\[0\]|\.items\(row\)")
    found = {short(path) for path in MODULES if calls(path) & readers or held.search(path.read_text())}
    assert found == set(READS)


def test_every_template_that_shows_a_conversation_is_listed() -> None:
    shows = re.compile(r"\|\s*conversation\b|render_conversation|sample\.excerpts")
    assert {short(path) for path in TEMPLATES if shows.search(path.read_text())} == set(SHOWS)


def test_only_the_shell_hands_the_renderer_of_conversations_out() -> None:
    assert {short(path) for path in MODULES if "render_conversation" in path.read_text()} == {
        "labeler/web/render.py", "labeler/web/shell.py"
    }  # fmt: skip


def test_every_template_that_draws_a_task_outside_the_desk_is_listed() -> None:
    studio = [path for path in TEMPLATES if not short(path).startswith("labeler/templates/work/")]
    draws = re.compile(r"work/_task\.html|studio/_drawn\.html|studio/_preview\.html")
    found = {short(path) for path in studio if draws.search(path.read_text())}
    assert found - {"labeler/templates/studio/form.html"} == set(DRAWS)  # the form has the preview in it


def test_whoever_draws_an_item_outside_the_desk_notes_it_first() -> None:
    found = {short(path) for path in MODULES if path.parent.name == "web" and calls(path) & PICTURES}
    assert found == NOTES
    for path in MODULES:
        if short(path) in NOTES:
            assert "note" in calls(path), short(path)


def test_reviewers_looks_are_written_down_before_the_text_is_handed_out() -> None:
    by = (("web/review.py", "show_text"), ("web/disputed.py", "show_text"), ("warnings/reviewing.py", "note_text"))
    for path, call in by:
        module = ROOT / "labeler" / path
        assert call in calls(module)
        assert f"from labeler.wellbeing.showing import show as {call}" in module.read_text()
    shown = (ROOT / "labeler" / "web" / "studio_warnings.py").read_text()
    assert "shown=asked" in shown and "asked = repeated(lambda session: reviewing.show(" in shown


def test_a_sensitive_text_is_never_asked_for_by_an_address() -> None:
    """Only a POST shows it: an address is fetched ahead, kept in a history, and opened by whoever has the link."""
    for path in TEMPLATES:
        assert not re.search(r'href="[^"]*(?:show=|reveal)', path.read_text()), short(path)
