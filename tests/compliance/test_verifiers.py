"""Two programs check a bundle, and both find every change, whoever made it: one in Python, one in JavaScript."""

from __future__ import annotations

import base64
import gzip
import hashlib
import random
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from labeler.compliance.report import again, bundle, evidence, whole
from labeler.compliance.report.made import Made
from labeler.compliance.report.verify import Damaged, load, verify
from tests.compliance import reported

JUDGE = Path(__file__).with_name("judge.mjs")
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(
    NODE is None, reason="the verifier in JavaScript needs Node, which is not on this machine"
)

Files = dict[str, bytes]
Change = dict[str, bytes | None]


@pytest.fixture(autouse=True)
def checks(monkeypatch: pytest.MonkeyPatch) -> None:
    reported.only_these(monkeypatch)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """A bundle and an auditor's pack of the same report."""
    root = tmp_path_factory.mktemp("bundles")
    patch = pytest.MonkeyPatch()
    reported.only_these(patch)
    record = reported.sealed()
    reported.bundle(root / "plain", record, pack=False)
    reported.bundle(root / "pack", record, pack=True)
    patch.undo()
    yield root / "plain", root / "pack"


def changed(files: Files, change: Change) -> Files:
    found = {**files, **{path: data for path, data in change.items() if data is not None}}
    return {path: data for path, data in found.items() if change.get(path, b"") is not None}


def in_python(files: Files) -> str:
    try:
        verify(files)
    except Damaged as bad:
        return str(bad)
    return "sound"


def in_javascript(root: Path, changes: list[Change]) -> list[str]:
    told = b"".join(
        orjson.dumps(
            {path: data and base64.b64encode(data).decode() if data != b"" else "" for path, data in each.items()}
        )
        + b"\n"
        for each in changes
    )
    ran = subprocess.run([str(NODE), str(JUDGE), str(root)], input=told, capture_output=True, check=True, timeout=300)
    return [orjson.loads(line) for line in ran.stdout.splitlines()]


def signed_anew(files: Files, change: Change) -> Change:
    """The same change by somebody who has the key that signs reports: sums, manifest and signature fit."""
    now = changed(files, change)
    own = {bundle.MANIFEST, bundle.SIGNATURE, bundle.SUMS}
    known = {path: (len(data), hashlib.sha256(data).hexdigest()) for path, data in now.items() if path not in own}
    sums = bundle.sums_of({path: sha256 for path, (_, sha256) in known.items()})
    known[bundle.SUMS] = (len(sums), hashlib.sha256(sums).hexdigest())
    told = orjson.loads(files[bundle.MANIFEST])
    about = {"report": {**told["report"], "digest": known["report.json"][1]}, "pack": told["pack"]}
    manifest = bundle.manifest_of(about, known)
    signature = bundle.signature_of(manifest, reported.REPORTS)
    return {**change, bundle.SUMS: sums, bundle.MANIFEST: manifest, bundle.SIGNATURE: signature}


def by_a_stranger(files: Files, dice: random.Random) -> Change:
    """Somebody who has no key changes bytes or files."""
    path, other = dice.sample(sorted(files), 2)
    data = files[path]
    at = dice.randrange(max(1, len(data)))
    flipped = data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :] if data else b"x"
    return dice.choice(
        [
            {path: flipped},
            {path: flipped},
            {path: None},
            {path: data[:at]},
            {path: data + dice.randbytes(3)},
            {f"{path}.new": data},
            {path: files[other], other: data} if files[other] != data else {path: None},
        ]
    )


def _lines(data: bytes) -> list[bytes]:
    return gzip.decompress(data).splitlines(keepends=True)


def _number(data: bytes, dice: random.Random, pattern: bytes) -> bytes:
    """One of the digits that the pattern's first group finds, changed."""
    found = dice.choice([each for each in re.finditer(pattern, data) if each[1]])
    at = dice.randrange(found.start(1), found.end(1))
    return data[:at] + str((int(data[at : at + 1]) + 1) % 10).encode() + data[at + 1 :]


def by_an_insider(files: Files, dice: random.Random, pack: bool) -> Change:
    """Somebody who has the key that signs reports changes what a file says, and signs anew."""
    page, report = "report.html", "report.json"
    ways: list[Callable[[], Change]] = [
        lambda: {page: _number(files[page], dice, rb'data-figure="LWS[^"]*/population">(\d+)<')},
        lambda: {page: files[page].replace(b">not satisfied</data>", b">satisfied</data>", 1)},
        lambda: {page: files[page].replace(b"Does not meet", b"Meets")},
        lambda: {page: files[page].replace(b">Does not meet LWS 1.0<", b">Does not meet LWS 1.0 in full<")},
        lambda: {page: files[page].replace(b"own numbers, as they are published<", b"own numbers<")},
        lambda: {page: files[page].replace(b"none (self-generated)", b"as the assessor states in part I", 1)},
        lambda: {page: re.sub(rb'<span data-figure="LWS-11/BRK-1/people">[^<]*</span>', b"", files[page])},
        lambda: {report: _number(files[report], dice, rb'"name": "population",\s+"ns": "[^"]*",\s+"value": "(\d+)"')},
        lambda: {report: files[report].replace(b'"not-satisfied"', b'"satisfied"')},
        lambda: {"evidence/BRK-1.csv": _number(files["evidence/BRK-1.csv"], dice, rb"population,(\d+)")},
        lambda: {"proof.json": _number(files["proof.json"], dice, rb'"size": (\d+)')},
        lambda: {"proof.json": _number(files["proof.json"], dice, rb'"root_number": (\d+)')},
        lambda: {"checkpoint.txt": files["checkpoint.txt"].replace(b"time 2026", b"time 2027")},
        lambda: {"profile.json": _number(files["profile.json"], dice, rb'"break_stop":(\d+)')},
        lambda: {"worker.html": files["worker.html"].replace(hashlib.sha256(files[report]).hexdigest().encode(), b"0")},
        lambda: {"evidence/BRK-1.csv": None},
        lambda: {"system.csv": files["system.csv"].replace(b"queues,", b"queue,")},
        lambda: {"poam.json": files["poam.json"].replace(b'"open"', b'"closed"')},
        lambda: {page: _number(files[page], dice, rb'data-figure="count/[^"]*">(\d+)<')},
        lambda: {report: b"{" + dice.randbytes(5)},
    ]
    if pack:
        rows, leaves = "evidence/rows/BRK-1.csv.gz", "leaves.jsonl.gz"
        told = _lines(files[leaves])
        at = dice.randrange(len(told) - 1)
        opened = orjson.loads(told[at])
        shut = orjson.dumps({**opened, "salt": None, "entry": None}) + b"\n"
        other = orjson.dumps({**opened, "entry": (opened["entry"] or "").replace("2026", "2025")}) + b"\n"
        line = dice.randrange(1, len(_lines(files[rows])))

        def leaves_as(lines: list[bytes]) -> Change:
            return {leaves: gzip.compress(b"".join(lines), mtime=0)}

        def rows_as(lines: list[bytes]) -> Change:
            return {rows: gzip.compress(b"".join(lines), mtime=0)}

        ways += [
            lambda: leaves_as([*told[:at], *told[at + 1 :]]),
            lambda: leaves_as([*told[:at], told[at], *told[at:]]),
            lambda: leaves_as([*told[:at], told[at + 1], told[at], *told[at + 2 :]]),
            lambda: leaves_as([*told[:at], shut, *told[at + 1 :]]),
            lambda: leaves_as([*told[:at], other, *told[at + 1 :]]),
            lambda: leaves_as(told[:-1]),
            lambda: {leaves: files[leaves][: len(files[leaves]) // 2]},
            lambda: rows_as([each for number, each in enumerate(_lines(files[rows])) if number != line]),
            lambda: rows_as([each.replace(b",yes", b",") for each in _lines(files[rows])]),
            lambda: {rows: files["evidence/rows/OPT-1.csv.gz"]},
            lambda: {rows: b"no gzip"},
        ]  # fmt: skip
    while True:
        change = dice.choice(ways)()
        if any(files.get(path) != data for path, data in change.items()):
            return signed_anew(files, change)


def judged(root: Path, number: int, seed: int) -> None:
    files, dice = load(root), random.Random(seed)
    pack = root.name == "pack"
    changes = [
        by_a_stranger(files, dice) if at % 2 else by_an_insider(files, dice, pack) for at in range(number)
    ]  # fmt: skip
    for change, other in zip([{}, *changes], in_javascript(root, [{}, *changes]), strict=True):
        said = in_python(changed(files, change))
        named = {path: len(data) if data is not None else None for path, data in change.items()}
        if change:
            assert said != "sound" and other != "sound", (said, other, named)
        else:
            assert (said, other) == ("sound", "sound")
        assert (": " in other or other == "sound") and not other.startswith("CRASH"), (other, named)


@needs_node
@pytest.mark.parametrize("which", [0, 1])
def test_both_verifiers_pass_a_clean_bundle_and_find_every_change(made: tuple[Path, Path], which: int) -> None:
    judged(made[which], 100, which)


@needs_node
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_both_verifiers_find_thousands_of_changes(made: tuple[Path, Path], seed: int) -> None:
    judged(made[seed % 2], 500, seed + 10)


def test_a_pack_is_recomputed_without_a_database_and_a_bundle_without_rows_is_not(made: tuple[Path, Path]) -> None:
    plain, pack = (load(each) for each in made)
    sound = verify(pack)
    assert again.recompute(pack, sound).report == pack["report.json"]
    with pytest.raises(Damaged, match="only an auditor's pack"):
        again.recompute(plain, verify(plain))


def test_a_report_that_only_the_figures_belie_is_found_by_recomputing(tmp_path: Path) -> None:
    """Whoever has the keys and the salts can make everything fit but the figures themselves."""
    record = reported.sealed()
    truth = reported.made_of(record)
    rows = {**truth.rows, "BRK-1": truth.rows["BRK-1"].replace(b",yes\r", b",\r")}
    lied = Made(truth.report.replace(b'"exceptions",', b'"exceptions",'), truth.files, rows)
    salts = [salt for _, salt, _ in record.leaves[reported.VENDOR] if salt]
    key = evidence.key_of(reported.asked(record).parameters, salts)
    was, now = (evidence.digest(key, "BRK-1", each.rows["BRK-1"]).encode() for each in (truth, lied))
    lied = Made(
        lied.report.replace(was, now).replace(b'"not-satisfied"', b'"satisfied"').replace(b'"fail"', b'"pass"'),
        {
            **truth.files,
            "evidence/BRK-1.csv": truth.files["evidence/BRK-1.csv"].replace(b"not-satisfied", b"satisfied"),
        },
        rows,
    )
    sums = [hashlib.sha256(each.files["evidence/BRK-1.csv"]).hexdigest().encode() for each in (truth, lied)]
    told = orjson.loads(lied.report.replace(*sums))
    papers = told["assessment-results"]["back-matter"]["resources"]
    papers[:] = [each for each in papers if each["title"] != "poam.json"]  # and nothing is to be mended any more
    report = orjson.dumps(told, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    lied = Made(report, {path: data for path, data in lied.files.items() if path != "poam.json"}, rows)
    reported.bundle(tmp_path / "lie", record, pack=True, made=lied)
    files = load(tmp_path / "lie")
    sound = verify(files)
    with pytest.raises(Damaged, match="LWS-11"):
        again.recompute(files, sound)


def test_keys_that_were_got_elsewhere_decide(made: tuple[Path, Path]) -> None:
    files = load(made[0])
    strangers = orjson.dumps(reported.published([[reported.key_of(reported.SIGNS, reported.Purpose.RECORD).public]]))
    with pytest.raises(Damaged, match="not made by a key on the list"):
        verify(files, strangers)
    told: Any = orjson.loads(reported.KEYS_JSON)
    told["keys"][1]["distrusted"] = "2026-11-01T00:00:00Z"
    with pytest.raises(Damaged, match="others may have had the key"):
        verify(files, orjson.dumps(told))
    told["keys"][1]["distrusted"], told["keys"][0]["until"] = None, "2026-07-02T00:00:00Z"
    with pytest.raises(Damaged, match="did not sign at that time"):
        verify(files, orjson.dumps(told))


def test_an_archive_is_the_folder_and_no_byte_of_it_may_differ(made: tuple[Path, Path], tmp_path: Path) -> None:
    file = tmp_path / "report.zip"
    bundle.archive(made[0], file)
    assert load(file) == load(made[0])
    data, dice = file.read_bytes(), random.Random(3)
    for number in range(40):
        at = dice.randrange(len(data))
        wrong = tmp_path / f"{number}.zip"
        wrong.write_bytes(
            data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :] if number % 4 else data[:at]
        )
        with pytest.raises(Damaged):
            verify(load(wrong))
    with zipfile.ZipFile(tmp_path / "packed.zip", "w", zipfile.ZIP_DEFLATED) as other:
        other.writestr("report.json", b"{}" * 100)
    with pytest.raises(Damaged, match="not an archive as this product makes it"):
        load(tmp_path / "packed.zip")


@needs_node
def test_anything_may_be_laid_before_the_verifiers(made: tuple[Path, Path]) -> None:
    misshapen(made[1], 60, 4)


@needs_node
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_thousands_of_shapes_may_be_laid_before_the_verifiers(made: tuple[Path, Path], seed: int) -> None:
    misshapen(made[1], 500, seed + 50)


def misshapen(root: Path, number_of: int, seed: int) -> None:
    """Files that are no bundle at all, and bundles whose parts are of other shapes: always a reason, never a crash."""
    files, dice = load(root), random.Random(seed)
    changes: list[Change] = []
    values: list[Any] = [None, 0, -1, 2**62, "", "x", [], {}, [[]], True, "٣", "🙂"]
    for number in range(number_of):
        name = dice.choice(["report.json", "proof.json", "keys.json", "manifest.json", "poam.json"])
        told: Any = orjson.loads(files[name])
        _spoil(told, dice, dice.choice(values))
        change: Change = {name: orjson.dumps(told)} if dice.random() < 0.9 else {name: dice.randbytes(number)}
        if name != "manifest.json":
            change = signed_anew(files, change)
        in_python(changed(files, change))  # whatever it says: it raises nothing else
        changes.append(change)
    for change, said in zip(changes, in_javascript(root, changes), strict=True):
        assert said == "sound" or (": " in said and not said.startswith("CRASH")), (said, sorted(change))


def _spoil(told: Any, dice: random.Random, value: Any) -> None:
    """Put something else into one place of a JSON value."""
    while True:
        if isinstance(told, list) and told:
            place: Any = dice.randrange(len(told))
        elif isinstance(told, dict) and told:
            place = dice.choice(sorted(told))
        else:
            return
        if dice.random() < 0.3 or not isinstance(told[place], (list, dict)):
            told[place] = value
            return
        told = told[place]


def test_the_verifier_in_the_bundle_runs_by_itself(made: tuple[Path, Path]) -> None:
    if NODE is None:
        pytest.skip("Node is not on this machine")
    ran = subprocess.run([NODE, str(made[1] / whole.VERIFIER)], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "62 rows lead to them" in ran.stdout


@needs_node
def test_whatever_folder_it_is_given_it_says_why_and_ends_with_1(made: tuple[Path, Path], tmp_path: Path) -> None:
    shutil.copytree(made[0], tmp_path / "odd")
    (tmp_path / "odd" / "keys.json").write_text('{"keys": [null]}')
    (tmp_path / "empty").mkdir()
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "report.json").symlink_to("nowhere")
    odd, none = str(tmp_path / "odd"), str(tmp_path / "none")
    for given in ([none], [str(tmp_path / "empty")], [str(tmp_path / "linked")], [odd], [str(made[0]), none]):
        ran = subprocess.run(
            [str(NODE), str(made[0] / whole.VERIFIER), *given], capture_output=True, text=True, timeout=60, check=False
        )
        assert (ran.returncode, ran.stdout) == (1, "")
        assert re.fullmatch(r"NOT as it was made\. .+: .+\n", ran.stderr), ran.stderr
