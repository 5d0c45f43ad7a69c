"""The lamps on the command line, for whoever watches many machines."""

from __future__ import annotations

import json
from dataclasses import asdict

import click
from flask import current_app
from flask_babel import force_locale

from portal.extensions import db
from portal.system import bp, facts, rules, words
from portal.system.rules import Finding, State


@bp.cli.command("check")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(*, as_json: bool) -> None:
    """Say how the site fares; exit 1 when something must not wait."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    findings = rules.judge(facts.collect(app, db.session()))
    if as_json:
        told = [{**asdict(each), "sentence": _in("en", each)} for each in findings]
        click.echo(json.dumps({"state": rules.worst(findings), "findings": told}, ensure_ascii=False, default=str))
    else:
        for each in findings:
            click.echo(f"{each.state:<6}{_in('zh', each)}\n      {_in('en', each)}")
    if rules.worst(findings) == State.RED:
        raise SystemExit(1)


def _in(language: str, finding: Finding) -> str:
    with force_locale(language):
        advice = words.advice(finding)
        return f"{words.LABELS[finding.key]}: {words.sentence(finding)}" + (f" {advice}" if advice else "")
