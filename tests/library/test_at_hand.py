"""Regulations in favourites and in the search of the whole portal."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.library.models import Regulation
from tests.support.library import law, put
from tests.support.people import csrf

ClientAs = Callable[[str], FlaskClient]


def test_a_regulation_is_found_and_kept(client_as: ClientAs, session: Session) -> None:
    put(session, law("测试办理条例", "为了试验。"))
    session.commit()
    number = session.scalars(select(Regulation.id)).one()
    cadre = client_as("cadre")
    assert f'href="/library/{number}"' in cadre.get("/search?q=办理条例").text
    page = cadre.get(f"/library/{number}").text
    assert "收藏" in page
    cadre.post(f"/favourites/regulations/{number}", data={"csrf_token": csrf(cadre)})
    assert "测试办理条例" in cadre.get("/").text
