"""What a running job holds in its hands: how it reports, how it learns that it must stop, where it leaves a file."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from portal.jobs import results
from portal.jobs.store import Job, JobStore, Standing


class JobInterrupted(BaseException):
    """The job at hand must end now; `standing` is CANCEL, LOST, or GOING when only this worker stops.

    Like KeyboardInterrupt no Exception, so that no task takes it for an error of its own.
    """

    def __init__(self, standing: Standing) -> None:
        super().__init__(standing.value)
        self.standing = standing


class Progress:
    """Called with (done, total) as work goes on, a few times a second at most: each call is a small write.

    Raises JobInterrupted when the owner has asked to cancel or the worker is told to stop; a task lets it pass, so
    that whatever it has not committed is undone.
    """

    def __init__(self, jobs: JobStore, job: Job, stopping: threading.Event) -> None:
        self._jobs, self.job, self._stopping = jobs, job, stopping
        self.result: tuple[str, int] = ("", 0)

    def __call__(self, done: int, total: int) -> None:
        """Report, and go on or stop."""
        standing = self._jobs.progress(self.job.id, done, total, self.job.attempts)
        if standing is not Standing.GOING or self._stopping.is_set():
            raise JobInterrupted(standing)

    @contextlib.contextmanager
    def leave_file(self, name: str) -> Iterator[Path]:
        """A path to write the result to, which the owner downloads under the name."""
        with results.writing(self.job.id) as path:
            yield path
            self.result = (name, path.stat().st_size)

    def name_file(self, name: str) -> None:
        """Give the result its name, where that is known only at the end."""
        self.result = (name, self.result[1])
