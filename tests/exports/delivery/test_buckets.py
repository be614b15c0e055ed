"""Delivering to a bucket, against a real S3 server in a process of its own; odd answers come from one of ours."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import obstore
import pytest
from obstore.store import S3Store

from labeler.errors import Conflict, NotNow
from labeler.exports.delivery import s3 as buckets
from labeler.exports.delivery import sending
from labeler.exports.delivery.destinations import BucketPlace
from labeler.exports.delivery.files import LAST, File
from tests.client.serving import listening
from tests.exports.delivery.conftest import CONTENT, Quiet, S3Server, published
from tests.exports.delivery.relay import wire


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BREAD_ID", "bread")
    monkeypatch.setenv("BREAD_SECRET", "a long secret of ours")
    # variables with common names lead elsewhere, and must not be followed
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of somebody else")


def place_at(url: str, bucket: str = "datasets") -> BucketPlace:
    return BucketPlace.model_validate(
        {
            "name": "lake", "kind": "s3", "bucket": bucket, "prefix": "sets", "endpoint": url, "allow_http": True,
            "access_key_id": {"env": "BREAD_ID"}, "secret_access_key": {"env": "BREAD_SECRET"},
        }
    )  # fmt: skip


def reader(place: BucketPlace) -> S3Store:
    return buckets._opened(place)


def lying(place: BucketPlace) -> dict[str, bytes]:
    store = reader(place)
    found = [each["path"] for some in obstore.list(store) for each in some]
    return {path: bytes(obstore.get(store, path).bytes()) for path in found}


def content(files: list[File]) -> dict[str, bytes]:
    return {f"sets/bread-v1/{file.path}": file.source.read_bytes() for file in files}


def test_all_of_it_arrives_and_a_second_delivery_sends_nothing(s3: S3Server, parcel: list[File]) -> None:
    place, told = place_at(s3.url), Quiet()
    assert sending.send(place, "bread-v1", parcel, told, published) == "s3://datasets/sets/bread-v1"
    assert lying(place) == content(parcel)
    assert (told.there, told.bytes) == ([*sorted(CONTENT), *LAST], sum(file.size for file in parcel))
    again = Quiet()
    sending.send(place, "bread-v1", parcel, again, published)
    assert (again.there, again.bytes) == (told.there, 0)
    assert sending.check(place) == "can be written to, read and listed."
    assert lying(place) == content(parcel)


def test_a_large_file_goes_in_parts_and_appears_whole(
    s3: S3Server, made: Callable[[dict[str, bytes]], list[File]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buckets, "PART", 5 << 20)  # the smallest that S3 allows
    large = b"0123456789abcdef" * (11 << 16)  # 11 MB: three parts
    files, place = made({**CONTENT, "data/large.parquet": large}), place_at(s3.url)

    class Cut(Exception):
        pass

    class Cutting(Quiet):
        def alive(self, more: int = 0) -> None:
            super().alive(more)
            if self.bytes > 8 << 20:
                raise Cut

    with pytest.raises(Cut):
        sending.send(place, "bread-v1", files, Cutting(), published)
    assert "sets/bread-v1/data/large.parquet" not in lying(place)
    told = Quiet()
    sending.send(place, "bread-v1", files, told, published)
    assert lying(place) == content(files)
    assert told.bytes < sum(file.size for file in files), "what was there was not sent again"


@pytest.mark.parametrize("beside", [True, False])
def test_another_object_is_never_overwritten(s3: S3Server, parcel: list[File], beside: bool) -> None:
    place = place_at(s3.url)
    theirs = b"# Broad\n"
    said = {"sha256": hashlib.sha256(theirs).hexdigest()} if beside else None
    obstore.put(reader(place), "sets/bread-v1/README.md", theirs, attributes=said)
    with pytest.raises(Conflict, match=r"something else already: README\.md. Nothing there was changed"):
        sending.send(place, "bread-v1", parcel, Quiet(), published)
    assert lying(place) == {"sets/bread-v1/README.md": theirs}


def test_the_same_object_of_another_program_is_not_sent_again(s3: S3Server, parcel: list[File]) -> None:
    place, told = place_at(s3.url), Quiet()
    obstore.put(reader(place), "sets/bread-v1/README.md", CONTENT["README.md"])
    sending.send(place, "bread-v1", parcel, told, published)
    assert told.bytes == sum(file.size for file in parcel) - len(CONTENT["README.md"])


def test_an_object_that_lies_about_its_content_is_found_out_at_the_end(s3: S3Server, parcel: list[File]) -> None:
    place = place_at(s3.url)
    said = {"sha256": hashlib.sha256(CONTENT["README.md"]).hexdigest()}
    obstore.put(reader(place), "sets/bread-v1/README.md", b"# Broad\n", attributes=said)
    with pytest.raises(Conflict, match=r"README\.md at .* does not hold what was sent"):
        sending.send(place, "bread-v1", parcel, Quiet(), published)


def test_an_object_that_comes_in_between_is_not_overwritten(s3: S3Server, parcel: list[File]) -> None:
    place = place_at(s3.url)

    def come_in(file: File) -> None:
        obstore.put(reader(place), f"sets/bread-v1/{LAST[0]}", b"theirs")

    with pytest.raises(Conflict, match=r"something else already: manifest\.json"):
        sending.send(place, "bread-v1", parcel, Quiet(come_in), published)
    assert lying(place)[f"sets/bread-v1/{LAST[0]}"] == b"theirs"


def test_a_bucket_that_is_not_there_and_credentials_that_are_refused_are_told(s3: S3Server, parcel: list[File]) -> None:
    nowhere = place_at(s3.url, bucket="nowhere")
    for attempt in (lambda: sending.check(nowhere), lambda: sending.send(nowhere, "v", parcel, Quiet(), published)):
        with pytest.raises(Conflict, match="There is no bucket nowhere at lake"):
            attempt()
    s3.ask("POST", "/moto-api/reset-auth", b"0")
    with pytest.raises(Conflict, match=r"credentials of lake are refused \(InvalidAccessKeyId\)") as refused:
        sending.send(place_at(s3.url), "bread-v1", parcel, Quiet(), published)
    assert "a long secret" not in str(refused.value)


def test_a_server_that_goes_away_in_the_middle_is_waited_for(s3: S3Server, parcel: list[File]) -> None:
    place = place_at(s3.url)
    with wire(s3.port) as between:  # cut after the second file; the server behind it keeps what it has

        def cut(file: File) -> None:
            if file.path.startswith("data/"):
                between.cut()

        with pytest.raises(NotNow, match="lake cannot be reached at the moment"):
            sending.send(place_at(between.url), "bread-v1", parcel, Quiet(cut), published)
    there = lying(place)
    assert sorted(there) == ["sets/bread-v1/README.md", "sets/bread-v1/data/judgments.parquet"]
    told = Quiet()
    sending.send(place, "bread-v1", parcel, told, published)
    assert lying(place) == content(parcel)
    assert told.bytes == sum(file.size for file in parcel) - sum(map(len, there.values()))


@contextmanager
def answering(status: int, code: str) -> Iterator[str]:
    """A server that says the same to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>bread</Message></Error>".encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    with listening(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as address:
        yield address


@pytest.mark.parametrize(
    ("status", "code", "sort", "words"),
    [
        (400, "ExpiredToken", Conflict, r"have run out \(ExpiredToken\)"),
        (403, "SignatureDoesNotMatch", Conflict, "are refused"),
        (403, "AccessDenied", Conflict, "do not allow this in the bucket datasets"),
        (403, "SomethingNew", Conflict, "do not allow this in the bucket datasets"),
        (503, "SlowDown", NotNow, "It answered SlowDown"),
    ],
)
def test_what_a_store_answers_is_told_in_words(
    parcel: list[File], status: int, code: str, sort: type[Exception], words: str
) -> None:
    with answering(status, code) as url, pytest.raises(sort, match=words):
        sending.send(place_at(url), "bread-v1", parcel, Quiet(), published)


def test_without_credentials_no_request_is_made(parcel: list[File], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BREAD_SECRET")
    with pytest.raises(Conflict, match="BREAD_SECRET is not set for the worker"):
        sending.send(place_at("http://127.0.0.1:9"), "bread-v1", parcel, Quiet(), published)
