"""A report as one folder, signed: the same input and the same key give the same bytes.

report.json          everything the report says, as OSCAL assessment-results
report.html, report.pdf, worker.html   made of it
evidence/<rule>.csv  its numbers as tables
system.csv           section III as a table; poam.json the plan of action (OSCAL), where a control is not satisfied
profile.json, standard and its papers  what was asked for
checkpoint.txt, proof.json, keys.json  that the record had these entries then, and the keys to check it by
verify.mjs, README.txt                 how a stranger checks all of it
evidence/rows/<rule>.csv.gz, leaves.jsonl.gz   in the auditor's pack alone
SHA256SUMS           of all files above, for `sha256sum -c`
manifest.json        every file with its size and SHA-256; manifest.sig its signature
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from labeler.signing.keys import SigningKey
from labeler.storage import sync

FORMAT = "labeler-report-bundle/1"
DOMAIN = b"labeler-report-manifest/1\n"
"""What stands before the manifest when it is signed, so that no signature of another sort fits."""
MANIFEST, SIGNATURE, SUMS, KEYS = "manifest.json", "manifest.sig", "SHA256SUMS", "keys.json"
BEGAN = (1980, 1, 1, 0, 0, 0)
"""The date of every file in an archive: the earliest that the form can say."""


@dataclass(frozen=True, slots=True)
class Written:
    """A finished bundle: the SHA-256 of its manifest, and the key that signed it."""

    manifest_hash: str
    key_id: str


def write(root: Path, files: Mapping[str, bytes], about: Mapping[str, Any], key: SigningKey) -> Written:
    """Write `files` by their paths into the folder `root`, which may hold some already, with sums, manifest and
    signature, and put all of it on the disk. `about` says in the manifest which report it is."""
    for path, data in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    listed = sorted(each for each in root.rglob("*") if each.is_file())
    known = {each.relative_to(root).as_posix(): _known(each) for each in listed}
    sums = sums_of({path: sha256 for path, (_, sha256) in known.items()})
    (root / SUMS).write_bytes(sums)
    known[SUMS] = (len(sums), hashlib.sha256(sums).hexdigest())
    manifest = manifest_of(about, known)
    (root / MANIFEST).write_bytes(manifest)
    (root / SIGNATURE).write_bytes(signature_of(manifest, key))
    for each in root.rglob("*"):
        sync(each)
    sync(root)
    return Written(hashlib.sha256(manifest).hexdigest(), key.public.key_id)


def sums_of(sha256: Mapping[str, str]) -> bytes:
    """`SHA256SUMS`."""
    return "".join(f"{sha256[path]}  {path}\n" for path in sorted(sha256)).encode()


def manifest_of(about: Mapping[str, Any], known: Mapping[str, tuple[int, str]]) -> bytes:
    """`manifest.json`. `known` has the size and SHA-256 of each file."""
    told = {
        "format": FORMAT,
        **about,
        "files": [{"path": path, "bytes": known[path][0], "sha256": known[path][1]} for path in sorted(known)],
    }
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def signature_of(manifest: bytes, key: SigningKey) -> bytes:
    """`manifest.sig`: the key's fingerprint and the signature, in hexadecimal."""
    return f"{key.public.key_id} {key.sign(DOMAIN + manifest).hex()}\n".encode()


def archive(root: Path, file: Path) -> None:
    """The folder as one zip, not compressed, the same bytes each time."""
    with zipfile.ZipFile(file, "x") as made:
        for path in sorted(each for each in root.rglob("*") if each.is_file()):
            add(made, path.relative_to(root).as_posix(), path.read_bytes())


def add(archive: zipfile.ZipFile, path: str, data: bytes) -> None:
    """Add one file to an archive, with nothing of the machine that does it."""
    told = zipfile.ZipInfo(path, BEGAN)
    told.create_system, told.external_attr = 3, 0o644 << 16
    archive.writestr(told, data)


def _known(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()
