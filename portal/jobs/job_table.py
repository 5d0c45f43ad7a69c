"""The lists of jobs: one's own, and all of them for those who look after the site."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from portal.jobs.queue import label
from portal.jobs.schema import JOBS
from portal.jobs.store import percent_of
from portal.jobs.words import STATE_LABELS
from portal.web.tables import Column, Filter, Table, contains, equals

_STATE = Filter("state", _l("状态"), equals(JOBS.c.state), choices=list(STATE_LABELS.items()))
_KIND = Column("kind", _l("任务"), lambda row: label(row.kind), sort=JOBS.c.kind, css="nowrap", fixed=True)
_COMMON = (
    Column("state", _l("状态"), lambda row: STATE_LABELS[row.state], sort=JOBS.c.state),
    Column("percent", _l("进度"), lambda row: percent_of(row.state, row.done, row.total), css="num"),
    Column("created", _l("提交时间"), lambda row: row.created_at, sort=JOBS.c.created_at, css="nowrap"),
    Column("finished", _l("结束于"), lambda row: row.finished_at, css="nowrap"),
)

MINE = Table(
    name="my-jobs",
    columns=(_KIND, Column("title", _l("内容"), lambda row: row.title, sort=JOBS.c.title), *_COMMON),
    filters=(_STATE, Filter("q", _l("关键词"), contains(JOBS.c.title), kind="text")),
    identity=JOBS.c.id,
    sort="-created",
)

EVERYONE = Table(
    name="all-jobs",
    columns=(_KIND, Column("owner", _l("提交人"), lambda row: row.owner_name, sort=JOBS.c.owner_name), *_COMMON),
    filters=(_STATE, Filter("q", _l("提交人"), contains(JOBS.c.owner_name), kind="text")),
    identity=JOBS.c.id,
    sort="-created",
)
