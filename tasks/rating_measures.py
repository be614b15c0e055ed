"""What the answers of a rating can agree on: each of its scales, and each of its questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tasks.measures import Measure
from tasks.scales import FLAG_LABELS, Flag, FlagOptions, ScaleOptions

SURE = (Flag.YES, Flag.NO)
"""The answers to a question that are an opinion."""


def measures(scales: Sequence[ScaleOptions], flags: Sequence[FlagOptions]) -> tuple[Measure, ...]:
    """One for each scale and each flag, under its own name, in the order of the page."""
    of_scales = [
        Measure(scale.name, scale.title, _labels(scale), tuple(map(float, _points(scale))), _rated(scale))
        for scale in scales
    ]
    words = tuple(FLAG_LABELS[each] for each in SURE)
    of_flags = [Measure(flag.name, flag.title, words, None, _said(flag.name)) for flag in flags]
    return (*of_scales, *of_flags)


def _points(scale: ScaleOptions) -> range:
    return range(scale.first, scale.last + 1)


def _labels(scale: ScaleOptions) -> tuple[str, ...]:
    named = zip(_points(scale), scale.points, strict=True)
    return tuple(f"{value}: {words}" if words.strip() else str(value) for value, words in named)


def _rated(scale: ScaleOptions) -> Callable[[Mapping[str, Any]], int | None]:
    name, first, last = scale.name, scale.first, scale.last

    def read(answer: Mapping[str, Any]) -> int | None:
        value = (answer.get("ratings") or {}).get(name)
        return None if value is None or not first <= value <= last else value - first

    return read


def _said(name: str) -> Callable[[Mapping[str, Any]], int | None]:
    places = {each.value: place for place, each in enumerate(SURE)}
    return lambda answer: places.get(str((answer.get("flags") or {}).get(name)))
