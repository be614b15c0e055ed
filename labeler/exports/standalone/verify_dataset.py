"""Check that the folder of a dataset version is whole, unchanged and signed. Offline; one file, for anybody to run.

    python verify_dataset.py FOLDER --key labeler-keys.json

It needs Python 3.10 or newer and, to check a signature, the package `cryptography`; nothing else. Take this file and
the key from the people who gave you the data, by another way than the folder itself: whoever can change a folder can
change what lies in it, and sign it with a key of their own.

Rows of Parquet files are not counted here: `labeler verify` does that too. Everything else is the same code.
Exit codes: 0 as it was made, 1 not as it was made, 2 wrong use.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SUMS, MANIFEST = "SHA256SUMS", "manifest.json"
ATTESTATION, PUBLIC_KEY = "attestation.dsse.json", "signing-key.pub"
UNSIGNED, SIGNED = "labeler-export/1", "labeler-export/2"
"""Formats. Folders of the first one were made before there were signatures."""

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://labeler.invalid/dataset-version/v1"
"""A name, not an address: `.invalid` never leads anywhere, so nobody can put something else there."""

PIECE = 1 << 20
MOST_BYTES = 64 << 20
"""Sums, manifest and signature are read whole; larger ones are refused."""


@dataclass(frozen=True)
class Checked:
    """What was found sound. `key_id` is the fingerprint of the key that signed it, None when it is not signed;
    `insisted` is True when that key is one that the caller named. `rows` counts by view."""

    files: int
    rows: dict[str, int]
    manifest_hash: str
    key_id: str | None
    insisted: bool


class Damaged(Exception):
    """The first file that is not as it should be, and how. Unseen characters of its name are written out."""

    def __init__(self, file: str, problem: str) -> None:
        shown = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in file)
        super().__init__(f"{shown}: {problem}")
        self.file = shown
        self.problem = problem


class WrongUse(Exception):
    """What was asked for cannot be done: the key that was named is none, or a package is missing."""


def check(folder: Path, manifest_hash: str | None = None, key: str | None = None) -> Checked:
    """Check every file below `folder`. `manifest_hash` is the SHA-256 that its manifest must have; `key` the key that
    must have signed it: a fingerprint, or a file with a public key (PEM) or with a list of keys (labeler-keys.json).

    Raises Damaged for the first bad file, WrongUse for a key that is none.
    """
    wanted = None if key is None else fingerprints(key)
    files = sorted(_files(folder))
    sums = _sums(folder)
    manifest = _manifest(folder, sums)
    beside = {SUMS, ATTESTATION, PUBLIC_KEY} if manifest["format"] == SIGNED else {SUMS}
    for path in sorted({*sums, *beside, *files}):
        if path not in files:
            raise Damaged(path, "it is missing")
        if path not in sums and path not in beside:
            raise Damaged(path, "it does not belong to this export")
        if path in sums and _sha256(folder / path) != sums[path]:
            raise Damaged(path, "its content has changed: the SHA-256 differs")
    _same_files(folder, manifest, sums)
    if manifest_hash is not None and sums[MANIFEST] != manifest_hash.lower():
        raise Damaged(MANIFEST, f"its SHA-256 is {sums[MANIFEST]}, not {manifest_hash.lower()}")
    key_id = _signed_by(folder, manifest, sums, wanted) if manifest["format"] == SIGNED else None
    if wanted is not None and key_id is None:
        raise Damaged(MANIFEST, f"it says {UNSIGNED}: this version is not signed, by no key at all")
    rows = {view: _rows(folder, manifest, view) for view in manifest["columns"]}
    return Checked(len(files), rows, sums[MANIFEST], key_id, wanted is not None)


def told(sound: Checked) -> list[str]:
    """What was checked, in sentences."""
    rows = ", ".join(f"{name} {number:,}" for name, number in sound.rows.items())
    lines = [f"All {sound.files} files are as they were made. Rows: {rows}. Manifest SHA-256: {sound.manifest_hash}"]
    if sound.key_id is None:
        lines.append(
            "Not signed: it is whole, but nothing here shows who made it. Versions made since have a signature."
        )
    elif sound.insisted:
        lines.append(f"Signed by the key you named: {sound.key_id}")
    else:
        lines += [
            f"Signed by the key that lies in the folder itself: {sound.key_id}",
            "Whoever rewrites a whole folder can put a key of their own into it. Compare this fingerprint with the one "
            "on the export's page or in /.well-known/labeler-keys.json of the installation it came from, or name the "
            "key with --key.",
        ]
    return lines


def _files(root: Path, below: str = "") -> Iterator[str]:
    with os.scandir(root / below) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            path = f"{below}{entry.name}"
            if entry.is_symlink():
                raise Damaged(path, "it is a link, and an export has none")
            if entry.is_dir():
                yield from _files(root, f"{path}/")
            elif entry.is_file():
                yield path
            else:
                raise Damaged(path, "it is neither a file nor a folder")


def _whole(folder: Path, path: str) -> bytes:
    try:
        with (folder / path).open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError:
        raise Damaged(path, "it is missing or cannot be read; is this the folder of an export?") from None
    if len(data) > MOST_BYTES:
        raise Damaged(path, f"it is larger than {MOST_BYTES} bytes")
    return data


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _sums(folder: Path) -> dict[str, str]:
    sums: dict[str, str] = {}
    try:
        lines = _whole(folder, SUMS).decode().split("\n")
    except UnicodeDecodeError:
        raise Damaged(SUMS, "it is not a list of SHA-256 sums and files") from None
    for line in lines[:-1]:
        found = re.fullmatch(r"([0-9a-f]{64})  (.+)", line)
        if found is None:
            raise Damaged(SUMS, "it is not a list of SHA-256 sums and files")
        digest, path = found.groups()
        if any(part in ("", ".", "..") for part in path.split("/")) or "\\" in path:
            raise Damaged(SUMS, f"it names {path!r}, which is no place within an export")
        if path in sums or path in (SUMS, ATTESTATION, PUBLIC_KEY):
            raise Damaged(SUMS, f"it names {path!r}, which is there already")
        sums[path] = digest
    if lines[-1] or MANIFEST not in sums:
        raise Damaged(SUMS, "it is cut off" if lines[-1] else f"{MANIFEST} is not in it")
    return sums


def strict(text: bytes | str) -> Any:
    """JSON without a doubled key and without NaN. Raises ValueError."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            raise ValueError("a key stands there twice")
        return made

    def refuse(word: str) -> None:
        raise ValueError(f"{word} is not JSON")

    try:
        return json.loads(text, object_pairs_hook=once, parse_constant=refuse)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _manifest(folder: Path, sums: dict[str, str]) -> dict[str, Any]:
    data = _whole(folder, MANIFEST)
    if hashlib.sha256(data).hexdigest() != sums[MANIFEST]:
        raise Damaged(MANIFEST, "its content has changed: the SHA-256 differs")
    try:
        manifest: dict[str, Any] = strict(data)
        known = manifest["format"] in (UNSIGNED, SIGNED)
        views, files, columns = manifest["counts"]["views"], manifest["files"], manifest["columns"]
        facts = {"path", "bytes", "sha256", "rows"}
        whole = (
            views.keys() == columns.keys()
            and all(facts <= each.keys() and isinstance(each["path"], str) for each in files)
            and all("rows" in each for each in views.values())
            and all(isinstance(each, dict) for each in columns.values())
            and len({each["path"] for each in files}) == len(files)
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Damaged(MANIFEST, "it is not the manifest of an export") from None
    if not known:
        raise Damaged(MANIFEST, f"its format is {manifest['format']!r}; known are {UNSIGNED!r} and {SIGNED!r}")
    if not whole:
        raise Damaged(MANIFEST, "its views, columns and files do not fit together")
    return manifest


def _same_files(folder: Path, manifest: dict[str, Any], sums: dict[str, str]) -> None:
    named = {each["path"]: each for each in manifest["files"]}
    for path in sorted({*sums, *named} - {MANIFEST}):
        if path not in named:
            raise Damaged(path, f"{MANIFEST} does not name it")
        if sums.get(path) != named[path]["sha256"]:
            raise Damaged(path, f"{MANIFEST} and {SUMS} differ on its SHA-256")
        if (folder / path).stat().st_size != named[path]["bytes"]:
            raise Damaged(path, f"it does not have the {named[path]['bytes']} bytes that {MANIFEST} names")


def _signed_by(folder: Path, manifest: dict[str, Any], sums: dict[str, str], wanted: frozenset[str] | None) -> str:
    pem = _whole(folder, PUBLIC_KEY)
    key_id, is_signature = _public_key(pem)
    if key_id is None:
        raise Damaged(PUBLIC_KEY, "it is not an Ed25519 public key as it was written")
    if wanted is not None and key_id not in wanted:
        raise Damaged(PUBLIC_KEY, f"it is no key that you named and that may be believed: its fingerprint is {key_id}")
    data = _whole(folder, ATTESTATION)
    try:
        envelope = strict(data)
        (signature,) = envelope["signatures"]
        payload = base64.b64decode(envelope["payload"], validate=True)
        signed = base64.b64decode(signature["sig"], validate=True)
        as_written = envelope_of(payload, signature["keyid"], signed) == data
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise Damaged(ATTESTATION, "it is not a signed statement about an export") from None
    if not as_written:
        raise Damaged(ATTESTATION, "it is not written as its signer wrote it")
    if not is_signature(signed, pae(PAYLOAD_TYPE, payload)):
        if signature["keyid"] != key_id:
            raise Damaged(PUBLIC_KEY, f"{ATTESTATION} names another key than this one, whose fingerprint is {key_id}")
        raise Damaged(ATTESTATION, f"its signature is not one of the key in {PUBLIC_KEY}")
    if signature["keyid"] != key_id:
        raise Damaged(ATTESTATION, "it names another key than the one that signed it")
    _same_statement(payload, manifest, sums)
    return key_id


def _same_statement(payload: bytes, manifest: dict[str, Any], sums: dict[str, str]) -> None:
    try:
        statement = strict(payload)
        right = statement["_type"] == STATEMENT and statement["predicateType"] == PREDICATE
        signed = {each["name"]: each["digest"]["sha256"] for each in statement["subject"]}
        right = right and len(signed) == len(statement["subject"])
        said = statement["predicate"]
        about = predicate(manifest, said["manifest_sha256"])
    except (ValueError, KeyError, TypeError):
        raise Damaged(ATTESTATION, "what it signs is not a statement about an export") from None
    if not right:
        raise Damaged(ATTESTATION, "what it signs is not a statement about an export")
    if said != about:
        raise Damaged(ATTESTATION, "it was signed for another version than the one in this folder")
    for path in sorted({*sums, *signed}):
        if signed.get(path) != sums.get(path):
            raise Damaged(path, "it is not what was signed: its SHA-256 differs from the one in " + ATTESTATION)
    if said["manifest_sha256"] != sums[MANIFEST]:
        raise Damaged(MANIFEST, "it is not the one that was signed")


def predicate(manifest: Mapping[str, Any], manifest_hash: str) -> dict[str, Any]:
    """What a signature says beside the sums of the files."""
    return {
        "format": manifest["format"],
        "export_id": manifest["id"],
        "number": manifest["number"],
        "project_id": manifest["project"]["id"],
        "snapshot_at": manifest["snapshot"]["at"],
        "manifest_sha256": manifest_hash,
    }


def pae(kind: str, payload: bytes) -> bytes:
    """What DSSE signs: the type and the payload, each with its length in bytes."""
    return b"DSSEv1 %d %b %d %b" % (len(kind.encode()), kind.encode(), len(payload), payload)


def envelope_of(payload: bytes, key_id: str, signature: bytes) -> bytes:
    """The envelope's bytes: one way to write it, so that no byte of it can change unseen."""
    sealed = [{"keyid": key_id, "sig": base64.b64encode(signature).decode()}]
    told = {"payload": base64.b64encode(payload).decode(), "payloadType": PAYLOAD_TYPE, "signatures": sealed}
    return canonical(told) + b"\n"


def canonical(value: Any) -> bytes:
    """JSON in one way to write it: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _public_key(pem: bytes) -> tuple[str | None, Callable[[bytes, bytes], bool]]:
    """The fingerprint of a public key, and what tells whether bytes are its signature of others. None for no such key.

    The fingerprint is the SHA-256 of the key in DER: `openssl pkey -pubin -in FILE -outform DER | sha256sum`.
    """
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
    except ImportError:
        raise WrongUse("A signature is checked with the Python package cryptography, which is not here.") from None
    form = PublicFormat.SubjectPublicKeyInfo
    try:
        key = load_pem_public_key(pem)
    except (ValueError, TypeError):
        return None, lambda *_: False
    if not isinstance(key, Ed25519PublicKey) or key.public_bytes(Encoding.PEM, form) != pem:
        return None, lambda *_: False

    def is_signature(signature: bytes, of: bytes) -> bool:
        try:
            key.verify(signature, of)
        except InvalidSignature:
            return False
        return True

    return hashlib.sha256(key.public_bytes(Encoding.DER, form)).hexdigest(), is_signature


def fingerprints(key: str) -> frozenset[str]:
    """The fingerprints that `key` means: its own 64 hexadecimal digits, the key in a PEM file, or those for exports in
    a list of keys, current and retired, but none that is distrusted there. Raises WrongUse."""
    if re.fullmatch("[0-9a-fA-F]{64}", key):
        return frozenset({key.lower()})
    try:
        data = Path(key).read_bytes()
    except (OSError, ValueError):
        raise WrongUse(f"{key} is neither a file nor a fingerprint of 64 hexadecimal digits.") from None
    pems = [data]
    if data.lstrip()[:1] == b"{":
        try:
            keys = [each for each in strict(data)["keys"] if each["purpose"] == "export" and not each["distrusted"]]
            pems = [each["public_key"].encode() for each in keys]
        except (ValueError, KeyError, TypeError, AttributeError):
            raise WrongUse(f"{key} is not a list of keys as /.well-known/labeler-keys.json has it.") from None
    found = {_public_key(pem.strip() + b"\n")[0] for pem in pems}
    if not found or None in found:
        raise WrongUse(f"{key} has no Ed25519 public key for exports in it that may be believed.")
    return frozenset(each for each in found if each is not None)


def _rows(folder: Path, manifest: dict[str, Any], view: str) -> int:
    """The rows of one view, the same in the manifest and in JSON Lines; those of Parquet as the manifest has them."""
    expected: int = manifest["counts"]["views"][view]["rows"]
    columns = manifest["columns"][view].keys()
    for root, ending in (("data", "parquet"), ("jsonl/data", "jsonl")):
        rows = parts(manifest, view, root, ending)
        if not rows:
            raise Damaged(f"{root}/{view}.{ending}", f"{MANIFEST} does not name it")
        for path, named in rows.items():
            found = _line_rows(folder, path, columns) if ending == "jsonl" else named
            if found != named:
                raise Damaged(path, f"it has {found} rows, but {MANIFEST} names {named}")
        if sum(rows.values()) != expected:
            raise Damaged(min(rows), f"it has {sum(rows.values())} rows, but {MANIFEST} counts {expected} of {view}")
    return expected


def parts(manifest: dict[str, Any], view: str, root: str, ending: str) -> dict[str, int]:
    """The files of a view in one form, and the rows that the manifest names for each."""
    found = {}
    for each in manifest["files"]:
        path, rows = each["path"], each["rows"]
        if path == f"{root}/{view}.{ending}" or (path.startswith(f"{root}/{view}/") and path.endswith(f".{ending}")):
            if type(rows) is not int:
                raise Damaged(path, f"{MANIFEST} does not name its rows")
            found[path] = rows
    return found


def _line_rows(folder: Path, path: str, columns: Any) -> int:
    rows = 0
    with (folder / path).open("rb") as file:
        for line in file:
            rows += 1
            try:
                whole = line.endswith(b"\n") and strict(line).keys() == columns
            except (ValueError, AttributeError):
                raise Damaged(path, f"line {rows} is not a JSON object") from None
            if not whole:
                raise Damaged(path, f"line {rows} does not have the columns that {MANIFEST} names")
    return rows


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    asked = argparse.ArgumentParser(description="Check that the folder of a dataset version is as it was made.")
    asked.add_argument("folder", type=Path)
    asked.add_argument("--manifest", metavar="SHA256", help="the manifest's SHA-256, as the export's page shows it")
    asked.add_argument("--key", metavar="FILE_OR_FINGERPRINT", help="the key that must have signed it")
    given = asked.parse_args(arguments)
    try:
        sound = check(given.folder, given.manifest, given.key)
    except Damaged as bad:
        sys.stderr.write(f"Not as it was made. {bad}\n")
        return 1
    except WrongUse as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 2
    sys.stdout.write("\n".join(told(sound)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
