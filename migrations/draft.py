"""Draft the next migration from what the models have and the migrations have not (`make migration m="Say what"`).

Read and finish the draft by hand: a rename looks like a drop and an add, and a changed CHECK is not seen at all.
With `--first` the one first version is written anew, which is right only as long as no database of anybody holds data.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory

from labeler import schema
from labeler.config import ROOT
from labeler.db import connect

FIRST = "The first schema."


def draft(message: str, batch: bool = True) -> Path:
    """Write the next numbered version and return its path. Compares the models with a fresh SQLite at head."""
    with tempfile.TemporaryDirectory() as folder:
        engine = connect(f"sqlite:///{folder}/draft.db")
        schema.upgrade(engine)
        with engine.connect() as connection:
            config = schema.config(connection)
            config.attributes["batch"] = batch
            number = f"{len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1:04}"
            script = command.revision(config, message=message, autogenerate=True, rev_id=number)
        engine.dispose()
    assert script is not None and not isinstance(script, list)
    path = Path(script.path)
    path.write_text("\n".join(line for line in path.read_text().splitlines() if "# ### " not in line) + "\n")
    for tool in (["check", "--quiet", "--fix", "--select", "I,F401"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *tool, str(path)], check=True)
    return path


def main(words: list[str]) -> None:
    """The command line of `make migration`."""
    if words == ["--first"]:
        for old in (ROOT / "migrations" / "versions").glob("*.py"):
            if old.name[:4] != "0001":
                raise SystemExit(f"{old.name} builds on the first version: draft a new one instead.")
            old.unlink()
        print(draft(FIRST, batch=False).relative_to(ROOT))  # new tables need no rebuilding
        return
    message = " ".join(words).strip()
    if not message:
        raise SystemExit('Say what changes: make migration m="Keep the pay rate of each contract"')
    print(draft(message).relative_to(ROOT))


if __name__ == "__main__":
    main(sys.argv[1:])
