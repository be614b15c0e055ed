"""What a report says: valid OSCAL, the same on every page, the same each time, and nothing of few people."""

from __future__ import annotations

import csv
import io
import re

import pypdf
import pytest

from labeler.compliance.events import facts_of
from labeler.compliance.report.agreeing import FIGURE
from labeler.compliance.report.asked import period_named
from labeler.compliance.report.evidence import digest, key_of, pseudonym, safe
from labeler.compliance.report.made import make
from labeler.compliance.report.pdf import pdf
from labeler.compliance.report.props import NOT_TOLD
from labeler.compliance.report.rendering import html, worker_html
from labeler.compliance.report.seen import NoReport, figures, view
from tests.compliance import reported
from tests.compliance.oscal_schema import problems


@pytest.fixture(autouse=True)
def checks(monkeypatch: pytest.MonkeyPatch) -> None:
    reported.only_these(monkeypatch)


def test_a_report_is_valid_oscal_and_says_what_was_found() -> None:
    made = reported.made_of(reported.sealed())
    assert problems(made.report) == []
    seen = view(made.report)
    told = figures(seen)
    assert (told["LWS-11/BRK-1/population"], told["LWS-11/BRK-1/result"]) == ("60", "not-satisfied")
    assert (told["LWS-11/BRK-1/exceptions"], told["LWS-11/BRK-1/affected"]) == (NOT_TOLD, "fewer than 5")
    assert (told["LWS-11/BRK-1/1"], told["fact/assurance"], told["fact/meets"]) == ("3540", "none", "no")
    assert [(each["deviation"], each["value"], each["standard"]) for each in seen["deviations"]] == [
        ("break_stop", "90", "60")
    ]
    assert seen["exceptions"] == {"told": 0, "hidden": 1, "checks": 1}
    assert set(seen["texts"]) == {"assertion", "representative"}


def test_measured_attested_and_said_are_methods_that_never_mix() -> None:
    result = reported.told(reported.made_of(reported.sealed()).report)["results"][0]
    methods = {tuple(each["methods"]) for each in result["observations"]}
    assert methods == {("TEST",)}
    states = {(each["target"]["status"]["state"], each["target"]["status"]["reason"]) for each in result["findings"]}
    assert states == {("not-satisfied", "fail"), ("not-satisfied", "not-tested")}


def test_made_twice_it_is_the_same_to_the_byte_whatever_order_events_were_read_in() -> None:
    record = reported.sealed()
    first = reported.made_of(record)
    one = reported.asked(record)
    facts = facts_of(reported.VENDOR, reported.PERIOD, one.profile, reversed(record.events))
    again = make(one, facts, [salt for _, salt, _ in record.leaves[reported.VENDOR] if salt], reported.texts())
    assert (again.report, again.files, again.rows) == (first.report, first.files, first.rows)
    seen = view(first.report)
    assert pdf(seen, first.digest) == pdf(seen, first.digest)


def test_a_text_that_was_not_sealed_in_the_prefix_is_not_in_the_report() -> None:
    record = reported.sealed()
    record.events = [each for each in record.events if each.act != "report.text"]
    assert view(reported.made_of(record).report)["texts"] == {}


def test_html_json_and_pdf_show_the_same_figures() -> None:
    made = reported.made_of(reported.sealed())
    seen = view(made.report)
    told = figures(seen)
    page = html(seen, made.digest).decode()
    shown = {place: value or words for place, value, words in FIGURE.findall(page)}
    assert {name: shown[name].replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">") for name in told} == told
    told_by_pdf = _pdf_tests(pdf(seen, made.digest))
    for control in seen["controls"]:
        for check in control["checks"]:
            names = ("rule", "population", "people", "exceptions", "affected")
            assert tuple(check[name] for name in names) in told_by_pdf[control["id"]]


def _pdf_tests(data: bytes) -> dict[str, list[tuple[str, ...]]]:
    """The cells of each control's table, read from the tags of the PDF: what a screen reader reads."""
    found: dict[str, list[tuple[str, ...]]] = {}
    control = ""
    for kind, text in _tags(pypdf.PdfReader(io.BytesIO(data))):
        if kind == "H2" and (named := re.match(r"LWS-\d+", text)):
            control = named[0]
        elif kind == "TR" and control:
            found.setdefault(control, []).append(tuple(text.split("\x1f")[:5]))
    return found


def _tags(reader: pypdf.PdfReader) -> list[tuple[str, str]]:
    """Headings, rows and figures of a tagged PDF in their order, with their text (cells parted by \\x1f)."""
    marked = [_marked(page) for page in reader.pages]
    pages = {page.indirect_reference.idnum: number for number, page in enumerate(reader.pages)}  # type: ignore[union-attr]
    found: list[tuple[str, str]] = []

    def text(node: object, page: int) -> str:
        node = getattr(node, "get_object", lambda: node)()
        if isinstance(node, int):
            return marked[page].get(node, "")
        if isinstance(node, list):
            return "".join(text(each, page) for each in node)
        if not isinstance(node, dict):
            return ""
        at = pages[node.raw_get("/Pg").idnum] if "/Pg" in node else page  # type: ignore[attr-defined]
        if node.get("/Type") == "/MCR":
            return marked[at].get(int(node["/MCID"]), "")
        kind = str(node.get("/S", ""))[1:]
        kids = node.get("/K", [])
        kids = kids if isinstance(kids, list) else [kids]
        if kind == "TR":
            told = "\x1f".join(text(each, at).strip() for each in kids)
            found.append((kind, told))
            return told
        told = "".join(text(each, at) for each in kids)
        if kind.startswith("H") or kind == "Figure":
            found.append((kind, str(node.get("/Alt", told)) if kind == "Figure" else told.strip()))
        return told

    text(reader.trailer["/Root"]["/StructTreeRoot"], 0)  # type: ignore[index]
    return found


def _marked(page: pypdf.PageObject) -> dict[int, str]:
    """The text of each marked part of a page by its number."""
    found: dict[int, str] = {}
    open_ones: list[int | None] = []

    def before(operator: bytes, operands: list[object], *_: object) -> None:
        if operator in (b"BDC", b"BMC"):
            told = operands[1] if len(operands) > 1 else {}
            open_ones.append(int(told["/MCID"]) if isinstance(told, dict) and "/MCID" in told else None)
        elif operator == b"EMC" and open_ones:
            open_ones.pop()

    def said(text: str, *_: object) -> None:
        at = next((each for each in reversed(open_ones) if each is not None), None)
        if at is not None:
            found[at] = found.get(at, "") + text.replace("\n", " ")

    page.extract_text(visitor_operand_before=before, visitor_text=said)
    return found


def test_the_pdf_is_tagged_has_a_language_and_says_of_every_figure_what_it_shows() -> None:
    made = reported.made_of(reported.sealed())
    reader = pypdf.PdfReader(io.BytesIO(pdf(view(made.report), made.digest)))
    root = reader.trailer["/Root"]
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"]) == ("en", True)  # type: ignore[index]
    assert b"pdfuaid" in root["/Metadata"].get_object().get_data()  # type: ignore[index]
    alts = [text for kind, text in _tags(reader) if kind == "Figure"]
    assert alts == ["longest stretch: 3540 s; the rule asks for 3600 s."]


def test_peoples_own_words_are_never_markup() -> None:
    made = reported.made_of(reported.sealed())
    seen = view(made.report)
    page = html(seen, made.digest).decode()
    assert "&lt;b&gt;All&lt;/b&gt;" in page and "<b>" not in page and "<script" not in page
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf(seen, made.digest))).pages)
    assert "#set page(width: 1pt)" in text and "*too short*" in text and "= Not a heading" in text


def test_the_workers_page_names_what_was_broken_what_was_not_tested_and_how_to_contest() -> None:
    made = reported.made_of(reported.sealed())
    page = worker_html(view(made.report), made.digest, "xx").decode()  # no such language yet
    assert '<html lang="en">' in page
    assert page.index("What was not kept") < page.index("LWS-11") < page.index("What could not be tested")
    assert "Nord &amp; &lt;Söhne&gt;" in page and "at the line (such as LWS-11)" in page


def test_no_cell_of_a_table_is_a_formula() -> None:
    made = reported.made_of(reported.sealed())
    rows = list(csv.reader(io.StringIO(made.rows["BRK-1"].decode(), newline="")))
    assert {row[5] for row in rows[1:]} == {"'=1+1 s"}
    assert [safe(cell) for cell in ("-1", "@a", "\tx", "plain", "+")] == ["'-1", "'@a", "'\tx", "plain", "'+"]


def test_that_nobody_used_a_right_cannot_be_read_from_a_digest() -> None:
    """A digest without a key of no rows is known to everybody, and without the rule it would be known from another."""
    none, other = key_of([b"a" * 16]), key_of([b"b" * 16])
    empty = b"row,at,person,log,leaf,value,exception\r\n"
    assert len({digest(none, "OPT-1", empty), digest(none, "BRK-2", empty), digest(other, "OPT-1", empty)}) == 3
    assert pseudonym(none, reported.VENDOR) != pseudonym(other, reported.VENDOR)


def test_a_quarter_is_named_or_refused() -> None:
    assert period_named("2026 Q3") == reported.PERIOD
    for wrong in ("2026Q3", "2026 Q5", "2026 Q", "٢٠٢٦ Q1", "26 Q1", ""):
        with pytest.raises(ValueError, match="no quarter"):
            period_named(wrong)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b'{"assessment-results": {"results": []}}', b"\xff"])
def test_whatever_is_no_report_is_told_as_such(data: bytes) -> None:
    with pytest.raises(NoReport):
        view(data)
