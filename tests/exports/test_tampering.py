"""Whatever is changed in a signed folder is found, and both programs that check it say the same."""

from __future__ import annotations

import ast
import base64
import copy
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow.parquet as pq
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from labeler.exports import bundle
from labeler.exports.about import About
from labeler.exports.attestation import sign, statement
from labeler.exports.documents.about import Known
from labeler.exports.documents.papers import Papers
from labeler.exports.placing import TOGETHER
from labeler.exports.plan import ExportPlan
from labeler.exports.rows import Fingerprint
from labeler.exports.source import Intake
from labeler.exports.standalone import verify_dataset
from labeler.exports.standalone.verify_dataset import PAYLOAD_TYPE, envelope_of, fingerprints, pae
from labeler.exports.verify import Damaged, WrongUse, told, verify
from labeler.exports.views import registry
from labeler.signing.keys import PublicKey, Purpose, SigningKey, fingerprint
from tasks import KINDS
from tests.exports.judged import NOON, OPTIONS, prefers, task

SUMS, MANIFEST, ATTESTATION, PUBLIC = "SHA256SUMS", "manifest.json", "attestation.dsse.json", "signing-key.pub"
LINES = "jsonl/data/preference.jsonl"
FILES = (
    "README.md", "data/judgments.parquet", "data/preference.parquet", "jsonl/README.md", "jsonl/data/judgments.jsonl",
    LINES, "schemas/judgments.json", "schemas/preference.json", MANIFEST, SUMS, ATTESTATION, PUBLIC,
    "stats.json", "STATS.md", "conditions.json", "DATASHEET.md", "LICENSE", "CHANGELOG.md", "croissant.json",
)  # fmt: skip
"""Every file of a small version but its recipes, which are texts like the others."""


def signing(seed: int) -> SigningKey:
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return SigningKey(PublicKey(Purpose.EXPORT, 1, fingerprint(private.public_key()), pem, NOON), private)


OURS, THEIRS = signing(1), signing(2)
CONDITIONS = {"people_at_least": 10, "of": "", "pay_told_to_labelers": "", "months": [], "changed_numbers": []}


def write(folder: Path, number: int, key: SigningKey = OURS) -> Path:
    """A small version, made without a database."""
    folder.mkdir()
    asks, options = KINDS["comparison"], OPTIONS["comparison"]
    plan = ExportPlan(views=("judgments", "preference"))
    about = About(
        export_id=UUID(int=number), number=number, project_id=UUID(int=9), slug="trees", name="Trees", purpose=None,
        kind=asks.name, kind_version=asks.version, kind_title=asks.title,
        project_options=options.model_dump(mode="json"), plan=plan,
        rules=registry.in_force(asks, options, plan.rules), snapshot_at=NOON, guidelines=(), batches=(),
    )  # fmt: skip
    views = [view for view in registry.offered(asks, options, plan.rules) if view.name in plan.views]
    tasks = [task([prefers(0, 2), prefers(0)], id=f"t{n}") for n in range(2 + number)]
    papers = Papers(Known({}, CONDITIONS, None, 2, "2026-01-05", "Which?"), asks.measures(options), count_late=False)
    bundle.write(folder, about, views, tasks, Intake(Fingerprint(), tasks=1), TOGETHER, papers, lambda _: None, key)
    return folder


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Mapping[int, Path]:
    """Two versions of one project."""
    root = tmp_path_factory.mktemp("versions")
    return {number: write(root / str(number), number) for number in (1, 2)}


@pytest.fixture
def made(versions: Mapping[int, Path], tmp_path: Path) -> Path:
    """A copy of the first version, to be changed."""
    return shutil.copytree(versions[1], tmp_path / "copy")


def sums_of(folder: Path) -> dict[str, str]:
    return dict(line.split("  ")[::-1] for line in (folder / SUMS).read_text().splitlines())


def put_sums(folder: Path, sums: Mapping[str, str]) -> None:
    (folder / SUMS).write_text("".join(f"{sums[path]}  {path}\n" for path in sorted(sums)))


def sum_anew(folder: Path, *paths: str) -> None:
    digests = {path: hashlib.sha256((folder / path).read_bytes()).hexdigest() for path in paths}
    put_sums(folder, sums_of(folder) | digests)


def change(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def manifest_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
    return found


def put_manifest(folder: Path, manifest: Any) -> None:
    data = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
    (folder / MANIFEST).write_bytes(data)
    sum_anew(folder, MANIFEST)


def all_anew(folder: Path, path: str) -> None:
    """A changed file, its sum, and its line in the manifest: everything but the signature."""
    data, manifest = (folder / path).read_bytes(), manifest_of(folder)
    for each in manifest["files"]:
        if each["path"] == path:
            each.update(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
    put_manifest(folder, manifest)
    sum_anew(folder, path)


def resign(folder: Path, key: SigningKey) -> None:
    for path in (ATTESTATION, PUBLIC):
        (folder / path).unlink()
    sign(folder, manifest_of(folder), sums_of(folder), key)


def a_row_less(folder: Path) -> None:
    (folder / LINES).write_bytes(b"".join((folder / LINES).read_bytes().splitlines(keepends=True)[1:]))
    all_anew(folder, LINES)


def envelope(folder: Path, **changes: Any) -> None:
    """The envelope with parts of it replaced; None takes one out."""
    told = {**json.loads((folder / ATTESTATION).read_bytes()), **changes}
    kept = {name: value for name, value in told.items() if value is not None}
    (folder / ATTESTATION).write_bytes(json.dumps(kept, sort_keys=True, separators=(",", ":")).encode() + b"\n")


def envelope_bytes(folder: Path, edit: Callable[[bytes], bytes]) -> None:
    (folder / ATTESTATION).write_bytes(edit((folder / ATTESTATION).read_bytes()))


def say(folder: Path, payload: bytes, key: SigningKey = OURS) -> None:
    """Another statement, properly signed."""
    signature = key.sign(pae(PAYLOAD_TYPE, payload))
    (folder / ATTESTATION).write_bytes(envelope_of(payload, key.public.key_id, signature))


def said(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(statement(manifest_of(folder), sums_of(folder)))
    return found


def say_but(folder: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    told = said(folder)
    edit(told)
    say(folder, json.dumps(told).encode())


def sums_text(folder: Path, edit: Callable[[str], str]) -> None:
    text = (folder / SUMS).read_bytes().decode()
    (folder / SUMS).write_bytes(edit(text).encode())


def swap_link(folder: Path) -> None:
    kept = folder.parent / "kept"
    (folder / "README.md").rename(kept)
    (folder / "README.md").symlink_to(kept)


def outside(folder: Path) -> None:
    (folder.parent / "more").write_bytes(b"x")
    sums_text(folder, lambda text: text + f"{hashlib.sha256(b'x').hexdigest()}  ../more\n")


def downgrade(folder: Path, strip: bool) -> None:
    put_manifest(folder, {**manifest_of(folder), "format": "labeler-export/1"})
    for path in (ATTESTATION, PUBLIC) if strip else ():
        (folder / path).unlink()


def signatures(folder: Path) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads((folder / ATTESTATION).read_bytes())["signatures"]
    return copy.deepcopy(found)


def payload(folder: Path) -> bytes:
    return base64.b64decode(json.loads((folder / ATTESTATION).read_bytes())["payload"])


def doubled(data: bytes) -> bytes:
    """JSON whose first key stands there twice."""
    return data.replace(b"{", b'{"number": 7, "number": 7, ', 1)


@dataclass(frozen=True)
class Case:
    """How a folder is changed, and the file that is to be named; None where it is sound."""

    how: str
    do: Callable[[Path], object]
    file: str | None
    options: tuple[str, ...] = ()


ANY = ("--key", OURS.public.key_id)
CASES = [
    *(Case(f"a bit of {path}", lambda f, p=path: change(f / p), path) for path in FILES if path != SUMS),
    *(Case(f"without {path}", lambda f, p=path: (f / p).unlink(), path) for path in FILES),
    Case("nothing", lambda f: None, None),
    Case("nothing, key named", lambda f: None, None, ANY),
    Case("nothing, manifest named", lambda f: None, MANIFEST, ("--manifest", "0" * 64)),
    Case("an empty folder", lambda f: (f / "empty").mkdir(), None),
    Case("a file too many", lambda f: (f / "data/more.parquet").write_bytes(b""), "data/more.parquet"),
    Case("a hidden file too many", lambda f: (f / ".more").write_bytes(b""), ".more"),
    Case("a file of no name one can see", lambda f: (f / "a\x1b[2J").write_bytes(b""), "a\\x1b[2J"),
    Case("a link", lambda f: (f / "link").symlink_to("/etc/hostname"), "link"),
    Case("a link to a folder", lambda f: (f / "link").symlink_to(f), "link"),
    Case("a link in place of a file", swap_link, "README.md"),
    Case("a pipe", lambda f: os.mkfifo(f / "pipe"), "pipe"),
    Case("a digit of a sum", lambda f: put_sums(f, sums_of(f) | {LINES: "0" * 64}), LINES),
    Case("sums without a file", lambda f: put_sums(f, {p: s for p, s in sums_of(f).items() if p != LINES}), LINES),
    Case("sums without the manifest", lambda f: put_sums(f, {LINES: sums_of(f)[LINES]}), SUMS),
    Case("sums cut off", lambda f: sums_text(f, lambda t: t[:-3]), SUMS),
    Case("sums in capitals", lambda f: sums_text(f, str.upper), SUMS),
    Case("sums with other ends of lines", lambda f: sums_text(f, lambda t: t.replace("\n", "\r\n")), SUMS),
    Case("sums with a file twice", lambda f: sums_text(f, lambda t: t + t.splitlines()[0] + "\n"), SUMS),
    Case("sums that are no text", lambda f: (f / SUMS).write_bytes(b"\xff\xfe\n"), SUMS),
    Case("a path with ..", outside, SUMS),
    Case("a path from the root", lambda f: sums_text(f, lambda t: t + "0" * 64 + "  /etc/hostname\n"), SUMS),
    Case("a path by a detour", lambda f: sums_text(f, lambda t: t + "0" * 64 + "  data/./x\n"), SUMS),
    Case("a changed file, sums anew", lambda f: (change(f / LINES), sum_anew(f, LINES)), LINES),
    Case("a row less, all anew but the signature", a_row_less, LINES),
    Case("a row less, all anew, signed by us", lambda f: (a_row_less(f), resign(f, OURS)), LINES),
    Case("the manifest anew", lambda f: put_manifest(f, manifest_of(f)), MANIFEST),
    Case("a manifest of nothing", lambda f: put_manifest(f, {}), MANIFEST),
    Case("a manifest that is no JSON", lambda f: put_manifest(f, b"{"), MANIFEST),
    Case("a manifest with NaN", lambda f: put_manifest(f, b'{"a": NaN}'), MANIFEST),
    Case("a bottomless manifest", lambda f: put_manifest(f, b"[" * 200_000), MANIFEST),
    Case(
        "a manifest with a key twice", lambda f: put_manifest(f, doubled((f / MANIFEST).read_bytes())), MANIFEST
    ),
    Case("an unknown format", lambda f: put_manifest(f, {**manifest_of(f), "format": "labeler-export/9"}), MANIFEST),
    Case("an older format", lambda f: downgrade(f, strip=False), ATTESTATION),
    Case("an older format, signature taken off", lambda f: downgrade(f, strip=True), None),
    Case("the same, key named", lambda f: downgrade(f, strip=True), MANIFEST, ANY),
    Case("another number", lambda f: put_manifest(f, {**manifest_of(f), "number": 8}), ATTESTATION),
    Case("signature of another version", lambda f: shutil.copy(f.parent / "other" / ATTESTATION, f), ATTESTATION),
    Case(
        "payload of another version under our signature",
        lambda f: envelope(f, payload=base64.b64encode(payload(f.parent / "other")).decode()),
        ATTESTATION,
    ),
    Case("signature by another key", lambda f: say(f, payload(f), THEIRS), PUBLIC),
    Case("another key", lambda f: (f / PUBLIC).write_text(THEIRS.public.pem), PUBLIC),
    Case("signed anew by another key", lambda f: resign(f, THEIRS), None),
    Case("the same, key named", lambda f: resign(f, THEIRS), PUBLIC, ANY),
    Case("a row less, signed by another, key named", lambda f: (a_row_less(f), resign(f, THEIRS)), PUBLIC, ANY),
    Case("a key with a blank", lambda f: (f / PUBLIC).write_text(OURS.public.pem + "\n"), PUBLIC),
    Case("a key that is none", lambda f: (f / PUBLIC).write_text("key"), PUBLIC),
    Case("envelope cut off", lambda f: envelope_bytes(f, lambda data: data[:200]), ATTESTATION),
    Case("an empty envelope", lambda f: (f / ATTESTATION).write_bytes(b""), ATTESTATION),
    Case("envelope without payload", lambda f: envelope(f, payload=None), ATTESTATION),
    Case("a field more", lambda f: envelope(f, more=1), ATTESTATION),
    Case("a blank more", lambda f: envelope_bytes(f, lambda data: data + b" "), ATTESTATION),
    Case(
        "a key twice",
        lambda f: envelope_bytes(f, doubled),
        ATTESTATION,
    ),
    Case("another type", lambda f: envelope(f, payloadType="text/plain"), ATTESTATION),
    Case("no signature", lambda f: envelope(f, signatures=[]), ATTESTATION),
    Case("signatures of no shape", lambda f: envelope(f, signatures={"a": 1}), ATTESTATION),
    Case("two signatures", lambda f: envelope(f, signatures=signatures(f) * 2), ATTESTATION),
    Case("another key id", lambda f: envelope(f, signatures=[{**signatures(f)[0], "keyid": "0" * 64}]), ATTESTATION),
    Case("a short signature", lambda f: envelope(f, signatures=[{**signatures(f)[0], "sig": "AAAA"}]), ATTESTATION),
    Case("base64 with a blank", lambda f: envelope(f, payload=" " + base64.b64encode(b"{}").decode()), ATTESTATION),
    Case("a statement of nothing", lambda f: say(f, b"{}"), ATTESTATION),
    Case("a statement with a key twice", lambda f: say(f, doubled(payload(f))), ATTESTATION),
    Case("another statement", lambda f: say_but(f, lambda t: t.update(_type="x")), ATTESTATION),
    Case("another predicate", lambda f: say_but(f, lambda t: t.update(predicateType="x")), ATTESTATION),
    Case("about another project", lambda f: say_but(f, lambda t: t["predicate"].update(project_id="x")), ATTESTATION),
    Case("of another manifest", lambda f: say_but(f, lambda t: t["predicate"].update(manifest_sha256="x")), MANIFEST),
    Case("a subject less", lambda f: say_but(f, lambda t: t["subject"].pop(0)), "CHANGELOG.md"),
    Case("a subject twice", lambda f: say_but(f, lambda t: t["subject"].append(t["subject"][0])), ATTESTATION),
    Case(
        "a subject more",
        lambda f: say_but(f, lambda t: t["subject"].append({"name": "z", "digest": {"sha256": "0"}})),
        "z",
    ),
    Case("a subject of no shape", lambda f: say_but(f, lambda t: t["subject"].append(1)), ATTESTATION),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.how)
def test_both_programs_name_the_same_file(
    case: Case, made: Path, versions: Mapping[int, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    (made.parent / "other").symlink_to(versions[2])
    case.do(made)
    options = dict(zip(case.options[::2], case.options[1::2], strict=True))
    code = verify_dataset.main([str(made), *case.options])
    spoken = capsys.readouterr()
    if case.file is None:
        sound = verify(made, options.get("--manifest"), options.get("--key"))
        assert (code, spoken.out) == (0, "\n".join(told(sound)) + "\n")
        return
    with pytest.raises(Damaged) as bad:
        verify(made, options.get("--manifest"), options.get("--key"))
    assert bad.value.file == case.file
    assert (code, spoken.err) == (1, f"Not as it was made. {bad.value}\n")


def test_there_are_cases_enough_and_each_file_has_its_own(versions: Mapping[int, Path]) -> None:
    there = {path.relative_to(versions[1]).as_posix() for path in versions[1].rglob("*") if path.is_file()}
    assert {path for path in there if not path.startswith("recipes/")} == set(FILES)
    assert len(CASES) >= 30


def test_it_says_whose_key_it_was(made: Path) -> None:
    alone, named = verify(made), verify(made, key=OURS.public.key_id.upper())
    assert (alone.key_id, alone.insisted, named.insisted) == (OURS.public.key_id, False, True)
    assert "Signed by the key that lies in the folder itself" in told(alone)[1]
    assert "labeler-keys.json" in told(alone)[2]
    assert told(named)[1:] == [f"Signed by the key you named: {OURS.public.key_id}"]
    downgrade(made, strip=True)
    assert told(verify(made))[1].startswith("Not signed")


def test_a_key_is_named_by_its_fingerprint_its_file_or_the_list_of_all_keys(made: Path, tmp_path: Path) -> None:
    file, listed = tmp_path / "key.pub", tmp_path / "labeler-keys.json"
    file.write_text(OURS.public.pem)
    of: list[dict[str, Any]] = [
        {"purpose": "export", "public_key": key.public.pem, "distrusted": None} for key in (OURS, THEIRS)
    ]
    listed.write_text(json.dumps({"keys": of}))
    assert fingerprints(str(listed)) == {OURS.public.key_id, THEIRS.public.key_id}
    for key in (OURS.public.key_id, str(file), str(listed)):
        assert verify(made, key=key).insisted
    listed.write_text(json.dumps({"keys": of[1:]}))
    with pytest.raises(Damaged, match=PUBLIC):
        verify(made, key=str(listed))
    listed.write_text(json.dumps({"keys": [{**of[0], "distrusted": "2026-05-04T12:00:00Z"}, of[1]]}))
    with pytest.raises(Damaged, match="may be believed"):
        verify(made, key=str(listed))
    listed.write_text(json.dumps({"keys": [{**of[0], "purpose": "report"}]}))
    file.write_text("key")
    for key in (str(tmp_path / "nothing"), str(file), str(listed), "abc", str(tmp_path), "\0"):
        with pytest.raises(WrongUse):
            verify(made, key=key)
        assert verify_dataset.main([str(made), "--key", key]) == 2


def test_the_key_changes_the_signature_and_nothing_else(versions: Mapping[int, Path], tmp_path: Path) -> None:
    again, other = write(tmp_path / "again", 1), write(tmp_path / "other", 1, THEIRS)
    for path in FILES:
        data = (versions[1] / path).read_bytes()
        assert (again / path).read_bytes() == data
        assert ((other / path).read_bytes() == data) is (path not in (ATTESTATION, PUBLIC)), path


def test_the_one_file_needs_nothing_of_ours(made: Path, tmp_path: Path) -> None:
    source = Path(verify_dataset.__file__)
    used = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(source.read_text()))
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else
                     [each.name for each in node.names] if isinstance(node, ast.Import) else [])
    }  # fmt: skip
    assert used <= sys.stdlib_module_names | {"cryptography"}
    alone = shutil.copy(source, tmp_path / "verify_dataset.py")
    ran = subprocess.run([sys.executable, "-I", alone, made], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert f"Signed by the key that lies in the folder itself: {OURS.public.key_id}" in ran.stdout


@pytest.mark.skipif(shutil.which("openssl") is None or shutil.which("sha256sum") is None, reason="no openssl here")
def test_it_can_be_checked_by_hand(made: Path, tmp_path: Path) -> None:
    said = json.loads((made / ATTESTATION).read_bytes())
    payload = base64.b64decode(said["payload"])
    (tmp_path / "pae").write_bytes(b"DSSEv1 28 application/vnd.in-toto+json %d " % len(payload) + payload)
    (tmp_path / "sig").write_bytes(base64.b64decode(said["signatures"][0]["sig"]))
    command = "openssl pkeyutl -verify -pubin -inkey signing-key.pub -rawin -in ../pae -sigfile ../sig"
    subprocess.run(command.split(), cwd=made, check=True, capture_output=True)
    der = "openssl pkey -pubin -in signing-key.pub -outform DER | sha256sum"
    shown = subprocess.run(der, shell=True, cwd=made, check=True, capture_output=True, text=True).stdout
    assert shown.split()[0] == OURS.public.key_id
    subprocess.run(["sha256sum", "--quiet", "-c", SUMS], cwd=made, check=True)


def test_a_view_in_several_files_is_counted_over_all_of_them(made: Path) -> None:
    lines = (made / LINES).read_bytes().splitlines(keepends=True)
    table = pq.read_table(made / "data/preference.parquet")
    parts = {"train": slice(0, 1), "test": slice(1, None)}
    manifest = manifest_of(made)
    manifest["files"] = [each for each in manifest["files"] if "data/preference." not in each["path"]]
    for name in ("data/preference.parquet", LINES):
        (made / name).unlink()
    for part, of in parts.items():
        for path in (made / f"data/preference/{part}.parquet", made / f"jsonl/data/preference/{part}.jsonl"):
            path.parent.mkdir(exist_ok=True)
        pq.write_table(table[of], made / f"data/preference/{part}.parquet")
        (made / f"jsonl/data/preference/{part}.jsonl").write_bytes(b"".join(lines[of]))
        for each in (f"data/preference/{part}.parquet", f"jsonl/data/preference/{part}.jsonl"):
            data, rows = (made / each).read_bytes(), len(lines[of])
            digest = hashlib.sha256(data).hexdigest()
            manifest["files"].append({"path": each, "bytes": len(data), "sha256": digest, "rows": rows})

    def seal() -> None:
        (made / MANIFEST).write_bytes(json.dumps(manifest).encode())
        files = {each["path"]: each["sha256"] for each in manifest["files"]}
        put_sums(made, files | {MANIFEST: hashlib.sha256((made / MANIFEST).read_bytes()).hexdigest()})
        resign(made, OURS)

    seal()
    assert verify(made, key=OURS.public.key_id).rows == {"judgments": 6, "preference": 3}
    manifest["counts"]["views"]["preference"]["rows"] = 4
    seal()
    with pytest.raises(Damaged, match=r"data/preference/test\.parquet: it has 3 rows"):
        verify(made)
    assert verify_dataset.main([str(made)]) == 1
