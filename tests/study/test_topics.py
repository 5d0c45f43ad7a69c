"""Topics that name regulations and materials: linked by themselves, seen from both sides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.library.models import Regulation
from portal.study.models import SelfStudy, StudyMaterial, StudySession
from portal.study.queries import sessions as queries
from portal.study.rules.topics import Named, named
from portal.study.services import linking, own, sessions
from tests.study.test_study_pages import entry, post
from tests.support.library import law, put
from tests.support.people import Office
from tests.support.study import TODAY, build_session

ClientAs = Callable[[str], FlaskClient]
TITLE = "测试办理条例"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("测试办理条例", Named("测试办理条例")),
        ("《测试办理条例》", Named("测试办理条例")),
        ("学习《测试办理条例》第三十五条", Named("测试办理条例", ("art_35",))),
        ("《测试办理条例》第35条、第三十六条之一", Named("测试办理条例", ("art_35", "art_36-1"))),
        ("《测试办理条例》第一条至第三条", Named("测试办理条例", ("art_1", "art_2", "art_3"))),
        ("《甲条例》和《乙条例》第二条", Named("甲条例")),
    ],
)
def test_a_line_names_a_title_and_articles(line: str, found: Named) -> None:
    assert named(line) == found


@pytest.fixture
def regulation(session: Session) -> Regulation:
    put(session, law(TITLE, "为了试验。", "按期办理。"))
    session.commit()
    return session.scalars(select(Regulation)).one()


@pytest.fixture
def held(session: Session, office: Office, regulation: Regulation) -> StudySession:
    officer = office.viewer(session, "study_officer")
    row = build_session(session, office, officer)
    told: dict[str, Any] = {"actor": officer, "now": clock.now(), "today": TODAY, "row": row}
    linking.add_material(session, actor=officer, now=clock.now(), title="某次讲话")
    lines = (f"《{TITLE}》第二条", "某次讲话", "别的")
    sessions.set_topics(session, **told, topics=[linking.Topic(line) for line in lines])
    session.commit()
    return row


def test_topics_are_linked_however_they_come_in(session: Session, held: StudySession, regulation: Regulation) -> None:
    law_, speech, words = queries.topics_of(session, held.id)
    assert (law_.regulation_id, law_.articles, law_.material_id) == (regulation.id, ["art_2"], None)
    assert speech.material_id == session.scalars(select(StudyMaterial.id)).one()
    assert (words.regulation_id, words.material_id) == (None, None)


def test_the_session_leads_to_the_article_and_back(
    client_as: ClientAs, held: StudySession, regulation: Regulation
) -> None:
    officer = client_as("study_officer")
    assert f'href="/library/{regulation.id}#art_2"' in officer.get(f"/study/sessions/{held.id}").text
    page = officer.get(f"/library/{regulation.id}").text
    assert page.count("学过：集体 1 次，自学 0 人") == 2, "the regulation as a whole, and the one article"
    back = officer.get(f"/study/regulations/{regulation.id}?article=art_2").text
    assert held.title in back
    assert held.title not in officer.get(f"/study/regulations/{regulation.id}?article=art_1").text
    assert officer.get(f"/study/regulations/{regulation.id}?article=x").status_code == 404
    assert officer.get("/study/regulations/999").status_code == 404


def test_others_study_is_not_told(
    client_as: ClientAs, session: Session, office: Office, held: StudySession, regulation: Regulation
) -> None:
    reader = office.viewer(session, "foreign_cadre")
    own.read(
        session, actor=reader, now=clock.now(), today=clock.today(), title=TITLE, read_on=clock.today(), minutes=5,
        regulation_id=regulation.id, article="art_2",
    )  # fmt: skip
    session.commit()
    url = f"/study/regulations/{regulation.id}"
    assert reader.name in client_as("study_officer").get(url).text
    assert reader.name in client_as("foreign_cadre").get(url).text.split("<main")[1]
    for label in ("cadre", "liaison"):
        page = client_as(label).get(url).text
        assert reader.name not in page
        assert held.title not in page


def test_i_have_read_this_brings_the_article_along(
    client_as: ClientAs, session: Session, office: Office, regulation: Regulation
) -> None:
    cadre = client_as("cadre")
    assert (
        f'href="/study/mine?regulation={regulation.id}&amp;article=art_2#read"'
        in cadre.get(f"/library/{regulation.id}").text
    )
    form = cadre.get(f"/study/mine?regulation={regulation.id}&article=art_2&open=12").text
    assert f"《{TITLE}》第二条" in form
    assert "页面打开了约 12 分钟，请填写实际用时。" in form
    assert "页面打开了" not in cadre.get(f"/study/mine?regulation={regulation.id}&article=art_2").text
    post(
        cadre, "/study/mine", title=f"《{TITLE}》第二条", read_on=clock.today().isoformat(), minutes="10",
        regulation_id=regulation.id, article="art_2", open_minutes="12",
    )  # fmt: skip
    line = session.scalars(select(SelfStudy)).one()
    assert (line.regulation_id, line.article, line.open_minutes, line.minutes) == (regulation.id, "art_2", 12, 10)


def test_the_entry_form_proposes_titles_and_takes_a_choice(
    client_as: ClientAs, session: Session, office: Office, held: StudySession
) -> None:
    officer = client_as("study_officer")
    htmx = {"HX-Request": "true"}
    assert f'<option value="《{TITLE}》">' in officer.get("/study/topics?topic_pick=办理", headers=htmx).text
    assert '<option value="某次讲话">' in officer.get("/study/topics?topic_pick=讲话", headers=htmx).text
    post(officer, "/study/sessions/new", **entry(session, office, topic_pick=f"《{TITLE}》"))
    made = session.scalars(select(StudySession).order_by(StudySession.id.desc()).limit(1)).one()
    assert queries.topics_of(session, made.id)[-1].regulation_id is not None


def test_a_material_is_entered_once(client_as: ClientAs, session: Session) -> None:
    officer = client_as("study_officer")
    said = {"title": "某次讲话", "issuer": "某部", "number": "1号", "issued_on": "2026-01-02"}
    assert post(officer, "/study/materials", **said).status_code == 303
    again = post(officer, "/study/materials", **said)
    assert again.status_code == 422
    assert "已有同名同文号" in again.text
    assert session.scalars(select(StudyMaterial)).one().issuer == "某部"


def test_each_article_is_its_own_link_and_an_alias_will_do(
    client_as: ClientAs, session: Session, office: Office, regulation: Regulation
) -> None:
    regulation.aliases = ["试验条例"]
    officer = office.viewer(session, "study_officer")
    row = build_session(session, office, officer)
    lines = (
        "《试验条例》第一条、第二条",
        f"《{TITLE}》第一条至第五条",
        "《没有的条例》第一条",
        f"《{TITLE}》和《别的法》",
    )
    told: dict[str, Any] = {"actor": officer, "now": clock.now(), "today": TODAY, "row": row}
    sessions.set_topics(session, **told, topics=[linking.Topic(line) for line in lines])
    session.commit()
    first, *_rest = queries.topics_of(session, row.id)
    assert (first.regulation_id, first.articles) == (regulation.id, ["art_1", "art_2"])
    page = client_as("study_officer").get(f"/study/sessions/{row.id}").text
    for number in (1, 2):
        assert page.count(f'href="/library/{regulation.id}#art_{number}"') == 2
    assert f'href="/library/{regulation.id}#art_4"' not in page, "no link to what is not there"
    assert "没有找到第四条、第五条" in page
    assert "还没有《没有的条例》" in page
    assert "请把《别的法》另起一行" in page
    assert "还没有《没有的条例》" not in client_as("leader").get(f"/study/sessions/{row.id}").text


def test_what_comes_into_the_library_later_is_linked_by_a_click(
    client_as: ClientAs, session: Session, office: Office
) -> None:
    officer = office.viewer(session, "study_officer")
    row = build_session(session, office, officer)
    told: dict[str, Any] = {"actor": officer, "now": clock.now(), "today": TODAY, "row": row}
    sessions.set_topics(session, **told, topics=[linking.Topic(f"《{TITLE}》第二条")])
    put(session, law(TITLE, "为了试验。", "按期办理。"))
    session.commit()
    client = client_as("study_officer")
    assert "重新对应法规库" in client.get(f"/study/sessions/{row.id}").text
    page = post(client, f"/study/sessions/{row.id}/topics/link", follow_redirects=True).text
    assert "#art_2" in page
    assert "重新对应法规库" not in page


def test_the_text_of_the_day_is_what_was_studied(client_as: ClientAs, session: Session, office: Office) -> None:
    put(session, law("变动条例", "旧文。", adopted="2020年1月1日", begins="2020年3月1日"))
    put(session, law("变动条例", "新文。", "增加的。", adopted="2026年1月1日", begins="2026年3月1日"))
    officer = office.viewer(session, "study_officer")
    day = date(2025, 5, 6)
    row = build_session(session, office, officer, day=day, title="去年的学习")
    told: dict[str, Any] = {"actor": officer, "now": clock.now(), "today": TODAY, "row": row}
    sessions.set_topics(session, **told, topics=[linking.Topic("《变动条例》第一条、第三条")])
    session.commit()
    page = client_as("study_officer").get(f"/study/sessions/{row.id}").text
    assert "on=2025-05-06#art_1" in page
    assert "所学文本中没有找到第三条" in page


def test_a_material_has_a_page_with_who_studied_it(client_as: ClientAs, session: Session, held: StudySession) -> None:
    key = session.scalars(select(StudyMaterial.id)).one()
    assert f'href="/study/materials/{key}"' in client_as("study_officer").get(f"/study/sessions/{held.id}").text
    assert held.title in client_as("leader").get(f"/study/materials/{key}").text
    assert held.title not in client_as("cadre").get(f"/study/materials/{key}").text
    assert client_as("leader").get("/study/materials/999").status_code == 404


def test_self_study_by_hand_finds_its_article(client_as: ClientAs, session: Session, regulation: Regulation) -> None:
    reader = client_as("cadre")
    for title in (f"《{TITLE}》第二条", f"《{TITLE}》第一条、第二条", "一本书"):
        post(reader, "/study/mine", title=title, read_on=clock.today().isoformat(), minutes="10")
    rows = session.execute(select(SelfStudy.regulation_id, SelfStudy.article).order_by(SelfStudy.id)).all()
    assert [tuple(row) for row in rows] == [(regulation.id, "art_2"), (regulation.id, ""), (None, "")]
    assert f'href="/library/{regulation.id}#art_2"' in reader.get("/study/mine").text
    assert "自学 1 人" in reader.get(f"/library/{regulation.id}").text
