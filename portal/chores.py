"""What the worker does for the site as a whole, beside what the features register for themselves."""

from __future__ import annotations

from flask import current_app

from portal.audit import chain
from portal.core import clock
from portal.extensions import db
from portal.jobs.ticks import every

HOUR = 3600
BEAT = "worker.beat"
"""Holds when the worker last did its round; whoever looks for its life finds it there."""
BEAT_SECONDS = 15


@every(BEAT_SECONDS)
def beat() -> None:
    """Tell the system page that the worker lives."""
    (current_app.config["PORTAL"].instance / BEAT).write_text(clock.now().isoformat(), encoding="utf-8")


@every(HOUR)
def anchor_daily() -> None:
    """Anchor the audit log once a day: who cuts its end off afterwards is found out."""
    instance = current_app.config["PORTAL"].instance
    known = chain.read_anchors(instance / chain.ANCHORS)
    if not known or known[-1].at[:10] < clock.now().date().isoformat():
        chain.write_anchor(db.session(), instance, clock.now())
    db.session.rollback()
