"""A program that imports a file and stops in the middle, until somebody ends it."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

from labeler import db, models
from labeler.jobs.import_batch import import_file


def main(url: str, home: str, batch_id: str, path: str, stage: str) -> None:
    assert models.metadata  # every table, as a worker has them
    db.connect(url)

    def stop(where: str) -> None:
        if where == stage:
            sys.stdout.write("here\n")
            sys.stdout.flush()
            time.sleep(600)

    def alive(done: int, of: int) -> None:
        if done > 0:
            stop("reading")

    def beat(session: Session | None = None) -> None:
        stop("loading")

    def mine(session: Session) -> bool:
        stop("showing")
        return True

    import_file(UUID(batch_id), Path(path), Path(home), alive, beat, mine)


if __name__ == "__main__":
    main(*sys.argv[1:])
