"""合格证书: its number, the code by which it is checked, and when it no longer holds."""

from __future__ import annotations

import secrets

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""32 signs that nobody mixes up on paper: no 0 and O, no 1 and I."""
_CODE_LENGTH = 16


def number_of(year: int, serial: int) -> str:
    """2026, 12 -> "2026-000012"."""
    return f"{year}-{serial:06d}"


def new_code() -> str:
    """Sixteen signs, eighty bits: nobody guesses one that was issued."""
    return "".join(secrets.choice(ALPHABET) for _ in range(_CODE_LENGTH))


def plain_code(typed: str) -> str:
    """A code as it is stored, however it was typed: case, blanks and hyphens do not matter."""
    return "".join(sign for sign in typed.upper() if sign.isalnum())[:64]


def shown_code(code: str) -> str:
    """In groups of four, as it is printed."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def holds(certified: int, best: int | None, pass_line: int) -> bool:
    """Whether a certificate still says what is so: the person passes, with the score that was certified (hundredths).

    A better score of a later attempt voids it too: the paper names the score, and a new one is issued on request.
    """
    return best is not None and best >= pass_line and best == certified
