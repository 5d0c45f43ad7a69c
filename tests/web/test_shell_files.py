"""The style sheet, the icons and the templates keep within what the oldest browser and the strict CSP allow."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from portal.config import ROOT

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STYLE = (ROOT / "static" / "css" / "app.css").read_text(encoding="utf-8")
# Chromium 90 is the oldest browser in the office.
TOO_NEW = (":has(", "@container", "@layer", "color-mix(", "oklch(", "light-dark(", "100dvh", "&:", "& ")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_style_sheet_stays_small() -> None:
    assert len(STYLE.encode()) <= 45 * 1024


@pytest.mark.parametrize("feature", TOO_NEW)
def test_style_sheet_uses_nothing_newer_than_the_oldest_browser(feature: str) -> None:
    assert feature not in STYLE


def test_style_sheet_braces_and_addresses() -> None:
    assert STYLE.count("{") == STYLE.count("}")
    for address in re.findall(r"url\(([^)]*)\)", STYLE):
        assert (ROOT / "static" / "css" / address).resolve().is_file(), address


def test_script_stays_small() -> None:
    assert (ROOT / "static" / "js" / "app.js").stat().st_size < 8 * 1024


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_template_names_only_icons_that_exist(path: Path) -> None:
    sprite = (ROOT / "static" / "img" / "icons.svg").read_text(encoding="utf-8")
    known = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    text = path.read_text(encoding="utf-8")
    used = set(re.findall(r'icon\("([\w-]+)"\)|icon_name="([\w-]+)"', text))
    assert {name for pair in used for name in pair if name} <= known


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_template_keeps_to_the_strict_policy(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|hx-on|\bjs:|hx-vars|https?://", text)
    for tag in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in tag or 'type="application/json"' in tag


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_chinese_sentences_use_full_width_punctuation(path: Path) -> None:
    text = re.sub(r"{#.*?#}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for sentence in re.findall(r'_\("([^"]*)"', text):
        assert not re.search(r"[\u4e00-\u9fff][,:;()?!]|[,;()?!][\u4e00-\u9fff]", sentence), sentence
