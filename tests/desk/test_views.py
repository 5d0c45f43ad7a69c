"""Saved views: what is kept, who may touch it, and that it shows nobody a row more."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.models import AuditEntry
from portal.core.errors import RuleError
from portal.desk import rules
from portal.desk.models import SavedView, ViewDefault
from portal.org.models import Unit
from tests.support.people import Office, csrf

As = Callable[[str], FlaskClient]
PEOPLE = "/accounts/people"


def save(client: FlaskClient, query: str, name: str = "我的", list_name: str = "accounts.people", **more: str) -> Any:
    here = {"exams.rounds": "/exams/rounds"}.get(list_name, PEOPLE)
    data = {"csrf_token": csrf(client), "list": list_name, "query": query, "name": name, "next": here, **more}
    return client.post("/views", data=data)


def only(session: Session) -> SavedView:
    return session.scalars(select(SavedView).where(SavedView.deleted_at.is_(None))).one()


def act(client: FlaskClient, view: SavedView, verb: str, **more: str) -> Any:
    return client.post(f"/views/{view.id}/{verb}", data={"csrf_token": csrf(client), "next": PEOPLE, **more})


def tabs(page: str) -> list[tuple[str, str, bool]]:
    """(name, address, whether current) of the tabs above a list."""
    nav = re.search(r'<nav class="views noprint".*?</nav>', page, flags=re.DOTALL)
    links = re.findall(r'<a href="([^"]*)"( aria-current="page")?>([^<]*)', nav.group() if nav else "")
    return [(unescape(name).strip(), unescape(url), bool(current)) for url, current, name in links]


def numbers(page: str) -> list[str]:
    return re.findall(r">(T\d{3})</a>", page)


@given(st.dictionaries(st.text(min_size=1, max_size=6), st.text(max_size=10), max_size=60))
def test_a_view_keeps_what_says_what_is_seen_and_nothing_else(asked: dict[str, str]) -> None:
    given_more = {**asked, "after": "x", "view": "1", "export": "xlsx"}
    if len([name for name, value in asked.items() if value and not name.startswith("_")]) > rules.ARGUMENTS_MOST:
        with pytest.raises(RuleError, match="view-too-long"):
            rules.kept_arguments(given_more)
        return
    kept = rules.kept_arguments(given_more)
    assert kept.items() <= asked.items()
    assert not set(kept) & rules.NOT_KEPT
    assert all(value and not name.startswith("_") for name, value in kept.items())
    assert rules.kept_arguments(kept) == kept


@given(st.text(max_size=60))
def test_a_name_is_one_line_and_short(name: str) -> None:
    wanted = " ".join(name.split())
    if 0 < len(wanted) <= rules.NAME_MOST:
        assert rules.check_name(name) == wanted
        return
    with pytest.raises(RuleError, match="view-name-long" if wanted else "view-no-name"):
        rules.check_name(name)


def test_a_view_is_a_tab_that_brings_filters_order_and_columns_back(session: Session, client_as: As) -> None:
    client = client_as("manager")
    answer = save(client, "state=active&sort=-name&cols=number,unit&after=zzz&_scheme=ftp")
    assert answer.status_code == 303
    assert only(session).arguments == {"state": "active", "sort": "-name", "cols": "number,unit"}
    page = client.get(answer.location).text
    (everything, view) = tabs(page)
    assert (everything[0], view[0], view[2]) == ("全部", "我的", True)
    assert dict(parse_qsl(urlsplit(view[1]).query)) == {**only(session).arguments, "view": str(only(session).id)}
    heads = re.findall(r"<th scope=\"col\"[^>]*>(?:<a[^>]*>)?([^<]+)", page)
    assert heads == ["工号", "单位"]
    assert "更新视图" not in page
    assert "更新视图" in client.get(f"{view[1]}&q=T0").text
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.action, entry.subject_label) == ("view.create", "我的")


def test_names_are_unique_for_one_person_and_one_list(session: Session, client_as: As) -> None:
    client = client_as("manager")
    save(client, "state=active")
    assert "请换一个名称" in client.get(save(client, "state=left").location).text
    save(client, "phase=open", list_name="exams.rounds")
    save(client_as("system_admin"), "state=left")
    assert len(list(session.scalars(select(SavedView)))) == 3


def test_a_list_takes_only_so_many(session: Session, office: Office, client_as: As) -> None:
    client = client_as("manager")
    for number in range(rules.VIEWS_MOST):
        save(client, "", name=f"视图{number}")
    assert "最多存 20 个" in client.get(save(client, "", name="多余").location).text
    assert len(list(session.scalars(select(SavedView)))) == rules.VIEWS_MOST


def test_only_some_may_share(session: Session, client_as: As) -> None:
    client = client_as("liaison")
    refused = save(client, "", list_name="exams.rounds", shared="1")
    assert list(session.scalars(select(SavedView))) == []
    assert "没有共享视图的权限" in client.get(refused.location).text
    save(client_as("exam_officer"), "phase=open", list_name="exams.rounds", shared="1")
    assert [tab[0] for tab in tabs(client.get("/exams/rounds").text)] == ["全部", "我的"]


def test_a_shared_view_shows_a_stranger_nothing_more(session: Session, office: Office, client_as: As) -> None:
    """The same address, two people: each sees the rows of their own units."""
    top = office.units["D"].id
    save(client_as("system_admin"), f"unit={top}&sort=number", shared="1")
    shared = tabs(client_as("manager").get(PEOPLE).text)[1][1]
    assert len(numbers(client_as("manager").get(shared).text)) > 5
    narrow = client_as("security_admin")
    grant = session.execute(select(Unit.id).where(Unit.code == "D02")).scalar_one()
    from portal.accounts.models import RoleGrant

    row = session.scalars(select(RoleGrant).where(RoleGrant.user_id == office.people["security_admin"].id)).one()
    row.unit_id = grant
    session.commit()
    page = narrow.get(shared).text
    assert sorted(numbers(page)) == ["T001", "T002"]
    assert "“单位”的值无效，已忽略" in page, "the unit of the view is none of this person's"
    assert client_as("cadre").get(shared).status_code == 403


def test_a_private_view_is_nobody_elses(session: Session, client_as: As) -> None:
    save(client_as("manager"), "state=active")
    other = client_as("system_admin")
    assert tabs(other.get(PEOPLE).text) == []
    for verb in ("update", "rename", "delete", "default", "restore"):
        assert act(other, only(session), verb, name="x", on="1").status_code == 404, verb
    assert only(session).name == "我的"


def test_shared_ones_are_changed_by_their_maker_or_by_permission(session: Session, client_as: As) -> None:
    save(client_as("security_admin"), "state=active", shared="1")
    view = only(session)
    # The manager of the whole district keeps shared views in order; whoever lacks the permission does not.
    assert act(client_as("manager"), view, "rename", name="在用人员", shared="1").status_code == 303
    assert only(session).name == "在用人员"
    save(client_as("exam_officer"), "phase=open", name="在考", list_name="exams.rounds", shared="1")
    other = session.scalars(select(SavedView).where(SavedView.list_name == "exams.rounds")).one()
    for who in ("liaison", "leader"):
        assert act(client_as(who), other, "delete").status_code == 404
    # The system administrator holds the permission, but may not open the list.
    assert act(client_as("system_admin"), other, "delete").status_code == 404


def test_a_manager_of_one_unit_does_not_reach_the_views_of_others(
    session: Session, office: Office, client_as: As
) -> None:
    from portal.accounts.models import RoleGrant

    save(client_as("security_admin"), "state=active", shared="1")
    row = session.scalars(select(RoleGrant).where(RoleGrant.user_id == office.people["manager"].id)).one()
    row.unit_id = office.units["D02"].id
    session.commit()
    client = client_as("manager")
    assert act(client, only(session), "delete").status_code == 404
    page = client.get(tabs(client.get(PEOPLE).text)[1][1]).text
    assert "由建立它的人维护" in page


def test_delete_can_be_undone(session: Session, client_as: As) -> None:
    client = client_as("manager")
    save(client, "state=active")
    view = only(session)
    page = client.get(act(client, view, "delete").location).text
    assert tabs(page) == []
    assert f'action="/views/{view.id}/restore"' in page
    act(client, view, "restore")
    assert tabs(client.get(PEOPLE).text)[1][0] == "我的"
    act(client, view, "delete")
    save(client, "state=left")
    act(client, view, "restore")
    assert only(session).arguments == {"state": "left"}, "the name was taken meanwhile"


def test_the_default_opens_the_bare_list_and_can_be_left(session: Session, client_as: As) -> None:
    client = client_as("manager")
    save(client, "q=T001")
    view = only(session)
    act(client, view, "default", on="1")
    page = client.get(PEOPLE).text
    assert numbers(page) == ["T001"]
    assert tabs(page)[1][2] is True
    whole = client.get(tabs(page)[0][1]).text
    assert len(numbers(whole)) > 5
    lifted = re.search(r'<a class="chip-x" href="([^"]*)"', page)
    assert lifted is not None
    assert len(numbers(client.get(unescape(lifted.group(1))).text)) > 5, "lifting the filter does not bring it back"
    assert numbers(client_as("system_admin").get(PEOPLE).text) != ["T001"]
    act(client, view, "default")
    assert list(session.scalars(select(ViewDefault))) == []


def test_taking_a_view_back_from_others_ends_their_default(session: Session, client_as: As) -> None:
    maker, other = client_as("security_admin"), client_as("manager")
    save(maker, "q=T001", shared="1")
    act(other, only(session), "default", on="1")
    assert numbers(other.get(PEOPLE).text) == ["T001"]
    act(maker, only(session), "rename", name="我的")
    assert len(numbers(other.get(PEOPLE).text)) > 5


def test_a_view_whose_parts_are_gone_opens_and_says_so(session: Session, client_as: As) -> None:
    client = client_as("manager")
    save(client, "unit=987654&colour=red&cols=number,horoscope&sort=-horoscope&state=active")
    answer = client.get(tabs(client.get(PEOPLE).text)[1][1])
    assert answer.status_code == 200
    assert "“单位”的值无效，已忽略" in answer.text
    for name in ("colour", "horoscope"):
        assert f"“{name}”已不存在，已略去" in answer.text
    assert len(numbers(answer.text)) > 5


def test_views_of_lists_that_one_may_not_open_are_not_saved(client_as: As) -> None:
    client = client_as("cadre")
    for list_name in ("accounts.people", "no.such", "home.prefs", "static", "accounts.login"):
        assert save(client, "", list_name=list_name).status_code == 404, list_name


@pytest.mark.parametrize("path", ["/exams/rounds", "/exams/banks", "/accounts/people"])
def test_every_list_offers_it(client_as: As, path: str) -> None:
    page = client_as("manager").get(path).text
    assert "存为视图" in page
    assert "选列" in page
