"""How hard content is shown to a labeler, and the short training before the hardest; all of it without scripts."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from labeler import clock
from labeler.accounts.permissions import Permission
from labeler.db import reading, repeated
from labeler.errors import Conflict, LabelerError, Missing
from labeler.gate import person, requires
from labeler.wellbeing import comfort, training

bp = Blueprint("prepared", __name__)

CHOSEN: dict[str, bool | None] = {"": None, "yes": True, "no": False}
SETTINGS = {
    "collapsed": (
        "Show a sensitive text part by part",
        "Each part opens when you ask for it, so that you decide how much you read at a time.",
    ),
    "blurred": (
        "Blur pictures, and show them in grey",
        "The texts here have no pictures today. If one ever has, this holds from its first day.",
    ),
    "grey": ("Show sensitive texts in greyscale", "No colours in the text, its code and its tables."),
    "night": (
        "Give me severe texts at night too",
        "Between 22:00 and 06:00 in your time zone. It is off unless you turn it on.",
    ),
}
"""Each setting (`wellbeing.comfort.NAMES`) in words: what it does, and what to know of it."""

STEPS = (
    ("what-it-does", "What hard content does"),
    ("coping", "Ways to cope"),
    ("the-keys", "Hide, skip, stop, rest"),
    ("saying-no", "Say no, and whom to tell"),
    ("somebody", "Whom to talk to"),
)
"""The steps of the training, in order: a part of the address, and a title."""


@bp.get("/me/comfort")
@requires(Permission.OWN_CHOICES)
def show() -> Response:
    """How hard content is shown: her own settings over the organisation's."""
    with reading() as session:
        said = comfort.said(session, person().id)
    settings = [
        (name, *SETTINGS[name], {value: key for key, value in CHOSEN.items()}[said[name]],
         getattr(comfort.ORGANISATION, name))
        for name in comfort.NAMES
    ]  # fmt: skip
    return _own(render_template("care/comfort.html", settings=settings, saved="saved" in request.args))


@bp.post("/me/comfort")
@requires(Permission.OWN_CHOICES)
def choose() -> BaseResponse:
    """Keep the settings; the next text is shown like this."""
    me, now = person().id, clock.now()
    chosen = {name: CHOSEN.get(request.form.get(name, "")) for name in comfort.NAMES}
    repeated(lambda session: comfort.choose(session, me, chosen, now))
    return redirect("/me/comfort?saved=1", 303)


@bp.get("/me/training")
@requires(Permission.OWN_CHOICES)
def about() -> Response:
    """What the training is, and until when the last one holds."""
    me, now = person().id, clock.now()
    with reading() as session:
        until, begun = training.valid_until(session, me), training.is_open(session, me, now)
    return _own(
        render_template(
            "care/training.html",
            until=until if until and until > now else None,
            begun=begun,
            steps=STEPS,
            first=STEPS[0][0],
        )
    )


@bp.post("/me/training")
@requires(Permission.OWN_CHOICES)
def begin() -> BaseResponse:
    """Begin; it is paid from here."""
    me, now = person().id, clock.now()
    repeated(lambda session: training.start(session, me, now))
    return redirect(f"/me/training/{STEPS[0][0]}", 303)


@bp.get("/me/training/done")
@requires(Permission.OWN_CHOICES)
def done() -> Response:
    """It is done, and until when it holds."""
    with reading() as session:
        until = training.valid_until(session, person().id)
    if until is None:
        raise Missing("You have not done this training yet.")
    return _own(render_template("care/training_done.html", until=until))


@bp.route("/me/training/<step>", methods=["GET", "POST"])
@requires(Permission.OWN_CHOICES)
def step(step: str) -> BaseResponse:
    """One step: read it, go on. The last one ends the training. Nothing is asked, nothing is graded."""
    names = [name for name, _ in STEPS]
    if step not in names:
        raise Missing("There is no such step.")
    me, now, n = person().id, clock.now(), names.index(step)
    if request.method == "POST":
        if n + 1 < len(names):
            return redirect(f"/me/training/{names[n + 1]}", 303)
        repeated(lambda session: training.finish(session, me, now))
        return redirect("/me/training/done", 303)
    with reading() as session:
        begun = training.is_open(session, me, now)
    if not begun:
        return redirect("/me/training", 303)
    before = names[n - 1] if n else None
    return _own(
        render_template(
            "care/training_step.html", step=step, title=STEPS[n][1], n=n + 1, of=len(STEPS), before=before,
            last=n + 1 == len(STEPS),
        )
    )  # fmt: skip


@bp.errorhandler(Missing)
@bp.errorhandler(Conflict)
def refused(error: LabelerError) -> tuple[str, int]:
    """A refusal, with the way back."""
    return render_template("care/refused.html", message=error.message), error.status


def _own(html: str) -> Response:
    """A page of one person: it stays in no cache."""
    response = make_response(html)
    response.headers["Cache-Control"] = "no-store"
    return response
