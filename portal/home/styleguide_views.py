"""The page of every component in every state: made-up rows, for whoever looks after the pages and for their tests."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FileField, PasswordField, RadioField, SelectChoice, SelectField, TextAreaField
from wtforms.validators import InputRequired

from portal.core.permissions import Permission
from portal.home import bp
from portal.home.styleguide_samples import pieces
from portal.web.access import requires
from portal.web.columns import BoundFilter
from portal.web.forms import LocalDateTimeField, PointsField, PortalForm, TextField
from portal.web.htmx import page
from portal.web.listings import Chip, Heading, Listing, Tab
from portal.web.tables import Column, Table
from portal.web.viewing import View

_CHOICES = [("1", _l("综合科")), ("2", _l("办信科"))]


class SampleForm(PortalForm):
    """A field of every kind."""

    name = TextField(_l("姓名"), [InputRequired()])
    number = TextField(_l("工号"), [InputRequired()])
    unit = SelectField(_l("单位"), choices=[SelectChoice(*pair) for pair in _CHOICES])
    kind = RadioField(_l("类别"), choices=[SelectChoice(*pair) for pair in _CHOICES], default="1")
    leader = BooleanField(_l("领导干部"))
    when = LocalDateTimeField(_l("时间"))
    points = PointsField(_l("分值"))
    password = PasswordField(_l("密码"))
    file = FileField(_l("文件"))
    note = TextAreaField(_l("说明"))


def _form() -> SampleForm:
    """One field that was filled in, and one that was not."""
    form = SampleForm(formdata=None, data={"name": _("某某"), "unit": "1"}, meta={"csrf": False})
    form.number.errors = [_("请填写工号。")]
    return form


_TABLE = Table(
    name="samples",
    columns=(
        Column("when", _l("期限"), lambda row: row.when, css="nowrap"),
        Column("what", _l("名称"), lambda row: row.what, fixed=True),
        Column("who", _l("单位"), lambda row: row.who),
        Column("n", _l("分数"), lambda row: row.n, css="num"),
        Column("more", _l("说明"), lambda _row: "", shown=False),
    ),
    filters=(),
    identity=None,
    sort="when",
)


def _listing() -> Listing:
    names = (_("某小区物业费公示问题"), _("夜间施工噪声反复投诉"), _("培训机构停业，学员要求退还预付款"))
    rows: list[Any] = [
        SimpleNamespace(when=f"11-2{number}", what=name, who=_("综合科"), n=90 + number, _id=number)
        for number, name in enumerate(names, start=1)
    ]
    office = [(value, str(label)) for value, label in _CHOICES]
    views = [View(1, _("本科室"), {"unit": "2"}, is_default=True), View(2, _("逾期"), {}, shared=True, mine=False)]
    return Listing(
        table=_TABLE,
        rows=rows,
        columns=[column for column in _TABLE.columns if column.shown],
        headings=[
            Heading("when", _("期限"), "", "#sort", "ascending"),
            Heading("what", _("名称"), "", "", ""),
            Heading("who", _("单位"), "", "#sort2", ""),
            Heading("n", _("分数"), "num", "#sort3", ""),
        ],
        filters=[
            BoundFilter("q", _("关键词"), "text", "", [], _("姓名、工号")),
            BoundFilter("unit", _("单位"), "choice", "2", office, ""),
            BoundFilter("day", _("日期"), "date", "", [], ""),
        ],
        chips=[Chip(_("单位"), _("办信科"), "#rm")],
        total=86,
        capped=False,
        first=21,
        sort="when",
        clear_url="#clear",
        export_url="#export",
        previous_url="#prev",
        next_url="#next",
        print_url="#print",
        all_url="#whole",
        problems=[_("日期")],
        gone=[_("职务")],
        tabs=[Tab(views[0], "#view1", current=True, changed=True), Tab(views[1], "#view2", current=False)],
        kept={"unit": "2"},
    )


@bp.get("/styleguide")
@requires(Permission.STYLE_VIEW)
def styleguide() -> ResponseReturnValue:
    """Every component in every state."""
    return page("styleguide.html", sample=_form(), listing=_listing(), pieces=pieces())
