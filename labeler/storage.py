"""The data folder: what lies where, and that nothing outside it is ever named."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from pathlib import Path, PurePosixPath
from uuid import UUID

from labeler.errors import Missing


def sync(folder: Path) -> None:
    """Put the names of a folder's files on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Storage:
    """Files of one installation. `folder` is `Settings.folder`.

    exports/<export id>.<n>.<hash>/  a whole export, never changed: made by attempt n, and named by the first 16 digits
                                  of its manifest's SHA-256; the export's row says which one. Its files are read-only
    exports/<export id>.<n>.part/ one being written by attempt n; nobody reads it
    reports/<report id>.<n>.<hash>/  a report's bundle, as with exports
    packs/<audit id>.<job>.<n>.zip  a signed audit's pack, kept for a day (`compliance.auditing.packs`); nobody needs a
                                  backup of it. Folders beside it are being written
    exports/lists/<sha256>.json   a list of prompts that exports keep out, under its own hash
    exports/secret                what pseudonyms are keyed with; whoever has it can tell who is who
    webhooks/secret               what the secrets of webhooks are worked out of (`labeler.webhooks.rules`)
    keys/<purpose>/               what exports are signed with (`labeler.signing.keys`)
    evidence/<sha256>             documents that vendors' attestations rest on, each under its own hash, read-only
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def part(self, export_id: UUID, attempt: int, room: str = "exports") -> Path:
        """A fresh, empty folder for one attempt; what older attempts left behind is thrown away.

        Only older ones: a stalled older attempt that wakes up late never touches the work of a newer one.
        """
        exports = self._exports() if room == "exports" else self.folder / room
        exports.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in exports.glob(f"{export_id}.*"):
            number = left.name.removeprefix(f"{export_id}.").partition(".")[0]
            if int(number) < attempt or left.name == f"{export_id}.{attempt}.part":
                shutil.rmtree(left, ignore_errors=True)
        made = exports / f"{export_id}.{attempt}.part"
        made.mkdir(mode=0o700)
        return made

    def keep(self, part: Path, content_hash: str) -> str:
        """Make a whole export read-only, name it by its content, put that on the disk, and return the name relative to
        the data folder."""
        for path in part.rglob("*"):
            if path.is_file():
                path.chmod(0o444)
        kept = part.with_name(f"{part.name.removesuffix('.part')}.{content_hash[:16]}")
        part.rename(kept)
        sync(kept.parent)
        return kept.relative_to(self.folder).as_posix()

    def discard(self, part: Path) -> None:
        """Throw away what a failed attempt wrote."""
        shutil.rmtree(part, ignore_errors=True)

    def file(self, folder: str, path: str) -> Path:
        """A file below a folder of ours. Raises Missing for every path that leads elsewhere, by link or by dots."""
        root = (self.folder / folder).resolve()
        parts = PurePosixPath(path)
        found = root.joinpath(*parts.parts)
        if parts.is_absolute() or ".." in parts.parts or not found.is_file() or found.resolve() != found:
            raise Missing("There is no such file in this export.")
        if not root.is_relative_to(self.folder.resolve()):
            raise Missing("There is no such file in this export.")
        return found

    def secret(self) -> bytes:
        """32 random bytes, made once for this installation and readable by its owner alone."""
        return self._random(self._exports() / "secret")

    def webhook_secret(self) -> bytes:
        """32 other random bytes, of which nothing but the secrets of webhooks is made."""
        place = self.folder / "webhooks"
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._random(place / "secret")

    @staticmethod
    def _random(path: Path) -> bytes:
        if not path.exists():
            fresh = path.with_name(f"secret.{secrets.token_hex(4)}")
            fresh.touch(mode=0o600)
            fresh.write_bytes(secrets.token_bytes(32))
            try:
                path.hardlink_to(fresh)
            except FileExistsError:
                pass  # another process made it first; both then read the same one
            fresh.unlink()
        return path.read_bytes()

    def add_list(self, name: str, data: bytes) -> None:
        """Keep a list under its SHA-256; the same list twice is one file."""
        path = self._list(name)
        if path.exists():
            return
        path.parent.mkdir(mode=0o700, exist_ok=True)
        fresh = path.with_name(f"{name}.{secrets.token_hex(4)}")
        fresh.write_bytes(data)
        fresh.rename(path)

    def list_of(self, name: str) -> bytes:
        """A list as it was kept. Raises Missing when it is no longer there, or is another."""
        path = self._list(name)
        if not path.is_file() or hashlib.sha256(data := path.read_bytes()).hexdigest() != name:
            raise Missing("The list of prompts to keep out is not on this machine any more. Ask for the export again.")
        return data

    def add_document(self, name: str, arrived: Path) -> None:
        """Keep a copy of a document under its SHA-256 in hexadecimal, on the disk when this returns. Once more is no
        harm. Raises Missing when the file is not that document."""
        path = self._document(name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists():
            return
        fresh = path.with_name(f"{name}.{secrets.token_hex(4)}")
        with arrived.open("rb") as source, fresh.open("xb") as copy:
            shutil.copyfileobj(source, copy)
            copy.flush()
            os.fsync(copy.fileno())
        with fresh.open("rb") as copy:
            same = hashlib.file_digest(copy, "sha256").hexdigest() == name
        if not same:
            fresh.unlink()
            raise Missing("The document is not what it was when it was sent. Send it again.")
        fresh.chmod(0o400)
        fresh.rename(path)
        sync(path.parent)

    def document(self, name: str) -> bytes:
        """A document as it was kept. Raises Missing when it is no longer there, or is another."""
        path = self._document(name)
        if not path.is_file() or hashlib.sha256(data := path.read_bytes()).hexdigest() != name:
            raise Missing("This document is not on this machine any more, or is not what was attested.")
        return data

    def _document(self, name: str) -> Path:
        if len(name) != 64 or not name.isalnum():
            raise Missing("There is no such document.")
        return self.folder / "evidence" / name

    def _list(self, name: str) -> Path:
        if len(name) != 64 or not name.isalnum():
            raise Missing("There is no such list.")
        return self._exports() / "lists" / f"{name}.json"

    def _exports(self) -> Path:
        path = self.folder / "exports"
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path
