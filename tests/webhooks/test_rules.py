"""What is sent is signed as Standard Webhooks has it, by secrets that no table keeps."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson

from labeler.webhooks import rules

HOOK, MESSAGE = UUID(int=7), UUID("0199c2a4-7a4f-7c3e-8000-0123456789ab")
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def verified(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As a receiver does it, written from the published rules alone."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = ".".join([headers["webhook-id"], headers["webhook-timestamp"], body.decode()])
    wanted = base64.b64encode(hmac.new(key, signed.encode(), hashlib.sha256).digest()).decode()
    return any(each == f"v1,{wanted}" for each in headers["webhook-signature"].split(" "))


def test_a_receiver_can_tell_who_sent_it_and_that_nothing_was_changed() -> None:
    key, other = rules.secret(b"r" * 32, HOOK, 1), rules.secret(b"r" * 32, HOOK, 2)
    sent = rules.body("export.done", AT, {"number": 3})
    headers = rules.headers(MESSAGE, sent, [key], AT)
    assert headers["webhook-id"] == "msg_0199c2a47a4f7c3e80000123456789ab"
    assert headers["webhook-timestamp"] == "1772442000"
    assert verified(rules.shown(key), headers, sent)
    assert not verified(rules.shown(other), headers, sent)
    assert not verified(rules.shown(key), headers, sent + b" ")
    assert not verified(rules.shown(key), {**headers, "webhook-timestamp": "1772442001"}, sent)
    both = rules.headers(MESSAGE, sent, [other, key], AT)
    assert verified(rules.shown(key), both, sent) and verified(rules.shown(other), both, sent)


def test_the_receiver_of_these_tests_takes_the_published_example() -> None:
    # the test that the reference libraries of standard-webhooks share
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    assert verified("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", headers, b'{"test": 2432232314}')


def test_the_body_is_the_same_bytes_each_time_and_has_its_moment() -> None:
    sent = rules.body("export.done", AT, {"project": "bread"})
    assert sent == rules.body("export.done", AT, {"project": "bread"})
    assert orjson.loads(sent) == {
        "type": "export.done",
        "timestamp": "2026-03-02T09:00:00Z",
        "data": {"project": "bread"},
    }


def test_every_webhook_and_every_number_has_a_secret_of_its_own() -> None:
    made = {
        rules.secret(root, hook, number)
        for root in (b"r" * 32, b"s" * 32)
        for hook in (HOOK, UUID(int=8))
        for number in (1, 2)
    }
    assert len(made) == 8 and {len(each) for each in made} == {32}


def test_the_old_secret_signs_beside_the_new_one_for_a_day() -> None:
    until = AT + rules.OVERLAP
    assert rules.numbers_now(1, None, AT) == (1,)
    assert rules.numbers_now(2, until, until - timedelta(seconds=1)) == (2, 1)
    assert rules.numbers_now(2, until, until) == (2,)
