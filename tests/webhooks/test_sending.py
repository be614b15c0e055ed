"""What becomes of a version is told to a real https server: at least once, and never to a stranger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import orjson
import pytest
import time_machine
from sqlalchemy import func, select

from labeler.accounts.permissions import Role
from labeler.audit.models import AuditEntry
from labeler.db import reading, transaction
from labeler.errors import Conflict, Invalid, Missing
from labeler.exports import approving, service, withdrawn
from labeler.exports.models import Approval, Cause, ExportState
from labeler.jobs import schedule, send_webhook, worker
from labeler.jobs.models import Job, JobState
from labeler.projects.models import Project
from labeler.storage import Storage
from labeler.webhooks import rules
from labeler.webhooks import service as webhooks
from labeler.webhooks.models import MessageState, Webhook, WebhookAttempt, WebhookMessage
from tests.exports.versions import add_version
from tests.support.build import NOW, add_project, add_user
from tests.support.database import Database
from tests.support.https import Authority, Receiver, receiving
from tests.webhooks.test_rules import verified


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def at() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def receiver(
    database: Database, authority: Authority, at: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Receiver]:
    for name, value in {**database.environment, "PUBLIC_URL": "https://labels.example"}.items():
        monkeypatch.setenv(name, value)
    with receiving(authority.serving()) as made:
        monkeypatch.setattr(send_webhook, "way_out", lambda _: made.way(authority))
        yield made


@pytest.fixture
def project(receiver: Receiver, authority: Authority) -> Project:
    """A project that tells the receiver."""
    with transaction() as session:
        project = add_project(session, slug="bread")
        _, fresh = webhooks.set_address(
            session, project.created_by, project.id, receiver.url, receiver.way(authority), NOW
        )
        assert fresh
        return project


def hook_of(project: Project) -> Webhook:
    with reading() as session:
        hook = webhooks.of_project(session, project.id)
        assert hook is not None
        return hook


def secret(database: Database, project: Project, number: int = 1) -> str:
    root = Storage(database.settings.folder).webhook_secret()
    return rules.shown(rules.secret(root, hook_of(project).id, number))


def do_jobs() -> int:
    done = 0
    while (job := worker.next_due()) is not None:
        assert worker.run(job)
        done += 1
    return done


def fail_one(project: Project) -> None:
    """Something that is told: a version that will not come."""
    with transaction() as session:
        made = add_version(session, session.get_one(Project, project.id), state=ExportState.WRITING)
        service.fail(session, made.id, "The disk is full.", NOW)


def send_test(project: Project) -> None:
    with transaction() as session:
        webhooks.send_test(session, project.created_by, project.id, NOW)
    do_jobs()


def states() -> dict[str, int]:
    with reading() as session:
        rows = session.execute(select(WebhookMessage.state, func.count()).group_by(WebhookMessage.state))
        return {state.value: number for state, number in rows}


def test_each_event_is_told_with_numbers_and_no_name(database: Database, project: Project, receiver: Receiver) -> None:
    fail_one(project)
    with transaction() as session:
        waits = add_version(session, session.get_one(Project, project.id), approval=Approval.WAITING)
        second = add_user(session, Role.ADMIN, name="Ada Second")
        approving.approve(session, second.id, waits.id, "A private note.", NOW)
        withdrawn.note(session, [withdrawn.Found(waits.id, Cause.WITHDRAWN, 2, NOW)], NOW)
        withdrawn.note(session, [withdrawn.Found(waits.id, Cause.NOT_USED, 2, NOW)], NOW)
    assert do_jobs() == 3
    said = sorted((orjson.loads(body) for _, _, body in receiver.got), key=lambda each: each["type"])
    assert [each["type"] for each in said] == ["export.approved", "export.failed", "export.withdrawn"]
    assert said[0]["data"] == {
        "project": "bread", "number": 2, "state": "done", "approval": "approved", "withdrawn": False,
        "manifest_sha256": f"{2:064}", "rows": {"judgments": 3},
        "url": "https://labels.example/api/v1/projects/bread/exports/2",
    }  # fmt: skip
    for _, headers, body in receiver.got:
        assert verified(secret(database, project), headers, body)
        assert not [words for words in (b"Ada", b"note", b"disk", b"example.org") if words in body]
    assert len({headers["webhook-id"] for _, headers, _ in receiver.got}) == 3


def test_what_is_not_kept_is_not_told(project: Project, receiver: Receiver) -> None:
    with pytest.raises(ZeroDivisionError), transaction() as session:
        webhooks.tell(session, project.id, "export.done", {}, NOW)
        raise ZeroDivisionError
    assert do_jobs() == 0 and receiver.got == []


def test_a_worker_that_was_killed_after_sending_sends_again_under_the_same_name(
    project: Project, receiver: Receiver, at: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    fail_one(project)
    job = worker.next_due()
    assert job is not None
    with monkeypatch.context() as dying:
        dying.setattr(send_webhook.sending, "note", lambda *_: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            worker.run(job)
    assert worker.next_due() is None, "it seems to be at work"
    at.shift(worker.LEASE + timedelta(seconds=1))
    assert do_jobs() == 1
    (_, first, body), (_, second, again) = receiver.got
    assert (first["webhook-id"], body) == (second["webhook-id"], again)
    assert first["webhook-timestamp"] != second["webhook-timestamp"]
    assert states() == {"sent": 1}


def test_a_receiver_that_is_down_is_tried_again_later_and_then_has_it_all(
    project: Project, receiver: Receiver, at: time_machine.Traveller
) -> None:
    receiver.answer = lambda _: 503
    fail_one(project)
    for seconds in (*worker.BACKOFF[:2], 0):
        assert do_jobs() == 1
        at.shift(seconds)
    assert hook_of(project).failures == 3
    receiver.answer = lambda _: 200
    at.shift(worker.BACKOFF[2])
    assert do_jobs() == 1
    assert (states(), hook_of(project).failures) == ({"sent": 1}, 0)
    assert len({headers["webhook-id"] for _, headers, _ in receiver.got}) == 1 and len(receiver.got) == 4
    with reading() as session:
        told = webhooks.attempts(session, hook_of(project))
    assert [(each.fine, each.words, each.about) for each in told] == [
        (True, "It answered 200.", "export 1"), *[(False, "It answered 503.", "export 1")] * 3,
    ]  # fmt: skip


def test_after_too_many_failures_it_stops_until_a_person_tests_it(
    project: Project, receiver: Receiver, at: time_machine.Traveller
) -> None:
    receiver.answer = lambda _: 500
    for _ in range(2):
        fail_one(project)
        while do_jobs() or worker.next_due():
            at.shift(max(worker.BACKOFF))
        for _ in worker.BACKOFF:
            at.shift(max(worker.BACKOFF))
            do_jobs()
    tried = len(receiver.got)
    assert tried == rules.STOP_AFTER and hook_of(project).stopped_at is not None
    fail_one(project)
    assert do_jobs() == 0 and len(receiver.got) == tried, "it is kept, and not sent"
    send_test(project)
    assert hook_of(project).stopped_at is not None and len(receiver.got) == tried + 1, "a test is sent once"
    receiver.answer, receiver.got[:] = (lambda _: 204), []
    send_test(project)
    assert hook_of(project).stopped_at is None
    said = [orjson.loads(body) for _, _, body in receiver.got]
    assert [each["type"] for each in said] == ["webhook.test", *["export.failed"] * 3]
    assert sorted(each["data"]["number"] for each in said[1:]) == [1, 2, 3]
    with reading() as session:
        acts = session.scalars(select(AuditEntry.act).where(AuditEntry.act.startswith("webhook."))).all()
    assert sorted(acts) == ["webhook.resume", "webhook.set", "webhook.stop", "webhook.test", "webhook.test"]


def test_both_secrets_are_good_for_a_day_after_a_rotation(
    database: Database, project: Project, receiver: Receiver, at: time_machine.Traveller
) -> None:
    with transaction() as session:
        webhooks.rotate(session, project.created_by, project.id, NOW)
    send_test(project)
    at.shift(rules.OVERLAP)
    send_test(project)
    good = [
        [verified(secret(database, project, n), headers, body) for n in (1, 2)] for _, headers, body in receiver.got
    ]
    assert good == [[True, True], [False, True]]


def test_what_is_switched_off_or_removed_is_told_nothing(project: Project, receiver: Receiver) -> None:
    fail_one(project)
    with transaction() as session:
        webhooks.switch(session, project.created_by, project.id, False, NOW)
        with pytest.raises(Conflict, match="switched off"):
            webhooks.send_test(session, project.created_by, project.id, NOW)
    fail_one(project)
    assert do_jobs() == 1 and receiver.got == []
    with transaction() as session:
        webhooks.switch(session, project.created_by, project.id, True, NOW)
    fail_one(project)
    with transaction() as session:
        webhooks.remove(session, project.created_by, project.id, NOW)
    assert do_jobs() == 1 and receiver.got == []
    with reading() as session:
        for model in (Webhook, WebhookMessage, WebhookAttempt):
            assert session.scalar(select(func.count()).select_from(model)) == 0
    with pytest.raises(Missing), transaction() as session:
        webhooks.rotate(session, project.created_by, project.id, NOW)


def test_another_address_keeps_the_secret_and_must_be_allowed(
    project: Project, receiver: Receiver, authority: Authority
) -> None:
    way, before = receiver.way(authority), hook_of(project)
    with transaction() as session:
        for url in ("https://elsewhere.example.org/", "http://127.0.0.1/", "https://[::1]/"):
            with pytest.raises(Invalid) as wrong:
                webhooks.set_address(session, project.created_by, project.id, url, way, NOW)
            assert [each.field for each in wrong.value.problems] == ["url"]
        hook, fresh = webhooks.set_address(session, project.created_by, project.id, f"{receiver.url}&b", way, NOW)
    assert (hook.id, hook.secret_number, fresh) == (before.id, 1, False)


def test_a_host_that_is_allowed_no_more_is_told_nothing(
    project: Project, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send_webhook, "way_out", lambda settings: settings.egress)
    send_test(project)
    with reading() as session:
        (told,) = webhooks.attempts(session, hook_of(project))
    assert not told.fine and "sends nothing out" in told.words and receiver.got == []


def test_what_was_told_long_ago_is_forgotten(
    database: Database, project: Project, receiver: Receiver, at: time_machine.Traveller
) -> None:
    send_test(project)
    at.shift(rules.KEPT)
    schedule.purge()
    assert states() == {"sent": 1}
    at.shift(1)
    schedule.purge()
    assert states() == {}


def test_a_job_that_is_cut_off_each_time_gives_the_message_up(project: Project, receiver: Receiver) -> None:
    fail_one(project)
    with transaction() as session:
        job = session.scalars(select(Job)).one()
        job.state, job.attempt, job.lease_until = JobState.RUNNING, worker.ATTEMPTS, NOW - timedelta(seconds=1)
    worker.sweep()
    assert states() == {MessageState.GIVEN_UP.value: 1}


def test_the_secrets_file_is_its_owners_alone(database: Database) -> None:
    made = Storage(database.settings.folder)
    assert made.webhook_secret() == made.webhook_secret() != made.secret()
    assert (database.settings.folder / "webhooks" / "secret").stat().st_mode & 0o077 == 0
