"""Exams: question banks, papers, rounds, attempts, results."""

from flask import Blueprint

bp = Blueprint("exams", __name__, url_prefix="/exams")

from portal.exams import models  # noqa: F401
