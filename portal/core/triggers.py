"""Rows that the database itself refuses to change: the list of append-only rules, and how each engine says them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, inspect, text


@dataclass(frozen=True, slots=True)
class Guard:
    """Refuse some operations on a table, on condition.

    `operations` are of UPDATE, DELETE and INSERT. `when` is a condition over OLD and NEW that both engines understand,
    empty for always; on INSERT there is no OLD, on DELETE no NEW.
    """

    table: str
    name: str
    operations: Sequence[str]
    when: str = ""


# Nobody holds two of these; portal.accounts.rules.ADMINISTRATORS says the same to the application.
_SECOND_OFFICE = (
    "NEW.role IN ('system_admin', 'security_admin', 'audit_admin') AND EXISTS (SELECT 1 FROM role_grants AS held "
    "WHERE held.user_id = NEW.user_id AND held.role <> NEW.role "
    "AND held.role IN ('system_admin', 'security_admin', 'audit_admin'))"
)
_STATE_OF_ATTEMPT = "(SELECT state FROM attempts WHERE attempts.id = {}.attempt_id)"

GUARDS: list[Guard] = [
    Guard("audit_entries", "append_only", ("UPDATE", "DELETE")),
    Guard("audit_seals", "append_only", ("UPDATE", "DELETE")),
    Guard("role_grants", "administrators_apart", ("INSERT", "UPDATE"), when=_SECOND_OFFICE),
    Guard("question_versions", "immutable", ("UPDATE",)),
    Guard("provisions", "immutable", ("UPDATE",)),
    Guard("attempt_events", "append_only", ("UPDATE", "DELETE")),
    Guard("follow_ups", "append_only", ("UPDATE", "DELETE")),
    Guard("hours_entries", "append_only", ("UPDATE", "DELETE")),
    Guard("answers", "sealed", ("UPDATE", "INSERT"), when=f"{_STATE_OF_ATTEMPT.format('NEW')} <> 'in_progress'"),
    Guard("answers", "sealed", ("DELETE",), when=f"{_STATE_OF_ATTEMPT.format('OLD')} <> 'in_progress'"),
]


def recreate(connection: Connection) -> None:
    """Drop and create every guard whose table exists."""
    tables = set(inspect(connection).get_table_names())
    for guard in GUARDS:
        for operation in guard.operations:
            if guard.table in tables:
                for statement in _statements(connection.dialect.name, guard, operation):
                    connection.execute(text(statement))


def _statements(dialect: str, guard: Guard, operation: str) -> list[str]:
    name = f"{guard.table}_{guard.name}_{operation.lower()}"
    refusal = f"{guard.table}: {guard.name}"
    if dialect == "sqlite":
        when = f" WHEN ({guard.when})" if guard.when else ""
        event = f"BEFORE {operation} ON {guard.table} FOR EACH ROW{when}"
        refuse = f"BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
        return [f"DROP TRIGGER IF EXISTS {name}", f"CREATE TRIGGER {name} {event} {refuse}"]
    # PostgreSQL takes no subquery in WHEN, so the condition stands in the function.
    row = "OLD" if operation == "DELETE" else "NEW"
    passed = f"IF ({guard.when}) IS NOT TRUE THEN RETURN {row}; END IF; " if guard.when else ""
    body = f"$$ BEGIN {passed}RAISE EXCEPTION '{refusal}'; END $$"
    return [
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS {body}",
        f"DROP TRIGGER IF EXISTS {name} ON {guard.table}",
        f"CREATE TRIGGER {name} BEFORE {operation} ON {guard.table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    ]
