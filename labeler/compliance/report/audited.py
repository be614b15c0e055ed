"""A signed audit beside a report: `audit.json`, and its signature in a DSSE envelope. Pure.

The manifest of the folder covers both files already. This check is for whoever could sign a manifest: an audit must
speak of this report, of its record and of its results.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from labeler.audit.checkpoint import read
from labeler.compliance.report.agreeing import Differs
from labeler.compliance.report.made import CHECKPOINT
from labeler.compliance.report.seen import View
from labeler.exports.standalone.verify_dataset import pae

AUDIT, ENVELOPE = "audit.json", "audit.dsse.json"
PACK_TYPE = "application/vnd.labeler.audit-pack+json"
"""What the signature of an audit says it is of."""


def audit_agrees(
    files: Mapping[str, bytes], seen: View, digest: str, key_of: Callable[[str], Ed25519PublicKey]
) -> dict[str, Any] | None:
    """The audit in these files once it holds; None where there is none. `key_of` gives a key that signs reports by its
    fingerprint. Raises Differs."""
    if AUDIT not in files and ENVELOPE not in files:
        return None
    for path in (AUDIT, ENVELOPE):
        if path not in files:
            raise Differs(path, "it is missing")
    _signed(files[AUDIT], files[ENVELOPE], key_of)
    try:
        told: dict[str, Any] = orjson.loads(files[AUDIT])
        _of_this(told, seen, digest, read(files[CHECKPOINT].decode())[0].root.hex())
    except (ValueError, KeyError, TypeError) as error:
        raise Differs(AUDIT, f"it is no audit as this version writes it ({type(error).__name__})") from None
    return told


def _signed(text: bytes, envelope: bytes, key_of: Callable[[str], Ed25519PublicKey]) -> None:
    try:
        told = orjson.loads(envelope)
        (by,) = told["signatures"]
        key_id, made = str(by["keyid"]), base64.b64decode(by["sig"], validate=True)
        payload, sort = base64.b64decode(told["payload"], validate=True), told["payloadType"]
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise Differs(ENVELOPE, f"it is no envelope of a signature ({type(error).__name__})") from None
    if sort != PACK_TYPE or payload != text:
        raise Differs(ENVELOPE, "it is the signature of something else")
    try:
        key_of(key_id).verify(made, pae(PACK_TYPE, text))
    except InvalidSignature:
        raise Differs(AUDIT, "it is not what was signed") from None


def _of_this(told: dict[str, Any], seen: View, digest: str, root: str) -> None:
    facts = seen["facts"]
    if told["report_sha256"] != digest:
        raise Differs(AUDIT, "it is of another report than report.json")
    named = (
        told["vendor"]["id"], told["period"], told["standard"]["sha256"], told["profile"]["name"],
        told["profile"]["sha256"], str(told["record"]["vendor_size"]), str(told["record"]["platform_size"]),
        told["record"]["root"], str(told["report_number"]),
    )  # fmt: skip
    names = ("vendor", "period", "standard-digest", "profile", "profile-digest", "vendor-size", "platform-size")
    if named != (*(facts[name] for name in names), root, facts["number"]):
        raise Differs(AUDIT, "it is of another vendor, quarter, standard, profile or record than report.json")
    # Where data of a person were erased between report and signature, the auditor signed what was left, and says so.
    results = {each["id"]: each["result"] for each in seen["controls"]}
    if str(told["assessment"]["erased"]) == facts["erased"] and told["controls"] != results:
        raise Differs(AUDIT, "its controls have other results than those of report.json")
