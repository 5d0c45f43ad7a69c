"""Forms of units: shape and syntax only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, SelectChoice, SelectField
from wtforms.validators import InputRequired, Length, Regexp

from portal.org import KIND_LABELS
from portal.web.forms import PortalForm, TextField

NO_PARENT = 0


class UnitForm(PortalForm):
    """A unit: its name, its kind, where it hangs. `seen` is the fingerprint of the row when the form was opened."""

    name = TextField(_l("名称"), [InputRequired(_l("请填写单位名称。")), Length(max=200)])
    code = TextField(
        _l("编码"),
        [
            InputRequired(_l("请填写单位编码。")),
            Length(max=64),
            Regexp(r"[A-Za-z0-9_.-]+\Z", message=_l("编码只能用字母、数字和 . _ -。")),
        ],
    )
    kind = SelectField(
        _l("类别"),
        [InputRequired(_l("请选择类别。"))],
        choices=[SelectChoice(value, label) for value, label in KIND_LABELS.items()],
    )
    parent_id = SelectField(_l("上级单位"), [InputRequired(_l("请选择上级单位。"))], coerce=int)
    valid_from = DateField(_l("启用日期"), [InputRequired(_l("请填写启用日期。"))])
    seen = HiddenField()

    def offer(self, parents: Iterable[tuple[int, Any]]) -> None:
        """Set the parents to choose from."""
        self.parent_id.choices = [SelectChoice(value, label) for value, label in parents]

    @property
    def parent(self) -> int | None:
        """The chosen parent, None for a unit at the top."""
        return self.parent_id.data or None


class CloseForm(PortalForm):
    """The last day of a unit."""

    on = DateField(_l("停用日期"), [InputRequired(_l("请填写停用日期。"))])
