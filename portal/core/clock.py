"""The only source of "now", and the zone that people read. The database holds UTC."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LOCAL_ZONE = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def to_local(moment: datetime) -> datetime:
    """An aware moment in the office's own zone."""
    return moment.astimezone(LOCAL_ZONE)


def from_local(wall: datetime) -> datetime:
    """The UTC moment of a naive wall-clock time typed by a person in the office."""
    return wall.replace(tzinfo=LOCAL_ZONE).astimezone(UTC)


def today() -> date:
    """Today's date in the office's zone."""
    return to_local(now()).date()
