"""Every act that changes state, with the exact fields its entry carries. An entry with other fields is refused.

Fields hold ids, names of states and numbers: never task texts, answers, reasons for a refusal or e-mail addresses.
"""

from __future__ import annotations

ACTS: dict[str, frozenset[str]] = {
    # accounts
    "user.add": frozenset({"role"}),
    "user.disable": frozenset(),
    "user.invite": frozenset({"expires_at"}),
    "user.password": frozenset(),
    "session.start": frozenset({"by"}),
    "session.end": frozenset(),
    "api_key.make": frozenset({"scopes"}),
    "api_key.revoke": frozenset(),
    # workforce
    "vendor.add": frozenset({"name"}),
    "labeler.add": frozenset({"languages", "time_zone", "contract_from", "contract_until"}),
    "labeler.change": frozenset({"languages", "time_zone", "contract_from", "contract_until"}),
    "labeler.payroll": frozenset(),
    # projects
    "project.create": frozenset({"slug", "kind"}),
    "project.change": frozenset({"fields"}),
    "project.check": frozenset(),
    "project.publish": frozenset({"guideline_version"}),
    "project.pause": frozenset(),
    "project.close": frozenset(),
    "project.widen": frozenset({"categories"}),
    "guideline.add": frozenset({"version", "digest"}),
    "batch.request": frozenset({"project"}),
    "batch.import": frozenset({"project", "rows", "tasks", "content_hash"}),
    "batch.refuse": frozenset({"project", "problems"}),
    # the day
    "assignment.hand_out": frozenset({"task", "fence"}),
    "assignment.resume": frozenset({"fence"}),
    "assignment.reveal": frozenset({"severity"}),
    "assignment.hide": frozenset({"seconds"}),
    "assignment.skip": frozenset(),
    "assignment.revoke": frozenset(),
    "assignment.expire": frozenset(),
    "judgment.submit": frozenset({"assignment", "version", "standing", "digest"}),
    "consent.give": frozenset({"category", "severity", "text_version", "expires_at"}),
    "consent.end": frozenset(),
    "opt_out.say": frozenset({"scope"}),
    "opt_out.undo": frozenset(),
    "break.start": frozenset({"due"}),
    "break.end": frozenset(),
    "stand_down.start": frozenset({"rule", "until"}),
    "stand_down.end": frozenset(),
    "exposure.show": frozenset({"path", "severity"}),
    # limits
    "policy.set": frozenset({"name", "value", "from_at", "project", "until_at", "signed"}),
    # exports
    "export.request": frozenset({"project", "number", "views"}),
    "export.finish": frozenset({"manifest_hash"}),
    "export.fail": frozenset(),
    "export.download": frozenset({"file"}),
    # oversight
    "record.read": frozenset({"view", "act", "since", "until", "vendor", "subject"}),
}
