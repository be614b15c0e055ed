"""What an audit's figures are: its quarter, assessed from the prefix of the record that it rests on.

What was worked out is kept in memory only, for a few audits: a file of it would have to be found again when somebody's
data are erased. It is worked out anew once more entries of the prefix are erased.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeler.audit.models import LogLeaf
from labeler.compliance.assessing import assess
from labeler.compliance.auditing.models import Audit
from labeler.compliance.events import Facts, Period
from labeler.compliance.outcome import Assessed, Assessment, Checked, Row
from labeler.compliance.profiles import get_profile
from labeler.compliance.reading import Prefix, facts
from labeler.compliance.standards import Profile, Standard, as_published, read
from labeler.errors import Conflict, Missing

KEPT = 4
"""Assessments that a process keeps."""


@dataclass(frozen=True)
class Quarter:
    """A quarter that was assessed, with the facts it was assessed from; these know the profile it is measured by."""

    standard: Standard
    facts: Facts
    assessment: Assessment

    def control(self, name: str) -> Assessed:
        """A control, by its id. Raises Missing."""
        found = next((each for each in self.assessment.controls if each.control == name), None)
        if found is None:
            raise Missing("There is no such control in the standard of this audit.")
        return found

    def check(self, rule: str) -> Checked:
        """What a rule's check found. Raises Missing."""
        for control in self.assessment.controls:
            for checked in control.checks:
                if checked.rule == rule:
                    return checked
        raise Missing("There is no such figure in this audit.")

    def rows(self, rule: str) -> Sequence[Row]:
        """The rows behind a figure: none where they are people who used a right, and too few of them. Raises
        Missing."""
        checked = self.check(rule)
        return () if checked.private and len(checked.people) < self.facts.k else checked.rows


_known: OrderedDict[tuple[Any, ...], Quarter] = OrderedDict()
_lock = threading.Lock()


def quarter(session: Session, audit: Audit) -> Quarter:
    """An audit's quarter, assessed."""
    prefix = Prefix(audit.vendor_size, audit.platform_size)
    standard = read(audit.standard)
    period, profile = Period.quarter(audit.year, audit.quarter), profile_of(session, audit)
    return assessed(session, audit.vendor_id, period, standard, prefix, profile=profile)


def profile_of(session: Session, audit: Audit) -> Profile:
    """What an audit is measured by. Raises Conflict where it is not what it was when the audit was opened: profiles are
    never changed but by hand."""
    if audit.profile is None:
        return as_published(read(audit.standard))
    known = get_profile(session, audit.profile)
    if known.digest != audit.profile_digest:
        raise Conflict(
            f"The numbers of {audit.profile} in the database are not those that this audit was opened by, so nothing "
            "can be said by them. Tell whoever runs this installation: the record has the profile as it was made."
        )
    return known


def assessed(
    session: Session, vendor_id: UUID, period: Period, standard: Standard, prefix: Prefix, k: int = 5,
    *, profile: Profile | None = None,
) -> Quarter:  # fmt: skip
    """A vendor's period, assessed by a profile; for None by the standard as it is published."""
    profile = profile or as_published(standard)
    key = (vendor_id, period, profile.digest, prefix, k, erased_of(session, vendor_id, prefix))
    with _lock:
        if key in _known:
            _known.move_to_end(key)
            return _known[key]
    known = _assess(session, vendor_id, period, standard, profile, prefix, k)
    with _lock:
        _known[key] = known
        while len(_known) > KEPT:
            _known.popitem(last=False)
    return known


def _assess(
    session: Session, vendor_id: UUID, period: Period, standard: Standard, profile: Profile, prefix: Prefix, k: int
) -> Quarter:
    found = facts(session, vendor_id, period, profile, prefix, k)
    return Quarter(standard, found, assess(found, standard))


def erased_of(session: Session, vendor_id: UUID, prefix: Prefix) -> int:
    """How many entries of a vendor's log in a prefix are erased."""
    gone = select(func.count()).where(
        LogLeaf.log_id == vendor_id, LogLeaf.number < prefix.vendor, LogLeaf.salt.is_(None)
    )
    return session.scalar(gone) or 0


def digest_of(found: Quarter) -> str:
    """The SHA-256 of everything that was found: canonical JSON of the assessment, and the digests of standard and
    profile."""
    told = {
        "assessment": asdict(found.assessment),
        "standard": found.standard.digest,
        "profile": found.facts.profile.digest,
    }
    text = orjson.dumps(_plain(told), option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)
    return hashlib.sha256(text).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(str(each) for each in value)
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
