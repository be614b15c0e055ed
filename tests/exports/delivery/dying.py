"""A worker that is killed at a chosen moment: `python -m tests.exports.delivery.dying JOB WHERE`."""

from __future__ import annotations

import os
import signal
import sys
from uuid import UUID

from labeler.config import Settings
from labeler.db import connect
from labeler.exports.delivery import s3
from labeler.exports.delivery.files import File
from labeler.jobs import deliver_export, worker

PART = 5 << 20
"""The smallest part of a large object that S3 allows."""
MUCH = 7 << 20
"""In a large file: after so many bytes of it."""


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Progress(deliver_export._Progress):
    where = ""

    def alive(self, more: int = 0) -> None:
        super().alive(more)
        if self.where == "within" and self._part > MUCH:
            die()

    def file_is_there(self, file: File) -> None:
        super().file_is_there(file)
        if self.where == "between" and self._files == 2:
            die()
        if self.where == "before the last" and file.path == "SHA256SUMS":
            die()


if __name__ == "__main__":
    Progress.where = sys.argv[2]
    deliver_export._Progress = Progress  # type: ignore[misc]
    s3.PART = PART
    connect(Settings().database)
    worker.run(UUID(sys.argv[1]))
