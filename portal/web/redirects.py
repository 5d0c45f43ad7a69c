"""Where a form may send the reader next: only within this portal."""

from __future__ import annotations

from urllib.parse import urlsplit

_FORBIDDEN = frozenset("\\\r\n\t")


def safe_path(target: str | None, default: str) -> str:
    """`target` if it is a plain path of this portal, else `default`.

    Browsers read "//host", "/\\host" and a path with tabs or line breaks in it as another host; so does nothing here.
    """
    if not target or not target.startswith("/") or target.startswith("//"):
        return default
    if any(character in _FORBIDDEN or ord(character) < 0x20 for character in target):  # noqa: PLR2004
        return default
    try:
        parts = urlsplit(target)
    except ValueError:
        return default
    return default if parts.scheme or parts.netloc else target
