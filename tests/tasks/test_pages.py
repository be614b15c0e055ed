"""The answer form of every kind, as a browser gets it: native controls, nothing preselected, and always answerable."""

from __future__ import annotations

import re
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jinja2
import pytest

from tasks import KINDS, comparison, kind, rating
from tasks.content import Frozen
from tasks.kind import AnswerRefused, Problem
from tasks.scales import FlagOptions, ScaleOptions

PAGES = jinja2.Environment(
    loader=jinja2.PrefixLoader({"tasks": jinja2.FileSystemLoader(Path(__file__).parents[2] / "tasks")}),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
)
TONE = ScaleOptions(name="tone", title="Tone <b>", first=1, points=("Cold", "", "Warm & kind"), required=False)
CASES: list[tuple[str, Frozen]] = [
    ("comparison", comparison.Options()),
    ("comparison", comparison.Options(scale="seven", reasons=(), comment=False)),
    ("comparison", comparison.Options(scale="two_way", tie=False, both_bad=False, cant_judge=False, reasons=())),
    ("rating", rating.Options()),
    (
        "rating",
        rating.Options(
            scales=(TONE,), flags=(FlagOptions(name="odd", title="Odd?", required=True),), reasons=('"Quoted"',)
        ),
    ),
]


class Controls(HTMLParser):
    """The form controls of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.inputs: list[dict[str, str | None]] = []
        self.radios: dict[str, list[str]] = defaultdict(list)
        self.ids: list[str] = []
        self.described: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if found.get("id"):
            self.ids.append(found["id"] or "")
        self.described += (found.get("aria-describedby") or "").split()
        if tag in ("input", "textarea"):
            self.inputs.append(found | {"tag": tag})
        if found.get("type") == "radio":
            self.radios[found["name"] or ""].append(found["value"] or "")

    def handle_data(self, data: str) -> None:
        self.text += data


def page(name: str, options: Any, form: dict[str, list[str]] | None = None, problems: tuple[Problem, ...] = ()) -> str:
    """The inside of the answer form, drawn without the platform."""
    of = kind(name)
    choices = of.choices(options)
    template = PAGES.get_template(f"tasks/{of.page}")
    return template.render(choices=choices, form=form or {}, problems=problems, slots=["A", "B"])


def order_of(name: str) -> tuple[int, ...]:
    return tuple(range(len(kind(name).items(kind(name).example())[0].completions)))


@pytest.mark.parametrize(("name", "options"), CASES)
def test_nothing_is_preselected(name: str, options: Any) -> None:
    html = page(name, options)
    assert not re.search(r"\b(checked|selected|required)\b(?!=)", re.sub(r">[^<]*<", "><", html))


@pytest.mark.parametrize(("name", "options"), CASES)
@pytest.mark.parametrize("pick", [0, 1, -1])
def test_a_robot_that_picks_a_radio_of_each_group_can_answer(name: str, options: Any, pick: int) -> None:
    controls = Controls(page(name, options))
    form = {field: [values[pick]] for field, values in controls.radios.items()}
    form |= {"csrf_token": ["t"], "idem_key": ["k"]}
    if any(control["tag"] == "textarea" for control in controls.inputs):
        form["comment"] = [""]
    answer = kind(name).read(form, options, order_of(name))
    assert answer.comment is None


@pytest.mark.parametrize(("name", "options"), CASES)
def test_a_filled_page_shows_the_answer_and_sends_it_again(name: str, options: Any) -> None:
    of, order = kind(name), order_of(name)
    for pick in (0, 1, -1):
        form = {field: [values[pick]] for field, values in Controls(page(name, options)).radios.items()}
        answer = of.read(form, options, order)
        again = Controls(page(name, options, of.fill(answer, order)))
        sent = {str(i["name"]): [str(i["value"])] for i in again.inputs if "checked" in i}
        assert of.read(sent, options, order) == answer


@pytest.mark.parametrize(("name", "options"), CASES)
def test_ids_are_unique_and_every_description_is_there(name: str, options: Any) -> None:
    with pytest.raises(AnswerRefused) as refused:
        kind(name).read({"reasons": ["x"], "comment": ["x" * 9000], "choice": ["x"]}, options, order_of(name))
    for problems in ((), refused.value.problems):
        controls = Controls(page(name, options, problems=problems))
        assert len(set(controls.ids)) == len(controls.ids)
        assert set(controls.described) <= set(controls.ids)


def test_problems_stand_beside_their_field() -> None:
    with pytest.raises(AnswerRefused) as refused:
        kind("comparison").read({"comment": ["x" * 2001]}, comparison.Options(), (0, 1))
    html = page("comparison", comparison.Options(), {"comment": ["x" * 2001]}, refused.value.problems)
    assert "Choose which answer is better" in html
    assert "Shorten it to 2,000 or fewer" in html
    assert '<details class="remarks" open>' in html
    assert "x" * 2001 in html, "what was written is kept"


def test_numbers_are_named_in_full_and_printed() -> None:
    html = page("comparison", comparison.Options())
    assert 'aria-label="3: A is slightly better than B"' in html
    assert 'aria-label="8: B is much better than A"' in html
    controls = Controls(html)
    keys = [i["data-key"] for i in controls.inputs if i.get("type") == "radio"]
    assert keys == ["1", "2", "3", "4", "5", "6", "7", "8", "9", "-", "0"]
    assert all(str(key) in controls.text for key in keys)


def test_a_projects_words_are_text_and_never_markup() -> None:
    hostile = '"><script>x</script>'
    options = rating.Options(
        scales=(ScaleOptions(name="tone", title=hostile, points=(hostile, hostile), help=hostile),),
        flags=(FlagOptions(name="odd", title=hostile),),
        reasons=(hostile,),
    )
    form = {"comment": [hostile], "reasons": [hostile]}
    assert "<script" not in page("rating", options, form, (Problem("scale_tone", hostile), Problem("comment", hostile)))
    words = comparison.Options(scale="two_way", words=(hostile,), reasons=(hostile,))
    assert "<script" not in page("comparison", words, form)


def test_a_line_break_at_the_start_of_a_draft_is_kept() -> None:
    assert "\n\nsecond line</textarea>" in page("comparison", comparison.Options(), {"comment": ["\nsecond line"]})


@pytest.mark.parametrize("name", KINDS)
def test_pages_have_no_style_and_no_script_of_their_own(name: str) -> None:
    html = page(name, KINDS[name].Options())
    assert not re.search(r"<(script|style)|\son\w+=|\sstyle=", html)
