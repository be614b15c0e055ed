"""Checking a bundle: offline, without a database. `standalone/verify.mjs` checks the same, and both must agree.

First that the files are those that were signed, then that they say the same as one another and as the sealed record:
whoever has the key that signs reports can still not make pages that say something else than `report.json`, or rows that
are not in the record.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from labeler.compliance.report.agreeing import Differs, pages_agree, papers_agree, rows_agree, tables_agree
from labeler.compliance.report.audited import audit_agrees
from labeler.compliance.report.bundle import DOMAIN, FORMAT, KEYS, MANIFEST, SIGNATURE, SUMS, add, sums_of
from labeler.compliance.report.made import CHECKPOINT, REPORT
from labeler.compliance.report.sealed import LEAVES, PROOF, Opened, Unproven, logs_of, opened, proven
from labeler.compliance.report.seen import NoReport, View, view
from labeler.signing.keys import Purpose, fingerprint
from labeler.signing.sealing import public_keys

Files = Mapping[str, bytes]


class Damaged(Exception):
    """The bundle is not as it was made: which file, and what is wrong with it."""

    def __init__(self, file: str, problem: str) -> None:
        super().__init__(f"{file}: {problem}")
        self.file, self.problem = file, problem


@dataclass(frozen=True, slots=True)
class Sound:
    """What was checked and found as it should be. `opened` is None for a bundle without rows, `audit` (what
    `audit.json` says) for one that no auditor signed."""

    files: int
    view: View
    digest: str
    key_id: str
    opened: Opened | None
    audit: dict[str, Any] | None = None


def load(path: Path) -> dict[str, bytes]:
    """The files of a bundle by their paths: of a folder, or of an archive as this product makes it. Raises Damaged."""
    try:
        return _folder(path) if path.is_dir() else _archive(path)
    except OSError as error:
        raise Damaged(path.name, f"it cannot be read ({error.strerror})") from None


def is_report(path: Path) -> bool:
    """Whether this is a report's bundle rather than a dataset's folder, by its looks alone."""
    return path.is_file() or (path / SIGNATURE).exists() or (path / REPORT).exists()


def verify(files: Files, keys: bytes | None = None) -> Sound:
    """Check a bundle. `keys` is a list of keys that was got elsewhere; without it the bundle's own is believed, and
    only shows that nothing was changed since it was signed. Raises Damaged for the first thing that is wrong."""
    known = keys if keys is not None else _file(files, KEYS)
    manifest, key_id = _signed(files, known)
    _complete(files, manifest)
    report = _file(files, REPORT)
    digest = hashlib.sha256(report).hexdigest()
    try:
        seen = view(report)
        _named(manifest, seen, digest, files)
        sizes, roots = _sealed(files, seen, known)
        pages_agree(files, seen, digest)
        tables_agree(files, seen)
        papers_agree(files, seen)
        audit = audit_agrees(files, seen, digest, lambda named: _key(known, named))
        found = None
        if manifest["pack"]:
            found = opened(_file(files, LEAVES), UUID(seen["facts"]["vendor"]), sizes, roots)
            rows_agree(files, seen, found)
    except NoReport as wrong:
        raise Damaged(REPORT, str(wrong)) from None
    except Unproven as wrong:
        raise Damaged(PROOF if LEAVES not in str(wrong) and "leaf" not in str(wrong) else LEAVES, str(wrong)) from None
    except Differs as wrong:
        raise Damaged(wrong.file, wrong.problem) from None
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
        raise Damaged(REPORT, f"it, or what it names, is not of the shape that it should be ({error})") from None
    return Sound(len(files), seen, digest, key_id, found, audit)


def _folder(root: Path) -> dict[str, bytes]:
    found = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_symlink() or not (path.is_dir() or path.is_file()):
            raise Damaged(name, "it is no plain file")
        if path.is_file():
            found[name] = path.read_bytes()
    return found


def _archive(path: Path) -> dict[str, bytes]:
    data = path.read_bytes()
    try:
        with zipfile.ZipFile(BytesIO(data)) as opened:
            if any(each.compress_type != zipfile.ZIP_STORED for each in opened.infolist()):
                raise Damaged(path.name, "it is not an archive as this product makes it")
            found = {each.filename: opened.read(each) for each in opened.infolist()}
        again = BytesIO()
        with zipfile.ZipFile(again, "w") as made:
            for name in sorted(found):
                add(made, name, found[name])
    except Damaged:
        raise
    except Exception as error:  # a broken archive fails in many ways, some of them its own
        raise Damaged(path.name, f"it is no archive that can be read ({type(error).__name__})") from None
    if again.getvalue() != data:
        raise Damaged(path.name, "it is not an archive as this product makes it: something was added or changed")
    return found


def _file(files: Files, path: str) -> bytes:
    if path not in files:
        raise Damaged(path, "it is missing")
    return files[path]


def _signed(files: Files, known: bytes) -> tuple[Any, str]:
    """The manifest, once its signature holds, and the key that made it."""
    data = _file(files, MANIFEST)
    told = re.fullmatch(rb"([0-9a-f]{64}) ([0-9a-f]{128})\n", _file(files, SIGNATURE))
    if told is None:
        raise Damaged(SIGNATURE, "it is not a key's fingerprint and a signature")
    key_id = told[1].decode()
    key = _key(known, key_id)
    try:
        key.verify(bytes.fromhex(told[2].decode()), DOMAIN + data)
    except InvalidSignature:
        raise Damaged(MANIFEST, "it is not what was signed") from None
    try:
        manifest = orjson.loads(data)
        if manifest["format"] != FORMAT or not isinstance(manifest["pack"], bool):
            raise Damaged(MANIFEST, "this version does not know its format")
        listed = [(str(each["path"]), int(each["bytes"]), str(each["sha256"])) for each in manifest["files"]]
        return {**manifest, "files": listed, "report": dict(manifest["report"])}, key_id
    except (ValueError, KeyError, TypeError) as error:
        raise Damaged(MANIFEST, f"it is not a manifest ({type(error).__name__})") from None


def _key(known: bytes, key_id: str) -> Ed25519PublicKey:
    try:
        for each in orjson.loads(known)["keys"]:
            if each["purpose"] == Purpose.REPORT and each["key_id"] == key_id:
                key = load_pem_public_key(each["public_key"].encode())
                if not isinstance(key, Ed25519PublicKey) or fingerprint(key) != key_id:
                    raise Damaged(KEYS, "a key is not the one that its fingerprint names")
                if each["distrusted"] is not None:
                    raise Damaged(
                        SIGNATURE, "others may have had the key that signed it: nothing it signed is believed"
                    )
                return key
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged(KEYS, f"it is not a list of keys ({type(error).__name__})") from None
    raise Damaged(SIGNATURE, "it was not made by a key on the list that signs reports")


def _complete(files: Files, manifest: Any) -> None:
    listed = {path: (size, sha256) for path, size, sha256 in manifest["files"]}
    for path in sorted(listed):
        data = _file(files, path)
        if (len(data), hashlib.sha256(data).hexdigest()) != listed[path]:
            raise Damaged(path, "it is not the file that was signed")
    for path in sorted(files):
        if path not in listed and path not in (MANIFEST, SIGNATURE):
            raise Damaged(path, "it does not belong to this bundle")
    if files.get(SUMS) != sums_of({path: sha256 for path, (_, sha256) in listed.items() if path != SUMS}):
        raise Damaged(SUMS, "it is not the list of the files there are")


def _named(manifest: Any, seen: View, digest: str, files: Files) -> None:
    """That manifest and report speak of each other, and of files that are there."""
    names = {name: seen["facts"][name] for name in ("vendor", "period", "profile", "number")}
    if manifest["report"] != {**names, "id": seen["id"], "digest": digest}:
        raise Damaged(MANIFEST, "it names another report")
    for path, sha256 in sorted(seen["files"].items()):
        if hashlib.sha256(_file(files, path)).hexdigest() != sha256:
            raise Damaged(path, "it is not the file that report.json names")


def _sealed(files: Files, seen: View, known: bytes) -> tuple[dict[UUID, int], dict[UUID, bytes]]:
    """The sizes and the roots of the two logs, proven."""
    facts = seen["facts"]
    note = _file(files, CHECKPOINT)
    if hashlib.sha256(note).hexdigest() != facts["checkpoint-digest"]:
        raise Damaged(CHECKPOINT, "it is not the checkpoint that report.json names")
    try:
        origin, keys = public_keys(orjson.loads(known))
        sizes = logs_of(UUID(facts["vendor"]), int(facts["vendor-size"]), int(facts["platform-size"]))
        text = note.decode()
    except ValueError as error:
        raise Damaged(KEYS, f"the record's keys cannot be read ({error})") from None
    return sizes, proven(_file(files, PROOF), text, origin, keys, sizes)
