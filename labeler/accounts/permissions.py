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
    WELLBEING_OFFICER = "wellbeing-officer"
    WORKER_REPRESENTATIVE = "worker-representative"


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
    PROJECTS_APPROVE = "projects-approve"
    """Approve or refuse a project that somebody else asks to hand out: what it is for, and what it says."""
    PROJECTS_WITHDRAW = "projects-withdraw"
    """Withdraw whosesoever approval of a project; one's own needs no more than the permission to approve."""
    EXPORTS_SEE = "exports-see"
    """See and download exports."""
    EXPORTS_MAKE = "exports-make"
    """Make exports."""
    EXPORTS_APPROVE = "exports-approve"
    """Approve or refuse a dataset version that somebody else asked for, where its project wants that."""
    EXPORTS_LIMIT = "exports-limit"
    """Set how much may be made, taken and kept of dataset versions."""
    REQUESTERS_LIMIT = "requesters-limit"
    """Set how much one person, or one project, may import and publish in a while."""
    LEDGER_SEE = "ledger-see"
    """See who took which files of exports, and when."""
    API_KEYS = "api-keys"
    """Make and revoke one's own API keys."""
    PEOPLE_SEE = "people-see"
    """See vendors and labelers: a vendor manager her own vendor's only."""
    LABELERS_INVITE = "labelers-invite"
    """Invite labelers: a vendor manager into her own vendor only."""
    PEOPLE_EDIT = "people-edit"
    """Add vendors and people of every role, and disable people."""
    CONTENT_REVIEW = "content-review"
    """Look at reports of wrong warnings; confirm a task's severity or, with a reason, lower it."""
    ESCALATIONS = "escalations"
    """See which tasks are served to nobody, name who decides about them, and decide when named."""
    PAY_EDIT = "pay-edit"
    """Set rates, floors and places, mark statements as paid, answer objections to lines."""
    PAY_SEE_OWN = "pay-see-own"
    """See what one's own vendor's labelers are to be paid, in totals, and mark it as paid: a vendor manager."""
    RECORD_SEE = "record-see"
    """Read the audit entries."""
    CASES_OWN = "cases-own"
    """See decisions about oneself, and ask for a review: the labeler alone."""
    JUDGMENTS_REVIEW = "judgments-review"
    """Read answers under made-up names, and mark one not used."""
    RESTRICT = "restrict"
    """Restrict a labeler, with reasons and notice: a vendor manager her own vendor's only."""
    CASES_DECIDE = "cases-decide"
    """Decide reviews, of decisions that somebody else made."""
    GRIEVANCES = "grievances"
    """Read and answer grievances."""
    WATCH = "watch"
    """See what the retaliation watch has found."""
    ANOMALIES = "anomalies"
    """See what the watch over requesters and vendors has found, and say what it is."""
    REPORT_WORDS = "report-words"
    """Say something in a vendor's compliance report: its manager, its worker representative, an assessor."""
    CONDITIONS_SEE = "conditions-see"
    """See the rules in force and a vendor's numbers: a worker representative her own vendor's only."""
    REPORTS = "reports"
    """See and ask for compliance reports: a vendor manager and a worker representative their own vendor's only."""
    AUDITS = "audits"
    """Audit a vendor's quarter: the auditor alone, and each audit by whoever opened it."""
    OWN_STATE = "own-state"
    """See how one's own vendor stands, reply to findings, agree to be named: a vendor manager."""
    REPORTS_PUBLISH = "reports-publish"
    """Make a vendor's quarters public, all of them."""
    DISCLOSE = "disclose"
    """Publish a yearly report or a lesson learned."""
    POLICIES_EDIT = "policies-edit"
    """Set the numbers that protect labelers, for everybody or for one project; looser ones with a signature."""
    POLICIES_CONFIRM = "policies-confirm"
    """Confirm a looser number that somebody else asked for, or decline it: the second person."""
    PROFILES_SEE = "profiles-see"
    """See buyers' profiles: the numbers tighter than the standard that a report may be made by."""
    PROFILES_MAKE = "profiles-make"
    """Make a profile. Researchers buy labels, so they may: a profile only tightens, and binds only who asks for it."""
    EVIDENCE_SEE = "evidence-see"
    """See vendors' contracts and attestations, and wage benchmarks: a vendor manager her own vendor's only."""
    EVIDENCE_GIVE = "evidence-give"
    """Attest something for one's own vendor, and withdraw it: a vendor manager, and nobody for her."""


_P = Permission

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(
        {
            _P.OWN_ACCOUNT,
            _P.PROJECTS_SEE,
            _P.PROJECTS_APPROVE,
            _P.PROJECTS_WITHDRAW,
            _P.EXPORTS_SEE,
            _P.EXPORTS_APPROVE,
            _P.EXPORTS_LIMIT,
            _P.REQUESTERS_LIMIT,
            _P.LEDGER_SEE,
            _P.PEOPLE_SEE,
            _P.LABELERS_INVITE,
            _P.PEOPLE_EDIT,
            _P.CONTENT_REVIEW,
            _P.ESCALATIONS,
            _P.PAY_EDIT,
            _P.RECORD_SEE,
            _P.RESTRICT,
            _P.CASES_DECIDE,
            _P.ANOMALIES,
            _P.CONDITIONS_SEE,
            _P.POLICIES_EDIT,
            _P.POLICIES_CONFIRM,
            _P.PROFILES_SEE,
            _P.PROFILES_MAKE,
            _P.EVIDENCE_SEE,
            _P.REPORTS,
            _P.REPORTS_PUBLISH,
            _P.DISCLOSE,
        }
    ),
    Role.RESEARCHER: frozenset(
        {
            _P.OWN_ACCOUNT,
            _P.PROJECTS_SEE,
            _P.PROJECTS_EDIT,
            _P.PROJECTS_APPROVE,
            _P.CONTENT_REVIEW,
            _P.EXPORTS_SEE,
            _P.EXPORTS_MAKE,
            _P.EXPORTS_APPROVE,
            _P.LEDGER_SEE,
            _P.API_KEYS,
            _P.JUDGMENTS_REVIEW,
            _P.PROFILES_SEE,
            _P.PROFILES_MAKE,
        }
    ),
    Role.VENDOR_MANAGER: frozenset(
        {
            _P.OWN_ACCOUNT,
            _P.PEOPLE_SEE,
            _P.LABELERS_INVITE,
            _P.RESTRICT,
            _P.PAY_SEE_OWN,
            _P.EVIDENCE_SEE,
            _P.EVIDENCE_GIVE,
            _P.REPORT_WORDS,
            _P.OWN_STATE,
            _P.REPORTS,
        }
    ),
    Role.LABELER: frozenset({_P.OWN_ACCOUNT, _P.WORK, _P.OWN_CHOICES, _P.CASES_OWN}),
    Role.AUDITOR: frozenset(
        {
            _P.OWN_ACCOUNT,
            _P.RECORD_SEE,
            _P.LEDGER_SEE,
            _P.ANOMALIES,
            _P.CONDITIONS_SEE,
            _P.EVIDENCE_SEE,
            _P.PROFILES_SEE,
            _P.REPORT_WORDS,
            _P.AUDITS,
            _P.DISCLOSE,
            _P.REPORTS,
        }
    ),
    Role.WELLBEING_OFFICER: frozenset(
        {
            _P.OWN_ACCOUNT,
            _P.CASES_DECIDE,
            _P.GRIEVANCES,
            _P.WATCH,
            _P.ANOMALIES,
            _P.CONDITIONS_SEE,
            _P.POLICIES_CONFIRM,
        }
    ),
    Role.WORKER_REPRESENTATIVE: frozenset({_P.OWN_ACCOUNT, _P.CONDITIONS_SEE, _P.REPORT_WORDS, _P.REPORTS}),
}


def may(role: Role, permission: Permission) -> bool:
    """Whether the role is granted the permission; there is no other way to have one."""
    return permission in GRANTS[role]


class Scope(StrEnum):
    """What an API key may do, within the permissions of the person it belongs to."""

    PROJECTS_READ = "projects:read"
    PROJECTS_WRITE = "projects:write"
    PROJECTS_APPROVE = "projects:approve"
    BATCHES_WRITE = "batches:write"
    EXPORTS_READ = "exports:read"
    EXPORTS_WRITE = "exports:write"
    EXPORTS_APPROVE = "exports:approve"
    LEDGER_READ = "ledger:read"


SCOPE_NEEDS: dict[Scope, Permission] = {
    Scope.PROJECTS_READ: _P.PROJECTS_SEE,
    Scope.PROJECTS_WRITE: _P.PROJECTS_EDIT,
    Scope.PROJECTS_APPROVE: _P.PROJECTS_APPROVE,
    Scope.BATCHES_WRITE: _P.PROJECTS_EDIT,
    Scope.EXPORTS_READ: _P.EXPORTS_SEE,
    Scope.EXPORTS_WRITE: _P.EXPORTS_MAKE,
    Scope.EXPORTS_APPROVE: _P.EXPORTS_APPROVE,
    Scope.LEDGER_READ: _P.LEDGER_SEE,
}
