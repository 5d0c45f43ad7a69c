"""The shape of the code: who commits, how long things are, what a module may import, words for every code."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from portal.audit.words import actions
from portal.config import ROOT
from portal.web.errors import messages
from tests.architecture.source import MODULES, PORTAL, calls, imported, of_kind

# Where a transaction may end: at the edge (views, commands, jobs), and the few places that own a database themselves.
COMMITTERS = (
    "*/views.py",
    "*/*_views.py",
    "*/views/*.py",
    "*/cli.py",
    "*/tasks.py",
    "demo/loader.py",
    "web/acts.py",  # what a view does with one act of a reader
    "files/receiving.py",  # what a view does with an upload, wherever it came in
    "exams/regrading.py",  # a job of many short steps
    "exams/saving.py",  # saves that wait together share a commit
    "imports/staging.py",  # a file of its own, not the portal's database
)
MODULE_LINES = 400
VIEW_STATEMENTS = 15

# Codes that are not written at the `raise`: where they are raised, and where they come from.
RULE_CODES_ELSEWHERE = {
    "desk/bulk_views.py": set(),  # words again what a run has kept
    "exams/rules/round.py": {"not-on-roster", "exempt", "deferred"},  # _ROSTER_REFUSALS
    "exams/services/bank.py": {  # what rules.question.check() finds
        "no-answer", "key-outside-options", "single-with-several", "empty-blank", "answer-too-long",
    },
    "exams/services/rounds.py": {"round-not-published", "round-closed", "round-archived"},  # require_running()
    "files/guard.py": set(),  # passes on what the child process raised
    "files/receiving.py": set(),  # words again what services.keep() refused, with a shorter name
    "imports/views.py": set(),  # words again what a task has kept
    "jobs/telling.py": set(),  # words again what a job has kept
    "library/tasks.py": set(),  # passes on what the guarded process found
}  # fmt: skip


def test_only_the_edge_commits() -> None:
    found = {name for name, tree in MODULES.items() if any(calls(tree, "commit"))}
    strangers = [name for name in sorted(found) if not any(Path(name).match(pattern) for pattern in COMMITTERS)]
    assert strangers == []


def test_modules_are_short() -> None:
    lengths = {path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
               for path in [*PORTAL.rglob("*.py"), ROOT / "manage.py"]}  # fmt: skip
    assert {name: lines for name, lines in lengths.items() if lines > MODULE_LINES} == {}


def test_views_are_thin() -> None:
    thick = {}
    for name, tree in of_kind("views").items():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                inside = [part for statement in node.body for part in ast.walk(statement) if isinstance(part, ast.stmt)]
                statements = len(inside) - (1 if ast.get_docstring(node) else 0)
                if statements > VIEW_STATEMENTS:
                    thick[f"{name}:{node.name}"] = statements
    assert thick == {}


def test_rules_are_pure() -> None:
    for name, tree in of_kind("rules").items():
        roots = {module.split(".")[0] for module in imported(tree)}
        assert not {root for root in roots if root.startswith("flask") or root in {"sqlalchemy", "wtforms"}}, name
        deeper = {
            module for module in imported(tree) if re.match(r"portal\.\w+\.(models|queries|services|views)", module)
        }
        assert not deeper, f"{name}: a rule takes plain values"
        assert "now" not in {node.func.attr for node in ast.walk(tree)
                             if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)}, (
            f"{name}: a rule is told the time"
        )  # fmt: skip


@pytest.mark.parametrize("kind", ["services", "queries", "models"])
def test_what_talks_to_the_database_knows_no_request(kind: str) -> None:
    found = {name for name, tree in of_kind(kind).items() if imported(tree) & {"flask", "flask_login", "flask_wtf"}}
    assert found == set()


def codes_in(node: ast.expr) -> list[str] | None:
    """The codes that an expression may be, or None where only a run can tell."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        first, second = codes_in(node.body), codes_in(node.orelse)
        return first + second if first is not None and second is not None else None
    return None


def wrong_with(name: str, call: ast.Call, known: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with one RuleError(...): an unknown code, or a sentence whose places it does not fill."""
    codes = codes_in(call.args[0])
    if codes is None and name not in RULE_CODES_ELSEWHERE:
        yield f"{name}:{call.lineno}: name its codes in RULE_CODES_ELSEWHERE"
    given = {keyword.arg for keyword in call.keywords}
    for code in codes or ():
        places = set(re.findall(r"%\((\w+)\)", str(known.get(code, ""))))
        if code not in known:
            yield f"{name}:{call.lineno}: no sentence for {code}"
        elif None not in given and places - given:
            yield f"{name}:{call.lineno}: {code} needs {sorted(places - given)}"


def test_every_rule_code_has_a_sentence_and_its_values(app: Flask) -> None:
    known = messages(app)
    problems = [
        problem
        for name, tree in MODULES.items()
        for call in calls(tree, "RuleError")
        for problem in wrong_with(name, call, known)
    ]
    assert not problems, "\n".join(problems)


def test_every_code_that_a_job_tells_has_a_sentence(app: Flask) -> None:
    told = [call.args[0] for tree in MODULES.values() for call in calls(tree, "Told") if call.args]
    codes = {each.value for each in told if isinstance(each, ast.Constant)}
    assert "import-read" in codes
    assert codes <= set(messages(app))


def test_rule_codes_that_come_from_elsewhere_have_sentences(app: Flask) -> None:
    missing = {code for codes in RULE_CODES_ELSEWHERE.values() for code in codes if code not in messages(app)}
    assert missing == set()


def action_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, text) of whatever text is given, or first assigned, to something called `action`."""
    for node in ast.walk(tree):
        value: ast.AST | None = None
        if (isinstance(node, ast.keyword) and node.arg == "action") or (
            isinstance(node, ast.Assign) and any(getattr(target, "id", "") == "action" for target in node.targets)
        ):
            value = node.value
        for part in ast.walk(value) if value is not None else ():
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and "." in part.value:
                yield part.lineno, part.value


def test_every_audit_action_has_a_name(app: Flask) -> None:
    found = [(name, line, action) for name, tree in MODULES.items() for line, action in action_names(tree)]
    assert len(found) > 10, "the scan finds nothing: the way of recording has changed"
    missing = [entry for entry in found if entry[2] not in actions(app)]
    assert missing == []
    malformed = [entry for entry in found if not re.fullmatch(r"[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*", entry[2])]
    assert malformed == []


def test_every_sheet_that_leaves_is_noted_in_the_log() -> None:
    """Whoever sends rows says how that is written down."""
    senders = ("send_sheet", "send_listing", "send_table")
    found = [
        (f"{name}:{call.lineno}", {keyword.arg for keyword in call.keywords})
        for name, tree in MODULES.items()
        for sender in senders
        for call in calls(tree, sender)
    ]
    assert len(found) > 10, "the scan finds nothing: the way of exporting has changed"
    assert [place for place, given in found if "record" not in given] == []


def test_numbers_that_arrive_are_read_in_one_place() -> None:
    """`get(…, type=int)` takes what no database holds; portal.web.arguments does not."""
    found = [
        f"{name}:{call.lineno}"
        for name, tree in MODULES.items()
        for call in calls(tree, "get")
        if any(keyword.arg == "type" for keyword in call.keywords)
    ]
    assert found == []


def test_every_module_and_public_function_says_what_it_is_for() -> None:
    silent = [name for name, tree in MODULES.items() if not ast.get_docstring(tree)]
    silent += [
        f"{name}:{node.name}"
        for name, tree in MODULES.items()
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


def test_nothing_reads_the_clock_but_the_clock() -> None:
    """`datetime.now`, `utcnow` and `date.today` are for portal.core.clock alone."""
    found = [
        f"{name}:{node.lineno}"
        for name, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in {"now", "utcnow", "today"}
        and getattr(node.value, "id", "") in {"datetime", "date"}
        and name != "core/clock.py"
    ]
    assert found == []


def test_layers() -> None:
    """The contracts of pyproject.toml hold."""
    command = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([command, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
