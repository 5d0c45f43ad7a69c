"""Kinds of question."""

from __future__ import annotations

from enum import StrEnum


class QuestionType(StrEnum):
    """单选、多选、判断、填空、简答."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    JUDGE = "judge"
    FILL = "fill"
    SHORT = "short"
