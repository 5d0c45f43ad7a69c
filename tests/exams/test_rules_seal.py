"""The seal of a handed-in attempt."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.exams.rules.attempt import Answer, Rev
from portal.exams.rules.seal import canonical, seal, verify

SECRET = b"a secret of the tests"
SHEET = {
    10: Answer(Rev(1, 12), ("六十日", "15")),
    2: Answer(Rev(2, 9), ("0", "2")),
    1: Answer(Rev(1, 3), ()),
}
GOLDEN = b'["exam-attempt-answers-1",12,[[1,1,3,[]],[2,2,9,["0","2"]],[10,1,12,["\\u516d\\u5341\\u65e5","15"]]]]'


def test_the_bytes_that_are_sealed_never_change() -> None:
    assert canonical(12, SHEET) == GOLDEN
    assert seal(SECRET, 12, SHEET) == hmac.new(SECRET, GOLDEN, hashlib.sha256).hexdigest()
    assert seal(SECRET, 12, SHEET) == "8af8c4a8362e60c83bd6a56ac5aa397b2183a2cdd071f776923d560fc6c19618"


def test_the_order_in_which_rows_come_does_not_matter() -> None:
    assert canonical(12, dict(reversed(SHEET.items()))) == canonical(12, SHEET)


sheets = st.dictionaries(
    st.integers(1, 9),
    st.builds(
        Answer,
        st.builds(Rev, st.integers(0, 9), st.integers(0, 9)),
        st.lists(st.text(max_size=3), max_size=3).map(tuple),
    ),
    max_size=4,
)


@given(one=sheets, other=sheets)
def test_two_sheets_have_the_same_bytes_only_if_they_are_the_same(
    one: dict[int, Answer], other: dict[int, Answer]
) -> None:
    assert (canonical(1, one) == canonical(1, other)) == (one == other)


@given(sheet=sheets)
def test_a_seal_verifies_and_any_change_breaks_it(sheet: dict[int, Answer]) -> None:
    sealed = seal(SECRET, 12, sheet)
    assert verify(SECRET, 12, sheet, sealed)
    assert not verify(SECRET, 13, sheet, sealed)
    assert not verify(b"another", 12, sheet, sealed)
    assert not verify(SECRET, 12, sheet | {99: Answer(Rev(1, 1), ("0",))}, sealed)
    assert not verify(SECRET, 12, sheet, "封条" + sealed)


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="secret"):
        seal(b"", 12, SHEET)
