"""The job that tells a project's webhook something. It may run twice: the receiver knows a message by its id."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from labeler import clock
from labeler.config import Settings
from labeler.db import transaction
from labeler.egress.fetcher import Egress, Failed
from labeler.egress.rules import Closed
from labeler.errors import NotNow
from labeler.jobs.worker import ATTEMPTS, Lost, Taken
from labeler.storage import Storage
from labeler.webhooks import rules, sending


def way_out(settings: Settings) -> Egress:
    """By which way messages are sent."""
    return settings.egress


def run(job: Taken) -> None:
    """Send the message `job.args["message"]`, and write down how it went in the transaction that holds the job."""
    message_id, settings = UUID(job.args["message"]), Settings()
    with transaction() as session:
        due = sending.due(session, message_id, clock.now())
    if due is None:
        return
    root, now = Storage(settings.folder).webhook_secret(), clock.now()
    facts = dict(due.facts)
    if "path" in facts:
        facts["url"] = f"{(settings.public_url or '').rstrip('/')}{facts.pop('path')}"
    sent = rules.body(due.event, due.made_at, facts)
    keys = [rules.secret(root, due.webhook_id, number) for number in due.numbers]
    status: int | None = None
    try:
        answer = way_out(settings).post(due.url, sent, rules.headers(message_id, sent, keys, now))
        status, fine, words = answer.status, answer.fine, f"It answered {answer.status}."
    except (Closed, Failed) as wrong:
        fine, words = False, str(wrong)
    with transaction() as session:
        if not job.still_mine(session):
            raise Lost
        again = sending.note(session, message_id, status, words, fine, job.attempt >= ATTEMPTS, clock.now())
    if again:
        raise NotNow(words)


def give_up(session: Session, args: dict[str, Any], _problem: str, _now: datetime) -> None:
    """The job has ended for good: so has the message, until somebody tests the webhook."""
    sending.give_up(session, UUID(args["message"]))
