"""The signature of a dataset version: an in-toto statement about every file, in a DSSE envelope, beside its public key.

Neither file is in the manifest or among the sums: a version made once more after a rotation has the same data, manifest
and sums to the byte, and only these two differ. With the same key they are the same too: Ed25519 draws no dice.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labeler.exports.formats import Written, write_text
from labeler.exports.standalone.verify_dataset import (
    ATTESTATION,
    MANIFEST,
    PAYLOAD_TYPE,
    PREDICATE,
    PUBLIC_KEY,
    STATEMENT,
    canonical,
    envelope_of,
    pae,
    predicate,
)
from labeler.signing.keys import SigningKey


def statement(manifest: Mapping[str, Any], sums: Mapping[str, str]) -> bytes:
    """What is signed: the SHA-256 of every file by its path, `manifest.json` among them, and which version it is."""
    return canonical(
        {
            "_type": STATEMENT,
            "subject": [{"name": path, "digest": {"sha256": sums[path]}} for path in sorted(sums)],
            "predicateType": PREDICATE,
            "predicate": predicate(manifest, sums[MANIFEST]),
        }
    )


def sign(root: Path, manifest: Mapping[str, Any], sums: Mapping[str, str], key: SigningKey) -> tuple[Written, Written]:
    """Sign the sums of all files of the folder `root`, and lay signature and public key beside them."""
    payload = statement(manifest, sums)
    envelope = envelope_of(payload, key.public.key_id, key.sign(pae(PAYLOAD_TYPE, payload)))
    return write_text(root, ATTESTATION, envelope), write_text(root, PUBLIC_KEY, key.public.pem)
