"""What a page may send as the answer to a question, before it is stored."""

from __future__ import annotations

from collections.abc import Sequence

from portal.core.errors import RuleError
from portal.exams.rules.question import QuestionType

MAX_TEXT = 500
"""Characters of one blank; longer than any accepted spelling."""
_DIGITS = 2
MAX_ESSAY = 5000
"""Characters of a short answer; the page tells it and counts."""


def clean_value(type_: QuestionType, *, options: int, blanks: int, value: object) -> tuple[str, ...]:
    """The answer in its stored form: places picked, as digits in ascending order, one text per blank, or one text.

    An empty tuple is "not answered". Raises RuleError "bad-answer" for anything that the page could not have sent.
    """
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        raise RuleError("bad-answer")
    if type_ is QuestionType.FILL:
        return _texts(value, blanks)
    if type_ is QuestionType.SHORT:
        return _essay(value)
    return _places(type_, value, options)


def _texts(value: Sequence[str], blanks: int) -> tuple[str, ...]:
    if len(value) > blanks or any(len(part) > MAX_TEXT for part in value):
        raise RuleError("bad-answer")
    if not any(part.strip() for part in value):
        return ()
    return tuple(value) + ("",) * (blanks - len(value))


def _essay(value: Sequence[str]) -> tuple[str, ...]:
    """One text of several lines. A form sends its line ends otherwise than a script does; stored they are the same."""
    text = "\n".join(value).replace("\r\n", "\n").replace("\r", "\n")
    if len(value) > 1 or len(text) > MAX_ESSAY:
        raise RuleError("bad-answer")
    return (text,) if text.strip() else ()


def _places(type_: QuestionType, value: Sequence[str], options: int) -> tuple[str, ...]:
    if not all(part.isascii() and part.isdecimal() and len(part) <= _DIGITS and int(part) < options for part in value):
        raise RuleError("bad-answer")
    picked = sorted({int(part) for part in value})
    if len(picked) > 1 and type_ is not QuestionType.MULTIPLE:
        raise RuleError("bad-answer")
    return tuple(str(place) for place in picked)
