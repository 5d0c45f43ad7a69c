"""The one error that rules raise: a code, put into words at the edge."""

from typing import Any


class RuleError(Exception):
    """A rule said no.

    `code` names the reason in kebab-case ("round-closed"); `params` fill the sentence that web/errors.py keeps for it.
    """

    def __init__(self, code: str, /, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params
