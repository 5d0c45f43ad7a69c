"""What a job says to its owner: a code and what fills its sentence, put into words for whoever reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import current_app

from portal.core.errors import RuleError
from portal.jobs.schema import MESSAGE_LENGTH
from portal.web.errors import explain, messages

_CUT = 60


@dataclass(frozen=True, slots=True)
class Told:
    """A code of some feature's MESSAGES, with what its sentence needs."""

    code: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, error: RuleError) -> Told:
        """What a rule said."""
        return cls(error.code, error.params)

    def stored(self) -> str:
        """As the row holds it: the code, or JSON where there is more. Long values are cut where they do not fit."""
        if not self.params:
            return self.code
        kept = {name: value if isinstance(value, (int, float)) else str(value) for name, value in self.params.items()}
        whole = _packed(self.code, kept)
        if len(whole) <= MESSAGE_LENGTH:
            return whole
        return _packed(self.code, {name: str(value)[:_CUT] for name, value in kept.items()})


def _packed(code: str, params: Mapping[str, Any]) -> str:
    return json.dumps({"code": code, "params": params}, ensure_ascii=False)


def in_words(message: str) -> str:
    """The message of a row in the reader's language; one of before this was stored so is a sentence already."""
    if not message.startswith("{"):
        return str(messages(current_app).get(message, message))
    try:
        told = json.loads(message)
        return explain(RuleError(told["code"], **told["params"]))
    except (ValueError, KeyError, TypeError):  # a sentence that begins so, or a code that this version does not know
        return message
