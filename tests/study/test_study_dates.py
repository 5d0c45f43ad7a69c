"""Dates of ledgers: as people write them, as sheets hold them, and back."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.study.rules.dates import long_date, parse_date, written_date
from portal.study.rules.session import Precision, span


@pytest.mark.parametrize(
    ("text", "day", "precision"),
    [
        ("2022-05-18", date(2022, 5, 18), Precision.DAY),
        ("2022-05-18 00:00:00", date(2022, 5, 18), Precision.DAY),
        ("2022/5/18", date(2022, 5, 18), Precision.DAY),
        ("2022.5.18", date(2022, 5, 18), Precision.DAY),
        ("20220518", date(2022, 5, 18), Precision.DAY),
        ("２０２２年５月１８日", date(2022, 5, 18), Precision.DAY),
        ("2022年5月中下旬", date(2022, 5, 1), Precision.MIDDLE_LATE),
        ("2022年 5月 上旬", date(2022, 5, 1), Precision.EARLY),
        ("2022年5月底", date(2022, 5, 1), Precision.LATE),
        ("2022年5月份", date(2022, 5, 1), Precision.MONTH),
        ("2022-05", date(2022, 5, 1), Precision.MONTH),
    ],
)
def test_what_people_write_is_read(text: str, day: date, precision: Precision) -> None:
    assert parse_date(text) == (day, precision)


@pytest.mark.parametrize(
    "text", ["", "5月中旬", "2022", "2022年13月", "2022-02-30", "2022年5月-6月", "去年五月", "45000"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_date(text)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.sampled_from(list(Precision)))
def test_what_is_written_is_read_as_the_same_days(day: date, precision: Precision) -> None:
    for write in (written_date, long_date):
        back, same = parse_date(write(day, precision))
        assert same is precision
        assert span(back, precision) == span(day, precision)
