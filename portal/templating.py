"""What every template may use: macros, filters and a few globals."""

from __future__ import annotations

import functools
import re
from datetime import date, datetime
from typing import Any

from flask import Flask, current_app, g, render_template, request
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup

from portal.audit.words import action_label
from portal.config import ROOT, Config
from portal.core import clock
from portal.files.rules import ACCEPT
from portal.web.arguments import passed_on
from portal.web.assets import asset
from portal.web.compiled import CompiledTemplates
from portal.web.forms import points_text
from portal.web.i18n import display
from portal.web.identity import csrf_token
from portal.web.navigation import navigation

COMPONENTS = ROOT / "templates" / "components"
_MACRO = re.compile(r"{%-?\s*macro\s+([a-z]\w*)")
_FORMATS = {
    "date": "%Y-%m-%d",
    "datetime": "%Y-%m-%d %H:%M",
    "short": "%m-%d",
    "time": "%H:%M:%S",
    "second": "%Y-%m-%d %H:%M:%S",
}


def local(moment: datetime | date | None, form: str = "datetime") -> str:
    """A moment on the office's wall clock; nothing for none."""
    if moment is None:
        return ""
    if isinstance(moment, datetime):
        moment = clock.to_local(moment)
    return moment.strftime(_FORMATS[form])


def printed_at() -> str:
    """When a page was made, for the head of its print."""
    return str(g.get("printed_at") or local(clock.now()))


def duration(seconds: int) -> str:
    """Whole seconds as people say them: 42 秒, 10 分 3 秒, 1 小时 2 分."""
    minutes, rest = divmod(seconds, 60)
    hours, over = divmod(minutes, 60)
    if hours:
        return str(_("%(h)s 小时 %(m)s 分", h=hours, m=over))
    return str(_("%(m)s 分 %(s)s 秒", m=minutes, s=rest) if minutes else _("%(n)s 秒", n=rest))


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


def asset_icon(name: str) -> Markup:
    """An icon of the sprite; it says nothing to those who listen, the words beside it do."""
    return _icon(asset("img/icons.svg"), name)


@functools.cache
def _icon(sprite: str, name: str) -> Markup:
    return Markup('<svg class="i" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>').format(
        sprite, name
    )


def drawn_once(template: str) -> Markup:
    """A part of a page that depends on nothing but the language, drawn once a process."""
    kept: dict[tuple[str, str], Markup] = current_app.extensions.setdefault("fixed-parts", {})
    key = (template, display().lang if request else "zh")
    if key not in kept or current_app.jinja_env.auto_reload:
        kept[key] = Markup(render_template(template))  # noqa: S704  a template of ours, escaped by itself
    return kept[key]


def display_form() -> Markup:
    """The switches of language, type and contrast; a page shows them twice."""
    if "display_form" not in g:
        g.display_form = Markup(render_template("components/_display.html"))  # noqa: S704
    drawn: Markup = g.display_form
    return drawn


def init_app(app: Flask) -> None:
    """Give templates their globals, and every macro under templates/components by its own name.

    A block rendered alone does not see what its file imports at the top, so macros are globals.
    """
    env = app.jinja_env
    env.trim_blocks = env.lstrip_blocks = True
    env.bytecode_cache = CompiledTemplates()
    env.filters["duration"] = duration
    env.filters["local"] = local
    env.filters["points"] = points_text
    env.globals.update(
        demo_accounts=demo_accounts,
        field_attributes=field_attributes,
        role_label=role_label,
        action_label=action_label,
        csrf_token=csrf_token,
        can=lambda code: bool(current_user.can(code)),
        navigation=navigation,
        now=clock.now,
        passed_on=passed_on,
        printed_at=printed_at,
        site=_Site(app.config["PORTAL"]),
        icon=asset_icon,
        accepted_files=ACCEPT,
        drawn_once=drawn_once,
        display_form=display_form,
    )
    app.context_processor(lambda: {"ui": display(), "csrf_token": csrf_token})
    for path in sorted(COMPONENTS.glob("*.html")):
        for name in _MACRO.findall(path.read_text(encoding="utf-8")):
            env.globals[name] = _LazyMacro(f"components/{path.name}", name)


class _LazyMacro:
    """A macro found when first called, so that start-up compiles no template."""

    def __init__(self, template: str, name: str) -> None:
        self.template, self.name = template, name
        self._found: Any = None

    def __call__(self, *args: Any, **kwargs: Any) -> Markup:
        macro = self._found
        if macro is None or current_app.jinja_env.auto_reload:
            macro = self._found = getattr(current_app.jinja_env.get_template(self.template).module, self.name)
        rendered: Markup = macro(*args, **kwargs)
        return rendered
