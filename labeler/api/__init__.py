"""`/api/v1`: what researchers automate. One module a noun; the application registers `bp`."""

from labeler.api import (
    approving,
    batches,
    datasheets,
    deliveries,
    exports,
    files,
    guidelines,
    ledger,
    life,
    limits,
    policies,
    preview,
    projects,
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
    "exports",
    "files",
    "guidelines",
    "ledger",
    "life",
    "limits",
    "policies",
    "preview",
    "projects",
    "statistics",
    "usage",
    "webhook",
]
