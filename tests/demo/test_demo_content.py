"""What the demo content promises: enough of everything, nothing twice, and nothing that points nowhere."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from portal import accounts
from portal.demo.people import ACCOUNTS, GIVEN_NAMES, ROLE_LABELS, SURNAMES, DemoPerson, demo_people
from portal.demo.places import (
    BUREAU_CODE,
    BUREAU_NAME,
    DISTRICT_CODE,
    SUBDISTRICTS,
    demo_units,
    section_code,
    subdistrict_code,
)
from portal.demo.questions import BANK_FILE, DemoQuestion, demo_questions

UNITS = {unit.code: unit for unit in demo_units()}
PEOPLE = {person.number: person for person in demo_people()}
QUESTIONS = demo_questions()
PARENT_KINDS = {
    "district": {None},
    "bureau": {"district"},
    "department": {"district"},
    "subdistrict": {"district"},
    "section": {"bureau"},
    "community": {"subdistrict"},
    "station": {"bureau", "subdistrict"},
}
# A real district's sub-districts; the demo must not borrow one.
TAKEN_SUBDISTRICTS = {"桂园", "黄贝", "东门", "翠竹", "东晓", "南湖", "笋岗", "东湖", "莲塘", "清水河"}
DIGITS = {digit: value for value, digit in enumerate("一二三四五六七八九", start=1)}


def article_number(article: str) -> int:
    """The number of an article written as 第三十五条; ValueError where it is not written so (up to 99)."""
    match = re.fullmatch(r"第(?:([一二三四五六七八九])?(十))?([一二三四五六七八九])?条", article)
    if match is None or not (match[2] or match[3]):
        raise ValueError(article)
    tens = DIGITS.get(match[1], 1) if match[2] else 0
    return tens * 10 + DIGITS.get(match[3], 0)


def holders(role: str) -> list[DemoPerson]:
    return [person for person in PEOPLE.values() if role in {name for name, _ in person.roles}]


def of_type(kind: str) -> list[DemoQuestion]:
    return [question for question in QUESTIONS if question.type == kind]


# Places


def test_unit_counts() -> None:
    kinds = Counter(unit.kind for unit in UNITS.values())
    assert kinds == {
        "district": 1,
        "bureau": 1,
        "section": 8,
        "department": 8,
        "subdistrict": 10,
        "community": 81,
        "station": 12,
    }


def test_no_unit_twice() -> None:
    units = demo_units()
    assert len({unit.code for unit in units}) == len(units)
    assert len({unit.name for unit in units}) == len(units)


def test_parents_come_first_and_are_of_a_fitting_kind() -> None:
    seen: dict[str, str] = {}
    for unit in demo_units():
        parent_kind = None if unit.parent_code is None else seen[unit.parent_code]
        assert parent_kind in PARENT_KINDS[unit.kind], unit
        seen[unit.code] = unit.kind


def test_communities_are_spread() -> None:
    parents = Counter(unit.parent_code for unit in UNITS.values() if unit.kind == "community")
    assert set(parents) == {subdistrict_code(name) for name in SUBDISTRICTS}
    assert set(parents.values()) <= {8, 9}


def test_subdistricts_are_not_borrowed() -> None:
    assert not {name.removesuffix("街道") for name in SUBDISTRICTS} & TAKEN_SUBDISTRICTS


def test_names_find_their_units() -> None:
    assert UNITS[BUREAU_CODE].name == BUREAU_NAME
    assert UNITS[section_code("复查复核科")].name == "复查复核科"
    assert UNITS[subdistrict_code("芷岸街道")].name == "芷岸街道"


@pytest.mark.parametrize("find", [section_code, subdistrict_code])
def test_unknown_names_are_refused(find: Callable[[str], str]) -> None:
    with pytest.raises(ValueError, match="not in"):
        find("没有这个单位")


# People


def test_people_are_distinct_and_in_order() -> None:
    people = demo_people()
    assert [person.number for person in people] == [f"Y{number}" for number in range(1001, 1121)]
    assert len({person.name for person in people}) == 120
    assert people == demo_people()


def test_names_come_from_lists_without_repeats() -> None:
    assert len(set(SURNAMES)) == len(SURNAMES)
    assert len(set(GIVEN_NAMES)) == len(GIVEN_NAMES)


def test_people_and_roles_belong_to_units() -> None:
    for person in PEOPLE.values():
        assert person.unit_code in UNITS
        assert person.position
        assert person.roles[0] == ("cadre", person.unit_code)
        assert len(set(person.roles)) == len(person.roles)
        assert all(scope in UNITS and role in ROLE_LABELS for role, scope in person.roles), person


@pytest.mark.parametrize(
    ("role", "at_least"),
    [
        ("cadre", 120),
        ("liaison", 11),
        ("study_officer", 1),
        ("exam_officer", 2),
        ("publicity_officer", 1),
        ("case_officer", 3),
        ("reviewer", 2),
        ("leader", 5),
        ("manager", 2),
        ("system_admin", 1),
        ("security_admin", 1),
        ("audit_admin", 1),
    ],
)
def test_enough_holders(role: str, at_least: int) -> None:
    assert len(holders(role)) >= at_least


def test_administrators_are_three_people_with_no_other_work() -> None:
    admins = [person for role in ("system_admin", "security_admin", "audit_admin") for person in holders(role)]
    assert len({person.number for person in admins}) == len(admins) == 3
    assert all(len(person.roles) == 2 for person in admins)


def test_liaisons_cover_the_bureau_and_each_subdistrict_once() -> None:
    scopes = Counter(scope for person in PEOPLE.values() for role, scope in person.roles if role == "liaison")
    assert scopes == Counter([BUREAU_CODE, *(subdistrict_code(name) for name in SUBDISTRICTS)])


def test_exam_officers_for_the_district_and_for_the_bureau() -> None:
    scopes = {scope for person in holders("exam_officer") for role, scope in person.roles if role == "exam_officer"}
    assert scopes == {DISTRICT_CODE, BUREAU_CODE}


def test_leader_role_goes_to_those_marked_as_leaders() -> None:
    assert {person.number for person in holders("leader")} == {p.number for p in PEOPLE.values() if p.leader}


def test_one_account_for_each_role() -> None:
    assert [(zh, en) for _, zh, en in ACCOUNTS] == list(ROLE_LABELS.values())
    assert len({number for number, _, _ in ACCOUNTS}) == 12
    for (number, _, _), role in zip(ACCOUNTS, ROLE_LABELS, strict=True):
        assert {name for name, _ in PEOPLE[number].roles} == {"cadre", role}


def test_roles_are_the_portal_s_own() -> None:
    permissions = pytest.importorskip("portal.core.permissions", reason="the portal has no roles yet")
    assert {role: zh for role, (zh, _) in ROLE_LABELS.items()} == {
        role: str(zh) for role, zh in accounts.ROLE_LABELS.items()
    }
    assert set(ROLE_LABELS) == {role.value for role in permissions.Role}


# Questions


def test_question_counts() -> None:
    assert len(QUESTIONS) >= 66
    for kind, at_least in {"single": 30, "multiple": 14, "judge": 16, "fill": 6}.items():
        assert len(of_type(kind)) >= at_least


def test_no_stem_twice() -> None:
    assert len({re.sub(r"\W", "", question.stem) for question in QUESTIONS}) == len(QUESTIONS)


@pytest.mark.parametrize("question", QUESTIONS, ids=range(len(QUESTIONS)))
def test_question_is_sound(question: DemoQuestion) -> None:
    assert len(set(question.options)) == len(question.options)
    assert list(question.right) == sorted(set(question.right))
    assert all(0 <= position < len(question.options) for position in question.right)
    assert question.difficulty in {"easy", "medium", "hard"}
    assert question.points > 0
    if question.type == "fill":
        assert not question.options
        assert question.blanks
        assert question.stem.count("____") == len(question.blanks)
        assert all(spellings and all(spellings) for spellings in question.blanks)
    else:
        assert "____" not in question.stem
        assert not question.blanks
    if question.type == "judge":
        assert question.options == ("正确", "错误")
    if question.type in {"single", "multiple"}:
        assert len(question.options) == 4
        assert len(question.right) == 1 if question.type == "single" else len(question.right) >= 2


@pytest.mark.parametrize("question", QUESTIONS, ids=range(len(QUESTIONS)))
def test_articles_exist_and_the_analysis_names_them(question: DemoQuestion) -> None:
    assert question.articles
    for law, article in question.articles:
        assert law == "信访工作条例"
        assert 1 <= article_number(article) <= 50
        assert article in question.analysis


def test_right_options_are_spread() -> None:
    single = Counter(question.right[0] for question in of_type("single"))
    assert set(single) == {0, 1, 2, 3}
    assert max(single.values()) - min(single.values()) <= 1
    multiple = Counter(position for question in of_type("multiple") for position in question.right)
    assert max(multiple.values()) - min(multiple.values()) <= 2
    judge = Counter(question.right[0] for question in of_type("judge"))
    assert abs(judge[0] - judge[1]) <= 1


def test_length_does_not_give_the_right_option_away() -> None:
    longest = shortest = 0
    for question in of_type("single"):
        right = len(question.options[question.right[0]])
        others = [len(option) for position, option in enumerate(question.options) if position not in question.right]
        longest += right > max(others)
        shortest += right < min(others)
    assert longest <= len(of_type("single")) / 4
    assert shortest <= len(of_type("single")) / 4


def test_bank_covers_every_chapter_with_duties() -> None:
    tested = {article_number(article) for question in QUESTIONS for _, article in question.articles}
    chapters = {"一": (1, 6), "二": (7, 16), "三": (17, 26), "四": (27, 37), "五": (38, 47), "六": (48, 50)}
    for name, (first, last) in chapters.items():
        assert tested & set(range(first, last + 1)), name
    assert len(tested) >= 25


def test_file_is_plain_utf8_without_a_mark() -> None:
    raw = BANK_FILE.read_bytes()
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert "信访工作条例" in raw.decode("utf-8")


@pytest.mark.parametrize(
    ("article", "number"), [("第一条", 1), ("第十条", 10), ("第十九条", 19), ("第二十条", 20), ("第五十条", 50)]
)
def test_article_number(article: str, number: int) -> None:
    assert article_number(article) == number


@pytest.mark.parametrize("article", ["第条", "三十五条", "第35条", "第百条"])
def test_article_number_refuses(article: str) -> None:
    with pytest.raises(ValueError, match=article):
        article_number(article)


def test_durations_in_an_analysis_stand_in_the_articles_it_cites() -> None:
    """Each "N日", "N人" of an analysis must be said by the articles that it names."""
    shared = os.environ.get("PORTAL_SHARED")
    if not shared:
        pytest.skip("PORTAL_SHARED is not set: the text of the regulation is not at hand")
    text = (Path(shared) / "data" / "laws" / "信访工作条例(2022-02-25).md").read_text(encoding="utf-8")
    parts = re.split(r"^(第[一二三四五六七八九十]+条) ", text, flags=re.MULTILINE)
    articles = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert len(articles) == 50
    checked = 0
    for question in QUESTIONS:
        cited = "".join(articles[name] for name in re.findall(r"第[一二三四五六七八九十]+条", question.analysis))
        for figure in re.findall(r"\d+(?:个工作日|日|人)", question.analysis):
            if figure in cited:
                checked += 1
            else:
                # Not periods of the regulation: the sum of 60 and 30, the days of issue and of approval.
                assert figure in {"90日", "25日", "24日"}, question.stem
    assert checked >= 15
