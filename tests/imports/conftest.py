"""What the tests of imports share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from portal.jobs.store import store
from tests.support.imports import Site


@pytest.fixture
def site(live_app: Flask) -> Iterator[Site]:
    yield Site(live_app)
    with live_app.app_context():
        store().engine.dispose()
