"""Delivering to a folder: each file under a name of its own first, put on the disk, then given its name."""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from labeler.errors import Conflict, NotNow
from labeler.exports.delivery.destinations import FolderPlace
from labeler.exports.delivery.files import PIECE, File
from labeler.exports.delivery.stores import Told, another, counted
from labeler.storage import sync

_PART = re.compile(r"\..+\.[0-9a-f]{8}\.part")
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NOT_ALLOWED = (errno.EACCES, errno.EPERM, errno.EROFS)
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EINVAL)


class FolderStore:
    """The version `name` in a folder."""

    def __init__(self, place: FolderPlace, name: str) -> None:
        self._place = place
        self._root = place.folder / place.at(name)

    @property
    def where(self) -> str:
        """The whole path."""
        return str(self._root)

    def sizes(self) -> Mapping[str, int]:
        """What lies there. What a killed attempt was writing is removed first."""
        with _in_words(self._place):
            if not self._place.folder.is_dir():  # never made here: it may be a disk that is not mounted
                raise NotNow(
                    f"The folder {self._place.folder} is not there. If it is on another disk, is that mounted?"
                )
            self._refuse_links(self._root)
            found = {}
            for path in sorted(self._root.rglob("*")):
                if path.is_symlink():
                    raise another(self.where, [path.relative_to(self._root).as_posix()])
                if path.is_dir():
                    continue
                if _PART.fullmatch(path.name):
                    path.unlink(missing_ok=True)
                else:
                    found[path.relative_to(self._root).as_posix()] = path.stat().st_size
            return found

    def sha256(self, path: str, told: Told) -> str:
        """Counted: a folder keeps no word of it."""
        return counted(self.pieces(path), told)

    def put(self, file: File, told: Told) -> None:
        """Write, sync, name; whatever goes wrong before the name leaves nothing."""
        target = self._root / file.path
        with _in_words(self._place):
            self._make(target.parent)
            fresh = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)  # less the umask
            try:
                with os.fdopen(handle, "wb") as out:
                    for piece in file.pieces():
                        out.write(piece)
                        told.alive(len(piece))
                    out.flush()
                    os.fsync(out.fileno())
                if not _name(fresh, target):
                    raise another(self.where, [file.path])
            finally:
                fresh.unlink(missing_ok=True)
            sync(target.parent)

    def pieces(self, path: str) -> Iterator[bytes]:
        """The bytes of a file there."""
        with _in_words(self._place), (self._root / path).open("rb") as file:
            while piece := file.read(PIECE):
                yield piece

    def _make(self, folder: Path) -> None:
        if folder == self._place.folder or folder.is_dir():
            return
        self._make(folder.parent)
        folder.mkdir(exist_ok=True)
        sync(folder.parent)

    def _refuse_links(self, folder: Path) -> None:
        """A link below the operator's folder could lead a delivery anywhere."""
        while folder != self._place.folder:
            if folder.is_symlink():
                raise Conflict(f"{folder} is a link, and a delivery follows none. Have it replaced by a folder.")
            folder = folder.parent


def check(place: FolderPlace) -> str:
    """Whether the folder can be written to. Raises NotNow or Conflict with the reason."""
    with _in_words(place):
        if not place.folder.is_dir():
            raise Conflict(f"The folder {place.folder} is not there.")
        probe = place.folder / f".labeler-check.{secrets.token_hex(4)}.part"
        try:
            with probe.open("xb") as file:
                file.write(b"labeler")
                os.fsync(file.fileno())
        finally:
            probe.unlink(missing_ok=True)
        status = os.statvfs(place.folder)
    return f"can be written to; {status.f_bavail * status.f_frsize:,} bytes are free."


def _name(fresh: Path, target: Path) -> bool:
    """Give a whole file its name, unless the name is taken: then False."""
    try:
        target.hardlink_to(fresh)
        return True
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
    if target.exists() or target.is_symlink():  # a file system without links: nobody else writes here meanwhile
        return False
    fresh.rename(target)
    return True


@contextmanager
def _in_words(place: FolderPlace) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise NotNow(
                f"There is no room left at {place.shown} ({place.folder}). What was sent stays there; once there is "
                "room, only the rest is sent."
            ) from error
        if error.errno in _NOT_ALLOWED:
            raise Conflict(
                f"Writing to {place.shown} ({error.filename or place.folder}) is not allowed to this program. Whoever "
                "runs it can change that; then deliver again."
            ) from error
        said = os.strerror(error.errno) if error.errno else str(error)
        raise NotNow(f"{place.shown} ({place.folder}) cannot be used at the moment: {said}.") from error
