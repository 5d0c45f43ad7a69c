"""The process in which an uploaded file is read: `python -I guarded.py TARGET SECONDS MEMORY_MB`, started by guard.py.

It is run as a file, not as a module, and gives the features' packages bare: what their `__init__` loads (the web, the
database, every page) is not needed to read a file, takes a second, and has no business beside one that may be hostile.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

PORTAL = Path(__file__).resolve().parents[1]
MEGABYTE = 1024 * 1024


def give_packages_bare() -> None:
    """Put `portal` and its features where imports look for them, without running their `__init__`."""
    sys.path.insert(0, str(PORTAL.parent))
    folders = [PORTAL, *(each.parent for each in PORTAL.glob("*/__init__.py"))]
    for folder in folders:
        package = ModuleType(".".join(folder.relative_to(PORTAL.parent).parts))
        package.__path__ = [str(folder)]
        sys.modules[package.__name__] = package


def limit(seconds: int, memory_mb: int) -> None:
    """Limit processor time, address space and core dumps of this process, where the platform can."""
    try:
        import resource
    except ImportError:  # Windows: the parent's clock is the only limit
        return
    memory = memory_mb * MEGABYTE
    for kind, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds + 1), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(ValueError, OSError):  # a lower limit of the system stands
            resource.setrlimit(kind, (most, most))


def run(target: str, seconds: int, memory_mb: int) -> None:
    """Run the target ("module:function") on the arguments from standard input; a JSON object to a line comes out."""
    args = json.load(sys.stdin)
    out = open(os.dup(1), "w", encoding="utf-8")  # noqa: SIM115  it ends with this process
    os.dup2(2, 1)  # what the target, or a program that it starts, prints must not mix with the messages

    def say(message: dict[str, Any]) -> None:
        out.write(json.dumps(message) + "\n")
        out.flush()

    limit(seconds, memory_mb)
    from portal.core.errors import RuleError

    module, _, function = target.partition(":")
    try:
        read = getattr(importlib.import_module(module), function)
        say({"result": read(*args, progress=lambda done, total: say({"progress": [done, total]}))})
    except RuleError as error:
        say({"code": error.code, "params": {name: str(value) for name, value in error.params.items()}})
    except MemoryError:
        say({"code": "parse-too-big", "params": {"limit": memory_mb}})


if __name__ == "__main__":
    give_packages_bare()
    run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
