"""What one does with an installation: a project's versions, asked for, waited for and read."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlencode

from labeler.client.files import File, below, lines, of_view, take
from labeler.client.wire import ClientError, ExportFailed, NotThere, Wire

WhenWithdrawn = Literal["refuse", "take"]
"""What to do about a version that should not be used any more."""


@dataclass(frozen=True, slots=True)
class Client(Wire):
    """One installation, and the key that opens it."""

    def project(self, slug: str) -> Project:
        """The project of this name; it is looked for when something is asked of it."""
        return Project(self, slug)


@dataclass(frozen=True, slots=True)
class Project:
    """A project of an installation."""

    client: Wire
    slug: str

    @property
    def path(self) -> str:
        """Its address below the API."""
        return f"projects/{quote(self.slug, safe='')}"

    def export(self, *views: str, also: Sequence[str] = (), **options: Any) -> Version:
        """Ask for the next version of the dataset, of these views or of the usual ones.

        `also` names other projects whose answers are taken in. `options` are those of the API: `late`, `min_judgments`,
        `batches` and the others in its description. Sent once, however often the network makes us repeat it.
        """
        given = {"also": list(also), **options} if also else options
        made = self.client.ask(f"{self.path}/exports", {"views": list(views), **given})
        return Version(self, made)

    def version(self, number: int) -> Version:
        """A version that was asked for before."""
        return Version(self, self.client.ask(f"{self.path}/exports/{number}"))

    def versions(self) -> Iterator[Version]:
        """All versions, the newest first."""
        cursor: str | None = None
        while True:
            asked = urlencode({"cursor": cursor} if cursor else {})
            found = self.client.ask(f"{self.path}/exports?{asked}")
            yield from (self.version(each["number"]) for each in found["items"])
            cursor = found["next_cursor"]
            if cursor is None:
                return


@dataclass(slots=True)
class Version:
    """A version of a project's dataset. `facts` is what the API last said of it."""

    project: Project
    facts: dict[str, Any]

    @property
    def number(self) -> int:
        """Which version."""
        return int(self.facts["number"])

    @property
    def state(self) -> str:
        """`waiting`, `writing`, `done` or `failed`, as last looked at."""
        return str(self.facts["state"])

    def refresh(self) -> Version:
        """Look again."""
        self.facts = self.project.client.ask(f"{self.project.path}/exports/{self.number}")
        return self

    def wait(
        self,
        timeout: float | None = None,
        every: float = 1.0,
        progress: Callable[[int, int | None], object] | None = None,
    ) -> Version:
        """Wait until it is made. `progress(done, of)` hears how many stored answers were read; `of` is None at first.

        Raises ExportFailed with the server's reason, TimeoutError after `timeout` seconds; it goes on being made then.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while self.state not in ("done", "failed"):
            if progress is not None:
                progress(self.facts["done_rows"], self.facts["all_rows"])
            if until is not None and time.monotonic() >= until:
                raise TimeoutError(f"Version {self.number} of {self.project.slug} is not made yet. It goes on.")
            time.sleep(every)
            self.refresh()
        if self.state == "failed":
            raise ExportFailed(f"Version {self.number} of {self.project.slug} was not made. {self.facts['problem']}")
        return self

    def files(self) -> dict[str, dict[str, Any]]:
        """Every file of a version that is made, by its path: `bytes`, `sha256` and `url`. Raises ClientError before."""
        if self.state != "done":
            raise ClientError(f"Version {self.number} is {self.state}. Call wait() first.")
        return {each["path"]: each for each in self.facts["files"]}

    def _files(self, withdrawn: WhenWithdrawn) -> dict[str, dict[str, Any]]:
        """Its files, at addresses that say whether a withdrawn one is wanted all the same."""
        if withdrawn not in ("refuse", "take"):
            raise ValueError('withdrawn is "refuse" or "take"')
        if withdrawn == "refuse":
            return self.files()
        return {path: {**each, "url": f"{each['url']}?withdrawn=take"} for path, each in self.files().items()}

    def download(self, folder: str | Path, *, withdrawn: WhenWithdrawn = "refuse") -> Path:
        """Put all its files into `folder`, and return it. What is there and whole is left; what broke off goes on.

        A withdrawn version raises Withdrawn, unless `withdrawn="take"` says that it is wanted all the same; that is on
        the server's record. Raises WaitsForApproval and NotApproved where a second person has to approve it.

        Each file is checked against its SHA-256, and has its name only when it is whole; the list of sums comes last,
        so that a folder which has it has everything. Raises Broken.
        """
        root, files = Path(folder), self._files(withdrawn)
        for path in sorted(files, key=lambda each: (each == "SHA256SUMS", each)):
            take(self.project.client, files[path], below(root, path))
        return root

    def rows(
        self, view: str | None = None, split: str | None = None, *, withdrawn: WhenWithdrawn = "refuse"
    ) -> Iterator[dict[str, Any]]:
        """The rows of a view one by one, as they come over the network: nothing is kept. Raises Broken at the end when
        these were not all, or not as they were made; and as `download`."""
        for each in self._of(view, split, "jsonl", withdrawn):
            yield from map(json.loads, lines(self.project.client, each))

    def load(self, view: str | None = None, split: str | None = None, *, withdrawn: WhenWithdrawn = "refuse") -> Any:
        """A view as one pyarrow Table, checked against its SHA-256. `datasets.Dataset(table)` makes a Dataset of it.

        `view` may be left out when there is but one beside `judgments`. Without `split` all of them come, one after the
        other. Raises as `download`.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        parts = self._of(view, split, "parquet", withdrawn)
        with tempfile.TemporaryDirectory() as folder:
            taken = [
                take(self.project.client, each, Path(folder) / f"{place}.parquet") for place, each in enumerate(parts)
            ]
            return pa.concat_tables([pq.read_table(path) for path in taken])

    def _of(self, view: str | None, split: str | None, ending: str, withdrawn: WhenWithdrawn) -> list[File]:
        name = view or self._only()
        found = of_view(self._files(withdrawn), name, split, ending)
        if not found:
            of = f"no {split} split of {name}" if split else f"no view {name}"
            raise NotThere(f"Version {self.number} has {of}. Its views: {', '.join(self.facts['views'])}.")
        return found

    def _only(self) -> str:
        views = [name for name in self.facts["views"] if name != "judgments"] or self.facts["views"]
        if len(views) != 1:
            raise ClientError(f"Version {self.number} has several views. Name one of: {', '.join(views)}.")
        return str(views[0])
