"""Questions as GIFT, each on lines of its own with its tags in a comment above it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from portal.exams.exports.tags import tags_of
from portal.exams.rules.question import QuestionContent, QuestionType
from portal.exams.rules.weights import percent_text

_SPECIAL = re.compile(r"([\\~=#{}:])")
_WRONG = "%-100%"  # whoever ticks everything must not gain by it


def write(title: str, contents: Sequence[QuestionContent]) -> tuple[bytes, tuple[int, ...]]:
    """(the file, the places of the questions in it). GIFT has one blank a question: others are left out."""
    blocks = [f"// {' '.join(title.split())}"]
    places = []
    for place, content in enumerate(contents):
        if content.type is QuestionType.FILL and len(content.key) != 1:
            continue
        places.append(place)
        blocks.append(_question(content))
    return ("\n\n".join(blocks) + "\n").encode(), tuple(places)


def _question(content: QuestionContent) -> str:
    tags = " ".join(f"[tag:{_comment(tag)}]" for tag in tags_of(content, points=True))
    said = content.analysis if content.type is not QuestionType.SHORT else "".join(str(part) for part in content.key)
    general = f"\n####{_text(said)}" if said else ""
    lines = [f"// {tags}"] if tags else []
    lines.append(f"[plain]{_escape(content.stem)}{{{_answers(content)}{general}}}")
    return "\n".join(lines)


def _answers(content: QuestionContent) -> str:
    if content.type is QuestionType.SHORT:
        return ""
    if content.type is QuestionType.JUDGE:
        return "TRUE" if content.key == (0,) else "FALSE"
    if content.type is QuestionType.FILL:
        spellings = content.key[0] if isinstance(content.key[0], tuple) else (str(content.key[0]),)
        return "".join(f"\n={_answer(spelling.replace('*', chr(92) + '*'))}" for spelling in spellings)
    if content.type is QuestionType.SINGLE:
        marks = ["=" if index in content.key else "~" for index in range(len(content.options))]
    elif content.weights:
        marks = [f"~%{percent_text(weight)}%" for weight in content.weights]
    else:
        share = f"%{100 / len(content.key):.5f}".rstrip("0").rstrip(".") + "%"
        marks = [f"~{share if index in content.key else _WRONG}" for index in range(len(content.options))]
    return "".join(f"\n{mark}{_answer(text, mark)}" for mark, text in zip(marks, content.options, strict=True))


def _answer(text: str, mark: str = "=") -> str:
    """An answer that begins like a weight gets one of its own in front."""
    weight = ("%100%" if mark == "=" else "%0%") if text.startswith("%") and mark in {"=", "~"} else ""
    return weight + _text(text)


def _text(text: str) -> str:
    return ("[plain]" if text.startswith("[") else "") + _escape(text)


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text).replace("\n", "\\n")


def _comment(text: str) -> str:
    return " ".join(text.replace("\\", "\\\\").replace("]", "\\]").split())
