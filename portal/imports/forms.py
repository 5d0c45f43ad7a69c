"""The upload form: shape and syntax only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import SelectChoice, SelectField, TextAreaField
from wtforms.validators import Length, ValidationError

from portal.web.forms import PortalForm


class UploadForm(PortalForm):
    """A file, or pasted text; for some kinds a second file, and the format where a person knows better."""

    file = FileField(_l("文件"))
    second = FileField(_l("第二个文件"))
    format = SelectField(_l("文件格式"), default="")

    def offer(self, formats: Mapping[str, Any]) -> None:
        """Set the formats to choose from; with none chosen, the file's content decides."""
        self.format.choices = [SelectChoice("", _l("自动识别")), *(SelectChoice(*pair) for pair in formats.items())]

    pasted = TextAreaField(_l("粘贴文本"), [Length(max=1_500_000)])

    def validate_file(self, field: FileField) -> None:
        """There must be a file, or text in its place."""
        if not (field.data and field.data.filename) and not (self.pasted.data or "").strip():
            raise ValidationError(_("请选择要导入的文件。"))
