"""The rules in force and a vendor's numbers, never a person: for representatives, officers and auditors (GOV-3)."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from labeler import clock
from labeler.accounts.permissions import Permission, Role
from labeler.cases import conditions, rules
from labeler.cells import K_INSIDE
from labeler.db import reading
from labeler.gate import person, requires
from labeler.web.people_forms import uuid_of
from labeler.workforce.queries import vendors
from labeler.workforce.rules import NOTICE

bp = Blueprint("conditions", __name__)

IN_FORCE = (
    ("REJ-1", "An answer that is not used carries its reason, its evidence and a way to a review. It stays paid."),
    ("REJ-2", f"The labeler can answer once more within {rules.RETRY_LASTS.days} days, paid, before it counts."),
    (
        "REJ-3, DEC-3",
        f"A review is decided by somebody else, from outside the vendor, within {rules.REPLY_WITHIN.days} days, at the"
        f" latest {rules.REPLY_LIMIT.days}. It binds, and asking costs nothing.",
    ),
    (
        "REJ-4",
        f"More than {rules.BRAKE_PERCENT} % of a batch's answers not used, and at least {rules.BRAKE_LEAST}: the rest"
        f" is held until a person of the platform has looked. At most {rules.A_DAY} decisions about one labeler count"
        " in 24 hours.",
    ),
    ("DEC-1", "A restriction is decided by a named person with written reasons, never by a program alone."),
    (
        "DEC-2",
        f"It begins after {NOTICE.days} days' notice. For safety it begins at once and is looked at again.",
    ),
    ("OPT-8", f"A reported danger is looked at within {rules.SAFETY_DAYS} working days and costs nothing."),
    (
        "GRV-1, GRV-2",
        "Anybody can bring a grievance past the vendor, without a name. It is acknowledged within"
        f" {rules.ACKNOWLEDGE.days} days and concluded within {rules.CONCLUDE.days}.",
    ),
    ("GRV-3", f"For {rules.LOOK_BACK.days} days after somebody uses a right, a second person looks at what goes down."),
)


@bp.get("/conditions")
@requires(Permission.CONDITIONS_SEE)
def show() -> str:
    """The rules, and the numbers of one vendor: a representative's own, else the one that is chosen."""
    me, now = person(), clock.now()
    with reading() as session:
        known = [(each.id, each.name) for each, _ in vendors(session)]
        if me.role is Role.WORKER_REPRESENTATIVE:
            known = [each for each in known if each[0] == me.vendor_id]
        asked = uuid_of(request.args.get("vendor"))
        chosen = next((each for each in known if each[0] == asked), known[0] if known else None)
        found = conditions.of_vendor(session, chosen[0], now) if chosen else []
        changed = conditions.policies(session, now)
    return render_template(
        "cases/conditions.html", vendors=known, chosen=chosen, quarters=found, rules=IN_FORCE, changed=changed,
        smallest=K_INSIDE, choose=me.role is not Role.WORKER_REPRESENTATIVE,
    )  # fmt: skip
