"""Who is asking: a compact snapshot of the person behind a request, a command or a job."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from datetime import datetime

from portal.core.permissions import BASELINE, ROLE_GRANTS, Permission, Role


@dataclass(frozen=True, slots=True)
class Viewer:
    """The acting person.

    `grants` are (role, unit id) pairs: the role holds for that unit and everything below it. `id` is None for a command
    line or a job that nobody in particular started. `confirmed_at` is when this browser last gave the password;
    `must_set_up_factor` says that the site asks for a second factor which the person does not have yet. `confined_to`
    names the one thing ("exams:12") for which a session without a password was opened; "" for any other session.
    """

    id: int | None
    name: str
    number: str = ""
    unit_id: int | None = None
    unit_name: str = ""
    address: str = ""
    session_id: str | None = None
    must_change_password: bool = False
    has_second_factor: bool = False
    must_set_up_factor: bool = False
    confirmed_at: datetime | None = None
    confined_to: str = ""
    grants: tuple[tuple[Role, int], ...] = ()
    permissions: frozenset[Permission] = field(default=BASELINE)

    # Flask-Login asks these of whoever is signed in.
    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """The person's id as text, as Flask-Login wants it."""
        return str(self.id)

    def can(self, permission: Permission | str) -> bool:
        """Whether the person holds the permission for any unit."""
        return permission in self.permissions

    def units_for(self, permission: Permission) -> frozenset[int]:
        """Ids of the units at the top of each subtree in which the person holds the permission."""
        return frozenset(unit for role, unit in self.grants if permission in ROLE_GRANTS[role])

    @property
    def roles(self) -> frozenset[Role]:
        """All roles held, for any unit."""
        return frozenset(role for role, _ in self.grants)


@functools.lru_cache(1024)
def permissions_of(grants: tuple[tuple[Role, int], ...]) -> frozenset[Permission]:
    """The union of the baseline and of every role held."""
    return BASELINE.union(*(ROLE_GRANTS[role] for role, _ in grants))


def system_viewer(name: str = "命令行") -> Viewer:
    """The actor of a command or a job that no signed-in person started."""
    return Viewer(id=None, name=name, permissions=frozenset())
