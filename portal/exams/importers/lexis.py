"""The words and marks by which Chinese question files tell their parts apart.

All patterns run on the shadow of a line: full-width ASCII made half-width, one character for one, so that positions in
the shadow are positions in the line.
"""

from __future__ import annotations

import re
import unicodedata

_SHADOW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SHADOW |= dict.fromkeys([0x3000, 0xA0, 0x2002, 0x2003, 0x2009, 0x202F, 0x200B, 0xFEFF], 0x20)
_SHADOW |= {ord("〔"): ord("["), ord("〕"): ord("]"), ord("【"): ord("["), ord("】"): ord("]")}
_SHADOW |= {ord("﹙"): ord("("), ord("﹚"): ord(")"), ord("．"): ord("."), ord("﹒"): ord("."), ord("､"): ord("、")}
_SHADOW |= {
    ord("✓"): ord("√"),
    ord("✔"): ord("√"),
    ord("☑"): ord("√"),
    ord("✗"): ord("×"),
    ord("✘"): ord("×"),
    ord("╳"): ord("×"),
}


def shadow(text: str) -> str:
    """Half-width twin of a text, of the same length."""
    return text.translate(_SHADOW)


TYPE_WORDS: dict[str, str] = {
    "单项选择题": "single", "单选题": "single", "单项选择": "single", "单选": "single", "单项题": "single",
    "多项选择题": "multiple", "多选题": "multiple", "多项选择": "multiple", "多选": "multiple", "多项题": "multiple",
    "不定项选择题": "multiple", "不定项选择": "multiple", "不定项题": "multiple", "不定项": "multiple",
    "不定选题": "multiple",
    "判断题": "judge", "判断正误题": "judge", "判断对错题": "judge", "判断正误": "judge", "判断对错": "judge",
    "正误判断题": "judge", "正误判断": "judge", "正误题": "judge", "是非判断题": "judge", "是非题": "judge",
    "判断": "judge",
    "对错题": "judge", "判断说理题": "judge", "判断改错题": "judge",
    "填空题": "fill", "填空": "fill", "填充题": "fill", "完形填空题": "fill",
    "简答题": "short", "简答": "short", "问答题": "short", "问答": "short", "论述题": "short", "论述": "short",
    "名词解释题": "short", "名词解释": "short", "名词解析": "short", "案例分析题": "short", "案例分析": "short",
    "案例题": "short", "材料分析题": "short", "分析题": "short", "主观题": "short", "辨析题": "short",
    "解答题": "short",
    "综合题": "short", "思考题": "short", "写作题": "short", "作文题": "short",
    "排序题": "order", "连线题": "matching", "匹配题": "matching", "配对题": "matching", "连接题": "matching",
    "选择题": "choice", "客观选择题": "choice", "选择": "choice",
    "single": "single", "singlechoice": "single", "multiple": "multiple", "multiplechoice": "multiple",
    "judge": "judge", "truefalse": "judge", "fill": "fill", "short": "short", "essay": "short", "radio": "single",
    "checkbox": "multiple",
}  # fmt: skip
UNSUPPORTED = frozenset({"order", "matching"})
"""Types that are known by name and that nobody can answer here."""
_LONGEST = sorted((word for word in TYPE_WORDS if not word.isascii()), key=len, reverse=True)
TYPE_WORD = "(?:" + "|".join(_LONGEST) + ")"

CN = "[一二三四五六七八九十百]"
_ROMAN = "[IVXⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ]"
_PREFIX = (
    rf"(?:第\s*(?:{CN}+|\d+|{_ROMAN}+)\s*(?:大题|部分|篇|章|节|卷|单元|类|题)\s*[、.:,]?\s*|\(\s*{CN}+\s*\)\s*[、.]?\s*"
    rf"|{CN}+\s*[、.:,)]\s*|{CN}+\s+|{_ROMAN}+\s*[、.:]\s*|[#*]+\s*)"
)
# A heading of a part with the type it names: "一、单选题（每题2分）", "第二部分 多选题", "判断题：", "[填空题]".
SECTION = re.compile(
    rf"^\s*[#*]*\s*(?P<prefix>{_PREFIX}*)[\[(《]?\s*(?P<lead>[一-龥]{{0,8}}?)(?P<word>{TYPE_WORD})\s*[\])》]?\s*(?P<rest>.*?)[*\s]*$"
)
_SECTION_REST = re.compile(
    r"^(?:部分)?\s*(?:[0-9IVXⅠ-Ⅹ一二三四五六七八九十]{0,3})\s*(?:$|[:：]?\s*$|[:。,.、;—-]?\s*(?:[(\[<].*|(?:本|每|共|总|下列|以下|请|在|将|对|正确的|答案|从).*)$|\d+\s*[道题].*$)"
)
NUMBERED_SECTION = re.compile(rf"^\s*(?:\d{{1,2}}\s*[.、]\s*)(?P<word>{TYPE_WORD})\s*[:：]?\s*(?P<rest>\(.*\))?\s*$")
PLAIN_HEADING = re.compile(
    rf"^\s*[#*]*\s*(?:第\s*(?:{CN}+|\d+|{_ROMAN}+)\s*(?:大题|部分|篇|章|节|卷|单元|套|编)|{CN}+\s*[、.]|\(\s*{CN}+\s*\))\s*(?P<rest>.*)$"
)
_SHORT_REST = re.compile(
    r"^(?:部分)?\s*(?:[0-9一二三四五六七八九十]{1,2})?\s*(?:[:：]?\s*$|[:：]?\s*\([^)]*(?:分|题|道|共|每|打|√)[^)]*\)\s*[:：。]?$"
    r"|[:：,]?\s*(?:共|每).*$|\d+\s*[道题]\s*$)"
)
_POINTS = re.compile(r"每(?:小|道)?[题空]\s*(\d+(?:\.\d+)?)\s*分")
MAX_HEADING = 160

NUMBER = re.compile(
    r"^\s*[#*★☆●◆▲\\>-]{0,4}\s*(?:"
    r"(?P<di>(?:第|题目|试题|问题|题)\s*(?P<n1>\d{1,4})\s*(?:小?题)?\s*[.、:,)]?)"
    r"|(?P<br>[(\[]\s*(?P<n2>\d{1,4})\s*[)\]]\s*[.、:]?)"
    r"|(?P<sep>(?P<n3>\d{1,4})\s*(?P<mark>[.、:,)。]))"
    r"|(?P<en>[QqNn][Oo]?\.?\s*(?P<n4>\d{1,4})\s*[.、:)])"
    r"|(?P<sp>(?P<n5>\d{1,4})(?:\s*)(?=[\u4e00-\u9fff《“\[(\"]))"
    r")\s*[*]{0,2}\s*"
)
_NOT_A_NUMBER = re.compile(
    r"^\d*\s*(?:\.\d+)?\s*(?:[%‰℃°]|[万亿]?元|倍|米|公里|公斤|克|吨|分钟|小时|MHz|kHz|Hz|[kMG]B)"
)
BARE_NUMBER = re.compile(r"^\s*[-—]?\s*\d{1,4}\s*[-—]?\s*$")

TAG = re.compile(
    rf"^\s*[\[(〈<]\s*(?:题型[:：]\s*)?(?P<word>{TYPE_WORD})\s*(?:[,，、;]?\s*(?P<points>\d+(?:\.\d+)?)\s*分)?\s*[\])〉>]\s*[:.、]?\s*"
)
BARE_TAG = re.compile(
    r"^\s*(?P<word>单选题|多选题|判断题|填空题|简答题|单项选择题|多项选择题|不定项选择题|问答题|论述题)\s*[:：.]\s*"
)
END_TAG = re.compile(rf"\s*[\[(]\s*(?P<word>{TYPE_WORD})\s*[\])]\s*[。.]?\s*$")
POINTS_TAG = re.compile(r"\s*[(\[]\s*(?:本题|本小题)?\s*(?:共|满分)?\s*(?P<points>\d{1,3}(?:\.\d+)?)\s*分\s*[)\]]")

LABELS: dict[str, str] = {
    "answer": "答案要点|答题要点|参考要点"
    "|正确答案是|正确答案为|参考答案是|参考答案为|答案是|答案为|正确答案|参考答案|标准答案|试题答案"
    "|题目答案|本题答案|正确选项|答案|答|Answer|ANSWER",
    "mine": "我的答案",
    "analysis": "答案解析|试题解析|题目解析|参考解析|解析|答案分析|分析|详解|解答|讲解|解释|点评|解题思路"
    "|说明|改正|更正|理由|判断理由|评分标准|评分要点|评分细则",
    "difficulty": "难度系数|难易程度|难易度|难度等级|难度|难易",
    "tags": "知识点|考查点|考点|标签|所属章节|章节|分类|关键词|知识模块",
    "basis": "法律依据|法条依据|政策依据|法规依据|答案依据|依据|法条|出处|来源|参考依据",
    "points": "本题分值|分值|分数",
    "weights": "选项得分比例|得分比例",
    "kind": "题目类型|试题类型|题型",
    "stem": "题目内容|题干|题目|试题内容|试题|问题",
    "options": "备选答案|备选项|选项",
}
_LABEL_OF = {word: name for name, words in LABELS.items() for word in words.split("|")}


def _label_words(*names: str) -> str:
    words = [word for name in (names or tuple(LABELS)) for word in LABELS[name].split("|")]
    return "|".join(sorted(words, key=len, reverse=True))


# At the start of a line: 答案：A, [答案] A, (解析) ..., and 正确答案 A or 答案A without a colon.
LABEL_START = re.compile(
    rf"^\s*[*#>]*\s*(?:[\[(]\s*(?P<a>{_label_words()})\s*[\])]\s*[:：]?|(?P<b>{_label_words()})\s*[*]*\s*[:：][*]*"
    rf"|(?P<c>正确答案|参考答案|标准答案|答案)\s*(?:为|是)?\s*(?=[A-La-l√×对错正]))\s*"
)
# In the middle: bracketed anywhere, with a colon only after something that ends a phrase.
_INSIDE = _label_words("answer", "analysis", "difficulty", "tags", "basis", "points", "weights", "mine")
LABEL_INSIDE = re.compile(
    rf"\[\s*(?P<a>{_INSIDE})\s*\]\s*[:：]?\s*"
    rf"|(?:(?<=[\s)\]。.;；,，?？!！A-L√×对错])|(?<=正确)|(?<=错误))\(?(?P<b>{_INSIDE})\s*[:：]\s*"
)
ANSWER_HEADING = re.compile(
    rf"^\s*[#*]*\s*(?:{_PREFIX})?(?:附[件录]?\s*\d*\s*[:：、]?\s*)?[\[(]?\s*(?P<lead>[^。?？:：]{{0,40}}?)"
    r"(?P<word>(?:参考|标准|正确)?答案(?:及|与|和)?(?:详细|试题)?(?:解析|解答|详解|分析|评分标准|评分参考)?(?:部分|汇总|一览表?|表|页|区)?"
    r"|试题解析|答案速查表?)\s*[\])]?\s*(?P<rest>[:：]?.*)$"
)


def label_of(match: re.Match[str]) -> str:
    """Name of the label that LABEL_START or LABEL_INSIDE found."""
    groups = match.groupdict()
    return _LABEL_OF[groups.get("a") or groups.get("b") or groups.get("c") or ""]


def type_of(word: str) -> str | None:
    """The type that a word names ("多项选择题", "判断", "Single Choice"), None for no known word."""
    bare = re.sub(r"[\s()\[\]:_-]|题目?类型", "", shadow(unicodedata.normalize("NFKC", word))).lower()
    if bare in TYPE_WORDS:
        return TYPE_WORDS[bare]
    return next((TYPE_WORDS[known] for known in _LONGEST if known.endswith("题") and known in bare), None)


def section_of(line: str) -> tuple[str | None, int | None] | None:
    """Read a line as the heading of a part that names a type: (type, points each in hundredths); None otherwise."""
    if len(line) > MAX_HEADING:
        return None
    text = shadow(line)
    match = NUMBERED_SECTION.match(text) or SECTION.match(text)
    if not match:
        return None
    rest, prefix = match["rest"] or "", match.groupdict().get("prefix")
    if not _SECTION_REST.match(rest) or (not prefix and rest and not _short_rest(rest)):
        return None
    if match.groupdict().get("lead") and not match["word"].endswith("题"):
        return None  # 常识判断 names a subject, not a type
    points = _POINTS.search(text)
    return TYPE_WORDS[match["word"]], round(float(points[1]) * 100) if points else None


def _short_rest(rest: str) -> bool:
    """Without a numeral before the type word, only a bracket, a colon or a count may follow it."""
    return bool(_SHORT_REST.match(rest))


def number_of(line: str) -> tuple[int, str, int] | None:
    """Read the number that a line begins with: (number, style, where the text starts); None where there is none."""
    text = shadow(line)
    match = NUMBER.match(text)
    if not match:
        return None
    style = next(name for name in ("di", "br", "sep", "en", "sp") if match[name])
    digits = next(group for name in ("n1", "n2", "n3", "n4", "n5") if (group := match[name]))
    rest = text[match.end() :]
    if style == "sep":
        style += match["mark"]
        glued = match["mark"] in ".:," and text[match.end("mark") :][:1].isdecimal()
        if glued and not _year_first(rest):
            style = "decimal"
    if style == "sp" and re.match(
        r"^(?:[年月日号个条元万亿%岁天次名人项件周倍种类款章节小时分秒多余级位以及至到和与届部省市]|工作日)", rest
    ):
        return None
    return int(digits), style, match.end()


def _year_first(rest: str) -> bool:
    return bool(re.match(r"^(?:19|20)\d\d\s*年", rest))


def looks_like_quantity(line: str) -> bool:
    """Say whether a line begins with a number that measures something: 3.5%, 10.5 MHz."""
    return bool(_NOT_A_NUMBER.match(shadow(line).strip()))
