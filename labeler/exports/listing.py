"""Which files a finished version has, and what they hash to, as its manifest says."""

from __future__ import annotations

import hashlib

import orjson

from labeler.exports.models import Export
from labeler.storage import Storage


def sha256(store: Storage, export: Export) -> dict[str, str]:
    """SHA-256 by path of the files that the manifest lists, and of the manifest. Raises Missing when it is gone."""
    if export.folder is None or export.manifest_hash is None:
        return {}
    manifest = store.file(export.folder, "manifest.json")
    named = {each["path"]: each["sha256"] for each in orjson.loads(manifest.read_bytes())["files"]}
    return {**named, "manifest.json": export.manifest_hash}


def tag(store: Storage, export: Export, path: str) -> str:
    """The SHA-256 of one file: from the manifest, or counted for the few and small ones that it does not list."""
    known = sha256(store, export).get(path)
    return known or hashlib.sha256(store.file(export.folder or "", path).read_bytes()).hexdigest()
