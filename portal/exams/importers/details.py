"""What goes with a question besides its answer: analysis, difficulty, points, tags, articles of law."""

from __future__ import annotations

import re
from dataclasses import replace

from portal.exams.importers.lexis import shadow
from portal.exams.importers.model import Draft, Note
from portal.exams.rules import weights
from portal.exams.rules.question import QuestionContent, QuestionType

_DIFFICULTIES = {
    "easy": {
        "易",
        "简单",
        "容易",
        "较易",
        "较容易",
        "低",
        "初级",
        "基础",
        "easy",
        "1",
        "一级",
        "较简单",
        "非常简单",
        "★",
    },
    "medium": {
        "中",
        "中等",
        "一般",
        "适中",
        "普通",
        "中级",
        "较难适中",
        "medium",
        "normal",
        "2",
        "3",
        "二级",
        "★★",
        "★★★",
    },
    "hard": {
        "难",
        "困难",
        "较难",
        "高",
        "高级",
        "hard",
        "difficult",
        "4",
        "5",
        "三级",
        "很难",
        "非常难",
        "★★★★",
        "★★★★★",
    },
}
_ARTICLE = re.compile(
    r"《([^《》]{2,60})》[^《》。；;]{0,12}?"
    r"(第\s*[一二三四五六七八九十百千零〇\d]+\s*条(?:之[一二三四五六七八九十]+)?"
    r"(?:\s*第\s*[一二三四五六七八九十\d]+\s*款)?(?:\s*第?\s*[（(]?[一二三四五六七八九十\d]+[)）]?\s*项)?)"
)
_COEFFICIENT_EASY = 0.7
_COEFFICIENT_HARD = 0.4


def add(draft: Draft, content: QuestionContent) -> QuestionContent:
    """Read the labels of a draft into content; what cannot be read becomes a warning."""
    analysis = draft.label("analysis")
    basis = draft.label("basis")
    articles = articles_in(basis or analysis)
    if basis and not articles_in(basis):
        analysis = "\n".join(part for part in (analysis, f"依据：{basis}") if part)
    return replace(
        content,
        analysis=analysis,
        difficulty=_difficulty(draft),
        points=_points(draft),
        articles=articles,
        tags=tags_in(draft.label("tags")),
    )


def add_weights(draft: Draft, content: QuestionContent) -> QuestionContent:
    """Read what each option brings, where the options and the key are known; what cannot be used becomes a warning."""
    text = draft.label("weights")
    read = weights.read(text, len(content.options)) if text else ()
    key = [index for index in content.key if isinstance(index, int)]
    if content.type is not QuestionType.MULTIPLE or read is None or (read and weights.problem(read, len(read), key)):
        if text:
            draft.warnings.append(Note.of("weights-unread", text=text[:40]))
        return content
    return content if not read or weights.is_plain(read, key) else replace(content, weights=read)


def articles_in(text: str) -> tuple[tuple[str, str], ...]:
    """Find articles of law named in a text: (title, number of the article as written without spaces)."""
    found = [(title.strip(), "".join(number.split())) for title, number in _ARTICLE.findall(text)]
    return tuple(dict.fromkeys(found))


def tags_in(text: str) -> tuple[str, ...]:
    """Cut a text of tags at spaces and separators."""
    words = [word.strip("。. ") for word in re.split(r"[\s,，;；、|/]+", text)]
    return tuple(dict.fromkeys(word for word in words if word))


def _difficulty(draft: Draft) -> str:
    text = draft.label("difficulty")
    level = difficulty_of(text)
    if text and not level:
        draft.warnings.append(Note.of("difficulty-unread", text=text[:20]))
    return level


def difficulty_of(text: str) -> str:
    """Read a word or a coefficient of difficulty: easy, medium, hard, or "" for neither."""
    text = shadow(text).strip(" 。.;")
    word = text.removesuffix(".0").removesuffix("题").removesuffix("度").lower()
    for name, words in _DIFFICULTIES.items():
        if word in words:
            return name
    if re.fullmatch(r"0\.\d+", text):
        # The coefficient of difficulty is the mean share of points gained: near 1 is easy.
        value = float(text)
        return "easy" if value >= _COEFFICIENT_EASY else "hard" if value < _COEFFICIENT_HARD else "medium"
    return ""


def _points(draft: Draft) -> int | None:
    text = draft.label("points")
    if not text:
        return draft.points if draft.points is not None else draft.section.points
    points = points_of(text)
    if points is None:
        draft.warnings.append(Note.of("points-unread", text=text[:20]))
    return points


def points_of(text: str) -> int | None:
    """Read points ("2.5", "3分") as hundredths, None for anything else."""
    match = re.fullmatch(r"\s*(\d{1,4}(?:\.\d+)?)\s*分?\s*[。;]?", shadow(text))
    return round(float(match[1]) * 100) if match else None
