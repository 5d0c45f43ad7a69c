"""The worker process, as a command."""

from __future__ import annotations

from flask import current_app

from portal.jobs import bp


@bp.cli.command("work")
def work() -> None:
    """Run background jobs until told to stop."""
    from portal.jobs.worker import Worker

    Worker(current_app._get_current_object()).live()  # type: ignore[attr-defined]  # noqa: SLF001
