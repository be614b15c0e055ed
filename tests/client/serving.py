"""Servers on this machine, for what speaks to one over a real connection."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from werkzeug.serving import make_server

if TYPE_CHECKING:
    from flask import Flask


@contextmanager
def listening(server: Any) -> Iterator[str]:
    """A server on this machine; its address."""
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The application; its address. Each reply is whole, and the database let go, before its first byte is sent."""

    def buffered(environ: Any, start: Any) -> list[bytes]:
        made = app.wsgi_app(environ, start)
        try:
            return list(made)
        finally:
            getattr(made, "close", lambda: None)()

    server = make_server("127.0.0.1", 0, buffered, threaded=True)
    server.log = lambda *_: None  # type: ignore[method-assign]
    with listening(server) as url:
        yield url
