"""Whoever looks after one unit must not get hold of an account that reaches further."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.accounts import people_services as services
from portal.accounts.services import grant_role
from portal.core import clock
from portal.core.errors import RuleError
from portal.core.permissions import Role
from portal.core.viewer import system_viewer


def test_a_local_administrator_cannot_take_over_the_sign_in_name(session, office) -> None:
    local = replace(office.viewer(session(), "system_admin"), grants=((Role.SYSTEM_ADMIN, office.units["D02"].id),))
    user, now = office.people["cadre"], clock.now()
    grant_role(
        session(), actor=system_viewer(), now=now, user=user, role=Role.EXAM_OFFICER, unit_id=office.units["D"].id
    )
    data = {"unit_id": user.unit_id, "position": "", "is_leader": False, "name": "某某"}
    seen = services.fingerprint(user)
    with pytest.raises(RuleError, match="roles-beyond"):
        services.update(session(), actor=local, now=now, user=user, seen=seen, number="X1", **data)
    services.update(session(), actor=local, now=now, user=user, seen=seen, number=user.number, **data)
    assert user.name == "某某"
