"""What the worker does for the site as a whole, beside what the features register for themselves."""

from __future__ import annotations

from flask import current_app

from portal.audit import chain
from portal.core import clock
from portal.extensions import db
from portal.jobs.ticks import every

HOUR = 3600


@every(HOUR)
def anchor_daily() -> None:
    """Anchor the audit log once a day: who cuts its end off afterwards is found out."""
    instance = current_app.config["PORTAL"].instance
    known = chain.read_anchors(instance / chain.ANCHORS)
    if not known or known[-1].at[:10] < clock.now().date().isoformat():
        chain.write_anchor(db.session(), instance, clock.now())
    db.session.rollback()
