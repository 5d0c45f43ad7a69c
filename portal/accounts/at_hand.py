"""People at the desk: who acts in a job, how they are searched for, marked, and worked on many at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, or_
from sqlalchemy.orm import Session

from portal.accounts import people_services as services
from portal.accounts import queries
from portal.accounts.models import User, UserState
from portal.accounts.people_table import people_table
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Permission
from portal.core.viewer import Viewer
from portal.desk import bulk, favourites, people
from portal.org import queries as org
from portal.web import search
from portal.web.search import Hit
from portal.web.tables import Table


def _rows(session: Session, viewer: Viewer, _path: Mapping[str, str]) -> tuple[Table, Select[Any]]:
    units = org.choices(session, viewer, Permission.USER_VIEW, day=clock.today())
    return people_table([(str(unit_id), name) for unit_id, name in units]), queries.people(viewer)


def _called(row: Any) -> str:
    return f"{row.name}（{row.number}）"


def _managed(session: Session, actor: Viewer, user_id: int) -> User:
    user = queries.visible_person(session, actor, user_id, Permission.USER_MANAGE)
    if user is None:
        raise RuleError("person-not-yours")
    return user


def disable(session: Session, actor: Viewer, now: datetime, user_id: int) -> None:
    """Disable one of many. Raises RuleError person-not-yours, person-not-active, or what `set_state` says."""
    user = _managed(session, actor, user_id)
    if user.state is not UserState.ACTIVE:
        raise RuleError("person-not-active")
    services.set_state(session, actor=actor, now=now, user=user, state=UserState.DISABLED)


def enable(session: Session, actor: Viewer, now: datetime, user_id: int) -> None:
    """Let one of many sign in again; whoever has left comes back on their own page, with a look at them.

    Raises RuleError person-not-yours, person-active, person-left, or what `set_state` says.
    """
    user = _managed(session, actor, user_id)
    if user.state is not UserState.DISABLED:
        raise RuleError("person-left" if user.state is UserState.LEFT else "person-active")
    services.set_state(session, actor=actor, now=now, user=user, state=UserState.ACTIVE)


def find_people(session: Session, viewer: Viewer, query: str, limit: int) -> Sequence[Hit]:
    """People by name and number."""
    named = or_(User.name.contains(query, autoescape=True), User.number.contains(query, autoescape=True))
    rows = session.execute(queries.people(viewer).where(named).order_by(User.number).limit(limit))
    return [Hit(_called(row), url_for("accounts.people_show", user_id=row.id), row.unit_name) for row in rows]


people.register(people.People(queries.acting, queries.viewer_of, queries.within_reach))
favourites.register(
    favourites.FavouriteKind("people", _l("人员"), "user", queries.names_seen, "accounts.people_show", "user_id")
)
bulk.register(
    bulk.BulkList(
        name="accounts.people",
        title=_l("人员"),
        rows=_rows,
        label=_called,
        acts=(
            bulk.BulkAct(
                "disable",
                _l("停用账号"),
                _l("停用后这些人不能登录，登录中的设备全部退出；可随时恢复。"),
                Permission.USER_MANAGE,
                disable,
                "lock",
                asks=True,
            ),
            bulk.BulkAct(
                "enable",
                _l("恢复账号"),
                _l("恢复后这些人可以用原来的密码登录。"),
                Permission.USER_MANAGE,
                enable,
                "refresh",
                asks=True,
            ),
        ),
    )
)
search.register(
    search.Searcher(
        "people",
        _l("人员"),
        "users",
        frozenset({Permission.USER_VIEW}),
        find_people,
        lambda query: url_for("accounts.people", q=query),
        order=10,
    )
)
