"""Decisions against a labeler, counted a second time: answers not used, restrictions, reviews, the end of access."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from tests.compliance.independent.base import DAY, WEEK, Entry, Found, Known, Rule, moment
from tests.compliance.independent.wages import STATED_AFTER, newest, own, statements, week_of

FEWEST_WORDS = 20
A_DAY = 10


def marks(known: Known) -> list[Entry]:
    return own(known, "not_used.mark")


def whom(known: Known, mark: Entry) -> UUID:
    return known.person(UUID(mark.fields["labeler"]))


def rej_1(known: Known) -> Found:
    """A code, evidence and the version of the rule."""
    found = Found()
    for mark in marks(known):
        if known.inside(mark.at):
            evidence, version = mark.fields["evidence"], mark.fields["guideline_version"]
            bad = not mark.fields["code"] or evidence < FEWEST_WORDS or version is None or mark.actor is None
            value = f"{mark.fields['code']}, {evidence} characters"
            found.add(whom(known, mark), mark.at, value, bad)
    found.untested = not found.cells
    return found


def rej_2(known: Known) -> Found:
    """A decision begins to count only when the time to answer again is over, or left, or a person looked again."""
    found = Found()
    for effect in own(known, "not_used.effect"):
        if not known.inside(effect.at):
            continue
        mark = next((each for each in marks(known) if each.subject == effect.subject), None)
        if mark is None:
            continue
        before = [
            entry for entry in own(known, "not_used.leave", "not_used.confirm")
            if entry.subject == effect.subject and entry.at <= effect.at
        ]  # fmt: skip
        bad = effect.at < moment(mark.fields["retry_until"]) and not before
        found.add(whom(known, mark), effect.at, f"{(effect.at - mark.at) // DAY} days", bad)
    found.untested = not found.cells
    return found


def managers(known: Known) -> set[UUID]:
    """Who manages the vendor."""
    return {entry.subject for entry in own(known, "user.add") if entry.fields["role"] == "vendor-manager"}


def firsts(fields: object) -> set[str]:
    """Who decided before a review, as an entry has it: a list, or one."""
    return {fields} if isinstance(fields, str) else set(fields or ())  # type: ignore[call-overload]


def erased_by(known: Known, account: UUID | None, at: datetime) -> bool:
    """Whether an account's data had been erased by a moment."""
    return any(entry.subject == account and entry.at <= at for entry in known.acts("person.erase"))


def reviews(known: Known, cases: dict[UUID, UUID | None]) -> Found:
    """Whether reviews of these cases (with whom each is about) were decided in time, and by somebody neutral."""
    found, changed = Found(), 0
    for asked in own(known, "review.ask"):
        case = UUID(asked.fields["case"])
        if case not in cases:
            continue
        due = moment(asked.fields["due_at"])
        if asked.fields["cause"] == "labeler":
            due = asked.at + known.values["review_days"] * DAY
        decided = next((each for each in own(known, "review.decide") if each.subject == asked.subject), None)
        fell_due = known.inside(due) and due <= newest(known)
        if not fell_due and not (decided and known.inside(decided.at)):
            continue
        account = cases[case]
        person = account and known.person(account)
        if decided is None:
            if not erased_by(known, account, due):
                found.add(person, asked.at, "not decided", True)
            continue
        first = firsts(decided.fields["first"]) | firsts(asked.fields["first"])
        partial = decided.actor is None or str(decided.actor) in first or decided.actor in managers(known)
        outcome = decided.fields["outcome"]
        changed += outcome == "changed"
        value = f"{(decided.at - asked.at) // DAY} days, {outcome}"
        found.add(person, decided.at, value, decided.at > due or partial)
    found.figures.append(("decisions changed", changed, len(found.cells)))
    found.untested = not found.cells
    return found


def rej_3(known: Known) -> Found:
    """Reviews of answers that are not used."""
    return reviews(known, {mark.subject: UUID(mark.fields["labeler"]) for mark in marks(known)})


def dec_3(known: Known) -> Found:
    """Reviews of restrictions and dangers."""
    cases: dict[UUID, UUID | None] = {}
    for made in own(known, "restriction.make"):
        cases[made.subject] = UUID(made.fields["labeler"])
    for danger in own(known, "danger.report"):
        cases[danger.subject] = danger.actor
    return reviews(known, cases)


def look_at(known: Known, hold: Entry) -> Entry | None:
    """The look at a hold."""
    return next((each for each in known.acts("review.decide") if each.fields["case"] == str(hold.subject)), None)


def rej_4(known: Known) -> Found:
    """No more than ten marks a day, none counts while its batch is held, and somebody else looks at each hold."""
    found = Found()
    for place, mark in enumerate(marks(known)):
        lately = [
            each for each in marks(known)[: place + 1]
            if each.fields["labeler"] == mark.fields["labeler"] and each.at > mark.at - DAY
        ]  # fmt: skip
        if known.inside(mark.at):
            found.add(whom(known, mark), mark.at, f"{len(lately)} in 24 hours", len(lately) > A_DAY)
    for hold in known.acts("hold.begin"):
        mine = [mark for mark in marks(known) if mark.fields["batch"] == hold.fields["batch"]]
        look, due = look_at(known, hold), hold.at + known.values["review_days"] * DAY
        for effect in own(known, "not_used.effect"):
            held = hold.at < effect.at and (look is None or effect.at < look.at)
            for mark in mine:
                if mark.subject == effect.subject and held and known.inside(effect.at):
                    found.add(whom(known, mark), effect.at, "counted while held", True)
        if not mine or not known.inside(due):
            continue
        if look is not None:
            bad = look.at > due or str(look.actor) in firsts(look.fields["first"])
            found.add(None, look.at, f"{(look.at - hold.at) // DAY} days", bad)
        elif due <= newest(known):
            found.add(None, hold.at, "not looked at", True)
    found.untested = not found.cells
    return found


def rej_5(known: Known) -> Found:
    """What was not used is in a statement, and no pay was taken back."""
    found = Found()
    for mark in marks(known):
        answers = [entry for entry in own(known, "judgment.submit") if str(entry.subject) == mark.fields["judgment"]]
        if not known.inside(mark.at) or not answers:
            continue
        week = week_of(answers[0].at)
        if week + WEEK + STATED_AFTER > newest(known):
            continue
        hers = [
            entry for entry in statements(known)
            if entry.fields["labeler"] == mark.fields["labeler"] and moment(entry.fields["week"]) == week
        ]  # fmt: skip
        back = any(entry.fields["correction"] < 0 for entry in hers)
        found.add(whom(known, mark), mark.at, "paid" if hers else "no statement", not hers or back)
    found.untested = not found.cells
    return found


def labelers(known: Known) -> set[UUID]:
    """The accounts of the vendor's labelers."""
    return {entry.subject for entry in own(known, "labeler.add")}


def dec_1(known: Known) -> Found:
    """A named person decides, in words."""
    found = Found()
    for entry in own(known, "not_used.mark", "not_used.confirm", "restriction.make", "user.disable"):
        if not known.inside(entry.at):
            continue
        if entry.act == "user.disable":
            if entry.subject in labelers(known):
                found.add(known.person(entry.subject), entry.at, "user.disable", entry.actor is None)
            continue
        words = entry.fields["evidence" if entry.act == "not_used.mark" else "reasons"]
        person: UUID | None
        if entry.act == "not_used.confirm":
            person = next((whom(known, mark) for mark in marks(known) if mark.subject == entry.subject), None)
        else:
            person = whom(known, entry)
        found.add(person, entry.at, entry.act, entry.actor is None or words < FEWEST_WORDS)
    found.untested = not found.cells
    return found


def last_day(known: Known, account: UUID, before: datetime) -> date | None:
    """The last day of a labeler's contract, as it was known just before a moment; None for one without an end."""
    known_then = [
        entry for entry in own(known, "labeler.add", "labeler.change") if entry.subject == account and entry.at < before
    ]
    told = known_then[-1].fields["contract_until"] if known_then else None
    return date.fromisoformat(told) if told else None


def restricted(known: Known, account: UUID, at: datetime) -> bool:
    """Whether a restriction from all work had begun for an account, and stood."""
    for made in own(known, "restriction.make"):
        if made.fields["labeler"] != str(account) or made.fields["project"] or moment(made.fields["from_at"]) > at:
            continue
        lifted = [each for each in own(known, "restriction.lift") if each.subject == made.subject and each.at <= at]
        if not lifted:
            return True
    return False


def in_use(known: Known, account: UUID) -> bool:
    """Whether anything was ever done by an account, or a week of it was paid."""
    paid = any(each.fields["labeler"] == str(account) for each in statements(known))
    return paid or any(entry.actor == account and entry.log == known.vendor for entry in known.entries)


def dec_2(known: Known) -> Found:
    """Notice comes before access ends."""
    found, least = Found(), known.values["notice_days"]
    for made in own(known, "restriction.make"):
        if known.inside(made.at):
            notice = timedelta(seconds=made.fields["notice"])
            if made.fields["safety"]:
                found.add(whom(known, made), made.at, "for safety", False)
            else:
                found.add(whom(known, made), made.at, f"{notice.days} days", notice < least * DAY)
    for entry in own(known, "labeler.change", "user.disable"):
        if not known.inside(entry.at) or entry.subject not in labelers(known):
            continue
        before, person = last_day(known, entry.subject, entry.at), known.person(entry.subject)
        access = in_use(known, entry.subject) and not restricted(known, entry.subject, entry.at)
        if entry.act == "user.disable":
            over = before is not None and before < entry.at.date()
            found.add(person, entry.at, "account shut", access and not over)
            continue
        ends = entry.fields["contract_until"] and date.fromisoformat(entry.fields["contract_until"])
        if ends and (before is None or ends < before):
            days = (ends - entry.at.date()).days
            found.add(person, entry.at, f"{days} days", access and days < least)
    found.untested = not found.cells
    return found


RULES: dict[str, Rule] = {
    "REJ-1": rej_1, "REJ-2": rej_2, "REJ-3": rej_3, "REJ-4": rej_4, "REJ-5": rej_5, "DEC-1": dec_1, "DEC-2": dec_2,
    "DEC-3": dec_3,
}  # fmt: skip
