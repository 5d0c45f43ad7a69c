"""Compiled templates are kept between processes, and a folder that cannot take them fails no page."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from portal.web.compiled import CompiledTemplates
from tests.support.disk import full_disk

TEXT = "{% for n in range(3) %}{{ n }}{% endfor %}"


def drawn(folder: Path, text: str = TEXT) -> str:
    """As a process of its own would draw it: only the folder is shared."""
    env = Environment(loader=DictLoader({"a.html": text}), bytecode_cache=CompiledTemplates(folder), autoescape=True)
    return env.get_template("a.html").render()


def test_the_next_process_compiles_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "kept"
    assert drawn(folder) == "012"
    with monkeypatch.context() as patch:
        patch.setattr(Environment, "compile", lambda *_given, **_more: pytest.fail("compiled again"))
        assert drawn(folder) == "012"
    assert drawn(folder, "{{ 7 }}") == "7", "a template that changed is compiled anew"


@pytest.mark.parametrize("damage", [b"", b"\0" * 40, b"no such thing"])
def test_a_damaged_file_is_compiled_anew(tmp_path: Path, damage: bytes) -> None:
    drawn(tmp_path)
    (kept,) = tmp_path.glob("template-*.cache")
    kept.write_bytes(damage)
    assert drawn(tmp_path) == "012"
    assert kept.read_bytes() != damage


def test_a_folder_that_takes_nothing_stops_no_page(tmp_path: Path) -> None:
    with full_disk(0):
        assert drawn(tmp_path) == "012"
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("in the way")
    assert drawn(tmp_path / "file") == "012"
    assert drawn(tmp_path / "no" / "such") == "012"
