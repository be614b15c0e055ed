"""A wire that loses replies: the server has answered, and nobody hears it."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from select import select

PIECE = 65536


@dataclass
class Wire:
    """A listening port in front of a server. A share of the replies to writes does not arrive."""

    port: int
    server: int
    share: float
    dice: random.Random
    lost: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def carry(self, client: socket.socket) -> None:
        """One connection, until either side hangs up or a reply is lost."""
        server = socket.create_connection(("127.0.0.1", self.server))
        losing = False
        with client, server, suppress(OSError):
            while True:
                readable, _, _ = select([client, server], [], [], 60)
                if client in readable:
                    data = client.recv(PIECE)
                    if data.startswith((b"POST /assignments/", b"POST /work/next", b"POST /api/")):
                        losing = self._draw()
                    if not data:
                        return
                    server.sendall(data)
                elif server in readable:
                    data = server.recv(PIECE)  # the first byte comes once the transaction is over
                    if not data:
                        return
                    if losing:
                        client.sendall(data[: self.dice.choice((0, 8))])
                        return
                    client.sendall(data)
                else:
                    return

    def _draw(self) -> bool:
        with self._lock:
            losing = self.dice.random() < self.share
            self.lost += losing
            return losing


@contextmanager
def losing(server: int, share: float, seed: int = 1) -> Iterator[Wire]:
    """A wire to the server at this port that loses this share of replies."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    wire = Wire(listener.getsockname()[1], server, share, random.Random(seed))

    def accept() -> None:
        with suppress(OSError):  # closed: the test is over
            while True:
                client, _ = listener.accept()
                threading.Thread(target=wire.carry, args=(client,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield wire
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
