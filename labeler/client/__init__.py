"""Reading datasets back, in Python: asks the API for a version, waits for it, and gives its rows.

    from labeler.client import Client

    pairs = Client("https://labels.example", "lbl_...").project("bread").export("preference").wait().load()

Needs the standard library, and pyarrow for `load`. Nothing else of the product is imported.
"""

from labeler.client.reader import Client, Project, Version
from labeler.client.wire import (
    Away,
    Broken,
    ClientError,
    ExportFailed,
    NotApproved,
    NotThere,
    OverQuota,
    Refused,
    WaitsForApproval,
    Withdrawn,
)

__all__ = [
    "Away",
    "Broken",
    "Client",
    "ClientError",
    "ExportFailed",
    "NotApproved",
    "NotThere",
    "OverQuota",
    "Project",
    "Refused",
    "Version",
    "WaitsForApproval",
    "Withdrawn",
]
