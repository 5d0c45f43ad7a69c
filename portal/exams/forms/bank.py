"""Forms of banks and questions: shape and syntax only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    FieldList,
    HiddenField,
    IntegerField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import AnyOf, InputRequired, Length, Optional

from portal.exams.importers.details import articles_in, tags_in
from portal.exams.rules import weights as weighing
from portal.exams.rules.question import (
    CHOICE_TYPES,
    JUDGE_OPTIONS,
    MAX_ANALYSIS,
    MAX_OPTION,
    MAX_OPTIONS,
    MAX_STEM,
    QuestionContent,
    QuestionType,
)
from portal.exams.rules.versions import LETTERS, articles_text
from portal.exams.words_bank import DIFFICULTY_LABELS, TYPE_LABELS
from portal.web.forms import PointsField, PortalForm, TextField, strip

ROWS = 8
_MORE = 2
SAVE, PREVIEW, MORE = "save", "preview", "more"


def _choices(pairs: Iterable[tuple[Any, Any]]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in pairs]


class BankForm(PortalForm):
    """Name, unit and note of a bank."""

    name = TextField(_l("题库名称"), [InputRequired(_l("请填写题库名称。")), Length(max=200)])
    unit_id = SelectField(_l("归属单位"), coerce=int)
    note = TextField(_l("说明"), [Length(max=500)])

    def offer(self, units: Iterable[tuple[int, str]]) -> None:
        """Set the units to choose from."""
        self.unit_id.choices = _choices(units)


class QuestionForm(PortalForm):
    """A question of any type; what does not belong to the type is left unread.

    `right` holds the places of the right options. `blanks` has a line for each blank, spellings separated by "|".
    """

    type = HiddenField(_l("题型"), [AnyOf(TYPE_LABELS, _l("不支持这种题型。"))], default=QuestionType.SINGLE.value)
    stem = TextAreaField(_l("题干"), [InputRequired(_l("请填写题干。")), Length(max=MAX_STEM)])
    options = FieldList(TextField(validators=[Length(max=MAX_OPTION)]), max_entries=MAX_OPTIONS)
    right = SelectMultipleField(_l("正确选项"), coerce=int, choices=_choices(enumerate(LETTERS)))
    judge = SelectField(
        _l("判断结果"),
        validate_choice=False,
        choices=_choices([("", _l("请选择")), ("0", _l("正确")), ("1", _l("错误"))]),
    )
    blanks = TextAreaField(_l("各空的答案"))
    model = TextAreaField(_l("参考答案或评分标准"))
    analysis = TextAreaField(_l("解析"), [Length(max=MAX_ANALYSIS)])
    difficulty = SelectField(_l("难度"), choices=_choices(DIFFICULTY_LABELS.items()))
    points = PointsField(_l("分值"))
    weights = TextField(_l("得分比例"), [Length(max=200)])
    articles = TextField(_l("依据的法条"), [Length(max=2000)])
    tags = TextField(_l("知识点"), [Length(max=500)])
    version_no = IntegerField(validators=[Optional()])
    do = HiddenField(default=SAVE)

    def choose(self, kind: str | None) -> None:
        """Turn an unsent form into one for another type of question."""
        if not self.is_submitted() and kind in TYPE_LABELS:
            self.type.data = kind

    def grow(self) -> None:
        """Make sure that there are rows to write options in, with some to spare when more were asked for."""
        for field in (self.judge, self.blanks):  # each is shown only for the type that needs it
            field.flags.required = True
        wanted = ROWS if self.do.data != MORE else len(self.options) + _MORE
        while len(self.options) < min(wanted, MAX_OPTIONS):
            self.options.append_entry("")

    def validate_weights(self, field: Any) -> None:
        """One share for an option, named by the letter before its row."""
        if field.data and weighing.read(field.data, len(self.options)) is None:
            raise ValidationError(_("看不懂得分比例。请写成：A 50%，B 50%，C -25%。"))

    def content(self) -> QuestionContent:
        """What was typed. Empty option rows are dropped and the marks of right ones move with their options."""
        kind = QuestionType(self.type.data) if self.type.data in TYPE_LABELS else QuestionType.SINGLE
        options, key = self._options_and_key(kind)
        weights = self._weights(key) if kind is QuestionType.MULTIPLE else ()
        return QuestionContent(
            type=kind,
            stem=strip(self.stem.data or "").replace("\r\n", "\n"),
            options=options,
            key=key,
            analysis=strip(self.analysis.data or "").replace("\r\n", "\n"),
            difficulty=self.difficulty.data or "",
            points=self.points.data,
            articles=articles_in(self.articles.data or ""),
            tags=tags_in(self.tags.data or ""),
            weights=weights,
        )

    def _weights(self, key: Any) -> weighing.Weights:
        """What the options bring, without those of empty rows; nothing where it says no more than the key."""
        written = weighing.read(self.weights.data or "", len(self.options)) or ()
        kept = tuple(each for each, entry in zip(written, self.options, strict=False) if entry.data)
        return () if kept and key and weighing.is_plain(kept, key) else kept

    def _options_and_key(self, kind: QuestionType) -> tuple[tuple[str, ...], Any]:
        if kind is QuestionType.JUDGE:
            return JUDGE_OPTIONS, (int(self.judge.data),) if self.judge.data in {"0", "1"} else ()
        if kind in CHOICE_TYPES:
            kept = [(index, entry.data) for index, entry in enumerate(self.options) if entry.data]
            chosen = set(self.right.data or ())
            return tuple(text for _, text in kept), tuple(
                place for place, (index, _) in enumerate(kept) if index in chosen
            )
        if kind is QuestionType.FILL:
            lines = [line for line in (self.blanks.data or "").splitlines() if line.strip()]
            return (), tuple(_spellings(line) for line in lines)
        model = strip(self.model.data or "").replace("\r\n", "\n")
        return (), (model,) if model else ()


def _spellings(line: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in re.split(r"[|｜]", line) if part.strip()))


def typed_from(content: QuestionContent, version_no: int) -> dict[str, Any]:
    """The form's values for a question that is to be edited."""
    choice = content.type in CHOICE_TYPES and content.type is not QuestionType.JUDGE
    return {
        "type": content.type.value,
        "stem": content.stem,
        "options": list(content.options) if choice else [],
        "right": list(content.key) if choice else [],
        "judge": str(content.key[0]) if content.type is QuestionType.JUDGE and content.key else "",
        "blanks": "\n".join("|".join(each) for each in content.key if isinstance(each, tuple)),
        "model": "".join(str(part) for part in content.key) if content.type is QuestionType.SHORT else "",
        "analysis": content.analysis,
        "difficulty": content.difficulty,
        "points": content.points,
        "articles": articles_text(content),
        "tags": "、".join(content.tags),
        "weights": weighing.text(content.weights),
        "version_no": version_no,
    }
