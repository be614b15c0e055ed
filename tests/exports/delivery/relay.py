"""A wire to a server that can be cut, and held: what is not there yet then never comes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

PIECE = 65536


@dataclass
class Wire:
    """A listening port in front of a server; `seen` hears every piece that a client sends."""

    listener: socket.socket
    server: int
    seen: Callable[[bytes], None]
    ends: list[socket.socket] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        with suppress(OSError):  # cut
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.server))
                self.ends += [client, server]
                threading.Thread(target=self._carry, args=(client, server, self.seen), daemon=True).start()
                threading.Thread(target=self._carry, args=(server, client, lambda _: None), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, seen: Callable[[bytes], None]) -> None:
        with suppress(OSError):
            while data := source.recv(PIECE):
                seen(data)
                target.sendall(data)

    def cut(self) -> None:
        for each in (self.listener, *self.ends):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@contextmanager
def wire(server: int, seen: Callable[[bytes], None] = lambda _: None) -> Iterator[Wire]:
    """A wire to the server at this port of loopback."""
    made = Wire(socket.create_server(("127.0.0.1", 0), backlog=64), server, seen)
    thread = threading.Thread(target=made.serve, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.cut()
        thread.join()
