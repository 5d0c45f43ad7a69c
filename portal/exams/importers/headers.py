"""The columns of a question table, by the many names that their headers go by."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

_SYNONYMS: dict[str, str] = {
    "stem": "题干|题目|问题|试题|题目内容|试题内容|题目描述|试题描述|试题题干|题干内容|题目题干|题目名称"
    "|试题名称|问题内容|题目标题|题名|题面"
    "|试题题目|考题|题干描述|问题描述|题目正文|试题正文|question|stem|content|title|questiontext"
    "|questioncontent|questionstem|input",
    "type": "题型|题目类型|试题类型|题目题型|试题题型|类型|题类|问题类型|考题类型|题型名称|type|questiontype|qtype",
    "answer": "答案|正确答案|正确选项|参考答案|标准答案|试题答案|题目答案|答案选项|正确答案选项|正确项"
    "|答案内容|本题答案|问题答案"
    "|answer|rightanswer|correctanswer|correct|key|output",
    "analysis": "解析|答案解析|试题解析|题目解析|解析说明|答案说明|详解|试题分析|题目分析|分析|解释|解答"
    "|答案分析|解题思路|评分标准"
    "|参考解析|解析内容|答题解析|analysis|explanation|explain",
    "difficulty": "难度|难易|难易度|难易程度|难度等级|难度系数|试题难度|题目难度|难度级别|difficulty|level"
    "|difficultylevel",
    "points": "分值|分数|单题分值|单空分数|单空分值|题目分值|试题分值|每题分值|每题分数|题目分数|试题分数"
    "|本题分值|默认分值|得分|score|points|point",
    "weights": "得分比例|选项得分比例|各选项得分比例",
    "tags": "知识点|标签|考点|知识点名称|题目标签|试题标签|关键字|关键词|所属知识点|知识模块|分类|题目分类"
    "|试题分类|类别|所属分类|章节|所属章节"
    "|tags|tag|category|source",
    "basis": "法条|依据|法律依据|法规依据|政策依据|出处|试题出处|来源|答案依据|出题依据|命题依据|法律条文"
    "|条款|参考依据|试题来源",
    "number": "序号|编号|题号|题目编号|试题编号|题目序号|试题序号|题目id|试题id|题id|no|id|num|number|index|questionid",
    "options": "选项|备选项|所有选项|全部选项|选项列表|题目选项|试题选项|备选答案|候选项|可选项|选项列|选择项"
    "|选项集合|options|choices|option",
    "option_text": "选项内容|选项描述|选项文本|选项名称|选项文字|选项题干|备选内容|optioncontent|optiontext",
    "option_mark": "选项标识|选项编号|选项序号|选项号|选项字母|选项标号|选项代码|选项key|optionlabel|optionkey",
    "is_right": "是否正确|是否正确答案|是否为正确答案|是否答案|是否为答案|正确与否|是否正确选项"
    "|是否为正确选项|正误|是否正解|对错|iscorrect|isright|isanswer",
}
_NAMES = {name: column for column, names in _SYNONYMS.items() for name in names.split("|")}
_NUMERALS = "一二三四五六七八九十"
_OPTION = re.compile(
    r"^(?:备选|候选|可选)?(?:选择项|选项|备选项|答案选项|备选答案|答案|选择|option|opt|choice|answer)?([a-l])(?:选项|项|答案)?(?:内容)?$"
)
_COUNTED = re.compile(r"^(?:选项|备选项|备选答案|选择项|option|opt|choice)(\d{1,2}|[一二三四五六七八九十])(?:内容)?$")
_BLANK = re.compile(
    r"^(?:第?(\d{1,2}|[一二三四五六七八九十])空(?:答案|\d)?|(?:填?空|空格|填空答案|答案|参考答案|正确答案|blank)(\d{1,2}|[一二三四五六七八九十])(?:答案)?)$"
)
_SCAN = 20
_LONGEST_HEADER = 40


@dataclass(slots=True)
class Header:
    """Where the columns of a table are; `options` and `blanks` by their place in the question."""

    row: int
    columns: dict[str, int] = field(default_factory=dict)
    options: dict[int, int] = field(default_factory=dict)
    blanks: dict[int, int] = field(default_factory=dict)

    @property
    def by_option(self) -> bool:
        """A row for each option, not for each question."""
        return "is_right" in self.columns and not self.options

    @property
    def named(self) -> int:
        """How many columns have a name that is known."""
        return len(self.columns) + len(self.options) + len(self.blanks)

    @property
    def fit(self) -> bool:
        """Enough columns to hold questions: a stem, and an answer, options or a type."""
        more = bool(self.options or self.blanks) or bool({"answer", "options", "type", "is_right"} & set(self.columns))
        return "stem" in self.columns and more


def plain(name: str) -> str:
    """Bring a header to its plain form: NFKC, no spaces, no brackets with what they hold, no star, lower case."""
    text = "".join(unicodedata.normalize("NFKC", name).split()).lower()
    text = re.sub(
        r"\([^()]*\)|\[[^\[\]]*\]|【[^】]*】|\{[^}]*\}",
        lambda match: match[0][1:-1] if len(match[0]) == len("(a)") else "",
        text,
    )
    return re.sub(r"[*:_\-.、,/#\"'?]|必填项?|选填|非必填|可选填", "", text)


def _ordinal(text: str) -> int:
    return int(text) - 1 if text.isdecimal() else _NUMERALS.index(text)


def read_header(cells: list[str], row: int) -> Header:
    """Read a row as a header; whether it is one, `fit` tells."""
    header = Header(row)
    for place, cell in enumerate(cells):
        name = plain(cell) if len(cell) <= _LONGEST_HEADER * 3 else ""
        if not name or len(name) > _LONGEST_HEADER:
            continue
        if name in _NAMES:
            header.columns.setdefault(_NAMES[name], place)
        elif match := _OPTION.match(name):
            header.options.setdefault(ord(match[1]) - ord("a"), place)
        elif match := _COUNTED.match(name):
            header.options.setdefault(_ordinal(match[1]), place)
        elif match := _BLANK.match(name):
            header.blanks.setdefault(_ordinal(match[1] or match[2]), place)
    _settle(header)
    return header


def _settle(header: Header) -> None:
    """Names that mean different things beside different columns."""
    columns = header.columns
    if "is_right" in columns and not {"options", "option_text"} & set(columns):
        columns.setdefault("answer", columns.pop("is_right"))
    if header.by_option:
        if "options" in columns and "option_text" in columns:
            columns.setdefault("option_mark", columns.pop("options"))
        elif "options" in columns:
            columns["option_text"] = columns.pop("options")
    elif "option_text" in columns:
        columns.setdefault("options", columns.pop("option_text"))
    if header.options and header.blanks and "answer" not in columns:
        first = min(header.blanks)
        columns["answer"] = header.blanks.pop(first)


def find_header(rows: list[list[str]]) -> Header | None:
    """Find the first row that heads a table of questions, within the first rows of a sheet."""
    for number, cells in enumerate(rows[:_SCAN]):
        header = read_header(cells, number)
        if header.fit:
            return header
    return None
