"""What the desk puts on pages of other features: tabs of saved views, the star, the batch bar."""

from __future__ import annotations

from flask import Flask, current_app, render_template, request
from flask_login import current_user
from markupsafe import Markup

from portal.core.permissions import Permission
from portal.desk import bulk, favourites, queries
from portal.extensions import db
from portal.web import navigation, viewing
from portal.web.access import access_of, viewer
from portal.web.search import marked
from portal.web.viewing import View


def init_app(app: Flask) -> None:
    """Give lists their saved views and templates their marks."""
    viewing.init_app(app, views_of)
    app.jinja_env.globals.update(
        list_label=list_label, bulk_acts=bulk_acts, favourite_star=favourite_star, star=star, marked=marked
    )


def views_of(list_name: str) -> list[View]:
    """The saved views of a list for whoever is signed in."""
    return queries.views_of(db.session(), viewer(), list_name) if current_user.is_authenticated else []


def may_open(app: Flask, list_name: str) -> bool:
    """Whether the signed-in person may open the list of an endpoint at all."""
    needs = access_of(app, list_name) if list_name in app.view_functions else None
    return not isinstance(needs, str) and bool(needs and needs & viewer().permissions)


def list_label(list_name: str) -> str:
    """What the menu calls the list, or the part of the portal that it belongs to."""
    fitting = [item for item in navigation.items(current_app) if list_name.startswith(item.section)]
    return str(max(fitting, key=lambda item: len(item.section)).label) if fitting else list_name


def bulk_acts() -> list[bulk.BulkAct]:
    """What may be done to many rows of the list at hand."""
    return bulk.acts_for(viewer(), request.endpoint or "")


def favourite_star(kind: str, row_id: int) -> Markup:
    """The star of a row's page; one statement."""
    if not viewer().can(Permission.PORTAL_USE) or kind not in favourites.kinds():
        return Markup()
    return star(kind, row_id, on=is_favourite(kind, row_id))


def is_favourite(kind: str, row_id: int) -> bool:
    """Whether the signed-in person has marked a row; pages that are kept ask before they are drawn."""
    return queries.is_favourite(db.session(), viewer(), kind, row_id)


def star(kind: str, row_id: int, *, on: bool, focus: bool = False) -> Markup:
    """The star, drawn."""
    drawn = render_template("desk/star.html", kind=kind, row_id=row_id, on=on, focus=focus)
    return Markup(drawn)  # noqa: S704  a template of ours
