"""What the tests of the API share."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from labeler.exports import service
from tests.support.database import Database

if TYPE_CHECKING:
    from flask import Flask

from tests.api.calls import Script


@pytest.fixture
def script(app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch) -> Script:
    """A key with every scope. Jobs of this installation can be run in the test, and exports are read at once."""
    monkeypatch.setattr(service, "SETTLE", timedelta(0))
    for name, value in database.environment.items():
        monkeypatch.setenv(name, value)
    return Script(app)
