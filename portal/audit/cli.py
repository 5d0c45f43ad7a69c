"""The audit log on the command line: is it whole, and where does it end today."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click
from flask import current_app

from portal.audit import bp, chain
from portal.core import clock
from portal.extensions import audit_key, db

SAID = {
    "edited": "第 {seq} 条被改动过 entry {seq} was edited",
    "gone": "第 {seq} 条被删除 entry {seq} was deleted",
    "gap": "缺第 {detail} 条 entries {detail} are missing",
    "cut": "末尾被截断，缺第 {detail} cut off at the end: {detail}",
    "anchor": "第 {seq} 条与锚点（{detail}）不符 entry {seq} is not the one of the anchor",
    "unsealed": "记录 id={entry_id} 没有封印，不是由本系统写入 row {entry_id} has no seal: not written by this program",
}


@bp.cli.command("verify")
@click.option("--anchors", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Another anchors file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(*, anchors: Path | None, as_json: bool) -> None:
    """Check the chain of the audit log; exit 1 and name each entry that is not as it was written."""
    known = chain.read_anchors(anchors or current_app.config["PORTAL"].instance / chain.ANCHORS)
    found = list(chain.verify(db.session(), audit_key(), known))
    total = chain.length(db.session())
    if as_json:
        told = {"entries": total, "anchors": len(known), "findings": [asdict(each) for each in found]}
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        for each in found:
            click.echo(SAID[each.kind].format(**asdict(each)))
        click.echo(f"{total} 条 entries, {len(known)} 个锚点 anchors: {len(found)} 处异常 findings")
    if found:
        raise SystemExit(1)


@bp.cli.command("anchor")
def anchor() -> None:
    """Write the present end of the chain to the anchors' file, and print it to be kept elsewhere."""
    instance = current_app.config["PORTAL"].instance
    written = chain.write_anchor(db.session(), instance, clock.now())
    last = written or next(iter(chain.read_anchors(instance / chain.ANCHORS)[-1:]), None)
    click.echo(f"{last.seq} {last.hash} {last.at}" if last else "日志是空的。 The log is empty.")
