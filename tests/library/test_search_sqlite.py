"""Search on SQLite."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from portal.extensions import set_writing
from tests.library import search_contract as contract
from tests.support.library import law, put


@pytest.fixture
def writer(session):
    """The session of the rolled-back database, about to write."""
    set_writing(True)
    return session()


def test_search_equals_brute_force(writer) -> None:
    contract.equals_brute_force(writer)


def test_search_equals_brute_force_on_real_laws(writer) -> None:
    laws = Path(os.environ.get("PORTAL_SHARED", "")) / "data" / "laws"
    if not os.environ.get("PORTAL_SHARED"):
        pytest.skip("PORTAL_SHARED is not set")
    contract.finds_in_real_laws(writer, laws)


def test_long_texts_are_exact(writer) -> None:
    contract.long_texts_are_exact(writer)


def test_the_best_comes_first(writer) -> None:
    assert contract.ranks(writer) == contract.ORDER


def test_filters(writer) -> None:
    contract.narrows(writer)


def test_a_digest_is_searched_until_the_text_comes(writer) -> None:
    put(writer, law("信访法", "要点：妥善办理。"), is_digest=True)
    assert contract.search(writer, "妥善办理", contract.TODAY).total == 1
    put(writer, law("信访法", "原文：及时处理。"))
    assert contract.search(writer, "妥善办理", contract.TODAY).total == 0
    contract.agree(writer, "处理")
