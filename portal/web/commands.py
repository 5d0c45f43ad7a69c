"""What all commands share: how a refusal is said on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from portal.core.errors import RuleError
from portal.web.errors import explain


def clear_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Say a rule's refusal in one line, or as JSON where --json (`as_json`) is asked for, and exit with 1."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except RuleError as error:
            if kwargs.get("as_json"):
                click.echo(json.dumps({"error": error.code, "message": explain(error)}, ensure_ascii=False))
            else:
                click.echo(explain(error), err=True)
            raise SystemExit(1) from error

    return run
