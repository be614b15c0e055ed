"""The one way out, over real connections: names that lead inside, servers that lie, dawdle, redirect or never end."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from labeler.egress import fetcher
from labeler.egress.fetcher import Egress, Failed
from labeler.egress.rules import Closed
from tests.support.https import HOST, Authority, Receiver, receiving

Way = Callable[..., Egress]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def receiver(authority: Authority) -> Iterator[Receiver]:
    with receiving(authority.serving()) as made:
        yield made


def post(way: Egress, url: str) -> fetcher.Answer:
    return way.post(url, b'{"a":1}', {"Content-Type": "application/json"})


def test_it_is_sent_to_the_address_under_the_name(receiver: Receiver, authority: Authority) -> None:
    answer = post(receiver.way(authority), receiver.url)
    assert (answer.status, answer.fine, answer.body) == (204, True, b"")
    ((path, headers, body),) = receiver.got
    assert (path, body, headers["host"]) == ("/labels?from=here", b'{"a":1}', f"{HOST}:{receiver.port}")
    assert not headers.keys() & {"cookie", "authorization", "referer"}


@pytest.mark.parametrize(
    "found",
    [["127.0.0.1"], ["::1"], ["169.254.169.254"], ["10.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:127.0.0.1"]],
    ids=str,
)
def test_a_name_that_leads_inside_is_never_asked(receiver: Receiver, authority: Authority, found: list[str]) -> None:
    way = replace(receiver.way(authority, lambda *_: found), loopback=False)
    with pytest.raises(Closed, match="not of the open internet"):
        post(way, receiver.url)
    assert receiver.got == []


def test_that_tests_may_use_loopback_opens_nothing_else(receiver: Receiver, authority: Authority) -> None:
    for inside in ("10.0.0.1", "169.254.169.254", "fe80::1", "::ffff:127.0.0.1"):
        with pytest.raises(Closed):
            post(receiver.way(authority, lambda *_, inside=inside: [inside]), receiver.url)  # type: ignore[misc]


def test_a_name_is_looked_up_once(receiver: Receiver, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, went = [], []

    def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["8.8.8.8"] if len(asked) == 1 else ["127.0.0.1"]

    def connect(addresses: list[str], _port: int, _until: float) -> socket.socket:
        went.append(addresses)
        raise ConnectionRefusedError

    monkeypatch.setattr(fetcher, "_connect", connect)
    with pytest.raises(Failed, match="could not be reached"):
        post(replace(receiver.way(authority, rebinding), loopback=False), receiver.url)
    assert (asked, went, receiver.got) == ([HOST], [["8.8.8.8"]], [])


def test_a_redirect_is_not_followed(receiver: Receiver, authority: Authority) -> None:
    def away(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(307)
        handler.send_header("Location", f"https://{HOST}:{receiver.port}/inside")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    receiver.answer = away
    answer = post(receiver.way(authority), receiver.url)
    assert (answer.status, answer.fine, len(receiver.got)) == (307, False, 1)


@pytest.mark.parametrize("how", ["says nothing", "dawdles with its head", "dawdles with its body"])
def test_all_of_it_has_its_time(
    receiver: Receiver, authority: Authority, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(fetcher, "SECONDS", 0.4)
    ended = threading.Event()

    def slow(handler: BaseHTTPRequestHandler) -> None:
        if how == "says nothing":
            ended.wait(3)
            return
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"" if "head" in how else b"\r\n"))
        while not ended.wait(0.05):
            handler.wfile.write(b"X: y\r\n" if "head" in how else b"y")

    receiver.answer = slow
    began = time.monotonic()
    with pytest.raises(Failed, match=r"within 0\.4 seconds"):
        post(receiver.way(authority), receiver.url)
    ended.set()
    assert time.monotonic() - began < 2


def test_a_look_up_that_takes_long_is_left_alone(
    receiver: Receiver, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetcher, "SECONDS", 0.1)
    ended = threading.Event()

    def slow(*_: object) -> list[str]:
        ended.wait(3)
        return ["127.0.0.1"]

    with pytest.raises(Failed, match="did not answer"):
        post(receiver.way(authority, slow), receiver.url)
    ended.set()


def test_an_answer_without_end_is_read_in_part(
    receiver: Receiver, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetcher, "MOST_BYTES", 100_000)
    sent = []

    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(1000):
            handler.wfile.write(b"y" * 65_536)
            sent.append(65_536)

    receiver.answer = endless
    with pytest.raises(Failed, match="longer than"):
        post(receiver.way(authority), receiver.url)
    assert sum(sent) < 30_000_000


def test_a_certificate_of_another_name_or_authority_is_not_believed(authority: Authority, tmp_path: Path) -> None:
    with receiving(authority.serving("other.example.org")) as other:
        with pytest.raises(Failed, match="can't be believed"):
            post(other.way(authority), other.url)
        assert other.got == []
    with receiving(Authority(tmp_path).serving()) as stranger:
        for way in (stranger.way(authority), replace(stranger.way(authority), trust=Egress().trust)):
            with pytest.raises(Failed, match="can't be believed"):
                post(way, stranger.url)
        assert stranger.got == []


def test_a_server_without_tls_or_without_life_is_told_of(authority: Authority) -> None:
    with receiving(None) as plain:
        with pytest.raises(Failed, match="does not speak TLS"):
            post(plain.way(authority), plain.url)
        way, url = plain.way(authority), plain.url
    with pytest.raises(Failed, match=r"could not be reached \(ConnectionRefusedError\)"):
        post(way, url)
    with pytest.raises(Failed, match="There is no address"):
        post(replace(way, resolve=lambda *_: []), url)


def test_a_line_cannot_be_slipped_into_a_header(receiver: Receiver, authority: Authority) -> None:
    with pytest.raises(ValueError, match="Invalid header value"):
        receiver.way(authority).post(receiver.url, b"", {"X-A": "b\r\nX-C: d"})
    assert receiver.got == []


def test_proxies_of_the_surroundings_are_not_used(
    receiver: Receiver, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert post(receiver.way(authority), receiver.url).fine


@pytest.mark.parametrize("opens", [True, False])
def test_the_operators_proxy_is_asked_by_name_and_held_to_the_certificate(
    receiver: Receiver, authority: Authority, opens: bool
) -> None:
    heard = []
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def proxy() -> None:
            inner, _ = listening.accept()
            with inner:
                heard.append(inner.recv(4096))
                if not opens:
                    inner.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
                    return
                inner.sendall(b"HTTP/1.1 200 Established\r\n\r\n")
                with socket.create_connection(("127.0.0.1", receiver.port)) as outer:
                    back = threading.Thread(target=pump, args=(outer, inner))
                    back.start()
                    pump(inner, outer)
                    back.join()

        def pump(one: socket.socket, other: socket.socket) -> None:
            try:
                while piece := one.recv(65_536):
                    other.sendall(piece)
                other.shutdown(socket.SHUT_WR)
            except OSError:
                pass

        serving = threading.Thread(target=proxy, daemon=True)
        serving.start()
        asked: list[str] = []

        def resolve(host: str, _port: int) -> list[str]:
            asked.append(host)
            return ["127.0.0.1"]

        way = receiver.way(authority, resolve, proxy=("proxy.internal", listening.getsockname()[1]))
        if opens:
            assert post(replace(way, loopback=False), receiver.url).fine
        else:
            with pytest.raises(Failed, match="opens no way"):
                post(way, receiver.url)
        serving.join(3)
    assert asked == ["proxy.internal"], "the name itself is the proxy's to look up"
    assert re.match(rb"CONNECT hooks\.example\.org:\d+ HTTP/1\.1\r\n", heard[0])
