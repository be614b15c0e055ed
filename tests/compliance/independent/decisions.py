"""Decisions against a labeler, counted a second time: answers not used, restrictions, reviews, the end of access."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from tests.compliance.independent.base import DAY, WEEK, Entry, Found, Known, Rule, moment
from tests.compliance.independent.wages import MADE_AFTER, own, week_of

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
            bad = not mark.fields["code"] or evidence < FEWEST_WORDS or version is None
            found.add(whom(known, mark), mark.at, evidence, bad)
    found.untested = not found.cells
    return found


def rej_2(known: Known) -> Found:
    """A decision begins to count only when the time to answer again is over, or left, or a person looked again."""
    found = Found()
    for effect in own(known, "not_used.effect"):
        if not known.inside(effect.at):
            continue
        mark = next(each for each in marks(known) if each.subject == effect.subject)
        before = [
            entry for entry in own(known, "not_used.leave", "not_used.confirm")
            if entry.subject == effect.subject and entry.at <= effect.at
        ]  # fmt: skip
        bad = effect.at < moment(mark.fields["retry_until"]) and not before
        value = before[0].act if before else mark.fields["retry_until"]
        found.add(whom(known, mark), effect.at, value, bad)
    found.untested = not found.cells
    return found


def managers(known: Known) -> set[UUID]:
    """Who manages the vendor."""
    return {entry.subject for entry in own(known, "user.add") if entry.fields["role"] == "vendor-manager"}


def firsts(fields: object) -> set[str]:
    """Who decided before a review, as an entry has it: a list, or one."""
    return {fields} if isinstance(fields, str) else set(fields or ())  # type: ignore[call-overload]


def reviews(known: Known, cases: dict[UUID, UUID | None]) -> Found:
    """Whether reviews of these cases (with whom each is about) were decided in time, and by somebody neutral."""
    found = Found()
    for asked in own(known, "review.ask"):
        case = UUID(asked.fields["case"])
        if case not in cases:
            continue
        due = moment(asked.fields["due_at"])
        if asked.fields["cause"] == "labeler":
            due = asked.at + known.values["review_days"] * DAY
        decided = next((each for each in own(known, "review.decide") if each.subject == asked.subject), None)
        if not known.inside(due) and not (decided and known.inside(decided.at)):
            continue
        if decided is None:
            found.add(cases[case], asked.at, "not decided", True)
            continue
        first = firsts(decided.fields["first"]) | firsts(asked.fields["first"])
        partial = str(decided.actor) in first or decided.actor in managers(known)
        days = (decided.at - asked.at) // DAY
        found.add(cases[case], asked.at, days, decided.at > due or partial)
    found.untested = not found.cells
    return found


def rej_3(known: Known) -> Found:
    """Reviews of answers that are not used."""
    return reviews(known, {mark.subject: whom(known, mark) for mark in marks(known)})


def dec_3(known: Known) -> Found:
    """Reviews of restrictions and dangers."""
    cases: dict[UUID, UUID | None] = {}
    for made in own(known, "restriction.make"):
        cases[made.subject] = known.person(UUID(made.fields["labeler"]))
    for danger in own(known, "danger.report"):
        cases[danger.subject] = danger.actor and known.person(danger.actor)
    return reviews(known, cases)


def held(known: Known, batch: str, at: datetime) -> bool:
    """Whether a batch was held at a moment."""
    for begun in known.acts("hold.begin"):
        if begun.fields["batch"] == batch and begun.at <= at:
            ends = [look.at for look in known.acts("review.decide") if look.fields["case"] == str(begun.subject)]
            if not ends or at < min(ends):
                return True
    return False


def rej_4(known: Known) -> Found:
    """No more than ten marks a day, none counts while its batch is held, and somebody else looks at each hold."""
    found = Found()
    inside = [mark for mark in marks(known) if known.inside(mark.at)]
    for mark in inside:
        lately = [
            each for each in marks(known)
            if each.fields["labeler"] == mark.fields["labeler"] and mark.at - DAY < each.at <= mark.at
        ]  # fmt: skip
        while_held = any(
            held(known, mark.fields["batch"], effect.at)
            for effect in own(known, "not_used.effect")
            if effect.subject == mark.subject
        )
        found.add(whom(known, mark), mark.at, len(lately), len(lately) > A_DAY or while_held)
    batches = {mark.fields["batch"] for mark in inside}
    for begun in known.acts("hold.begin"):
        if begun.fields["batch"] not in batches:
            continue
        due = begun.at + known.values["review_days"] * DAY
        looks = [
            look for look in known.acts("review.decide")
            if look.fields["case"] == str(begun.subject) and str(look.actor) not in firsts(look.fields["first"])
        ]  # fmt: skip
        value = f"{(looks[0].at - begun.at) // DAY}" if looks else "not looked at"
        found.add(None, begun.at, value, not looks or looks[0].at > due)
    found.untested = not found.cells
    return found


def rej_5(known: Known) -> Found:
    """What was not used is in a statement, and no pay was taken back."""
    found = Found()
    for mark in marks(known):
        if not known.inside(mark.at):
            continue
        answers = [entry.at for entry in own(known, "judgment.submit") if str(entry.subject) == mark.fields["judgment"]]
        week = week_of(answers[0] if answers else mark.at)
        if week + WEEK + MADE_AFTER > known.end:
            continue
        hers = [
            entry for entry in own(known, "pay.close")
            if entry.fields["labeler"] == mark.fields["labeler"] and moment(entry.fields["week"]) == week
        ]  # fmt: skip
        back = any(entry.fields["correction"] < 0 for entry in hers)
        value = "no statement" if not hers else sum(entry.fields["correction"] for entry in hers)
        found.add(whom(known, mark), mark.at, value, not hers or back)
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
        if entry.act == "not_used.confirm":
            person = whom(known, next(mark for mark in marks(known) if mark.subject == entry.subject))
        else:
            person = whom(known, entry)
        found.add(person, entry.at, f"{entry.act} {words}", entry.actor is None or words < FEWEST_WORDS)
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


def dec_2(known: Known) -> Found:
    """Notice comes before access ends."""
    found, least = Found(), known.values["notice_days"]
    for entry in own(known, "restriction.make", "labeler.change", "user.disable"):
        if not known.inside(entry.at):
            continue
        if entry.act == "restriction.make":
            notice = timedelta(seconds=entry.fields["notice"])
            found.add(whom(known, entry), entry.at, notice.days, notice < least * DAY and not entry.fields["safety"])
        elif entry.act == "labeler.change":
            before, after = last_day(known, entry.subject, entry.at), entry.fields["contract_until"]
            ends = date.fromisoformat(after) if after else None
            if ends is not None and (before is None or ends < before):
                days = (ends - entry.at.date()).days
                found.add(known.person(entry.subject), entry.at, days, days < least)
        elif entry.subject in labelers(known):
            in_use = any(each.actor == entry.subject for each in own(known, "assignment.hand_out"))
            until = last_day(known, entry.subject, entry.at)
            over = until is not None and until < entry.at.date()
            ended = over or restricted(known, entry.subject, entry.at)
            found.add(known.person(entry.subject), entry.at, 0, in_use and not ended)
    found.untested = not found.cells
    return found


RULES: dict[str, Rule] = {
    "REJ-1": rej_1, "REJ-2": rej_2, "REJ-3": rej_3, "REJ-4": rej_4, "REJ-5": rej_5, "DEC-1": dec_1, "DEC-2": dec_2,
    "DEC-3": dec_3,
}  # fmt: skip
