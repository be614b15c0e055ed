"""`/api/v1`: what researchers automate. One module a noun; the application registers `bp`."""

from labeler.api import (
    approving,
    batches,
    datasheets,
    deliveries,
    export_limits,
    exports,
    files,
    guidelines,
    ledger,
    life,
    policies,
    preview,
    projects,
    requester_limits,
    statistics,
    usage,
    webhook,
)
from labeler.api.door import bp

__all__ = [
    "approving",
    "batches",
    "bp",
    "datasheets",
    "deliveries",
    "export_limits",
    "exports",
    "files",
    "guidelines",
    "ledger",
    "life",
    "policies",
    "preview",
    "projects",
    "requester_limits",
    "statistics",
    "usage",
    "webhook",
]
