"""Which views can be made of which project: the kind's own first, then those for trainers and published forms."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from labeler.exports.views import helpsteer2, helpsteer3
from labeler.exports.views.aggregations import AGGREGATIONS, MAJORITY, PARAMETERS, Aggregation, deciding
from labeler.exports.views.arena import Arena
from labeler.exports.views.helpsteer2 import HelpSteer2
from labeler.exports.views.helpsteer3 import HelpSteer3
from labeler.exports.views.hh import HH
from labeler.exports.views.margins import MARGIN_MAPS, USUAL, MarginMap, strengths
from labeler.exports.views.messages_pair import MessagesPair
from labeler.exports.views.nemo_rl import NemoRL
from labeler.exports.views.of_projects import OfProjects
from labeler.exports.views.openai_dpo import OpenAIDPO
from labeler.exports.views.preference_implicit import PreferenceImplicit
from labeler.exports.views.rewardbench import RewardBench
from labeler.exports.views.strings import Strings
from labeler.exports.views.ultrafeedback import UltraFeedback
from labeler.exports.views.unpaired import Unpaired
from tasks import KINDS
from tasks.comparison_rows import Decide, PairView
from tasks.kind import Kind, View
from tasks.scales import ScaleOptions

PAIRS = (PreferenceImplicit, MessagesPair, OpenAIDPO, NemoRL, Strings, HH, RewardBench)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a researcher may choose about how views are made.

    `label_scale` and `label_from` are for `unpaired`: the first scale, and above its middle, when not chosen.
    """

    margin_map: MarginMap = USUAL
    label_scale: str | None = None
    label_from: float | None = None
    aggregation: Aggregation = MAJORITY


def of_several(views: Sequence[View]) -> tuple[View, ...]:
    """The views for an export that takes in several projects: `judgments` says which one each row is of."""
    return tuple(OfProjects(view) if view.name == "judgments" else view for view in views)


def offered(kind: Kind, options: Any, rules: Rules | None = None, learned: Decide | None = None) -> tuple[View, ...]:
    """Fresh views for one writing, the kind's own first. Raises ValueError for rules that the project cannot have.

    `learned` are the verdicts of an aggregation that has to see all answers first; without them its views have names
    and columns, but no rows.
    """
    rules = rules or Rules()
    decide = learned or deciding(rules.aggregation)
    made = _MADE_OF.get(kind.name)
    own = kind.views(options)
    if made is None:
        return own
    return (*(_by_map(view, options, rules, decide) for view in own), *made(options, rules, decide))


def usual(kind: Kind, options: Any) -> tuple[str, ...]:
    """The views of an export that names none: the kind's own."""
    return tuple(view.name for view in kind.views(options))


@cache
def known() -> tuple[str, ...]:
    """Every view there is, of any kind."""
    names = (view.name for kind in KINDS.values() for view in offered(kind, kind.Options()))
    return tuple(dict.fromkeys(names))


def margin_maps(kind: Kind, options: Any) -> tuple[MarginMap, ...]:
    """The margin maps that a project's scale has; the usual one alone where there are no margins."""
    if kind.name != "comparison":
        return (USUAL,)
    return tuple(name for name in MARGIN_MAPS if strengths(name, options.scale, options.degrees) is not None)


def aggregations(kind: Kind) -> tuple[Aggregation, ...]:
    """How a kind's verdicts may be taken from its answers; none where every view tells means."""
    return AGGREGATIONS if kind.name == "comparison" else ()


def label_scales(kind: Kind, options: Any) -> tuple[ScaleOptions, ...]:
    """The scales that a label may be made of."""
    return tuple(options.scales) if kind.name == "rating" else ()


def in_force(kind: Kind, options: Any, rules: Rules) -> dict[str, Any]:
    """The rules as the manifest tells them: each with what it came to for this project."""
    told: dict[str, Any] = {}
    if kind.name == "comparison":
        by = _strengths(options, rules)
        told["aggregation"] = {"name": rules.aggregation, **PARAMETERS.get(rules.aggregation, {})}
        told["margin_map"] = {"name": rules.margin_map, "strengths": {str(degree): by[degree] for degree in by}}
    if scales := label_scales(kind, options):
        scale = _scale(scales, rules)
        how = {"above": (scale.first + scale.last) / 2} if rules.label_from is None else {"from": rules.label_from}
        told["label"] = {"scale": scale.name, **how}
    return told


def _by_map(view: View, options: Any, rules: Rules, decide: Decide) -> View:
    return type(view)(_strengths(options, rules), decide) if isinstance(view, PairView) else view


def _strengths(options: Any, rules: Rules) -> dict[int, float]:
    found = strengths(rules.margin_map, options.scale, options.degrees)
    if found is None:
        raise ValueError(f"the scale {options.scale} has no margin map {rules.margin_map}")
    return dict(found)


def _scale(scales: tuple[ScaleOptions, ...], rules: Rules) -> ScaleOptions:
    found = [scale for scale in scales if rules.label_scale in (None, scale.name)]
    if not found:
        raise ValueError(f"the project has no scale {rules.label_scale}")
    return found[0]


def _comparison(options: Any, rules: Rules, decide: Decide) -> Iterator[View]:
    by = _strengths(options, rules)
    for each in PAIRS:
        yield each(by, decide)
    if scores := helpsteer3.SCORES.get(options.scale):
        yield HelpSteer3(scores)
    yield Arena()


def _rating(options: Any, rules: Rules, _: Decide) -> Iterator[View]:
    if not options.scales:
        return
    yield Unpaired(_scale(options.scales, rules), rules.label_from)
    if scales := helpsteer2.fitting(options.scales):
        yield HelpSteer2(scales)
    yield UltraFeedback(options.scales)


_MADE_OF: dict[str, Callable[[Any, Rules, Decide], Iterator[View]]] = {"comparison": _comparison, "rating": _rating}
