"""The pages of the library, as officers and cadres use them, with and without script."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.exams.rules.practice import PracticeRelease
from portal.exams.rules.question import QuestionType
from portal.extensions import db, set_writing, writing
from portal.jobs import queue
from portal.jobs.store import store
from portal.library.demo import load_digests
from portal.library.queries import regulations as queries
from tests.support.exams import add_question, build_bank, content_of
from tests.support.library import law, put
from tests.support.people import START, Office, csrf, sign_in

OLD = law(
    "中华人民共和国甲法", "旧的<b>内容。", "依照《乙法》第一条办理。", adopted="2010年1月1日", begins="2010年3月1日"
)
NEW = law("甲法", "新的内容。", "依照《乙法》第一条办理，并适用第一条。", adopted="2020年1月1日", begins="2020年3月1日")


@pytest.fixture
def filled(session) -> dict[str, int]:
    set_writing(True)
    old, new, other = put(session(), OLD), put(session(), NEW), put(session(), law("乙法", "别的。"))
    session.commit()
    set_writing(False)
    return {"id": old.regulation_id, "old": old.version_id, "new": new.version_id, "other": other.regulation_id}


def test_the_list_shows_each_regulation_once(client_as: Callable[[str], FlaskClient], filled) -> None:
    page = client_as("cadre").get("/library/").text
    assert page.count("中华人民共和国甲法") == 1
    assert "现行有效" in page
    assert "导入法规" not in page
    assert "导入法规" in client_as("liaison").get("/library/").text
    assert "乙法" not in client_as("cadre").get("/library/?q=甲法").text
    assert client_as("cadre").get("/library/?status=repealed&year=2020&topic=x").status_code == 200


def test_the_text_of_a_day(client_as: Callable[[str], FlaskClient], filled) -> None:
    client, path = client_as("cadre"), f"/library/{filled['id']}"
    today = client.get(path).text
    assert "新的内容" in today
    assert 'id="art_1"' in today
    assert f'href="/library/{filled["other"]}#art_1"' in today
    assert 'href="#art_1"' in today
    before = client.get(f"{path}?on=2015-01-01").text
    assert "旧的&lt;b&gt;内容" in before
    assert "没有施行中的文本" in client.get(f"{path}?on=1990-01-01").text
    assert client.get(f"{path}?on=2023-02-30").status_code == 200
    assert client.get(f"{path}?version={filled['new']}").status_code == 200
    assert client.get(f"{path}?version=999").status_code == 404
    assert client.get("/library/999").status_code == 404


def test_two_texts_side_by_side(client_as: Callable[[str], FlaskClient], filled) -> None:
    client, path = client_as("cadre"), f"/library/{filled['id']}/compare"
    page = client.get(path).text
    assert "<ins>，并适用第一条</ins>" in page
    assert "&lt;b&gt;" in page
    assert client.get(f"{path}?old={filled['old']}&new={filled['new']}&all=1").status_code == 200
    assert client.get(f"{path}?old=1&new=999").status_code == 404
    assert "只有一个文本" in client.get(f"/library/{filled['other']}/compare").text


def test_search_escapes_marks_and_finds_titles(client_as: Callable[[str], FlaskClient], filled) -> None:
    client = client_as("cadre")
    page = client.get("/library/search?q=内容").text
    assert "共 2 条条文" in page
    assert "<mark>内容</mark>" in page
    assert "旧的&lt;b&gt;" in page
    assert "名称相符的法规" in client.get("/library/search?q=乙法").text
    part = client.get("/library/search?q=没有的词", headers={"HX-Request": "true"}).text
    assert "没有找到“没有的词”" in part
    assert "<html" not in part
    for query in ("", "，", "%25", "\"'", "OR AND NOT *", "x" * 500):
        assert client.get("/library/search", query_string={"q": query, "year": "abcd", "kind": "?"}).status_code == 200


def test_metadata_and_dates_are_corrected(client_as: Callable[[str], FlaskClient], filled, session) -> None:
    client = client_as("study_officer")
    path = f"/library/{filled['id']}/edit"
    page = client.get(path).text
    seen = page.split('name="seen"')[1].split('value="')[1].split('"')[0]
    data = {
        "csrf_token": csrf(client),
        "title": "甲法",
        "kind": "law",
        "aliases": "小甲",
        "topics": "信访，体育",
        "seen": seen,
    }
    assert client.post(path, data=data).status_code == 303
    again = client.post(path, data={**data, "title": "丙法"})
    assert again.status_code == 422
    assert "刚被别人改过" in again.text
    assert "体育" in client.get("/library/?topic=体育").text
    path = f"/library/versions/{filled['new']}"
    seen = client.get(path).text.split('name="seen"')[1].split('value="')[1].split('"')[0]
    dates = {"csrf_token": csrf(client), "in_force_from": "2020-04-01", "repealed_on": "2019-01-01", "seen": seen}
    assert client.post(path, data=dates).status_code == 422
    assert client.post(path, data={**dates, "repealed_on": ""}).status_code == 303
    assert queries.version(session(), filled["new"]).confirmed_at is not None


def test_notes_at_an_article(client_as: Callable[[str], FlaskClient], filled, session) -> None:
    client, other = client_as("cadre"), client_as("leader")
    piece = queries.provisions(session(), filled["new"])[1]
    path = f"/library/{filled['id']}/notes/{piece.id}"
    token = {"csrf_token": csrf(client)}
    refused = client.post(path, data={**token, "text": "", "quote": "没有"})
    assert refused.status_code == 422
    assert "不在这一条里" in refused.text
    assert client.post(path, data={**token, "text": "要记住", "quote": "新的"}).status_code == 303
    here = f"/library/{filled['id']}"
    assert "<mark>新的</mark>" in client.get(here).text
    assert "要记住" not in other.get(here).text
    (note, _name) = queries.notes(session(), Office.load(session()).people["cadre"].id, filled["id"])[0]
    assert other.post(f"/library/notes/{note.id}/share", data={"csrf_token": csrf(other)}).status_code == 404
    assert client.post(f"/library/notes/{note.id}/share", data=token).status_code == 303
    assert "要记住" in other.get(here).text
    assert client.post(f"/library/notes/{note.id}/delete", data=token).status_code == 303
    assert "要记住" not in client.get(here).text


def test_questions_and_articles_link_both_ways(client_as, filled, session, office) -> None:
    bank = build_bank(session(), office, unit="D")
    question = add_question(
        session(), bank, replace(content_of(QuestionType.SINGLE, 77), articles=(("甲法", "第一条"),)), START
    )
    session.commit()
    officer = client_as("exam_officer")
    assert "考这一条的题 1 道" in officer.get(f"/library/{filled['id']}").text
    assert "考这一条的题" not in client_as("cadre").get(f"/library/{filled['id']}").text
    page = officer.get(f"/exams/questions/{question.question_id}")
    assert f'href="/library/{filled["id"]}#art_1"' in page.text


def test_practice_starts_from_an_article(client_as, filled, session, office) -> None:
    bank = build_bank(session(), office, unit="D")
    content = content_of(QuestionType.SINGLE, 77)
    for number, article in enumerate(("第一条", "第一条", "第二条")):
        add_question(session(), bank, replace(content, stem=f"题{number}", articles=(("甲法", article),)), START)
    session.commit()
    cadre, here = client_as("cadre"), f"/library/{filled['id']}"
    assert "练习本条" not in cadre.get(here).text, "the bank is not open for practice"
    bank.practice = PracticeRelease.OPEN
    session.commit()
    page = cadre.get(here).text
    assert "练习本条 2 题" in page
    assert "练习本条 1 题" in page
    scope = re.search(r'name="scope" value="([^"]+)">\s*<button[^>]*>.*?练习本条 2 题', page)
    assert scope
    begun = cadre.post("/exams/practice/sets", data={"csrf_token": csrf(cadre), "scope": scope[1]})
    shown = cadre.get(begun.location).text
    assert "甲法" in shown
    assert "题0" in shown


def test_digests_say_that_they_are_no_text(client_as: Callable[[str], FlaskClient], session) -> None:
    set_writing(True)
    stored = load_digests(session(), START)
    session.commit()
    set_writing(False)
    assert stored.articles == 50
    page = client_as("cadre").get(f"/library/{stored.regulation_id}").text
    assert "不是法规原文" in page
    assert page.count("要点：") == 50


class Site:
    """A live site with a worker at hand."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def client(self, label: str) -> FlaskClient:
        with self.app.app_context(), writing() as session:
            client = sign_in(self.app, Office.load(session).people[label])
            session.commit()
        return client

    def work(self, answer) -> str:
        assert answer.status_code == 303, answer.text
        job_id = answer.location.rsplit("/", 1)[1]
        with self.app.app_context():
            queue.run(job_id)
            return store().get(job_id).back_url


@pytest.fixture
def site(live_app: Flask) -> Iterator[Site]:
    yield Site(live_app)
    with live_app.app_context():
        db.session.remove()


def test_a_file_is_previewed_as_a_tree_and_comes_in(site: Site) -> None:
    client = site.client("study_officer")
    text = NEW.replace("第二条 ", "第二条之一 ") + "\n\n附件：表"
    data = {"csrf_token": csrf(client), "file": (io.BytesIO(text.encode("gb18030")), "甲法.txt")}
    preview = site.work(client.post("/imports/new/regulations", data=data, content_type="multipart/form-data"))
    page = client.get(preview).text
    assert "第一章" in page
    assert "有增补条文" in page
    site.work(client.post(f"{preview}/accept", data={"csrf_token": csrf(client)}))
    assert "甲法" in client.get("/library/").text
    assert site.client("cadre").get("/imports/new/regulations").status_code == 404


def test_pasted_text_is_a_file_too(site: Site) -> None:
    client = site.client("liaison")
    data = {"csrf_token": csrf(client), "pasted": "丁办法\n第一条 粘贴的内容。\n第二条 自2024年1月1日起施行。"}
    preview = site.work(client.post("/imports/new/regulations", data=data, content_type="multipart/form-data"))
    site.work(client.post(f"{preview}/accept", data={"csrf_token": csrf(client)}))
    assert "粘贴的内容" in client.get("/library/search?q=粘贴的").text.replace("<mark>", "").replace("</mark>", "")
    nothing = client.post("/imports/new/regulations", data={"csrf_token": csrf(client), "pasted": " "})
    assert nothing.status_code == 422


def test_many_files_at_once_with_a_report_of_each(site: Site) -> None:
    client = site.client("study_officer")
    files = [(io.BytesIO(OLD.encode()), "甲法(2010-01-01).md"), (io.BytesIO(NEW.encode()), "甲法(2020-01-01).md"),
             (io.BytesIO(b""), "空.txt"), (io.BytesIO(b"PK"), "../坏.docx")]  # fmt: skip
    data = {"csrf_token": csrf(client), "files": files}
    report = site.work(client.post("/library/bulk", data=data, content_type="multipart/form-data"))
    page = client.get(report).text
    assert "新法规 1 部，新文本 2 个，条文 6 条，没有导入 2 个" in page
    assert client.post("/library/bulk", data={"csrf_token": csrf(client)}).status_code == 422
    assert site.client("cadre").get(report).status_code == 403


def invoke(app: Flask, *arguments: str):
    return app.test_cli_runner().invoke(args=["regulations", *arguments], catch_exceptions=False)


def test_the_command_line(live_app: Flask, tmp_path: Path) -> None:
    folder = tmp_path / "laws"
    (folder / "sub").mkdir(parents=True)
    (folder / "甲法(2010-01-01).md").write_text(OLD, encoding="utf-8")
    (folder / "sub" / "甲法(2020-01-01).md").write_text(NEW, encoding="utf-8")
    (folder / "旧.doc").write_bytes(bytes.fromhex("D0CF11E0A1B11AE1") + "WordDocument".encode("utf-16-le"))
    (folder / "图.png").write_bytes(b"x")
    dry = json.loads(invoke(live_app, "import", str(folder), "--dry-run", "--json").stdout)
    first = json.loads(invoke(live_app, "import", str(folder), "--json").stdout)
    assert dry == first
    assert [first[name] for name in ("files", "documents", "regulations", "versions", "articles")] == [3, 2, 1, 2, 6]
    assert [(each["file"], each["kind"]) for each in first["failed"]] == [("旧.doc", "file-old-doc")]
    assert {"file": "图.png", "kind": "skipped", "detail": ""} in first["warnings"]
    again = json.loads(invoke(live_app, "import", str(folder), "--json").stdout)
    assert [again[name] for name in ("documents", "regulations", "versions", "articles")] == [2, 0, 0, 0]
    found = json.loads(invoke(live_app, "search", "内容", "--limit", "1", "--json").stdout)
    assert found["total"] == 2
    assert found["hits"][0]["regulation"] == "甲法"
    assert (found["hits"][0]["version"], found["hits"][0]["article"]) == ("2020-01-01", "第一条")
    assert "旧的" in invoke(live_app, "show", "甲法", "--on", "2015-01-01", "--article", "1").stdout
    refused = {
        ("无法",): "regulation-missing",
        ("甲法", "--article", "99"): "article-missing",
        ("甲法", "--article", "甲"): "article-unreadable",
        ("甲法", "--on", "1990-01-01"): "version-missing",
    }
    for words, code in refused.items():
        result = invoke(live_app, "show", *words, "--json")
        assert (result.exit_code, json.loads(result.stdout)["error"]) == (1, code)
