"""So many in so long, by key, in the memory of this process: for public addresses that no session stands behind."""

from __future__ import annotations

from collections import OrderedDict, deque
from datetime import datetime, timedelta
from threading import Lock

_MOST_KEYS = 10_000


class Throttle:
    """At most `times` of each key within `span`; the oldest keys are forgotten where there are very many."""

    def __init__(self, times: int, span: timedelta) -> None:
        """A throttle of its own for each use."""
        self.times, self.span = times, span
        self._seen: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = Lock()

    def allow(self, key: str, now: datetime) -> bool:
        """Whether one more may pass; it counts where it may."""
        with self._lock:
            seen = self._seen.setdefault(key, deque())
            self._seen.move_to_end(key)
            while seen and seen[0] <= now - self.span:
                seen.popleft()
            if len(self._seen) > _MOST_KEYS:
                self._seen.popitem(last=False)
            if len(seen) >= self.times:
                return False
            seen.append(now)
            return True

    def full(self, key: str, now: datetime) -> bool:
        """Whether a key has used up what it may; asking does not count."""
        with self._lock:
            seen = self._seen.get(key, ())
            return sum(moment > now - self.span for moment in seen) >= self.times
