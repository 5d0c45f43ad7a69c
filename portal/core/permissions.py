"""Every permission of the portal (scope:resource:action), and which role carries which.

Roles are code, not rows: a role means the same at every site, and a change of its meaning is a change under review.
A person holds a role for a unit and all below it.
"""

from enum import StrEnum


class Permission(StrEnum):
    """Alphabetical by value."""

    USER_MANAGE = "accounts:user:manage"
    USER_RESET = "accounts:user:reset"
    USER_VIEW = "accounts:user:view"
    ROLE_GRANT = "accounts:role:grant"
    AUDIT_VIEW = "audit:entry:view"
    VIEW_MANAGE = "desk:view:manage"
    VIEW_SHARE = "desk:view:share"
    EXAM_TAKE = "exams:attempt:take"
    BANK_EDIT = "exams:bank:edit"
    BANK_VIEW = "exams:bank:view"
    RESULT_VIEW = "exams:result:view"
    ROUND_MANAGE = "exams:round:manage"
    MEETING_MANAGE = "meetings:meeting:manage"
    MEETING_VIEW = "meetings:meeting:view"
    JOB_VIEW = "jobs:job:view"
    STYLE_VIEW = "home:style:view"
    LIBRARY_EDIT = "library:regulation:edit"
    LIBRARY_VIEW = "library:regulation:view"
    UNIT_MANAGE = "org:unit:manage"
    UNIT_VIEW = "org:unit:view"
    PORTAL_USE = "portal:self:use"
    STUDY_FORMS = "study:kind:manage"
    STUDY_MANAGE = "study:session:manage"
    STUDY_VIEW = "study:session:view"
    SYSTEM_VIEW = "system:status:view"


class Role(StrEnum):
    """What a person is in the portal; the Chinese names stand in docs/glossary.md."""

    CADRE = "cadre"
    LIAISON = "liaison"
    STUDY_OFFICER = "study_officer"
    EXAM_OFFICER = "exam_officer"
    PUBLICITY_OFFICER = "publicity_officer"
    CASE_OFFICER = "case_officer"
    REVIEWER = "reviewer"
    LEADER = "leader"
    MANAGER = "manager"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDIT_ADMIN = "audit_admin"


_EXAM_WORK = frozenset(
    {Permission.BANK_VIEW, Permission.BANK_EDIT, Permission.ROUND_MANAGE, Permission.RESULT_VIEW, Permission.UNIT_VIEW}
)

_STUDY_WORK = frozenset(
    {
        Permission.STUDY_MANAGE,
        Permission.STUDY_VIEW,
        Permission.MEETING_MANAGE,
        Permission.MEETING_VIEW,
        Permission.UNIT_VIEW,
    }
)
_STUDY_READING = frozenset({Permission.STUDY_VIEW, Permission.MEETING_VIEW})

# A shared view is a tab above everybody's list: those who answer for a list put one there, and keep others' in order.
_SHARED_VIEWS = frozenset({Permission.VIEW_SHARE, Permission.VIEW_MANAGE})

# What anybody with an account may do, whatever the role.
BASELINE = frozenset({Permission.PORTAL_USE, Permission.EXAM_TAKE, Permission.LIBRARY_VIEW})

ROLE_GRANTS: dict[Role, frozenset[Permission]] = {
    Role.CADRE: frozenset(),
    Role.LIAISON: _EXAM_WORK | _STUDY_WORK | {Permission.LIBRARY_EDIT},
    Role.STUDY_OFFICER: _STUDY_WORK | {Permission.LIBRARY_EDIT, Permission.STUDY_FORMS, Permission.VIEW_SHARE},
    Role.EXAM_OFFICER: _EXAM_WORK | {Permission.VIEW_SHARE},
    Role.PUBLICITY_OFFICER: frozenset({Permission.UNIT_VIEW}),
    Role.CASE_OFFICER: frozenset({Permission.UNIT_VIEW}),
    Role.REVIEWER: frozenset({Permission.UNIT_VIEW}),
    Role.LEADER: frozenset({Permission.RESULT_VIEW, Permission.UNIT_VIEW}) | _STUDY_READING,
    Role.MANAGER: frozenset({Permission.BANK_VIEW, Permission.RESULT_VIEW, Permission.UNIT_VIEW, Permission.USER_VIEW})
    | _STUDY_READING
    | _SHARED_VIEWS,
    # The three administrators are kept apart: accounts, authorisation, audit.
    Role.SYSTEM_ADMIN: frozenset(
        {
            Permission.SYSTEM_VIEW,
            Permission.JOB_VIEW,
            Permission.STUDY_FORMS,
            Permission.UNIT_MANAGE,
            Permission.UNIT_VIEW,
            Permission.USER_MANAGE,
            Permission.USER_VIEW,
            Permission.STYLE_VIEW,
        }
        | _SHARED_VIEWS
    ),
    Role.SECURITY_ADMIN: frozenset(
        {
            Permission.ROLE_GRANT,
            Permission.UNIT_VIEW,
            Permission.USER_RESET,
            Permission.USER_VIEW,
            Permission.VIEW_SHARE,
        }
    ),
    Role.AUDIT_ADMIN: frozenset({Permission.AUDIT_VIEW}) | _SHARED_VIEWS,
}
