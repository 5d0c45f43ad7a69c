"""What every template may use: macros, filters and a few globals."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from flask import Flask, current_app
from flask_login import current_user
from markupsafe import Markup

from portal.audit.words import action_label
from portal.config import ROOT, Config
from portal.core import clock
from portal.web.forms import points_text
from portal.web.i18n import display
from portal.web.navigation import navigation

COMPONENTS = ROOT / "templates" / "components"
_MACRO = re.compile(r"{%-?\s*macro\s+([a-z]\w*)")
_FORMATS = {"date": "%Y-%m-%d", "datetime": "%Y-%m-%d %H:%M", "short": "%m-%d", "time": "%H:%M:%S"}


def local(moment: datetime | date | None, form: str = "datetime") -> str:
    """A moment on the office's wall clock; nothing for none."""
    if moment is None:
        return ""
    if isinstance(moment, datetime):
        moment = clock.to_local(moment)
    return moment.strftime(_FORMATS[form])


def field_attributes(field: Any, described: str) -> dict[str, Any]:
    """What ties an input to its hint and its error for those who listen."""
    attributes: dict[str, Any] = {"aria-describedby": described.strip()} if described.strip() else {}
    return {**attributes, "aria-invalid": "true"} if field.errors else attributes


class _Site:
    """What a page says about the site."""

    def __init__(self, config: Config) -> None:
        self.name, self.bureau, self.phone, self.demo = config.site_name, config.bureau, config.phone, config.demo
        self.demo_password = config.demo_password if config.demo else ""


def demo_accounts() -> list[tuple[str, str, str]]:
    """What the login page of a demo lists: (number, Chinese label, English label)."""
    from portal.demo import loader

    return loader.accounts()


def role_label(role: str) -> str:
    """A role's name."""
    from portal.accounts import ROLE_LABELS

    return str(ROLE_LABELS[role])


def init_app(app: Flask) -> None:
    """Give templates their globals, and every macro under templates/components by its own name.

    A block rendered alone does not see what its file imports at the top, so macros are globals.
    """
    env = app.jinja_env
    env.trim_blocks = env.lstrip_blocks = True
    env.filters["local"] = local
    env.filters["points"] = points_text
    env.globals.update(
        demo_accounts=demo_accounts,
        field_attributes=field_attributes,
        role_label=role_label,
        action_label=action_label,
        can=lambda code: bool(current_user.can(code)),
        navigation=navigation,
        now=clock.now,
        site=_Site(app.config["PORTAL"]),
    )
    app.context_processor(lambda: {"ui": display()})
    for path in sorted(COMPONENTS.glob("*.html")):
        for name in _MACRO.findall(path.read_text(encoding="utf-8")):
            env.globals[name] = _LazyMacro(f"components/{path.name}", name)


class _LazyMacro:
    """A macro found when first called, so that start-up compiles no template."""

    def __init__(self, template: str, name: str) -> None:
        self.template, self.name = template, name

    def __call__(self, *args: Any, **kwargs: Any) -> Markup:
        module = current_app.jinja_env.get_template(self.template).module
        rendered: Markup = getattr(module, self.name)(*args, **kwargs)
        return rendered
