"""What a report says: valid OSCAL, the same on every page, the same each time, and nothing of few people."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from html import unescape
from uuid import UUID

import orjson
import pypdf
import pytest

from labeler.compliance.disclosing import disclose
from labeler.compliance.events import facts_of
from labeler.compliance.outcome import Assessment
from labeler.compliance.report.agreeing import FIGURE
from labeler.compliance.report.asked import period_named
from labeler.compliance.report.evidence import digest, key_of, pseudonym, safe
from labeler.compliance.report.made import make
from labeler.compliance.report.pdf import pdf
from labeler.compliance.report.props import NOT_TOLD
from labeler.compliance.report.props import one as view_of
from labeler.compliance.report.rendering import html, worker_html
from labeler.compliance.report.seen import NoReport, figures, view
from labeler.compliance.standards import Profile, as_published, read, tightened
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


def test_what_was_attested_said_found_and_agreed_is_the_same_in_json_html_and_pdf() -> None:
    made = reported.made_of(reported.busy())
    assert problems(made.report) == [] and problems(made.files["poam.json"]) == []
    seen = view(made.report)
    told = figures(seen)
    page = html(seen, made.digest).decode()
    shown = {unescape(place): unescape(value or words) for place, value, words in FIGURE.findall(page)}
    assert {name: shown[name] for name in told} == told
    rows = [
        text.split("\x1f") for kind, text in _tags(pypdf.PdfReader(io.BytesIO(pdf(seen, made.digest)))) if kind == "TR"
    ]
    for each in seen["system"]:
        if len(each["value"]) < 40:  # longer ones are broken into lines
            assert [each["where"], each["words"], each["value"]] in rows, each
    assert ["LWS-11", "major", "2026-10-02", "2026-11-30", "answered", "yes"] in rows
    assert ["LWS-13", "major", "2026-10-10", "no day named", "waits for a reply", "no"] in rows

    result = reported.told(made.report)["results"][0]
    by = {(each["methods"][0], view_of(each, "control")): each for each in result["observations"]}
    assert {method for method, _ in by} == {"TEST", "EXAMINE", "INTERVIEW"}
    assert told["LWS-13/attestation/signer"] == "D. <Irector>" and told["LWS-19/attestation/withdrawn"] == "2026-08-02"
    assert (told["LWS-11/said/confirm"], told["LWS-11/said/contest"]) == ("5", "5")
    assert view_of(by["EXAMINE", "LWS-13"], "result") == "satisfied" and told["LWS-13/result"] == "not-tested"
    assert view_of(by["EXAMINE", "LWS-19"], "result") == told["LWS-19/result"] == "not-satisfied"


def test_the_system_is_told_from_the_record_and_small_queues_are_not_named() -> None:
    made = reported.made_of(reported.busy())
    told = {(each["group"], each["name"]): each["value"] for each in view(made.report)["system"]}
    assert [told[f"contract-{number}", "notice-days"] for number in (1, 2)] == ["14", "30"]
    assert ("contract-3", "name") not in told  # what ended before, and what begins after, was not in force
    assert told["contract-1", "until"] == told["contract-2", "from"] == "2026-08-20"
    assert (told["contract-1", "countries"], told["contract-1", "carve-out"]) == ("DE, KE", "no")
    assert (told["queue-1", "kind"], told["queue-1", "people"]) == ("comparison", "10 or more")
    assert told["queues", "not-named"] == "some, each with fewer than 5 people" and ("queue-2", "kind") not in told
    shares = [told["hand-outs", f"severity-{level}"] for level in range(4)]
    assert shares == ["909 per mille", "0 per mille", "90 per mille", "0 per mille"]
    assert b"secret-client" not in made.report


def test_a_plan_of_action_has_each_control_that_is_not_satisfied_with_what_was_promised() -> None:
    made = reported.made_of(reported.busy())
    told = orjson.loads(made.files["poam.json"])["plan-of-action-and-milestones"]
    controls = [view_of(each, "control") for each in told["poam-items"]]
    assert controls == [each["id"] for each in view(made.report)["controls"] if each["result"] == "not-satisfied"]
    risks = {each["uuid"]: each for each in told["risks"]}
    item = next(each for each in told["poam-items"] if view_of(each, "control") == "LWS-11")
    related = [risks[each["risk-uuid"]] for each in item["related-risks"]]
    assert [each["status"] for each in related] == ["open", "remediating"]
    assert related[1]["remediations"][0]["tasks"][0]["timing"]["on-date"]["date"] == "2026-11-30T23:59:59Z"
    assert {view_of(each, "finding") for each in view(made.report)["plan"]["risks"]} >= {"", str(UUID(int=50))}


def test_what_did_not_happen_is_told_apart_from_what_could_not_be_tested() -> None:
    made = reported.made_of(reported.busy())
    seen = view(made.report)
    idle = {each["id"] for each in seen["controls"] if each["idle"]}
    others = {each["id"] for each in seen["controls"] if each["result"] == "not-tested"} - idle
    assert "LWS-04" in idle and others and "LWS-11" not in idle
    assert (seen["counts"]["idle"], figures(seen)["count/idle"]) == (len(idle), str(len(idle)))
    page, plain = html(seen, made.digest).decode(), worker_html(seen, made.digest).decode()
    assert page.count(">nothing of it happened</data>") == len(idle)
    parts = plain.split("<h2>")
    untested, not_happened = (
        next(p for p in parts if p.startswith(start)) for start in ("What nobody can say", "What did not")
    )
    assert all(f">{each}<" in not_happened and f">{each}<" not in untested for each in idle)
    assert all(f">{each}<" in untested for each in others)


def test_objectives_are_those_of_the_catalog_and_every_file_is_of_one_version_of_oscal() -> None:
    made = reported.made_of(reported.busy())
    catalog = made.files["lws-1.0.catalog.json"].decode()
    for each in reported.told(made.report)["results"][0]["findings"]:
        assert f'"id": "{each["target"]["target-id"]}"' in catalog
    files = [data for path, data in made.files.items() if b"oscal-version" in data]
    versions = {found for data in [made.report, *files] for found in re.findall(rb'"oscal-version": "([^"]*)"', data)}
    assert (len(files), versions) == (4, {b"1.2.3"})


def test_a_mix_of_severities_is_told_of_as_many_as_may_be_or_not_at_all() -> None:
    people = [UUID(int=number) for number in range(12)]
    everybody = frozenset(people)

    def mix(*sizes: int) -> list[tuple[int, int, int]]:
        served = [dict.fromkeys(people[:size], 1) for size in sizes]
        shown = disclose(Assessment(UUID(int=1), "", everybody, [], served=served), 5)
        return [(each.first, each.last, each.share) for each in shown.shares]

    assert mix(12, 0, 6, 0) == [(0, 0, 666), (1, 1, 0), (2, 2, 333), (3, 3, 0)]
    assert mix(12, 0, 6, 3) == [(0, 1, 571), (2, 3, 428)]  # three people had the hardest texts
    assert mix(12, 0, 0, 2) == mix(12, 0, 0, 10) == mix(0, 0, 0, 0) == []


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
    assert page.index("What was not so") < page.index("LWS-11") < page.index("What nobody can say")
    assert "Nord &amp; &lt;Söhne&gt;" in page and "Find the line (such as LWS-11)" in page
    assert "I took the breaks I was owed" in page and "BRK-1" not in page


def test_no_cell_of_a_table_is_a_formula() -> None:
    made = reported.made_of(reported.sealed())
    rows = list(csv.reader(io.StringIO(made.rows["BRK-1"].decode(), newline="")))
    assert {row[5] for row in rows[1:]} == {"'=1+1 s"}
    assert [safe(cell) for cell in ("-1", "@a", "\tx", "plain", "+")] == ["'-1", "'@a", "'\tx", "plain", "'+"]


def test_that_nobody_used_a_right_cannot_be_read_from_a_digest() -> None:
    """A digest without a key of no rows is known to everybody, and without the rule it would be known from another."""
    none, other = key_of("11" * 32, [b"a" * 16]), key_of("11" * 32, [b"b" * 16])
    empty = b"row,at,person,log,leaf,value,exception\r\n"
    assert len({digest(none, "OPT-1", empty), digest(none, "BRK-2", empty), digest(other, "OPT-1", empty)}) == 3
    assert pseudonym(none, reported.VENDOR) != pseudonym(other, reported.VENDOR)


def test_two_reports_on_one_record_share_no_digest_and_no_made_up_name() -> None:
    """Else a reader of both saw that no row changed, or that one did: also of a right that few used, by asking for
    reports by one number after the other."""
    record = reported.sealed()
    first = reported.asked(record)
    second = replace(first, number=2, profile=tightened(first.standard, "Buyer", {"erase_days": 29}))
    salts = [salt for _, salt, _ in record.leaves[reported.VENDOR] if salt]
    made = [
        make(one, facts_of(reported.VENDOR, reported.PERIOD, one.profile, record.events), salts, reported.texts())
        for one in (first, second)
    ]
    digests = [
        {check["digest"] for control in view(each.report)["controls"] for check in control["checks"]} for each in made
    ]
    assert all(digests) and not digests[0] & digests[1]
    names = [{row.split(b",")[2] for row in each.rows["BRK-1"].splitlines()[1:]} for each in made]
    assert all(names) and not names[0] & names[1]


def test_a_quarter_is_named_or_refused() -> None:
    assert period_named("2026 Q3") == reported.PERIOD
    for wrong in ("2026Q3", "2026 Q5", "2026 Q", "٢٠٢٦ Q1", "26 Q1", ""):
        with pytest.raises(ValueError, match="no quarter"):
            period_named(wrong)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b'{"assessment-results": {"results": []}}', b"\xff"])
def test_whatever_is_no_report_is_told_as_such(data: bytes) -> None:
    with pytest.raises(NoReport):
        view(data)


def by_own_numbers(**values: int) -> bytes:
    """The small report by numbers that somebody gave, under a name of hers."""
    record = reported.sealed()
    one = replace(reported.asked(record), profile=Profile("Ours", {**as_published(read()).values, **values}))
    salts = [salt for _, salt, _ in record.leaves[reported.VENDOR] if salt]
    facts = facts_of(reported.VENDOR, reported.PERIOD, one.profile, record.events)
    return make(one, facts, salts, reported.texts()).report


def test_page_1_says_that_the_record_does_not_have_the_numbers_and_no_report_has_looser_ones() -> None:
    report = by_own_numbers(break_stop=50)
    assert problems(report) == []
    for page in (html(view(report), "0"), pdf(view(report), "0")):
        text = (
            unescape(page.decode())
            if page.startswith(b"<!")
            else pypdf.PdfReader(io.BytesIO(page)).pages[0].extract_text()
        )
        assert "Measured by numbers that whoever asked for this report gave" in " ".join(text.split())
    assert b"chose some of its numbers" in worker_html(view(report), "0")
    assert b"chose some of its numbers" not in worker_html(view(reported.made_of(reported.sealed()).report), "0")
    with pytest.raises(ValueError, match="tighter only"):
        by_own_numbers(break_stop=61)
