"""Every table in one import: for migrations, which compare them with the schema, and for tests."""

from labeler.accounts import models as accounts
from labeler.anomalies import models as anomalies
from labeler.assignment import models as assignment
from labeler.audit import models as audit
from labeler.cases import grievance_models as grievances
from labeler.cases import models as cases
from labeler.compliance import looking_models as looking_at_itself
from labeler.compliance import models as compliance
from labeler.compliance import profile_models as profiles
from labeler.compliance.auditing import models as auditing
from labeler.db import Base
from labeler.demographics import models as demographics
from labeler.erasure import models as erasure
from labeler.evidence import models as evidence
from labeler.exports import models as exports
from labeler.exports.delivery import models as deliveries
from labeler.exports.documents import models as datasheets
from labeler.exports.quotas import models as quotas
from labeler.jobs import models as jobs
from labeler.judgments import models as judgments
from labeler.pay import models as pay
from labeler.pay import reading_models as reading
from labeler.projects import models as projects
from labeler.projects.quotas import models as requesters
from labeler.projects.usage import models as usage
from labeler.quality import models as quality
from labeler.warnings import models as warnings
from labeler.webhooks import models as webhooks
from labeler.wellbeing import deviation_models as deviations
from labeler.wellbeing import models as wellbeing
from labeler.workforce import contract_models as contracts
from labeler.workforce import models as workforce

__all__ = [
    "accounts", "anomalies", "assignment", "audit", "auditing", "cases", "compliance", "datasheets", "deliveries",
    "deviations", "demographics", "erasure",
    "exports", "grievances", "jobs", "judgments", "pay",
    "profiles", "projects", "quality", "quotas", "reading", "requesters",
    "looking_at_itself", "usage", "warnings", "webhooks", "wellbeing",
    "contracts", "evidence", "workforce", "metadata",
]  # fmt: skip

metadata = Base.metadata
