"""What the item analysis and the quality of banks are called on the pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

LOOK_LABELS: dict[str, LazyString] = {
    "very-easy": _l("太易"),
    "very-hard": _l("太难"),
    "backwards": _l("高分者反而答错"),
    "weak": _l("区分度低"),
}
