"""Another program reads our OSCAL files: compliance-trestle, in an environment of its own (`make trestle`)."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from labeler.compliance.oscal.catalog import catalog
from labeler.compliance.oscal.mapping import mapping
from labeler.compliance.oscal.parts import published
from labeler.compliance.oscal.profile import profile
from labeler.compliance.standards import as_published, read, tightened
from labeler.config import ROOT

PYTHON = Path(os.environ.get("LABELER_TRESTLE", ROOT / ".venv-trestle")) / "bin" / "python"
SCRIPT = Path(__file__).parent / "trestle" / "read_all.py"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON.exists(), reason="compliance-trestle is not installed: make trestle"),
]


def read_by_trestle(*files: tuple[str, Path]) -> subprocess.CompletedProcess[str]:
    """What it prints of files, each with its model."""
    asked = [f"{model}={path}" for model, path in files]
    return subprocess.run([PYTHON, SCRIPT, *asked], capture_output=True, text=True, check=False)


def test_trestle_reads_what_we_write(tmp_path: Path) -> None:
    standard = read()
    tighter = tightened(standard, "A careful buyer", {"severe_day": 30})
    made = {
        "catalog": catalog(standard),
        "profile": profile(standard, as_published(standard), published(standard)),
        "tighter": profile(standard, tighter, published(standard)),
        "mapping-collection": mapping(standard),
    }
    for name, data in made.items():
        (tmp_path / f"{name}.json").write_bytes(data)
    said = read_by_trestle(*((name.replace("tighter", "profile"), tmp_path / f"{name}.json") for name in made))
    assert said.returncode == 0, said.stderr[-4000:]
    assert said.stdout.splitlines() == [
        "Labeler welfare standard 1.0", "LWS 1.0", "A careful buyer", "Labeler welfare standard 1.0: crosswalks",
    ]  # fmt: skip


def test_trestle_would_find_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "catalog.json").write_bytes(catalog(read()).replace(b'"controls":', b'"control":', 1))
    assert read_by_trestle(("catalog", tmp_path / "catalog.json")).returncode != 0
