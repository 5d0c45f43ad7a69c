"""The form of a form of study."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from portal.study.services.kinds import KindValues
from portal.web.forms import FILL, PortalForm, TextField, most


class KindForm(PortalForm):
    """Its names, and what it counts as."""

    name = TextField(_l("名称"), [FILL, most(50)])
    english = TextField(_l("英文名称"), [most(80)])
    publicity = BooleanField(_l("同时计为普法活动"))
    active = BooleanField(_l("在用"))

    def values(self) -> KindValues:
        """What was filled in."""
        return KindValues(
            name=self.name.data or "",
            english=self.english.data or "",
            publicity=bool(self.publicity.data),
            active=bool(self.active.data),
        )
