"""Flask and its request as this portal needs them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import IO, Any

import flask
import werkzeug.routing


class Request(flask.Request):
    """A request that closes each file it began to write.

    Werkzeug closes the files of a form that was read to its end. Of one that broke off (a full disk, a connection that
    was cut) it leaves the half file to the garbage collector, and that takes room on the disk just when there is none.
    """

    _begun: list[IO[bytes]] | None = None

    def _get_file_stream(self, *about: Any, **more: Any) -> IO[bytes]:
        stream = super()._get_file_stream(*about, **more)
        self._begun = [*(self._begun or []), stream]
        return stream

    def close(self) -> None:
        """Close the files of the form and the half ones too; what a full disk did not take is lost anyway."""
        super().close()
        for stream in self._begun or ():
            with contextlib.suppress(OSError):
                stream.close()


class Rule(werkzeug.routing.Rule):
    """An address whose code for building it is made when it is first built.

    Werkzeug writes and compiles two functions for each address; for the three hundred of this portal that took a
    twentieth of a start.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        make, made = super()._compile_builder, None

        def build(rule: Rule, **values: Any) -> tuple[str, str]:
            nonlocal made
            if made is None:
                made = make(append_unknown)
            return made(rule, **values)

        return build


class Portal(flask.Flask):
    """The application: its requests let go of what they received, and no function of it is a coroutine."""

    request_class = Request
    url_rule_class = Rule

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself: Flask would look at each of them, ten times a request, whether it is a coroutine."""
        return func
