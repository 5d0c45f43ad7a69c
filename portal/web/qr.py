"""QR codes as SVG, drawn by attributes alone: the policy of the pages allows no style."""

from __future__ import annotations

import io

from markupsafe import Markup


def square(text: str) -> Markup:
    """The code of a text, black on white with its quiet zone, as large as what stands around it."""
    import segno  # a start does without it

    drawn = io.BytesIO()
    segno.make(text, error="m").save(
        drawn, kind="svg", xmldecl=False, svgclass="qr", lineclass=None, light="#fff", omitsize=True
    )
    return Markup(drawn.getvalue().decode())  # noqa: S704  drawn by the library from our own text
