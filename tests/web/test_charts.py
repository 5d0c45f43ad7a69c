"""What charts say: every value once, beside the line that it belongs to."""

from __future__ import annotations

import re
from itertools import pairwise

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

LABEL = re.compile(r'<text class="v" x="388" y="([\d.-]+)">([\d,.]+)</text>')


def labels(app: Flask, lasts: list[float]) -> list[tuple[float, str]]:
    """Height (smaller is higher) and text of the labels of a line chart with these last values."""
    series = [(f"line {number}", [50, value]) for number, value in enumerate(lasts)]
    with app.test_request_context():
        template = app.jinja_env.from_string('{{ line_chart("c", "title", ["2025", "2026"], series, "%") }}')
        return [(float(y), text) for y, text in LABEL.findall(template.render(series=series))]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(lasts=st.lists(st.integers(0, 10_000).map(lambda cents: cents / 100), min_size=1, max_size=4))
def test_the_labels_stand_in_the_order_of_the_values_and_apart(app: Flask, lasts: list[float]) -> None:
    found = labels(app, lasts)
    assert [float(text) for _y, text in found] == sorted(lasts, reverse=True)
    heights = [y for y, _text in found]
    assert all(below - above >= 12.9 for above, below in pairwise(heights))


def test_a_whole_number_has_no_point(app: Flask) -> None:
    assert [text for _y, text in labels(app, [95.0, 98.25])] == ["98.25", "95"]
