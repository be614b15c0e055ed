"""What stands on the desk: the held task, its notice, a break, a reason, or the projects on offer. Reads only."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from string import ascii_uppercase
from typing import Any
from uuid import UUID

import orjson
from flask import render_template, request
from sqlalchemy.orm import Session

from labeler.assignment.offers import offers
from labeler.assignment.queries import HeldTask, on_the_desk
from labeler.assignment.resuming import lapsed
from labeler.assignment.stopping import explain
from labeler.cases.queries import news
from labeler.warnings.covering import before_notice
from labeler.web.case_words import KINDS
from labeler.web.differences import alike, text_of
from labeler.web.words import REASONS, SEVERITIES, rule_words, short_notice
from labeler.web.words import notice as notice_sentence
from labeler.wellbeing.comfort import ORGANISATION, Ways, ways
from labeler.wellbeing.models import OptOutScope
from labeler.wellbeing.queries import Today, choices, stand_down
from labeler.wellbeing.rules import STANDS_DOWN, Reason, Stop
from labeler.workforce.contract_queries import unseen
from tasks import kind
from tasks.content import SENSITIVE, Category
from tasks.kind import Form, Kind, Problem


@dataclass(frozen=True, slots=True)
class Saying:
    """The one line above the desk: what was just done, and how it can be undone."""

    words: str
    judgment_id: UUID | None = None
    opt_out_id: UUID | None = None


def by_htmx() -> bool:
    """Whether the reply replaces a part of the page that is open."""
    return request.headers.get("HX-Request") == "true"


def page(part: str, title: str, *, where: str = "Labeler", **context: Any) -> str:
    """A part of the desk alone for htmx, else the whole page around it: the same template either way."""
    alone = by_htmx()
    path = f"work/{part}.html"
    return render_template(
        path if alone else "work/desk.html", part=path, title=title, where=where, alone=alone, **context
    )


def desk(session: Session, me: UUID, now: datetime, *, saying: Saying | None = None, why: Reason | None = None) -> str:
    """What this labeler's desk shows now: a break, the task she holds, or home."""
    day, held = on_the_desk(session, me, now)
    if day.on_break is not None:
        return break_page(day, now, saying=saying)
    if held is None:
        return home(session, me, day, now, saying=saying, why=why)
    if held.sensitive and not held.revealed:
        return notice(session, me, held, now, day, saying=saying)
    return task(held, day, saying=saying, shown=ways_for(session, me, held))


def home(session: Session, me: UUID, day: Today, now: datetime, *, saying: Saying | None, why: Reason | None) -> str:
    """Nothing is held: why, when somebody asked, and what the projects on offer are like."""
    stop = explain(session, me, now) if why else None
    return page(
        "_home",
        "No tasks right now" if why else "Your desk",
        day=day,
        saying=saying,
        reason=why,
        words=REASONS[why] if why else None,
        stop=stop if stop and stop.reason is why else None,
        rule=rule_words(stop) if stop and stop.reason is why else "",
        waiting=stand_down(session, me, now) if why in STANDS_DOWN else None,
        offers=offers(session, me),
        lapsed=lapsed(session, me, now),
        news=[(case_id, KINDS[about], at) for case_id, about, at in news(session, me, now)],
        contracts=unseen(session, me, now),
        severities=SEVERITIES,
        sensitive=SENSITIVE,
        kinds=lambda name: kind(name).title,
    )


def break_page(day: Today, now: datetime, *, saying: Saying | None = None, asked_early: bool = False) -> str:
    """The break page: why, until when, that it is paid."""
    pause = day.on_break
    assert pause is not None
    early = pause.until is not None and now < pause.until
    rule = rule_words(Stop(Reason.BREAK, pause.until, pause.rule, pause.minutes))
    title = "Time for a break" if pause.due else "You are on a break"
    return page(
        "_break",
        title,
        day=day,
        saying=saying,
        pause=pause,
        rule=rule,
        early=early,
        asked_early=asked_early and early,
        stopped=saying is STOPPED,
    )


def notice(session: Session, me: UUID, held: HeldTask, now: datetime, day: Today, *, saying: Saying | None) -> str:
    """What a sensitive task has, before its text is on the page (WRN-2): kinds, strength, amount, length; no quote.

    Told in full once a batch and when the profile changes; in between the text is covered in the same way, with a line.
    """
    before = before_notice(session, me, held.assignment_id, now)
    yes = []
    if before.whole:
        yes = [each for code, each in choices(session, me, now).consents.items() if code in held.profile]
    return page(
        "_notice" if before.whole else "_cover",
        "Before you open this task" if before.whole else "This text is covered",
        where=held.project_name,
        day=day,
        saying=saying,
        held=held,
        sentence=notice_sentence(held.profile, before.share) if before.whole else short_notice(held.profile),
        length=about(sum(held.words)),
        said_yes=min((each.from_at for each in yes), default=None),
    )


def ways_for(session: Session, me: UUID, held: HeldTask) -> Ways:
    """How the text of this task is shown to this labeler (EXP-10); asked only where it is sensitive."""
    return ways(session, me) if held.sensitive else ORGANISATION


def task(
    held: HeldTask,
    day: Today,
    *,
    form: Form | None = None,
    problems: Sequence[Problem] = (),
    saying: Saying | None = None,
    revising: UUID | None = None,
    idem_key: str | None = None,
    shown: Ways = ORGANISATION,
) -> str:
    """The task with its answer form: prefilled from `form`, else from the draft; nothing is preselected.

    `shown` says how a sensitive text is shown.
    """
    question = kind(held.kind).question
    return page(
        "_task",
        f"Error: {question}" if problems else question,
        where=held.project_name,
        day=day,
        saying=saying,
        action=f"/answers/{revising}/revise" if revising else f"/assignments/{held.assignment_id}/answer",
        revising=revising,
        idem_key=idem_key or new_key(),
        **question_of(held, form=form, problems=problems, shown=shown),
    )


def question_of(
    held: HeldTask, *, form: Form | None = None, problems: Sequence[Problem] = (), shown: Ways | None = None
) -> dict[str, Any]:
    """What the task's template draws of a task: the desk and the studio's preview show the same.

    Without `shown` a sensitive text stands as it is, for who prepares it.
    """
    asks, fields = _asked(held.kind, orjson.dumps(held.options))
    item = held.item
    texts = [item.completions[index].messages for index in held.order] if item else []
    soft = shown if held.sensitive else None
    return {
        "held": held,
        "asks": asks,
        "prompt": item.prompt if item else (),
        "answers": texts,
        "alike": len(texts) == 2 and alike(text_of(texts[0]), text_of(texts[1])),
        "folded": soft is not None and soft.collapsed,
        "softly": " ".join(name for name in ("blurred", "grey") if soft is not None and getattr(soft, name)),
        "slots": list(ascii_uppercase[: len(held.order)]),
        "choices": fields,
        "form": held.draft if form is None else form,
        "problems": problems,
    }


@lru_cache(maxsize=256)
def _asked(name: str, options: bytes) -> tuple[Kind, dict[str, Any]]:
    """The kind and what its page draws, for one project's options; validated once, not for every task."""
    asks = kind(name)
    return asks, asks.choices(asks.Options.model_validate(orjson.loads(options)))


def covered(held: HeldTask | None) -> HeldTask | None:
    """A task that is not open any more, without a sensitive text: only the reveal of an open one shows that."""
    return replace(held, item=None) if held is not None and held.sensitive else held


def new_key() -> str:
    """A key for one form: the same key sent again is the same press."""
    return secrets.token_urlsafe(18)


def declinable(held: HeldTask) -> list[Category]:
    """The kinds of content in a task, each of which may be declined for good."""
    return sorted(code for code, level in held.profile.items() if level)


def about(words: int) -> str:
    """A length in words, rounded so that nobody counts."""
    step = 10 if words < 100 else 50 if words < 1000 else 500
    return f"about {max(step, round(words / step) * step):,} words"


def opted_out(session: Session, me: UUID, opt_out_id: UUID, now: datetime) -> Saying | None:
    """What a standing opt-out says, with its undo."""
    for no in choices(session, me, now).opt_outs:
        if no.id == opt_out_id:
            return Saying(f"Done. You won't get {_declined(no.scope, no.project, no.category)}. {NO_COST}", None, no.id)
    return None


NO_COST = "Your pay for this time, your rating and your other work stay the same."
SKIPPED = Saying(f"Skipped. {NO_COST}")
STOPPED = Saying("Stopped. The text is off your screen.")


def _declined(scope: OptOutScope, project: str | None, category: Category | None) -> str:
    if scope is OptOutScope.PROJECT:
        return f"tasks of “{project}”"
    return f"tasks with {category.title}" if category else "any sensitive tasks"
