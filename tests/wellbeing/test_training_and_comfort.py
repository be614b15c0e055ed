"""Training and comfort settings, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeler.audit.models import AuditEntry
from labeler.errors import Conflict
from labeler.wellbeing.comfort import ORGANISATION, Ways, choose, said, ways
from labeler.wellbeing.models import Training
from labeler.wellbeing.training import TRAINING_LASTS, TRAINING_OPEN, finish, is_open, start, valid_until
from tests.support.build import NOW, add_labeler

MINUTE = timedelta(minutes=1)


def test_a_training_that_was_finished_holds_for_a_year(session: Session) -> None:
    me = add_labeler(session, ready=False).id
    assert valid_until(session, me) is None
    assert start(session, me, NOW) == start(session, me, NOW + MINUTE)
    assert is_open(session, me, NOW + MINUTE) and valid_until(session, me) is None
    until = finish(session, me, NOW + 8 * MINUTE)
    assert until == NOW + 8 * MINUTE + TRAINING_LASTS == valid_until(session, me)
    assert finish(session, me, NOW + 9 * MINUTE) == until
    assert session.scalar(select(func.count(Training.id))) == 1
    said = session.scalars(select(AuditEntry.act).where(AuditEntry.act.startswith("training."))).all()
    assert sorted(said) == ["training.finish", "training.start"]


def test_one_that_was_left_lying_begins_anew(session: Session) -> None:
    me = add_labeler(session, ready=False).id
    first = start(session, me, NOW)
    with pytest.raises(Conflict):
        finish(session, me, NOW + TRAINING_OPEN)
    assert start(session, me, NOW + TRAINING_OPEN) != first


def test_one_in_older_words_is_none(session: Session) -> None:
    me = add_labeler(session, ready=False).id
    session.add(Training(labeler_id=me, version=0, started_at=NOW, finished_at=NOW, expires_at=NOW + TRAINING_LASTS))
    session.flush()
    assert valid_until(session, me) is None


def test_what_is_not_chosen_is_as_the_organisation_has_it(session: Session) -> None:
    me = add_labeler(session, ready=False).id
    assert ways(session, me) == ORGANISATION == Ways(collapsed=True, blurred=True, grey=False, night=False)
    choose(session, me, {"collapsed": False, "grey": True}, NOW)
    assert ways(session, me) == Ways(collapsed=False, blurred=True, grey=True, night=False)
    assert said(session, me) == {"collapsed": False, "blurred": None, "grey": True, "night": None}
    choose(session, me, {"collapsed": False, "grey": True}, NOW)
    choose(session, me, {}, NOW)
    assert ways(session, me) == ORGANISATION
    entries = session.scalars(select(AuditEntry.fields).where(AuditEntry.act == "comfort.choose")).all()
    # Of what she chose only what the gate goes by at night: how texts are shown to her is nobody's to read.
    assert entries == ['{"night":null}', '{"night":null}']
