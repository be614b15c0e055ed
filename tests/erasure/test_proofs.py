"""Many people are erased: every other proof still verifies, and nothing personal can be had from what is left (P21)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import orjson
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeler import clock
from labeler.audit import proving
from labeler.audit.models import AuditEntry, LogLeaf
from labeler.audit.receipts import Receipt, wrong
from labeler.audit.walking import walk
from labeler.db import reading, transaction
from labeler.erasure.rules import LOOKS_AGAIN
from labeler.erasure.service import erase
from labeler.jobs import worker
from labeler.jobs.seal import seal_record
from labeler.models import metadata
from labeler.signing.keys import Keys
from labeler.signing.sealing import origin, record_keys
from tests.erasure.conftest import LATER, MINUTE, WORDS, answered
from tests.support.build import NOW, add_labeler, add_project, add_tasks
from tests.support.database import Database

FIRST, LAST = "Quimbine", "Oddsurname"
STAY = 3
"""People who are not erased."""


def a_world(session: Session, leave: int) -> tuple[list[UUID], list[UUID]]:
    """So many people who will leave, and some who stay, each with an answer in words of her own."""
    add_tasks(session, add_project(session, overlap=1), leave + STAY)
    leaving = [add_labeler(session, email=f"{FIRST}.{n}@{LAST}.example".lower(), name=f"{FIRST} {LAST} {n}").id
               for n in range(leave)]  # fmt: skip
    staying = [add_labeler(session).id for _ in range(STAY)]
    for who in (*leaving[: leave // 2], *staying, *leaving[leave // 2 :]):
        answered(session, who, NOW + MINUTE, WORDS if who in leaving else "plain words")
    return leaving, staying


def everything() -> str:
    """All that the database holds, as one text."""
    with reading() as session:
        rows = [row._asdict() for table in metadata.sorted_tables for row in session.execute(select(table))]
    return orjson.dumps(rows, default=lambda value: bytes(value).hex()).decode().casefold()


def proofs() -> dict[UUID, Receipt]:
    """The receipts of all sealed entries, by entry."""
    with reading() as session:
        ids = session.scalars(select(LogLeaf.entry_id).where(LogLeaf.salt.is_not(None))).all()
        return dict(zip(ids, proving.receipts(session, ids), strict=True))


@pytest.mark.parametrize("people", [6, pytest.param(1_000, marks=pytest.mark.slow)])
def test_after_many_erasures_every_other_proof_verifies_and_nothing_personal_is_left(
    database: Database, monkeypatch: pytest.MonkeyPatch, people: int
) -> None:
    at = [LATER]
    monkeypatch.setenv("LABELER_HOME", str(database.home))
    monkeypatch.setattr(clock, "now", lambda: at[0])
    with transaction() as session:
        leaving, staying = a_world(session, people)
    seal_record(LATER)
    before = proofs()
    with reading() as session:
        answers = select(AuditEntry).where(AuditEntry.act == "judgment.submit")
        hers = {each.id: orjson.loads(each.fields)["digest"] for each in session.scalars(answers)
                if each.actor_id in leaving}  # fmt: skip
    assert len(hers) == people and set(hers.values()) <= set(_words(everything()))
    for who in leaving:
        with transaction() as session:
            erase(session, who, LATER)
    _work(at)
    seal_record(at[0])
    _personal_is_gone(hers)
    keys = Keys(database.home)
    known = origin(keys), record_keys(keys)
    after = proofs()
    assert before.keys() - hers.keys() <= after.keys() and not hers.keys() & after.keys()
    for proof in (*(before[each] for each in before.keys() - hers.keys()), *after.values()):
        assert wrong(proof.model_dump(mode="json"), *known) is None
    with reading() as session:
        found = walk(session, *known, at[0], [next(iter(before.values())).checkpoint])
    assert (found.faults, found.erased) == ([], people)
    assert {each.actor_id for each in _answers()} == set(staying)


def _work(at: list[datetime]) -> None:
    """Do all that waits, and once more when it is looked for again."""
    for _ in range(2):
        while (job := worker.next_due()) is not None and worker.run(job):
            pass
        at[0] += LOOKS_AGAIN


def _personal_is_gone(hers: dict[UUID, str]) -> None:
    left = everything()
    for word in (FIRST, LAST, WORDS):
        assert word.casefold() not in left, word
    assert not set(hers.values()) & set(_words(left)), "no sum by which a guess at an answer could be tried"
    with reading() as session:
        salts = session.scalars(select(LogLeaf.salt).where(LogLeaf.entry_id.in_(hers))).all()
    assert salts == [None] * len(hers), "nor a salt for a guess at an entry"


def _words(text: str) -> list[str]:
    return text.replace("\\", "").split('"')


def _answers() -> list[AuditEntry]:
    with reading() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.act == "judgment.submit")))
