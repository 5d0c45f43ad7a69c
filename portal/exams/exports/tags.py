"""What a question carries and most formats have no place for, as tags that the importer understands."""

from __future__ import annotations

from portal.exams.exports.sheet import DIFFICULTY_WORDS, TYPE_WORDS
from portal.exams.importers.structured import (
    PREFIXES,
    TAG_BASIS,
    TAG_DIFFICULTY,
    TAG_PLAIN,
    TAG_POINTS,
    TAG_TYPE,
)
from portal.exams.rules.question import QuestionContent, QuestionType, is_judge, judge_pair


def tags_of(content: QuestionContent, *, points: bool, judge_as_options: bool = False) -> list[str]:
    """The tags of a question. `points`: they have no place of their own; `judge_as_options`: nor has 判断."""
    found = [f"{TAG_PLAIN}{tag}" if tag.startswith(PREFIXES) else tag for tag in content.tags]
    if content.difficulty:
        found.append(TAG_DIFFICULTY + DIFFICULTY_WORDS[content.difficulty])
    if points and content.points is not None:
        found.append(f"{TAG_POINTS}{content.points / 100:.10g}")
    found += [f"{TAG_BASIS}《{title}》{article}" for title, article in content.articles]
    if _unclear(content, judge_as_options=judge_as_options):
        found.append(TAG_TYPE + TYPE_WORDS[content.type])
    return found


def _unclear(content: QuestionContent, *, judge_as_options: bool) -> bool:
    """Options that read right/wrong where the words alone would tell another type."""
    if content.type is QuestionType.SINGLE:
        return judge_pair(content.options) is not None
    return judge_as_options and content.type is QuestionType.JUDGE and not is_judge(content.stem, content.options)
