"""Numbers, dates, titles, references, comparison, tokens: what holds for any input."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.library.rules.compare import Article, Change, Mark, compare, pieces, plain
from portal.library.rules.dates import (
    Basis,
    VersionStatus,
    date_in_name,
    propose_in_force,
    read_date,
    read_date_lines,
    resolve,
    status_of,
)
from portal.library.rules.numbers import (
    MOST,
    Address,
    ArticleNumber,
    from_chinese,
    read_address,
    read_article,
    to_chinese,
)
from portal.library.rules.search import excerpt, fold, matches, query_runs, run_tokens, runs_of, tokens_of
from portal.library.rules.text import lines_of, references, text_at
from portal.library.rules.titles import RegulationKind, clean_title, guess_kind, title_key

NUMBERS = st.builds(ArticleNumber, st.integers(1, 2000), st.integers(0, 20))
DAYS = st.dates(date(1950, 1, 1), date(2050, 1, 1))


@given(st.integers(0, MOST))
def test_numerals_go_both_ways(number: int) -> None:
    assert from_chinese(to_chinese(number)) == number


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "零"), (10, "十"), (11, "十一"), (20, "二十"), (101, "一百零一"), (110, "一百一十"), (111, "一百一十一"),
     (1005, "一千零五"), (1260, "一千二百六十"), (10010, "一万零一十"), (120000, "十二万")],
)  # fmt: skip
def test_numerals_as_laws_write_them(number: int, text: str) -> None:
    assert to_chinese(number) == text


@pytest.mark.parametrize(
    ("text", "number"), [("二〇二二", 2022), ("两", 2), ("１２０", 120), ("百二十", 120), ("○", 0)]
)
def test_other_ways_to_write_a_number_are_read(text: str, number: int) -> None:
    assert from_chinese(text) == number


@pytest.mark.parametrize("text", ["", "甲", "一甲", "-1", "1.5"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        from_chinese(text)


@given(NUMBERS)
def test_article_numbers_go_both_ways(number: ArticleNumber) -> None:
    assert read_article(number.label) == number == read_article(number.address)
    assert read_article(number.address.removeprefix("art_")) == number


def test_an_inserted_article() -> None:
    assert read_article("第一百二十条之一").address == "art_120-1"
    assert ArticleNumber(120, 1).label == "第一百二十条之一"


@given(NUMBERS, st.integers(0, 9), st.integers(0, 20), st.integers(0, 9))
def test_addresses_go_both_ways(number: ArticleNumber, para: int, item: int, point: int) -> None:
    address = Address(number, para, item, point)
    assert read_address(str(address)) == address


def test_an_address_says_its_place() -> None:
    assert str(Address(ArticleNumber(35), 1, 2)) == "art_35__para_1__item_2"
    assert Address(ArticleNumber(35), 1, 2).label == "第三十五条第一款第二项"


@given(DAYS)
def test_dates_are_read_in_figures_and_numerals(day: date) -> None:
    year = "".join(to_chinese(int(digit)).replace("零", "〇") for digit in str(day.year))
    assert read_date(f"{day.year}年{day.month}月{day.day}日通过") == day
    assert read_date(f"{year}年{to_chinese(day.month)}月{to_chinese(day.day)}日") == day
    assert date_in_name(f"某某法({day.isoformat()})") == day


def test_a_date_that_does_not_exist_is_none() -> None:
    assert read_date("2022年2月30日") is None
    assert date_in_name("某法(2022-13-01)") is None


def test_lines_under_a_title() -> None:
    found = read_date_lines(["2020年5月28日 大会通过", "2020年5月29日 公布", "2021年1月1日 施行"])
    assert (found.adopted, found.published, found.in_force) == (
        date(2020, 5, 28), date(2020, 5, 29), date(2021, 1, 1),
    )  # fmt: skip
    bracketed = read_date_lines(["（2022年1月1日通过 自2022年3月1日起施行）"])
    assert (bracketed.adopted, bracketed.in_force) == (date(2022, 1, 1), date(2022, 3, 1))


ADOPTED = date(2020, 6, 1)


@pytest.mark.parametrize(
    ("text", "line", "day", "basis"),
    [
        ("本法自2021年1月1日起施行。", None, date(2021, 1, 1), Basis.FINAL_ARTICLE),
        ("本法自二〇二一年一月一日起施行。", None, date(2021, 1, 1), Basis.FINAL_ARTICLE),
        ("本规则自2021年8月1日零时起施行。", None, date(2021, 8, 1), Basis.FINAL_ARTICLE),
        ("本法自公布之日起施行。", None, ADOPTED, Basis.PUBLICATION),
        ("本法自1995年10月1日起施行。", None, ADOPTED, Basis.AMENDMENT),
        ("没有写。", date(2020, 9, 1), date(2020, 9, 1), Basis.DATE_LINE),
        ("没有写。", None, None, Basis.NONE),
    ],
)
def test_the_day_a_law_begins_is_proposed(text: str, line: date | None, day: date | None, basis: Basis) -> None:
    proposal = propose_in_force(text, adopted=ADOPTED, published=None, line=line)
    assert (proposal.day, proposal.basis) == (day, basis)


@dataclass(frozen=True)
class Text:
    id: int
    in_force_from: date | None
    repealed_on: date | None = None
    is_digest: bool = False


VERSIONS = st.lists(st.tuples(st.none() | DAYS, st.none() | DAYS, st.booleans()), max_size=5).map(
    lambda rows: [Text(number, *row) for number, row in enumerate(rows, 1)]
)


@given(VERSIONS, DAYS)
def test_at_most_one_text_is_in_force_and_it_is_the_one_that_is_read(versions: list[Text], day: date) -> None:
    texts = [each for each in versions if not each.is_digest]
    in_force = [each for each in texts if status_of(each, versions, day) is VersionStatus.IN_FORCE]
    assert len(in_force) <= 1
    assert all(resolve(versions, day) == each for each in in_force)
    read = resolve(versions, day)
    assert read is None or (read.in_force_from is not None and read.in_force_from <= day)
    assert read is None or not (read.is_digest and texts)


def test_each_status() -> None:
    old, new = Text(1, date(2000, 1, 1)), Text(2, date(2010, 1, 1), date(2020, 1, 1))
    both = [old, new]
    assert status_of(old, both, date(1999, 1, 1)) is VersionStatus.PENDING
    assert status_of(old, both, date(2009, 12, 31)) is VersionStatus.IN_FORCE
    assert status_of(old, both, date(2010, 1, 1)) is VersionStatus.AMENDED
    assert status_of(new, both, date(2020, 1, 1)) is VersionStatus.REPEALED
    assert status_of(Text(3, None), [Text(3, None)], date(2020, 1, 1)) is VersionStatus.UNDATED


@pytest.mark.parametrize(
    "title",
    ["中华人民共和国体育法", "# 中华人民共和国 体育法", "《体育法》", "体育法(2022-06-24)", "体育法（2016年修正）",
     "中华人民共和国体育法(修正版)", "体\u200b育\u3000法"],
)  # fmt: skip
def test_titles_of_one_law_share_a_key(title: str) -> None:
    assert title_key(title) == "体育法"


def test_what_is_another_work_has_another_key() -> None:
    assert len({title_key(title) for title in ("信访条例", "信访条例（试行）", "上海市信访条例", "信访工作条例")}) == 4
    assert clean_title("《〈甲法〉实施办法》") == "〈甲法〉实施办法"


@pytest.mark.parametrize(
    ("title", "lines", "kind"),
    [
        ("中华人民共和国宪法", "", RegulationKind.CONSTITUTION),
        ("中华人民共和国体育法", "全国人民代表大会常务委员会", RegulationKind.LAW),
        ("信访工作条例", "2022年2月25日 中共中央、国务院发布", RegulationKind.PARTY),
        ("中华人民共和国政府信息公开条例", "国务院令第492号", RegulationKind.ADMINISTRATIVE),
        ("上海市信访条例", "上海市人民代表大会常务委员会", RegulationKind.LOCAL),
        ("最高人民法院关于某事的规定", "", RegulationKind.JUDICIAL),
        ("案例分析", "", RegulationKind.OTHER),
    ],
)
def test_kinds_are_guessed(title: str, lines: str, kind: RegulationKind) -> None:
    assert guess_kind(title, lines) is kind


def test_paragraphs_items_and_points() -> None:
    text = "有下列情形：\n（一）甲；\n1.子；\n2．丑；\n（二）乙。\n前款另有规定的除外。"
    assert [(line.para, line.item, line.point) for line in lines_of(text)] == [
        (1, 0, 0), (1, 1, 0), (1, 1, 1), (1, 1, 2), (1, 2, 0), (2, 0, 0),
    ]  # fmt: skip
    assert text_at(text, Address(ArticleNumber(1), 1, 1)) == "（一）甲；\n1.子；\n2．丑；"
    assert text_at(text, Address(ArticleNumber(1), 3)) == ""


HERE = Address(ArticleNumber(35), 2)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("依照《中华人民共和国刑法》第三百八十九条、第三百九十条的规定",
         [("中华人民共和国刑法", "art_389"), ("中华人民共和国刑法", "art_390")]),
        ("依照本条例第二十条第一款第三项处理", [("", "art_20__para_1__item_3")]),
        ("根据《信访工作条例》（以下简称条例）第三十五条第（二）项", [("信访工作条例", "art_35__para_1__item_2")]),
        ("前款规定", [("", "art_35__para_1")]),
        ("前条规定", [("", "art_34")]),
        ("第一百二十条之一第二款", [("", "art_120-1__para_2")]),
        ("《治安管理处罚法》", [("治安管理处罚法", None)]),
        ("《甲法》规定，依照本法第五条", [("甲法", None), ("", "art_5")]),
        ("前两款", []),
        ("没有引用", []),
    ],
)  # fmt: skip
def test_references(text: str, found: list[tuple[str, str | None]]) -> None:
    assert [(each.title, str(each.target) if each.target else None) for each in references(text, HERE)] == found


def test_a_range_of_articles() -> None:
    (reference,) = references("违反本法第十条至第十五条的", HERE)
    assert (str(reference.target), reference.until) == ("art_10", ArticleNumber(15))


@given(st.text("第一二十百条款项前本法《》（）甲、至", max_size=40))
def test_references_lie_one_behind_the_other(text: str) -> None:
    at = 0
    for each in references(text, HERE):
        assert at <= each.start < each.end <= len(text)
        at = each.end


WORDS = st.text("甲乙丙丁，。 （）(),\n", max_size=30)


@given(WORDS, WORDS)
def test_woven_texts_hold_both(old: str, new: str) -> None:
    woven = pieces(old, new)
    assert "".join(text for mark, text in woven if mark is not Mark.OLD) == new
    assert plain("".join(text for mark, text in woven if mark is not Mark.NEW)) == plain(old)


@given(st.lists(WORDS, max_size=6), st.lists(WORDS, max_size=6))
def test_a_comparison_loses_no_article(old: list[str], new: list[str]) -> None:
    olds = [Article(f"art_{n}", f"第{n}条", text) for n, text in enumerate(old, 1)]
    news = [Article(f"art_{n}", f"第{n}条", text) for n, text in enumerate(new, 1)]
    pairs = compare(olds, news)
    assert [pair.new for pair in pairs if pair.new] == news
    assert [pair.old for pair in pairs if pair.old] == olds


def test_a_comparison_tells_what_happened() -> None:
    old = [Article("1", "第一条", "为了甲，制定本法。"), Article("2", "第二条", "旧的一条不同。"),
           Article("3", "第三条", "本法自公布之日起施行。")]  # fmt: skip
    new = [Article("1", "第一条", "为了甲 ,制定本法。"), Article("2", "第二条", "新增者另有内容云云。"),
           Article("3", "第三条", "再来一条，毫不相干！"),
           Article("4", "第四条", "本法自公布之日起施行。")]  # fmt: skip
    assert [pair.change for pair in compare(old, new)] == [
        Change.SAME, Change.ADDED, Change.ADDED, Change.REMOVED, Change.MOVED,
    ]  # fmt: skip


@given(st.text("信访局aB1０，。 \u200b①", max_size=30))
def test_tokens_are_the_pairs_of_runs(text: str) -> None:
    runs = runs_of(text)
    assert len(tokens_of(text)) == sum(map(len, runs))
    assert all(matches(fold(text), [run]) for run in runs)
    assert all(len(run_tokens(run)) == len(run) for run in runs)


@given(st.text("信访局 <b>，\n", min_size=1, max_size=60), st.text("信访局", min_size=1, max_size=3))
def test_an_excerpt_is_a_piece_of_the_text(text: str, query: str) -> None:
    shown = excerpt(text, query_runs(query), 20)
    assert "".join(part for _, part in shown).strip("…") in text.replace("\n", " ")
    assert all(part == query for found, part in shown if found and query not in (query * 2)[1:-1])


def test_dates_of_a_repeal_come_after() -> None:
    from portal.library.rules.dates import dates_in_order

    begun = date(2020, 1, 1)
    assert dates_in_order(adopted=None, in_force_from=begun, repealed_on=begun + timedelta(1))
    assert not dates_in_order(adopted=None, in_force_from=begun, repealed_on=begun - timedelta(1))
