"""Where the article that a question tests can be read, once there is a library of regulations."""

from __future__ import annotations

from collections.abc import Callable

# (title of the law, article as written) -> address, None where the library does not have it.
Address = Callable[[str, str], str | None]
_known: list[Address] = []


def register_addresses(source: Address) -> None:
    """Make a library's addresses known, when its feature is loaded."""
    _known.append(source)


def address(title: str, article: str) -> str | None:
    """The page of an article; None where no library has it."""
    return next((found for source in _known if (found := source(title, article))), None)
