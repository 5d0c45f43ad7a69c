"""What templates may not hold, and that what views ask of them is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from portal.config import ROOT
from portal.web.catalogues import gather
from tests.architecture.source import MODULES, calls

TEMPLATES = ROOT / "templates"
FILES = sorted(TEMPLATES.rglob("*.html"))
NAMES = [path.relative_to(TEMPLATES).as_posix() for path in FILES]

CHINESE = "\u4e00-\u9fff"
HALF_WIDTH = re.compile(rf"[{CHINESE}][,:;()!?]|[,:;()!?][{CHINESE}]")

# What the content security policy would block, or what would bring an expression of a page to life.
BANS = {
    "an htmx handler": re.compile(r"\bhx-on\b"),
    "a javascript: or js: value": re.compile(r"""["'\s](javascript|js):"""),
    "a filter in hx-trigger": re.compile(r"""hx-trigger\s*=\s*(["'])(?:(?!\1).)*\["""),
    "an inline handler": re.compile(r"""[\s"']on[a-z]+\s*=\s*["'{]"""),
    "a style attribute": re.compile(r"""[\s"']style=["'{]"""),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "an inline script": re.compile(r"<script\b(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")", re.IGNORECASE),
    "an address elsewhere": re.compile(r"""https?://|["'(]//"""),
    "hx-vars": re.compile(r"\bhx-vars\b"),
    "text that is not escaped": re.compile(r"\|\s*safe\b|autoescape\s+false"),
}
FRAMES = {
    "an inline handler": '<a onclick="x()">',
    "a style attribute": '<p style="color:red">',
    "an inline script": "<script>x</script>",
    "a filter in hx-trigger": '<a hx-trigger="click[ctrlKey]">',
    "an address elsewhere": '<img src="//example.com/x">',
    "a javascript: or js: value": '<a href="javascript:x">',
}


@pytest.mark.parametrize("ban", BANS)
def test_no_template_holds(ban: str) -> None:
    found = [
        f"{name}:{number}"
        for name, path in zip(NAMES, FILES, strict=True)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if BANS[ban].search(line)
    ]
    assert found == []


@pytest.mark.parametrize("ban", FRAMES)
def test_the_bans_catch_what_they_are_for(ban: str) -> None:
    assert BANS[ban].search(FRAMES[ban])
    assert not BANS[ban].search('<script src="/x.js"></script><script type="application/json">1</script><a href="/a">')


def shown_text(source: str) -> str:
    """What a template shows by itself: no comments, no expressions, no tags; each leaves a blank."""
    without = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", " ", source, flags=re.DOTALL)
    return re.sub(r"<[^>]*>", " ", without)


@pytest.mark.parametrize("name", NAMES)
def test_punctuation_beside_chinese_is_full_width(name: str) -> None:
    text = shown_text((TEMPLATES / name).read_text(encoding="utf-8"))
    assert [text[max(0, hit.start() - 10) : hit.end() + 10] for hit in HALF_WIDTH.finditer(text)] == []


def test_punctuation_in_messages_is_full_width() -> None:
    texts = [message.id if isinstance(message.id, str) else message.id[0] for message in gather()]
    wrong = [text for text in texts if HALF_WIDTH.search(re.sub(r"%\(\w+\)[sd]", "x", text))]
    assert wrong == []


@pytest.mark.parametrize("name", NAMES)
def test_compiles(app: Flask, name: str) -> None:
    app.jinja_env.get_template(name)


def asked_for() -> Iterator[tuple[str, str, str | None]]:
    """(where, template, block) of every page("…", "…") in the portal; a choice of two blocks counts as both."""
    for module, tree in MODULES.items():
        for call in calls(tree, "page"):
            if not call.args or not isinstance(call.args[0], ast.Constant):
                continue
            where, template = f"portal/{module}:{call.lineno}", str(call.args[0].value)
            blocks = [
                part.value
                for part in (ast.walk(call.args[1]) if len(call.args) > 1 else ())
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            ]
            if not blocks:
                yield where, template, None
            for block in blocks:
                yield where, template, block


def block_source(template: str, block: str) -> str | None:
    """The text between {% block x %} and its end, in the template or one it extends or includes."""
    path: Path = TEMPLATES / template
    source = path.read_text(encoding="utf-8")
    found = re.search(rf"{{%-?\s*block {block}\b.*?%}}(.*)", source, flags=re.DOTALL)
    if found is None:
        parent = re.search(r'{%-?\s*extends "([^"]+)"', source)
        return block_source(parent.group(1), block) if parent else None
    depth = 1
    for mark in re.finditer(r"{%-?\s*(end)?block\b", found.group(1)):
        depth += -1 if mark.group(1) else 1
        if depth == 0:
            return found.group(1)[: mark.start()]
    return None


def test_every_page_that_a_view_names_exists() -> None:
    found = list(asked_for())
    assert len(found) > 10, "the scan finds nothing: the way of rendering has changed"
    assert [(where, template) for where, template, _ in found if template not in NAMES] == []


def test_every_fragment_has_an_element_of_its_name() -> None:
    """htmx swaps the element whose id is the block's name; a block without it would vanish from the page."""
    wrong = []
    for where, template, block in asked_for():
        if block is None:
            continue
        source = block_source(template, block)
        if source is None:
            wrong.append(f"{where}: {template} has no block {block}")
        elif not re.search(rf"""\bid\s*=\s*(["']){block}\1""", source):
            wrong.append(f"{where}: block {block} of {template} has no element with that id")
    assert not wrong, "\n".join(wrong)


def test_every_panel_takes_the_place_of_the_one_before() -> None:
    """A view chooses between the page of a row and its panel, so the scan above does not see the block."""
    panels = [name for name in NAMES if name.endswith("_panel.html")]
    assert len(panels) > 2
    for name in panels:
        source = block_source(name, "panel")
        assert source is not None, name
        assert re.search(r'<aside class="panel card" id="panel" aria-labelledby="panel-h">', source), name
        assert "{{ panel_head(" in source, name


def test_scripts_bring_no_text_to_life() -> None:
    for path in sorted((ROOT / "static" / "js").glob("*.js")):
        source = path.read_text(encoding="utf-8")
        assert not re.search(r"\beval\(|new Function\(|\.innerHTML\s*\+?=|document\.write\(", source), path.name


# Chinese that is the same in every language: the seal of the brand, the other language's name in its own script, and
# the name that a site has until it is given one.
UNTRANSLATED = {"法", "中文", "法治工作台"}
# Made-up rows to show components with.
SAMPLES = {"styleguide.html"}


@pytest.mark.parametrize("name", [name for name in NAMES if name not in SAMPLES])
def test_every_chinese_text_goes_through_the_catalogue(name: str) -> None:
    source = (TEMPLATES / name).read_text(encoding="utf-8")
    plain = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", " ", source, flags=re.DOTALL)
    found = {run for run in re.findall(rf"[{CHINESE}]+", plain) if run not in UNTRANSLATED}
    assert found == set(), "wrap it in _()"
    inside = re.findall(r"{[{%](.*?)[%}]}", source, flags=re.DOTALL)
    for expression in inside:
        calls_taken_out = re.sub(r"""\bn?_?(gettext|_)\((?:"[^"]*"|'[^']*')""", "(", expression)
        left = re.findall(rf"[{CHINESE}]+", calls_taken_out)
        assert not left or set(left) <= UNTRANSLATED, f"{expression.strip()}: wrap it in _()"


# Components that are parts of others there, or that cannot stand there for the reason given.
NOT_IN_STYLEGUIDE = {
    "chart_key": "part of the charts",
    "chart_number": "part of the charts",
    "chart_table": "part of the charts",
    "contest_consent_form": "the form of one page",
    "contest_mean": "part of the table of units",
    "contest_outcome": "part of exam_outcome",
    "contest_rule": "the text of one page",
    "contest_units_table": "the table of one page, like that of the board",
    "entry_changes": "needs an entry of the audit log; its list of changes stands there as HTML",
    "entry_facts": "needs an entry of the audit log; a list of facts stands there",
    "evidence_limits": "the text of one page",
    "export_button": "needs the address of a list",
    "export_list": "needs the addresses of one page",
    "format_line": "part of export_list",
    "law_spans": "needs a provision; marks and links stand there",
    "login_field": "a form_field without the word for optional",
    "panel_place": "an empty place; the panel stands there",
    "practice_answered": "a page of its own",
    "practice_card": "the card of the home page; its button and its line stand there",
    "practice_question_form": "a page of its own",
    "practice_steps": "part of a page of its own",
    "practice_summary": "a page of its own",
    "question_fields": "part of question_card",
    "study_years": "two link_buttons",
    "study_date": "a date in words",
    "version_name": "a date in words",
    "view_menu": "needs a saved view of the reader",
    "view_tools": "needs the address of a list",
}
MACRO = re.compile(r"{%-? macro (\w+)\(")


def test_the_style_guide_shows_every_component() -> None:
    guide = "".join(
        (TEMPLATES / name).read_text(encoding="utf-8") for name in ("styleguide.html", "styleguide_pieces.html")
    )
    known = {
        name
        for path in (TEMPLATES / "components").glob("[!_]*.html")
        for name in MACRO.findall(path.read_text(encoding="utf-8"))
    }
    shown = {name for name in known if re.search(rf"\b{name}\(", guide)}
    assert known - shown == set(NOT_IN_STYLEGUIDE), "draw it in templates/styleguide*.html, or say here why not"
