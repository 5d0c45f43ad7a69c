"""An id that no column can hold is a page that does not exist."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.web.converters import MOST


@pytest.mark.parametrize("number", [MOST + 1, 2**63, 10**40])
def test_a_number_too_large_is_no_page(client_as, number: int) -> None:
    assert client_as("manager").get(f"/accounts/people/{number}").status_code == 404
    assert client_as("exam_officer").get(f"/exams/rounds/{number}").status_code == 404
    assert client_as("cadre").get(f"/exams/attempts/{number}").status_code == 404


def test_every_rule_uses_it(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        for name, converter in rule._converters.items():
            if name.endswith("_id") and type(converter).__name__.startswith("I"):
                assert converter.max == MOST, rule
