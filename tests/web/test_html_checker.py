"""Every page is sound HTML, as the Nu HTML checker sees it.

The checker is a program of its own for Java (npm package vnu-jar): the test runs where PORTAL_VNU names its jar.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from portal import create_app
from portal.extensions import db
from tests.conftest import make_config
from tests.support.pages import walk
from tests.support.server import SECRET, site_folder

HTMX = r"Attribute “hx-[a-z0-9:-]+” not allowed on element.*"
JAR = os.environ.get("PORTAL_VNU", "")


@pytest.mark.skipif(not JAR, reason="PORTAL_VNU names no jar of the Nu HTML checker")
def test_every_page_is_sound_html(base_folder: Path, tmp_path: Path) -> None:
    java = shutil.which("java")
    assert java, "the Nu HTML checker needs java"
    folder = site_folder(base_folder, tmp_path / "site")
    found = walk(folder)
    app = create_app(replace(make_config(folder), testing=False, secret_key=SECRET))
    names = {}
    for number, look in enumerate(found.looks):
        for language in ("zh", "en"):
            client = app.test_client()
            client.set_cookie("ui", f"{language}.normal.m.normal")
            if look.role:
                client.set_cookie(found.cookie_name, found.cookies[look.role])
            page = tmp_path / f"{number}-{language}.html"
            page.write_bytes(client.get(look.path).data)
            names[page.name] = f"{look.endpoint} ({look.role}, {look.path}, {language})"
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    found_wrong = complaints(java, tmp_path, names)
    assert not found_wrong, "\n".join(found_wrong)


def complaints(java: str, folder: Path, names: dict[str, str]) -> list[str]:
    """What the checker says of the pages, by file name. htmx's own attributes are what is meant to be there."""
    options = ["--format", "json", "--stdout", "--exit-zero-always", "--filterpattern", HTMX]
    checked = subprocess.run(
        [java, "-jar", JAR, *options, *(str(folder / name) for name in names)],
        capture_output=True, check=True, timeout=300,
    )  # fmt: skip
    messages = json.loads(checked.stdout)["messages"]
    return sorted({f"{each['message']} {names[each['url'].rsplit('/', 1)[1]]}" for each in messages})
