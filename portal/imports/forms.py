"""The upload form: shape and syntax only."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired

from portal.web.forms import PortalForm


class UploadForm(PortalForm):
    """A file, and for some kinds a second one."""

    file = FileField(_l("文件"), [FileRequired(_l("请选择要导入的文件。"))])
    second = FileField(_l("第二个文件"))
