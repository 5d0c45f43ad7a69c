"""The measure: two bare routes, a page that says "ok" and a form post."""

from flask import Flask, request
from flask.typing import ResponseReturnValue

app = Flask(__name__)


@app.get("/ok")
def ok() -> ResponseReturnValue:
    """As little as Flask can answer."""
    return "ok"


@app.post("/form")
def form() -> ResponseReturnValue:
    """As little as Flask can do with a form."""
    return {"ok": request.form["a"]}
