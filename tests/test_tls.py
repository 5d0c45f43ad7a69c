"""A certificate that cannot serve is named before the start, in plain words."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal import tls
from portal.config import ROOT, ConfigError

# Keys of nobody, for these tests alone.
FILES = ROOT / "tests" / "support" / "tls"


def test_a_certificate_tells_its_end_and_its_names() -> None:
    found = tls.check(FILES / "good.pem", FILES / "good.key")
    assert found.names == ("portal.example", "127.0.0.1")
    assert found.until.year > 2100
    assert found.days_left(datetime(found.until.year, 1, 1, tzinfo=UTC)) == (found.until - datetime(
        found.until.year, 1, 1, tzinfo=UTC)).days  # fmt: skip


@pytest.mark.parametrize(
    ("certificate", "key", "words"),
    [
        ("good.pem", "other.key", "不是一对"),
        ("good.pem", "locked.key", "私钥带有密码"),
        ("expired.pem", "good.key", "已过期"),
        ("early.pem", "good.key", "尚未生效"),
        ("missing.pem", "good.key", "读不到"),
        ("good.key", "good.key", "PEM"),
        ("good.pem", "good.pem", "PEM"),
    ],
)
def test_what_cannot_serve_is_refused_with_the_reason(certificate: str, key: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        tls.check(FILES / certificate, FILES / key)


def test_a_text_file_is_no_certificate(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("hello")
    with pytest.raises(ConfigError, match="PEM"):
        tls.check(tmp_path / "x", FILES / "good.key")
