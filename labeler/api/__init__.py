"""`/api/v1`: what researchers automate. One module a noun; the application registers `bp`."""

from labeler.api import (
    batches,
    datasheets,
    deliveries,
    exports,
    files,
    guidelines,
    life,
    policies,
    preview,
    projects,
    statistics,
)
from labeler.api.door import bp

__all__ = [
    "batches",
    "bp",
    "datasheets",
    "deliveries",
    "exports",
    "files",
    "guidelines",
    "life",
    "policies",
    "preview",
    "projects",
    "statistics",
]
