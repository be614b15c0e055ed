"""Who may do what: one list of permissions, one table of grants. Whose rows one sees is decided in the queries."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a person is here. Everybody has exactly one role."""

    ADMIN = "admin"
    RESEARCHER = "researcher"
    VENDOR_MANAGER = "vendor-manager"
    LABELER = "labeler"
    AUDITOR = "auditor"


class Permission(StrEnum):
    """Something a view, an API route or a command may ask for."""

    OWN_ACCOUNT = "own-account"
    """See and change one's own account and sessions: everybody who is signed in."""
    WORK = "work"
    """Be handed tasks, judge them, decline them, take breaks."""
    OWN_CHOICES = "own-choices"
    """See and change one's own consents and opt-outs: the labeler alone, never somebody for her."""
    PROJECTS_SEE = "projects-see"
    """See projects, their tasks and their progress."""
    PROJECTS_EDIT = "projects-edit"
    """Write projects and guidelines, import, publish, pause, close."""
    EXPORTS_SEE = "exports-see"
    """See and download exports."""
    EXPORTS_MAKE = "exports-make"
    """Make exports."""
    API_KEYS = "api-keys"
    """Make and revoke one's own API keys."""
    PEOPLE_SEE = "people-see"
    """See vendors and labelers: a vendor manager her own vendor's only."""
    LABELERS_INVITE = "labelers-invite"
    """Invite labelers: a vendor manager into her own vendor only."""
    PEOPLE_EDIT = "people-edit"
    """Add vendors and people of every role, and disable people."""
    RECORD_SEE = "record-see"
    """Read the audit entries."""
    POLICIES_EDIT = "policies-edit"
    """Set the numbers that protect labelers, for everybody or for one project; looser ones with a signature."""


_P = Permission

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(
        {
            _P.OWN_ACCOUNT,
            _P.PROJECTS_SEE,
            _P.EXPORTS_SEE,
            _P.PEOPLE_SEE,
            _P.LABELERS_INVITE,
            _P.PEOPLE_EDIT,
            _P.RECORD_SEE,
            _P.POLICIES_EDIT,
        }
    ),
    Role.RESEARCHER: frozenset(
        {_P.OWN_ACCOUNT, _P.PROJECTS_SEE, _P.PROJECTS_EDIT, _P.EXPORTS_SEE, _P.EXPORTS_MAKE, _P.API_KEYS}
    ),
    Role.VENDOR_MANAGER: frozenset({_P.OWN_ACCOUNT, _P.PEOPLE_SEE, _P.LABELERS_INVITE}),
    Role.LABELER: frozenset({_P.OWN_ACCOUNT, _P.WORK, _P.OWN_CHOICES}),
    Role.AUDITOR: frozenset({_P.OWN_ACCOUNT, _P.RECORD_SEE}),
}


def may(role: Role, permission: Permission) -> bool:
    """Whether the role is granted the permission; there is no other way to have one."""
    return permission in GRANTS[role]


class Scope(StrEnum):
    """What an API key may do, within the permissions of the person it belongs to."""

    PROJECTS_READ = "projects:read"
    PROJECTS_WRITE = "projects:write"
    BATCHES_WRITE = "batches:write"
    EXPORTS_READ = "exports:read"
    EXPORTS_WRITE = "exports:write"


SCOPE_NEEDS: dict[Scope, Permission] = {
    Scope.PROJECTS_READ: _P.PROJECTS_SEE,
    Scope.PROJECTS_WRITE: _P.PROJECTS_EDIT,
    Scope.BATCHES_WRITE: _P.PROJECTS_EDIT,
    Scope.EXPORTS_READ: _P.EXPORTS_SEE,
    Scope.EXPORTS_WRITE: _P.EXPORTS_MAKE,
}
