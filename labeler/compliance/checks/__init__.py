"""The automated tests of the standard: one function a rule, from facts to what was found. All pure.

A check reads nothing but the events it is given. Its docstring says what its population is, what an exception is, and
what it cannot see: reports print it. `CHECKS` is the registry by rule; the digest of a check is that of its module.
"""

from __future__ import annotations

from collections.abc import Callable

from labeler.compliance.events import Facts
from labeler.compliance.outcome import Checked

Check = Callable[[Facts], Checked]

CHECKS: dict[str, Check] = {}
"""By rule id, such as `OPT-2`."""
