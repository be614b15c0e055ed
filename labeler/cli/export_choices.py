"""The options of `labeler export` that say which answers go in and how they are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

# The product is imported inside the functions: `labeler --help` answers at once.
if TYPE_CHECKING:
    from labeler.exports.steps import Step

Command = TypeVar("Command", bound=Callable[..., Any])


class Checked(click.ParamType[Any]):
    """Values as another type reads them. What it can't read passes as it is: the plan refuses it, beside all else that
    is wrong, while the command line alone would stop at the first."""

    def __init__(self, inner: click.ParamType[Any]) -> None:
        self.inner = inner
        self.name = inner.name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The value read, or as it is."""
        try:
            return self.inner.convert(value, param, ctx)
        except click.BadParameter:
            return value

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:
        """As the other type shows it."""
        return self.inner.get_metavar(param, ctx)


DAY = Checked(click.DateTime(["%Y-%m-%d"]))
MOMENT = click.DateTime(["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ"])

WHICH = (
    click.option("--also", "also", multiple=True, metavar="SLUG",
                 help="Another project whose answers are taken in, of the same kind; several times for several."),
    click.option("--late", type=Checked(click.Choice(["exclude", "include"])), default="exclude", show_default=True,
                 help="Whether late judgments count in views other than judgments."),
    click.option("--min-judgments", type=Checked(click.IntRange(1, 50)), default=1, show_default=True,
                 help="Leave tasks with fewer counted judgments out of views other than judgments: 1 to 50."),
    click.option("--batch", "batches", multiple=True, type=Checked(click.UUID),
                 help="Only tasks of this batch; several times for several."),
    click.option("--language", "languages", multiple=True, help="Only tasks in this language; may be repeated."),
    click.option("--guideline", "guidelines", multiple=True, type=Checked(click.INT),
                 help="Only answers given under this version of the guideline; several times for several."),
    click.option("--from-day", type=DAY, help="Only answers given on this day (UTC) or later, such as 2026-03-02."),
    click.option("--until-day", type=DAY, help="Only answers given on this day (UTC) or earlier."),
    click.option("--least-time", type=Checked(click.INT), default=0, show_default=True,
                 help="Leave out answers that took less than so many percent of their item's median: 10, 25 or 50."),
    click.option("--keep-out", "keep_out_file", type=click.Path(path_type=Path, exists=True, dir_okay=False),
                 help="A file of prompts, one a line or JSON Lines: tasks with these, or nearly these, stay out."),
    click.option("--at", type=MOMENT, help="The state of an earlier moment, such as 2026-03-02T09:00:00Z. Else now."),
)  # fmt: skip
HOW = (
    click.option("--margin-map", default="degrees/1", show_default=True,
                 help="What a vote of a degree counts: degrees/1, share/1, llama2-large/1, llama2-small/1."),
    click.option("--aggregation",
                 help="How a verdict is taken from several answers: majority/1 (the usual one), unanimous/1, "
                 "mean-margin/1, dawid-skene/1."),
    click.option("--split", type=Checked(click.IntRange(0, 50)), default=0, show_default=True,
                 help="Percent of the prompts for a test split, 0 to 50; nearly the same ones stay together."),
    click.option("--seed", type=Checked(click.IntRange(0, 2**31 - 1)), default=0, show_default=True,
                 help="Chooses the prompts of the test split; the same seed chooses the same ones."),
    click.option("--label-scale", help="The scale that labels of unpaired are made of. Else the first."),
    click.option("--label-from", type=Checked(click.FLOAT),
                 help="The lowest mean on it that is good. Else above its middle."),
    click.option("--labeler-names", type=Checked(click.Choice(["task", "export"])), default="task", show_default=True,
                 help="How far a labeler's made-up name reaches."),
    click.option("--comments", type=Checked(click.Choice(["leave_out", "screened"])), default="leave_out",
                 show_default=True, help="Whether free comments are taken in, screened for personal data."),
    click.option("--demographics", type=Checked(click.Choice(["leave_out", "tables", "rows"])), default="leave_out",
                 show_default=True, help="What is told of who judged, from those who agreed."),
)  # fmt: skip


def which(command: Command) -> Command:
    """The options that choose answers."""
    for option in reversed(WHICH):
        command = option(command)
    return command


def how(command: Command) -> Command:
    """The options that say how views tell them."""
    for option in reversed(HOW):
        command = option(command)
    return command


def chosen(given: dict[str, Any]) -> tuple[dict[str, Any], bytes | None]:
    """The options as the choice of an export, and the list of prompts to keep out. Raises Invalid for a bad list."""
    from labeler.exports import keep_out

    made = {**given}
    for name in ("from_day", "until_day"):
        made[name] = made[name].date() if isinstance(made[name], datetime) else made[name]
    file: Path | None = made.pop("keep_out_file")
    listed = None if file is None else keep_out.read(file.read_bytes())
    if listed is not None:
        made[keep_out.FIELD] = keep_out.name(listed)
    return made, listed


def told_each(each: Mapping[str, Sequence[Step]]) -> list[str]:
    """What each of several projects has, and what the steps leave of it, as lines for a terminal."""
    return [
        f"  {slug}: {of[0].judgments:,} answers, of {of[0].tasks:,} tasks; {of[-1].judgments:,} left, of "
        f"{of[-1].tasks:,} tasks"
        for slug, of in each.items()
    ]  # fmt: skip


def told(steps: Sequence[Step]) -> list[str]:
    """The steps as lines for a terminal."""
    from labeler.exports.steps import shown

    first, *rest = shown(steps)
    lines = [f"{first.words}: {first.judgments:,}, of {first.tasks:,} tasks"]
    for step in rest:
        if step.left_out is None:
            lines.append(f"  left out: {step.words} (counted while it is written)")
        else:
            lines.append(f"  left out: {step.left_out:,} {step.words}")
    last = steps[-1]
    lines.append(f"Left for views other than judgments: {last.judgments:,}, of {last.tasks:,} tasks")
    return lines
