"""Delivering to a folder: whole files only, nothing overwritten, and what a broken attempt left is no obstacle."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from labeler.errors import Conflict, NotNow
from labeler.exports.delivery import folder as folders
from labeler.exports.delivery import sending
from labeler.exports.delivery.destinations import FolderPlace
from labeler.exports.delivery.files import LAST, File
from tests.exports.delivery.conftest import BESIDE, CONTENT, Quiet, bytes_in, published


@pytest.fixture
def place(tmp_path: Path) -> FolderPlace:
    (tmp_path / "out").mkdir()
    return FolderPlace(name="archive", kind="folder", folder=tmp_path / "out", prefix="sets")


def content(files: list[File]) -> dict[str, bytes]:
    return {file.path: file.source.read_bytes() for file in files}


def test_all_of_it_arrives_with_what_makes_it_whole_at_the_end(place: FolderPlace, parcel: list[File]) -> None:
    told = Quiet()
    where = sending.send(place, "bread-v1", parcel, told, published)
    assert where == str(place.folder / "sets" / "bread-v1")
    assert bytes_in(Path(where)) == content(parcel)
    assert told.there == [*sorted(CONTENT), *LAST]
    assert told.bytes == sum(file.size for file in parcel)


def test_what_is_there_is_not_written_again(place: FolderPlace, parcel: list[File]) -> None:
    class Cut(Exception):
        pass

    def cut(file: File) -> None:
        if file.path.startswith("data/"):
            raise Cut

    with pytest.raises(Cut):
        sending.send(place, "bread-v1", parcel, Quiet(cut), published)
    root = place.folder / "sets" / "bread-v1"
    assert sorted(bytes_in(root)) == ["README.md", "data/judgments.parquet"]
    before = {path: (root / path).stat().st_ino for path in bytes_in(root)}
    (root / "data" / ".judgments.parquet.0a1b2c3d.part").write_bytes(b"half")  # as a killed attempt leaves it
    told = Quiet()
    sending.send(place, "bread-v1", parcel, told, published)
    assert bytes_in(root) == content(parcel)
    assert {path: (root / path).stat().st_ino for path in before} == before
    assert told.bytes == sum(file.size for file in parcel if file.path not in before)


@pytest.mark.parametrize("path", ["README.md", "data/other.parquet", "manifest.json"])
def test_nothing_is_overwritten_and_nothing_beside_it_is_changed(
    place: FolderPlace, parcel: list[File], path: str
) -> None:
    root = place.folder / "sets" / "bread-v1"
    (root / path).parent.mkdir(parents=True)
    (root / path).write_bytes(b"# Another\n")
    with pytest.raises(Conflict, match=f"lies something else already: {path}. Nothing there was changed"):
        sending.send(place, "bread-v1", parcel, Quiet(), published)
    assert bytes_in(root) == {path: b"# Another\n"}


def test_a_file_of_the_same_size_and_other_content_is_seen(place: FolderPlace, parcel: list[File]) -> None:
    root = place.folder / "sets" / "bread-v1"
    root.mkdir(parents=True)
    (root / "SHA256SUMS").write_bytes(b"smus\n")
    with pytest.raises(Conflict, match="something else already: SHA256SUMS"):
        sending.send(place, "bread-v1", parcel, Quiet(), published)
    assert (root / "SHA256SUMS").read_bytes() == b"smus\n"
    assert not {"signing-key.pub", "attestation.dsse.json"} & bytes_in(root).keys()


def test_a_file_that_comes_in_between_is_not_overwritten(
    place: FolderPlace, parcel: list[File], monkeypatch: pytest.MonkeyPatch
) -> None:
    target = place.folder / "sets" / "bread-v1" / "README.md"
    real = folders._name

    def late(fresh: Path, to: Path) -> bool:
        if to == target:
            to.write_bytes(b"theirs")
        return real(fresh, to)

    monkeypatch.setattr(folders, "_name", late)
    with pytest.raises(Conflict, match="something else already: README"):
        sending.send(place, "bread-v1", parcel, Quiet(), published)
    assert bytes_in(target.parent) == {"README.md": b"theirs"}


def test_links_lead_nowhere(place: FolderPlace, parcel: list[File], tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (place.folder / "sets").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Conflict, match="is a link"):
        sending.send(place, "bread-v1", parcel, Quiet(), published)
    assert bytes_in(tmp_path / "elsewhere") == {}


def test_a_disk_without_links_gets_its_files_by_renaming(
    place: FolderPlace, parcel: list[File], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(errno.EOPNOTSUPP, "no links here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    where = sending.send(place, "bread-v1", parcel, Quiet(), published)
    assert bytes_in(Path(where)) == content(parcel)


@pytest.mark.parametrize(
    ("number", "sort", "words"),
    [
        (errno.ENOSPC, NotNow, "no room left at archive"),
        (errno.EDQUOT, NotNow, "no room left at archive"),
        (errno.EROFS, Conflict, "not allowed to this program"),
        (errno.EIO, NotNow, "cannot be used at the moment: Input/output error"),
    ],
)
def test_what_the_disk_says_is_told_in_words_and_leaves_no_half_file(
    place: FolderPlace, parcel: list[File], monkeypatch: pytest.MonkeyPatch,
    number: int, sort: type[Exception], words: str,
) -> None:  # fmt: skip
    synced = os.fsync

    def fail(handle: int) -> None:
        if Path(f"/proc/self/fd/{handle}").readlink().suffix == ".part":
            raise OSError(number, os.strerror(number))
        synced(handle)

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(sort, match=words):
        sending.send(place, "bread-v1", parcel, Quiet(), published)
    assert bytes_in(place.folder) == {}


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KB."""
    import subprocess

    folder = tmp_path / "tiny"
    folder.mkdir()
    argv = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(argv, capture_output=True, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_filled_up_to_its_last_whole_file_and_gets_the_rest_when_there_is_room(
    tiny_disk: Path, made: object, tmp_path: Path
) -> None:
    parcel = made({**CONTENT, "jsonl/data/large.jsonl": b"x" * 60_000})  # type: ignore[operator]
    place = FolderPlace(name="archive", kind="folder", folder=tiny_disk)
    (tiny_disk / "old").write_bytes(b"o" * 30_000)
    with pytest.raises(NotNow, match="no room left"):
        sending.send(place, "bread-v1", parcel, Quiet(), published)
    there = bytes_in(tiny_disk / "bread-v1")
    assert there == {path: data for path, data in content(parcel).items() if path in there}
    assert not {"manifest.json", *BESIDE} & there.keys()


def test_a_folder_that_is_not_mounted_is_never_made(parcel: list[File], tmp_path: Path) -> None:
    place = FolderPlace(name="archive", kind="folder", folder=tmp_path / "disk")
    with pytest.raises(NotNow, match="is that mounted"):
        sending.send(place, "bread-v1", parcel, Quiet(), published)
    with pytest.raises(Conflict, match="is not there"):
        sending.check(place)
    assert not (tmp_path / "disk").exists()


def test_a_damaged_file_of_ours_is_not_given_away(place: FolderPlace, parcel: list[File]) -> None:
    source = next(file.source for file in parcel if file.path == "README.md")
    source.write_bytes(b"# Broad\n")
    with pytest.raises(Conflict, match=r"README\.md is not as it was made"):
        sending.send(place, "bread-v1", parcel, Quiet(), published)
    assert bytes_in(place.folder) == {}


def test_what_is_read_back_must_be_what_was_sent(place: FolderPlace, parcel: list[File]) -> None:
    def spoil(file: File) -> None:
        if file.path == LAST[-1]:
            (place.folder / "sets/bread-v1/README.md").write_bytes(b"# Broad\n")

    with pytest.raises(Conflict, match=r"README\.md at .* does not hold what was sent"):
        sending.send(place, "bread-v1", parcel, Quiet(spoil), published)


def test_leave_is_asked_for_once_more_before_it_looks_whole(place: FolderPlace, parcel: list[File]) -> None:
    def refuse() -> bool:
        raise Conflict("Version 1 is withdrawn.")

    with pytest.raises(Conflict, match="withdrawn"):
        sending.send(place, "bread-v1", parcel, Quiet(), refuse)
    assert sorted(bytes_in(place.folder / "sets" / "bread-v1")) == sorted(CONTENT)


def test_a_folder_is_checked_by_writing_to_it(place: FolderPlace) -> None:
    assert "can be written to" in sending.check(place)
    assert bytes_in(place.folder) == {}
