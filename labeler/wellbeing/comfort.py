"""How hard content is shown to a labeler (EXP-10): her own settings over the organisation's. Never in any figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from labeler.audit.service import record
from labeler.wellbeing.clock import lock
from labeler.wellbeing.models import Comfort


@dataclass(frozen=True, slots=True)
class Ways:
    """How hard content is shown: collapsed part by part, pictures blurred and grey, everything in greyscale; and
    whether severe content may come at night (EXP-14).
    """

    collapsed: bool = True
    blurred: bool = True
    grey: bool = False
    night: bool = False


ORGANISATION = Ways()
"""How the organisation has it: what counts for whoever has said nothing."""
NAMES = ("collapsed", "blurred", "grey", "night")


def said(session: Session, labeler_id: UUID) -> dict[str, bool | None]:
    """What this labeler has said of each setting; None is as the organisation has it."""
    row = session.get(Comfort, labeler_id)
    return {name: getattr(row, name) if row is not None else None for name in NAMES}


def ways(session: Session, labeler_id: UUID) -> Ways:
    """How hard content is shown to this labeler."""
    return Ways(
        **{
            name: getattr(ORGANISATION, name) if chosen is None else chosen
            for name, chosen in said(session, labeler_id).items()
        }
    )


def choose(session: Session, labeler_id: UUID, chosen: Mapping[str, bool | None], now: datetime) -> None:
    """Keep what a labeler chose; a setting that is not named is as the organisation has it. It binds at once."""
    locked = lock(session, labeler_id)
    wanted = {name: chosen.get(name) for name in NAMES}
    if wanted == said(session, labeler_id):
        return
    row = session.get(Comfort, labeler_id)
    if row is None:
        row = Comfort(labeler_id=labeler_id)
        session.add(row)
    for name, value in wanted.items():
        setattr(row, name, value)
    session.flush()
    record(session, "comfort.choose", labeler_id, labeler_id, now, locked.person.vendor_id, night=row.night)
