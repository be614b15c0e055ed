"""Delivering to a dataset repository on the Hugging Face Hub: large files first, then one commit with all of them.

A commit is whole or not there, so no half version is ever seen. What was uploaded before a broken attempt the Hub has,
and does not ask for again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from labeler.errors import Conflict, NotNow
from labeler.exports.delivery.destinations import HubPlace
from labeler.exports.delivery.files import PIECE, File
from labeler.exports.delivery.stores import Allowed, Told, another, refuse_others

if TYPE_CHECKING:
    from huggingface_hub import HfApi, RepoFile

ALONE = 4 * PIECE
"""A file of more bytes is uploaded by itself, before the commit."""
_AGAIN = "then deliver again: only the rest is sent."
_SAID = {
    401: "The token of {title} is refused: it is wrong, or has run out. Whoever runs this installation renews it; "
    + _AGAIN,
    403: "The token of {title} may not write to {repository}. Whoever runs this installation renews it; " + _AGAIN,
    404: "There is no dataset repository {repository} at {title}, or the token may not see it. Whoever runs this "
    "installation makes it; " + _AGAIN,
}


class HubRepository:
    """The version `name` in a repository. Raises Conflict without the package or the token."""

    def __init__(self, place: HubPlace, name: str) -> None:
        self._place = place
        self._root = place.at(name)
        self._api = _opened(place)

    @property
    def where(self) -> str:
        """The page of the version."""
        return f"{self._api.endpoint}/datasets/{self._place.repository}/tree/main/{self._root}"

    def send(self, files: Sequence[File], told: Told, allowed: Allowed) -> None:
        """Send what is not there yet in one commit on what was seen, then compare what the Hub says of all of it.

        Raises Conflict as `stores.send`, and for a version that is not published where everybody can see it.
        """
        with _in_words(self._place):
            seen = self._fit(allowed)
            there = self._there(seen)
            refuse_others(self.where, {path: each.size for path, each in there.items()}, files)
            wrong = [file.path for file in files if file.path in there and not _same(there[file.path], file)]
            if wrong:
                raise another(self.where, wrong)
            rest = [file for file in files if file.path not in there]
            for file in files:
                if file.path in there:
                    told.alive(file.size)
                    told.file_is_there(file)
            if rest:
                seen = self._commit(rest, seen, told, allowed)
            self._compare(self._there(seen), files)

    def _fit(self, allowed: Allowed) -> str | None:
        """The repository's newest commit; refused when everybody would see what is not published."""
        info = self._api.repo_info(self._place.repository, repo_type="dataset")
        if not allowed() and not info.private:
            raise Conflict(
                f"Everybody can see the repository {self._place.repository}, and this version is not published. "
                "Publish it on its page, or have it delivered to a private repository."
            )
        return info.sha

    def _commit(self, rest: Sequence[File], seen: str | None, told: Told, allowed: Allowed) -> str:
        from huggingface_hub import CommitOperationAdd

        operations = []
        for file in rest:
            for _ in file.pieces():  # that it is what its sum says, before anybody else has it
                told.alive()
            added = CommitOperationAdd(f"{self._root}/{file.path}", file.source)
            if file.size > ALONE:
                self._api.preupload_lfs_files(
                    self._place.repository, [added], repo_type="dataset", free_memory=False, num_threads=1
                )
                told.alive(file.size)
            operations.append(added)
        self._fit(allowed)
        made = self._api.create_commit(
            self._place.repository,
            operations,
            repo_type="dataset",
            commit_message=f"Add {self._root}",
            parent_commit=seen,  # whatever came since is looked at first, by the next attempt
            num_threads=1,
        )
        for file in rest:
            told.alive(0 if file.size > ALONE else file.size)
            told.file_is_there(file)
        return made.oid

    def _there(self, seen: str | None) -> Mapping[str, RepoFile]:
        """The files of the version in a commit, by path."""
        from huggingface_hub import RepoFile
        from huggingface_hub.errors import EntryNotFoundError

        try:
            found = self._api.list_repo_tree(
                self._place.repository, self._root, recursive=True, revision=seen, repo_type="dataset"
            )
            return {each.path.removeprefix(f"{self._root}/"): each for each in found if isinstance(each, RepoFile)}
        except EntryNotFoundError:
            return {}

    def _compare(self, there: Mapping[str, RepoFile], files: Sequence[File]) -> None:
        wrong = [file.path for file in files if file.path not in there or not _same(there[file.path], file)]
        if wrong:
            raise Conflict(
                f"After the commit {', '.join(wrong[:3])} at {self.where} is missing or is not what was sent. A "
                ".gitignore in the repository may be the reason; have what lies there removed, then deliver again."
            )


def _same(there: RepoFile, file: File) -> bool:
    """Whether the Hub has the same bytes: by the SHA-256 of a large file, by git's own hash of a small one."""
    if there.size != file.size:
        return False
    if there.lfs is not None:
        return bool(there.lfs.sha256 == file.sha256)
    digest = hashlib.sha1(b"blob %d\0" % file.size, usedforsecurity=False)
    for piece in file.pieces():
        digest.update(piece)
    return bool(there.blob_id == digest.hexdigest())


def check(place: HubPlace) -> str:
    """Whether the repository can be written to. Raises NotNow or Conflict with the reason."""
    api = _opened(place)
    with _in_words(place):
        info = api.repo_info(place.repository, repo_type="dataset")
        api.auth_check(place.repository, repo_type="dataset", write=True)
    if info.private:
        return "can be written to. It is private: versions that are not published may go there."
    return "can be written to. Everybody can see it: only published versions go there."


def _opened(place: HubPlace) -> HfApi:
    try:
        from huggingface_hub import HfApi
        from huggingface_hub.utils.tqdm import disable_progress_bars
    except ImportError:
        raise Conflict(
            "Delivering to the Hugging Face Hub needs the package huggingface_hub, which is not installed here. "
            "Whoever runs this installation adds it: make deliveries, or pip install 'labeler[hub]'."
        ) from None
    disable_progress_bars()
    return HfApi(endpoint=place.endpoint, token=place.token.read())


@contextmanager
def _in_words(place: HubPlace) -> Iterator[None]:
    from httpx2 import HTTPError, InvalidURL  # what huggingface_hub speaks with
    from huggingface_hub.errors import HfHubHTTPError

    try:
        yield
    except (HTTPError, InvalidURL, OSError, RuntimeError, ValueError) as error:
        answered = error if isinstance(error, HfHubHTTPError) else error.__cause__
        status = answered.response.status_code if isinstance(answered, HfHubHTTPError) else None
        facts = {"title": place.shown, "repository": place.repository}
        if status in _SAID:
            raise Conflict(_SAID[status].format(**facts)) from error
        if status in (409, 412):
            raise NotNow(
                f"Somebody else changed {place.repository} at the same moment. What is there is looked at anew."
            ) from error
        odd = "Its answer cannot be read." if isinstance(error, ValueError) else "It does not answer."
        said = f"It answered {status}." if status else odd
        raise NotNow(f"{place.shown} cannot be reached at the moment. {said}") from error
