"""Templates compiled to Python once and kept beside Python's own compiled files.

A page's first look in a process compiles its template and all that it includes, a twentieth to a tenth of a second.
What is kept is code, so it lies where the program lies, which the site's own files do not; where that folder cannot be
written, or the disk is full, templates are compiled anew as before.
"""

from __future__ import annotations

import contextlib
from importlib.metadata import version
from pathlib import Path

from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket

FOLDER = Path(__file__).parent / "__pycache__"


class CompiledTemplates(FileSystemBytecodeCache):
    """Jinja's cache of compiled templates, which fails nobody's page."""

    def __init__(self, folder: Path = FOLDER) -> None:
        super().__init__(str(folder), f"template-{version('jinja2')}-%s.cache")

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what is kept, if it can be read."""
        with contextlib.suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled, if there is room and leave to."""
        with contextlib.suppress(OSError):
            Path(self.directory).mkdir(exist_ok=True)
            super().dump_bytecode(bucket)
