"""A real https server on this machine, with a certificate authority that was made a moment ago."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from labeler.clock import now
from labeler.egress.fetcher import Egress

HOST = "hooks.example.org"
"""A name for the server; tests say to which addresses it leads."""


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey, issuer: str, ca: bool
) -> x509.Certificate:
    def called(words: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, words)])

    made = (
        x509.CertificateBuilder()
        .subject_name(called(name))
        .issuer_name(called(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=3650))
        .not_valid_after(now() + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
    )
    if ca:
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        return made.add_extension(usage, critical=True).sign(by, hashes.SHA256())
    return made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False).sign(
        by, hashes.SHA256()
    )


class Authority:
    """Signs certificates that only a test believes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        own = _certificate("A test's authority", self._key, self._key, "A test's authority", ca=True)
        self._own = own.public_bytes(Encoding.PEM).decode()

    def trust(self) -> ssl.SSLContext:
        """What whoever believes this authority alone uses."""
        return ssl.create_default_context(cadata=self._own)

    def serving(self, name: str = HOST) -> ssl.SSLContext:
        """What a server of this name uses."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _certificate(name, key, self._key, "A test's authority", ca=False)
        path = self._folder / f"{name}.pem"
        path.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


@dataclass
class Receiver:
    """A server that remembers what it was sent. `answer` gives the status for each request, or acts by itself."""

    port: int = 0
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answer: Callable[[Any], int | None] = lambda _: 204

    def way(self, authority: Authority, resolve: Callable[[str, int], list[str]] | None = None, **more: Any) -> Egress:
        """A way out that leads only here."""
        return Egress(
            frozenset({(HOST, self.port)}), resolve=resolve or (lambda *_: ["127.0.0.1"]), trust=authority.trust,
            loopback=True, **more,
        )  # fmt: skip

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.port}/labels?from=here"


@contextmanager
def receiving(context: ssl.SSLContext | None, port: int = 0) -> Iterator[Receiver]:
    """A server on loopback, on a free port or on this one; without a context it speaks plain HTTP."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            status = receiver.answer(self)
            if status is not None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()
            self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            pass  # a client that hangs up is what some tests are about

    server = Server(("127.0.0.1", port), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
