"""Published data all the way: imported, judged in a browser by three labelers, exported, loaded by `datasets`.

The files are not part of the project; `LABELER_SHARED_DATA` names their folder (else `../shared/data`).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from labeler import clock
from labeler.config import ROOT
from labeler.db import reading, transaction
from labeler.exports import service as exports
from labeler.exports.models import Export
from labeler.exports.verify import verify
from labeler.jobs import worker
from labeler.jobs.import_batch import import_file
from labeler.judgments.models import Judgment
from labeler.projects.models import Lane, Project, Task
from labeler.projects.rules import ProjectState
from labeler.projects.service import request_import
from labeler.wellbeing.service import give_consent
from tests.browser.conftest import NARROW, WIDE, Site
from tests.support.build import add_approval, add_labeler, add_project
from tests.support.database import Database

SHARED = Path(os.environ.get("LABELER_SHARED_DATA", ROOT.parent / "shared" / "data"))
FILES = {
    "oasst-en-100-trees.jsonl": {},
    "hh-rlhf-harmless-test.jsonl.gz": {"W06": 3, "W07": 3, "W12": 2},
}
EACH = 4
"""Tasks that each labeler judges here."""


@pytest.mark.parametrize("name", FILES)
def test_real_data_from_file_to_dataset(
    site: Site, database: Database, let_in: Callable[[Any], str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{path} is not here")
    for key, value in database.environment.items():
        monkeypatch.setenv(key, value)
    profile = FILES[name]
    with transaction() as session:
        project = add_project(session, overlap=3, categories=profile, sensitive_share=1.0 if profile else 0.0)
        people = [add_labeler(session) for _ in range(3)]
        for person in people:
            for category in profile:
                give_consent(session, person.id, category, 3, clock.now())
    brought_in(project, path, profile, database.home)
    for person, viewport, scripts in zip(people, (WIDE, NARROW, WIDE), (True, True, False), strict=True):
        with site.visit(viewport=viewport, java_script_enabled=scripts) as page:
            site.sign_in(page, let_in(person))
            page.get_by_role("button", name="Start").click()
            for n in range(EACH):
                judge(page, sensitive=bool(profile), choice=n)
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Judgment)) == 3 * EACH
        if profile:
            assert session.scalar(select(func.min(Lane.severity))) >= 2  # type: ignore[operator]
    folder = exported(project, database.home)
    assert verify(folder).rows["judgments"] == 3 * EACH
    assert loaded(folder, "judgments") == 3 * EACH
    assert loaded(folder, "preference") == verify(folder).rows["preference"]


def brought_in(project: Project, path: Path, profile: dict[str, int], home: Path) -> None:
    with transaction() as session:
        batch = request_import(
            session, project.created_by, project.id, path.name, path, {"categories": profile}, clock.now()
        )
    spooled = import_file(batch.id, path, home, lambda *_: None)
    assert not spooled.problems
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Task)) == spooled.tasks > 300
    with transaction() as session:  # what the file brought in is content that nobody had approved yet
        brought = session.get_one(Project, project.id)
        add_approval(session, brought, clock.now())
        brought.state = ProjectState.LIVE


def judge(page: Page, *, sensitive: bool, choice: int) -> None:
    """One task, as a person does it: ask for its text, read, choose, submit."""
    if sensitive:
        expect(page.locator("#task h1")).to_have_text(re.compile("Before you open this task|This text is covered"))
        assert page.locator(".pane").count() == 0
        page.get_by_role("button", name="Show it").click()
    page.wait_for_selector("#answer")
    before = page.get_attribute("#task", "data-assignment")
    assert all(text.strip() for text in page.locator(".pane .inside").all_inner_texts())
    page.locator("#answer label.choice").nth(choice % 8).click()
    page.get_by_role("button", name="Submit and next").click()
    page.wait_for_selector(f"#task[data-assignment]:not([data-assignment='{before}'])")


def exported(project: Project, home: Path) -> Path:
    with transaction() as session:
        made, job = exports.request(session, project.created_by, project.id, {}, clock.now())
    assert worker.run(job)
    with reading() as session:
        done = session.get_one(Export, made.id)
        assert done.folder is not None, done.problem
        return home / done.folder


def loaded(folder: Path, view: str) -> int:
    """How many rows the library that researchers use finds, in a process of its own, without a network."""
    code = (
        "import sys; from datasets import load_dataset; "
        "print(len(load_dataset(sys.argv[1], sys.argv[2], split='train')))"
    )
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(folder.parent / "hf")}
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder), view], env=env, capture_output=True, text=True, check=True
    )
    return int(done.stdout.split()[-1])
