"""The portal's source, parsed once for the tests that read it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from portal.config import ROOT

PORTAL = ROOT / "portal"


def modules() -> dict[str, ast.Module]:
    """Every module of the portal by its path under portal/."""
    return {
        path.relative_to(PORTAL).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(PORTAL.rglob("*.py"))
    }


MODULES = modules()


def of_kind(kind: str) -> dict[str, ast.Module]:
    """The modules named "kind.py" or "x_kind.py", or lying in a package "kind"."""
    return {
        name: tree
        for name, tree in MODULES.items()
        if kind in Path(name).parts[1:-1] or Path(name).stem == kind or Path(name).stem.endswith(f"_{kind}")
    }


def imported(tree: ast.AST) -> set[str]:
    """Names of all modules that a module imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    """Calls of a function or method by its last name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == name:
            yield node
