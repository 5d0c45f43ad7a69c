"""What the tests of pages that are kept share."""

from __future__ import annotations

import pytest
from itsdangerous.timed import TimestampSigner

from portal.core import clock
from portal.web import pages

PRINTED = "the moment of this test"


@pytest.fixture
def one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time that may pass between two loads of a page leaves no trace in it.

    A token bears the second in which it was signed, and the head of what is printed bears the minute.
    """
    moment = int(clock.now().timestamp())
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _signer: moment)
    monkeypatch.setattr(pages, "PRINTED", PRINTED)
