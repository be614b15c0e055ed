"""A quarter at one vendor in which every rule about pay, decisions, data and governance holds; tests spoil it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from labeler.audit.acts import ACTS
from labeler.audit.logs import PLATFORM
from labeler.compliance.canary import about_of, token_of
from labeler.compliance.checks import CHECKS
from labeler.compliance.events import Event, Facts, facts_of
from labeler.compliance.standards import as_published, read
from tests.compliance.events import QUARTER, key

VENDOR, MANAGER, REP, ADMIN, OFFICER, RESEARCHER, SECOND = (key(number) for number in range(1, 8))
LABELERS = [key(number) for number in range(11, 16)]
GONE = [key(number) for number in range(21, 26)]
CASE, REVIEW, BAR, BAR_REVIEW = key(41), key(42), key(43), key(44)
CONTRACT, CANARY, REAL = key(51), key(52), key(53)
SECRET = bytes(range(32))
SENT = about_of("grievance", SECRET)
BATCH, PROJECT = key(55), key(57)
MONDAY = datetime(2026, 7, 6, tzinfo=UTC)
DAY, WEEK = timedelta(days=1), timedelta(days=7)
AFTER = datetime(2026, 12, 1, tzinfo=UTC)
RUNS = (
    "OPT-3", "OPT-5", "OPT-6", "OPT-7", "OPT-9", "DEC-5", "EXP-9", "EXP-10", "WRN-5", "BRK-11", "MON-1", "MON-2",
    "MON-3", "MON-4", "MON-5", "MON-6", "DEC-4", "DIV-1", "DIV-2", "GOV-2", "PAY-2", "PAY-5", "GRV-3",
)  # fmt: skip


@dataclass
class Story:
    """Entries in the order in which they are told; numbers are given at the end."""

    told: list[tuple[UUID, str, datetime, UUID | None, UUID, dict[str, Any]]] = field(default_factory=list)

    def add(self, log: UUID, act: str, at: datetime, actor: UUID | None, subject: UUID, **fields: Any) -> None:
        """Tell an act. Fields it declares and that no rule here reads are null; it may declare no fewer."""
        known = ACTS.get(act)
        assert known is None or set(fields) <= known, f"{act} declares {sorted(known or ())}"
        usual = {"task": subject, "project": PROJECT, "profile": ""} if act == "assignment.hand_out" else {}
        given = {name: value for name, value in usual.items() if name in (known or ())} | fields
        told = {name: _plain(value) for name, value in (dict.fromkeys(known or ()) | given).items()}
        self.told.append((log, act, at, actor, subject, told))

    def change(self, act: str, subject: UUID | None = None, **fields: Any) -> None:
        """Change fields of an act, of all its entries or of those about a subject; `at`, `actor` the entry's own."""
        found = 0
        for place, (log, name, at, actor, about, told) in enumerate(self.told):
            if name == act and subject in (None, about):
                own = {each: value for each, value in fields.items() if each not in ("at", "actor")}
                self.told[place] = (
                    log, name, fields.get("at", at), fields.get("actor", actor), about, told | _plain(own)
                )  # fmt: skip
                found += 1
        assert found

    def drop(self, *acts: str, when: Callable[[dict[str, Any]], bool] = lambda told: True) -> None:
        """Leave acts out."""
        kept = [each for each in self.told if each[1] not in acts or not when(each[5])]
        assert len(kept) < len(self.told)
        self.told = kept

    def facts(self, k: int = 5) -> Facts:
        """What a report would rest on."""
        count: dict[UUID, int] = {}
        events = []
        for log, act, at, actor, subject, told in self.told:
            number = count[log] = count.get(log, -1) + 1
            events.append(Event(log, number, key(10_000 + len(events)), at, act, actor, subject, told))
        return facts_of(VENDOR, QUARTER, as_published(read()), events, k=k)


def _plain(value: Any) -> Any:
    match value:
        case UUID():
            return str(value)
        case datetime():
            return value.isoformat()
        case list():
            return [_plain(each) for each in value]
        case dict():
            return {name: _plain(each) for name, each in value.items()}
    return value


def good() -> Story:
    """The quarter as it should be."""
    story = Story()
    of, platform = VENDOR, PLATFORM
    before = MONDAY - 20 * DAY
    story.add(of, "user.add", before, ADMIN, MANAGER, role="vendor-manager")
    story.add(of, "user.add", before, ADMIN, REP, role="worker-representative")
    for labeler in LABELERS:
        story.add(of, "labeler.add", before, ADMIN, labeler, contract_from="2026-06-16", contract_until=None)
    sort = {"place": "Exampleland", "kind": "living", "household": "one adult", "measure": "gross"}
    story.add(
        platform, "benchmark.add", before, ADMIN, key(60), **sort, per_hour=1500, currency="EUR", dated="2026-01-01"
    )
    story.add(of, "place.set", before, ADMIN, key(61), **sort, from_at=before)
    conditions = {"version": 1, "from_at": before, "until_at": None}
    story.told.append((of, "contract.condition", before, ADMIN, CONTRACT, _plain(conditions)))
    for number, labeler in enumerate(LABELERS):
        seen = {"version": 1, "digest": "ab"}
        story.told.append((of, "contract.seen", MONDAY - DAY, labeler, CONTRACT, seen))
        at, task, statement = MONDAY + timedelta(hours=8), key(100 + number), key(200 + number)
        story.add(of, "assignment.hand_out", at, labeler, task)
        story.add(of, "judgment.submit", at + timedelta(minutes=10), labeler, key(300 + number), assignment=task)
        story.add(of, "assignment.hand_out", at + 3 * WEEK, labeler, key(400 + number))
        story.add(
            of, "pay.close", MONDAY + 8 * DAY, None, statement, labeler=labeler, week=MONDAY, until_at=MONDAY + WEEK,
            due_at=MONDAY + 2 * WEEK, seconds=3600, currency="EUR", floor=1500, base=1800, bonus=100, correction=0,
            allowance=0, fee=0, cost=0, top_up=0, total=1900,
        )  # fmt: skip
        paid = MONDAY + 10 * DAY
        story.add(of, "pay.pay", paid, MANAGER, statement, paid_at=paid)
    _decisions(story)
    _grievances(story)
    for person in GONE:
        story.add(of, "person.erase", MONDAY + 30 * DAY, person, person, herself=True, cases=0)
        story.add(of, "person.erased", MONDAY + 50 * DAY, None, person)
    for name in RUNS:
        for at in (MONDAY + DAY, MONDAY + DAY + 3 * WEEK):
            story.add(of if name in ("OPT-3", "PAY-5") else platform, "check.run", at, None, of, check=name,
                      version="1 ab", population=3, exceptions=0, digest="ab")  # fmt: skip
    published = {"period": "2026 Q2", "digest": "ab" * 32}
    story.told.append((platform, "disclosure.publish", MONDAY + 20 * DAY, ADMIN, key(70), published))
    story.add(platform, "grievance.write", AFTER, OFFICER, REAL, by_officer=True)  # so far the record goes
    return story


def _decisions(story: Story) -> None:
    of, marked, barred = VENDOR, MONDAY + DAY, MONDAY + 25 * DAY
    story.add(
        of, "not_used.mark", marked, RESEARCHER, CASE, judgment=key(300), code="duplicate", guideline_version=1,
        labeler=LABELERS[0], assignment=key(100), batch=BATCH, evidence=60, rule=0, retry_until=marked + WEEK,
    )  # fmt: skip
    story.add(of, "not_used.effect", marked + WEEK, None, CASE)
    asked = {"cause": "labeler", "case": CASE, "first": [RESEARCHER]}
    story.add(of, "review.ask", marked + 9 * DAY, LABELERS[0], REVIEW, due_at=marked + 16 * DAY, **asked)
    story.add(
        of, "review.decide", marked + 12 * DAY, SECOND, REVIEW, outcome="stands", on_time=True, reasons=40,
        asked_at=marked + 9 * DAY, due_at=marked + 16 * DAY, **asked,
    )  # fmt: skip
    story.add(
        of, "restriction.make", barred, MANAGER, BAR, restriction=key(45), project=None, from_at=barred + 20 * DAY,
        safety=False, labeler=LABELERS[1], notice=20 * 86_400, reasons=40,
    )  # fmt: skip
    asked = {"cause": "labeler", "case": BAR, "first": [MANAGER]}
    story.add(of, "review.ask", barred + DAY, LABELERS[1], BAR_REVIEW, due_at=barred + 8 * DAY, **asked)
    story.add(
        of, "review.decide", barred + 3 * DAY, SECOND, BAR_REVIEW, outcome="changed", on_time=True, reasons=40,
        asked_at=barred + DAY, due_at=barred + 8 * DAY, **asked,
    )  # fmt: skip


def _grievances(story: Story) -> None:
    began = MONDAY + 30 * DAY
    story.add(PLATFORM, "canary.run", began, None, CANARY, kind="grievance", token=token_of(SECRET))
    for grievance in (REAL, SENT):
        story.add(PLATFORM, "grievance.open", began, None, grievance)
        story.add(PLATFORM, "grievance.acknowledge", began + 2 * DAY, OFFICER, grievance)
        story.add(PLATFORM, "grievance.conclude", began + 9 * DAY, OFFICER, grievance, outcome="substantiated")
    told = {"kind": "grievance", "outcome": "answered", "seconds": 9 * 86_400, "about": SENT, "secret": SECRET.hex()}
    story.add(PLATFORM, "canary.answer", began + 9 * DAY, None, CANARY, **told)
    story.add(VENDOR, "watch.flag", began, None, key(80), sign="restricted")
    story.add(VENDOR, "watch.look", began + DAY, OFFICER, key(80), state="dismissed")


def results(story: Story) -> dict[str, str]:
    """How each rule ends that has a check here."""
    facts = story.facts()
    return {rule: str(check(facts).result(facts.k)) for rule, check in CHECKS.items()}
