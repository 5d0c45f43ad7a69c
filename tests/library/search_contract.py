"""What a search promises, whatever the database; the tests of each run it."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.library.models import Provision
from portal.library.queries.search import Found, Narrowed, search
from portal.library.rules.search import query_runs
from tests.support.library import brute_force, law, put

TODAY = date(2026, 6, 1)
# Few letters, so that things repeat: Han, Latin of both cases and widths, digits, 〇, an astral Han, marks, breaks.
LETTERS = "信访信访工作条例的AaＢb1２〇①𠀀é"
BREAKS = "，。 　、;\u200b_-（）“"
TEXTS = st.text(alphabet=LETTERS + BREAKS, min_size=1, max_size=40)
QUERIES = st.text(alphabet=LETTERS + BREAKS, min_size=1, max_size=8)
MANY = 1_000_000


def ids_of(session: Session, found: Found) -> set[int]:
    """The ids of all hits."""
    wanted = {(hit.version_id, hit.address) for hit in found.hits}
    rows = session.execute(select(Provision.id, Provision.version_id, Provision.address))
    return {row.id for row in rows if (row.version_id, row.address) in wanted}


def agree(session: Session, query: str) -> None:
    """The search finds what brute force finds, and counts it."""
    found = search(session, query, TODAY, limit=MANY, exact=True)
    expected = brute_force(session, query)
    assert ids_of(session, found) == expected, query
    assert found.total == len(expected) == len(found.hits), query


def equals_brute_force(session: Session) -> None:
    """For any texts and any queries, pieces of the texts among them."""

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(texts=st.lists(TEXTS, min_size=1, max_size=4), queries=st.lists(QUERIES, max_size=4), cuts=st.randoms())
    def check(texts: list[str], queries: list[str], cuts: random.Random) -> None:
        nested = session.begin_nested()
        put(session, law("某法", *[f"甲{text}" for text in texts]))
        for text in texts:
            start = cuts.randrange(len(text))
            queries = [*queries, text[start : start + cuts.randint(1, 6)]]
        for query in queries:
            agree(session, query)
        nested.rollback()

    check()


def finds_in_real_laws(session: Session, laws: Path) -> None:
    """The same on the public collection, with pieces of one to twelve characters from anywhere in it."""
    files = sorted(laws.glob("*.md"))
    assert len(files) > 20
    for path in files:
        put(session, path.read_text(encoding="utf-8"), path.name)
    session.flush()
    texts = list(session.scalars(select(Provision.text).where(Provision.text != "")))
    dice = random.Random(7)
    queries = [
        "信",
        "的",
        "1",
        "信访",
        "0日",
        "01",
        "第三十五条",
        "信访，条例",
        "法 院",
        "（一）",
        "ａ",
        "〇",
        "。",
        "<b>",
    ]
    for length in (1, 2, 2, 3, 4, 6, 9, 12) * 12:
        text = dice.choice(texts)
        start = dice.randrange(max(len(text) - length, 1))
        queries.append(text[start : start + length])
    for query in queries:
        agree(session, query)


def long_texts_are_exact(session: Session) -> None:
    """A text beyond what a tsvector has positions for, and one with a pair of letters more than 256 times in it."""
    filler = "".join(chr(0x4E00 + at % 5000) for at in range(20_000))
    put(session, law("长法", filler + "末尾的话", "信访" * 600 + "终了"))
    for query in ("末尾的话", "信访终了", "访信访终", "尾的话信", filler[16_380:16_390]):
        agree(session, query)


def ranks(session: Session) -> list[str]:
    """Labels in the order found: title before heading before force before density before number."""
    put(session, law("档案法", "其他内容，档案很多很多很多很多很多。", "与此无关。"))
    put(
        session, law("图书法", "这一条说档案，说得不多，还有许多别的话要说。", "档案档案档案。", adopted="2019年1月1日")
    )
    put(session, law("旧法", "档案档案档案档案。", begins="2030年1月1日"))
    put(session, law("收藏法", "档案在此，还有许多别的话要说下去。").replace("第一章 总则", "第一章 档案"))
    found = search(session, "档案", TODAY, limit=20)
    return [f"{hit.regulation}{hit.label}" for hit in found.hits]


ORDER = ["档案法第一条", "收藏法第一条", "图书法第二条", "图书法第一条", "旧法第一条"]


def narrows(session: Session) -> None:
    """Filters leave out, and what stands outside of articles is asked for apart."""
    put(session, law("甲市水条例", "节约用水。", adopted="2019年1月1日", begins="2019年2月1日"))
    put(session, law("中华人民共和国水法", "节约用水。", begins="2030年1月1日") + "\n\n附件：节约用水的表")
    assert search(session, "节约", TODAY).total == 2
    assert search(session, "节约", TODAY, Narrowed(kind="law")).total == 1
    assert search(session, "节约", TODAY, Narrowed(status="pending")).total == 1
    assert search(session, "节约", TODAY, Narrowed(year=2019)).total == 1
    assert search(session, "节约", TODAY, Narrowed(topic="水")).total == 0
    others = search(session, "节约", TODAY, Narrowed(others=True))
    assert [hit.address for hit in others.hits] == ["annex_1"]
    assert query_runs("，。") == []
    assert search(session, "，。", TODAY).total == 0
