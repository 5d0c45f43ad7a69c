"""The one way to bring a file in: upload, guarded reading, preview, and one short write of all that is good.

A feature registers an `Importer` (see `registry`) and links to `imports.new` with the importer's kind.
"""

from flask import Blueprint

from portal.imports import words

bp = Blueprint("imports", __name__, url_prefix="/imports", cli_group="imports")

MESSAGES = words.MESSAGES
ACTIONS = words.ACTIONS
FIELDS = words.FIELDS

from portal.imports import cli, models, tasks, views  # noqa: F401
