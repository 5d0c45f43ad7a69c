"""Keeping the English catalogue complete: gather the Chinese texts, merge them in, say what is missing."""

from __future__ import annotations

import io
import re
from typing import Any

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from flask.cli import AppGroup

from portal.config import ROOT
from portal.web.i18n import CATALOGUES

group = AppGroup("i18n", help="Keep the English catalogue complete.")
ENGLISH = CATALOGUES / "en" / "LC_MESSAGES" / "messages.po"
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "_l": None,
    "N_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# Texts are put into attributes as they are: what would end one, or begin a tag, has no place in them.
BREAKS = re.compile(r"[\"<]")


def gather() -> Catalog:
    """All texts of the code and the templates."""
    found = Catalog(fuzzy=False)
    for folder, pattern, method in ((ROOT / "portal", "**.py", "python"), (ROOT / "templates", "**.html", "jinja2")):
        for _, _, message, _, _ in extract_from_dir(
            str(folder), [(pattern, method)], {pattern: {"silent": "false"}}, KEYWORDS, strip_comment_tags=True
        ):
            found.add(message)
    return found


def english() -> Catalog:
    """The catalogue as it stands."""
    with ENGLISH.open("rb") as file:
        return read_po(file, locale="en")


def problems() -> list[str]:
    """Texts without English, fuzzy ones, ones that nothing uses any more, and ones whose places differ."""
    wanted = {message.id: message for message in gather() if message.id}
    have = {message.id: message for message in english() if message.id}
    found = [f"not in the catalogue: {_show(key)}" for key in wanted if key not in have]
    found += [f"no longer used: {_show(key)}" for key in have if key not in wanted]
    for key, message in have.items():
        texts = _texts(message.string)
        if not all(texts):
            found.append(f"untranslated: {_show(key)}")
        elif message.fuzzy:
            found.append(f"fuzzy: {_show(key)}")
        elif any(CHINESE.search(text) for text in texts):
            found.append(f"Chinese in the English: {_show(key)}")
        elif any(BREAKS.search(text) for text in [*texts, _show(key)]):
            found.append(f"a straight quote or < would break the page (use “ ”): {_show(key)}")
        elif any(_places(text) - _places(_show(key)) for text in texts):
            found.append(f"unknown place: {_show(key)}")
    return found


@group.command("update")
def update() -> None:
    """Merge new texts into the catalogue, sorted and without line numbers so that branches merge well."""
    gathered, merged = gather(), Catalog(locale="en", project="portal", fuzzy=False)
    have = {message.id: message.string for message in english() if message.id} if ENGLISH.exists() else {}
    for message in gathered:
        if message.id:
            merged.add(message.id, have.get(message.id, ""))
    buffer = io.BytesIO()
    write_po(buffer, merged, no_location=True, omit_header=False, sort_output=True, width=0)
    lines = [
        line for line in buffer.getvalue().decode().splitlines() if not re.match(r'"(POT|PO|Last|Gen)[^"]*"$', line)
    ]
    ENGLISH.parent.mkdir(parents=True, exist_ok=True)
    ENGLISH.write_text("\n".join(lines) + "\n", encoding="utf-8")
    missing = [message for message in merged if message.id and not all(_texts(message.string))]
    click.echo(f"{len(merged)} texts, {len(missing)} without English")
    for message in missing:
        click.echo(f"  {_show(message.id)}")


@group.command("check")
def check() -> None:
    """Fail when the English catalogue is not complete."""
    found = problems()
    for line in found:
        click.echo(line, err=True)
    if found:
        raise SystemExit(1)
    click.echo("the English catalogue is complete")


def _texts(string: Any) -> tuple[str, ...] | list[str]:
    return string if isinstance(string, tuple | list) else (string,)


def _show(key: str | tuple[str, ...] | list[str]) -> str:
    return key if isinstance(key, str) else key[0]


def _places(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)", text))
