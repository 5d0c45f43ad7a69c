"""Which passwords everybody tries first, and that no printed one is among them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.accounts.common_rules import is_common
from portal.accounts.rules import check_password, first_password
from portal.core.errors import RuleError

PLACE = ("云岭区信访局", "法治工作台")


@pytest.mark.parametrize(
    "password",
    [
        "password123",
        "P@ssw0rd2026",
        "Admin@123456",
        "@dmin123456",
        "Adm1n!23456",
        "woaini1314520",
        "5201314woaini",
        "1qaz2wsx3edc",
        "qwertyuiop12",
        "monkey-2026-08",
        "xinfangju@2024",
        "云岭区信访局2026",
        "云岭信访123456",
        "ＡＤＭＩＮ＠１２３４",
        "drowssap123",
    ],
)
def test_what_everybody_tries_is_refused(password: str) -> None:
    assert is_common(password, PLACE)
    with pytest.raises(RuleError, match=r"password-(common|plain)"):
        check_password(password, number="Y1001", name="某某", avoid=PLACE)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "今天天气真不错呀我们",
        "梨花 铁轨 旧毛衣 九号",
        "a quite different sentence",
        "tulip-eleven-quarry",
    ],
)
def test_a_phrase_of_ones_own_is_taken(password: str) -> None:
    assert not is_common(password, PLACE)
    check_password(password, number="Y1001", name="某某", avoid=PLACE)


def test_a_printed_password_is_never_common() -> None:
    assert not any(is_common(first_password(), PLACE) for _ in range(500))


@given(st.text(max_size=40))
def test_any_text_is_judged(password: str) -> None:
    assert is_common(password, PLACE) in {True, False}


@given(st.text(alphabet="0123456789!@#-_.", max_size=8), st.sampled_from(["password", "dragon", "monkey", "iloveyou"]))
def test_a_tail_does_not_help_a_listed_word(tail: str, word: str) -> None:
    assert is_common(word + tail)
