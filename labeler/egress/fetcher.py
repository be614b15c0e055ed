"""The one way out: every request that the product makes to somebody else's server goes through here.

Off until the operator names hosts (`LABELER_EGRESS_HOSTS`). What a person writes into a form may be an address inside
our own network, or a name that leads there; so a name is looked up once, every address it has must be public, and the
connection goes to the very address that was looked at, with the certificate of the name. No redirect is followed, no
cookie, credential or proxy of the surroundings is used, all of it takes five seconds, and of an answer ten megabytes
are read.
"""

from __future__ import annotations

import http.client
import io
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import IPv4Address, ip_address
from typing import Any

from labeler.egress.rules import Closed, Target, is_public, target

SECONDS = 5.0
"""For all of it: the look-up, the connection, the request and the answer."""
MOST_BYTES = 10 * 1024 * 1024
"""Of an answer."""


class Failed(Exception):
    """The address was asked, or should have been, and there is no answer that can be used."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. A redirect is an answer like any other."""

    status: int
    body: bytes

    @property
    def fine(self) -> bool:
        """Whether the other side says that it is done."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


def look_up(host: str, port: int) -> list[str]:
    """Every address of a name, as the system knows them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def _default_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@dataclass(frozen=True, slots=True)
class Egress:
    """Who may be asked, and through what. `hosts` empty: nobody.

    `proxy` (host, port) is the operator's own forward proxy. It then looks names up and has the last word about
    addresses; list of hosts, certificate, time and size are held here all the same.
    The other three are for tests: `resolve` looks names up, `trust` makes the certificates that are believed, and
    `loopback` lets names lead to this machine. No setting reaches them.
    """

    hosts: frozenset[tuple[str, int]] = frozenset()
    proxy: tuple[str, int] | None = None
    resolve: Callable[[str, int], list[str]] = look_up
    trust: Callable[[], ssl.SSLContext] = field(default=_default_context, repr=False)
    loopback: bool = False

    def target(self, url: str) -> Target:
        """What an address names, when it may be asked; nothing is sent or looked up. Raises Closed."""
        return target(url, self.hosts)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send something, and read what comes back. Raises Closed before anything is sent, and Failed."""
        aim, until = self.target(url), time.monotonic() + SECONDS
        line = self._open(aim, until)
        # The name is the request's Host; that the connection is there already keeps http.client from making its own.
        connection = http.client.HTTPConnection(aim.host, aim.port)
        connection.sock = line
        try:
            said = {"Host": aim.authority, "User-Agent": "labeler", "Accept-Encoding": "identity", **headers}
            connection.putrequest("POST", aim.path, skip_host=True, skip_accept_encoding=True)
            for name, value in {**said, "Content-Length": str(len(body)), "Connection": "close"}.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            with connection.getresponse() as reply:
                read = reply.read(MOST_BYTES + 1)
                if len(read) > MOST_BYTES:
                    raise Failed(f"The answer is longer than {MOST_BYTES:,} bytes.")
                return Answer(reply.status, read)
        except TimeoutError:
            raise Failed(f"There was no whole answer within {SECONDS:g} seconds.") from None
        except (OSError, http.client.HTTPException) as error:
            raise Failed(f"The connection broke off ({type(error).__name__}).") from None
        finally:
            connection.close()
            line.end()

    def _open(self, aim: Target, until: float) -> _Line:
        try:
            if self.proxy is not None:
                raw = _connect(self._addresses(*self.proxy, until), self.proxy[1], until)
                _tunnel(raw, aim, until)
            else:
                raw = _connect(self._public(aim, until), aim.port, until)
        except TimeoutError:
            raise Failed(f"{aim.authority} did not answer within {SECONDS:g} seconds.") from None
        except OSError as error:
            raise Failed(f"{aim.authority} could not be reached ({type(error).__name__}).") from None
        try:
            raw.settimeout(_left(until))
            return _Line(self.trust().wrap_socket(raw, server_hostname=aim.host), until)
        except ssl.SSLCertVerificationError:
            raw.close()
            raise Failed(f"The certificate of {aim.host} can't be believed: it is another name's, old, or of an "
                         "authority that is not known.") from None  # fmt: skip
        except OSError as error:
            raw.close()
            raise Failed(f"{aim.authority} does not speak TLS as it should ({type(error).__name__}).") from None

    def _public(self, aim: Target, until: float) -> list[str]:
        """The addresses of a host, looked up once. Raises Closed when any of them is not public."""
        found = self._addresses(aim.host, aim.port, until)
        for each in found:
            if not is_public(each) and not (self.loopback and ip_address(each).is_loopback):
                raise Closed(f"{aim.host} leads to an address that is not of the open internet, so it is not asked.")
        return found

    def _addresses(self, host: str, port: int, until: float) -> list[str]:
        """The addresses of a name. The system's look-up knows no time limit, so it is left alone when it takes long."""
        found: list[list[str]] = []

        def ask() -> None:
            try:
                found.append(self.resolve(host, port))
            except (OSError, UnicodeError):
                found.append([])

        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        asking.join(_left(until))
        if not found:
            raise TimeoutError
        if not found[0]:
            raise Failed(f"There is no address for {host}. Is its name spelt right?")
        return found[0]


class _Line:
    """A connection whose every step gets only the time that is left of the whole; as much of a socket as is needed."""

    def __init__(self, connected: socket.socket, until: float) -> None:
        self._socket, self._until = connected, until

    def sendall(self, data: Any) -> None:
        self._socket.settimeout(_left(self._until))
        self._socket.sendall(data)

    def makefile(self, _mode: str = "rb", *_: Any) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._socket, self._until))

    def close(self) -> None:
        pass  # http.client lets go of it when it has the head of an answer; the rest is still to be read

    def end(self) -> None:
        self._socket.close()


class _Reader(io.RawIOBase):
    def __init__(self, connected: socket.socket, until: float) -> None:
        super().__init__()
        self._socket, self._until = connected, until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._socket.settimeout(_left(self._until))
        return self._socket.recv_into(buffer)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _connect(addresses: list[str], port: int, until: float) -> socket.socket:
    """A connection to the first of these addresses that answers; to nothing else. Raises OSError."""
    last: OSError = ConnectionError()
    for each in addresses:
        known = ip_address(each)
        family = socket.AF_INET if isinstance(known, IPv4Address) else socket.AF_INET6
        made = socket.socket(family, socket.SOCK_STREAM)
        try:
            made.settimeout(_left(until))
            made.connect((each, port))
        except OSError as error:
            made.close()
            last = error
        else:
            return made
    raise last


def _tunnel(raw: socket.socket, target: Target, until: float) -> None:
    """Ask the operator's proxy for a way to the host. Raises OSError, Failed."""
    raw.settimeout(_left(until))
    where = f"{target.host}:{target.port}"
    raw.sendall(f"CONNECT {where} HTTP/1.1\r\nHost: {where}\r\n\r\n".encode("ascii"))
    said = b""
    while b"\r\n\r\n" not in said:
        raw.settimeout(_left(until))
        piece = raw.recv(1)  # not a byte more than its answer: what follows is the other side's
        said += piece
        if not piece or len(said) > 8192:
            break
    if not re.match(rb"HTTP/1\.[01] 200[ \r]", said) or not said.endswith(b"\r\n\r\n"):
        raw.close()
        raise Failed(f"The operator's proxy opens no way to {target.authority}.")
