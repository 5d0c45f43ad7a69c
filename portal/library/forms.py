"""Forms of the library: shape and syntax only."""

from __future__ import annotations

import re

from flask_babel import lazy_gettext as _l
from flask_wtf.file import MultipleFileField
from wtforms import BooleanField, DateField, HiddenField, SelectChoice, SelectField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from portal.library.words import KIND_LABELS
from portal.web.forms import PortalForm, TextField

_SPLIT = re.compile(r"[\n,，、;；]+")


def words_of(text: str | None) -> list[str]:
    """What somebody listed, by line or with commas."""
    return [word.strip() for word in _SPLIT.split(text or "") if word.strip()]


class RegulationForm(PortalForm):
    """What is said about a work."""

    title = TextField(_l("名称"), [DataRequired(_l("请填写法规名称。")), Length(max=200)])
    kind = SelectField(_l("类别"), choices=[SelectChoice(*pair) for pair in KIND_LABELS.items()])
    issuing_bodies = TextField(_l("制定机关"), [Length(max=200)])
    number = TextField(_l("文号"), [Length(max=100)])
    aliases = TextAreaField(_l("别名、简称"), [Length(max=1000)])
    topics = TextAreaField(_l("主题"), [Length(max=1000)])
    seen = HiddenField(validators=[Length(max=32)])


class VersionForm(PortalForm):
    """The dates of a version, and where its text comes from."""

    adopted_on = DateField(_l("通过或修改日期"), [Optional()])
    published_on = DateField(_l("公布日期"), [Optional()])
    in_force_from = DateField(_l("施行日期"), [Optional()])
    repealed_on = DateField(_l("废止日期"), [Optional()])
    source = TextField(_l("文本来源"), [Length(max=200)])
    source_date = DateField(_l("来源日期"), [Optional()])
    seen = HiddenField(validators=[Length(max=32)])


class BulkForm(PortalForm):
    """Many files at once."""

    files = MultipleFileField(_l("文件"))
    dry_run = BooleanField(_l("只核对，不写入"))


class NoteForm(PortalForm):
    """A note at an article, or words marked in it."""

    quote = TextAreaField(_l("划出的文字"), [Length(max=500)])
    text = TextAreaField(_l("笔记"), [Length(max=2000)])
