"""EXP-4 reads the product's own trials: served, let through, late, or another than was sent are exceptions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from labeler.compliance.canary import SENT_WITHIN, SEVERITY, about_of, token_of
from labeler.compliance.checks.forbidden import never_served
from labeler.compliance.outcome import Checked, Result
from tests.compliance.checks.world import ADMIN, DAY, HOUR, LATER, LENA, MIRA, World
from tests.compliance.events import QUARTER

SECRET = bytes(range(32))
SENT = LATER + 2 * HOUR
ABOUT = about_of(SEVERITY, SECRET, SENT)


def trial(
    *, after: timedelta | None = DAY, decision: str = "stays", by: object = ADMIN, told: bool = True,
    secret: bytes = SECRET, outcome: str = "answered", made: timedelta = timedelta(),
) -> World:  # fmt: skip
    """A quarter with one trial, decided `after` it was sent, and told of two hours later."""
    world, run = World(), World().new()
    world.platform.add("escalation.name", QUARTER.start, ADMIN, ADMIN)
    world.platform.add("canary.run", LATER + made, None, run, kind=SEVERITY, token=token_of(SECRET))
    if after is not None:
        world.platform.add("escalation.decide", SENT + after, by, ABOUT, decision=decision, severity=None)  # type: ignore[arg-type]
    if told:
        seconds = int((after or 8 * DAY).total_seconds())
        world.platform.add(
            "canary.answer", SENT + (after or 8 * DAY) + 2 * HOUR, None, run, kind=SEVERITY, outcome=outcome,
            seconds=seconds, about=ABOUT, secret=secret.hex(),
        )  # fmt: skip
    return world


def found(world: World) -> tuple[Result, list[str], list[int | None]]:
    checked: Checked = never_served(world.facts())
    (figure,) = checked.figures
    return checked.result(5), [row.value for row in checked.exceptions], [figure.value, figure.of]


def test_one_that_was_kept_away_in_time_is_a_row_and_no_exception() -> None:
    assert found(trial()) == (Result.SATISFIED, [], [1, 1])
    assert never_served(trial().facts()).rows[-1].value == "24 h"


def test_one_that_was_served_is_an_exception_whatever_its_severity_was_said_to_be() -> None:
    world = trial()
    world.works(LENA, LATER + 3 * DAY, [""], task=ABOUT)
    assert found(world) == (Result.NOT_SATISFIED, ["0, the product's trial"], [1, 1])


@pytest.mark.parametrize(
    ("world", "value"),
    [
        (trial(after=None), "never decided"),
        (trial(after=7 * DAY + HOUR), "169 h"),
        (trial(decision="allowed"), "24 h, not kept away by the named person"),
        (trial(by=MIRA), "24 h, not kept away by the named person"),
        (trial(secret=bytes(32)), "not the one that was sent"),
        (trial(made=3 * HOUR), "not the one that was sent"),
    ],
)
def test_one_that_was_not_decided_as_it_must_is_an_exception_whatever_its_answer_says(world: World, value: str) -> None:
    assert found(world) == (Result.NOT_SATISFIED, [value], [0, 1])


def test_without_an_answer_it_is_open_until_its_time_is_over() -> None:
    world = trial(told=False)
    world.platform.add("project.pause", LATER + SENT_WITHIN, ADMIN, ADMIN)
    world.vendor.events = [event for event in world.vendor.events if event.at < LATER + SENT_WITHIN]
    assert found(world) == (Result.SATISFIED, [], [0, 0])
    world.platform.add("project.pause", LATER + SENT_WITHIN + 8 * DAY, ADMIN, ADMIN)
    assert found(world) == (Result.NOT_SATISFIED, ["no answer"], [0, 1])


def test_a_quarter_without_one_says_so_in_its_figure_and_one_without_work_is_not_tested() -> None:
    assert found(World()) == (Result.SATISFIED, [], [0, 0])
    world = trial()
    world.vendor.events = [event for event in world.vendor.events if not event.act.startswith("assignment.")]
    assert found(world)[0] is Result.NOT_TESTED
