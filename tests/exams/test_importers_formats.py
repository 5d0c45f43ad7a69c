"""GIFT, Aiken, Moodle XML and QTI: what they hold comes in, what this system has no place for is named."""

from __future__ import annotations

import io
import zipfile
from fractions import Fraction
from pathlib import Path

import pytest

from portal.core.errors import RuleError
from portal.exams.importers import ParseResult, classify, summarise
from portal.exams.importers.model import ParsedRow
from portal.exams.importers.reading import parse_file
from portal.exams.importers.reasons import PARTS, REASONS, reason_text
from portal.exams.rules.question import QuestionType
from portal.exams.rules.weights import WHOLE, share

S, M, J, F, T = QuestionType.SINGLE, QuestionType.MULTIPLE, QuestionType.JUDGE, QuestionType.FILL, QuestionType.SHORT


@pytest.fixture
def read(tmp_path: Path):
    """Write a text to a file and read it as questions."""

    def reader(text: str | bytes, name: str = "题库.txt", wanted: str = "") -> ParseResult:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        result = parse_file(path, name, wanted=wanted)
        assert ParseResult.from_dict(result.to_dict()) == result
        counts = summarise(classify(result.rows, {}, set()))
        assert counts["found"] == counts["accepted"] + counts["duplicates"] + len(counts["rejected"])
        for row in result.rows:
            for note in (*row.problems, *row.warnings):
                assert "{" not in reason_text(note.code, **dict(note.params))
        return result

    return reader


def brief(row: ParsedRow) -> tuple:
    """What a row asks, or why it is refused."""
    if row.content is None:
        return tuple(note.code for note in row.problems)
    return row.content.type, row.content.stem, row.content.options, row.content.key


def codes(row: ParsedRow) -> list[str]:
    return [note.code for note in row.warnings]


GIFT = r"""// 第一题 [id:Q-1] [tag:信访] [tag:难度：难]
$CATEGORY: $course$/top/信访工作条例/总则

::登记::信访事项登记后多少日内转送？{
  =15日#对，见第二十二条。
  ~30日
  ~60日
####《信访工作条例》第二十二条。
}

哪些属于办理期限\: \{可多选\}？{~%50%60日 ~%50%延长30日 ~%-100%半年 ~%-100%一年}

国有企业也适用《信访工作条例》。{T}

信访人可以多头投诉。{FALSE#错在哪里#说对了}

办理期限为{=60日 =六十日 =%50%两个月}，可以延长。

请说明依法分类处理的含义。{####分清性质，\n导入相应程序。}

把机关和职责连起来。{=信访局 -> 转送 =公安局 -> 侦查}

几日内答复？{#60:5}

这是一段说明，不是题目。

权重写错了。{~%5x%甲 ~乙 =丙}

没有收尾的题。{=甲 ~乙

以下表述正确的是哪些？{=甲 =乙 ~丙}
连着写的下一题，没有空行。{F}
"""


def test_gift(read) -> None:
    result = read(GIFT)
    rows = result.rows
    assert result.format == "gift"
    assert [brief(row) for row in rows] == [
        (S, "信访事项登记后多少日内转送？", ("15日", "30日", "60日"), (0,)),
        (M, "哪些属于办理期限: {可多选}？", ("60日", "延长30日", "半年", "一年"), (0, 1)),
        (J, "国有企业也适用《信访工作条例》。", ("正确", "错误"), (0,)),
        (J, "信访人可以多头投诉。", ("正确", "错误"), (1,)),
        (F, "办理期限为 ____ ，可以延长。", (), (("60日", "六十日"),)),
        (T, "请说明依法分类处理的含义。", (), ("分清性质，\n导入相应程序。",)),
        ("type-unsupported",),
        ("type-unsupported",),
        ("type-unsupported",),
        ("weight-unread",),
        ("brace-unmatched",),
        (M, "以下表述正确的是哪些？", ("甲", "乙", "丙"), (0, 1)),
        (J, "连着写的下一题，没有空行。", ("正确", "错误"), (1,)),
    ]
    first = rows[0].content
    assert first is not None
    assert (rows[0].where, rows[0].number) == ("第1道（登记）", "Q-1")
    assert (first.tags, first.difficulty) == (("信访工作条例", "总则", "信访"), "hard")
    assert first.analysis == "《信访工作条例》第二十二条。\nA：对，见第二十二条。"
    assert rows[3].content is not None
    assert rows[3].content.analysis == "答错：错在哪里\n答对：说对了"
    assert codes(rows[1]) == []
    assert [dict(note.params) for note in rows[4].warnings] == [{"answer": "两个月", "share": "50"}]
    assert codes(rows[11]) == ["several-right"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("题{~%60%甲 ~%40%乙 ~丙}", "weights-kept"),
        ("题{=甲 ~%30%乙 ~丙}", "weights-dropped"),
        ("题{~%50%甲 ~%50%乙 ~%-25%丙}", "weights-kept"),
        ("题{~%50%甲 ~%20%乙 ~丙}", "weights-dropped"),
        ("题{=甲* =乙}", "answer-pattern"),
        ('[html]<b>题</b> <img src="a.png" alt="路牌">{T}', "picture-dropped"),
        ("[html]<b>题</b>{T}", "markup-dropped"),
        ('题{T}";', "stray-text"),
    ],
)
def test_what_gift_holds_beside_the_key(read, body: str, code: str) -> None:
    (row,) = read(body, "a.gift").rows
    assert row.content is not None
    assert code in codes(row)


def test_a_judgement_in_options_is_one_unless_its_tag_says_otherwise(read) -> None:
    one, reverse, declared = read(
        "甲对吗？{=对 ~错}\n\n乙对吗？{=错 ~对}\n\n// [tag:题型：单选题]\n丙{=正确 ~错误}"
    ).rows
    assert brief(one) == (J, "甲对吗？", ("正确", "错误"), (0,))
    assert brief(reverse) == (J, "乙对吗？", ("正确", "错误"), (1,))
    assert brief(declared) == (S, "丙", ("正确", "错误"), (0,))


AIKEN = """国家信访局的简称是什么？
Ａ．信访局
Ｂ．公安局
ANSWER：Ａ

哪些是办理方式？
a) 直接办理
b) 转送
c）不理
答案：A、B
解析：见条例
第二十一条。

没有答案的题
A) 甲
B) 乙

选项不连续
A. 甲
C. 丙
ANSWER: A
"""


def test_aiken(read) -> None:
    result = read(AIKEN)
    assert result.format == "aiken"
    assert [brief(row) for row in result.rows] == [
        (S, "国家信访局的简称是什么？", ("信访局", "公安局"), (0,)),
        (M, "哪些是办理方式？", ("直接办理", "转送", "不理"), (0, 1)),
        ("no-answer",),
        ("options-out-of-order",),
    ]
    assert result.rows[1].content is not None
    assert result.rows[1].content.analysis == "见条例\n第二十一条。"


def test_aiken_without_answers_in_between_keeps_every_question(read) -> None:
    rows = read("甲题\nA. 一\nB. 二\n乙题\nA. 一\nB. 二\nANSWER: B\n").rows
    assert [brief(row) for row in rows] == [("no-answer",), (S, "乙题", ("一", "二"), (1,))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1. 谁负责？\nA. 甲\nB. 乙\n答案：A\n", "text-zh"),
        ("谁负责？\nA. 甲\nB. 乙\n答案：A\n\n谁不负责？\nA. 甲\nB. 乙\n答案：B\n", "aiken"),
        ("谁负责？\nA. 甲\nB. 乙\nANSWER: A\n", "aiken"),
        ("谁负责？{=甲 ~乙}", "gift"),
        ("1. 谁负责？\nA. 甲\nB. 乙\nANSWER: A\n", "aiken"),
        ("请论述。{}\n", "gift"),
        ("一、判断题\n1. {}是空集的写法。（√）\n", "text-zh"),
        ("一、填空题\n1. 集合{1,2,3}有几个元素？____\n答案：三个\n", "text-zh"),
        ('<?xml version="1.0"?><quiz></quiz>', "moodle-xml"),
        ('<assessmentItem identifier="a" title=""><itemBody/></assessmentItem>', "qti"),
    ],
)
def test_the_format_is_told_by_the_content(read, text: str, expected: str) -> None:
    assert read(text).format == expected


def test_a_person_can_choose_another_format(read) -> None:
    text = "谁负责？\nA. 甲\nB. 乙\n答案：A\n"
    assert read(text, wanted="aiken").format == "aiken"
    assert read(text, wanted="text-zh").format == "text-zh"
    with pytest.raises(RuleError, match="format-unfit"):
        read(text, wanted="qti")


MOODLE = """<?xml version="1.0" encoding="{encoding}"?>
<quiz>
<question type="category"><category><text>$course$/top/Default for X/条例</text></category></question>
<question type="multichoice"><name><text>一</text></name>
 <questiontext format="html"><text><![CDATA[<p>多少日内<b>转送</b>？&nbsp;</p>]]></text></questiontext>
 <generalfeedback format="plain_text"><text>第二十二条</text></generalfeedback>
 <defaultgrade>2.5</defaultgrade><single>true</single>
 <answer fraction="0"><text>30日</text><feedback><text>太晚</text></feedback></answer>
 <answer fraction="100"><text>15日</text></answer>
 <tags><tag><text>期限</text></tag><tag><text>依据：《信访工作条例》第二十二条</text></tag></tags></question>
<question type="multichoice"><questiontext><text>哪些</text></questiontext><single>false</single>
 <answer fraction="50"><text>甲</text></answer><answer fraction="50"><text>乙</text></answer>
 <answer fraction="-100"><text>丙</text></answer><hint><text>想一想</text></hint></question>
<question type="truefalse"><questiontext><text>对不对</text></questiontext>
 <answer fraction="0"><text>true</text></answer><answer fraction="100"><text>false</text></answer></question>
<question type="shortanswer"><questiontext><text>简称 ____</text></questiontext><usecase>1</usecase>
 <answer fraction="100"><text>信访局</text></answer><answer fraction="100"><text>信访办</text></answer></question>
<question type="essay"><questiontext><text>论述</text></questiontext>
 <graderinfo format="html"><text>&lt;p&gt;要点一&lt;/p&gt;&lt;p&gt;要点二&lt;/p&gt;</text></graderinfo></question>
<question type="cloze">
 <questiontext><text>期限 {{1:SHORTANSWER:=60日~=六十日}}，延长 {{1:SA:=30日}}。</text></questiontext></question>
<question type="cloze"><questiontext><text>选 {{1:MULTICHOICE:=甲~乙}}。</text></questiontext></question>
<question type="matching"><questiontext><text>连一连</text></questiontext></question>
<question type="multichoice"><questiontext><text>没有对的</text></questiontext>
 <answer fraction="0"><text>甲</text></answer><answer fraction="x"><text>乙</text></answer></question>
</quiz>"""


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_moodle_xml(read, encoding: str) -> None:
    result = read(MOODLE.format(encoding=encoding).encode(encoding), "quiz.xml")
    rows = result.rows
    assert [brief(row) for row in rows] == [
        (S, "多少日内转送？", ("30日", "15日"), (1,)),
        (M, "哪些", ("甲", "乙", "丙"), (0, 1)),
        (J, "对不对", ("正确", "错误"), (1,)),
        (F, "简称 ____", (), (("信访局", "信访办"),)),
        (T, "论述", (), ("要点一\n要点二",)),
        (F, "期限 ____，延长 ____。", (), (("60日", "六十日"), ("30日",))),
        ("type-unsupported",),
        ("type-unsupported",),
        ("weight-unread",),
    ]
    first = rows[0].content
    assert first is not None
    assert (first.analysis, first.points) == ("第二十二条\nA：太晚", 250)
    assert (first.tags, first.articles) == (("条例", "期限"), (("信访工作条例", "第二十二条"),))
    assert codes(rows[0]) == ["markup-dropped"]
    assert [dict(note.params) for note in rows[1].warnings] == [{"parts": "hint"}]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'<?xml version="1.0"?><!DOCTYPE quiz [<!ENTITY a "b">]><quiz>&a;</quiz>', "archive-doctype"),
        (b'<?xml version="1.0"?><quiz><question></quiz>', "file-xml-damaged"),
        (b'<?xml version="1.0"?><rss></rss>', "file-xml-kind"),
        (b'<?xml version="1.0"?><questestinterop></questestinterop>', "file-qti-old"),
    ],
)
def test_xml_that_is_not_read(read, data: bytes, code: str) -> None:
    with pytest.raises(RuleError, match=code):
        read(data, "a.xml")


def test_names_of_html_characters_do_not_stop_a_file(read) -> None:
    text = '<quiz><question type="essay"><questiontext><text>甲&nbsp;乙</text></questiontext></question></quiz>'
    (row,) = read(text, "a.xml").rows
    assert row.stem == "甲 乙"


def test_an_essay_without_a_model_answer_comes_in_and_that_is_told(read) -> None:
    text = '<quiz><question type="essay"><questiontext><text>简述原则。</text></questiontext></question></quiz>'
    (row,) = read(text, "a.xml").rows
    assert row.content is not None
    assert (row.content.type, row.content.key) == (QuestionType.SHORT, ())
    assert [note.code for note in row.warnings] == ["no-model-answer"]


def item(body: str, declarations: str = "", extra: str = "", *, title: str = "题") -> str:
    return (
        f'<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="i1" title="{title}">'
        f"{declarations}<itemBody>{body}</itemBody>{extra}</assessmentItem>"
    )


def declared(*right: str, many: bool = False, mapping: str = "", name: str = "R") -> str:
    values = "".join(f"<value>{value}</value>" for value in right)
    return (
        f'<responseDeclaration identifier="{name}" cardinality="{"multiple" if many else "single"}" '
        f'baseType="identifier">{f"<correctResponse>{values}</correctResponse>" if right else ""}'
        f"{f'<mapping>{mapping}</mapping>' if mapping else ''}</responseDeclaration>"
    )


OPTIONS = "".join(f'<simpleChoice identifier="{each[0]}">{each[1]}</simpleChoice>' for each in ("a甲", "b乙", "c丙"))
CHOICE = f'<p>题干</p><choiceInteraction responseIdentifier="R"><prompt>选哪个？</prompt>{OPTIONS}</choiceInteraction>'
ENTRY = '<textEntryInteraction responseIdentifier="{}"/>'
ENTRIES = f"<p>期限{ENTRY.format('R')}，延长{ENTRY.format('Q')}。</p>"
MAPPING = '<mapEntry mapKey="c" mappedValue="2"/><mapEntry mapKey="a" mappedValue="-1"/>'


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        (item(CHOICE, declared("b")), (S, "题干\n选哪个？", ("甲", "乙", "丙"), (1,))),
        (item(CHOICE, declared("a", "c", many=True)), (M, "题干\n选哪个？", ("甲", "乙", "丙"), (0, 2))),
        (
            item(CHOICE, declared(mapping=MAPPING)),
            (S, "题干\n选哪个？", ("甲", "乙", "丙"), (2,)),
        ),
        (item(CHOICE, declared()), ("no-answer",)),
        (item(CHOICE, declared("z")), ("key-outside-options",)),
        (
            item(ENTRIES, declared("60日") + declared("30日", name="Q")),
            (F, "期限____，延长____。", (), (("60日",), ("30日",))),
        ),
        (
            item('<extendedTextInteraction responseIdentifier="R"><prompt>论述</prompt></extendedTextInteraction>'
                 '<rubricBlock view="scorer"><p>要点</p></rubricBlock>'),
            (T, "论述", (), ("要点",)),
        ),
        (item("<p>只有文字</p>"), ("type-unsupported",)),
        (item(CHOICE + CHOICE, declared("a")), ("type-unsupported",)),
        (item('<hotspotInteraction responseIdentifier="R"/>'), ("type-unsupported",)),
    ],
)  # fmt: skip
def test_qti_items(read, xml: str, expected: tuple) -> None:
    (row,) = read(xml, "i.xml").rows
    assert brief(row) == expected


QTI3 = """<qti-assessment-item xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0" identifier="q3" title="三">
<qti-response-declaration identifier="RESPONSE" cardinality="multiple" base-type="identifier">
<qti-correct-response><qti-value>A</qti-value><qti-value>C</qti-value></qti-correct-response>
<qti-mapping default-value="0"><qti-map-entry map-key="A" mapped-value="1"/><qti-map-entry map-key="C"
 mapped-value="2"/></qti-mapping></qti-response-declaration>
<qti-item-body><qti-choice-interaction response-identifier="RESPONSE" max-choices="0"><qti-prompt>选</qti-prompt>
<qti-simple-choice identifier="A">甲<qti-feedback-inline identifier="A">好</qti-feedback-inline></qti-simple-choice>
<qti-simple-choice identifier="B">乙</qti-simple-choice><qti-simple-choice identifier="C">丙</qti-simple-choice>
</qti-choice-interaction></qti-item-body>
<qti-response-processing template="https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/map_response.xml"/>
<qti-modal-feedback identifier="F" outcome-identifier="X"><qti-content-body><p>讲解</p></qti-content-body>
</qti-modal-feedback></qti-assessment-item>"""


def test_version_3(read) -> None:
    (row,) = read(QTI3, "q.xml").rows
    assert brief(row) == (M, "选", ("甲", "乙", "丙"), (0, 2))
    assert row.content is not None
    assert row.content.analysis == "讲解\nA：好"
    assert codes(row) == ["weights-kept"]
    assert [share(each) for each in row.content.weights] == [Fraction(1, 3), 0, Fraction(2, 3)]


ENTRY = '<mapEntry mapKey="{}" mappedValue="{}"/>'
A_AND_C = ENTRY.format("A", 1) + ENTRY.format("C", 1)


@pytest.mark.parametrize(
    ("mapping", "template", "weights", "told"),
    [
        (f'upperBound="2">{A_AND_C}', "map", (), []),
        (f'upperBound="2" defaultValue="-2">{A_AND_C}', "map", (), []),
        (f'upperBound="2" defaultValue="-1">{A_AND_C}', "map", (50, -50, 50), ["weights-kept"]),
        (f'upperBound="1">{A_AND_C}', "map", (100, 0, 100), ["weights-kept"]),
        (f'defaultValue="0">{ENTRY.format("A", 1)}{ENTRY.format("B", 0.5)}', "map", (), ["weights-dropped"]),
        (f'defaultValue="0">{ENTRY.format("A", 9)}{ENTRY.format("C", 1)}', "match", (), []),
    ],
)
def test_a_mapping_of_qti_gives_shares(read, mapping: str, template: str, weights: tuple[int, ...], told: list) -> None:
    name = "map_response" if template == "map" else "match_correct"
    xml = f"""<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p2" identifier="q" title="t">
<responseDeclaration identifier="RESPONSE" cardinality="multiple" baseType="identifier"><correctResponse>
<value>A</value><value>C</value></correctResponse><mapping {mapping}</mapping></responseDeclaration>
<itemBody><p>选</p><choiceInteraction responseIdentifier="RESPONSE" maxChoices="0"><simpleChoice identifier="A">甲
</simpleChoice><simpleChoice identifier="B">乙</simpleChoice><simpleChoice identifier="C">丙</simpleChoice>
</choiceInteraction></itemBody><responseProcessing template="x/{name}"/></assessmentItem>"""
    (row,) = read(xml, "i.xml").rows
    assert row.content is not None
    assert row.content.key == (0, 2)
    assert row.content.weights == tuple(each * WHOLE // 100 for each in weights)
    assert codes(row) == told


def package(files: dict[str, str]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return target.getvalue()


def manifest(*hrefs: str, kind: str = "imsqti_item_xmlv2p2") -> str:
    resources = "".join(
        f'<resource identifier="r{at}" type="{kind}" href="{href}"><metadata><lom><general><keyword>'
        f"<string>难度：易</string></keyword></general></lom></metadata></resource>"
        for at, href in enumerate(hrefs)
    )
    return f'<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1"><resources>{resources}</resources></manifest>'


def test_a_package(read) -> None:
    data = package(
        {
            "bank/imsmanifest.xml": manifest("items/one.xml", "items/gone.xml", "items/bad.xml", "../../up.xml"),
            "bank/items/one.xml": item(CHOICE, declared("a"), title="一"),
            "bank/items/bad.xml": "<assessmentItem>",
            "bank/items/left.xml": item(CHOICE.replace("题干", "没列出"), declared("b"), title="散"),
            "bank/test.xml": "<assessmentTest/>",
        }
    )
    result = read(data, "bank.zip")
    assert result.format == "qti-package"
    assert [brief(row)[0] for row in result.rows] == [S, "item-missing", "item-damaged", "item-missing", S]
    assert result.rows[0].content is not None
    assert result.rows[0].content.difficulty == "easy"


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"a.xml": "<rss/>"}, "file-zip-kind"),
        ({"a.txt": "x"}, "file-zip-kind"),
        ({"imsmanifest.xml": manifest("q.xml", kind="imsqti_xmlv1p2")}, "file-qti-old"),
        ({"../a.xml": item(CHOICE, declared("a"))}, "archive-bad-name"),
        ({"a.xml": "<!DOCTYPE a><assessmentItem/>"}, "archive-doctype"),
    ],
)
def test_packages_that_are_refused(read, files: dict[str, str], code: str) -> None:
    with pytest.raises(RuleError, match=code):
        read(package(files), "a.zip")


def test_every_word_for_what_is_left_out_is_used_in_a_sentence() -> None:
    assert "{kind}" in REASONS["type-unsupported"]
    assert "{parts}" in REASONS["parts-dropped"]
    assert all(PARTS.values())


def test_a_package_may_hold_thousands_of_items(read) -> None:
    files = {f"q{number}.xml": item(CHOICE.replace("题干", f"第{number}问"), declared("a")) for number in range(2100)}
    result = read(package({"imsmanifest.xml": manifest(*files), **files}), "big.zip")
    assert sum(row.content is not None for row in result.rows) == 2100


def test_what_belongs_to_the_asking_and_not_to_the_words_is_named(read) -> None:
    """An upload as the answer, and options that must keep their order."""
    xml = """<quiz><question type="essay"><questiontext><text>附上材料</text></questiontext>
<attachments>2</attachments><graderinfo><text>要点</text></graderinfo></question>
<question type="multichoice"><questiontext><text>哪项</text></questiontext><shuffleanswers>0</shuffleanswers>
<answer fraction="100"><text>甲</text></answer>
<answer fraction="0"><text>以上都不对</text></answer></question></quiz>"""
    rows = read(xml, "q.xml").rows
    assert [dict(note.params) for row in rows for note in row.warnings] == [
        {"parts": "attachments"},
        {"parts": "fixed-order"},
    ]
